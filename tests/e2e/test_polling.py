#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A box holds a document ready, and another fetches it over a real call: DTC with SEP and PWD, and who does not say them
gets nothing."""

import json

import case
import pdf
import provision
from server import Server
from store import Store

FAX_SECONDS = 240


def polls(t, server, *options):
    """The job, when it has ended."""
    status, submission, complaint = server.cli("poll", "200", "--box", "front", "--no-wait", *options)
    t.equal(status, 0, f"poll: {complaint}")
    ended = ("done", "failed", "unknown", "expired")
    return t.wait(lambda: (jobs := server.json("show", submission.strip())["jobs"]) and jobs[0]["state"] in ended and jobs[0],
                  "the call did not end", FAX_SECONDS)


@case.test
def a_box_fetches_what_another_holds_ready(t):
    server = t.enter(Server(t.folder()))
    setup = provision.example(server.port("sip")[1], pace=False)
    server.apply(setup)
    t.equal(setup["faxboxes"][1]["extension"], "200", "the number of box back")
    kept = Store(server.state)
    file = server.folder / "prices.pdf"
    file.write_bytes(pdf.make(2))

    nothing = polls(t, server)
    t.equal((nothing["state"], nothing["outcome"]["code"], nothing["tries"]), ("failed", "t30-nothing-to-poll", 1), "nothing is there")

    status, text, complaint = server.cli("polled", "set", "back", file, "--sep", "77", "--pwd", "1234*")
    t.equal(status, 0, f"polled set: {complaint}")
    t.true("prices.pdf, 2 pages" in text and "SEP 77, with a password" in text, f"as people read it: {text}")
    t.true("1234*" not in json.dumps(server.json("polled", "show", "back")), "the password is not shown")

    denied = polls(t, server, "--sep", "77", "--pwd", "4321")
    t.equal((denied["state"], denied["outcome"]["code"]), ("failed", "t30-poll-denied"), "another password")
    t.equal(kept.rows("SELECT id FROM job WHERE purpose = 2"), [], "nothing went out")

    fetched = polls(t, server, "--sep", "77", "--pwd", "1234*")
    t.equal((fetched["state"], fetched["pages"], fetched["confirmed"], fetched["purpose"]), ("done", 2, 2, "poll"), "what was fetched")
    fax = t.wait(lambda: kept.rows("SELECT * FROM fax WHERE pages = 2 AND ended_ms IS NOT NULL"), "no fax came", 60)[0]
    t.equal((fax["faxbox"], fax["calling"], fax["code"]), ("front", "200", ""), "where it came")
    sent = t.wait(lambda: kept.rows("SELECT * FROM job WHERE purpose = 2 AND ended_ms IS NOT NULL"), "no delivery", 60)
    t.equal([(j["faxbox"], j["pages"], j["confirmed"], j["code"]) for j in sent], [("back", 2, 2, "")], "the delivery")
    ladder = server.cli("trace", fetched["id"])[1]
    for frame in ("DTC", "SEP", "PWD", "CIG"):
        t.true(frame in ladder, f"{frame} in the ladder: {ladder}")

    log = server.folder / "xferfaxlog"
    lines = t.wait(lambda: server.cli("accounting", log)[0] == 0 and len(found := [line.split("\t") for line in log.read_text().splitlines()]) == 6 and found,
                   "calls of three polls, each out and in", 60)
    t.equal(sorted((line[1], line[10]) for line in lines if line[1] != "RECV"), [("POLL", "0"), ("POLL", "0"), ("POLL", "2"), ("SEND", "2")],
            "who fetches polls, and who is asked has sent")

    status, submission, complaint = server.cli("send", "200", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"send: {complaint}")
    t.wait(lambda: (jobs := server.json("show", submission.strip())["jobs"]) and jobs[0]["state"] == "done",
           "an ordinary fax does not come through any more", FAX_SECONDS)

    t.equal(server.cli("polled", "clear", "back")[0], 0, "polled clear")
    t.equal(polls(t, server, "--sep", "77")["outcome"]["code"], "t30-nothing-to-poll", "taken away")


case.main()
