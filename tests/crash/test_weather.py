# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Faxpost stands on fails - the DNS, the mail server, a certificate, the clock, the disk: nothing is lost or doubled,
somebody is told what to do, and all goes on by itself when it is mended."""

import contextlib
import email
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess

import case
import certs
import dns
import pdf
import provision
import server as servers
import spaces
from fake_smtp import FakeSmtp
from house import FAX_SECONDS, House
from real_disk import RealDisk
from verdict import delivered

HOUR_MS = 3600 * 1000
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"  # where mailout may read
OUTSIDE = "10.77.0.1"  # an address that is not loopback, and so not trusted


def all_mailed(t, house, peer, mails):
    """Each fax to whom it was for, and its report to who sent it by mail: so many, each once."""
    t.wait(lambda: all(m["state"] == "sent" for m in house.store.mails_out()), "mails wait", FAX_SECONDS)
    about = [(m["kind"], m["about"], m["recipient"]) for m in house.store.mails_out() if m["kind"] != "alarm"]
    t.equal((len(set(about)), len(about)), (mails, mails), "mails about faxes, and of them different ones")
    sent = [email.message_from_bytes(m)["Message-ID"] for m in peer.mails]
    t.equal(len(set(sent)), len(sent), "different mails at the mail server")
    t.equal(len(sent), len(house.store.mails_out()), "mails at the mail server")


# ---- names ----


def own_network(t, names):
    """A network without any way out, where 127.0.0.1 is the resolver."""
    spaces.own(t, spaces.MOUNTS | spaces.NETWORK)
    spaces.run(t, "ip", "link", "set", "lo", "up")
    spaces.run(t, "ip", "address", "add", f"{OUTSIDE}/32", "dev", "lo")
    file = t.folder() / "resolv.conf"
    file.write_text("nameserver 127.0.0.1\noptions timeout:3 attempts:2\n")
    spaces.run(t, "mount", "--bind", file, os.path.realpath("/etc/resolv.conf"))
    return t.enter(dns.DnsServer(names, port=53))


def send(t, house, document):
    """Not by mail."""
    file = house.server.folder / f"{document}.pdf"
    file.write_bytes(pdf.make(1, document=document, lines=5))
    status, _, complaint = house.server.cli("send", "200", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"exit status of send: {complaint}")


@case.test
def dead_dns_delays_faxes_and_mails_and_loses_none(t):
    names = own_network(t, {("sender.example", "A"): [OUTSIDE], ("sender.example", "TXT"): [f"v=spf1 ip4:{OUTSIDE} -all"],
                            ("_dmarc.sender.example", "TXT"): ["v=DMARC1; p=reject"], ("mail.example", "A"): [OUTSIDE],
                            ("trunk.example", "A"): [OUTSIDE]})
    peer = t.enter(FakeSmtp(address=OUTSIDE))
    house = House(t, address=OUTSIDE, peer="trunk.example", sender="desk@sender.example", pace=False, trunk={"keepalive": 5},
                  mail_server={"host": "mail.example", "port": peer.port, "security": "none"})
    t.equal(house.post(1), 250, "a mail was answered with")
    house.all_done(1)
    all_mailed(t, house, peer, 2)
    names.silent = True
    t.equal(house.post(2), 451, "a mail whose author nobody can prove was answered with")
    send(t, house, 3)  # line knows where the trunk is
    house.all_done(2)
    stays = house.alarm_is_raised("mail-waits")
    t.true("mail.example" in stays["text"], f"the alarm about mails: {stays}")
    house.server.kill("line")  # and the next one does not
    send(t, house, 4)
    down = house.alarm_is_raised("trunk-down")
    t.true("trunk.example" in down["text"], f"the alarm about the trunk: {down}")
    names.silent = False
    t.equal(house.post(2), 250, "the same mail was answered with")
    house.all_done(4)
    house.alarm_is_over("trunk-down")
    house.alarm_is_over("mail-waits")
    all_mailed(t, house, peer, 6)


# ---- the mail server ----


@case.test
def mails_wait_for_a_mail_server_that_is_down(t):
    peer = t.enter(FakeSmtp())
    house = House(t, pace=False, mail_server={"host": "127.0.0.1", "port": peer.port, "security": "none"})
    peer.down()
    t.equal([house.post(1), house.post(2, number="+493055501")], [250, 250], "mails were answered with")
    house.all_done(2)
    alarm = house.alarm_is_raised("mail-waits")
    t.true(f"127.0.0.1:{peer.port}" in alarm["text"] or "127.0.0.1" in alarm["text"], f"the alarm: {alarm}")
    t.equal(house.web.get("/api/v1/health").status, 200, "health: faxes are sent and received")
    peer.up()
    house.alarm_is_over("mail-waits")
    all_mailed(t, house, peer, 4)
    house.judge()


# ---- certificates ----


def put(source, target):
    for old, new in zip(source, target):
        shutil.copy(old, new)


@case.test
def expired_certificates_stop_nothing_that_need_not_stop(t):
    """Ours: we are spoken to as before by who does not check. The mail server's: no mail is given to it until it is renewed."""
    authority, folder = certs.Authority(t.folder()), t.folder()
    spaces.own(t)
    spaces.run(t, "mount", "--bind", authority.file, AUTHORITIES)
    shown = (folder / "shown.pem", folder / "shown.key")
    old, new = (authority.certificate("localhost", days=days, file=folder / str(days)) for days in (-1, 90))
    put(old, shown)
    peer = t.enter(FakeSmtp(certificate=old, starttls=True))
    house = House(t, pace=False, settings={"tls_certificate": shown[0], "tls_key": shown[1]},
                  mail_server={"host": "localhost", "port": peer.port, "security": "starttls", "ca_file": AUTHORITIES})
    house.alarm_is_raised("certificate-ended")
    t.equal(house.post(1), 250, "a mail was answered with")
    house.all_done(1)
    alarm = house.alarm_is_raised("mail-waits")
    t.true("expired" in alarm["text"], f"the alarm about mails does not say why: {alarm}")
    t.equal((peer.mails, house.server.cli("doctor")[0]), ([], 1), "mails at that server, and what the doctor ends with")
    put(new, shown)
    peer.context.load_cert_chain(*new)
    house.server.process.send_signal(signal.SIGHUP)
    house.alarm_is_over("certificate-ended")
    if not case.LONG:  # it is tried again after five minutes; nobody has to wait for them
        t.equal(house.server.cli("mails", "retry", "all")[0], 0, "exit status of mails retry")
    house.alarm_is_over("mail-waits", 600)
    all_mailed(t, house, peer, 2)
    house.judge()


# ---- the clock ----


class Clock:
    """Of a server: how far its wall clock is ahead of ours."""

    def __init__(self, t):
        self.file = t.folder() / "ahead"
        self.file.write_bytes(bytes(mmap.PAGESIZE))
        library = servers.BUILD / "tests" / "crash" / "clock-shift.so"
        self.env = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self.file)}

    def set(self, hours):
        with open(self.file, "r+b") as file:
            file.write(struct.pack("<q", int(hours * HOUR_MS)))


@case.test
def clock_that_jumps_a_day_ends_no_call_and_deletes_nothing(t):
    """Forward while a fax is under way, and back two days while the next one is."""
    clock = Clock(t)
    house = House(t, env=clock.env)
    house.server.apply({"tenants": [{"name": "example", "keep_received_days": 1, "keep_sent_days": 1}]})
    for document, hours, word in ((1, 25, "forward"), (2, -25, "back")):
        t.equal(house.post(document, pages=2), 250, f"mail {document} was answered with")
        house.page_confirmed()
        clock.set(hours)
        alarm = t.wait(lambda: next((a for a in house.server.json("alarms")["items"]
                                     if a["code"] == "clock-set" and word in a["text"]), None), f"no alarm: {word}", 120)
        t.true(alarm["do"], f"it does not say what to do: {alarm}")
        house.all_done(document)
        t.equal([len(house.store.attempts(j["id"])) for j in house.store.jobs()], [1] * document, "calls of each fax")
    clock.set(0)
    t.equal(house.post(3), 250, "mail 3 was answered with")
    house.all_done(3)
    t.equal(len(house.store.faxes()), 3, "received faxes that are kept")
    house.judge()
    t.wait(lambda: all(m["state"] == "sent" for m in house.store.mails_out()), "mails wait", 120)
    t.equal(delivered(house.server, house.store, provision.BACK), [], "what became of the mails to the receiver")


# ---- the disk ----


@case.test
def disk_that_turns_read_only_keeps_what_was_accepted(t):
    """As a kernel makes it that finds an error of the file system; it takes a repair, and so a start, to write there again."""
    folder = t.folder()
    disk = RealDisk(t, folder / "state")
    house = House(t, folder=folder)
    t.equal(house.post(1), 250, "the first mail was answered with")
    house.all_done(1)
    t.equal(house.post(2, pages=3), 250, "the second mail was answered with")
    house.page_confirmed()
    disk.fail()
    with contextlib.suppress(OSError):
        t.true(house.post(3, seconds=10) in (421, 451, 452), "a mail was taken that cannot be stored")
    t.wait(lambda: "Look at the disk" in house.server.log.read_text(), f"the log does not say it: {house.server.log_tail()}", 120)
    t.wait(lambda: " alert ALARM queue-down" in house.server.log.read_text(), f"nobody is called: {house.server.log_tail()}", 120)
    t.equal(house.server.log.read_text().count("ALARM queue-down"), 1, "it is said once")
    found = {r["test"]: r for r in json.loads(house.server.cli("doctor", "--json")[1])}
    t.true(not found["disk"]["ok"] and "cannot be written" in found["disk"]["text"], f"the doctor says: {found['disk']}")
    t.equal(house.web.get("/api/v1/health").status, 503, "health")
    house.server.stop()
    disk.mend(t)
    house.server.start()
    house.all_done(2)
    t.equal(house.post(3), 250, "the third mail was answered with")
    house.all_done(3)
    house.judge()


case.main()
