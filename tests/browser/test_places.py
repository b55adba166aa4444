# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every place as people meet it: in light and dark, on a telephone, by keyboard alone, without a fault."""

import os
import pathlib

import case
import provision
from chromium import PHONE, WIDE, Chromium
from house import ADMIN, PASSWORD, fax, open_house, visit
from store import uuid_text

USER = ("/inbox", "/sent", "/send", "/me")
ADMINISTRATOR = ("/admin", "/admin/calls", "/admin/explain", "/admin/mail", "/admin/mail/outgoing", "/admin/mail/deadletters",
                 "/admin/boxes", "/admin/boxes/front", "/admin/boxes/front/users", "/admin/boxes/front/smtp", "/admin/boxes/front/mail2fax",
                 "/admin/boxes/front/sending", "/admin/boxes/front/receiving", "/admin/users", "/admin/mailboxes", "/admin/trunks",
                 "/admin/trunks/loopback", "/admin/tenants", "/admin/tenants/example", "/admin/audit", "/admin/system",
                 "/admin/destinations")
# Where to keep pictures of all places, to be looked at: FAXPOST_SHOTS=/tmp/shots ./check browser/places
SHOTS = os.environ.get("FAXPOST_SHOTS")


def keep_shot(page, path, look):
    if SHOTS:
        name = path.strip("/").replace("/", "-") or "login"
        page.shot(str(pathlib.Path(SHOTS) / f"{name}-{look}.png"))


def look_at(t, server, places, look, **how):
    page = visit(t, server, ADMIN, **how)
    for path in places:
        page.go(path)
        keep_shot(page, path, look)
        t.equal(page.axe(), [], f"{look} {path}: what axe says")
        wide = page.script("[document.documentElement.scrollWidth, innerWidth]")
        t.true(wide[0] <= wide[1], f"{look} {path}: {wide[0]} pixels wide, the window has {wide[1]}")
    page.check_well(t)


@case.test
# proves: S2.11
def places_are_accessible_in_light_dark_and_on_a_telephone(t):
    server = open_house(t)
    job, received = fax(t, server)
    fax(t, server, pages=1, number="0301234567")
    places = [*USER, *ADMINISTRATOR, "/inbox/" + uuid_text(received["id"]), "/sent/" + uuid_text(job["id"])]
    look_at(t, server, places, "light")
    look_at(t, server, places, "dark", dark=True)
    look_at(t, server, places, "phone", size=PHONE)


@case.test
def login_page_is_accessible_and_refuses_in_words(t):
    server = open_house(t)
    for look, how in (("light", {}), ("dark", {"dark": True}), ("phone", {"size": PHONE})):
        page = t.enter(Chromium(server, **how))
        page.goto("/inbox")
        page.see("#login-name")
        keep_shot(page, "/", look)
        t.equal(page.axe(), [], f"{look}: what axe says")
    page.fill("#login-name", provision.FRONT)
    page.fill("#login-password", "wrong horse battery")
    page.press("Enter")
    page.see("role=alert")
    t.true(len(page.text("role=alert")) > 20, "the refusal has words")
    page.check_well(t)


@case.test
def place_that_was_asked_for_is_shown_after_the_login(t):
    server = open_house(t)
    page = t.enter(Chromium(server))
    page.goto("/sent?box=front")
    page.fill("#login-name", provision.FRONT)
    page.fill("#login-password", PASSWORD)
    page.press("Enter")
    page.see("h1 >> text=Sent")
    t.true(page.url().endswith("/sent?box=front"), page.url())


@case.test
def user_has_no_administration_and_a_stranger_address_says_so(t):
    server = open_house(t)
    page = visit(t, server)
    t.equal(page.count("text=Administration"), 0, "administration of a user")
    for path in ("/admin", "/admin/boxes", "/nowhere"):
        page.goto(path)
        page.see("text=There is nothing here")
    page.check_well(t)


@case.test
def everything_is_reached_by_keyboard_alone(t):
    server = open_house(t)
    _, received = fax(t, server, pages=1)
    page = t.enter(Chromium(server))
    page.goto("/")
    page.see("#login-name:focus")
    page.type("office@localhost")
    page.press("Tab")
    page.type(PASSWORD)
    page.press("Enter")
    page.see("[data-row]")
    page.press("?")
    page.see("dialog >> text=Keyboard")
    page.press("Escape")
    page.gone("dialog")
    page.see("#place-title:focus")  # where the focus was before the dialog
    page.press("j")
    page.see("[data-row]:focus")
    page.press("Enter")
    page.see("article h1")
    t.equal(page.path(), "/inbox/" + uuid_text(received["id"]), "the fax that j and Enter open")
    page.press("/")
    page.see("[data-search]:focus")
    page.press("Escape")
    page.script("document.activeElement.blur()")
    page.press("c")
    page.see("h1 >> text=Send fax")
    for _ in range(12):  # from the top of the page by Tab to the field
        if page.count("#send-numbers:focus"):
            break
        page.press("Tab")
    t.equal(page.count("#send-numbers:focus"), 1, "Tab reaches the numbers")
    page.check_well(t)


@case.test
def words_are_in_the_language_that_was_chosen(t):
    server = open_house(t)
    for language, word in (("en", "Inbox"), ("it", "Ricevuti"), ("de", "Eingang"), ("fr", "Reçus"), ("es", "Recibidos")):
        page = t.enter(Chromium(server, language=language))
        page.goto("/inbox")
        page.choose(".language select", language)
        page.login(provision.FRONT, PASSWORD)
        page.see(f"h1 >> text={word}")
        t.equal(page.attribute("html", "lang"), language, "the page's language")


@case.test
def lost_server_is_said_and_what_was_typed_stays(t):
    server = open_house(t)
    page = visit(t, server, size=WIDE)
    page.go("/send")
    page.fill("#send-numbers", "200")
    page.click(".main-nav >> role=link[name='Sent']")
    page.see("h1 >> text=Sent")
    page.back()
    page.see("#send-numbers")
    t.equal(page.value("#send-numbers"), "200", "after back")
    page.reload()
    page.see("#send-numbers")
    t.equal(page.value("#send-numbers"), "200", "after a reload")
    page.offline(True)
    page.click(".main-nav >> role=link[name='Inbox']")
    page.see("text=cannot be reached")
    page.offline(False)


case.main()
