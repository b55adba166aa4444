#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Our mail client against Postfix's smtp-sink, and against a server that says whatever a test wants."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess

import case
from fake_smtp import HANG_UP, SILENCE, FakeSmtp, make_certificate

BUILD = pathlib.Path(os.environ.get("FAXPOST_BUILD", "build")).resolve()
MAIL = b"From: fax@example.com\r\nSubject: x\r\n\r\n.one dot\r\n..two\r\n\r\nend\r\n"
SINK = shutil.which("smtp-sink") or ("/usr/sbin/smtp-sink" if os.path.exists("/usr/sbin/smtp-sink") else None)


class Result:
    def __init__(self, line):
        self.recipient, self.verdict, self.code, unreachable, self.text = line.split(" ", 4)
        self.unreachable = unreachable == "1"


def send(t, port, recipients, *, security="none", user="", password="", ca="", pin="", tls_name="", mail=MAIL, host="localhost",
         seconds=60):
    file = t.folder() / "mail"
    file.write_bytes(mail)
    done = subprocess.run([BUILD / "tests" / "peer" / "smtp-send", host, str(port), security, user, password, str(ca), pin, tls_name,
                           "bounce@fax.example.com", file, *recipients], capture_output=True, text=True, timeout=seconds)
    t.equal(done.returncode, 0, f"smtp-send, which said {done.stderr[-500:]}")
    t.true(not password or password not in done.stderr, "the password stands in the log")
    return [Result(line) for line in done.stdout.splitlines()]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


@contextlib.contextmanager
def sink(t, *options):
    """smtp-sink with the dump of what it took."""
    if not SINK:
        t.skip("smtp-sink (Debian package postfix) is missing")
    folder, port = t.folder(), free_port()
    folder.chmod(0o777)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([SINK, *user, *options, "-D", str(folder / "dump"), f"127.0.0.1:{port}", "100"],
                               stderr=subprocess.PIPE)
    try:
        t.wait(lambda: process.poll() is not None or reachable(port), "smtp-sink listens", 10)
        yield port, folder / "dump"
    finally:
        process.kill()
        process.wait()


def reachable(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@case.test
# proves: S1.2, S1.3, S1.5
def mails_reach_smtp_sink(t):
    for options in ([], ["-p"], ["-e"]):  # as it is; without PIPELINING; a peer of before 1995, without ESMTP
        with sink(t, *options) as (port, _):
            results = send(t, port, [f"u{i}@example.com" for i in range(20)])
            t.equal([r.verdict for r in results], ["done"] * 20, f"verdicts with {options}")
            t.equal([r.code[:8] for r in results], ["smtp-250"] * 20, f"codes with {options}")


@case.test
def smtp_sink_keeps_every_byte(t):
    with sink(t) as (port, dump):
        mail = MAIL + b"".join(b"line %d %s\r\n" % (i, b"x" * (i % 70)) for i in range(40000))
        results = send(t, port, ["one@example.com"], mail=mail)
        t.equal([r.verdict for r in results], ["done"], "verdict")
        t.wait(dump.exists, "the dump", 10)
        taken = t.wait(lambda: b"line 39999" in dump.read_bytes() and dump.read_bytes(), "the end of the dump", 10)
        body = taken[taken.index(b"From: fax@example.com"):].rstrip(b"\n")
        t.true(body == mail.replace(b"\r\n", b"\n").rstrip(b"\n"), "the mail was changed on the way")
        t.true(b"X-Mail-Args: <bounce@fax.example.com>" in taken, "the envelope sender")


@case.test
# proves: S3.13
def refusals_of_smtp_sink_are_told_apart(t):
    for option, command, verdict, code in (("-f", "MAIL", "give-up", "smtp-500"), ("-f", "RCPT", "give-up", "smtp-500"),
                                           ("-f", "DATA", "give-up", "smtp-500"), ("-f", ".", "give-up", "smtp-500"),
                                           ("-r", "RCPT", "retry", "smtp-450"), ("-r", ".", "retry", "smtp-450"),
                                           ("-q", "RCPT", "retry", "smtp-lost")):
        with sink(t, option, command) as (port, _):
            results = send(t, port, ["a@example.com", "b@example.com"])
            t.equal([r.verdict for r in results], [verdict] * 2, f"{option} {command}")
            for r in results:
                t.true(r.code.startswith(code), f"{option} {command}: {r.code}")


@case.test
# proves: S3.13
def one_by_one_and_a_refused_mail_blocks_nobody(t):
    with FakeSmtp(offers=["PIPELINING"], replies={"RCPT TO:<no@": "550 5.1.1 no such user",
                                                  "RCPT TO:<later@": "450 4.2.1 mailbox busy"}) as server:
        results = send(t, server.port, ["a@example.com", "no@example.com", "b@example.com", "later@example.com",
                                        "c@example.com"])
        t.equal([(r.recipient[0], r.verdict) for r in results],
                [("a", "done"), ("n", "give-up"), ("b", "done"), ("l", "retry"), ("c", "done")], "verdicts in order")
        t.true("550 5.1.1 no such user" in results[1].text, f"the server's own words: {results[1].text}")
        t.equal(server.mails, [MAIL] * 3, "the mails, unchanged")
        t.equal(server.connections, 1, "connections")


@case.test
# proves: S1.7, S1.6
def starttls_is_required(t):
    folder = t.folder()
    certificate = make_certificate(folder)
    other = make_certificate(t.folder())
    users = {"fax": "s3cret"}
    login = {"user": "fax", "password": "s3cret", "security": "starttls"}
    with FakeSmtp(certificate=certificate, starttls=True, offers_secured=["AUTH PLAIN"], users=users) as server:
        results = send(t, server.port, ["a@example.com"], ca=certificate[0], **login)
        t.equal([r.verdict for r in results], ["done"], "by the authority's certificate")
        t.equal(server.lines(secured=False), ["EHLO fax.example.com", "STARTTLS"], "what went in plaintext")
        results = send(t, server.port, ["a@example.com"], pin=certificate[2], **login)
        t.equal([r.verdict for r in results], ["done"], "by the pinned key")
        t.equal(len(server.mails), 2, "mails")
    for why, options in (("unknown authority", {}), ("another authority", {"ca": other[0]}), ("another key", {"pin": other[2]}),
                         ("another name", {"ca": certificate[0], "host": "127.0.0.1"})):
        with FakeSmtp(certificate=certificate, starttls=True, offers_secured=["AUTH PLAIN"], users=users) as server:
            results = send(t, server.port, ["a@example.com", "b@example.com"], **{**login, **options})
            t.equal([(r.verdict, r.code) for r in results], [("retry", "tls-certificate")] * 2, why)
            t.true(certificate[2] in results[0].text, f"{why}: the key it saw is not named: {results[0].text}")
            t.equal(server.lines(), ["EHLO fax.example.com", "STARTTLS"], f"{why}: what the server heard")
            t.equal(server.connections, 1, f"{why}: one connection for both mails")
    with FakeSmtp(offers=["AUTH PLAIN"], users=users) as server:
        results = send(t, server.port, ["a@example.com"], **login)
        t.equal([(r.verdict, r.code) for r in results], [("retry", "smtp-no-starttls")], "no STARTTLS")
        t.equal(server.lines(), ["EHLO fax.example.com"], "nothing but EHLO left")


@case.test
# proves: S1.7
def certificate_of_a_private_authority_is_checked_for_the_name_we_expect(t):
    certificate = make_certificate(t.folder(), "mail.clinic.example")
    for name, verdict, code in (("", "retry", "tls-certificate"), ("mail.clinic.example", "done", "smtp-250-2.0.0"),
                                ("other.clinic.example", "retry", "tls-certificate")):
        with FakeSmtp(certificate=certificate, starttls=True) as server:
            results = send(t, server.port, ["a@example.com"], security="starttls", ca=certificate[0], tls_name=name)
            t.equal([(r.verdict, r.code) for r in results], [(verdict, code)], f"name \"{name}\"")


@case.test
# proves: S1.4, S3.6
def wrong_password_is_tried_once(t):
    certificate = make_certificate(t.folder())
    with FakeSmtp(certificate=certificate, implicit=True, offers=["AUTH PLAIN"], users={"fax": "right"}) as server:
        results = send(t, server.port, [f"{i}@example.com" for i in range(5)], security="implicit", ca=certificate[0],
                       user="fax", password="wr0ng")
        t.equal([(r.verdict, r.code, r.unreachable) for r in results], [("retry", "smtp-535-5.7.8", False)] * 5, "verdicts")
        t.equal(sum(line.startswith("AUTH") for line in server.lines()), 1, "logins")


@case.test
# proves: S3.7
def automatic_finds_the_safest_way(t):
    certificate = make_certificate(t.folder())
    auto = {"security": "auto", "ca": certificate[0]}
    with FakeSmtp(certificate=certificate, starttls=True) as server:
        t.equal([r.verdict for r in send(t, server.port, ["a@example.com"], **auto)], ["done"], "STARTTLS")
        t.equal(server.lines(secured=False), ["EHLO fax.example.com", "STARTTLS"], "STARTTLS: in plaintext")
    # Speaks TLS from the first byte, at a port that does not say so: silence, then the other way.
    with FakeSmtp(certificate=certificate, implicit=True) as server:
        t.equal([r.verdict for r in send(t, server.port, ["a@example.com", "b@example.com"], **auto)], ["done"] * 2, "TLS")
        t.equal(server.lines(secured=False), [], "TLS: in plaintext")
        t.equal(len(server.mails), 2, "TLS: mails")
    with FakeSmtp() as server:
        results = send(t, server.port, ["a@example.com"], **auto)
        t.equal([(r.verdict, r.code) for r in results], [("retry", "smtp-no-starttls")], "neither")
        t.true(not any(line.startswith("MAIL") for line in server.lines()), "neither: a mail left in plaintext")


@case.test
# proves: S3.12
def unreachable_is_told_to_all_at_once(t):
    results = send(t, free_port(), ["a@example.com", "b@example.com"])
    t.equal([(r.verdict, r.code, r.unreachable) for r in results], [("retry", "mail-server-unreachable", True)] * 2, "nobody there")
    with FakeSmtp(greeting="421 4.3.2 going down") as server:
        results = send(t, server.port, ["a@example.com", "b@example.com"])
        t.equal([(r.verdict, r.unreachable) for r in results], [("retry", True)] * 2, "going down")
        t.equal(server.connections, 1, "connections")
    results = send(t, 25, ["a@example.com"], host="no-such-host.invalid")
    t.equal([(r.verdict, r.code, r.unreachable) for r in results], [("retry", "mail-server-unreachable", True)], "no such host")


@case.test
def lost_connections_are_told_apart(t):
    with FakeSmtp(replies={".": HANG_UP}) as server:
        results = send(t, server.port, ["a@example.com"])
        t.equal([(r.verdict, r.code) for r in results], [("retry", "smtp-lost-unconfirmed")], "after the final dot")
    with FakeSmtp(replies={"MAIL": HANG_UP}) as server:
        results = send(t, server.port, ["a@example.com"])
        t.equal([(r.verdict, r.code) for r in results], [("retry", "smtp-lost")], "at MAIL FROM")
    # The second mail meets a connection that the server has ended; that is no failure of that mail.
    with FakeSmtp(replies={"MAIL": ["250 ok", HANG_UP]}) as server:
        results = send(t, server.port, ["a@example.com", "b@example.com", "c@example.com"])
        t.equal([r.verdict for r in results], ["done"] * 3, "a connection that was let go")
        t.equal([r.recipient[0] for r in results], ["a", "b", "c"], "order")
        t.equal((len(server.mails), server.connections, server.most_at_once), (3, 2, 1), "mails, connections, at once")


case.main()
