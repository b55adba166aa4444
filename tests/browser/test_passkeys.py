# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passkeys in the browser: Chromium with a security key of its own making."""

import case
import provision
from chromium import Chromium
from house import ADMIN, PASSWORD, open_house
from web import Browser

# Of CDP's WebAuthn domain. The one verifies who holds it and keeps what it made; the other is touched only.
PASSKEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
TOUCH = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False}


def visit(t, server, key, who=provision.FRONT):
    page = t.enter(Chromium(server, name="localhost"))
    page.login(who, PASSWORD)
    return page, page.addKey(key)


def add(page, name):
    page.go("/me")
    page.fill("#passkey-name", name)
    page.fill("#passkey-password", PASSWORD)
    page.click("role=button[name='Add a key']")
    page.see(f"tbody >> text={name}")


def leave(page):
    """Out, and at the page where people log in."""
    page.script("fetch('/api/v1/session', {method: 'DELETE', headers: {'X-Faxpost': '1'}})")
    page.goto("/inbox")
    page.see("#login-name")


@case.test
def passkey_logs_in_alone_and_is_removed(t):
    server = open_house(t)
    page, _ = visit(t, server, PASSKEY)
    add(page, "this laptop")
    t.equal(page.axe(), [], "what axe says")
    leave(page)
    t.equal(page.axe(), [], "what axe says of the login")
    page.click("role=button[name='Log in with a passkey']")
    page.see(".main-nav")
    page.go("/me")
    page.click("role=button[name='Remove this laptop']")
    page.fill("#passkey-remove-password", "not the password")
    page.click("dialog >> role=button[name='Remove this laptop']")
    page.see("dialog >> role=alert")
    t.equal(page.axe(), [], "what axe says of the question")
    page.fill("#passkey-remove-password", PASSWORD)
    page.click("dialog >> role=button[name='Remove this laptop']")
    page.gone("tbody >> text=this laptop")
    leave(page)
    page.click("role=button[name='Log in with a passkey']")
    page.see("#login-error")
    page.check_well(t)


@case.test
def security_key_is_asked_for_beside_the_password_and_an_administrator_removes_it(t):
    server = open_house(t)
    page, key = visit(t, server, TOUCH)
    add(page, "blue key")
    leave(page)
    page.login(provision.FRONT, PASSWORD)
    page.removeKey(key)
    leave(page)
    page.fill("#login-name", provision.FRONT)
    page.fill("#login-password", PASSWORD)
    t.equal(Browser(server).login(provision.FRONT, PASSWORD).status, 401, "the password alone")
    chief = t.enter(Chromium(server))
    chief.login(ADMIN, PASSWORD)
    chief.go("/admin/users")
    chief.click("tbody >> role=link[name='frontdesk']")
    chief.click("role=button[name='Remove blue key']")
    chief.click("dialog >> role=button[name='Remove blue key']")
    chief.gone("tbody >> text=blue key")
    t.equal(Browser(server).login(provision.FRONT, PASSWORD).status, 200, "without the key that is lost")
    chief.go("/me")
    chief.see("text=Browsers use passkeys only over HTTPS")
    chief.check_well(t)
    page.check_well(t)


case.main()
