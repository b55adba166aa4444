# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trunks whose name leads elsewhere: NAPTR and SRV records, the next address where one does not answer, an outbound proxy."""

import case
import dns
import fax
import kamailio
import provision
from server import Server, free_port
from store import Store

DOMAIN = "pbx.example"


def proxy(t, **options):
    if not kamailio.installed():
        t.skip("no kamailio on this machine")
    return t.enter(kamailio.Kamailio(t.folder(), domain=DOMAIN, listen=("tcp",), **options))


def server_with(t, zone, *trunks):
    names = t.enter(dns.DnsServer(zone))
    server = t.enter(Server(t.folder(), settings={"dns_servers": names.address}))
    server.apply({**provision.example(1), "trunks": list(trunks)})
    return server, names


def account(name, **more):
    return {"name": name, "peer": f"sip:{DOMAIN}", "transport": "tcp", "username": name, "password": f"pw-{name}", **more}


def await_up(t, server, name):
    t.wait(lambda: any(x["name"] == name and x["state"] == "up" for x in server.json("trunks")["items"]), f"trunk {name} is not up")


@case.test
def a_fax_goes_to_the_next_server_that_the_dns_names(t):
    """Nobody is at the first one. The call finds that out itself, and the registration did so before."""
    peer = proxy(t, numbers={"200": "second"})
    zone = {(f"_sip._tcp.{DOMAIN}", "SRV"): [f"20 0 {peer.port} localhost", f"10 0 {free_port()} localhost"],
            ("_sip._udp." + DOMAIN, "SRV"): []}
    server, names = server_with(t, zone, account("first", keepalive=0), account("second", register=True, cost=5))
    await_up(t, server, "second")
    job, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 621))
    t.equal([x["trunk"] for x in attempts], ["first"], "trunks of the calls out")
    t.equal([x["trunk"] for x in Store(server.state).attempts() if x["job"] != job["id"]], ["second"], "trunk of the call in")
    t.true((f"_sip._tcp.{DOMAIN}", "SRV") in names.asked, f"asked: {names.asked}")
    t.true("the next of its addresses" in server.log.read_text(), "the call found the right server at once")


@case.test
def a_domain_says_where_the_servers_of_a_transport_stand(t):
    """By NAPTR; what it prefers is for another transport, what comes next leads nowhere."""
    peer = proxy(t)
    zone = {(DOMAIN, "NAPTR"): ["10 1 s SIP+D2U _sip._udp.servers.example", "20 2 s SIP+D2T _sip._tcp.servers.example",
                                "20 1 s SIP+D2T _sip._tcp.gone.example"],
            ("_sip._tcp.servers.example", "SRV"): [f"10 0 {peer.port} localhost"],
            ("_sip._udp.servers.example", "SRV"): [f"10 0 {free_port()} localhost"]}
    server, names = server_with(t, zone, account("first", register=True))
    await_up(t, server, "first")
    asked = [name for name, kind in names.asked if kind == "SRV"]
    t.equal(asked[:2], ["_sip._tcp.gone.example", "_sip._tcp.servers.example"], "asked")


@case.test
def all_requests_go_to_the_outbound_proxy(t):
    """The domain itself is nowhere."""
    peer = proxy(t, numbers={"200": "second"})
    through = {"outbound_proxy": f"sip:127.0.0.1:{peer.port}"}
    server, _ = server_with(t, {}, account("first", **through), account("second", register=True, cost=5, **through))
    await_up(t, server, "second")
    await_up(t, server, "first")
    _, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 622))
    t.equal([x["trunk"] for x in attempts], ["first"], "trunks of the calls out")
    t.true(peer.count("call from first to 200"), "the call did not go through the proxy")
    t.equal(server.stop(), 0, "exit status")
    t.true(peer.count("unregistered second"), "still registered after the end")


case.main()
