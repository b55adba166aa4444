# SPDX-License-Identifier: AGPL-3.0-or-later
"""Another version or another configuration: the server begins anew when no call is in the way, on the sockets it had."""

import os
import pathlib
import shutil
import smtplib
import subprocess
import sys
import threading
import time

import case
import mail
import pdf
import pixels
import provision
from server import BUILD, Server, held_port, is_zombie
from store import Store

FAX_SECONDS = 240
NUMBERS = [f"+4930555{n:02}" for n in range(10)]  # one call at a time goes to each
CALLS = 2 * len(NUMBERS)  # each fax is one call out and one in
EX_CONFIG, EX_PROTOCOL = 78, 76


class Installed:
    """The programs in a folder of their own, to be replaced as a package does it: written beside, renamed."""

    def __init__(self, t):
        self.folder = t.folder()
        (self.folder / "src").mkdir()
        for path in (BUILD / "src").glob("faxpost*"):
            if path.is_file() and os.access(path, os.X_OK):
                shutil.copy(path, self.folder / "src")

    def replace(self, *names):
        for name in names:
            path = self.folder / "src" / f"faxpost-{name}"
            shutil.copy(BUILD / "src" / path.name, path.with_suffix(".new"))
            path.with_suffix(".new").rename(path)

    def spoil(self, name):
        """One that says what a program of another version says."""
        path = self.folder / "src" / f"faxpost-{name}"
        path.with_suffix(".new").write_text(f"#!/bin/sh\nexit {EX_PROTOCOL}\n")
        path.with_suffix(".new").chmod(0o755)
        path.with_suffix(".new").rename(path)


def program_of(pid):
    """The file it runs; None where it is gone."""
    try:
        return os.stat(f"/proc/{pid}/exe").st_ino
    except OSError:
        return None


def life(server):
    return int((server.state / "run" / "renewal").read_text().split()[0])


def codes_of(refused):
    """Of a refused mail: the answer's code, or those for its recipients."""
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        return {code for code, _ in refused.recipients.values()}
    return {refused.smtp_code}


class Postman(threading.Thread):
    """Brings a mail now and then, whatever happens; each has to be taken at once, or with a 421 that brings it again."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.address = server, server.port("smtp")
        self.ending, self.taken, self.again, self.error = threading.Event(), [], 0, None

    def run(self):
        document = 500
        while not self.ending.wait(0.3):
            message = mail.make(provision.FRONT, f"check+{NUMBERS[0]}@front.{provision.DOMAIN}",
                                [("a.pdf", "application/pdf", pdf.make(1, document=document, lines=2))])
            try:
                mail.send(self.address, message)
                self.taken.append(message["Message-ID"].strip("<>"))
                document += 1
            except (smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError):
                self.again += 1
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refused:
                self.again += 1
                if codes_of(refused) != {421}:
                    self.error = f"a mail was answered with {refused}"
            except OSError as error:
                self.error = f"nobody was there: {error}"

    def stop(self):
        self.ending.set()
        self.join()
        return self.error


@case.test
def upgrade_during_twenty_calls_loses_none(t):
    programs = Installed(t)
    server = t.enter(Server(t.folder(), build=programs.folder))
    server.apply(provision.example(server.port("sip")[1], more_numbers=NUMBERS, pace=case.LONG))
    store, ports = Store(server.state), {name: server.port(name) for name in ("smtp", "http", "sip")}
    before, parent = dict(server.roles()), server.process.pid
    # Held until all are there: they begin together.
    server.apply({"faxboxes": [{"id": "front", "tenant": "example", "send_window": "mon 00:00-00:01"}]})
    for n, number in enumerate(NUMBERS):
        mail.send(server.port("smtp"), mail.make(provision.FRONT, f"{number}@front.{provision.DOMAIN}",
                                                 [("a.pdf", "application/pdf", pdf.make(3, document=n + 1, lines=60))]))
    t.wait(lambda: len(store.jobs()) == len(NUMBERS), "the mails became no jobs", 120)
    server.apply({"faxboxes": [{"id": "front", "tenant": "example", "send_window": ""}]})
    t.wait(lambda: len([a for a in store.attempts() if a["state"] != "ended"]) == CALLS, "the calls do not begin together", 120)
    programs.replace("parent", "queue", "line", "call", "mailin", "pickup")
    postman = Postman(server)
    postman.start()
    asked = subprocess.Popen([programs.folder / "src" / "faxpost", "upgrade"], env=server.env, stdout=subprocess.PIPE, text=True)
    t.wait(lambda: "waiting for" in (server.state / "run" / "renewal").read_text(), "it does not wait for its calls", 60)
    t.equal({r: p for r, p in server.roles() if program_of(p)}, before, "processes while calls are under way")
    said = asked.communicate(timeout=FAX_SECONDS * 2)[0]
    t.true(asked.returncode == 0 and "has begun anew" in said, f"upgrade ended with {asked.returncode}: {said}")
    t.wait(lambda: len(server.roles()) == len(before), "not all run again", 60)
    t.none(postman.stop())
    after = dict(server.roles())
    t.equal([r for r in before if after.get(r) == before[r]], [], "processes of before")
    t.equal(server.process.poll(), None, "the parent's exit status")
    t.equal(program_of(parent), (programs.folder / "src" / "faxpost-parent").stat().st_ino, "the parent's program")
    t.equal({name: server.port(name) for name in ports}, ports, "ports")
    t.equal([(j["state"], len(store.attempts(j["id"]))) for j in store.jobs() if not j["confirmed"] == 0],
            [("done", 1)] * len(NUMBERS), "faxes, and the calls that each took")
    faxes = [f for f in store.faxes() if f["state"] == "complete"]
    t.equal(sorted(pixels.read_mark(page)[:2] for f in faxes for page in store.pages_received(f["id"])),
            [(n + 1, page) for n in range(len(NUMBERS)) for page in range(3)], "pages that arrived")
    # The mails of that time are there, and calls are made again.
    t.true(postman.taken, "no mail was taken meanwhile")
    t.wait(lambda: set(postman.taken) <= {r["message_id"] for r in store.rows("SELECT message_id FROM submission")},
           "a mail was lost", 120)
    t.note(f"{len(postman.taken)} mails taken meanwhile, {postman.again} brought again")
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"{NUMBERS[0]}@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", pdf.make(1, document=90, lines=2))]))
    t.wait(lambda: len([j for j in store.jobs() if j["state"] == "done"]) == len(NUMBERS) + 1, "no fax leaves afterwards",
           FAX_SECONDS)


@case.test
def configuration_is_read_anew_and_a_wrong_one_is_refused(t):
    server = t.enter(Server(t.folder()))
    status, said, _ = server.cli("upgrade")
    t.true(status == 0 and "nothing to do" in said, f"with nothing new: {status} {said}")
    pids = dict(server.roles())

    def put(**settings):
        server.settings.update(settings)
        server.conf.write_text("".join(f"{key} = {value}\n" for key, value in server.settings.items()))

    put(max_calls="many")
    status, _, complaint = server.cli("upgrade")
    t.true(status == EX_CONFIG and "max_calls" in complaint, f"a wrong configuration: {status} {complaint}")
    t.equal(dict(server.roles()), pids, "processes after what was refused")
    other, holder = held_port()
    t.later(holder.close)
    put(max_calls="8", submission_listen=f"127.0.0.1:{other}", sip_listen="127.0.0.2:0")
    smtp = server.port("smtp")
    status, said, complaint = server.cli("upgrade", seconds=180)
    t.true(status == 0 and "has begun anew" in said, f"a good one: {status} {said} {complaint}")
    t.equal((life(server), server.port("smtp"), server.port("submission")[1]), (1, smtp, other), "life and ports")
    t.equal(server.port("sip")[0], "127.0.0.2", "where SIP is answered")
    t.equal(len([r for r, _ in server.roles() if r.startswith("call.")]), 1, "call processes")
    t.equal(server.cli("status")[0], 0, "exit status of status")
    server.cli("upgrade", "--no-wait")
    t.equal(server.stop(), 0, "exit status")
    t.equal([p for p in pids.values() if pathlib.Path(f"/proc/{p}").exists() and not is_zombie(p)], [], "processes left")


@case.test
def program_of_another_version_is_not_started_beside_the_old_ones(t):
    """A package is being unpacked and a role dies: the messages of old and new are not mixed."""
    refused = subprocess.run([BUILD / "src" / "faxpost-queue"], env={**os.environ, "FAXPOST_WIRE": "0123456789abcdef"},
                             capture_output=True, text=True)
    t.equal(refused.returncode, EX_PROTOCOL, f"exit status; {refused.stderr}")
    programs = Installed(t)
    server = t.enter(Server(t.folder(), build=programs.folder))
    programs.spoil("pickup")
    t.true(server.kill("pickup"), "pickup does not run")
    t.wait(lambda: "beginning anew" in server.log.read_text(), "it did not begin anew", 60)
    programs.replace("pickup")
    t.wait(lambda: program_of(dict(server.roles()).get("pickup.0", 0)) == (programs.folder / "src" / "faxpost-pickup").stat().st_ino,
           "the good program was not started", 120)
    t.wait(lambda: server.cli("status")[0] == 0, "it does not answer", 60)
    t.equal(server.process.poll(), None, "the parent's exit status")


ACTIVATE = """
import os, socket, sys
names = sys.argv[1].split(",")
made = []
for n, port in enumerate(names):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(port)))
    s.listen()
    made.append(s)
spare = [os.dup(s.fileno()) for s in made for _ in range(4)]  # so that 3, 4 ... may be written over
for n, s in enumerate(made):
    os.dup2(spare[-1 - 4 * (len(made) - 1 - n)], 3 + n, inheritable=True)
open(sys.argv[2], "w").write(",".join(str(os.fstat(3 + n).st_ino) for n in range(len(made))))
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(made)))
os.execv(sys.argv[3], sys.argv[3:])
"""


def sockets_of(pid):
    found = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(os.stat(fd).st_ino)
        except OSError:
            pass
    return found


@case.test
def sockets_of_the_service_manager_are_used(t):
    """Socket activation (sd_listen_fds(3)): those for SMTP and HTTP are ours, one that nothing wants is closed."""
    ports, folder = [], t.folder()
    for _ in range(3):
        port, holder = held_port()
        ports.append(port)
        t.later(holder.close)
    made = folder / "made"
    server = t.enter(Server(folder, settings={"smtp_listen": f"127.0.0.1:{ports[0]}", "http_listen": f"127.0.0.1:{ports[1]}"},
                            wrap=[sys.executable, "-c", ACTIVATE, ",".join(map(str, ports)), made]))
    smtp, http, strange = (int(n) for n in made.read_text().split(","))
    for round_ in range(2):
        has = sockets_of(server.process.pid)
        t.equal((smtp in has, http in has, strange in has), (True, True, False), "sockets that it was given and has")
        t.true(smtp in sockets_of(dict(server.roles())["mailin.0"]), "mailin listens on another one")
        with smtplib.SMTP("127.0.0.1", ports[0], timeout=30) as client:
            t.equal(client.noop()[0], 250, "noop")
        if round_ == 0:
            server.settings["max_calls"] = 8
            server.conf.write_text("".join(f"{key} = {value}\n" for key, value in server.settings.items()))
            t.equal(server.cli("upgrade", seconds=180)[0], 0, "exit status of upgrade")
    t.true(str(ports[2]) in server.log.read_text(), "not a word of the socket that nothing wants")


case.main()
