#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The role mailout as a process: by SMTP to a server that says whatever a test wants, and into Maildirs; its own death and
that of the queue in between."""

import json
import os
import pathlib
import queue
import ssl
import subprocess
import threading

import case
from fake_smtp import HANG_UP, FakeSmtp, make_certificate

BUILD = pathlib.Path(os.environ.get("FAXPOST_BUILD", "build")).resolve()
MAIL = b"From: fax@example.com\r\nSubject: x\r\n\r\n.a page\r\n"
PATIENCE = 60
NO_LEAK_CHECK = "detect_leaks=0"  # cannot work inside the sandbox: it traces the process


class Mailout:
    """mailout-peer and its conversation."""

    def __init__(self, t, deliver="smtp", log_level="debug"):
        self.t, folder = t, t.folder()
        self.mail = folder / "mail"
        self.mail.write_bytes(MAIL)
        conf = folder / "conf"
        conf.write_text(f"deliver = {deliver}\nhost_name = fax.example.com\nlog_level = {log_level}\n")
        self.process = subprocess.Popen([BUILD / "tests" / "peer" / "mailout-peer", BUILD / "src" / "faxpost-mailout", conf],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, "ASAN_OPTIONS": NO_LEAK_CHECK})
        self.lines, self.log = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        t.later(self.process.kill)
        t.equal(self.next(), "ready", "first word")

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def next(self):
        try:
            return self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            self.t.fail(f"nothing said for {PATIENCE} s; its log: {''.join(self.log[-5:])}")

    def do(self, *commands):
        self.process.stdin.write("".join(command + "\n" for command in commands))
        self.process.stdin.flush()

    def server(self, port, *, security="none", user="", ca="", pin="", host="localhost", **more):
        self.do("server " + json.dumps({"host": host, "port": port, "security": security, "user": user, "ca_file": str(ca),
                                        "pin": pin, **more}))

    def deliver(self, *numbers, address="{}@example.com"):
        self.do(*[f"deliver {n} {address.format(n)} {self.mail}" for n in numbers])

    def answers(self, count):
        """{mail: (verdict, code, is the server away)}; the texts go to self.texts."""
        told, self.texts = {}, {}
        while len(told) < count:
            line = self.next()
            if line is None:
                self.t.fail(f"it ended; its log: {''.join(self.log[-8:])}")
            number, verdict, code, fault, text = line.split(" ", 4)
            told[int(number)] = (verdict, code, fault == "1")
            self.texts[int(number)] = text
        return told

    def stop(self):
        self.do("stop")
        self.t.equal(self.next(), "ended 0", "the end in order")
        self.reader.join(10)


def new_mails(folder):
    return sorted(p for p in folder.glob("*/new/*"))


@case.test
# proves: S3.1, S3.13
def one_connection_carries_all_mails(t):
    with FakeSmtp(offers=["PIPELINING"], replies={"RCPT TO:<3@": "550 5.1.1 no such user"}) as server:
        m = Mailout(t)
        m.server(server.port)
        m.deliver(*range(6))
        told = m.answers(6)
        t.equal({n: v for n, (v, _, _) in told.items()}, {n: "give-up" if n == 3 else "done" for n in range(6)}, "verdicts")
        t.true('"550 5.1.1 no such user"' in m.texts[3], f"the server's own words: {m.texts[3]}")
        t.equal((server.mails, server.connections, server.most_at_once), ([MAIL] * 5, 1, 1), "mails, connections, at once")
        t.equal(server.lines()[0], "EHLO fax.example.com", "our name")
        m.stop()


@case.test
# proves: S3.6, S1.4
def password_comes_sealed_and_never_reaches_the_log(t):
    certificate = make_certificate(t.folder())
    with FakeSmtp(certificate=certificate, starttls=True, offers_secured=["AUTH PLAIN"], users={"fax": "s3cret-word"}) as server:
        m = Mailout(t)
        m.do("secret s3cret-word")
        m.server(server.port, security="starttls", user="fax", pin=certificate[2])
        m.deliver(1)
        t.equal(m.answers(1)[1][0], "done", "with the right password")
        m.do("foreign s3cret-word")
        m.deliver(2)
        t.equal(m.answers(1)[2], ("retry", "mail-server-secret", False), "sealed for another installation")
        m.do("secret wr0ng-word")
        m.deliver(3, 4)
        t.equal(set(m.answers(2).values()), {("retry", "smtp-535-5.7.8", False)}, "with a wrong password")
        t.equal(len(server.mails), 1, "mails")
        m.stop()
        log = "".join(m.log)
        t.true("s3cret" not in log and "wr0ng" not in log and "czNjcmV0" not in log, "a password stands in the log")


@case.test
# proves: S3.12, S3.10
def a_server_that_comes_back_is_used_again(t):
    with FakeSmtp(greeting="421 4.3.2 not now") as server:
        m = Mailout(t)
        m.server(server.port)
        m.deliver(1, 2)
        t.equal(set(m.answers(2).values()), {("retry", "smtp-421-4.3.2", True)}, "while it is away")
        t.equal(server.connections, 1, "one attempt for both")
        server.greeting = "220 again"
        m.deliver(1, 2)
        t.equal([v[0] for v in m.answers(2).values()], ["done"] * 2, "when it is back")
        m.server(server.port + 1 if server.port < 65535 else 1, host="no-such-host.invalid")
        m.deliver(3)
        t.equal(m.answers(1)[3], ("retry", "mail-server-unreachable", True), "a host that does not exist")
        m.server(0, host="")
        m.deliver(4)
        t.equal(m.answers(1)[4], ("retry", "mail-server-settings", False), "no host at all")
        m.stop()


@case.test
# proves: S3.7
def automatic_goes_without_tls_only_where_plain_is_allowed_by_name(t):
    certificate = make_certificate(t.folder())
    with FakeSmtp(certificate=certificate) as server:
        m = Mailout(t)
        m.server(server.port, security="auto", pin=certificate[2])
        m.deliver(1)
        t.equal(m.answers(1)[1], ("retry", "smtp-no-starttls", False), "not allowed")
        t.equal(len(server.mails), 0, "mails")
        m.server(server.port, security="auto", pin=certificate[2], allow="plain")
        m.deliver(2)
        t.equal(m.answers(1)[2][0], "done", "allowed")
        server.starttls = True  # from now on it has TLS: plain is not taken where there is better
        t.wait(lambda: server.open == 0, "the connection is over", PATIENCE)
        m.deliver(3)
        t.equal(m.answers(1)[3][0], "done", "with STARTTLS")
        t.true(server.lines().count("STARTTLS") == 1, "STARTTLS was not used")
        server.starttls = False  # somebody on the way takes it out
        t.wait(lambda: server.open == 0, "the connection is over", PATIENCE)
        m.deliver(4)
        t.equal(m.answers(1)[4], ("retry", "smtp-no-starttls", False), "once seen with TLS")
        t.equal(len(server.mails), 2, "mails")
        m.do("tls_seen 1")  # the same, as the queue remembers it
        for security, code in (("auto", "smtp-no-starttls"), ("none", "tls-seen-before")):
            m.server(server.port, security=security, pin=certificate[2], allow="plain", host="127.0.0.1")
            m.deliver(5)
            t.equal(m.answers(1)[5], ("retry", code, False), f"{security} and once seen")
        t.equal(len(server.mails), 2, "mails")
        m.stop()


@case.test
# proves: S3.7
def old_tls_is_spoken_only_where_allowed_by_name(t):
    certificate = make_certificate(t.folder())
    for version, allow in ((ssl.TLSVersion.TLSv1, "tls1.0"), (ssl.TLSVersion.TLSv1_1, "tls1.1")):
        with FakeSmtp(certificate=certificate, starttls=True) as server:
            server.context.set_ciphers("ALL@SECLEVEL=0")
            server.context.minimum_version, server.context.maximum_version = version, version
            m = Mailout(t)
            m.server(server.port, security="starttls", pin=certificate[2])
            m.deliver(1)
            t.equal(m.answers(1)[1], ("retry", "tls-failed", False), f"{allow} is not allowed")
            m.server(server.port, security="starttls", pin=certificate[2], allow=allow)
            m.deliver(2)
            t.equal(m.answers(1)[2][0], "done", f"{allow} is allowed")
            m.stop()


@case.test
# proves: S3.13
def as_many_connections_as_allowed_and_no_more(t):
    with FakeSmtp(offers=["PIPELINING"]) as server:
        gate, usual = threading.Barrier(3), server.reply_to
        server.reply_to = lambda line: (gate.wait(PATIENCE), None)[1] if line == "." else usual(line)
        m = Mailout(t)
        m.server(server.port, connections=3)
        m.deliver(*range(9))  # three at a time get past the barrier, or none ever
        t.equal([v[0] for v in m.answers(9).values()], ["done"] * 9, "verdicts")
        t.equal(server.most_at_once, 3, "connections at once")
        m.stop()


@case.test
def a_new_life_of_the_queue_gets_its_answer_and_no_second_mail(t):
    release = threading.Event()
    with FakeSmtp() as server:
        usual = server.reply_to
        server.reply_to = lambda line: release.wait(PATIENCE) and None if line == "." else usual(line)
        m = Mailout(t)
        m.server(server.port)
        m.deliver(1, 2)
        t.wait(lambda: "DATA" in server.lines(), "the first mail travels")
        m.do("restart")
        m.do("restart")
        release.set()
        t.equal([v[0] for v in m.answers(2).values()], ["done"] * 2, "verdicts")
        m.deliver(1)  # as a queue that died with the answer in its hands
        t.equal(m.answers(1)[1][0], "done", "asked once more")
        t.equal(len(server.mails), 2, "mails")
        m.stop()


@case.test
def killed_in_the_middle_it_is_asked_again(t):
    with FakeSmtp() as server:
        hang, usual = threading.Event(), server.reply_to
        server.reply_to = lambda line: hang.wait(PATIENCE) and None if line.startswith("RCPT TO:<2@") else usual(line)
        m = Mailout(t)
        m.server(server.port)
        m.deliver(1, 2, 3)
        t.equal(m.answers(1)[1][0], "done", "the first")
        t.wait(lambda: any(line.startswith("RCPT TO:<2@") for line in server.lines()), "the second travels")
        m.do("kill")
        t.equal(m.next(), "ready", "its next life")
        hang.set()
        told = m.answers(2)
        t.equal({n: v[0] for n, v in told.items()}, {2: "done", 3: "done"}, f"the others: {m.texts}")
        t.equal(len(server.mails), 3, "mails")
        m.stop()


@case.test
def stopped_it_waits_for_the_mail_that_travels(t):
    with FakeSmtp() as server:
        release, usual = threading.Event(), server.reply_to
        server.reply_to = lambda line: release.wait(PATIENCE) and None if line == "." else usual(line)
        m = Mailout(t)
        m.server(server.port)
        m.deliver(1, 2)
        t.wait(lambda: "DATA" in server.lines(), "the first mail travels")
        m.do("stop")
        t.wait(lambda: any("ending as soon as" in line for line in m.log), "it waits")
        release.set()
        t.true(m.next().startswith("1 done"), "the mail that travelled is answered")
        t.equal(m.next(), "ended 0", "the end in order")
        t.equal(len(server.mails), 1, "mails")


@case.test
def maildir_gets_each_mail_once(t):
    base = t.folder() / "mail" / "dirs"
    m = Mailout(t, deliver=f"maildir:{base}")
    m.do(f"maildir {base}")
    m.deliver(1, 2, address="office@localhost")
    t.equal({n: v[0] for n, v in m.answers(2).items()}, {1: "done", 2: "done"}, "verdicts")
    m.deliver(1, address="office@localhost")  # the answer was lost
    t.equal(m.answers(1)[1][0], "done", "once more")
    m.do("kill")
    t.equal(m.next(), "ready", "its next life")
    m.deliver(2, address="office@localhost")
    t.equal(m.answers(1)[2][0], "done", "in another life")
    mails = new_mails(base)
    t.equal(len(mails), 2, "mails")
    text = mails[0].read_bytes()
    t.true(text.endswith(MAIL.replace(b"\r\n", b"\n")), "the mail was changed")
    t.true(text.startswith(b"Return-Path: <bounce@fax.example.com>\nDelivered-To: office@localhost\n"), "its first lines")
    t.equal((base / "office@localhost").stat().st_mode & 0o777, 0o700, "mode of the folder")
    m.deliver(3, address="../outside@localhost")
    t.equal(m.answers(1)[3][:2], ("give-up", "maildir-address"), "an address that leaves the folder")
    t.equal([p.name for p in base.iterdir()], ["office@localhost"], "folders")
    m.stop()


@case.test
def a_full_maildir_is_no_lost_mail(t):
    base = t.folder() / "dirs"
    m = Mailout(t, deliver=f"maildir:{base}")
    m.do(f"maildir {base}")
    (base / "office@localhost").write_text("in the way")
    m.deliver(1, address="office@localhost")
    t.equal(m.answers(1)[1], ("retry", "maildir-error", True), "something in the way")
    t.true(str(base) in m.texts[1], f"where: {m.texts[1]}")
    (base / "office@localhost").unlink()
    m.deliver(1, address="office@localhost")
    t.equal(m.answers(1)[1][0], "done", "out of the way")
    m.stop()


case.main()
