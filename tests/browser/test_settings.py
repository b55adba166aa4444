# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings in the browser: the SMTP section of a faxbox rule by rule (S0), and what holds on every page of settings."""

import json

import case
import provision
from house import ADMIN, PASSWORD, open_house, visit, waiting_jobs
from web import Browser

SMTP = "/admin/boxes/front/smtp"
FIELD = "[data-field='{}']"


def mark(name):
    return FIELD.format(name) + " .changed"


def smtp_page(t, server):
    page = visit(t, server, ADMIN)
    page.go(SMTP)
    page.see(FIELD.format("permissions"))
    return page


def boxes(server):
    return json.loads(server.cli("export")[1])["faxboxes"]


def stored(server, box="front"):
    return next(b for b in boxes(server) if b["id"] == box)


def entries(server):
    return sorted(p["entry"] for p in stored(server)["permissions"])


def add_entry(page, entry):
    page.fill("#f-permissions-add", entry)
    page.press("Enter")


@case.test
# proves: S0.1
def making_a_user_offers_to_make_his_box_which_he_owns(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/users")
    page.click("role=button[name='New user']")
    page.fill("#new-name", "anna")
    page.fill("#new-addresses", "anna@localhost")
    page.fill("#new-password", "a long password")
    page.click("role=button[name='Make user']")
    page.see("dialog >> text=Make a faxbox for anna?")
    page.fill("#new-extension", "300")
    page.click("role=button[name='Make faxbox']")
    page.see(FIELD.format("permissions"))
    t.becomes(lambda: page.path(), "/admin/boxes/anna/smtp", "the page of the new box")
    t.becomes(lambda: page.value("#f-owner"), "anna", "owner")
    made = stored(server, "anna")
    t.equal((made["owner"], made["users"]), ("anna", [{"user": "anna", "send": True, "receive": True}]), "in the store")
    for name in ("permissions", "custom_address", "smtp_address"):
        page.see(FIELD.format(name))
    page.see("section >> role=button[name='Delete Faxbox']")
    page.check_well(t)


@case.test
def new_password_ends_api_keys_unless_they_are_kept(t):
    server = open_house(t)
    person, program = Browser(server), Browser(server)
    person.login(provision.FRONT, PASSWORD)
    made = person.post("/api/v1/api-keys", {"name": "script", "scope": "read", "password": PASSWORD})
    program.headers = {"Authorization": f"Bearer {made.json['key']}", "X-Faxpost": None}
    page = visit(t, server, ADMIN)
    page.go("/admin/users")
    page.click("tbody >> role=link[name='frontdesk']")
    page.see("#f-password")
    t.equal(page.count("#f-keep_api_keys"), 0, "asked beside a new password alone")
    for password, kept in (("a longer password", True), ("the longest password", False)):
        page.fill("#f-password", password)
        page.check("#f-keep_api_keys", kept)
        page.click("role=button[name='SAVE']")
        page.gone("#f-keep_api_keys")
        t.equal((program.get("/api/v1/me").status, person.get("/api/v1/me").status), (200 if kept else 401, 401), f"kept: {kept}")
    page.go("/admin/audit")
    page.see("text=/password; 1 API key ends/")
    page.check_well(t)


@case.test
# proves: S0.2
def box_is_deleted_only_when_confirmed_and_without_open_jobs(t):
    server = open_house(t)
    waiting_jobs(t, server)
    page = smtp_page(t, server)
    page.click("section >> role=button[name='Delete Faxbox']")
    page.see("dialog >> text=1 fax of this box is not finished")
    t.becomes(lambda: page.count("dialog >> role=button[name=/Delete faxbox/]"), 0, "nothing to press")
    page.click("dialog >> role=button[name='Cancel']")
    page.go("/admin/boxes/back/smtp")
    page.click("section >> role=button[name='Delete Faxbox']")
    page.see("dialog >> text=Delete faxbox back?")
    page.press("Escape")
    page.gone("dialog")
    t.true(stored(server, "back"), "nothing is deleted until it is confirmed")
    page.click("section >> role=button[name='Delete Faxbox']")
    page.click("dialog >> role=button[name='Delete faxbox back']")
    page.see("h1 >> text=Faxboxes")
    t.equal([b["id"] for b in boxes(server)], ["front"], "boxes that are left")
    page.check_well(t)


@case.test
# proves: S0.3 S0.4
def permission_list_takes_addresses_and_domains_and_names_each_wrong_one(t):
    server = open_house(t)
    page = smtp_page(t, server)
    for entry in ("ann@example.com", "example.org", "*.example.net"):
        add_entry(page, entry)
    page.check("role=checkbox[name='example.org may receive']", False)
    page.click("role=button[name='SAVE']")
    page.gone(mark("permissions"))
    saved = {p["entry"]: (p["send"], p["receive"]) for p in stored(server)["permissions"]}
    t.equal(saved, {"ann@example.com": (True, True), "example.org": (True, False), "*.example.net": (True, True)}, "list")
    add_entry(page, "not-an@address@example")
    add_entry(page, "bob@example.com")
    add_entry(page, "@example.com")
    page.click("role=button[name='SAVE']")
    page.see("tr.wrong")
    wrong = page.texts("tr.wrong th")
    t.equal(len(wrong), 2, f"rows that are wrong: {wrong}")
    t.true("not-an@address@example" in wrong[0] and "@example.com" in wrong[1], f"each is named: {wrong}")
    t.equal(entries(server), ["*.example.net", "ann@example.com", "example.org"], "nothing was saved")
    page.click("role=button[name='Remove not-an@address@example']")
    page.click("role=button[name='Remove @example.com']")
    page.click("role=button[name='SAVE']")
    page.gone(mark("permissions"))
    t.true("bob@example.com" in entries(server), "the right one is saved")
    page.check_well(t)


@case.test
# proves: S0.5
def custom_address_of_another_box_is_refused_at_its_field(t):
    server = open_house(t)
    page = smtp_page(t, server)
    page.fill("#f-custom_address", "fax@customer.example")
    page.click("role=button[name='SAVE']")
    page.gone(mark("custom_address"))
    t.equal(stored(server)["custom_address"], "fax@customer.example", "saved")
    page.go("/admin/boxes/back/smtp")
    page.fill("#f-custom_address", "fax@customer.example")
    page.click("role=button[name='SAVE']")
    page.see(FIELD.format("custom_address") + " .error")
    t.becomes(lambda: page.attribute("#f-custom_address", "aria-invalid"), "true", "for screen readers")
    page.see(mark("custom_address"))
    t.equal(stored(server, "back")["custom_address"], "", "not saved")
    page.check_well(t)


@case.test
# proves: S0.6
def smtp_email_address_is_shown_to_be_copied_and_cannot_be_edited(t):
    server = open_house(t)
    page = smtp_page(t, server)
    t.becomes(lambda: page.text("#f-smtp_address"), f"front@{provision.DOMAIN}", "address")
    t.becomes(lambda: page.count(FIELD.format("smtp_address") + " >> css=input, textarea, select"), 0, "fields")
    page.click(FIELD.format("smtp_address") + " >> role=button[name='Copy']")
    page.see(f"text=/front@{provision.DOMAIN} is copied|press Ctrl/")
    page.check_well(t)


@case.test
# proves: S0.7 S0.8
def each_changed_field_is_marked_until_it_is_saved(t):
    server = open_house(t)
    page = smtp_page(t, server)
    t.becomes(lambda: page.count(".changed"), 0, "marks at first")
    page.fill("#f-custom_address", "fax@customer.example")
    add_entry(page, "ann@example.com")
    for name in ("custom_address", "permissions"):
        page.see(mark(name))
        t.becomes(lambda: page.text(mark(name)), "!", f"{name}: the mark")
        t.becomes(lambda: page.attribute(mark(name), "aria-label"), "Changed, not saved yet", f"{name}: for screen readers")
    look = page.script("(() => { const s = getComputedStyle(document.querySelector('.changed')); "
                       "return [s.borderRadius, s.backgroundColor.match(/\\d+/g).map(Number)] })()")
    t.equal(look[0], "50%", "a circle")
    t.true(look[1][1] > look[1][0] and look[1][1] > look[1][2], f"a green one: {look[1]}")
    t.true("f-custom_address-changed" in page.attribute("#f-custom_address", "aria-describedby"), "the field is described by it")
    page.see("text=2 changes")
    t.equal(page.axe(), [], "what axe says")
    t.equal(stored(server)["custom_address"], "", "nothing applies before SAVE")
    page.fill("#f-custom_address", "")
    page.see("text=1 change")
    t.becomes(lambda: page.count(mark("custom_address")), 0, "as it was: no mark")
    page.fill("#f-custom_address", "fax@customer.example")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    t.becomes(lambda: page.count(".changed"), 0, "marks when all is saved")
    t.equal((stored(server)["custom_address"], entries(server)), ("fax@customer.example", ["ann@example.com"]), "saved")
    page.check_well(t)


@case.test
# proves: S0.9
def leaving_with_changes_asks_also_by_the_browsers_back(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes")
    page.click("role=rowheader >> role=link[name='front']")
    page.click("role=navigation[name='Settings of the faxbox'] >> role=link[name='SMTP']")
    page.fill("#f-custom_address", "fax@customer.example")
    page.click("role=navigation[name='Settings of the faxbox'] >> role=link[name='Sending']")
    page.see(FIELD.format("station_id"))
    page.see("text=1 change")
    page.click(".main-nav >> role=link[name='Inbox']")
    page.see("dialog >> text=1 change is not saved and would be lost")
    page.click("role=button[name='Stay here']")
    page.gone("dialog")
    t.becomes(lambda: page.path(), "/admin/boxes/front/sending", "still here")
    page.back()
    page.see(FIELD.format("custom_address"))
    t.becomes(lambda: page.value("#f-custom_address"), "fax@customer.example", "back among the tabs loses nothing")
    page.back()
    page.see("text=General")
    page.back()
    page.see("dialog >> text=Leave without saving?")
    page.click("role=button[name='Stay here']")
    page.gone("dialog")
    t.true(page.path().startswith("/admin/boxes/front"), f"still here: {page.path()}")
    page.click(".main-nav >> role=link[name='Inbox']")
    page.click("role=button[name='Leave and lose the changes']")
    page.see("h1 >> text=Inbox")
    t.equal(stored(server)["custom_address"], "", "not saved")
    page.check_well(t)


@case.test
# proves: S0.9
def closing_the_window_with_changes_asks(t):
    server = open_house(t)
    page = smtp_page(t, server)
    page.fill("#f-custom_address", "fax@customer.example")
    page.see(mark("custom_address"))
    page.reload()
    t.equal(page.faults(), ["browser dialog: beforeunload"], "what the browser asked")
    page.see(FIELD.format("custom_address"))
    t.becomes(lambda: page.value("#f-custom_address"), "", "left by will")


@case.test
# proves: S0.7
def change_of_another_administrator_is_shown_field_by_field(t):
    server = open_house(t)
    page = smtp_page(t, server)
    page.fill("#f-custom_address", "mine@customer.example")
    other = Browser(server)
    other.login(ADMIN, "correct horse battery")
    tag = other.get("/api/v1/boxes/front").headers["ETag"]
    saved = other.ask("PATCH", "/api/v1/boxes/front", {"custom_address": "theirs@customer.example", "tries": 7}, {"If-Match": tag})
    t.equal(saved.status, 200, f"the other one saves: {saved}")
    page.click("role=button[name='SAVE']")
    page.see("text=Somebody else has saved this meanwhile")
    row = page.text(".meanwhile tbody tr")
    t.true("theirs@customer.example" in row and "mine@customer.example" in row, f"both values: {row}")
    t.equal(stored(server)["custom_address"], "theirs@customer.example", "nothing was overwritten")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    t.equal((stored(server)["custom_address"], stored(server)["tries"]), ("mine@customer.example", 7), "mine by will, theirs stays")
    page.check_well(t)


case.main()
