# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxes through rtpengine, a gateway that is not ours: T.38 on one side of it, G.711 on the other."""

import shutil

import case
import fax
import provision
from rtpengine import Gateway, Rtpengine
from server import Server


def pair(t):
    """(server with T.38, server without, gateway between them)"""
    if not shutil.which("rtpengine"):
        t.skip("rtpengine is missing (package rtpengine-daemon)")
    gateway = t.enter(Gateway(t.enter(Rtpengine(t.folder()))))
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    gateway.join_ends(a.port("sip"), b.port("sip"))
    for server, towards, t38 in ((a, gateway.towards_b, True), (b, gateway.towards_a, False)):
        server.apply(provision.example(int(towards.rpartition(":")[2]), t38=t38))
    return a, b, gateway


def through(t, gateway, sender, receiver, document, mode):
    _, attempts = fax.arrive(t, sender, receiver, fax.submit(t, sender, document, pages=2))
    t.equal([x["mode"] for x in attempts], [mode], "modes of the sender")
    t.equal([x["mode"] for x in fax.Store(receiver.state).attempts()], ["audio" if mode == "t38" else "t38"],
            "modes of the receiver")
    t.true(("image", "a", "audio") in gateway.given and ("audio", "b", "image") in gateway.given,
           f"descriptions that went through: {gateway.given}")


@case.test
def t38_sender_reaches_g711_receiver(t):
    a, b, gateway = pair(t)
    through(t, gateway, a, b, 501, "t38")


@case.test
def g711_sender_reaches_t38_receiver(t):
    a, b, gateway = pair(t)
    through(t, gateway, b, a, 502, "audio")


case.main()
