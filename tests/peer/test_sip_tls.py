# SPDX-License-Identifier: AGPL-3.0-or-later
"""SIP over TLS, at Kamailio: who is believed, and who is not."""

import pathlib
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import threading

import case
import certs
import fax
import kamailio
import provision
from server import Server
from store import Store

OPERATING = pathlib.Path(__file__).resolve().parents[2] / "doc" / "operating.md"


def registrar(t, certificate, **options):
    if not kamailio.installed():
        t.skip("no kamailio on this machine")
    return t.enter(kamailio.Kamailio(t.folder(), domain="localhost", tls=certificate, **options))


def trunk(name, peer, **more):
    return {"name": name, "peer": f"sip:localhost:{peer.port}", "transport": "tls", "username": name, "register": True,
            "password": f"pw-{name}", **more}


def server_with(t, *trunks, ca=None, **settings):
    settings.setdefault("sip_tls_listen", "127.0.0.1:0")
    if ca:
        settings["sip_ca"] = ca.file
    server = t.enter(Server(t.folder(), settings=settings))
    server.apply({**provision.example(1), "trunks": list(trunks)})
    return server


def state(server, name):
    return next(x for x in server.json("trunks")["items"] if x["name"] == name)


def await_up(t, server, *names):
    t.wait(lambda: all(state(server, name)["state"] == "up" for name in names), f"one of {names} is not up")


def await_reason(t, server, name, word):
    t.wait(lambda: (s := state(server, name))["state"] == "down" and word in s["text"],
           f"trunk {name} is not down for \"{word}\"")


def anybody():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def shown_to_sip(server):
    with socket.create_connection(server.port("sips"), timeout=60) as raw, anybody().wrap_socket(raw) as peer:
        return ssl.DER_cert_to_PEM_cert(peer.getpeercert(True))


def shown_to_smtp(server):
    with smtplib.SMTP(*server.port("smtp"), timeout=60) as client:
        client.starttls(context=anybody())
        return ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(True))


def put(pair, files):
    for source, target in zip(pair, files):
        shutil.copy(source, target)


def hook(server, files, pair):
    """The script of doc/operating.md that ACME clients call, on these files instead of those in /etc."""
    lines = re.search(r"\n    (#!/bin/sh\n.*?reload faxpost)\n", OPERATING.read_text(), re.S)[1].replace("\n    ", "\n")
    for there, here in (("/etc/faxpost/tls.pem", files[0]), ("/etc/faxpost/tls.key", files[1]), ("systemctl reload faxpost", f"kill -HUP {server.process.pid}")):
        lines = lines.replace(there, str(here))
    subprocess.run(["sh", "-c", lines, "acme-hook", *pair], check=True)


def renew(t, server, files, pair):
    """Over the files in use; waits until connections are shown it."""
    hook(server, files, pair)
    for see in (shown_to_sip, shown_to_smtp):
        t.wait(lambda: see(server) == pair[0].read_text(), f"{see.__name__}: the former certificate; {server.log_tail()}")


@case.test
def a_fax_goes_out_and_comes_in_over_tls(t):
    """And our certificate is renewed in the middle of it."""
    authority = certs.Authority(t.folder())
    peer = registrar(t, authority.certificate("localhost"), numbers={"200": "second"})
    first, renewed = (authority.certificate(name) for name in ("first.example", "renewed.example"))
    folder = t.folder()
    files = (folder / "shown.pem", folder / "shown.key")
    put(first, files)
    server = server_with(t, trunk("first", peer), trunk("second", peer), ca=authority, tls_certificate=files[0],
                         tls_key=files[1])
    await_up(t, server, "first", "second")
    t.true("has no address" not in server.log.read_text(), "a name that is being looked up is called unknown")
    t.equal(shown_to_sip(server), first[0].read_text(), "the certificate at the start")
    sent = fax.mailed(t, server, 611)
    t.wait(lambda: any(x["state"] == "receiving" for x in Store(server.state).faxes()), "no call is answered", fax.SECONDS)
    hook(server, files, (renewed[0], first[1]))
    t.wait(lambda: "The former one stays in use" in server.log.read_text(errors="replace"), f"a key of another certificate: {server.log_tail()}")
    t.equal((shown_to_sip(server), shown_to_smtp(server)), (first[0].read_text(), first[0].read_text()), "the former one stays")
    renew(t, server, files, renewed)
    job, attempts = fax.arrive(t, server, server, sent)
    t.equal([x["trunk"] for x in attempts], ["first"], "trunk of the call out")
    t.equal([x["mode"] for x in attempts], ["t38"], "the change to T.38 was refused")
    t.equal([x["trunk"] for x in Store(server.state).attempts() if x["job"] != job["id"]], ["second"], "trunk of the call in")
    t.true(peer.count("call from first to 200"), "the call did not go through Kamailio")
    t.equal(server.stop(), 0, "exit status")
    t.true(peer.count("unregistered first") and peer.count("unregistered second"), "still registered after the end")


@case.test
def who_shows_a_bad_certificate_is_not_told_our_password(t):
    """Each with what there is to do; and once it is mended it works by itself."""
    authority, other = certs.Authority(t.folder()), certs.Authority(t.folder(), "unknown")
    peers = {"name": (authority.certificate("other.example.com"), "another name"),
             "date": (authority.certificate("localhost", days=-1, file="expired"), "expired"),
             "anybody": (other.certificate("localhost"), "sip_ca")}
    started = {name: registrar(t, certificate) for name, (certificate, _) in peers.items()}
    server = server_with(t, *(trunk(name, started[name]) for name in peers), ca=authority)
    for name, (_, word) in peers.items():
        await_reason(t, server, name, word)
        t.equal(started[name].count("challenge"), 0, f"REGISTERs that trunk {name} got to see")
        t.true("localhost" in state(server, name)["text"], "the text does not say who")
    alarms = server.json("status")["alarms"]
    t.equal([a["code"] for a in alarms if a["code"] == "trunk-down"], ["trunk-down"] * 3, "alarms")


class Shop:
    """A web server on the trunk's port."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                client.recv(1000)


@case.test
def who_speaks_no_tls_is_told_from_who_is_away(t):
    shop = Shop()
    t.later(shop.listener.close)
    server = server_with(t, trunk("shop", shop))
    await_reason(t, server, "shop", "does not speak TLS")


@case.test
def a_trunk_over_tls_without_a_listener_says_what_is_missing(t):
    server = t.enter(Server(t.folder()))
    server.apply({**provision.example(1), "trunks": [{"name": "one", "peer": "sip:127.0.0.1:5061", "transport": "tls"}]})
    await_reason(t, server, "one", "sip_tls_listen")


case.main()
