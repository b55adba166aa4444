# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that faxes itself over each way that SIP and media can take, from mail to mail."""

import pathlib
import socket

import case
import fax
import provision
from server import Server
from store import Store


def loopback(t, address="127.0.0.1", **trunk):
    server = t.enter(Server(t.folder(), address=address))
    server.apply(provision.example(server.port("sip")[1], host=address, **trunk))
    return server


def fax_itself(t, server, document, mode):
    job, attempts = fax.arrive(t, server, server, fax.mailed(t, server, document))
    t.equal([x["mode"] for x in attempts], [mode], "modes")
    t.equal([x["mode"] for x in Store(server.state).attempts() if x["job"] != job["id"]], [mode], "mode of the receiver")


def has_connection(port):
    """An established TCP connection to that port of this machine."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


@case.test
def fax_to_itself_over_g711(t):
    fax_itself(t, loopback(t, t38=False), 301, "audio")


@case.test
def fax_over_sip_on_tcp(t):
    server = loopback(t, transport="tcp")
    sent = fax.mailed(t, server, 302)
    t.wait(lambda: has_connection(server.port("sip")[1]), "no TCP connection to the SIP port")
    _, attempts = fax.arrive(t, server, server, sent)
    t.equal([x["mode"] for x in attempts], ["t38"], "modes")


@case.test
def fax_over_ipv6(t):
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError as why:
        t.skip(f"no IPv6 on this machine: {why}")
    fax_itself(t, loopback(t, address="[::1]"), 303, "t38")


case.main()
