#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails encrypted to the S/MIME certificates of users, imported by the command line and read by openssl."""

import contextlib
import email
import email.policy
import sqlite3
import subprocess

import case
import mail
import provision
from server import Server
from store import Store

FRONT, BACK = provision.FRONT, provision.BACK
SECONDS = 240


def make(folder, name, *more, key=("rsa:2048",), days=30):
    """name.pem and name.key; -> the certificate."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", str(days), "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=email:{name}@example.com", *more, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                   check=True, capture_output=True)
    return folder / f"{name}.pem"


def make_expired(folder, name):
    """A certificate whose time is over: an authority says when it ends."""
    subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out",
                    folder / f"{name}.csr"], check=True, capture_output=True)
    (folder / "index").write_text("")
    (folder / "serial").write_text("01\n")
    (folder / "ca.conf").write_text(f"[ca]\ndefault_ca = c\n[c]\ndatabase = {folder}/index\nserial = {folder}/serial\nnew_certs_dir = {folder}\n"
                                    "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n")
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", folder / "ca.conf", "-keyfile", folder / f"{name}.key", "-in",
                    folder / f"{name}.csr", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-notext", "-out",
                    folder / f"{name}.pem"], check=True, capture_output=True)
    return folder / f"{name}.pem"


def decrypt(folder, name, path):
    done = subprocess.run(["openssl", "cms", "-decrypt", "-in", path, "-recip", folder / f"{name}.pem", "-inkey", folder / f"{name}.key"],
                          capture_output=True)
    return done.returncode, email.message_from_bytes(done.stdout, policy=email.policy.default)


def key(t, server, *arguments):
    status, out, err = server.cli("key", *arguments)
    t.equal(status, 0, f"key {arguments}: {err}")
    return out


@case.test
def received_faxes_and_reports_are_encrypted_to_their_readers(t):
    folder = t.folder()
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1]))
    key(t, server, "import", "frontdesk", make(folder, "front"))
    key(t, server, "import", "office", make(folder, "back", key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")))
    listed = key(t, server, "list")
    t.true("example/frontdesk" in listed and "front@example.com, S/MIME, until 20" in listed, listed)
    for user, cipher in (("frontdesk", "aes-256-gcm"), ("office", "aes-256-cbc")):
        t.equal(server.cli("set", f"users.{user}.smime", cipher)[0], 0, "set")
    t.equal(server.cli("apply", "-", text=server.cli("export")[1])[1], "nothing to change\n", "what is exported can be applied")
    mail.send(server.port("smtp"), mail.make(FRONT, f"200@front.{provision.DOMAIN}", [("a.txt", "text/plain", b"a page")]))
    for who, name, kind in ((BACK, "back", "enveloped-data"), (FRONT, "front", "authEnveloped-data")):
        path = t.wait(lambda w=who: server.mails(w), f"no mail for {who}; log: {server.log_tail()}", SECONDS)[0]
        outer = mail.read(path)
        t.equal((outer.get_content_type(), outer["Content-Type"].params["smime-type"], outer.get_filename()),
                ("application/pkcs7-mime", kind, "smime.p7m"), "what the outer mail says")
        status, inner = decrypt(folder, name, path)
        t.equal(status, 0, f"{who} cannot read it")
        t.true(mail.attachment(inner)[1].startswith(b"%PDF"), "no document in it")
        t.true(b"%PDF" not in path.read_bytes(), "the document stands there in clear")
    t.equal(decrypt(folder, "back", server.mails(FRONT)[0])[0] != 0, True, "somebody else reads it")


@case.test
def certificate_that_will_not_do_is_refused_and_one_that_expires_keeps_the_mail(t):
    folder = t.folder()
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(1))
    expired = make_expired(folder, "old")
    for path, part in ((expired, "expired on 2020-02-01"), (make(folder, "sign", "-addext", "keyUsage=digitalSignature"), "signatures"),
                       (make(folder, "tls", "-addext", "extendedKeyUsage=serverAuth"), "not for mail")):
        status, _, err = server.cli("key", "import", "frontdesk", path)
        t.true(status != 0 and part in err, f"{path}: {err}")
    status, _, err = server.cli("set", "users.frontdesk.smime", "aes-256-gcm")
    t.true(status != 0 and "without a certificate" in err, err)
    key(t, server, "import", "frontdesk", make(folder, "front"))
    t.equal(server.cli("set", "users.frontdesk.smime", "aes-256-gcm")[0], 0, "set")
    server.stop()  # years go by
    with contextlib.closing(sqlite3.connect(server.state / "faxpost.db")) as db, db:
        db.execute("UPDATE user_certificate SET pem = ?", (expired.read_text(),))
    server.start()
    mail.send(server.port("smtp"), mail.make(FRONT, f"check+200@front.{provision.DOMAIN}", [("a.txt", "text/plain", b"a page")]))
    kept = t.wait(lambda: [m for m in Store(server.state).mails_out() if m["code"] == "smime-expired"], f"log: {server.log_tail()}", 60)[0]
    t.equal(kept["state"], "failed", "the mail is kept")
    t.true("ALARM mail-not-made" in server.log.read_text(), "no alarm in the log")
    alarms = {a["code"]: a["text"] for a in server.json("status")["alarms"]}
    t.true("faxpost key import" in alarms.get("mail-failed", ""), alarms)
    t.equal(list(server.maildir.iterdir()), [], "a mail left in clear")
    applied = server.cli("apply", "-", text=server.cli("export")[1])
    t.true(applied[0] == 0 and "expired on 2020-02-01; mails are not encrypted to it" in applied[2], f"{applied}")
    key(t, server, "import", "frontdesk", folder / "front.pem")
    path = t.wait(lambda: server.mails(FRONT), f"it does not leave by itself; log: {server.log_tail()}", SECONDS)[0]
    t.equal(decrypt(folder, "front", path)[0], 0, "it cannot be read")
    key(t, server, "remove", "frontdesk", next(line.split()[0] for line in key(t, server, "list").splitlines() if "frontdesk" in line))


case.main()
