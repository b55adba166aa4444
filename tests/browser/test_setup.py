# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard as the first person meets it: from the link to a delivered fax and the first login."""

import re

import case
from chromium import PHONE, Chromium
from house import check_look, keep_shot
from server import Server

LINK = re.compile(r"(/setup#[0-9a-f]{64})")
ADMIN, PASSWORD = "ann@clinic.example", "correct horse battery"


def house(t):
    return t.enter(Server(t.folder(), settings={"setup_listen": "127.0.0.1:0"}))


def enter(t, server, **how):
    page = t.enter(Chromium(server, door="setup", **how))
    page.goto(LINK.search(server.cli("setup")[1]).group(1))
    page.see("#setup-tenant")
    return page


def fill(page, **values):
    for name, value in values.items():
        page.fill(f"#setup-{name}", value)
    page.click("role=button[name='Save and go on']")


def leave_and_come_back(t, page, step):
    """In the middle of that step: what was saved stays, and it goes on here."""
    page.see(f"#setup-{step}")
    keep_shot(t, page, f"setup-{step}")
    page.reload()
    page.see(f"#setup-{step}")


@case.test
# proves: S1.1
def wizard_leads_to_a_delivered_fax_and_the_first_login(t):
    server = house(t)
    page = enter(t, server)
    keep_shot(t, page, "setup-begin")
    fill(page, tenant="Clinic", country="de", name="ann", address=ADMIN, password="short")
    page.see("role=alert")
    t.true("Password" in page.text("role=alert"), "the field is named: " + page.text("role=alert"))
    leave_and_come_back(t, page, "tenant")
    fill(page, tenant="Clinic", country="de", name="ann", address=ADMIN, password=PASSWORD)
    leave_and_come_back(t, page, "fax_domain")
    fill(page, fax_domain="fax.clinic.example", host_name="mail.clinic.example")
    page.see("text=*.fax.clinic.example.")
    leave_and_come_back(t, page, "peer")
    fill(page, peer="sip:127.0.0.1:{}".format(server.port("sip")[1]))
    leave_and_come_back(t, page, "user")
    t.equal(page.value("#setup-user"), "ann", "whose box it is")
    fill(page, id="front", extension="200")
    leave_and_come_back(t, page, "number")
    page.fill("#setup-number", "200")
    page.click("role=button[name='Send the page']")
    page.see("text=Delivered")
    keep_shot(t, page, "setup-end")
    t.equal(page.axe(), [], "what axe says")
    page.click("role=button[name='Finish']")
    page.see("text=Faxpost is set up")
    page.check_well(t)
    people = t.enter(Chromium(server))
    people.login(ADMIN, PASSWORD)
    people.check_well(t)


@case.test
def wizard_is_accessible_on_a_telephone_and_in_the_dark(t):
    server = house(t)
    page = enter(t, server, size=PHONE, dark=True)
    keep_shot(t, page, "setup-phone")
    check_look(t, page, "the wizard")


@case.test
def used_link_says_where_a_new_one_is(t):
    server = house(t)
    link = LINK.search(server.cli("setup")[1]).group(1)
    first = t.enter(Chromium(server, door="setup"))
    first.goto(link)
    first.see("#setup-tenant")
    first.reload()
    first.see("#setup-tenant")
    second = t.enter(Chromium(server, door="setup"))
    second.goto(link)
    second.see("role=alert")
    t.true("faxpost setup" in second.text("role=alert"), "what to do: " + second.text("role=alert"))


case.main()
