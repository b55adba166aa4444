# SPDX-License-Identifier: AGPL-3.0-or-later
"""faxpost gateway: mailboxes that are read by a component of its own, against Dovecot; both ends are killed."""

import collections
import json
import os
import random
import signal
import subprocess

import case
import mail
import provision
from dovecot import PASSWORD, Dovecot
from server import BUILD, Server
from store import Store

FRONT, ADDRESS = provision.FRONT, "fax@clinic.example"
KILLS = 40 if case.LONG else 12


class Gateway:
    def __init__(self, folder, server, **conf):
        self.file, self.log = folder / "gateway.json", folder / "gateway.log"
        self.file.write_text(json.dumps({
            "server": "127.0.0.1", "local_port": server.port("gateway")[1], "local_data_port": server.port("gateway-data")[1],
            "mailboxes": {"scans": {"password": PASSWORD}}, **conf}))
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *what):
        self.kill()

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([BUILD / "src" / "faxpost", "gateway", "--conf", self.file], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def house(t, dovecot, protocol="imap", settings=None, **fields):
    server = t.enter(Server(t.folder(), settings={"gateway_address": "127.0.0.1", "local_port": 0, "local_data_port": 0,
                                                  **(settings or {})}))
    told = provision.example(9)
    told["tenants"][0]["dmarc"] = "off"
    told["faxboxes"][0]["mailbox"] = "scans"
    told["mailboxes"] = [{"name": "scans", "tenant": "example", "address": ADDRESS, "protocol": protocol, "host": "localhost",
                          "port": dovecot.port(protocol, "implicit"), "pin": dovecot.pin(), "username": "fax", "gateway": True,
                          "interval": 5, **fields}]
    server.apply(told)
    return server


def put(dovecot, number, size=1):
    dovecot.put("fax", mail.make(FRONT, f'"{number}" <{ADDRESS}>', [("a.txt", "text/plain", b"a page\n" * size)]))


def numbers(server):
    return sorted(row["number"] for row in Store(server.state).rows("SELECT number FROM submission_target"))


def wanted(count):
    return [f"+493012345{n:03}" for n in range(count)]


def alarm(t, server, code):
    return t.wait(lambda: next((a["text"] for a in server.json("status")["alarms"] if a["code"] == code), None),
                  f"no alarm {code}; log: {server.log_tail()}", 120)


@case.test
# proves: S4.4
def gateway_reads_what_is_marked_for_it(t):
    for protocol in ("imap", "pop3"):
        dovecot = t.enter(Dovecot(t.folder()))
        server = house(t, dovecot, protocol)
        for n in range(4):
            put(dovecot, f"03012345{n:03}", (1, 20000, 1, 100000)[n])
        gateway = t.enter(Gateway(t.folder(), server))
        t.wait(lambda: numbers(server) == wanted(4), f"{protocol}: all mails; {gateway.log.read_text()[-1500:]} {server.log_tail()}")
        t.wait(lambda: dovecot.lying("fax") == 0, "the mailbox is emptied")
        t.equal(len(Store(server.state).mails_in()), 4, "mails stored")
        status, _, err = server.cli("set", "mailboxes.scans.enabled", "false")  # counts at once, also there
        t.equal((status, err), (0, ""), "faxpost set")
        t.wait(lambda: "has 0 mailboxes" in gateway.log.read_text(), "the gateway hears of it")
        t.true(PASSWORD not in gateway.log.read_text() + server.log.read_text(), "the password is in no log")
        server.stop()
        dovecot.stop()


@case.test
# proves: S4.4 S4.5
def either_side_may_die_at_any_moment(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 30)))
    choose = random.Random(seed)
    dovecot = t.enter(Dovecot(t.folder()))
    server = house(t, dovecot, choose.choice(("imap", "pop3")))
    gateway = t.enter(Gateway(t.folder(), server))
    kills = collections.Counter()
    for n in range(KILLS * 2):
        put(dovecot, f"03012345{n:03}", choose.choice((1, 100, 20000)))
        if n % 2:
            t.wait(lambda n=n: len(numbers(server)) >= choose.randrange(n + 1), "mails come through", 120)
            who = choose.choice(("gateway", "fetch", "queue"))
            kills[who] += 1
            if who == "gateway":
                gateway.kill()
                gateway.start()
            else:
                server.kill(who)
    t.note(f"seed {seed}, {dict(kills)}")
    t.wait(lambda: numbers(server) == wanted(KILLS * 2),
           f"seed {seed}: each mail once: {numbers(server)}; {gateway.log.read_text()[-1500:]} {server.log_tail()}", 240)
    t.wait(lambda: dovecot.lying("fax") == 0, f"seed {seed}: the mailbox is emptied", 120)
    rows = Store(server.state).mails_in()
    t.equal(len(rows), KILLS * 2, f"seed {seed}: mails stored")


def make_authority(folder, name):
    """(its certificate, certificate of a gateway, its key)"""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    openssl("req", *new, "-subj", "/CN=gateway", "-keyout", f"{name}-gateway.key", "-out", f"{name}.csr")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{name}.pem", "-CAkey", f"{name}.key", "-CAcreateserial", "-days", "2",
            "-out", f"{name}-gateway.pem")
    return folder / f"{name}.pem", folder / f"{name}-gateway.pem", folder / f"{name}-gateway.key"


@case.test
# proves: S4.4
def with_an_authority_only_its_gateways_are_let_in(t):
    from dovecot import make_certificate, pin_of
    folder = t.folder()
    authority, certificate, key = make_authority(folder, "ours")
    _, other_certificate, other_key = make_authority(folder, "others")
    make_certificate(folder / "server.pem", folder / "server.key")
    dovecot = t.enter(Dovecot(t.folder()))
    server = house(t, dovecot, settings={"gateway_ca": authority, "tls_certificate": folder / "server.pem",
                                         "tls_key": folder / "server.key"})
    put(dovecot, "03012345000", 20000)
    pin = pin_of(folder / "server.pem")
    for what, conf in (("in clear", {}),
                       ("of another authority", {"certificate": str(other_certificate), "key": str(other_key), "pin": pin}),
                       ("with another server", {"certificate": str(certificate), "key": str(key), "pin": "0" * 64})):
        with Gateway(t.folder(), server, **conf) as gateway:
            t.wait(lambda: "is not reached" in gateway.log.read_text(), f"{what}: {gateway.log.read_text()}")
            t.true("connected with" not in gateway.log.read_text(), f"{what}: it is let in")
    t.equal(Store(server.state).mails_in(), [], "mails")
    with Gateway(t.folder(), server, certificate=str(certificate), key=str(key), pin=pin) as gateway:
        t.wait(lambda: numbers(server) == wanted(1), f"with its certificate; {gateway.log.read_text()} {server.log_tail()}")
    make_certificate(folder / "server.pem", folder / "server.key")  # renewed
    server.process.send_signal(signal.SIGHUP)
    t.wait(lambda: "gateways that connect from now on" in server.log.read_text(), f"not renewed; {server.log_tail()}")
    renewed = pin_of(folder / "server.pem")
    for cert, secret, let_in in ((certificate, key, True), (other_certificate, other_key, False)):
        with Gateway(t.folder(), server, certificate=str(cert), key=str(secret), pin=renewed) as gateway:
            t.wait(lambda: ("connected with" if let_in else "is not reached") in gateway.log.read_text(),
                   f"after the renewal: {gateway.log.read_text()}")


@case.test
# proves: S4.4
def wrong_settings_are_said_in_words(t):
    folder = t.folder()
    server = Server(folder, settings={"gateway_address": "0.0.0.0", "local_port": 0, "local_data_port": 0})
    try:
        server.start()
        t.fail("it starts")
    except RuntimeError:
        t.true("there is no gateway_ca" in server.log.read_text(), server.log.read_text())
    server.stop()
    file = folder / "g.json"
    for text, word in (("{", "no JSON object"), ('{"server": "x", "prot": 1}', 'no setting "prot"'),
                       ('{"local_port": 1}', "server is missing"), ('{"server": 5}', "server is no text"),
                       ('{"server": "fax.example.com"}', "certificate and key are missing"),
                       ('{"server": "127.0.0.1", "local_port": 70000}', "local_port is no port")):
        file.write_text(text)
        done = subprocess.run([BUILD / "src" / "faxpost", "gateway", "--conf", file], capture_output=True, text=True, timeout=60)
        t.true(done.returncode == 78 and word in done.stderr, f"{text}: {done.returncode} {done.stderr}")


@case.test
# proves: S4.4
def without_a_gateway_there_is_an_alarm(t):
    dovecot = t.enter(Dovecot(t.folder()))
    server = house(t, dovecot)
    put(dovecot, "03012345000")
    t.true("start `faxpost gateway`" in alarm(t, server, "mailbox-gateway"), "the alarm says what to do")
    t.equal(dovecot.lying("fax"), 1, "the mail lies there")
    t.enter(Gateway(t.folder(), server))
    t.wait(lambda: numbers(server) == wanted(1), "the mail is taken")
    t.wait(lambda: not [a for a in server.json("status")["alarms"] if a["code"].startswith("mailbox")], "the alarm ends")


case.main()
