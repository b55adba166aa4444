# SPDX-License-Identifier: AGPL-3.0-or-later
"""./run from outside: what it shows, what it refuses, what it leaves behind."""

import concurrent.futures
import fcntl
import json
import os
import signal
import socket
import subprocess

import case
import mail
import pdf
import pixels
import postgres
import provision
from server import BUILD, Server, is_zombie
from store import Store

RUN = BUILD.parent / "run"
SECONDS = 400  # for a fax at telephone speed on a busy machine
BLOCKED, TERMINATED = 1, 128 + signal.SIGTERM


class Run:
    """./run that keeps serving, and what it has printed."""

    def __init__(self, t, state, *words):
        self.state, self.said = state, []
        self.process = subprocess.Popen([RUN, "--port-base", "0", "--state", state, *words], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        t.later(self.end)

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.stdout.close()

    def await_line(self, t, word):
        for line in self.process.stdout:
            self.said.append(line)
            if word in line:
                return line
        return t.fail(f"it ended without a line that says {word!r}: {''.join(self.said)}")

    def pids(self):
        """Of the server and its roles."""
        lines = (self.state / "run" / "roles").read_text().split("\n")
        return [int((self.state / "run" / "ready").read_text())] + [int(line.split()[3]) for line in lines if line]

    def cli(self, *words):
        done = subprocess.run([BUILD / "src" / "faxpost", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "FAXPOST_STATE": str(self.state)}, text=True)
        return done.returncode, done.stdout


def once(state, *words):
    done = subprocess.run([RUN, "--once", "--state", state, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=SECONDS)
    return done.returncode, done.stdout


def alive(pids):
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}") and not is_zombie(pid)]


def nothing_is_left(t, run, pids):
    t.true(len(pids) >= 8, f"only {len(pids)} processes ran")
    t.wait(lambda: not alive(pids), f"processes are left: {alive(pids)}", 20)
    with open(run.state / "lock", "rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def ports_with_one_taken(t, offset, kind):
    """(a port base, that base plus offset, which somebody has)"""
    other = socket.socket(socket.AF_INET, kind)
    t.later(other.close)
    other.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        other.listen()
    return other.getsockname()[1] - offset, other.getsockname()[1]


@case.test
def run_once_shows_everything(t):
    """Over SQLite and over PostgreSQL, side by side."""
    database = t.enter(postgres.Server())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(once, t.folder() / "var", "--port-base", "0", *words) for words in ((), ("--store", database.make("fax")))]
    for status, said in (run.result() for run in runs):
        t.equal(status, 0, f"exit status, after: {said[-1500:]}")
        for word in ("250", "page    2 of 2 confirmed", "all equal", "report"):
            t.true(word in said, f"it does not say {word!r}: {said}")
    t.equal(database.ask("SELECT count(*) FROM job WHERE state = 3", "fax").strip(), "1", "faxes that were sent, in PostgreSQL")


@case.test
# proves: S2.13 S2.14
def document_given_by_swaks_arrives_while_it_serves(t):
    run = Run(t, t.folder() / "var")
    ports = json.loads(run.await_line(t, '"smtp"'))
    command = run.await_line(t, "swaks").split()
    t.equal(command[2], f"127.0.0.1:{ports['smtp']}", "the server in the command it shows")
    boxes = {name: run.state / "maildir" / name / "new" for name in (provision.FRONT, provision.BACK)}
    before = {path for folder in boxes.values() for path in folder.glob("*")}
    document = run.state.parent / "x.pdf"
    document.write_bytes(pdf.make(3, document=4242))
    done = subprocess.run([document if word == "FILE.pdf" else word for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    t.equal(done.returncode, 0, f"exit status of swaks, after: {done.stdout}")
    came = {name: t.wait(lambda folder=folder: [p for p in folder.glob("*") if p not in before],
                         f"no new mail in {folder}; log: {(run.state / 'log').read_text()[-600:]}", SECONDS)
            for name, folder in boxes.items()}
    t.equal({name: len(paths) for name, paths in came.items()}, {provision.FRONT: 1, provision.BACK: 1}, "new mails")
    pages = pixels.pages_of_bytes(mail.attachment(mail.read(came[provision.BACK][0]))[1])
    t.equal([pixels.read_mark(p) for p in pages], [(4242, n, 3) for n in range(3)], "marks of the pages")
    report = mail.read(came[provision.FRONT][0])
    t.true("delivered" in report["Subject"] and mail.attachment(report)[1] is not None, f"report: {report['Subject']}")
    pids = run.pids()
    t.equal(run.end(), TERMINATED, "exit status")
    nothing_is_left(t, run, pids)


@case.test
def sigterm_during_a_call_ends_every_process(t):
    run = Run(t, t.folder() / "var")
    run.await_line(t, "job ")
    t.wait(lambda: any(c["phase"] == "sending" for c in json.loads(run.cli("status", "--json")[1])["calls"] or []),
           "no page is on its way", SECONDS)
    pids = run.pids()
    t.equal(run.end(), TERMINATED, "exit status")
    nothing_is_left(t, run, pids)
    t.equal([j["state"] in ("waiting", "calling") for j in Store(run.state).jobs()], [True], "the job is still to be done")


@case.test
def it_ends_at_whatever_moment_it_is_told_to(t):
    state = t.folder() / "var"
    for number, word in ((signal.SIGTERM, "state "), (signal.SIGINT, "serving "), (signal.SIGTERM, "mail "),
                         (signal.SIGINT, "job "), (signal.SIGTERM, '"smtp"'), (signal.SIGINT, "building")):
        run = Run(t, state)
        run.await_line(t, word)
        t.equal(run.end(number), 128 + number, f"exit status at \"{word}\"")
        with open(state / "lock", "ab+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@case.test
def killed_run_leaves_no_process(t):
    run = Run(t, t.folder() / "var")
    run.await_line(t, "serving ")
    pids = run.pids()
    run.process.kill()
    run.process.wait()
    nothing_is_left(t, run, pids)


@case.test
def second_run_on_one_state_is_refused(t):
    first = t.enter(Server(t.folder()))
    pids = [pid for _, pid in first.roles()]
    status, said = once(first.state, "--port-base", "0")
    t.equal(status, BLOCKED, "exit status")
    for word in ("another Faxpost runs", str(first.state), "--state"):
        t.true(word in said, f"it does not say {word!r}: {said}")
    t.equal(alive(pids), pids, "processes of the first one")
    t.true((first.state / "run" / "ready").exists(), "the first one does not count as ready any more")
    t.equal(first.json("status")["boxes"], [], "boxes of the first one")


@case.test
def taken_port_is_named_with_a_way_out(t):
    for offset, kind in ((25, socket.SOCK_STREAM), (70, socket.SOCK_DGRAM)):
        base, port = ports_with_one_taken(t, offset, kind)
        status, said = once(t.folder() / "var", "--port-base", str(base))
        t.equal(status, BLOCKED, f"exit status, after: {said}")
        for word in (f"127.0.0.1:{port}", "in use", "--port-base"):
            t.true(word in said, f"it does not say {word!r}: {said}")


@case.test
def what_an_administrator_changed_stays(t):
    run = Run(t, t.folder() / "var")
    run.await_line(t, "serving ")
    t.equal(run.cli("set", "faxboxes.front.header_name", "Our own name")[0], 0, "exit status of set")
    t.equal(run.cli("set", "tenants.example.zone", "Europe/Rome")[0], 0, "exit status of set")
    before = json.loads(run.cli("export")[1])
    run.end()
    again = Run(t, run.state)
    sip = json.loads(again.await_line(t, '"sip"'))["sip"]
    again.await_line(t, "serving ")
    before["trunks"][0]["peer"] = f"sip:127.0.0.1:{sip}"  # the one thing that cannot stay: the kernel chose another port
    t.equal(json.loads(again.cli("export")[1]), before, "provisioning after the second start")


case.main()
