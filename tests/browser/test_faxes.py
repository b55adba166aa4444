# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxes in the browser: read what was received, follow what is sent, download both."""

import contextlib
import pathlib
import re
import sqlite3

import case
import mail
import pdf
import pixels
import provision
from chromium import PHONE
from house import ADMIN, FAX_SECONDS, fax, keep_shot, open_house, visit, waiting_jobs
from ipp_printer import IppPrinter
from store import Store, uuid_text


@case.test
# proves: S2.11
def received_fax_is_read_and_downloaded_by_its_box_only(t):
    server = open_house(t)
    job, received = fax(t, server)
    server.pin_ports()
    server.stop()
    with contextlib.closing(sqlite3.connect(f"{server.state}/faxpost.db")) as db, db:
        db.execute("INSERT OR REPLACE INTO page_text (fax, page, state, urgent, plain) VALUES (?, 1, 1, 0, ?)", (received["id"], "Sehr geehrte <b>Frau</b>"))
    server.start()
    page = visit(t, server, provision.BACK)
    page.see("[data-row] >> text=100")
    page.click("[data-row]")
    page.see("article h1 >> text=Fax from 100")
    t.becomes(lambda: page.path(), "/inbox/" + uuid_text(received["id"]), "the place")
    page.see(".sheets img")
    t.wait(lambda: page.script("[...document.querySelectorAll('.sheets img')].filter((i) => i.naturalWidth > 500).length") == 2,
           "two pages are not drawn")
    shape = page.script("(() => { const r = document.querySelector('.sheets li').getBoundingClientRect(); return r.height / r.width })()")
    t.true(1.3 < shape < 1.5, f"an A4 page is {shape:.2f} times as high as wide")
    page.click("role=button[name='Send to somebody else']")
    page.see(".files >> text=100.pdf")
    page.fill("#send-numbers", "100")
    page.click("summary >> text=More options")
    page.choose("#send-cover", "standard")
    page.fill("#send-subject", "What came from you")
    page.see("text=/3 pages · about/")
    t.equal(len(Store(server.state).jobs()), 1, "nothing was sent yet")
    page.back()
    page.see("article h1 >> text=Fax from 100")
    t.true("Sehr geehrte <b>Frau</b>" in page.attribute(".sheets [data-page='2'] img", "alt"), "what a screen reader hears of page 2")
    page.click("summary >> text=Words on the pages")
    page.see("p.read >> text=Sehr geehrte <b>Frau</b>")
    file = page.download("role=link[name='PDF']")
    pages = pixels.pages_of_bytes(pathlib.Path(file["path"]).read_bytes())
    t.equal(pixels.compare(Store(server.state).pages_sent(job["submission"]), pages), [], "pixels of the PDF")
    t.true(pathlib.Path(page.download("role=link[name='TIFF']")["path"]).read_bytes()[:4] in (b"II*\0", b"MM\0*"), "TIFF")
    printer = IppPrinter(t)
    server.cli("set", "faxboxes.back.print_to", printer.uri)
    page.goto("/inbox/" + uuid_text(received["id"]))
    page.click("role=button[name='Print on the box’s printer']")
    t.wait(lambda: page.count("article dd p >> text=printed"), "not seen printed", FAX_SECONDS)
    t.equal(len(printer.jobs), 1, "what the printer has")
    t.becomes(lambda: page.count("article >> text=Kept until"), 0, "nobody said when it goes")
    server.cli("set", "faxboxes.back.keep_received_days", "30")
    page.goto("/inbox/" + uuid_text(received["id"]))
    page.see("article >> text=then it is deleted, for the faxbox keeps 30 days")
    server.cli("set", "tenants.example.legal_hold", "true")
    page.reload()
    page.see("article >> text=Everything of this tenant is on legal hold")
    page.go("/sent")
    page.see("text=Nothing sent yet")
    t.becomes(lambda: page.count("[data-row]"), 0, "what the other box sent is nothing of his")
    page.goto("/sent/" + uuid_text(job["id"]))
    page.see("text=There is no such job")
    page.check_well(t)


@case.test
# proves: S2.11
def sent_fax_shows_its_outcome_in_words_and_gives_the_report(t):
    server = open_house(t)
    job, _ = fax(t, server, pages=1)
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    page.see("article >> text=Delivered")
    page.see("article >> text=1 page confirmed by 200")
    report = pathlib.Path(page.download("role=link[name='Report']")["path"]).read_bytes()
    t.true(report.startswith(b"%PDF"), "the report is no PDF")
    page.go("/inbox")
    page.see("text=No faxes yet")
    t.becomes(lambda: page.count("[data-row]"), 0, "what the other box received is nothing of his")
    page.check_well(t)


@case.test
# proves: S2.12 A3
def fax_is_composed_previewed_sent_and_followed_to_its_end(t):
    server = open_house(t)
    first, second = (server.folder / name for name in ("letter.pdf", "annex.pdf"))
    first.write_bytes(pdf.make(2, document=41))
    second.write_bytes(pdf.make(1, document=42))
    page = visit(t, server, ADMIN)
    page.press("c")
    page.see("#send-numbers")
    t.becomes(lambda: page.texts("#send-box option"), ["back", "front"], "lines that he may send from")
    page.choose("#send-box", "front")
    t.true(page.script("document.querySelector('.composer [type=submit]').disabled"), "nothing to send yet")
    page.files("input[type=file]", [str(first), str(second)])
    page.see(".files >> text=letter.pdf")
    page.see(".files >> text=annex.pdf")
    page.fill("#send-numbers", "no number")
    page.see("text=This is no fax number: no number")
    page.fill("#send-numbers", "200")
    page.see("text=/3 pages · about/")
    page.see("text=/200.*extension.*loopback/")
    t.wait(lambda: page.script("[...document.querySelectorAll('.sheets img')].filter((i) => i.naturalWidth > 500).length") > 0,
           "no page of the preview is drawn")
    store = Store(server.state)
    t.equal(store.jobs(), [], "a preview dials nobody")
    t.equal(page.axe(), [], "what axe says")
    page.click(".composer >> role=button[name='Send fax']")
    page.see("h1 >> text=Your fax is on its way")
    seen = set()

    def ended():
        seen.update(page.texts(".live-job .state"))
        return page.count(".live-job >> text=Delivered") > 0

    t.wait(ended, f"not delivered; seen: {seen}", FAX_SECONDS)
    t.true(any(word.startswith("Sending page") for word in seen), f"no page was seen going: {seen}")
    job = store.jobs()[0]
    t.equal((len(store.jobs()), job["faxbox"], job["state"], job["confirmed"]), (1, "front", "done", 3), "the job")
    pages = store.pages_sent(job["submission"])
    t.equal([pixels.read_mark(p)[:2] for p in pages], [(41, 0), (41, 1), (42, 0)], "documents, in order")
    page.go("/send")
    t.becomes(lambda: page.value("#send-numbers"), "", "the next one begins empty")
    one_box_fetches_what_the_other_holds_ready(t, server, page)
    page.check_well(t)


def one_box_fetches_what_the_other_holds_ready(t, server, page):
    prices = server.folder / "prices.pdf"
    prices.write_bytes(pdf.make(1, document=43))
    page.choose("#send-box", "back")
    page.choose("#send-way", "hold")
    page.see("text=This box holds nothing ready.")
    page.files("#hold-file", [str(prices)])
    page.fill("#hold-sep", "77")
    page.fill("#hold-password", "1234")
    page.click("role=button[name='Hold it ready']")
    t.wait(lambda: page.count("text=/1 page · .* · SEP 77 · with a password/") > 0, "it is not held ready", FAX_SECONDS)
    t.equal(page.axe(), [], "what axe says")
    keep_shot(t, page, "hold")
    page.choose("#send-way", "poll")
    page.choose("#send-box", "front")
    page.fill("#send-numbers", "200")
    page.click("summary >> text=More options")
    page.fill("#send-subaddress", "77")
    page.fill("#send-password", "1234")
    t.true("1234" not in page.script("sessionStorage.getItem('faxpost.draft')"), "a password is not kept")
    t.equal(page.axe(), [], "what axe says")
    keep_shot(t, page, "poll")
    page.click(".composer >> role=button[name='Fetch it']")
    page.see("h1 >> text=Your fax is on its way")
    store = Store(server.state)
    t.wait(lambda: [f for f in store.faxes() if f["faxbox"] == "front" and f["state"] == "complete" and f["pages"] == 1], "nothing was fetched", FAX_SECONDS)
    page.go("/send")
    page.choose("#send-box", "back")
    page.choose("#send-way", "hold")
    page.click("role=button[name='Take it away']")
    page.see("text=This box holds nothing ready.")


@case.test
# proves: S2.12
def document_with_the_name_of_another_format_is_told_before_it_is_sent(t):
    server = open_house(t)
    document = server.folder / "letter.png"
    document.write_bytes(pdf.make(1, lines=2))
    for look, how in (("light", {}), ("dark-phone", {"dark": True, "size": PHONE, "language": "de"})):
        page = visit(t, server, **how)
        page.go("/send")
        page.fill("#send-numbers", "200")
        page.files("input[type=file]", [str(document)])
        page.see(".warning >> text=letter.png (PDF)")
        t.equal(page.axe(), [], "what axe says")
        keep_shot(t, page, f"misnamed-{look}")
        page.check_well(t)


@case.test
# proves: S2.12
def refused_document_and_number_are_told_at_their_places(t):
    server = open_house(t)
    bad = server.folder / "photo.pdf"
    bad.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0")
    page = visit(t, server)
    page.go("/send")
    page.fill("#send-numbers", "200")
    page.files("input[type=file]", [str(bad)])
    page.see("role=alert")
    t.true("photo.pdf" in page.text("section[aria-label='Preview'] >> role=alert"), "the document is named")
    page.click("role=button[name='Remove photo.pdf']")
    page.see("text=A document is missing")
    t.equal(Store(server.state).jobs(), [], "jobs")
    page.check_well(t)


@case.test
def fax_that_is_sent_moves_by_itself(t):
    server = open_house(t)
    page = visit(t, server)
    page.go("/sent")
    page.see("text=Nothing sent yet")
    document = pdf.make(3, document=77, lines=40)
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", document)]))
    page.see(".rows.live [data-row]")
    seen, beside = set(), set()

    def ended():
        seen.update(text.split("\n")[0] for text in page.texts(".rows .state"))
        beside.update(page.texts(".rows.live .row-state"))
        return page.count("text=Delivered") > 0

    t.wait(ended, "it was not shown as delivered", FAX_SECONDS)
    t.true(any(word.startswith("Sending page") for word in seen), f"no page was seen going: {seen}")
    t.true(any(re.search(r"about [0-9].* left", words) for words in beside), f"no time that is left: {beside}")
    page.check_well(t)


@case.test
def waiting_fax_is_held_and_cancelled_when_that_is_confirmed(t):
    server = open_house(t)
    job = waiting_jobs(t, server)[0]
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    page.see("article .state:has-text('Waiting')")
    page.click("role=button[name='Hold']")
    page.see("article .state:has-text('Held')")
    page.click("role=button[name='Cancel fax']")
    page.see("dialog >> text=It will not be sent")
    page.click("dialog >> role=button[name='Let it go on']")
    page.gone("dialog")
    t.equal(Store(server.state).jobs()[0]["state"], "held", "nothing was cancelled unasked")
    page.click("role=button[name='Cancel fax']")
    page.click("dialog >> role=button[name='Cancel the fax']")
    page.see("article .state:has-text('Cancelled')")
    t.equal(Store(server.state).jobs()[0]["state"], "cancelled", "in the store")
    page.check_well(t)


@case.test
def cancelled_fax_is_sent_again(t):
    server = open_house(t)
    job = waiting_jobs(t, server)[0]
    t.equal(server.cli("cancel", uuid_text(job["id"]))[0], 0, "cancelled")
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    page.click("role=button[name='Send again']")
    page.see("text=The fax is sent again.")
    t.wait(lambda: len(Store(server.state).jobs()) == 2, "there is no second job")
    page.check_well(t)


@case.test
def fax_that_may_have_arrived_goes_on_only_when_that_is_confirmed(t):
    server = open_house(t)
    job = waiting_jobs(t, server)[0]
    server.pin_ports()
    server.stop()
    with contextlib.closing(sqlite3.connect(f"{server.state}/faxpost.db")) as db, db:
        db.execute("UPDATE job SET state = 5, pages = 2, confirmed = 1, ended_ms = created_ms")  # the last confirmation is lost
    server.start()
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    page.click("role=button[name='Resume from page 2']")
    page.see("dialog >> text=It may have arrived")
    page.click("dialog >> role=button[name='Cancel']")
    page.gone("dialog")
    t.equal(len(Store(server.state).jobs()), 1, "nothing is sent again unasked")
    page.check_well(t)


@case.test
def held_fax_is_released_and_says_what_became_of_it(t):
    server = open_house(t)
    job = waiting_jobs(t, server)[0]
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    page.click("role=button[name='Hold']")
    page.see("article .state:has-text('Held')")
    page.click("role=button[name='Release']")
    page.see("article .state:has-text('Waiting')")  # it keeps its time of sending
    page.click("role=button[name='Send now']")
    page.see("article .state:has-text('Not delivered')")
    page.see("article >> text=The number does not exist")
    page.check_well(t)


@case.test
def unread_fax_is_marked_until_it_was_opened_and_goes_to_the_archive_and_back(t):
    server = open_house(t)
    fax(t, server, pages=1)
    page = visit(t, server, provision.BACK)
    page.see("[data-row].unread")
    page.click("[data-row]")
    page.see("article h1")
    page.gone("[data-row].unread")
    page.go("/inbox")
    page.see("[data-row]")
    t.becomes(lambda: page.count("[data-row].unread"), 0, "read once, read for good")
    page.click("[data-row]")
    page.see("role=button[name='Archive']")
    page.script("document.activeElement.blur()")
    page.press("e")
    page.see("text=The fax is in the archive")
    page.go("/inbox")
    page.see("text=No faxes yet")
    page.click("role=link[name='Archive']")
    page.see("[data-row]")
    page.check_well(t)


@case.test
def search_finds_by_number_and_its_words_stay_in_the_address(t):
    server = open_house(t)
    fax(t, server, pages=1)
    page = visit(t, server)
    page.go("/sent")
    page.see("[data-row]")
    page.fill("[data-search]", "777777")
    page.see("text=Nothing fits")
    t.wait(lambda: "q=777777" in page.url(), "the search lives in the address")
    page.fill("[data-search]", "200")
    page.see("[data-row]")
    page.reload()
    page.see("[data-row]")
    t.becomes(lambda: page.value("[data-search]"), "200", "after a reload")


case.main()
