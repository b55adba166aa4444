# SPDX-License-Identifier: AGPL-3.0-or-later
"""What places show when all is not well: the server refuses or is away, the session is over, the person has no right to be there.
Always the name of the place, words, and a way on; and what was waited for comes by itself."""

import json

import case
import provision
from furniture import furnish
from house import ADMIN, PASSWORD, check_look, keep_shot, open_house, visit
from web import Browser

AWAY = json.dumps({"title": "Service Unavailable", "status": 503, "code": "queue-away", "detail": "The part that decides is away. Try again in a moment."})
SLOW_MS = 5000
# These ask nothing before they are used.
SILENT = ("/send", "/admin/explain")


def follow(page, path):
    """To a place as a link goes there, for the pages themselves cannot be fetched."""
    page.script(f"(() => {{ const a = document.createElement('a'); a.href = {path!r}; document.body.append(a); a.click(); a.remove(); }})()")


@case.test
def every_place_says_what_failed_and_goes_on(t):
    server = open_house(t)
    places = furnish(t, server)
    page = visit(t, server, ADMIN, dark=True)
    for status, body, words, wheres in ((503, AWAY, "The part that decides is away", places), (500, "<b>oops</b>", "an error it did not explain", ("/inbox", "/admin", "/me"))):
        page.answer(status, body)
        for path in wheres:
            page.goto(path)
            page.see("#place h1")
            t.true(page.text("#place h1") or page.count("#place h1.unseen"), f"{path}: a heading")
            if path not in SILENT:
                page.see(f"[role=alert] >> text={words}")
    page.goto("/admin/boxes/front")
    page.see("role=alert")
    check_look(t, page, "a place that is broken")
    keep_shot(t, page, "broken-dark")
    page.answer(0, "")
    page.click("role=button[name='Try again']")
    page.see("[data-field='extension']")
    page.check_well(t)


@case.test
def lost_net_is_said_and_comes_back_by_itself(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    for path in ("/admin/boxes/front/smtp", "/admin/webhooks", "/me", "/sent"):  # the first of their kind: the code itself has to come
        page.offline(True)
        follow(page, path)
        page.see("#place >> text=Faxpost cannot be reached")
        page.see("#place h1")
        page.offline(False)
        page.gone("role=button[name='Try again']")
        page.gone(".connection")
    page.see("text=Nothing sent yet")
    page.check_well(t)


@case.test
def session_that_ended_asks_who_it_is_and_goes_on_there(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes")
    page.script("fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Faxpost': '1' } })")
    page.click(".main-nav >> role=link[name='Users']")
    page.see("#login-name")
    page.fill("#login-name", ADMIN)
    page.fill("#login-password", PASSWORD)
    page.press("Enter")
    page.see("h1 >> text=Users")
    t.becomes(lambda: page.path(), "/admin/users", "where he wanted to go")
    page.check_well(t)


def end_session(page):
    page.script("fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-Faxpost': '1' } }).then(() => null)")


def log_in_again(page, who=ADMIN):
    page.see("main.login >> text=what you typed is still there")
    page.see("#login-name:focus")
    page.type(who)
    page.press("Tab")
    page.type(PASSWORD)
    page.press("Enter")
    page.gone("#login-name")


@case.test
def what_was_typed_outlives_the_session_and_is_nobody_elses(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes/front/sending")
    page.fill("[data-field='header_name'] input", "Kanzlei Dr. Lang")
    end_session(page)
    page.click("role=button[name='SAVE']")
    log_in_again(page)
    t.wait(lambda: page.value("[data-field='header_name'] input") == "Kanzlei Dr. Lang", "what was typed is gone")
    page.click("role=button[name='SAVE']")
    t.wait(lambda: administrator(server).get("/api/v1/boxes/front").json["header_name"] == "Kanzlei Dr. Lang", "it cannot be saved any more")

    page.go("/admin/users")
    page.click("role=button[name='New user']")
    page.fill("dialog [name='name']", "paula")
    page.fill("dialog [name='addresses']", "paula@example.com")
    end_session(page)
    page.click("dialog [type=submit]")
    check_look(t, page, "login over a dialog")
    log_in_again(page)
    page.see("dialog[open] [name='name']")
    t.equal(page.value("dialog [name='name']"), "paula", "what stands in the dialog")
    end_session(page)
    page.click("dialog [type=submit]")
    log_in_again(page, provision.FRONT)
    page.see("text=There is nothing here")
    t.equal(page.count("dialog"), 0, "a dialog of somebody else")
    page.check_well(t)


@case.test
def nothing_begun_by_one_is_shown_to_the_next(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/send")
    page.fill("#send-numbers", "Kanzlei Dr. Lang <030 1002>")
    follow(page, "/admin/trunks/loopback")
    page.click("role=button[name='Delete']")
    page.see("dialog[open] >> text=/loopback/")
    end_session(page)
    follow(page, "/admin/users")  # what is asked for says that the session is over; the question stays open
    log_in_again(page)
    page.see("dialog[open] >> text=/loopback/")  # his own
    end_session(page)
    follow(page, "/admin/trunks")
    log_in_again(page, provision.FRONT)
    page.see("text=There is nothing here")
    t.equal(page.count("dialog"), 0, "a question that was put to somebody else")
    follow(page, "/send")
    page.see("#send-numbers")
    t.equal(page.value("#send-numbers"), "", "numbers that somebody else has typed")

    end_session(page)  # who leaves then has left, and is not asked back
    page.click("role=button[name='Log out']")
    page.see("#login-name")
    t.equal(page.count("text=what you typed is still there"), 0, "who has left is asked back")
    page.check_well(t)


TOP = "document.querySelector('#place h1').getBoundingClientRect().top"


@case.test
def slow_server_shows_the_place_at_once_and_nothing_jumps(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/users")
    page.go("/inbox")
    page.slow(SLOW_MS)
    for path, what in (("/sent", "Nothing sent yet"), ("/admin/users", "office"), ("/admin", "Overview")):
        follow(page, path)
        page.see("#place .loading >> text=Loading")
        page.see("#place .bones i")
        page.see("#place h1 >> visible=true")
        before = page.script(TOP)
        keep_shot(t, page, f"slow-{path.strip('/').replace('/', '-')}")
        page.gone("#place .loading")
        page.see(f"#place >> text={what}")
        t.equal(page.script(TOP), before, f"{path}: where its name stands, before and after")
    page.slow(0)
    page.check_well(t)


@case.test
def who_has_no_right_finds_nothing_at_any_address_of_the_administration(t):
    server = open_house(t)
    places = [path for path in furnish(t, server) if path.startswith("/admin")]
    other = next(u["id"] for u in administrator(server).get("/api/v1/users").json["items"] if u["name"] == "office")
    page = visit(t, server, provision.FRONT)
    for path in (*places, "/admin/users/" + other, "/admin/billing", "/admin/mail/outgoing"):
        page.goto(path)
        page.see("text=There is nothing here")
    for path in ("/inbox/", "/sent/"):
        page.goto(path + other)
        page.see("[role=alert] >> text=There is no such")
    page.check_well(t)


def administrator(server):
    root = Browser(server)
    root.login(ADMIN, PASSWORD)
    return root


case.main()
