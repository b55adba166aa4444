# SPDX-License-Identifier: AGPL-3.0-or-later
"""The document as it came beside the fax that was made of it, page by page."""

import case
import mail
import pdf
import provision
from chromium import PHONE
from house import FAX_SECONDS, PASSWORD, check_look, keep_shot, open_house, visit
from store import Store, uuid_text
from web import Browser

DRAWN = "[...document.querySelectorAll('.sheets .original img')].filter((i) => i.naturalWidth > 500).length"
# Of each pair: the two lie beside each other, and are as high to a twentieth.
PAIRS = """[...document.querySelectorAll('.sheets .sheet')].map((s) => [...s.querySelectorAll('.page')].map((p) => p.getBoundingClientRect()))
    .map(([a, b]) => !!b && a.top === b.top && a.right <= b.left && Math.abs(a.height - b.height) < a.height / 20)"""


def mailed(t, server, to="200"):
    """Two pages that went, behind a cover page where `to` has that flag; its job."""
    store = Store(server.state)
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"{to}@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", pdf.make(2, lines=4))]))
    return t.wait(lambda: next((j for j in store.jobs() if j["state"] not in ("waiting", "calling")), None), f"no job ended; log: {server.log_tail()}", FAX_SECONDS)


@case.test
# proves: S2.11
def original_stands_beside_what_was_sent(t):
    server = open_house(t)
    job = uuid_text(mailed(t, server)["id"])
    page = visit(t, server)
    page.go("/sent/" + job)
    page.see(".sheets .as-fax img")
    t.equal(page.count(".sheets .original"), 0, "originals before anybody asks for them")
    page.click("role=button[name='Both']")
    page.see("role=button[name='Both'][pressed]")
    t.wait(lambda: page.script(DRAWN) == 2, "the originals are not drawn")
    t.wait(lambda: page.script(PAIRS) == [True, True], "pages that do not stand beside each other")
    t.equal(page.attribute(".sheets [data-page='2'] .original img", "alt"), "Page 2 of a.pdf, as it came", "what a screen reader hears")
    check_look(t, page, "both")
    keep_shot(t, page, "original-both")
    page.click("role=button[name='Original']")
    page.gone(".sheets .as-fax")
    page.click("role=button[name='As sent']")
    page.gone(".sheets .original")
    page.check_well(t)

    phone = visit(t, server, size=PHONE, language="de")
    phone.go("/sent/" + job)
    phone.see("role=button[name='Wie gesendet'][pressed]")
    t.equal(phone.count("role=button[name='Beides']"), 0, "both, where there is no room")
    phone.click("role=button[name='Original']")
    t.wait(lambda: phone.script(DRAWN) > 0, "the original is not drawn")
    t.equal(phone.count(".sheets .as-fax"), 0, "the fax page beside it")
    check_look(t, phone, "original on a telephone")
    keep_shot(t, phone, "original-phone")

    for who, wanted in ((provision.FRONT, 200), ("office@localhost", 404)):
        browser = Browser(server)
        browser.login(who, PASSWORD)
        t.equal(browser.get(f"/api/v1/jobs/{job}/originals/1.png?width=300").status, wanted, f"page 1 for {who}")
        t.equal(browser.get(f"/api/v1/jobs/{job}/originals/3.png").status, 404, f"page 3 for {who}")
    t.equal(Browser(server).get(f"/api/v1/jobs/{job}/originals/1.png").status, 401, "for a stranger")


@case.test
def cover_page_has_no_original_and_says_so(t):
    server = open_house(t)
    job = uuid_text(mailed(t, server, "200^TEMPLATE=standard")["id"])
    page = visit(t, server)
    page.go("/sent/" + job)
    page.click("role=button[name='Original']")
    page.see("text=Page 1 is a cover page that Faxpost made")
    t.wait(lambda: page.script(DRAWN) == 2, "the pages behind it are not drawn")
    page.check_well(t)


case.main()
