# SPDX-License-Identifier: AGPL-3.0-or-later
"""The address book: kept, brought from a file, and found while a fax is composed."""

import case
import pdf
import provision
from house import ADMIN, PASSWORD, check_look, open_house, visit
from store import Store
from web import Browser


def entries(server, login):
    browser = Browser(server)
    browser.login(login, PASSWORD)
    return {c["name"]: (c["number"], c["company"], c["shared"]) for c in browser.get("/api/v1/contacts").json["items"]}


@case.test
def entry_is_made_changed_and_deleted(t):
    server = open_house(t)
    page = visit(t, server)
    page.go("/contacts")
    page.see("text=Nobody is in the address book yet")
    page.click("role=button[name='New entry']")
    page.fill("#new-name", "Zoë Rossi")
    page.fill("#new-number", "no number")
    page.click("role=button[name='Add to the address book']")
    page.see("dialog >> .field:has(#new-number) >> role=alert")
    page.fill("#new-number", "030 123456")
    page.click("role=button[name='Add to the address book']")
    page.click("tbody >> role=link[name='Zoë Rossi']")
    page.fill("#f-company", "Studio Bianchi")
    page.see("[data-field='company'] .changed")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    t.equal(entries(server, provision.FRONT), {"Zoë Rossi": ("030 123456", "Studio Bianchi", False)}, "his book")
    t.equal(entries(server, provision.BACK), {}, "nobody else's")
    check_look(t, page, "an entry")
    page.click("role=button[name='Delete']")
    page.click("dialog >> role=button[name='Delete Zoë Rossi']")
    page.see("text=Nobody is in the address book yet")
    page.check_well(t)


@case.test
def file_is_brought_row_by_row_and_shared(t):
    server = open_house(t)
    book = server.folder / "book.csv"
    book.write_text('\ufeffName;Number;Company\r\nCourt;030 999;"Court; first"\r\n\r\nNobody;;\r\n', encoding="utf-8")
    page = visit(t, server, ADMIN)
    page.go("/contacts")
    page.click("summary >> text=Import from a file")
    page.check("role=checkbox[name='For everybody (shared)']", True)
    page.files("#contact-import", [str(book)])
    page.see("text=1 entry was added")
    page.see("text=/Row 4:/")
    page.see("tbody >> text=Court; first")
    t.equal(entries(server, provision.FRONT), {"Court": ("030 999", "Court; first", True)}, "for everybody")
    check_look(t, page, "the book")
    user = visit(t, server)
    user.go("/contacts")
    user.click("tbody >> role=link[name='Court']")
    user.see("text=administrators change it")
    t.equal(user.count("role=button[name='Delete']"), 0, "not his to delete")
    user.check_well(t)


@case.test
# proves: S2.12
def somebody_is_found_by_keyboard_and_gets_the_fax(t):
    server = open_house(t)
    browser = Browser(server)
    browser.login(provision.FRONT, PASSWORD)
    for name, number in (("Rosa Office", "200"), ("Rosalind", "0301234567")):
        t.equal(browser.post("/api/v1/contacts", {"name": name, "number": number}).status, 201, name)
    letter = server.folder / "letter.pdf"
    letter.write_bytes(pdf.make(1, document=7))
    page = visit(t, server)
    page.go("/send")
    page.files("input[type=file]", [str(letter)])
    page.fill("#send-find", "rosa")
    page.see("role=option[name=/Rosalind/]")
    check_look(t, page, "who is found")
    page.press("ArrowDown")
    page.press("ArrowUp")
    page.press("Enter")
    t.becomes(lambda: page.value("#send-numbers"), "Rosa Office <200>\n", "the line")
    page.fill("#send-find", "rosal")
    page.click("role=option[name=/Rosalind/]")
    page.see("text=2 numbers")
    page.fill("#send-numbers", "Rosa Office <200>")
    page.see("text=/1 page · about/")
    page.click(".composer >> role=button[name='Send fax']")
    page.see("h1 >> text=Your fax is on its way")
    t.wait(lambda: [j["number"] for j in Store(server.state).jobs()] == ["200"], "no job")
    page.check_well(t)


case.main()
