# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own account in the browser: password, authenticator, API keys."""

import base64
import hmac
import pathlib
import re
import ssl
import struct
import time

import case
import provision
from certs import Authority
from chromium import Chromium
from gpg import Gpg
from house import ADMIN, PASSWORD, fax, open_house, visit
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
def person_chooses_what_he_is_mailed(t):
    server = open_house(t)
    page = visit(t, server, provision.BACK)
    page.go("/me")
    page.choose("#f-notify_received", "never")
    page.choose("#f-notify_sent", "failed")
    page.see("[data-field='notify_sent'] .changed")
    page.click(".save-bar [type=submit]")
    page.see(".save-bar.idle")
    page.reload()
    page.see("#f-notify_sent")
    t.equal((page.value("#f-notify_received"), page.value("#f-notify_sent")), ("never", "failed"), "kept")
    fax(t, server, pages=1)
    front = Browser(server)
    front.login(ADMIN, PASSWORD)
    got = lambda: [(m["kind"], m["recipient"]) for m in front.get("/api/v1/mails").json["items"]]
    t.wait(lambda: ("received", ADMIN) in got(), f"others of the box do not get it: {got()}")
    kinds = got()
    t.true(("received", provision.BACK) not in kinds, f"he does not: {kinds}")
    page.check_well(t)


@case.test
def authenticator_is_set_up_and_then_asked_for(t):
    server = open_house(t)
    page = visit(t, server)
    page.go("/me")
    page.fill("#totp-password", PASSWORD)
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
    page.fill("#key-password", "not mine at all")
    t.equal(page.axe(), [], "what axe says of the dialog")
    page.click("dialog >> role=button[name='Make key']")
    page.see("dialog >> text=not your password")
    page.fill("#key-password", PASSWORD)
    page.click("dialog >> role=button[name='Make key']")
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


@case.test
# proves: S2.5
def pgp_key_and_certificate_are_brought_shown_and_taken_away(t):
    server = open_house(t)
    ann = t.enter(Gpg(t.folder()))
    ann.make(provision.FRONT)
    pem, _ = Authority(t.folder()).certificate("front.example")
    page = visit(t, server)
    page.go("/me")
    page.click("summary >> text=Add a PGP key")
    page.fill("#f-pgp_keys-paste", "no key at all")
    page.click("[data-field='pgp_keys'] >> role=button[name='Add']")
    page.click("role=button[name='SAVE']")
    page.see("[data-field='pgp_keys'] li >> role=alert")
    page.click("[data-field='pgp_keys'] li >> role=button[name=/Remove/]")
    key, certificate = server.folder / "ann.asc", server.folder / "ann.cer"
    key.write_text(ann.export(provision.FRONT))
    der = ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN CERTIFICATE.*?END CERTIFICATE-----", pathlib.Path(pem).read_text(), re.S)[0])
    certificate.write_bytes(der)
    page.files("#f-pgp_keys-file", [str(key)])
    page.see("[data-field='pgp_keys'] >> text=it is read when you save")
    page.click("summary >> text=Add a certificate")
    page.files("#f-smime_certificates-file", [str(certificate)])
    page.see("#f-smime")
    page.choose("#f-smime", "aes-256-gcm")
    page.click("role=button[name='SAVE']")
    page.see(f"[data-field='pgp_keys'] >> text={provision.FRONT}")
    page.see("[data-field='smime_certificates'] >> text=valid until")
    t.equal(page.axe(), [], "what axe says")
    mine = Browser(server)
    mine.login(provision.FRONT, PASSWORD)
    me = mine.get("/api/v1/me").json
    t.equal([k["fingerprint"] for k in me["pgp_keys"]], [ann.fingerprint(provision.FRONT)], "the key")
    t.equal((len(me["smime_certificates"]), me["smime"]), (1, "aes-256-gcm"), "the certificate")
    page.click("[data-field='pgp_keys'] li >> role=button[name=/Remove/]")
    page.click("role=button[name='SAVE']")
    page.gone("[data-field='pgp_keys'] li")
    t.wait(lambda: mine.get("/api/v1/me").json["pgp_keys"] == [], "it was not taken away")
    page.check_well(t)


case.main()
