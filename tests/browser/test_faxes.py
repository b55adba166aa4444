# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxes in the browser: read what was received, follow what is sent, download both."""

import datetime
import pathlib

import case
import mail
import pdf
import pixels
import provision
from house import FAX_SECONDS, fax, open_house, visit
from store import Store, uuid_text


@case.test
# proves: S2.11
def received_fax_is_read_and_downloaded_by_its_box_only(t):
    server = open_house(t)
    job, received = fax(t, server)
    page = visit(t, server, provision.BACK)
    page.see("[data-row] >> text=100")
    page.click("[data-row]")
    page.see("article h1 >> text=Fax from 100")
    t.equal(page.path(), "/inbox/" + uuid_text(received["id"]), "the place")
    page.see(".sheets img")
    t.wait(lambda: page.script("[...document.querySelectorAll('.sheets img')].filter((i) => i.naturalWidth > 500).length") == 2,
           "two pages are not drawn")
    shape = page.script("(() => { const r = document.querySelector('.sheets li').getBoundingClientRect(); return r.height / r.width })()")
    t.true(1.3 < shape < 1.5, f"an A4 page is {shape:.2f} times as high as wide")
    file = page.download("role=link[name='PDF']")
    pages = pixels.pages_of_bytes(pathlib.Path(file["path"]).read_bytes())
    t.equal(pixels.compare(Store(server.state).pages_sent(job["submission"]), pages), [], "pixels of the PDF")
    t.true(pathlib.Path(page.download("role=link[name='TIFF']")["path"]).read_bytes()[:4] in (b"II*\0", b"MM\0*"), "TIFF")
    page.go("/sent")
    page.see("text=Nothing sent yet")
    t.equal(page.count("[data-row]"), 0, "what the other box sent is nothing of his")
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
    t.equal(page.count("[data-row]"), 0, "what the other box received is nothing of his")
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
    seen = set()

    def ended():
        seen.update(text.split("\n")[0] for text in page.texts(".rows .state"))
        return page.count("text=Delivered") > 0

    t.wait(ended, "it was not shown as delivered", FAX_SECONDS)
    t.true(any(word.startswith("Sending page") for word in seen), f"no page was seen going: {seen}")
    page.check_well(t)


@case.test
def waiting_fax_is_held_released_and_cancelled(t):
    server = open_house(t)
    tomorrow = (datetime.date.today() + datetime.timedelta(days=2)).strftime("%Y%m%dT0800")
    later = f"0301234567^AT={tomorrow}@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, later, [("a.pdf", "application/pdf", pdf.make(1))]))
    store = Store(server.state)
    job = t.wait(lambda: next(iter(store.jobs()), None), "no job")
    page = visit(t, server)
    page.go("/sent/" + uuid_text(job["id"]))
    page.click("role=button[name='Hold']")
    page.see("article .state >> text=Held")
    page.click("role=button[name='Release']")
    page.see("article .state >> text=Waiting")
    page.click("role=button[name='Cancel fax']")
    page.see("dialog >> text=It will not be sent")
    page.click("dialog >> role=button[name='Let it go on']")
    page.gone("dialog")
    t.equal(store.jobs()[0]["state"], "waiting", "nothing was cancelled unasked")
    page.click("role=button[name='Cancel fax']")
    page.click("dialog >> role=button[name='Cancel the fax']")
    page.see("article .state >> text=Cancelled")
    t.equal(store.jobs()[0]["state"], "cancelled", "in the store")
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
    t.equal(page.count("[data-row].unread"), 0, "read once, read for good")
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
    t.true("q=777777" in page.url(), page.url())
    page.fill("[data-search]", "200")
    page.see("[data-row]")
    page.reload()
    page.see("[data-row]")
    t.equal(page.value("[data-search]"), "200", "after a reload")


case.main()
