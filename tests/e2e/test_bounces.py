#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails that come back: a Postfix takes them, the recipient's server refuses, and Postfix's bounce reaches Faxpost."""

import email
import smtplib
import uuid

import case
import mail
import postfix
import provision
from fake_smtp import FakeSmtp
from server import Server
from store import Store

SECONDS = 240


def listed(server):
    return {m["recipient"]: m for m in server.json("mails", "list")["items"]}


@case.test
# proves: S3.13, D7
def bounced_fax_is_marked_and_reaches_the_fallback_address(t):
    if postfix.missing():
        t.skip(postfix.missing())
    server = t.enter(Server(t.folder(), settings={"deliver": "smtp"}))
    there = t.enter(FakeSmtp(replies={"RCPT TO:<gone@": "550 5.1.1 no such user here"}))
    mx = t.enter(postfix.Postfix(t.folder(), routes={"there.invalid": there.port, provision.DOMAIN: server.port("smtp")[1]}))
    wanted = provision.example(server.port("sip")[1])
    wanted["tenants"][0].update(from_address=f"fax@{provision.DOMAIN}", fallback_address="desk@there.invalid")
    wanted["users"][0]["addresses"] = ["front@there.invalid"]
    wanted["users"][1]["addresses"] = ["gone@there.invalid"]
    wanted["mail_server"] = {"host": "127.0.0.1", "port": mx.port, "security": "none"}
    server.apply(wanted)
    document = server.folder / "page.txt"
    document.write_text("a page\n")
    status, _, complaint = server.cli("send", "200", document, "--from-box", "front", "--report-to", "front@there.invalid",
                                      "--no-wait")
    t.equal(status, 0, complaint)
    came = t.wait(lambda: listed(server).get("gone@there.invalid", {}).get("state") == "returned" and listed(server),
                  f"the mail is not marked; log: {server.log_tail()}", SECONDS)["gone@there.invalid"]
    t.true("550 5.1.1 no such user here" in came["outcome"]["text"], f"the words of who refused: {came}")
    fax = t.wait(lambda: [m for m in there.mails if b"desk@there.invalid" in m], "nothing came to the fallback address", SECONDS)
    t.true(b"application/pdf" in fax[0], "the fallback's mail has no document")
    t.true(any("mail-returned" in a["code"] for a in server.json("status")["alarms"]), "no alarm")
    t.equal(server.json("deadletter", "list")["items"], [], "dead letters")
    sent = [line for line in there.lines() if line.startswith("MAIL FROM:<bounce+")]
    t.true(sent, f"the envelope sender has no token: {there.lines()}")


BOUNCE = """From: MAILER-DAEMON@there.invalid
To: <{0}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=m

--m
Content-Type: text/plain

I am sorry
--m
Content-Type: message/delivery-status

Reporting-MTA: dns; there.invalid

Final-Recipient: rfc822; {1}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user here

--m--
"""


def drop(server, sender, recipient, text):
    host, port = server.port("smtp")
    with smtplib.SMTP(host, port, timeout=60) as client:
        client.sendmail(sender, [recipient], text.replace("\n", "\r\n"))


def back_to_itself(t):
    """A server that faxes to itself; its mails go to `there`."""
    server = t.enter(Server(t.folder(), settings={"deliver": "smtp"}))
    there = t.enter(FakeSmtp())
    wanted = provision.example(server.port("sip")[1])
    wanted["tenants"][0].update(from_address=f"fax@{provision.DOMAIN}")
    wanted["mail_server"] = {"host": "127.0.0.1", "port": there.port, "security": "none"}
    server.apply(wanted)
    return server, there


@case.test
# proves: S3.13, D1
def report_that_comes_back_is_shown_at_its_fax(t):
    server, there = back_to_itself(t)
    to = f"200@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [("a.txt", "text/plain", b"a page")], subject="a page"))
    report = t.wait(lambda: next((m for m in Store(server.state).mails_out() if m["kind"] == "report" and m["state"] == "sent"), None),
                    f"no report; log: {server.log_tail()}", SECONDS)
    report = server.json("mails", "show", str(uuid.UUID(bytes=report["id"])))
    token = next(line for line in there.lines() if line.startswith(f"MAIL FROM:<bounce+{report['id']}@"))
    drop(server, "", token.split("<")[1].split(">")[0], BOUNCE.format(token.split("<")[1].split(">")[0], provision.FRONT))
    t.wait(lambda: server.json("mails", "show", report["id"])["state"] == "returned", f"not matched; log: {server.log_tail()}", 60)
    shown = server.cli("show", report["about"])[1]
    t.true("report mail to " + provision.FRONT in shown and "550 5.1.1 no such user here" in shown, shown)
    t.equal(server.json("deadletter", "list")["items"], [], "dead letters")
    t.equal([m for m in Store(server.state).mails_out() if m["kind"] == "answer"], [], "answers")


@case.test
# proves: D1
def mail_that_goes_round_is_neither_faxed_nor_answered(t):
    server, there = back_to_itself(t)
    to = f"200@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, subject="no document"))
    ours = t.wait(lambda: [m for m in there.mails if b"auto-replied" in m], f"no answer; log: {server.log_tail()}", 60)[0]
    message_id = email.message_from_bytes(ours)["Message-ID"].strip("<>")
    page = [("a.txt", "text/plain", b"a page")]
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, page, message_id=f"<{message_id}>"))
    round_and_round = "".join(f"Received: by mx{n}.there.invalid; Mon, 5 Jan 2026 10:00:00 +0000\n" for n in range(101))
    drop(server, provision.FRONT, to, round_and_round + mail.make(provision.FRONT, to, page).as_string())
    dead = t.wait(lambda: [m for m in Store(server.state).mails_in() if m["code"] == "mail-loop"][1:], f"log: {server.log_tail()}", 60)
    t.true("goes round" in dead[0]["reason"], dead)
    store = Store(server.state)
    t.equal((len(store.submissions()), len([m for m in store.mails_out() if m["kind"] == "answer"])), (0, 1), "faxes and answers")


case.main()
