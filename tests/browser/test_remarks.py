# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notes and tags beside a fax, mailing it on, and sending a sent one once more with changes."""

import case
import provision
from chromium import PHONE
from house import check_look, fax, keep_shot, open_house, visit
from store import Store, uuid_text


@case.test
def fax_is_tagged_noted_mailed_on_and_found_again(t):
    server = open_house(t)
    _, received = fax(t, server, pages=1)
    page = visit(t, server, provision.BACK)
    page.go("/inbox/" + uuid_text(received["id"]))
    page.click("summary >> text=Notes, tags and mails")
    page.fill("#new-tag", "Urgent, Müller case")
    page.click("role=button[name='Add tag']")
    page.see("role=list[name='Tags'] >> text=Müller case")
    page.see("[data-row] .tag >> text=Urgent")
    page.fill("#new-note", "Called Dr. Grünwald,\nhe will answer.")
    page.click("role=button[name='Write note']")
    page.see(".notes-list >> text=he will answer")
    page.see("[data-row] >> text=1 note")
    t.becomes(lambda: page.value("#new-note"), "", "the field is empty again")
    page.click("role=button[name='Forward by mail']")
    page.fill("#new-to", "nobody@elsewhere.example")
    page.fill("#new-text", "Please answer")
    check_look(t, page, "the dialog of a mail")
    page.click("dialog >> role=button[name='Send mail']")
    page.see("dialog >> text=forward_to")
    page.fill("#new-to", provision.FRONT)
    page.click("dialog >> role=button[name='Send mail']")
    page.see(f".remarks >> text=Forwarded to {provision.FRONT}")
    page.see(".remarks >> text=Sent")
    check_look(t, page, "a fax with remarks")
    keep_shot(t, page, "remarks")
    page.click("role=list[name='Tags'] >> role=link[name='Urgent']")
    page.see(".list-filters >> text=Show all again")
    page.see("[data-row]")
    t.becomes(lambda: page.count("[data-row]"), 1, "found by tag")
    t.wait(lambda: "tag=Urgent" in page.url(), "the filter lives in the address")
    page.go("/inbox?q=gr%C3%BCnwald")
    page.see("[data-row]")
    page.click("[data-row]")
    page.click("role=button[name='Remove the tag Urgent']")
    page.gone("role=button[name='Remove the tag Urgent']")
    page.click("role=button[name=/Delete the note of/]")
    page.click("dialog >> role=button[name='Delete note']")
    page.gone(".notes-list")
    page.check_well(t)


@case.test
def sent_fax_is_edited_and_sent_again(t):
    server = open_house(t)
    job, _ = fax(t, server, pages=1)
    page = visit(t, server, size=PHONE, dark=True)
    page.go("/sent/" + uuid_text(job["id"]))
    page.click("summary >> text=Notes, tags and mails")
    page.fill("#new-tag", "paid")
    page.click("role=button[name='Add tag']")
    page.see("role=list[name='Tags'] >> text=paid")
    check_look(t, page, "a sent fax on a phone")
    keep_shot(t, page, "remarks-phone-dark")
    page.click("role=button[name='Edit and send again']")
    page.see("#send-numbers")
    t.becomes(lambda: page.value("#send-numbers"), job["display_number"], "the number is there")
    page.see(".files >> text=.pdf")
    page.see("text=1 page")
    t.equal(len(Store(server.state).jobs()), 1, "and nothing was sent")
    page.check_well(t)


case.main()
