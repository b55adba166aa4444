# SPDX-License-Identifier: AGPL-3.0-or-later
"""More than one trunk: SIPp answers 503 on the cheap one, or nobody does."""

import socket
import subprocess

import case
import fax
import provision
from server import Server, free_port
from store import Store


def two_trunks(t, cheap_port, keepalive=0):
    """The cheap one leads to that port, the dear one back to the server."""
    server = t.enter(Server(t.folder()))
    trunks = [{"name": "dear", "peer": f"sip:127.0.0.1:{server.port('sip')[1]}", "cost": 5},
              {"name": "cheap", "peer": f"sip:127.0.0.1:{cheap_port}", "cost": 1, "keepalive": keepalive}]
    server.apply({**provision.example(1), "trunks": trunks})
    return server


def answering(t, port, request, answer, then=""):
    """SIPp gives that answer to that request, again and again."""
    folder = t.folder()
    scenario = folder / "answers.xml"
    scenario.write_text(f"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="answers"><recv request="{request}"></recv><send><![CDATA[
SIP/2.0 {answer}
[last_Via:]
[last_From:]
[last_To:];tag=1
[last_Call-ID:]
[last_CSeq:]
Retry-After: 600
Content-Length: 0

]]></send>{then}</scenario>""")
    sipp = subprocess.Popen(["sipp", "-sf", scenario, "-i", "127.0.0.1", "-p", str(port), "-nostdin"], cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    t.later(sipp.wait)
    t.later(sipp.kill)


def state(server, name):
    return next(x for x in server.json("trunks")["items"] if x["name"] == name)


def alarms(server):
    return [a for a in server.json("status")["alarms"] if a["code"] == "trunk-down"]


def goes_over_both(t, server):
    job, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 321))
    t.equal([x["trunk"] for x in attempts], ["cheap", "dear"], "trunks of the calls")
    t.equal(job["dials"], 1, "dials")
    t.true(attempts[1]["started_ms"] - attempts[0]["ended_ms"] < 25000, "the job waited before it took the other trunk")


@case.test
def trunk_that_answers_503_is_left_for_the_next_one(t):
    port = free_port(kind=socket.SOCK_DGRAM)
    answering(t, port, "INVITE", "503 Service Unavailable", "<recv request=\"ACK\"></recv>")
    server = two_trunks(t, port)
    goes_over_both(t, server)


@case.test
def trunk_that_is_silent_is_left_for_the_next_one(t):
    silent = t.enter(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    silent.bind(("127.0.0.1", 0))
    server = two_trunks(t, silent.getsockname()[1])
    goes_over_both(t, server)


@case.test
def trunk_that_does_not_answer_options_is_passed_over_until_it_does(t):
    port = free_port(kind=socket.SOCK_DGRAM)
    server = two_trunks(t, port, keepalive=1)
    t.wait(lambda: state(server, "cheap")["state"] == "down", "a trunk with nothing behind it is not down")
    t.true("does not answer" in state(server, "cheap")["text"], "the text does not say what is wrong")
    t.equal(["cheap" in a["text"] for a in alarms(server)], [True], "alarms")
    t.wait(lambda: state(server, "dear")["state"] == "up", "our own answer is none")
    _, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 322))
    t.equal([x["trunk"] for x in attempts], ["dear"], "trunks of the calls")
    answering(t, port, "OPTIONS", "405 Method Not Allowed")
    t.wait(lambda: state(server, "cheap")["state"] == "up", "any answer says that it is there")
    t.true("405" in state(server, "cheap")["text"], "the text does not say what it answered")
    t.equal(alarms(server), [], "alarms")


@case.test
def only_trunk_is_tried_though_it_is_down(t):
    port = free_port(kind=socket.SOCK_DGRAM)
    server = two_trunks(t, port, keepalive=3600)
    server.apply({"trunks": [{"name": "dear", "absent": True}]})
    t.wait(lambda: state(server, "cheap")["state"] == "down", "a trunk with nothing behind it is not down")
    fax.mailed(t, server, 323)
    t.wait(lambda: [x["trunk"] for x in Store(server.state).attempts()] == ["cheap"], "it was not tried")


case.main()
