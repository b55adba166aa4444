# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coming in, finding one's way, by keyboard alone, in each language, and when the server is away."""

import json

import case
import provision
from chromium import PHONE, WIDE, Chromium
from house import ADMIN, PASSWORD, check_look, fax, keep_shot, open_house, visit
from store import uuid_text


@case.test
def login_page_is_accessible_and_refuses_in_words(t):
    server = open_house(t)
    for look, how in (("light", {}), ("dark", {"dark": True}), ("phone", {"size": PHONE})):
        page = t.enter(Chromium(server, **how))
        page.goto("/inbox")
        page.see("#login-name")
        keep_shot(t, page, f"login-{look}")
        check_look(t, page, look)
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
    t.wait(lambda: page.url().endswith("/sent?box=front"), "the box lives in the address")


@case.test
def user_has_no_administration_and_a_stranger_address_says_so(t):
    server = open_house(t)
    page = visit(t, server)
    t.becomes(lambda: page.count("text=Administration"), 0, "administration of a user")
    for path in ("/admin", "/admin/boxes", "/nowhere"):
        page.goto(path)
        page.see("text=There is nothing here")
    page.check_well(t)


def tab_to(t, page, selector, most=60):
    """From where the focus is, by Tab."""
    for _ in range(most):
        if page.count(selector + ":focus"):
            return
        page.press("Tab")
    raise case.Failure(f"Tab does not reach {selector}")


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
    t.becomes(lambda: page.path(), "/inbox/" + uuid_text(received["id"]), "the fax that j and Enter open")
    page.press("/")
    page.see("[data-search]:focus")
    page.press("Escape")
    page.script("document.activeElement.blur()")
    tab_to(t, page, "article button:has-text('Send to somebody else')")
    page.press("Enter")
    page.see(".files >> text=100.pdf")
    tab_to(t, page, "#send-numbers")
    page.type("100")
    page.see(".composer [type=submit]:not([disabled])")
    tab_to(t, page, ".composer [type=submit]")
    page.press("Enter")
    page.see("h1 >> text=Your fax is on its way")
    tab_to(t, page, "main a[href='/sent']")
    page.press("Enter")
    page.see("h1 >> text=Sent")
    page.see("[data-row] >> text=100")

    def opened():  # a row whose fax ends meanwhile moves, and the focus with it is gone
        page.press("j")
        page.press("Enter")
        return page.count("article h1 >> text=Fax to 100")

    t.wait(opened, "j and Enter open what was sent", 60)
    for words in ("Choose a fax to see", "Your fax is on its way", "Send fax"):
        page.back()
        page.see(f"main >> text={words}")
    page.back()
    page.see("article h1 >> text=Fax from 100")
    page.press("c")
    page.see("h1 >> text=Send fax")
    tab_to(t, page, "#send-numbers")
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
        t.becomes(lambda: page.attribute("html", "lang"), language, "the page's language")


NOBODY = {"en": "The number does not exist", "it": "Questo numero non esiste", "de": "Diese Nummer gibt es nicht", "fr": "Ce numéro n'existe pas",
          "es": "Este número no existe"}


@case.test
def why_a_fax_failed_is_said_in_the_language_that_was_chosen(t):
    server = open_house(t)
    job, _ = fax(t, server, pages=1, number="0301234567")
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    for language, words in NOBODY.items():
        page.choose(".language select", language)
        page.see(f"article >> text={words}")
    page.check_well(t)


@case.test
def audit_is_in_words(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/audit")
    page.see("tbody >> text=Session: login")
    page.see("tbody >> text=Settings: applied")
    t.equal([text for text in page.texts("tbody td:nth-child(2)") if "." in text], [], "raw names")
    typed = r'{"changes": ["\q"]}'  # as a provisioning's list begins, and no JSON
    made = page.script(f"fetch('/api/v1/contacts?tenant=example', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, "
                       f"body: JSON.stringify({json.dumps({'name': typed, 'number': '0301234567', 'shared': True})})}}).then((r) => r.status)")
    t.equal(made, 201, "an entry of the address book")
    page.reload()
    page.see("tbody >> text=Session: login")
    t.true(typed in page.texts("tbody td:nth-child(3)"), "what somebody typed is shown as it is, and hides nothing")
    page.check_well(t)


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
    t.becomes(lambda: page.value("#send-numbers"), "200", "after back")
    page.reload()
    page.see("#send-numbers")
    t.becomes(lambda: page.value("#send-numbers"), "200", "after a reload")
    page.offline(True)
    page.click(".main-nav >> role=link[name='Inbox']")
    page.see("text=cannot be reached")
    page.offline(False)


case.main()
