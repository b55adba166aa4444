# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers on one PostgreSQL: faxes in a minute by one, two and four of them, each with so many lines, in real time; and one server
over PostgreSQL beside one over SQLite, where nothing but the processors limits them. All of it on one machine: what is seen is
what taking turns costs, as long as the processors are not full; the notes say how full they were."""

import contextlib
import os
import pathlib
import time

import case
import mail
import pdf
import postgres
import provision
from cluster import Cluster
from density import machine_seconds
from row import Row
from server import Server

NODES = {"jobs, 1 node": 1, "jobs, 2 nodes": 2, "jobs, 4 nodes": 4}
ENGINES = "mails, PostgreSQL"
CASES = (*NODES, ENGINES)
LINES, ROUNDS = 4, int(os.environ.get("FAXPOST_ROUNDS", 5))  # of each server; faxes a line, one after the other
MAILS = int(os.environ.get("FAXPOST_MAILS", 200))
PLACE = "/var/tmp"  # a disk: /tmp may be memory, where a sync costs nothing
SECONDS = 1800
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_ms(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total * 1000 / TICKS


def family(pid):
    """A process and its children; of those that ended the kernel tells the parent alone."""
    return [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def queues(servers):
    return [pid for server in servers for name, pid in server.roles() if name == "queue.0"]


def send(server, number, document):
    parts = [("a.pdf", "application/pdf", pdf.make(1, document=document, lines=2))]
    to = f"{number}@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, parts, message_id=f"<{document}@bench.invalid>"), recipients=[to])


class Busy:
    """How much of the machine was used."""

    def __enter__(self):
        self.idle, self.all = machine_seconds()
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        idle, whole = machine_seconds()
        self.share = 1 - (idle - self.idle) / (whole - self.all)
        self.seconds = time.monotonic() - self.began


def jobs_a_minute(t, nodes, note):
    count = nodes * LINES * ROUNDS
    database = t.enter(postgres.Server(fsync=True, place=PLACE))
    c = Cluster(t, nodes, settings={"max_calls": LINES}, database=database)
    c.apply(calls=nodes * LINES)
    t.wait(lambda: len(c.alive()) == nodes, "not all are alive", SECONDS)
    names = c.alive()
    for name in names:  # until all is rendered
        t.equal(c.nodes[0].cli("nodes", "drain", name)[0], 0, "drain")
    for n in range(count):
        send(c.nodes[n % nodes], 5000 + n, 100 + n)
    t.wait(lambda: time.sleep(1) or c.one("SELECT count(*) FROM job WHERE state = 0 AND pages > 0") == count, "not all are rendered", SECONDS)
    commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = 'fax'"
    before = cpu_ms(queues(c.nodes)), cpu_ms(family(database.process.pid)), c.one(commits)
    with Busy() as busy:
        for name in names:
            t.equal(c.nodes[0].cli("nodes", "resume", name)[0], 0, "resume")
        t.wait(lambda: time.sleep(5) or c.one("SELECT count(*) FROM job WHERE state > 2") == count, "not all have ended", SECONDS)
    t.equal(c.one("SELECT count(*) FROM job WHERE state = 3"), count, "faxes that went")
    took_ms = c.one("SELECT max(ended_ms) - min(started_ms) FROM attempt")
    ours, theirs = (after - was for after, was in zip((cpu_ms(queues(c.nodes)), cpu_ms(family(database.process.pid))), before[:2]))
    turns, size = c.one(commits) - before[2], c.one("SELECT pg_database_size('fax')")
    note(f"{nodes} nodes: {count} faxes in {took_ms / 1000:.0f} s; a fax took {ours / count:.0f} ms of queue and {theirs / count:.0f} ms"
         f" of PostgreSQL and {turns / count:.0f} transactions, looking for work included; {size / count / 1000:.0f} kB a fax; the processors were {busy.share:.0%} busy, load {os.getloadavg()[0]:.1f}")
    return count * 60000 / took_ms


def mails_a_second(t, settings, database, note, what):
    """From SMTP to the answer: unpacked, rendered, judged, composed, delivered; nobody is called."""
    server = Server(t.folder(), settings=settings)
    server.start()
    t.later(server.stop, 3)
    server.apply(provision.example(server.port("sip")[1]))
    pids = queues([server]) + (family(database.process.pid) if database else [])
    before = cpu_ms(pids)
    with Busy() as busy:
        for n in range(MAILS):
            send(server, f"check+{5000 + n}", 100 + n)
        t.wait(lambda: len(server.mails(provision.FRONT)) == MAILS, "not all are answered", SECONDS)
    note(f"{what}: {MAILS} mails answered in {busy.seconds:.1f} s, {(cpu_ms(pids) - before) / MAILS:.1f} ms a mail of queue and its database,"
         f" the processors {busy.share:.0%} busy")
    return MAILS / busy.seconds


@contextlib.contextmanager
def trial():
    with contextlib.ExitStack() as stack:
        yield case.Test(stack)


def engines(note):
    os.environ["TMPDIR"] = PLACE
    with trial() as t:
        sqlite = mails_a_second(t, {}, None, note, "SQLite")
    with trial() as t:
        database = t.enter(postgres.Server(fsync=True, place=PLACE))
        ours = mails_a_second(t, {"store": database.make("fax")}, database, note, "PostgreSQL")
    return Row("cluster", ENGINES, ours, "mails/s from SMTP to their answer", "higher", "SQLite", sqlite)


def run(cases, note):
    one = None
    for name, nodes in NODES.items():
        if name not in cases:
            continue
        with trial() as t:
            rate = jobs_a_minute(t, nodes, note)
        one = rate if nodes == 1 else one
        linear = one * nodes if one and nodes > 1 else None
        yield Row("cluster", name, rate, "faxes/min", "higher", f"{nodes} times one node" if linear else None, linear)
    if ENGINES in cases:
        yield engines(note)
