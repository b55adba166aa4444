# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings that faxboxes share (S2.2): a template, who follows it, who says something himself, and what is seen of that before
it is saved."""

import json

import case
from house import ADMIN, PASSWORD, check_look, keep_shot, open_house, visit
from web import Browser

PLACE = "/admin/settings-templates"
FIELD = "[data-field='{}']"
SHARED = {"tenant": "example", "name": "Practices", "resolution": "superfine", "tries": 5, "header_name": "Practice North"}


# What the far side knows a box by stays its own where the template says nothing of it.
KNOWN_BY = ["station_id", "caller_id"]


def field(name, inner=""):
    return FIELD.format(name) + inner


def stored(server, box):
    return next(b for b in json.loads(server.cli("export")[1])["faxboxes"] if b["id"] == box)


def said(server, box, *names):
    entry = stored(server, box)
    return tuple(entry[name] for name in names)


def save(page):
    page.click("role=button[name='SAVE']")
    page.see(".toast >> text=Saved")
    page.gone("form.settings .changed")


def shared_house(t, following=()):
    server = open_house(t)
    server.apply({"settings_templates": [SHARED]})
    for box in following:
        server.apply({"faxboxes": [{"tenant": "example", "id": box, "template": "Practices", **{k: SHARED[k] for k in ("resolution", "tries", "header_name")}}]})
    return server


def choose_template(page, box):
    page.go(f"/admin/boxes/{box}")
    page.choose("#f-template", "Practices")
    page.see(field("template", " .changed"))
    page.see("nav.tabs >> a:has-text('Sending') >> .changed")


@case.test
# proves: S2.2
def two_boxes_share_a_template_and_one_says_otherwise(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go(PLACE)
    page.see("text=No template yet")
    page.click("role=button[name='New settings template']")
    page.fill("#new-name", "Practices")
    page.click("role=button[name='Make template']")
    page.see("h1 >> text=Practices")
    page.choose("#f-resolution", "superfine")
    page.fill("#f-tries", "5")
    page.fill("#f-header_name", "Practice North")
    page.see("text=3 changes")
    save(page)
    keep_shot(t, page, "settings-template")
    for box in ("front", "back"):
        choose_template(page, box)
        page.click("nav.tabs >> a:has-text('Sending')")
        page.see(field("resolution", " .changed"))
        t.equal((page.value("#f-station_id"), page.text("#f-station_id-origin"), page.count(field("station_id", " .changed"))),
                ({"front": "100", "back": "200"}[box], "its own", 0), f"{box}: what it is known by")
        t.equal((page.value("#f-resolution"), page.value("#f-tries"), page.text("#f-resolution-origin")),
                ("superfine", "5", "from the template"), f"{box}: what it takes, before it is saved")
        if box == "front":
            page.fill("#f-tries", "7")
            page.see("#f-tries-origin >> text=its own")
        save(page)
    t.equal(said(server, "front", "template", "own", "resolution", "tries"), ("Practices", [*KNOWN_BY, "tries"], "superfine", 7), "front")
    t.equal(said(server, "back", "template", "own", "resolution", "tries"), ("Practices", KNOWN_BY, "superfine", 5), "back")
    page.go(PLACE)
    t.becomes(lambda: page.text("tbody td.number"), "2", "how many use it")
    page.click("role=rowheader >> role=link[name='Practices']")
    page.see("text=2 faxboxes use it")
    page.fill("#f-tries", "9")
    page.fill("#f-header_name", "Practice South")
    save(page)
    t.equal(said(server, "front", "tries", "header_name"), (7, "Practice South"), "front follows but where it has its own")
    t.equal(said(server, "back", "tries", "header_name"), (9, "Practice South"), "back follows")
    page.go("/admin/boxes/front/sending")
    page.see("#f-tries-origin >> text=its own")
    t.true("f-tries-origin" in page.attribute("#f-tries", "aria-describedby"), "the field is described by where it comes from")
    keep_shot(t, page, "box-of-a-template")
    check_look(t, page, "a box of a template")
    page.click("role=button[name='Follow the template again (Tries)']")
    t.becomes(lambda: page.value("#f-tries"), "9", "as the template says")
    page.see(field("tries", " .changed"))
    page.see("text=1 change")
    save(page)
    t.equal(said(server, "front", "own", "tries"), (KNOWN_BY, 9), "it follows again")
    page.check_well(t)


@case.test
def template_that_was_chosen_is_taken_back_with_all_it_brought(t):
    server = shared_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes/front/sending")
    page.fill("#f-header_name", "Desk")
    page.click("nav.tabs >> a:has-text('General')")
    page.choose("#f-template", "Practices")
    page.see("nav.tabs >> a:has-text('Sending') >> .changed")
    page.click("nav.tabs >> a:has-text('Sending')")
    page.see(field("resolution", " .changed"))
    t.equal((page.value("#f-header_name"), page.text("#f-header_name-origin")), ("Desk", "its own"), "what was typed before stays")
    page.click("nav.tabs >> a:has-text('General')")
    page.choose("#f-template", "")
    page.see("text=1 change")
    page.click("nav.tabs >> a:has-text('Sending')")
    t.equal((page.value("#f-resolution"), page.value("#f-header_name"), page.count(".origin")), ("fine", "Desk", 0), "the rest is as it was")
    page.click("role=button[name='Discard']")
    page.gone("form.settings .changed")
    t.equal(said(server, "front", "template", "resolution", "header_name"), ("", "fine", "front"), "nothing was saved")
    page.check_well(t)


@case.test
def template_in_use_is_not_deleted_and_one_out_of_use_is(t):
    server = shared_house(t, following=("front",))
    page = visit(t, server, ADMIN)
    page.go(PLACE)
    page.click("role=rowheader >> role=link[name='Practices']")
    page.click("role=button[name='Delete']")
    page.see("dialog >> text=1 faxbox uses this template")
    t.becomes(lambda: page.count("dialog button.danger"), 0, "nothing to press")
    check_look(t, page, "a template in use")
    page.click("dialog >> role=link[name='Show these faxboxes']")
    page.see("h1 >> text=Faxboxes")
    page.gone("tbody >> role=rowheader[name='back']")
    t.becomes(lambda: page.texts("tbody th"), ["front"], "whose it is")
    page.go(PLACE)
    page.click("role=rowheader >> role=link[name='Practices']")
    page.see("text=1 faxbox uses it")
    server.apply({"faxboxes": [{"tenant": "example", "id": "front", "template": ""}]})
    page.reload()
    page.see("text=No faxbox uses it yet")
    page.click("role=button[name='Delete']")
    page.click("dialog >> role=button[name='Delete Practices']")
    page.see("text=No template yet")
    page.check_well(t)


@case.test
def template_is_made_of_a_box_that_follows_it_then(t):
    server = open_house(t)
    server.apply({"faxboxes": [{"tenant": "example", "id": "front", "tries": 6, "recipients": ["archive@localhost"]}]})
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes/front")
    page.click("role=button[name='Make a template of these settings']")
    page.fill("#new-name", "As front")
    page.click("role=button[name='Make template']")
    page.see(field("template", " .changed"))
    t.becomes(lambda: page.value("#f-template"), "As front", "the box is about to follow it")
    save(page)
    t.equal(said(server, "front", "template", "own", "tries"), ("As front", [], 6), "nothing but that has changed")
    admin = Browser(server)
    admin.login(ADMIN, PASSWORD)
    made = admin.get("/api/v1/settings-templates").json["items"][0]
    t.equal((made["tries"], made["recipients"], made["boxes"]), (6, ["archive@localhost"], 1), "the template")
    page.check_well(t)


@case.test
def administrator_of_a_tenant_chooses_a_template_with_what_he_may_not_set(t):
    server = open_house(t)
    server.apply({"settings_templates": [{**SHARED, "print_to": "ipp://192.0.2.7/ipp/print"}], "users": [{"tenant": "example", "name": "frontdesk", "role": "tenant"}]})
    page = visit(t, server)
    choose_template(page, "back")
    page.click("nav.tabs >> a:has-text('Receiving')")
    t.becomes(lambda: page.value("#f-print_to"), "ipp://192.0.2.7/ipp/print", "shown before it is saved")
    save(page)
    t.equal(said(server, "back", "template", "print_to", "tries"), ("Practices", "ipp://192.0.2.7/ipp/print", 5), "it follows")
    page.go("/admin/boxes/back")
    page.click("role=button[name='Make a template of these settings']")
    page.fill("#new-name", "Mine")
    page.click("role=button[name='Make template']")
    page.see(".toast >> text=The template Mine is made")
    t.becomes(lambda: page.value("#f-template"), "Mine", "the box is about to follow it")
    save(page)
    t.equal(said(server, "back", "template", "print_to", "tries"), ("Mine", "ipp://192.0.2.7/ipp/print", 5), "its printer stays")
    page.check_well(t)


@case.test
def change_of_the_template_meanwhile_is_shown_and_not_overwritten(t):
    server = shared_house(t, following=("front",))
    page = visit(t, server, ADMIN)
    page.go("/admin/boxes/front/sending")
    page.see("#f-tries-origin >> text=from the template")
    page.fill("#f-tries", "8")
    server.apply({"settings_templates": [{**SHARED, "tries": 2, "resolution": "standard"}]})
    page.click("role=button[name='SAVE']")
    page.see(".meanwhile >> text=Tries")
    t.equal((page.value("#f-tries"), page.value("#f-resolution")), ("8", "standard"), "his own stays, the rest is as it is now")
    save(page)
    t.equal(said(server, "front", "own", "tries", "resolution"), (["tries"], 8, "standard"), "saved")
    page.click("role=button[name='Follow the template again (Tries)']")
    t.becomes(lambda: page.value("#f-tries"), "2", "as the template says now")
    page.check_well(t)


@case.test
# proves: S2.2
def template_is_renamed_and_finds_its_boxes(t):
    server = shared_house(t, ["front"])
    server.apply({"faxboxes": [{"tenant": "example", "id": "other", "name": "Practices of old"}]})
    page = visit(t, server, ADMIN)
    page.go(PLACE)
    page.click("role=rowheader >> role=link[name='Practices']")
    page.click("role=link[name='Show these faxboxes']")
    page.see("tbody >> role=link[name='front']")
    t.equal(page.count("tbody tr"), 1, "those alone that have it, not those that are called alike")
    check_look(t, page, "the boxes of a template")
    page.choose("label.filter select", "")
    page.see("tbody >> role=link[name='Practices of old']")
    page.go(PLACE)
    page.click("role=rowheader >> role=link[name='Practices']")
    page.fill("#f-name", "Surgeries")
    save(page)
    page.see("h1 >> text=Surgeries")
    t.equal(said(server, "front", "template"), ("Surgeries",), "the box follows")
    page.check_well(t)


case.main()
