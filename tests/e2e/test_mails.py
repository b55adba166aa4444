#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue of outgoing mail as an administrator sees and steers it: `faxpost mails`, over a mail server of the test's own."""

import json
import subprocess

import case
import plant
import provision
import sign
from dns import DnsServer
from fake_smtp import FakeSmtp, make_certificate
from server import BUILD, Server
from web import Browser

USAGE = 64


def mailing(t, **settings):
    """A server that sends by SMTP and has no mail server yet."""
    return t.enter(Server(t.folder(), settings={"deliver": "smtp", **settings}))


def put(server, *addresses):
    for address in addresses:
        status, _, complaint = server.cli("sendmail", address, text=f"From: pbx@example.com\nTo: {address}\nSubject: x\n\nwords\n")
        if status:
            raise RuntimeError(complaint)


def listed(server):
    """{recipient: mail} of those that are not sent."""
    return {m["recipient"]: m for m in server.json("mails", "list")["items"]}


@case.test
# proves: S3.10, S3.2
def mails_wait_are_held_released_tried_again_and_deleted(t):
    server = mailing(t)
    t.equal(server.cli("mails", "list")[1], "No mail waits.\n", "an empty queue")
    put(server, "a@example.com", "b@example.com", "c@example.com")
    mails = t.wait(lambda: len(listed(server)) == 3 and listed(server), "three mails are not listed")
    a, b, c = (mails[f"{who}@example.com"]["id"] for who in "abc")
    t.equal(server.cli("mails", "hold", a)[:2], (0, f"{a}: is held\n"), "hold")
    t.equal(server.cli("mails", "delete", c)[0], 0, "delete")
    status, said, _ = server.cli("mails", "list")
    t.true("Held by the command line" in said and "c@example.com" not in said, f"list: {said}")
    with FakeSmtp(replies={"RCPT TO:<b@": ["550 5.1.1 not today"]}) as peer:
        server.apply({"mail_server": {"host": "127.0.0.1", "port": peer.port, "security": "none"}})
        refused = t.wait(lambda: listed(server)["b@example.com"]["state"] == "failed" and listed(server)["b@example.com"],
                         "the refused mail is not listed as failed")
        t.true("550 5.1.1 not today" in refused["outcome"]["text"], f"the server's words: {refused}")
        t.equal(server.cli("mails", "retry", b)[0], 0, "retry of what was refused")
        t.equal(server.cli("mails", "release", "all")[0], 0, "release all")
        t.wait(lambda: len(peer.mails) == 2, f"mails did not leave: {listed(server)}")
        t.wait(lambda: not listed(server), "the queue is not empty")
        history = [(e["what"], e["who"], e["server"]) for e in server.json("mails", "show", b)["history"]]
        t.equal(history, [("refused", "", "main"), ("retried", "the command line", ""), ("sent", "", "main")], "what happened to it")
        said = server.cli("mails", "show", b)[1]
        t.true("refused, server main" in said and "550 5.1.1 not today" in said and "retried by the command line" in said, f"in words: {said}")
        t.equal([e["what"] for e in server.json("mails", "show", a)["history"]], ["held", "released", "sent"], "of the held one")
        status, _, complaint = server.cli("mails", "delete", a)
        t.equal((status != 0, "taken this mail already" in complaint), (True, True), f"a mail that is sent: {complaint}")
    t.true("c@example.com" not in str(peer.heard), "the deleted mail was sent")


@case.test
# proves: S3.4, S3.5, S1.10
def mails_go_to_the_server_and_port_that_the_settings_name(t):
    server = mailing(t)
    with FakeSmtp() as first, FakeSmtp() as second:
        for peer, to in ((first, "a@example.com"), (second, "b@example.com")):
            server.apply({"mail_server": {"host": "127.0.0.1", "port": peer.port, "security": "none"}})
            put(server, to)
            t.wait(lambda: peer.mails, f"nothing came to port {peer.port}: {listed(server)}")
        t.equal((len(first.mails), len(second.mails)), (1, 1), "mails of the two servers")
    status, said, complaint = server.cli("set", "mail_server.port", "465")
    t.equal((status, complaint), (0, ""), "what is said of port 465: " + said)
    t.equal(json.loads(server.cli("export")[1])["mail_server"]["port"], 465, "the port in force")


@case.test
def wrong_use_says_what_to_do(t):
    server = mailing(t)
    for arguments, words in ((["mails", "sell"], "there are list, show, hold"), (["mails", "hold"], "needs the id"),
                             (["mails", "delete", "all"], "is no id"), (["mails", "list", "x"], "takes no id"),
                             (["mails", "reset-tls"], "host:port")):
        status, _, complaint = server.cli(*arguments)
        t.equal((status, words in complaint), (USAGE, True), f"{arguments}: {complaint}")
    status, _, complaint = server.cli("mails", "show", "01a1fef9-43d2-7fe6-8f9a-1963a8f4404f")
    t.equal((status != 0, "no such mail" in complaint), (True, True), complaint)


@case.test
# proves: S3.7
def server_seen_with_tls_is_not_spoken_to_without_until_reset(t):
    server, certificate = mailing(t), make_certificate(t.folder())
    with FakeSmtp(certificate=certificate, starttls=True) as peer:
        settings = {"host": "localhost", "port": peer.port, "security": "auto", "pin": certificate[2], "allow": "plain"}
        server.apply({"mail_server": settings})
        put(server, "a@example.com")
        t.wait(lambda: len(peer.mails) == 1, "the first mail did not leave")
        peer.starttls = False
        t.wait(lambda: peer.open == 0, "the connection is still open", 30)
        put(server, "b@example.com")
        t.wait(lambda: listed(server).get("b@example.com", {}).get("outcome"), "no reason is given")
        t.equal(len(peer.mails), 1, "mails")
        t.true(server.cli("mails", "reset-tls", f"localhost:{peer.port + 1}")[0] != 0, "a server that nobody knows")
        t.equal(server.cli("mails", "reset-tls", f"localhost:{peer.port}")[0], 0, "reset")
        t.wait(lambda: len(peer.mails) == 2, f"it did not leave in plain: {json.dumps(listed(server))}", 40)


@case.test
# proves: S1.8, S1.9
def from_header_is_the_tenants_or_the_installations(t):
    server = mailing(t)
    with FakeSmtp() as peer:
        wanted = provision.example(server.port("sip")[1])
        wanted["installation"].update(from_address="house@fax.localhost", custom_from="on")
        wanted["tenants"][0]["from_address"] = "clinic@fax.localhost"
        wanted["mail_server"] = {"host": "127.0.0.1", "port": peer.port, "security": "none", "envelope_sender": "account@fax.localhost"}
        server.apply(wanted)
        for custom, expected in (("on", "clinic@fax.localhost"), ("off", "house@fax.localhost")):
            server.cli("set", "installation.custom_from", custom)
            before = len(peer.mails)
            document = server.folder / "page.txt"
            document.write_text("a page\n")
            status, _, complaint = server.cli("send", "200", document, "--from-box", "front", "--report-to", provision.FRONT,
                                              "--no-wait")
            t.equal(status, 0, complaint)
            t.wait(lambda: len(peer.mails) > before + 1, f"report and fax were not mailed: {server.log_tail()}", 240)
            for mail in peer.mails[before:]:
                header = mail.split(b"\r\n\r\n")[0].decode()
                t.true(f"<{expected}>" in header.split("From:", 1)[1].split("\r\n")[0], f"{custom}: {header}")


@case.test
# proves: S3.1
def outgoing_mails_are_signed_with_the_key_of_their_domain(t):
    server = mailing(t)
    path, text = sign.make_key("rsa:2048")
    keys = server.folder / "keys"
    keys.write_text(f"fax2026._domainkey.clinic.example {text}\n")

    def verified(mail):
        done = subprocess.run([BUILD / "tests" / "peer" / "opendkim-verify", keys], input=mail, capture_output=True, check=False)
        return done.stdout.decode().strip()

    with FakeSmtp() as peer:
        server.apply({"mail_server": {"host": "127.0.0.1", "port": peer.port, "security": "none"},
                      "dkim": [{"name": "clinic.example", "selector": "fax2026", "key": path.read_text()}]})
        for sender in ("pbx@clinic.example", "pbx@in.clinic.example", "pbx@other.example"):
            status, _, complaint = server.cli("sendmail", "-f", sender, "a@b.example",
                                              text=f"From: PBX <{sender}>\nTo: a@b.example\nSubject: a  line\n   folded\n\n"
                                                   "words  with blanks \n.dot\n\n\n")
            t.equal(status, 0, complaint)
        t.wait(lambda: len(peer.mails) == 3, f"mails did not leave: {listed(server)}")
        found = {("other" if b"other.example" in m else "below" if b"in.clinic" in m else "own"): m for m in peer.mails}
        t.equal(verified(found["own"]), "pass clinic.example", f"libopendkim's verdict on {found['own']}")
        t.equal(verified(found["below"]), "pass clinic.example", "a domain below")
        t.true(b"DKIM-Signature" not in found["other"], "another domain was signed")
        for change in ((b"words", b"swords"), (b"Subject: a", b"Subject: b"), (b"From: PBX", b"From: <x@y.example>\r\nFrom: PBX")):
            t.true(not verified(found["own"].replace(*change)).startswith("pass"), f"a change is not seen: {change}")
        secret = path.read_text().splitlines()[2]
        t.true(secret not in server.log.read_text() and secret not in server.cli("export")[1], "the key is shown")
        status, _, complaint = server.cli("apply", "-", text=json.dumps({"dkim": [{"name": "clinic.example", "key": "no key"}]}))
        t.true(status != 0 and "dkim[0].key" in complaint, f"a key that is none is not refused: {complaint}")
        server.cli("sendmail", "-f", "pbx@clinic.example", "late@b.example", text="From: pbx@clinic.example\nTo: late@b.example\n\nx\n")
        t.wait(lambda: len(peer.mails) == 4, f"the mail after it did not leave: {listed(server)}")
        t.equal(verified(peer.mails[3]), "pass clinic.example", "the old key still signs")


@case.test
# proves: S3.1
def key_is_made_here_published_checked_and_changed(t):
    dns = t.enter(DnsServer({}))
    server = mailing(t, dns_servers=dns.address)
    server.apply({**plant.provisioning()})
    root = Browser(server)
    t.equal(root.login("root@localhost", plant.PASSWORD).status, 200, "login")

    def make(**fields):
        made = root.post("/api/v1/dkim-keys", {"name": "clinic.example", **fields})
        t.equal(made.status, 201, f"a key: {made}")
        return made.json

    def look(key):
        return root.get(f"/api/v1/dkim-record?key={key['id']}").json["state"]

    def verified(mail):
        done = subprocess.run([BUILD / "tests" / "peer" / "opendkim-verify", keys], input=mail, capture_output=True, check=False)
        return done.stdout.decode().strip()

    with FakeSmtp() as peer:
        server.apply({"mail_server": {"host": "127.0.0.1", "port": peer.port, "security": "none"}})
        first, second = make(), make(selector="next")
        t.equal((first["active"], second["active"], "PRIVATE" in json.dumps([first, second])), (True, False, False), "who signs")
        keys = server.folder / "keys"
        keys.write_text("".join(f"{key['id']} {key['record']}\n" for key in (first, second)))
        dns.zone[(first["id"], "TXT")] = [first["record"]]
        dns.zone[(second["id"], "TXT")] = [first["record"]]
        third = make(name="other.example")
        t.equal((look(first), look(second), look(third)), ("right", "elsewhere", "missing"), "what stands there now")
        t.equal(root.get("/api/v1/dkim-record?key=other").status, 400, "no such key")
        found = []
        for key in (first, second):
            t.equal(root.ask("PATCH", f"/api/v1/dkim-keys/{key['id']}", {"active": True}, {"If-Match": "*"}).status, 200, "it signs")
            status, _, complaint = server.cli("sendmail", "-f", "pbx@clinic.example", "a@b.example", text="From: pbx@clinic.example\nTo: a@b.example\n\nx\n")
            t.equal(status, 0, complaint)
            t.wait(lambda: len(peer.mails) > len(found), f"the mail did not leave: {listed(server)}")
            mail = peer.mails[-1]
            found.append((f"s={key['selector']};" in mail.decode().replace(" ", ""), verified(mail)))
        t.equal(found, [(True, "pass clinic.example")] * 2, "signed by each in turn")
        t.equal([root.ask("DELETE", f"/api/v1/dkim-keys/{first['id']}", None, {"If-Match": "*"}).status, len(root.get("/api/v1/dkim-keys").json["items"])], [204, 2], "gone")
        actions = [row["action"] for row in root.get("/api/v1/audit").json["items"]]
        t.equal([actions.count(f"dkim-keys.{what}") for what in ("create", "change", "delete")], [3, 1, 1], "audit")


if __name__ == "__main__":
    case.main()
