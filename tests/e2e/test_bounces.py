#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails that come back: a Postfix takes them, the recipient's server refuses, and Postfix's bounce reaches Faxpost."""

import case
import postfix
import provision
from fake_smtp import FakeSmtp
from server import Server

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


case.main()
