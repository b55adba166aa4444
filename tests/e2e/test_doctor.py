#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""faxpost doctor: each trouble is made, and the line read that an administrator gets for it: what is wrong, and what to do."""

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import threading

import case
import certs
import provision
import spaces
from dns import DnsServer
from fake_smtp import FakeSmtp
from server import Server

FAILED = 1  # exit status
PUBLIC = {"fax_domain": "fax.example.com", "host_name": "mail.example.com", "from_address": "fax@fax.example.com"}
DOCTOR_SECONDS = 120  # it waits for who does not answer


def looks(server, *options):
    """{test: [(well, text)]}; what it says to people and its exit status have to agree with that."""
    status, said, complaint = server.cli("doctor", "--json", *options, seconds=DOCTOR_SECONDS)
    found = {}
    for one in json.loads(said):
        found.setdefault(one["test"], []).append((one["ok"], one["text"]))
    if status != (0 if all(ok for lines in found.values() for ok, _ in lines) else FAILED):
        raise case.Failure(f"exit status {status} after {said}{complaint}")
    return found


def expect(t, found, test, ok, *words):
    lines = found.get(test, [])
    t.true(any(well == ok and all(word in text for word in words) for well, text in lines), f"no line of {test}, {ok} with {words}: {lines or found}")


def bare(t, **settings):
    """A configuration, and no server that runs."""
    server = Server(t.folder(), settings=settings)
    server.state.mkdir()
    server.conf.write_text("".join(f"{key} = {value}\n" for key, value in server.settings.items()))
    return server


# ---- the DNS ----


@case.test
def dns_that_leads_elsewhere_says_nothing_of_us_or_is_dead(t):
    right = {("fax.example.com", "MX"): ["mail.example.com"], ("any-box.fax.example.com", "MX"): ["mail.example.com"],
             ("mail.example.com", "A"): ["192.0.2.7"], ("fax.example.com", "TXT"): ["v=spf1 mx -all"]}
    dns = t.enter(DnsServer(right))
    server = t.enter(Server(t.folder(), settings={"dns_servers": dns.address}))
    server.apply({"installation": PUBLIC})
    t.equal([ok for ok, _ in looks(server)["DNS"]], [True] * 4, f"with all that has to be there: {looks(server)['DNS']}")
    dns.zone[("fax.example.com", "MX")] = ["mx.provider.example"]
    del dns.zone[("fax.example.com", "TXT")]
    del dns.zone[("mail.example.com", "A")]
    found = looks(server)
    expect(t, found, "DNS", True, "MX fax.example.com leads to other servers", "else let it name this one", "mx.provider.example")
    expect(t, found, "DNS", False, "TXT fax.example.com has no SPF record", "v=spf1 mx -all")
    expect(t, found, "DNS", False, "A mail.example.com is missing", "Enter it")
    dns.silent = True
    server.apply({"installation": {"fax_domain": "fax.example.org", "host_name": "mail.example.org", "from_address": "fax@fax.example.org"}})  # of which nothing is remembered
    found = looks(server)
    for record in ("MX fax.example.org", "A mail.example.org", "TXT fax.example.org"):
        expect(t, found, "DNS", False, f"{record}: the DNS does not answer", "dns_servers")


# ---- what faxpost.conf names ----


@case.test
def certificates_that_nobody_would_believe_are_told(t):
    folder, authority = t.folder(), certs.Authority(t.folder())
    chain, key = folder / "chain.pem", folder / "chain.key"
    server = bare(t, tls_certificate=chain, tls_key=key, host_name="fax.example.com")

    def put(host, days=30):
        for source, target in zip(authority.certificate(host, days=days, file=f"{host}-{days}"), (chain, key)):
            shutil.copy(source, target)

    put("fax.example.com")
    expect(t, looks(server, "--conf", server.conf), "certificate", True, "good for", "fax.example.com")
    put("fax.example.com", days=-1)
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "ended", "Renew it")
    put("www.example.com")
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "is not for fax.example.com", "get one for that name")
    shutil.copy(authority.certificate("fax.example.com", file="another")[1], key)
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "is not the key of", "two files of the same certificate")
    key.write_text("no key")
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "chain.key (tls_key) holds no private key")
    chain.write_text("no certificate")
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "chain.pem (tls_certificate) holds no certificate")
    chain.unlink()
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "cannot read", "tls_certificate names it")
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:secret", "-out", key], check=True, capture_output=True)
    put_chain = authority.certificate("fax.example.com", file="third")[0]
    shutil.copy(put_chain, chain)
    expect(t, looks(server, "--conf", server.conf), "certificate", False, "without a passphrase")


@case.test
def ports_that_others_hold_are_told(t):
    with contextlib.ExitStack() as held:
        tcp = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        server = bare(t, smtp_listen=f"127.0.0.1:{tcp.getsockname()[1]}", sip_listen=f"127.0.0.1:{udp.getsockname()[1]}",
                      http_listen="192.0.2.99:8080")
        found = looks(server, "--conf", server.conf)
        expect(t, found, "server", False, "systemctl status faxpost")
        expect(t, found, "port smtp", False, "taken by another program", "ss -lntup", "smtp_listen")
        expect(t, found, "port sip", False, "taken by another program", "sip_listen")
        expect(t, found, "port http", False, "no address of this machine", "http_listen")
    found = looks(server, "--conf", server.conf)
    t.true("port smtp" not in found and "port sip" not in found, f"when they have let go: {found}")


@case.test
def configuration_that_cannot_be_used_is_told_with_its_line(t):
    server = bare(t)
    server.conf.write_text("state_dir = /var/lib/faxpost\nmax_calls = many\n")
    expect(t, looks(server, "--conf", server.conf), "configuration", False, "faxpost.conf:2", "max_calls")
    server.conf.write_text("state_dir = /srv/elsewhere\n")
    expect(t, looks(server, "--conf", server.conf), "configuration", False, "/srv/elsewhere", "--state")
    expect(t, looks(server, "--conf", server.folder / "none"), "configuration", False, "cannot read")


# ---- folders ----


@case.test
def owners_and_rights_that_are_wrong_are_told(t):
    server = Server(t.folder())
    server.start()
    server.stop()
    expect(t, looks(server), "state directory", True, "as they should be")
    store = server.state / "faxpost.db"
    server.state.chmod(0o777)
    expect(t, looks(server), "state directory", False, "chmod o-w")
    server.state.chmod(0o755)
    store.chmod(0o644)
    expect(t, looks(server), "state directory", False, "chmod 0600")
    store.chmod(0o600)
    (server.state / "keys").rename(server.state / "gone")
    expect(t, looks(server), "state directory", False, "no keys", "backup")
    (server.state / "gone").rename(server.state / "keys")
    there = {account.pw_name for account in pwd.getpwall()}
    if os.geteuid() != 0 or not {"faxpost", "faxpost-net"} <= there:
        t.note("whose files they are: not tried, for there are no accounts of Faxpost here")
        return
    expect(t, looks(server, "--conf", server.conf), "accounts", True)
    os.chown(store, 0, 0)
    expect(t, looks(server, "--conf", server.conf), "accounts", False, "faxpost.db does not belong to faxpost", "chown -R faxpost:")
    server.conf.write_text(server.conf.read_text() + "net_user = nobody.here\n")
    expect(t, looks(server, "--conf", server.conf), "accounts", False, "no account \"nobody.here\"", "useradd")


@case.test
def disks_without_room_files_or_writing_are_told(t):
    spaces.own(t)
    server = bare(t)
    spaces.run(t, "mount", "-t", "tmpfs", "-o", "size=40m,nr_inodes=400", "none", server.state)
    expect(t, looks(server), "disk", True, "MB are free")
    (server.state / "large").write_bytes(bytes(37 << 20))
    expect(t, looks(server), "disk", False, "make room", "keep_received_days")
    (server.state / "large").unlink()
    for n in range(390):
        (server.state / str(n)).touch()
    expect(t, looks(server), "disk", False, "hardly any inodes", "make room")
    spaces.run(t, "mount", "-o", "remount,ro", server.state)
    expect(t, looks(server), "disk", False, "cannot be written", "fsck")


# ---- the far sides ----


class Registrar:
    """A SIP server that says the same to everything; None: nothing."""

    def __init__(self, words):
        self.words = words
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *what):
        self.socket.close()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                data, sender = self.socket.recvfrom(65536)
                if self.words:
                    self.socket.sendto(self.answer(data.decode(errors="replace")), sender)

    def answer(self, request):
        kept = [line for line in request.split("\r\n") if line.split(":")[0].lower() in ("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq")]
        kept = [line + ";tag=1" if line.lower().startswith(("to:", "t:")) and "tag=" not in line else line for line in kept]
        return "\r\n".join([f"SIP/2.0 {self.words}", *kept, 'WWW-Authenticate: Digest realm="x", nonce="1"', "Content-Length: 0", "", ""]).encode()


@case.test
def trunks_that_are_silent_or_let_nobody_in_are_told(t):
    silent, strict = t.enter(Registrar(None)), t.enter(Registrar("401 Unauthorized"))
    server = t.enter(Server(t.folder()))
    server.apply({"installation": {"fax_domain": provision.DOMAIN},
                  "trunks": [{"name": "silent", "peer": f"sip:127.0.0.1:{silent.port}"},
                             {"name": "strict", "peer": f"sip:127.0.0.1:{strict.port}", "register": True, "username": "fax", "password": "wrong"}]})
    expect(t, looks(server), "trunk silent", False, "does not answer OPTIONS")

    def refused():
        return [text for ok, text in looks(server).get("trunk-down", []) if not ok and "strict" in text]

    said = t.wait(refused, f"nobody says that strict lets us not in: {server.json('trunks')}; {server.log_tail()}", 120)[0]
    t.true("401" in said and "password" in said, f"of a registration that is refused: {said}")


@case.test
def mail_servers_that_refuse_or_show_a_wrong_certificate_are_told(t):
    folder = t.folder()
    foreign = certs.Authority(folder, "foreign").certificate("127.0.0.1")
    plain = t.enter(FakeSmtp(replies={"MAIL FROM": "550 5.7.1 who are you"}))
    wrong = t.enter(FakeSmtp(certificate=foreign, starttls=True))
    server = t.enter(Server(t.folder(), settings={"deliver": "smtp"}))

    def use(peer, security):
        server.apply({"mail_server": {"host": "127.0.0.1", "port": peer.port, "security": security}})
        return looks(server)

    expect(t, use(plain, "none"), "mail server, a mail", False, "who are you")
    expect(t, use(wrong, "starttls"), "mail server, a mail", False, "certificate")
    plain.replies.clear()
    found = use(plain, "none")
    expect(t, found, "mail server, a mail", True, "would take one")
    t.equal(plain.mails, [], "mails that were sent for it")
    plain.down()
    expect(t, looks(server), "mail server", False, "refused")
    plain.up()


case.main()
