# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys that mails are signed with: made, shown for the DNS, looked for there, put to use and changed."""

import case
from dns import DnsServer
from house import ADMIN, PASSWORD, check_look, keep_shot, open_house, visit
from web import Browser


def keys_of(server):
    browser = Browser(server)
    browser.login(ADMIN, PASSWORD)
    return {key["selector"]: key for key in browser.get("/api/v1/dkim-keys").json["items"]}


@case.test
# proves: S3.1
def signing_key_is_made_published_used_and_changed(t):
    dns = t.enter(DnsServer({}))
    server = open_house(t, settings={"dns_servers": dns.address})
    page = visit(t, server, ADMIN)
    page.go("/admin/dkim")
    page.see("text=No key yet")
    page.click("role=button[name='New key']")
    page.fill("#new-name", "clinic.example")
    page.fill("#new-selector", "first")
    page.click("role=button[name='Make the key']")
    page.see("h1 >> text=clinic.example (first)")
    page.see("text=Mails of this domain are signed with this key")
    first = keys_of(server)["first"]
    page.see(f"output >> text={first['id']}")
    t.equal(page.text("output[aria-label='Value (TXT)']"), first["record"], "what the DNS has to hold")
    dns.zone[(first["id"], "TXT")] = [first["record"]]
    page.click("role=button[name='Check the DNS now']")
    page.see("role=status >> text=The DNS has this key.")
    check_look(t, page, "a signing key")
    page.click("role=button[name='Change the key']")
    page.fill("#new-selector", "second")
    page.click("role=button[name='Make the key']")
    page.see("h1 >> text=clinic.example (second)")
    page.see("text=This key signs nothing now")
    page.click("role=button[name='Check the DNS now']")
    page.see("role=status >> text=/No such record yet/")
    keep_shot(t, page, "signing-key-to-come")
    check_look(t, page, "a key that is to be used")
    page.click("role=button[name='Sign with this key']")
    page.see("text=Mails of this domain are signed with this key")
    t.equal({name: key["active"] for name, key in keys_of(server).items()}, {"first": False, "second": True}, "who signs")
    page.go("/admin/dkim")
    t.equal([row for row in ("Signs", "Not in use") if page.count(f"tbody >> text={row}") == 1], ["Signs", "Not in use"], "the list")
    page.click("tr:has-text('first') >> role=link[name='clinic.example']")
    page.click("role=button[name='Delete']")
    page.see("dialog >> text=/can no longer be verified/")
    page.click("dialog >> role=button[name=/Delete/]")
    page.see("h1 >> text=Mail signing")
    page.gone("tr:has-text('first')")
    t.becomes(lambda: list(keys_of(server)), ["second"], "the one before is gone")
    page.check_well(t)


case.main()
