# SPDX-License-Identifier: AGPL-3.0-or-later
"""An administrator's two minutes: what is wrong, what waits, why a mail became no fax, whether the mail server takes ours."""

import pathlib
import sys

import case
import mail
import postgres
import provision
from fake_smtp import FakeSmtp
from house import ADMIN, PASSWORD, check_look, fax, keep_shot, open_house, visit, waiting_jobs
from store import Store, uuid_text
from web import Browser

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from crowd import Crowd  # noqa: E402


@case.test
# proves: S3.8 S3.9
def mail_server_is_updated_and_tested_in_its_own_words(t):
    refusing = t.enter(FakeSmtp(replies={"RCPT TO:<no@": "550 5.1.1 nobody of that name lives here"}))
    server = open_house(t, settings={"deliver": "smtp"})
    page = visit(t, server, ADMIN)
    page.go("/admin/mail")
    page.click("main >> role=button[name='Enter the mail server']")
    page.fill("#new-host", "127.0.0.1")
    page.click("dialog >> role=button[name='Enter the mail server']")
    page.see("#f-port")
    page.fill("#f-port", str(refusing.port))
    page.choose("#f-security", "none")
    page.see("[data-field='port'] .changed")
    t.true(page.script("[...document.querySelectorAll('form.inline button')].every((b) => b.disabled)"), "what is not saved is not tested")
    page.click("role=button[name='Update']")
    page.see("text=Saved; it counts from now on")
    t.becomes(lambda: page.count(".changed"), 0, "marks")
    for address, word, said in (("no@localhost", "does not take our mail", "nobody of that name lives here"),
                                ("yes@localhost", "The server takes our mail", "250")):
        page.fill("#test-to", address)
        page.click("role=button[name='Test']")
        page.see(f"text={word}")
        t.true(any(said in line for line in page.texts(".words li")), f"its words: {page.texts('.words li')}")
    t.equal(refusing.mails, [], "no mail was sent")
    t.equal(page.axe(), [], "what axe says")
    page.check_well(t)


@case.test
# proves: S4.5 S3.10
def queues_are_held_released_retried_replayed_and_deleted_one_or_many(t):
    server = open_house(t, settings={"deliver": "smtp"})
    broken = [("photo.pdf", "application/pdf", b"\xff\xd8\xff\xe0\0\x10JFIF\0")]
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", broken))
    for name in "abc":
        server.cli("sendmail", f"{name}@example.com", text=f"From: pbx@example.com\nTo: {name}@example.com\nSubject: x\n\nwords\n")
    waiting_jobs(t, server, 3)
    t.wait(lambda: any(m["state"] == "refused" for m in Store(server.state).mails_in()), "it was not refused")
    page = visit(t, server, ADMIN)
    page.go("/admin/mail/deadletters")
    page.see("tbody >> text=photo.pdf")
    t.becomes(lambda: page.path(), "/admin/queues/deadletters", "where it is now")
    page.click("tbody >> role=button[name=/Replay/]")
    page.see("text=1 mail is looked at again")
    page.see("tbody >> text=photo.pdf")
    page.click("tbody >> role=button[name=/Delete/]")
    page.see("dialog >> text=its documents will be gone")
    page.click("dialog >> role=button[name='Cancel']")
    page.gone("dialog")
    page.click("tbody >> role=button[name=/Delete/]")
    page.click("dialog >> role=button[name='Delete 1 dead letter']")
    page.see("text=No dead letter")

    page.click("role=navigation[name='Queues'] >> role=link[name=/Faxes to send/]")
    page.see("text=Choose the 3 shown")
    page.check(".chosen-bar input", True)
    page.click(".chosen-bar >> role=button[name='Hold (3)']")
    page.see("text=3 faxes are held")
    t.wait(lambda: page.count("tbody .state:has-text('Held')") == 3, "not all are shown as held")
    keep_shot(t, page, "queue-chosen")
    check_look(t, page, "a queue with rows that are chosen")
    t.becomes(lambda: page.count(".toast >> role=button[name='Undo']"), 0, "to undo it would call them days too early")
    page.click(".chosen-bar >> role=button[name='Release (3)']")
    t.wait(lambda: [j["state"] for j in Store(server.state).jobs()].count("held") == 0, "not all are released")
    page.go("/admin/queues?state=held")
    page.see("text=No fax is here")

    page.go("/admin/queues/mails")
    page.see("tbody >> text=c@example.com")
    for name in "ab":
        page.check(f"role=checkbox[name='Choose {name}@example.com']", True)
    page.click(".chosen-bar >> role=button[name='Hold (2)']")
    page.see("text=2 mails are held")
    page.click("tbody >> role=button[name='Delete c@example.com']")
    page.click("dialog >> role=button[name='Delete 1 mail']")
    page.gone("tbody >> text=c@example.com")
    taking = t.enter(FakeSmtp(replies={"RCPT TO:<b@": ["451 4.2.1 mailbox busy, try later", "250 OK"]}))
    server.apply({"mail_server": {"host": "127.0.0.1", "port": taking.port, "security": "none"}})
    page.fill("[data-search]", "b@example.com")
    page.gone("tbody >> text=a@example.com")
    page.click("tbody >> role=link[name='b@example.com']")
    page.see(".history >> text=Held by")
    page.click("role=button[name='Release b@example.com']")
    page.see(".history >> text=mailbox busy, try later")
    page.click("role=button[name='Retry b@example.com']")
    page.see(".history >> text=The server took it")
    t.equal([text.split("\n")[0].split(" by ")[0].split("  ")[0] for text in page.texts(".history .state")],
            ["Held", "Released", "Not taken; tried again later", "Retry asked for", "The server took it"], "what happened to it")
    check_look(t, page, "a mail")
    keep_shot(t, page, "mail-history")
    page.check_well(t)


@case.test
def alarm_says_what_to_do_and_leads_there(t):
    server = open_house(t)
    server.cli("set", "trunks.loopback.peer", "sip:127.0.0.1:9")
    page = visit(t, server, ADMIN)
    page.go("/admin")
    page.see(".alarms >> text=trunk-down")
    page.see(".alarms >> text=mend what the text names")
    page.click(".alarms >> role=link[name='Go there']")
    page.see("tbody >> text=down")
    page.check_well(t)


@case.test
def call_is_shown_as_a_ladder(t):
    server = open_house(t)
    job, _ = fax(t, server, pages=1)
    call = Store(server.state).attempts(job["id"])[-1]
    page = visit(t, server, ADMIN)
    page.go("/sent/" + uuid_text(job["id"]))
    page.click("summary >> text=1 call")
    page.click("role=link[name='What passed on the line']")
    page.see(".ladder")
    t.becomes(lambda: page.path(), "/admin/calls/" + uuid_text(call["id"]), "place")
    ours, theirs = page.texts(".ladder .ours code"), page.texts(".ladder .theirs code")
    t.true("DCS" in ours and "DIS" in theirs and "MCF" in theirs, f"{ours} {theirs}")
    t.equal(page.axe(), [], "what axe says")
    page.check_well(t)


@case.test
def overview_shows_what_went_over_the_line(t):
    server = open_house(t)
    fax(t, server, pages=2)
    fax(t, server, pages=1, number="0301234567")
    page = visit(t, server, ADMIN)
    page.go("/admin")
    page.see(".chart svg rect.good")
    t.becomes(lambda: page.texts(".legend strong"), ["1", "1", "1", "0"], "calls: delivered, not delivered, received, in part")
    page.see("text=of 2 outgoing calls went well")
    page.see(".causes >> text=The number does not exist")
    page.click(".list-filters >> role=link[name='Pages']")
    page.see(".legend li:first-child strong:text('2')")
    page.click(".list-filters >> role=link[name='30 days']")
    page.see(".legend li:first-child strong:text('2')")
    page.go("/admin/usage")
    page.see("text=2 pages received")
    page.see("tbody >> text=front")
    rows = pathlib.Path(page.download("role=link[name='CSV']")["path"]).read_text().splitlines()
    t.equal(rows[0], "tenant,box,direction,billing,faxes,delivered,pages,seconds", "the CSV")
    t.equal(len(rows), 3, f"sent and received: {rows}")
    page.click("role=link[name='Last month']")
    page.see("text=Nothing was sent or received in this time")
    page.go("/admin?by=day&what=pages")
    page.click("summary >> text=As a table")
    t.equal(len(page.texts(".chart tbody tr")), 30, "days")
    t.equal(page.axe(), [], "what axe says")
    page.check_well(t)


@case.test
# proves: S2.11
def administrator_of_everything_chooses_a_tenant(t):
    server = open_house(t)
    root = Browser(server)
    root.login(ADMIN, PASSWORD)
    t.equal(root.post("/api/v1/tenants", {"name": "zweite & söhne", "country": "DE"}).status, 201, "a second tenant")
    t.equal(root.post("/api/v1/boxes", {"tenant": "zweite & söhne", "name": "labor", "id": "labor"}).status, 201, "its box")
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes")
    page.see("tbody >> text=labor")
    page.see("tbody >> text=front")
    page.choose(".tenant-choice select", "zweite & söhne")
    page.see("tbody >> text=labor")
    page.gone("tbody >> text=front")
    t.becomes(lambda: page.count(".admin-nav >> role=link[name='Trunks']"), 0, "what is the installation's")
    page.reload()
    page.see("tbody >> text=labor")
    t.becomes(lambda: page.count("tbody >> text=front"), 0, "after a reload")
    t.equal(page.axe(), [], "what axe says")
    page.choose(".tenant-choice select", "")
    page.see("tbody >> text=front")
    page.check_well(t)


@case.test
def number_is_locked_when_that_is_confirmed_and_unlocked(t):
    server = open_house(t)
    fax(t, server, pages=1)
    page = visit(t, server, ADMIN)
    page.go("/admin/destinations")
    page.see("tbody >> text=arrives")
    page.see("tbody >> text=can do V.17")
    page.click("tbody >> role=button[name=/Lock/]")
    page.see("dialog >> text=Nobody sends a fax there")
    page.click("dialog >> role=button[name=/Lock/]")
    page.see("tbody >> text=Locked")
    page.click("tbody >> role=button[name=/Unlock/]")
    page.see("tbody >> text=arrives")
    page.check_well(t)


@case.test
def mail_is_explained_rule_by_rule(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/explain")
    page.fill("#x-from", provision.FRONT)
    page.fill("#x-to", f"200@front.{provision.DOMAIN}")
    page.click("role=button[name='Explain']")
    page.see("text=It would be faxed")
    page.see(".notes li")
    page.fill("#x-from", "stranger@example.org")
    page.click("role=button[name='Explain']")
    page.see("text=It would not be faxed")
    t.equal(Store(server.state).jobs(), [], "jobs")
    page.check_well(t)


# When the last large thing was drawn, in ms after the address was asked for.
FIRST_VIEW = """new Promise((tell) => new PerformanceObserver((list) => tell(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true }))"""


@case.test
def thousand_faxes_scroll_and_are_searched(t):
    server = open_house(t)
    server.pin_ports()
    server.stop()
    crowd = Crowd(server.state, 1000, 80)
    crowd.fill()
    server.start()
    page = visit(t, server, ADMIN)
    page.goto("/inbox")
    page.see("[data-row]")
    t.note(f"first view of the inbox after {page.script(FIRST_VIEW):.0f} ms")
    wanted = Store(server.state).rows("SELECT count(*) AS n FROM fax WHERE archived = 0")[0]["n"]

    def all_there():
        page.script("document.querySelector('.list').scrollTo(0, 1e9)")
        return page.count("[data-row]") >= wanted

    t.wait(all_there, f"{page.count('[data-row]')} rows instead of {wanted}", 120)
    rows = page.script("[...document.querySelectorAll('[data-row]')].map((a) => a.pathname)")
    t.equal(len(set(rows)), wanted, "each fax once")
    number = page.script("document.querySelector('[data-row] .row-title').textContent")
    page.fill("[data-search]", number)
    t.wait(lambda: 0 < page.count("[data-row]") < wanted, "the search finds the few")
    t.equal(page.script("[...new Set([...document.querySelectorAll('[data-row] .row-title')].map((e) => e.textContent))]"), [number], "what is found")
    page.check_well(t)
    page.goto("/admin/boxes")
    page.see("tbody tr")
    t.becomes(lambda: page.count("tbody tr"), 50, "a page of boxes")
    page.click("button.more")
    t.wait(lambda: page.count("tbody tr") == 82, "all boxes")
    page.fill("[data-search]", "box 42")
    t.wait(lambda: page.count("tbody tr") == 1, "the search finds the one")
    page.see("tbody >> text=Box 42")
    page.check_well(t)
    keep_shot(t, page, "boxes-found")


@case.test
def server_of_several_is_drained_and_calls_again(t):
    database = t.enter(postgres.Server())
    server = open_house(t, settings={"store": database.make("fax"), "node": "fax-1"})
    page = visit(t, server, ADMIN)
    page.go("/admin/system")
    page.click("main >> role=link[name='Servers']")
    page.see("tbody >> text=fax-1")
    page.see("tbody >> text=At work")
    page.see("tbody >> text=leads")
    keep_shot(t, page, "nodes")
    page.click("tbody >> role=button[name=/Begin no more calls/]")
    page.see("text=fax-1: begin no more calls?")
    page.click("dialog >> role=button[name='Begin no more calls']")
    page.see("tbody >> text=Begins no call")
    t.equal([n["state"] for n in server.json("nodes")["items"]], ["draining"], "faxpost nodes")
    page.click("tbody >> role=button[name=/Call again/]")
    page.see("tbody >> text=At work")
    t.equal(page.axe(), [], "what axe says")
    page.check_well(t)


case.main()
