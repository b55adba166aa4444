#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A number that people call as well: a call without a fax tone is forwarded, a fax comes through; and one that says a
subaddress and a password finds its box."""

import pathlib
import socket
import subprocess

import case
import pdf
import provision
from server import Server, free_port
from store import Store

FAX_SECONDS = 240
HERE = pathlib.Path(__file__).resolve().parent
CALL = HERE.parent / "peer" / "sip" / "uac_referred.xml"


def person_calls(server, port, target):
    """Calls box back, says nothing, and goes where it is told to."""
    scenario = server.folder / "call.xml"
    text = CALL.read_text("ascii")
    for key, value in (("target", target), ("answer", "202 Accepted"), ("outcome", "200 OK")):
        text = text.replace("{" + key + "}", value)
    scenario.write_text(text, "ascii")
    return subprocess.run(["sipp", "-sf", scenario, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-m", "1",
                           "-nostdin", "-trace_err", "-error_file", server.folder / "sipp.err", "-timeout", "200s",
                           "-timeout_error", f"127.0.0.1:{server.port('sip')[1]}"],
                          cwd=server.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=240, check=False)


@case.test
def a_person_is_forwarded_and_a_fax_comes_through_to_its_subaddress(t):
    server = t.enter(Server(t.folder()))
    port = free_port(kind=socket.SOCK_DGRAM)
    setup = provision.example(server.port("sip")[1], pace=False)
    setup["trunks"].append({"name": "town", "peer": f"sip:127.0.0.1:{port}", "cost": 100})
    setup["faxboxes"][1].update(voice="forward", voice_seconds=5, voice_forward="100", fax_password="99")
    setup["faxboxes"][0]["subaddress"] = "47*11"
    server.apply(setup)
    number = setup["faxboxes"][1]["extension"]
    t.equal(number, "200", "the number that the scenario calls")
    done = person_calls(server, port, "100")
    errors = server.folder / "sipp.err"
    t.equal(done.returncode, 0, f"the caller was referred: {errors.read_text() if errors.exists() else ''}")
    file = server.folder / "fax.pdf"
    file.write_bytes(pdf.make(1))
    status, submission, complaint = server.cli("send", f"{number}^SUB=47*11^PWD=99", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"send: {complaint}")
    job = t.wait(lambda: (jobs := server.json("show", submission.strip())["jobs"]) and jobs[0]["state"] == "done" and jobs[0],
                 "the fax did not come through", FAX_SECONDS)
    t.equal(job["subaddress"], "47*11", "of the job")
    t.true("subaddress (SUB) 47*11" in server.cli("show", job["id"])[1], "as people read it")
    t.true("99" not in str(job.get("fax_password", "")), "the password is not shown")
    kept = Store(server.state)
    fax = t.wait(lambda: kept.rows("SELECT * FROM fax WHERE pages = 1 AND ended_ms IS NOT NULL"), "no fax came", 60)[0]
    t.equal((fax["faxbox"], fax["routed_from"], fax["subaddress"]), ("front", "back", "47*11"), "where it came")


case.main()
