#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pickup folder and the sendmail command (S3.11), as other programs of a machine use them."""

import email
import email.policy
import os
import pathlib
import pwd
import subprocess

import case
from server import BUILD, Server

VOICEMAIL = """Date: Fri, 20 Nov 2026 10:00:00 +0100
From: "Asterisk PBX" <asterisk@pbx.example>
To: "Ann Smith" <ann@office.example>
Subject: New message 1 in mailbox 100
Message-ID: <Asterisk-1-1-100@pbx.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----voicemail_1"

This is a multi-part message in MIME format.

------voicemail_1
Content-Type: text/plain; charset=UTF-8

Dear Ann, a message of 0:12 waits.
.
------voicemail_1
Content-Type: audio/x-wav; name="msg0000.wav"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="msg0000.wav"

"""


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def pickup(server):
    return server.state / "spool" / "pickup"


def left(server):
    """What lies in the folder that is none of ours."""
    return [p.name for p in pickup(server).iterdir() if p.name != "bad"]


def put(server, name, text):
    """As the documentation asks: written elsewhere, moved in."""
    fresh = server.folder / (name + ".new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    os.rename(fresh, pickup(server) / name)


def sendmail(server, *arguments, text, user=None):
    link = server.folder / "sendmail"
    if not link.exists():
        link.symlink_to(BUILD / "src" / "faxpost")
    return subprocess.run([link, *arguments], input=text.encode(), capture_output=True, env=server.env, user=user,
                          extra_groups=[] if user else None)


@case.test
# proves: S3.11
def file_moved_in_is_mailed(t):
    server = t.enter(Server(t.folder()))
    put(server, "vm-1", VOICEMAIL + "UklGRg==\n------voicemail_1--\n")
    t.wait(lambda: server.mails("ann@office.example"), "no mail")
    mail = server.mails("ann@office.example")[0]
    t.true(b"\n.\n------voicemail_1\n" in mail.read_bytes(), "a line with a dot alone did not come through")
    t.equal(read(mail)["Message-ID"], "<Asterisk-1-1-100@pbx.example>", "Message-ID")
    t.wait(lambda: not left(server), "the file stays")
    t.equal(len(server.mails("ann@office.example")), 1, "mails")


@case.test
# proves: S3.11
def large_mail_reaches_each_recipient_once(t):
    server = t.enter(Server(t.folder()))
    body = "".join(f"{n:060d}\n" for n in range(20000))
    put(server, "large", "From: a@pbx.example\nTo: one@office.example, two@office.example\nSubject: large\n\n" + body)
    for who in ("one@office.example", "two@office.example"):
        t.wait(lambda who=who: server.mails(who), f"no mail to {who}")
        got = server.mails(who)[0].read_bytes().split(b"\n\n", 1)[1]
        t.true(got == body.encode(), f"the body for {who} is another one")
    t.wait(lambda: not left(server), "the file stays")


@case.test
# proves: S3.11
def sendmail_takes_what_cron_and_voicemail_say(t):
    server = t.enter(Server(t.folder()))
    cron = ("From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@pbx> job\nX-Cron-Env: <SHELL=/bin/sh>\n\noutput\n")
    done = sendmail(server, "-i", "-FCronDaemon", "-B8BITMIME", "-oem", "root@office.example", text=cron)
    t.equal((done.returncode, done.stderr), (0, b""), "cron's")
    done = sendmail(server, "-t", "-oi", text=VOICEMAIL + "UklGRg==\n------voicemail_1--\n")
    t.equal((done.returncode, done.stderr), (0, b""), "voicemail's")
    done = sendmail(server, "-f", "ups@pbx.example", "-F", "UPS \"1\"", "ann@office.example", text="on battery\n.\nnot this\n")
    t.equal((done.returncode, done.stderr), (0, b""), "a script's")
    t.wait(lambda: server.mails("root@office.example") and len(server.mails("ann@office.example")) == 2, "not all came")
    t.equal(read(server.mails("root@office.example")[0])["X-Cron-Env"], "<SHELL=/bin/sh>", "a field of cron's mail")
    script = next(m for m in map(read, server.mails("ann@office.example")) if "Asterisk" not in m["From"])
    t.equal(script["From"], '"UPS \\"1\\"" <ups@pbx.example>', "From of a mail without one")
    t.equal(script.get_content().strip(), "on battery", "its text")


@case.test
def any_account_may_send_and_see_nothing(t):
    if os.getuid() != 0:
        t.skip("only root can become somebody else")
    server = t.enter(Server(t.folder()))
    nobody = pwd.getpwnam("nobody").pw_uid
    done = sendmail(server, "ann@office.example", text="hello\n", user=nobody)
    t.equal((done.returncode, done.stderr), (0, b""), "sendmail of nobody")
    t.wait(lambda: server.mails("ann@office.example"), "no mail")
    t.true(read(server.mails("ann@office.example")[0])["From"].startswith("<nobody@") or
           "nobody@" in read(server.mails("ann@office.example")[0])["From"], "From is not who sent it")
    listing = subprocess.run(["ls", pickup(server)], user=nobody, extra_groups=[], capture_output=True)
    t.true(listing.returncode != 0, "nobody can list the folder")


@case.test
def wrong_use_of_sendmail_is_said_at_once(t):
    server = t.enter(Server(t.folder()))
    for arguments, text, status, words in (
            ((), "x\n", 64, "say to whom"),
            (("-bs",), "", 64, "-bs"),
            (("-Z", "a@b"), "x\n", 64, "-Z"),
            (("-t",), "Subject: to nobody\n\nx\n", 65, "to whom"),
            (("a@b@c",), "x\n", 65, "no mail address"),
            (("a@b\nX-Receiver: c@d",), "x\n", 64, "no mail address")):
        done = sendmail(server, *arguments, text=text)
        lines = done.stderr.decode().splitlines()
        t.equal((done.returncode, len(lines)), (status, 1), f"sendmail {arguments}: {lines}")
        t.true(words in lines[0], f"sendmail {arguments}: {lines[0]}")
    t.equal(left(server), [], "what it left behind")
    elsewhere = {**server.env, "FAXPOST_STATE": str(server.folder / "nowhere")}
    done = subprocess.run([BUILD / "src" / "faxpost", "sendmail", "a@b.c"], input=b"x\n", capture_output=True, env=elsewhere)
    t.equal(done.returncode, 69, "without a Faxpost")


@case.test
# proves: S3.11
def bad_files_are_put_aside_with_the_reason(t):
    server = t.enter(Server(t.folder()))
    secret = server.folder / "secret"
    secret.write_text("From: a@b.c\nTo: thief@office.example\n\nsecret\n")
    put(server, "no-recipient", "From: a@b.c\n\nx\n")
    put(server, "no-mail", "just text\n")
    put(server, "empty", "")
    (server.folder / "link").symlink_to(secret)
    os.rename(server.folder / "link", pickup(server) / "link")
    put(server, "good", "From: a@b.c\nTo: ann@office.example\n\nx\n")
    bad = pickup(server) / "bad"
    t.wait(lambda: len(list(bad.glob("*.reason"))) == 3 and not left(server) and server.mails("ann@office.example"),
           "not all were put aside")
    for name, words in (("no-recipient", "to whom"), ("no-mail", "line 1"), ("empty", "empty")):
        reason = next(p for p in bad.glob("*.reason") if p.name.endswith(f"-{name}.reason"))
        t.true(words in reason.read_text(), f"{name}: {reason.read_text()}")
        t.true(os.path.lexists(str(reason)[:-len(".reason")]), f"{name} itself is not there")
    t.equal(server.mails("thief@office.example"), [], "mail made of a file that was linked to")
    t.equal(left(server), [], "what stays")


@case.test
# proves: S3.11
def nothing_is_lost_or_doubled_by_kills(t):
    server = t.enter(Server(t.folder()))
    body = "x" * 70 + "\n"
    for n in range(60):
        size = 2000 if n % 6 == 0 else 1  # every sixth by way of a file of the queue's
        put(server, f"mail-{n}", f"From: a@b.c\nTo: u{n}@office.example, v{n}@office.example\n\n{n}\n" + body * size)
        if n % 4 == 0:
            server.kill(("pickup", "queue", "mailout")[n // 4 % 3])
    people = [f"{letter}{n}@office.example" for n in range(60) for letter in "uv"]
    t.wait(lambda: all(server.mails(who) for who in people) and not left(server), "not all came", 120)
    doubled = [who for who in people if len({read(m)["Message-ID"] for m in server.mails(who)}) != 1]
    t.equal(doubled, [], "mails that became two")
    extra = sum(len(server.mails(who)) - 1 for who in people)
    t.note(f"120 mails, {extra} delivered twice under their own Message-ID by a killed mailout")


case.main()
