# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose word counts for mail that lies in a mailbox (A5): its signature, or the mailbox's own server where it is named."""

import case
import mail
import provision
import sign
from dns import DnsServer
from dovecot import PASSWORD, Dovecot
from server import Server
from store import Store

SENDER, STRANGER = "ann@example.com", "eve@evil.net"
ADDRESS = "fax@clinic.example"
ZONE = {
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=reject"],
    ("s._domainkey.example.com", "TXT"): [sign.make_key()[1]],
    ("_dmarc.evil.net", "TXT"): ["v=DMARC1; p=none"],
    ("s._domainkey.evil.net", "TXT"): [sign.make_key()[1]],
}
RESULTS = "Authentication-Results: {}; dmarc={} header.from={}\r\n"


def house(t, dns, dovecot, protocol="pop3", **fields):
    server = t.enter(Server(t.folder(), settings={"dns_servers": dns.address}))
    told = provision.example(9)
    told["users"][0]["addresses"].append(SENDER)
    told["faxboxes"][0]["mailbox"] = "scans"
    told["mailboxes"] = [{"name": "scans", "tenant": "example", "address": ADDRESS, "protocol": protocol, "host": "localhost",
                          "port": dovecot.port(protocol, "implicit"), "pin": dovecot.pin(), "username": "fax",
                          "password": PASSWORD, "interval": 5, **fields}]
    server.apply(told)
    return server


def letter(sender=SENDER, subject="", name="0301234567", size=1):
    return mail.make(f"Ann <{sender}>", f'"{name}" <{ADDRESS}>', [("a.txt", "text/plain", b"a page\n" * size)],
                     subject=subject).as_bytes()


def signed(**what):
    return sign.own(letter(**what), "example.com")


def settled(t, server, count):
    """[(subject's code: the reason of the dead letter, or "")] of the mails that were taken, oldest first."""
    store = Store(server.state)
    rows = t.wait(lambda: (lambda r: r if len(r) >= count and all(m["state"] != "received" for m in r) else None)(store.mails_in()),
                  f"{count} mails are taken; log: {server.log_tail()}")
    t.equal(len(rows), count, "mails taken")
    return [r["code"] or "" for r in rows]


def answers(server):
    return Store(server.state).rows("SELECT recipient, text FROM mail_out WHERE kind = 'answer'")


@case.test
# proves: A5 D1 S4.5
def a_signature_counts_and_nothing_the_sender_writes(t):
    dns, dovecot = t.enter(DnsServer(ZONE)), t.enter(Dovecot(t.folder()))
    claimed = RESULTS.format("mx.clinic.example", "pass", "example.com").encode()
    brought = [
        (signed(), ""),
        (signed(size=20000), ""),
        (letter(), "unverified-sender"),
        (claimed + sign.crlf(letter()), "unverified-sender"),
        (sign.own(letter(), "evil.net"), "unverified-sender"),
        (signed().replace(b"Subject:", b"Subject: x"), "unverified-sender"),
        (b"From: eve@evil.net\r\n" + signed(), "no-sender"),
        (sign.own(letter(STRANGER), "evil.net"), "sender-unknown"),
    ]
    for message, _ in brought:
        dovecot.put("fax", message)
    server = house(t, dns, dovecot)
    t.equal(settled(t, server, len(brought)), [code for _, code in brought], "what became of the mails")
    t.equal(answers(server), [], "answers")
    t.wait(lambda: [j["number"] for j in Store(server.state).jobs()] == ["+49301234567"] * 2, "two jobs")
    t.wait(lambda: dovecot.lying("fax") == 0, "nothing stays")


@case.test
# proves: A5
def only_the_named_server_is_believed_and_its_topmost_word(t):
    dns, dovecot = t.enter(DnsServer(ZONE)), t.enter(Dovecot(t.folder()))

    def results(server, word, author="example.com"):
        return RESULTS.format(server, word, author).encode()

    own, other = "mx.clinic.example", "mx.elsewhere.example"
    brought = [
        (results(own, "pass") + sign.crlf(letter()), ""),
        (results(other, "fail") + results(own, "pass") + sign.crlf(letter()), ""),
        (results(own, "fail") + results(own, "pass") + sign.crlf(letter()), "unverified-sender"),
        (results(own, "fail") + signed(), "unverified-sender"),
        (results(other, "pass") + sign.crlf(letter()), "unverified-sender"),
        (results(own, "pass", "evil.net") + sign.crlf(letter()), "unverified-sender"),
        (signed(), ""),  # it says nothing: we look ourselves
    ]
    for message, _ in brought:
        dovecot.put("fax", message)
    server = house(t, dns, dovecot, protocol="imap", authserv_id="MX.clinic.example")
    t.equal(settled(t, server, len(brought)), [code for _, code in brought], "what became of the mails")
    t.equal(answers(server), [], "answers")


@case.test
# proves: A5 S4.5
def while_the_dns_does_not_answer_mail_stays_and_delays_no_other(t):
    for protocol in ("imap", "pop3"):
        dns, dovecot = t.enter(DnsServer(ZONE, down=True)), t.enter(Dovecot(t.folder()))
        dovecot.put("fax", signed())
        dovecot.put("fax", signed(size=20000))  # through a file
        dovecot.put("fax", letter(STRANGER))  # may not send from here, whoever it is
        server = house(t, dns, dovecot, protocol)
        t.equal(settled(t, server, 1), ["sender-unknown"], f"{protocol}: what is taken meanwhile")
        t.wait(lambda: "cannot be verified at this moment; it stays there" in server.log.read_text(), "the log says so")
        t.wait(lambda d=dovecot: d.lying("fax") == 2, "the others lie there")
        t.equal(list((server.state / "blobs" / "tmp").iterdir()), [], "files left behind")
        dns.down = False
        server.kill("fetch")  # or its resolver remembers for some seconds that nobody answered
        t.equal(settled(t, server, 3)[1:], ["", ""], f"{protocol}: once the DNS answers")
        t.wait(lambda d=dovecot: d.lying("fax") == 0, "nothing stays")
        t.wait(lambda s=server: len(Store(s.state).jobs()) == 2, "two jobs")
        server.stop()
        dovecot.stop()


case.main()
