# SPDX-License-Identifier: AGPL-3.0-or-later
"""What package.sh does with an installed package, in a root and a network of their own and with the configuration the
package brought: the wizard, its fax, a mailed fax, another package during twenty calls.

    package_house.py NEW.deb
"""

import fcntl
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import fake_smtp  # noqa: E402
import mail  # noqa: E402
import pdf  # noqa: E402
import pixels  # noqa: E402
from store import Store  # noqa: E402
from web import Browser  # noqa: E402

LINK = re.compile(r"http://\S+/setup#([0-9a-f]{64})")
ADDRESS, PASSWORD, DOMAIN = "ann@clinic.example", "correct horse battery", "fax.clinic.example"
NUMBERS = [f"+4930555{n:02}" for n in range(10)]  # one call at a time goes to each, and each is one out and one in
FAX_SECONDS = 900
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def until(true, what, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"package.sh: {what}")
        time.sleep(0.1)


def must(true, what):
    if not true:
        raise SystemExit(f"package.sh: {what}")


class Installed:
    """The server of the package, started as its unit starts it; what a stranger has is its log."""

    def __init__(self, log):
        self.state, self.log = pathlib.Path("/var/lib/faxpost"), pathlib.Path(log)
        with open(self.log, "w") as file:
            self.process = subprocess.Popen(["faxpost", "serve"], stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        until(lambda: self.process.poll() is not None or (self.state / "run" / "ready").exists(), "it does not get ready")
        must(self.process.poll() is None, "it ended:\n" + self.log.read_text())

    def port(self, name):
        """Of the first address it listens at, as one reaches it from here."""
        lines = [line.split() for line in (self.state / "run" / "ports").read_text().splitlines()]
        host, _, port = next(line[1] for line in lines if line[0] == name).rpartition(":")
        return ("127.0.0.1" if host in ("0.0.0.0", "[::]") else host), int(port)

    def roles(self):
        rows = [line.split() for line in (self.state / "run" / "roles").read_text().splitlines()]
        return {f"{row[0]}.{row[1]}": int(row[3]) for row in rows if int(row[3])}

    def end(self):
        roles = self.roles()
        self.process.send_signal(signal.SIGTERM)
        must(self.process.wait(120) == 0, f"it does not end well: {self.process.returncode}")
        must(not [pid for pid in roles.values() if os.path.exists(f"/proc/{pid}/exe")], "processes are left")


def good(reply, what):
    must(reply.status // 100 == 2, f"{what}: {reply}")
    return reply


def wizard(server, mail_server):
    """Each step as the wizard's page sends it."""
    link = LINK.search(server.log.read_text())
    must(link, "the log shows no link to the wizard")
    page = Browser(server, "setup")
    good(page.post("/api/v1/setup/session", {"token": link.group(1)}), "the wizard's link")
    for step in [
        {"tenants": [{"name": "Clinic", "country": "DE", "zone": "Europe/Berlin"}],
         "users": [{"tenant": "Clinic", "name": "ann", "addresses": [ADDRESS], "role": "installation", "password": PASSWORD}]},
        {"installation": {"fax_domain": DOMAIN, "host_name": "mail.clinic.example"}},
        {"mail_server": {"host": "127.0.0.1", "port": mail_server.port, "security": "none", "envelope_sender": "fax@clinic.example"}},
        {"trunks": [{"name": "main", "peer": "sip:127.0.0.1:{}".format(server.port("sip")[1]), "transport": "udp"}]},
        {"faxboxes": [{"tenant": "Clinic", "id": "front", "name": "front", "extension": "100", "station_id": "100",
                       "users": [{"user": "ann", "send": True, "receive": True}]}]},
    ]:
        good(page.post("/api/v1/provisioning", step), f"the wizard's step {list(step)[-1]}")
    made = good(page.ask("POST", "/api/v1/jobs?box=front&number=100&name=setup.txt", b"A first page.", {"Content-Type": "text/plain"}), "the fax to try")

    def delivered():
        jobs = good(page.get("/api/v1/submissions/" + made.json["submission"]), "the fax to try").json["jobs"]
        must(not jobs or jobs[0]["state"] in ("rendered", "waiting", "calling", "done"), f"the fax to try: {jobs}")
        return jobs and jobs[0]["state"] == "done"

    until(delivered, "the fax to try does not arrive", FAX_SECONDS)
    good(page.post("/api/v1/setup/finish"), "the wizard's end")
    people = Browser(server)
    good(people.login(ADDRESS, PASSWORD), "the administrator's first login")
    return people


def mailed_fax(server, mail_server):
    mail.send(server.port("smtp"), mail.make(ADDRESS, f"200@front.{DOMAIN}", [("a.pdf", "application/pdf", pdf.make(2, document=7))]))

    def arrived():
        for data in list(mail_server.mails):
            _, document = mail.attachment(mail.parse(data))
            marks = document and [pixels.read_mark(page) for page in pixels.pages_of_bytes(document)]
            if marks == [(7, 0, 2), (7, 1, 2)]:
                return True
        return False

    until(arrived, "the mailed fax does not come back as mail", FAX_SECONDS)


def release(people, window):
    good(people.post("/api/v1/provisioning", {"faxboxes": [{"id": "front", "tenant": "Clinic", "send_window": window}]}), "the send window")


def upgrade_during_calls(server, people, package):
    store, before, parent = Store(server.state), server.roles(), server.process.pid
    old = {job["id"] for job in store.jobs()}
    release(people, "mon 00:00-00:01")
    for n, number in enumerate(NUMBERS):
        good(people.ask("POST", f"/api/v1/jobs?box=front&number=%2B{number[1:]}&name=a.pdf", pdf.make(3, document=100 + n, lines=60),
                        {"Content-Type": "application/pdf"}), "a fax of twenty calls")

    def jobs():
        return [job for job in store.jobs() if job["id"] not in old]

    until(lambda: len(jobs()) == len(NUMBERS), "the faxes became no jobs")
    release(people, "")
    until(lambda: len([a for a in store.attempts() if a["state"] != "ended"]) == 2 * len(NUMBERS), "the calls do not begin together", FAX_SECONDS)
    done = subprocess.run(["apt-get", "-q", "-y", "install", "--reinstall", "--no-install-recommends", package], capture_output=True, text=True)
    must(done.returncode == 0, "it cannot be upgraded:\n" + done.stdout + done.stderr)
    must(len([a for a in store.attempts() if a["state"] != "ended"]) > 0, "the calls ended before the upgrade did: nothing was tried")
    until(lambda: all(job["state"] not in ("waiting", "calling", "rendered") for job in jobs()), "the faxes do not end", FAX_SECONDS)
    until(lambda: (server.state / "run" / "renewal").read_text().startswith("1 "), "the new programs are not taken", FAX_SECONDS)
    until(lambda: set(before) <= set(server.roles()) and not set(server.roles().values()) & set(before.values()), "the old roles still run")
    must(server.process.poll() is None and int((server.state / "run" / "ready").read_text()) == parent, "the new one is another process")
    # The schema may be another one now; the counts are read from it.
    counts = sorted((job["state"], len(store.attempts(job["id"]))) for job in jobs())
    must(counts == [("done", 1)] * len(NUMBERS), f"faxes, and the calls that each took: {counts}")
    marks = sorted(mark[:2] for fax in store.faxes() if fax["state"] == "complete" for mark in map(pixels.read_mark, store.pages_received(fax["id"]))
                   if mark and mark[0] >= 100)
    must(marks == [(100 + n, page) for n in range(len(NUMBERS)) for page in range(3)], f"pages that arrived: {marks}")


def main():
    loopback_up()
    with fake_smtp.FakeSmtp() as mail_server:
        server = Installed("/root/serve.log")
        try:
            print("the wizard", flush=True)
            people = wizard(server, mail_server)
            good(people.post("/api/v1/provisioning", {"faxboxes": [
                {"tenant": "Clinic", "id": "back", "name": "back", "extension": "200", "numbers": NUMBERS, "station_id": "200",
                 "users": [{"user": "ann", "send": True, "receive": True}]}]}), "a second box")
            print("a mailed fax", flush=True)
            mailed_fax(server, mail_server)
            print("another package during twenty calls", flush=True)
            upgrade_during_calls(server, people, sys.argv[1])
            must("nothing to do" in subprocess.run(["faxpost", "upgrade"], capture_output=True, text=True).stdout, "it begins anew for nothing")
            must(subprocess.run(["faxpost", "status"], capture_output=True).returncode == 0, "it does not answer after the upgrade")
            print(f"{2 * len(NUMBERS)} calls outlived the upgrade, {len(mail_server.mails)} mails came", flush=True)
            for pid in server.roles().values():
                must(os.stat(f"/proc/{pid}").st_uid != 0, f"process {pid} runs as root")
        except SystemExit:
            print(server.log.read_text()[-4000:], file=sys.stderr)
            raise
        server.end()


main()
