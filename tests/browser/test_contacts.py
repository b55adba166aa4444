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


CARDS = """BEGIN:VCARD\r
VERSION:3.0\r
N:Verdi;Anna;;;\r
FN:Anna Verdi\r
ORG:Verdi\\, Figli;Ufficio\r
TEL;TYPE=WORK,VOICE:030 1\r
item1.TEL;TYPE=FAX:030\r
  1002\r
CATEGORIES:Suppliers,North\r
X-CUT-OFF;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Nobody\r
TEL;VALUE=uri;TYPE="voice":tel:030 5\r
END:VCARD\r
"""


@case.test
# proves: S2.12
def group_is_brought_saved_and_faxed_with_nobody_twice(t):
    server = open_house(t)
    browser = Browser(server)
    browser.login(provision.FRONT, PASSWORD)
    for name, number, groups in (("Rosa Office", "200", ["Suppliers"]), ("Rossi", "030/1002", ["suppliers"]), ("Court", "0301003", [])):
        t.equal(browser.post("/api/v1/contacts", {"name": name, "number": number, "groups": groups}).status, 201, name)
    book = server.folder / "book.vcf"
    book.write_text(CARDS, encoding="utf-8", newline="")
    page = visit(t, server)
    page.go("/contacts")
    page.click("summary >> text=Import from a file")
    page.files("#contact-import", [str(book)])
    page.see("text=1 entry was added")
    page.see("text=/Row 2:/")
    page.see("tbody >> text=Verdi, Figli, Ufficio")
    page.choose("label.filter select", "North")
    page.gone("tbody >> text=Court")
    page.see("tbody >> text=Anna Verdi")
    page.choose("label.filter select", "Suppliers")
    page.see("tbody >> text=Rosa Office")
    check_look(t, page, "a group")
    saved = open(page.download("role=button[name='Save as CSV']")["path"], encoding="utf-8", newline="").read()
    t.equal(saved.split("\r\n")[:2], ["name,number,company,note,groups", '"Anna Verdi","030 1002","Verdi, Figli, Ufficio","","Suppliers|North"'], "as it is read again")
    cards = open(page.download("role=button[name='Save as vCard']")["path"], encoding="utf-8", newline="").read()
    t.true("ORG:Verdi\\, Figli\\, Ufficio\r\n" in cards and "CATEGORIES:Suppliers,North\r\n" in cards and "TEL;TYPE=fax:030 1002\r\n" in cards, cards)
    page.click("role=button[name='Send a fax to this group']")
    page.see("#send-numbers")
    t.equal(page.value("#send-numbers"), "Anna Verdi <030 1002>\nRosa Office <200>\n", "each number once, however it is written")
    page.fill("#send-numbers", "Rosa Office <2 0 0>\n")
    page.fill("#send-find", "suppl")
    page.see("role=option[name=/Group Suppliers 3 entries/]")
    page.press("Enter")
    t.becomes(lambda: page.value("#send-numbers"), "Rosa Office <2 0 0>\nAnna Verdi <030 1002>\n", "the group")
    page.see("text=2 numbers")
    check_look(t, page, "a group among the addressees")
    page.go("/contacts")
    page.click("tbody >> role=link[name='Court']")
    page.fill("#f-groups", "Suppliers\nCourts")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    t.equal([(g["name"], g["members"]) for g in browser.get("/api/v1/contact-groups").json["items"]], [("Courts", 1), ("North", 1), ("Suppliers", 4)], "groups")
    page.check_well(t)


case.main()
