# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mailboxes on a real mail server (Dovecot), by every protocol and security; and servers that are broken, slow or lie."""

import re

import case
import mail
import provision
from dovecot import PASSWORD, Dovecot
from server import Server
from store import Store
from wire_server import Babbler

ADDRESS = f"200@front.{provision.DOMAIN}"  # the mailbox's own: a number of a box
FRONT = provision.FRONT
SECURITIES = ("implicit", "starttls", "none")
NEVER = 86400  # seconds: an interval that no test lives to see


def mailbox(port, name="scans", **fields):
    return {"name": name, "tenant": "example", "address": ADDRESS, "host": "localhost", "port": port, "username": "fax",
            "password": PASSWORD, "interval": NEVER, **fields}


def of_dovecot(dovecot, protocol="imap", security="implicit", **fields):
    return mailbox(dovecot.port(protocol, security), protocol=protocol, security=security, pin=dovecot.pin(),
                   plaintext_password=security == "none", **fields)


def office(t, *mailboxes, settings=None):
    """A server whose trunk leads nowhere: what counts here is the mail. It believes any sender; test_mailbox_sender.py
    has the others."""
    server = t.enter(Server(t.folder(), settings=settings))
    wanted = provision.example(9)
    wanted["tenants"][0]["dmarc"] = "off"
    for box in wanted["faxboxes"]:
        box["mailbox"] = "scans"
    wanted["mailboxes"] = list(mailboxes)
    server.apply(wanted)
    return server


def scan(subject, sender=FRONT, text="a page"):
    return mail.make(sender, ADDRESS, [("a.txt", "text/plain", text.encode())], subject=subject)


def settled(t, server, count):
    """count mails have been taken and unpacked; their rows."""
    store = Store(server.state)

    def all_there():
        rows = store.mails_in()
        return rows if len(rows) >= count and all(r["state"] != "received" for r in rows) else None

    rows = t.wait(all_there, f"{count} mails are taken; log: {server.log_tail()}")
    t.equal(len(rows), count, "mails taken")
    return rows


def subjects(server):
    """Of what became of the mails, in the order in which they were taken; several are unpacked at once."""
    return [row["subject"] for row in Store(server.state).rows(
        "SELECT s.subject FROM submission s JOIN mail_in m ON m.id = s.mail ORDER BY m.rowid")]


def alarm(t, server, code):
    return t.wait(lambda: next((a["text"] for a in server.json("status")["alarms"] if a["code"] == code), None),
                  f"no alarm {code}: {server.json('status')['alarms']}; log: {server.log_tail()}")


@case.test
# proves: S4.3
def every_protocol_and_security_takes_all_mail_oldest_first(t):
    wanted = [f"mail {n}" for n in range(5)]
    for protocol in ("imap", "pop3"):
        for security in SECURITIES:
            dovecot = t.enter(Dovecot(t.folder()))
            for subject in wanted:
                dovecot.put("fax", scan(subject))
            server = office(t, of_dovecot(dovecot, protocol, security))
            settled(t, server, 5)
            t.equal(subjects(server), wanted, f"{protocol} {security}: submissions in their order")
            t.wait(lambda d=dovecot: d.lying("fax") == 0, f"{protocol} {security}: the mailbox is emptied")
            server.stop()
            dovecot.stop()


@case.test
# proves: S4.3
def scram_is_taken_where_it_is_offered(t):
    dovecot = t.enter(Dovecot(t.folder(), mechanisms=" login scram-sha-256"))
    for protocol in ("imap", "pop3"):
        dovecot.put("fax", scan(protocol))
        server = office(t, of_dovecot(dovecot, protocol))
        settled(t, server, 1)
        t.wait(lambda: dovecot.lying("fax") == 0, "the mailbox is emptied")
        method = t.wait(lambda p=protocol: re.findall(rf"{p}-login: Info: Login: user=<fax>, method=([^,]*),", dovecot.log()),
                        f"{protocol}: no login; {dovecot.log()}")
        t.equal(method[0], "SCRAM-SHA-256", f"{protocol}: the login")
        server.stop()
    server = office(t, of_dovecot(dovecot, authentication="plain"))
    dovecot.put("fax", scan("plain"))
    settled(t, server, 1)
    t.wait(lambda: "method=PLAIN" in dovecot.log(), f"no plain login; {dovecot.log()}")


@case.test
# proves: S4.3
def a_hundred_mails_become_a_hundred_faxes(t):
    for protocol in ("imap", "pop3"):
        dovecot = t.enter(Dovecot(t.folder()))
        for n in range(100):
            dovecot.put("fax", scan(f"{n}"))
        server = office(t, of_dovecot(dovecot, protocol))
        settled(t, server, 100)
        t.equal(subjects(server), [str(n) for n in range(100)], f"{protocol}: each once, in order")
        t.wait(lambda d=dovecot: d.lying("fax") == 0, "the mailbox is emptied")
        server.stop()
        dovecot.stop()


@case.test
# proves: S4.3
def mail_that_comes_later_is_taken_by_idle(t):
    dovecot = t.enter(Dovecot(t.folder()))
    server = office(t, of_dovecot(dovecot))
    t.wait(lambda: "looked at" in server.log.read_text(), "the first look")
    for n in range(3):  # the interval is a day: only IDLE can bring them
        dovecot.put("fax", scan(f"{n}"))
        settled(t, server, n + 1)
        t.wait(lambda: dovecot.lying("fax") == 0, "the mailbox is emptied")


@case.test
# proves: S4.3
def pop3_is_polled_at_its_interval(t):
    dovecot = t.enter(Dovecot(t.folder()))
    server = office(t, of_dovecot(dovecot, "pop3", interval=5))
    for n in range(2):
        dovecot.put("fax", scan(f"{n}"))
        settled(t, server, n + 1)


@case.test
def a_large_mail_goes_through_a_file(t):
    for protocol in ("imap", "pop3"):
        dovecot = t.enter(Dovecot(t.folder()))
        # Dots at line starts, and no two lines alike: a byte that is lost or doubled shows.
        text = "".join(f".{n} a line of a long text\n" for n in range(40000))
        message = scan("large", text=text)
        dovecot.put("fax", message)
        server = office(t, of_dovecot(dovecot, protocol))
        row = settled(t, server, 1)[0]
        wanted = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        got = next(p for p in (server.state / "blobs").rglob("*") if p.is_file() and p.stat().st_size == len(wanted)).read_bytes()
        t.equal(row["state"], "routed", f"{protocol}: the mail")
        t.true(got == wanted, f"{protocol}: the stored mail is the one that was sent")
        server.stop()
        dovecot.stop()


@case.test
# proves: S4.5 D1
def a_mail_that_is_too_large_is_answered_by_its_header(t):
    for protocol, too_large in (("imap", "remove"), ("pop3", "keep")):
        dovecot = t.enter(Dovecot(t.folder()))
        dovecot.put("fax", scan("large", text="x" * 200000))
        dovecot.put("fax", scan("small"))
        server = office(t, of_dovecot(dovecot, protocol, too_large=too_large, interval=5), settings={"smtp_max_bytes": 100000})
        settled(t, server, 2)
        t.equal(subjects(server), ["small"], "submissions")
        dead = [r for r in Store(server.state).mails_in() if r["state"] == "refused"]
        t.equal([r["code"] for r in dead], ["too-large"], "the dead letter")
        t.true("1 mail was fetched" in alarm(t, server, "mailbox-too-large"), "the status tells")
        t.equal(len(t.wait(lambda s=server: s.mails(FRONT), "no answer came")), 1, "answers")
        t.true("MB, more than this server takes" in str(mail.read(server.mails(FRONT)[0])), "the answer says why")
        t.wait(lambda d=dovecot: d.lying("fax") == (1 if too_large == "keep" else 0), f"{too_large}: what lies there")
        if too_large == "keep":  # it is seen again and again, and told once
            dovecot.put("fax", scan("later"))
            settled(t, server, 3)
            t.equal(len(server.mails(FRONT)), 1, "answers")
        server.stop()
        dovecot.stop()


@case.test
# proves: S4.5 D1
def refused_mail_is_answered_or_a_dead_letter(t):
    dovecot = t.enter(Dovecot(t.folder()))
    dovecot.put("fax", mail.make(FRONT, ADDRESS, subject="no document"))
    dovecot.put("fax", scan("stranger", sender="stranger@example.net"))
    dovecot.put("fax", b"this is no mail at all")
    dovecot.put("fax", b"")
    dovecot.put("fax", scan("good"))
    server = office(t, of_dovecot(dovecot))
    rows = settled(t, server, 5)
    t.equal(subjects(server), ["good"], "submissions")
    t.true(all(r["reason"] for r in rows if r["state"] == "refused"), "each dead letter has its reason")
    t.equal(sum(r["state"] == "refused" for r in rows), 4, "dead letters")
    t.wait(lambda: server.mails(FRONT), "no answer came")
    t.equal([p.name for p in server.maildir.iterdir()], [FRONT], "who is answered")
    t.wait(lambda: dovecot.lying("fax") == 0, "nothing stays in the mailbox")


@case.test
def programs_that_answer_get_no_answer(t):
    dovecot = t.enter(Dovecot(t.folder()))
    absence = scan("away")
    absence["Auto-Submitted"] = "auto-replied (vacation)"
    bounce = b"Return-Path: <>\r\n" + mail.make(FRONT, ADDRESS, subject="undelivered").as_bytes()
    human = scan("good")
    human["Auto-Submitted"] = "no"
    for m in (absence, bounce, human):
        dovecot.put("fax", m)
    server = office(t, of_dovecot(dovecot))
    rows = settled(t, server, 3)
    t.equal([r["code"] for r in rows], ["mail-automatic", "mail-automatic", ""], "dead letters")
    t.equal(subjects(server), ["good"], "submissions")
    t.equal(len(Store(server.state).rows("SELECT 1 FROM mail_out WHERE kind = 'answer'")), 0, "answers")


@case.test
# proves: S4.3
def a_broken_mailbox_delays_no_other(t):
    dovecot = t.enter(Dovecot(t.folder()))
    silent, nonsense, endless = t.enter(Babbler(b"")), t.enter(Babbler(b"\x00\x01 hello\r\n" * 9)), t.enter(Babbler(b"* OK " + b"x" * 99999))
    wrong = dict(of_dovecot(dovecot, "imap"), name="wrong", address="wrong@example.net", password="not it")
    others = [mailbox(b.port, name=f"broken {n}", address=f"b{n}@example.net", security="none", plaintext_password=True)
              for n, b in enumerate((silent, nonsense, endless))]
    dovecot.put("fax", scan("one"))
    server = office(t, *others, wrong, of_dovecot(dovecot))
    settled(t, server, 1)
    dovecot.put("fax", scan("two"))
    settled(t, server, 2)
    t.true("Authentication failed" in alarm(t, server, "mailbox-login"), "the alarm has the server's words")
    t.true("something that is no IMAP" in alarm(t, server, "mailbox-protocol"), "the alarm says what it met")
    t.true("No faxbox names the mailbox broken" in alarm(t, server, "mailbox-unused"), "a mailbox for nobody")


@case.test
def no_password_without_tls_or_to_a_stranger(t):
    dovecot = t.enter(Dovecot(t.folder()))
    dovecot.put("fax", scan("one"))
    server = office(t, dict(of_dovecot(dovecot, "imap", "none"), plaintext_password=False),
                    dict(of_dovecot(dovecot, "pop3", "implicit"), name="unpinned", address="b@example.net", pin=""))
    t.true("Nothing was sent" in alarm(t, server, "mailbox-plaintext"), "plaintext")
    t.true("No password was sent" in alarm(t, server, "mailbox-certificate"), "an unknown certificate")
    t.equal(dovecot.lying("fax"), 1, "the mail lies there still")
    t.true("Login: user=" not in dovecot.log(), "nobody logged in")


@case.test
def what_is_said_in_plaintext_after_starttls_counts_for_nothing(t):
    """The classic injection: an answer for after TLS, sent ahead of it."""
    injected = Babbler(b"* OK ready\r\n", {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n%s OK\r\n",
                                           b"STARTTLS": b"%s OK begin\r\nA3 OK [CAPABILITY IMAP4rev1] you are in\r\n"})
    preauth = Babbler(b"* PREAUTH welcome\r\n")
    server = office(t, mailbox(t.enter(injected).port, security="starttls"),
                    mailbox(t.enter(preauth).port, name="preauth", address="b@example.net", security="starttls"))
    alarm(t, server, "mailbox-preauth")
    t.wait(lambda: b"STARTTLS" in injected.heard, "STARTTLS is asked for")
    t.wait(lambda: injected.heard.split(b"STARTTLS\r\n", 1)[-1][:1] == b"\x16", "TLS begins, whatever came with it")
    t.true(b"LOGIN" not in injected.heard and b"AUTHENTICATE" not in injected.heard, "no login in plaintext")


@case.test
# proves: S2.3
def a_changed_mailbox_counts_at_once(t):
    dovecot = t.enter(Dovecot(t.folder(), users=("fax", "other")))
    dovecot.put("fax", scan("one"))
    dovecot.put("other", scan("two"))
    server = office(t, of_dovecot(dovecot))
    settled(t, server, 1)
    status, _, err = server.cli("set", "mailboxes.scans.username", "other")
    t.equal((status, err), (0, ""), "faxpost set")
    settled(t, server, 2)
    status, out, _ = server.cli("export")
    t.true(PASSWORD not in out and "sealed" in out, "an export shows no password")
    t.equal(server.cli("apply", server.folder / "provisioning.json")[0], 0, "the same settings again")


@case.test
def a_test_shows_the_servers_own_words_and_takes_nothing(t):
    dovecot = t.enter(Dovecot(t.folder()))
    for protocol in ("imap", "pop3"):
        server = office(t, of_dovecot(dovecot, protocol))
        t.wait(lambda s=server: "looked at" in s.log.read_text(), "the first look")
        server.cli("set", "mailboxes.scans.interval", str(NEVER))
        status, out, err = server.cli("test", "mailbox", "scans")
        t.equal((status, err), (0, ""), "test of a good mailbox")
        t.true("TLSv1" in out and "Dovecot" in out and "(0 mails lie there)" in out, out)
        t.true(PASSWORD not in out, "the password is not shown")
        t.equal(server.cli("set", "mailboxes.scans.password", "-", text="wrong")[0], 0, "another password")
        status, out, _ = server.cli("test", "mailbox", "scans")
        t.equal(status, 1, "test of a wrong password")
        t.true("uthentication failed" in out, out)
        t.equal(server.cli("test", "mailbox", "nobody")[0], 64, "an unknown mailbox")
        server.stop()


case.main()
