# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own account in the browser: password, authenticator, API keys."""

import pathlib
import re
import ssl

import case
import provision
from certs import Authority
from chromium import Chromium
from gpg import Gpg
from house import ADMIN, PASSWORD, check_look, fax, keep_shot, open_house, visit
from totp import code
from web import Browser


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
    page.fill("#totp-code", code(secret))
    page.click("role=button[name='Switch on']")
    page.see("text=The authenticator is on")
    page.see(".recovery-codes")
    t.equal(page.script("document.activeElement.className"), "recovery-codes", "where the focus is")
    check_look(t, page, "recovery codes")
    keep_shot(t, page, "recovery-codes")
    codes = page.texts(".recovery-codes li")
    file = page.download("role=link[name='Download']")
    text = pathlib.Path(file["path"]).read_text()
    t.equal((file["name"], len(codes), [c for c in codes if c not in text]), ("faxpost-recovery-codes.txt", 10, []), "the file")
    page.click("role=button[name='I have kept them']")
    page.see("text=10 recovery codes are left")
    other = t.enter(Chromium(server))
    other.goto("/inbox")
    other.fill("#login-name", provision.FRONT)
    other.fill("#login-password", PASSWORD)
    other.press("Enter")
    other.see("#login-code")
    other.fill("#login-code", code(secret, 1))
    other.press("Enter")
    other.see(".main-nav")
    lost = t.enter(Chromium(server))
    lost.goto("/inbox")
    lost.fill("#login-name", provision.FRONT)
    lost.fill("#login-password", PASSWORD)
    lost.press("Enter")
    lost.click("role=button[name='Use a recovery code']")
    t.equal((lost.text("label[for=login-code]"), lost.attribute("#login-code", "inputmode")), ("Recovery code", "text"), "what is asked for then")
    t.equal(lost.axe(), [], "what axe says of the login")
    keep_shot(t, lost, "login-by-recovery-code")
    lost.fill("#login-code", codes[4].lower())
    lost.press("Enter")
    lost.see(".main-nav")
    page.reload()
    page.see("text=9 recovery codes are left")
    page.click("summary >> text=New recovery codes")
    page.fill("#codes-password", PASSWORD)
    page.click("role=button[name='Make ten new ones']")
    page.see(".recovery-codes")
    t.equal(set(page.texts(".recovery-codes li")) & set(codes), set(), "others than before")
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
