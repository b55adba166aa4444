# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own account in the browser: password, authenticator, API keys."""

import base64
import hmac
import struct
import time

import case
import provision
from chromium import Chromium
from house import PASSWORD, open_house, visit
from web import Browser


def totp(secret, ahead=0):
    """RFC 6238."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 + ahead), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06}"


@case.test
def password_is_changed_with_the_old_one(t):
    server = open_house(t)
    page = visit(t, server)
    page.go("/me")
    page.fill("#me-old", "not the old one")
    page.fill("#me-new", "a much better password")
    page.click("role=button[name='Change password']")
    page.see("role=alert")
    page.fill("#me-old", PASSWORD)
    page.click("role=button[name='Change password']")
    page.see("text=The password is changed")
    t.equal(Browser(server).login(provision.FRONT, PASSWORD).status, 401, "the old one")
    t.equal(Browser(server).login(provision.FRONT, "a much better password").status, 200, "the new one")
    page.check_well(t)


@case.test
def authenticator_is_set_up_and_then_asked_for(t):
    server = open_house(t)
    page = visit(t, server)
    page.go("/me")
    page.click("role=button[name='Set it up']")
    secret = page.text("section[aria-labelledby='totp-title'] code")
    page.fill("#totp-code", totp(secret))
    page.click("role=button[name='Switch on']")
    page.see("text=The authenticator is on")
    other = t.enter(Chromium(server))
    other.goto("/inbox")
    other.fill("#login-name", provision.FRONT)
    other.fill("#login-password", PASSWORD)
    other.press("Enter")
    other.see("#login-code")
    other.fill("#login-code", totp(secret, ahead=1))
    other.press("Enter")
    other.see(".main-nav")
    page.check_well(t)


@case.test
def api_key_is_made_shown_once_and_taken_back(t):
    server = open_house(t)
    page = visit(t, server)
    page.go("/me")
    page.fill("#key-name", "scanner")
    page.click("role=button[name='Make key']")
    page.see("text=it is shown this once")
    key = page.text(".warning code")
    program = Browser(server)
    program.headers = {"Authorization": f"Bearer {key}"}
    t.equal(program.get("/api/v1/jobs").status, 200, "the key")
    t.equal(page.axe(), [], "what axe says")
    page.click("tbody >> role=button[name=/Delete/]")
    page.click("dialog >> role=button[name='Delete scanner']")
    page.gone("tbody >> text=scanner")
    t.equal(program.get("/api/v1/jobs").status, 401, "the key that was taken back")
    page.check_well(t)


case.main()
