# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encrypted audio: rtpengine has the keys on one side of it, and none on the other."""

import re
import shutil

import case
import fax
import provision
from rtpengine import Gateway, Rtpengine
from server import Server
from store import Store


class Listening(Gateway):
    """Also keeps what side a said of its media."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.said = []

    def tell(self, call, start, body, tag):
        if tag == b"a":
            self.said.append(body.decode())
        return super().tell(call, start, body, tag)


def pair(t):
    """(server whose trunk wants SRTP, server without, gateway between them)"""
    if not shutil.which("rtpengine"):
        t.skip("rtpengine is missing (package rtpengine-daemon)")
    gateway = t.enter(Listening(t.enter(Rtpengine(t.folder())), encrypted="a"))
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    gateway.join_ends(a.port("sip"), b.port("sip"))
    for server, towards, srtp in ((a, gateway.towards_b, "required"), (b, gateway.towards_a, "no")):
        config = provision.example(int(towards.rpartition(":")[2]), t38=srtp == "required")
        config["trunks"][0]["srtp"] = srtp
        server.apply(config)
    return a, b, gateway


@case.test
def encrypted_faxes_go_out_and_come_in(t):
    a, b, gateway = pair(t)
    out, back = fax.submit(t, a, 521), fax.submit(t, b, 522)
    for sender, receiver, sent in ((a, b, out), (b, a, back)):
        _, attempts = fax.arrive(t, sender, receiver, sent)
        t.equal([x["mode"] for x in attempts], ["audio"], f"modes of document {sent.number}")
    t.equal(a.log.read_text().count("(SRTP)"), 2, "encrypted calls")
    for said in gateway.said:
        t.true(re.search(r"(?m)^m=audio \d+ RTP/SAVP ", said) and "a=crypto:" in said, f"in clear: {said}")
    keys = set(re.findall(r"inline:(\S{40})", "".join(gateway.said)))
    t.true(len(keys) >= 2, "a key for each call")
    for server in (a, b):
        shown = server.log.read_text() + "".join(x["trace"] for x in Store(server.state).attempts())
        t.equal([key for key in keys if key in shown], [], "keys in the log or a trace")


@case.test
def who_wants_srtp_gets_no_call_without_it(t):
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    for server, other, srtp in ((a, b, "required"), (b, a, "no")):
        config = provision.example(other.port("sip")[1])
        config["trunks"][0]["srtp"] = srtp
        server.apply(config)
    for server, document in ((a, 523), (b, 524)):
        fax.submit(t, server, document)
        t.wait(lambda: any(x["code"] == "sip-488" for x in Store(server.state).attempts()), f"document {document}: not refused")


case.main()
