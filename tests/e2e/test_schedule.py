#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a fax goes, as an administrator sees and steers it: numbers that are locked, faxes that are altered, hours of a box."""

import json

import case
import pdf
import provision
from server import Server

USAGE = 64
FAX_SECONDS = 240
NUMBERS = ["+49305550101", "+49305550102"]


def provisioned(t, **fields):
    """The trunk leads to the server itself, where both numbers are those of the other box."""
    server = t.enter(Server(t.folder()))
    setup = provision.example(server.port("sip")[1], pace=False, more_numbers=NUMBERS)
    setup["faxboxes"][0].update(fields)
    server.apply(setup)
    return server


def send(t, server, number, document):
    file = server.folder / f"{document}.pdf"
    file.write_bytes(pdf.make(1, document=document))
    status, submission, complaint = server.cli("send", number, file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"exit status of send: {complaint}")
    return t.wait(lambda: server.json("show", submission.strip())["jobs"], "no job came of it", 60)[0]["id"]


def listed(server, *options):
    return {d["number"]: d for d in server.json("destinations", "list", *options)["items"]}


@case.test
# proves: D4
def a_locked_number_holds_its_faxes_and_what_was_learned_is_shown(t):
    server = provisioned(t)
    t.equal(server.cli("destinations", "list")[1], "There is none.\n", "before any call")
    status, said, _ = server.cli("destinations", "lock", "030 5550101", "--reason", "the clinic moved")
    t.equal((status, said), (0, "+49305550101: nobody calls it any more.\n"), "lock")
    job = send(t, server, "030 5550101", 1)
    held = t.wait(lambda: (j := server.json("show", job))["state"] == "held" and j, "it is not held", 60)
    t.true("the clinic moved" in held["detail"], f"why: {held['detail']}")
    t.equal(listed(server, "--locked")["+49305550101"]["locked"]["reason"], "the clinic moved", "reason in the list")
    t.equal(server.cli("release", job)[0], USAGE, "release of a fax to a locked number")
    status, said, _ = server.cli("destinations", "unlock", "+49305550101")
    t.equal((status, said), (0, "+49305550101: it may be called. 1 fax goes now.\n"), "unlock")
    t.wait(lambda: server.json("show", job)["state"] == "done", "it did not arrive", FAX_SECONDS)
    known = listed(server)["+49305550101"]
    t.equal((known["calls"], known["delivered"], known["success_percent"], known["locked"]), (1, 1, 100, None), "what is known")
    t.equal(known["learned"]["by"], "T.38", "how it went")
    t.true("V.17" in known["capabilities"] and "ECM" in known["capabilities"], f"the far machine's DIS: {known['capabilities']}")
    said = server.cli("destinations", "list")[1]
    t.true("1 of 1 calls delivered (100 %)" in said and f"takes {known['capabilities']}\n" in said, f"as people read it: {said}")
    t.equal(server.cli("destinations", "forget", "+49305550101")[0], 0, "forget")
    t.equal(listed(server), {}, "after it is forgotten")
    t.equal(server.cli("destinations", "lock")[0], USAGE, "lock of nothing")
    t.equal(server.cli("destinations", "lock", "nonsense")[0], USAGE, "lock of what is no number")


@case.test
# proves: S2.2
def a_waiting_fax_is_altered_and_its_history_says_so(t):
    server = provisioned(t, send_window="mon 00:00-00:01")
    job = send(t, server, "030 5550101", 2)
    waits = t.wait(lambda: "sends at these times only" in (j := server.json("show", job))["detail"] and j,
                   "it does not wait for its box", 60)
    t.equal(waits["state"], "waiting", "its state")
    status, said, complaint = server.cli("alter", job, "--number", "030 5550102", "--priority", "8")
    t.equal((status, said), (0, "Altered.\n"), f"alter: {complaint}")
    t.equal(server.cli("alter", job)[0], USAGE, "alter of nothing")
    t.equal(server.cli("alter", job, "--number", "110")[0], USAGE, "alter to an emergency number")
    server.apply({"faxboxes": [{"id": "front", "send_window": ""}]})
    t.wait(lambda: server.json("show", job)["state"] == "done", "it did not arrive when the box was opened", FAX_SECONDS)
    shown = server.json("show", job)
    t.equal((shown["dialled"], shown["priority"]), ("+49305550102", 8), "where it went")
    t.true("altered: number 030 5550102" in shown["history"][0]["what"], f"history: {json.dumps(shown['history'])}")
    t.true("command line: altered" in server.cli("show", job)[1], "history as people read it")


case.main()
