# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard as the first person meets it: from the link to a delivered fax and the first login."""

import json
import re

import case
from chromium import PHONE, Chromium
from dns import DnsServer
from fake_smtp import SILENCE, FakeSmtp
from house import FAX_SECONDS, check_look, keep_shot
from server import Server

LINK = re.compile(r"(/setup#[0-9a-f]{64})")
ADMIN, PASSWORD = "ann@clinic.example", "correct horse battery"


def house(t, **settings):
    return t.enter(Server(t.folder(), settings={"setup_listen": "127.0.0.1:0", **settings}))


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
    t.becomes(lambda: page.value("#setup-user"), "ann", "whose box it is")
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


def begin(page):
    fill(page, tenant="Clinic", country="de", name="ann", address=ADMIN, password=PASSWORD)
    page.see("#setup-fax_domain")
    fill(page, fax_domain="fax.clinic.example", host_name="mail.clinic.example")
    page.see("#setup-peer")


@case.test
# proves: S1.1
def wizard_checks_what_the_dns_says_of_the_fax_domain(t):
    dns = t.enter(DnsServer({("fax.clinic.example", "MX"): ["mx.provider.example"], ("mail.clinic.example", "A"): ["192.0.2.7"]}))
    server = house(t, dns_servers=dns.address)
    page = enter(t, server)
    begin(page)
    page.click("role=button[name='Check the DNS now']")
    page.see("li:has-text('fax.clinic.example MX') >> text=leads to another server")
    page.see("li:has-text('fax.clinic.example MX') >> text=There now: mx.provider.example")
    page.see("li:has-text('*.fax.clinic.example MX') >> text=missing")
    page.see("li:has-text('mail.clinic.example A') >> text=is there")
    keep_shot(t, page, "setup-dns")
    check_look(t, page, "the DNS in the wizard")
    records = {("fax.clinic.example", "MX"): ["mail.clinic.example"], ("any-box.fax.clinic.example", "MX"): ["mail.clinic.example"]}
    right = t.enter(DnsServer({**records, ("mail.clinic.example", "A"): ["192.0.2.7"]}))
    page.check_well(t)
    server.stop()  # what it was told it keeps in mind for as long as the DNS says
    server.settings["dns_servers"] = right.address
    server.start()
    again = t.enter(Chromium(server, door="setup"))
    again.goto(LINK.search(server.cli("setup")[1]).group(1))
    again.click("role=button[name='Check the DNS now']")
    again.see("text=Mail from elsewhere finds the faxboxes")
    again.check_well(t)


@case.test
# proves: S1.1
def wizard_calls_itself_over_the_new_line(t):
    server = house(t)
    page = enter(t, server)
    begin(page)
    fill(page, peer="sip:127.0.0.1:{}".format(server.port("sip")[1]))
    page.fill("#setup-own-number", "112")
    page.click("role=button[name='Call itself']")
    page.see(".setup-check >> role=alert")
    page.fill("#setup-own-number", "030 555 9000")
    page.click("role=button[name='Call itself']")
    page.see("role=status >> text=calls 0305559000 over main")
    t.becomes(lambda: page.count(".setup-check ol.words:empty"), 0, "a test that waits shows no empty list")
    page.reload()  # it goes on meanwhile, and is found again
    page.see("li:has-text('T.38') >> text=came back", FAX_SECONDS)
    page.see("li:has-text('G.711') >> text=came back", FAX_SECONDS)
    page.see("text=every pixel of it")
    keep_shot(t, page, "setup-line")
    check_look(t, page, "the line in the wizard")
    fill(page, id="front", extension="+49 30 5559000")
    page.see("#setup-number")
    trunk = next(x for x in json.loads(server.cli("export")[1])["trunks"] if x["name"] == "main")
    t.equal(trunk["self_test_number"], "", "the number is the faxbox's now")
    page.check_well(t)


@case.test
# proves: S3.8
def wizard_shows_each_step_of_the_mail_servers_test_as_it_is_made(t):
    slow = t.enter(FakeSmtp(replies={"RCPT TO:": SILENCE}))
    server = house(t, deliver="smtp")
    page = enter(t, server)
    fill(page, tenant="Clinic", country="de", name="ann", address=ADMIN, password=PASSWORD)
    page.see("#setup-fax_domain")
    fill(page, fax_domain="fax.clinic.example", host_name="mail.clinic.example")
    page.see("#setup-envelope_sender")
    page.choose("#setup-security", "none")
    fill(page, host="127.0.0.1", port=str(slow.port), envelope_sender="fax@clinic.example")
    page.see("#test-to")
    page.fill("#test-to", ADMIN)
    page.click("role=button[name='Test']")
    page.see(".words li:has-text('220 fake ready')")
    page.see(".words li:has-text('MAIL FROM')")
    t.becomes(lambda: page.text("form.inline:has(#test-to) button"), "Testing …", "the server has not answered the rest")
    page.check_well(t)


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
