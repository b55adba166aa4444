# SPDX-License-Identifier: AGPL-3.0-or-later
"""More than one trunk: SIPp answers 503 on the cheap one, or nobody does."""

import socket
import subprocess

import case
import fax
import provision
from server import Server, free_port
from store import Store


def two_trunks(t, cheap_port):
    """The cheap one leads to that port, the dear one back to the server."""
    server = t.enter(Server(t.folder()))
    trunks = [{"name": "dear", "peer": f"sip:127.0.0.1:{server.port('sip')[1]}", "cost": 5},
              {"name": "cheap", "peer": f"sip:127.0.0.1:{cheap_port}", "cost": 1}]
    server.apply({**provision.example(1), "trunks": trunks})
    return server


def goes_over_both(t, server):
    job, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 321))
    t.equal([x["trunk"] for x in attempts], ["cheap", "dear"], "trunks of the calls")
    t.equal(job["dials"], 1, "dials")
    t.true(attempts[1]["started_ms"] - attempts[0]["ended_ms"] < 25000, "the job waited before it took the other trunk")


@case.test
def trunk_that_answers_503_is_left_for_the_next_one(t):
    folder, port = t.folder(), free_port(kind=socket.SOCK_DGRAM)
    scenario = folder / "busy.xml"
    scenario.write_text("""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="busy"><recv request="INVITE"></recv><send><![CDATA[
SIP/2.0 503 Service Unavailable
[last_Via:]
[last_From:]
[last_To:];tag=1
[last_Call-ID:]
[last_CSeq:]
Retry-After: 600
Content-Length: 0

]]></send><recv request="ACK"></recv></scenario>""")
    sipp = subprocess.Popen(["sipp", "-sf", scenario, "-i", "127.0.0.1", "-p", str(port), "-nostdin"], cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    t.later(sipp.wait)
    t.later(sipp.kill)
    server = two_trunks(t, port)
    goes_over_both(t, server)


@case.test
def trunk_that_is_silent_is_left_for_the_next_one(t):
    silent = t.enter(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    silent.bind(("127.0.0.1", 0))
    server = two_trunks(t, silent.getsockname()[1])
    goes_over_both(t, server)


case.main()
