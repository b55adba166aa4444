# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""Three machines (network namespaces), each a server of its own, and one PostgreSQL that they reach by TLS. Mails come to all of
them, calls go out and come in, while machines are killed, stand still or are cut off, roles and the database are killed at random:
nothing is lost, nothing goes twice, nothing is called delivered that is not, limits hold over all of them. FAXPOST_SEED=n makes the
same choices again, FAXPOST_FAXES=n another number of faxes."""

import os
import random
import signal
import smtplib
import time

import case
import mail
import pdf
import pixels
import provision
from cluster import Cluster
from machines import Machines
from server import Server
from store import Store
from worker import Worker

SECONDS = 240
TAKEOVER_SECONDS = 15
LEASE_MS = 8000  # NODE_LEASE_MS of the server
LIMIT = 8 if case.LONG else 3  # calls at once, over all of them
NUMBERS = 40  # that are called; each takes one call at a time
FAXES = int(os.environ.get("FAXPOST_FAXES", 2000 if case.LONG else 8))
DRY = FAXES * 3 // 2  # mails that are answered and dial nobody
INCOMING = FAXES // 5 + 2
FAULTS = FAXES // 30 + 3
SENDERS = 9 if case.LONG else 3
PACE = 1.0 if case.LONG else 0.1  # seconds between looks, which cost a process each
ROLES = ("queue", "line", "call.0", "convert", "mailin", "mailout", "web")
FIRST_FAX, FIRST_DRY, FIRST_INCOMING = 10000, 30000, 50000
DONE, FAILED, UNKNOWN = 3, 4, 5


class Chaos(Worker):
    """One fault after another. Each third one of a machine lasts until the others have taken its work over."""

    def __init__(self, c, machines, chance):
        super().__init__()
        self.c, self.machines, self.chance, self.done, self.takeovers = c, machines, chance, [], []

    def work(self):
        kinds = ("die", "stand", "cut", "database", "role", "role")
        for n in range(FAULTS):
            kind = kinds[n % 3] if n < 3 else self.chance.choice(kinds)
            if self.ending.wait(self.chance.uniform(1, 4)):
                return
            if kind == "database":
                self.c.database.stop(signal.SIGQUIT)
                time.sleep(self.chance.uniform(0, 12))
                self.c.database.start()
            elif kind == "role":
                self.chance.choice(self.c.nodes).kill(self.chance.choice(ROLES))
            else:
                self.machine(kind, self.chance.randrange(len(self.c.nodes)), n < 3 or n % 3 == 0)
            self.await_life()
            self.done.append(kind)

    def machine(self, kind, number, until_taken):
        node = self.c.nodes[number]
        began = time.monotonic()
        if kind == "die":
            node.signal(signal.SIGKILL)
            node.process.wait()
        elif kind == "stand":
            node.signal(signal.SIGSTOP)
        else:
            self.machines.cut(number)
        if until_taken:
            self.await_takeover(node, began)
        else:
            time.sleep(self.chance.uniform(0, 14))
        if kind == "die":
            for _, pid in node.roles():
                node.await_end(pid)
            node.start()
        elif kind == "stand":
            node.signal(signal.SIGCONT)
        else:
            self.machines.mend(number)

    def await_takeover(self, node, began):
        while not self.ending.is_set() and time.monotonic() - began < SECONDS:
            if self.c.one(f"SELECT taken FROM node WHERE name = '{node.settings['node']}'"):
                self.takeovers.append(time.monotonic() - began)
                return
            time.sleep(0.2)

    def await_life(self):
        """Of all, heard of since, so that there are two others at each fault, which can take over, on however slow a machine."""
        since = self.c.one("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        while not self.ending.is_set() and self.c.one(f"SELECT count(*) FROM node WHERE taken = 0 AND lease_ms > {since + LEASE_MS}") < len(self.c.nodes):
            time.sleep(0.5)


class Watch(Worker):
    """Looks again and again whether more calls are open than may be, or two to one number."""

    def __init__(self, c):
        super().__init__()
        self.c, self.most, self.twice, self.looks = c, 0, 0, 0

    def work(self):
        while not self.ending.wait(PACE / 2):
            try:
                calls, numbers = self.c.rows("SELECT count(*), count(DISTINCT j.number) FROM attempt AS t JOIN job AS j ON j.id = t.job"
                                             " WHERE t.state < 2 AND t.carrier IS NULL")[0]
            except RuntimeError:  # the database is away
                continue
            self.most, self.twice, self.looks = max(self.most, int(calls)), max(self.twice, int(calls) - int(numbers)), self.looks + 1


class Sender(Worker):
    """Brings mails to some server that takes them, as a mail server does that knows several."""

    def __init__(self, servers, chance, mails, patience=60):
        super().__init__()
        self.servers, self.chance, self.mails, self.patience = servers, chance, mails, patience

    def work(self):
        for document, to in self.mails:
            parts = [("a.pdf", "application/pdf", pdf.make(1, document=document, lines=2))]
            message = mail.make(provision.FRONT, f"{to}@front.{provision.DOMAIN}", parts, message_id=f"<{document}@test.invalid>")
            end = time.monotonic() + SECONDS
            while not self.ending.is_set():
                try:
                    mail.send(self.chance.choice(self.servers).port("smtp"), message, seconds=self.patience)
                    break
                except (OSError, RuntimeError, smtplib.SMTPException):
                    if time.monotonic() > end:
                        raise case.Failure(f"nobody takes mail {document}") from None
                    time.sleep(0.3)


def marks(paths):
    """{document: how often its page came}"""
    found = {}
    for path in paths:
        pages = mail.attachment(mail.read(path))[1]
        for page in pixels.pages_of_bytes(pages) if pages else []:
            document = pixels.read_mark(page)[0]
            found[document] = found.get(document, 0) + 1
    return found


def calmly(function):
    """An answer, where the database gives one."""
    time.sleep(PACE)
    try:
        return function()
    except RuntimeError:
        return None


def sent(c):
    """{document: state} of the faxes of the nodes."""
    rows = c.rows("SELECT s.message_id, j.state FROM job AS j JOIN submission AS s ON s.id = j.submission")
    return {int(name.split("@")[0]): int(state) for name, state in rows}


def called(world):
    """The same of those that the world sent."""
    rows = Store(world.state).rows("SELECT s.message_id AS name, j.state AS state FROM job AS j JOIN submission AS s ON s.id = j.submission")
    return {int(row["name"].split("@")[0]): row["state"] for row in rows}


def over(states, count):
    return states is not None and len(states) == count and all(state > 2 for state in states.values())


@case.test
# proves: S2.13 S2.1 S2.8
def faxes_and_mails_survive_what_befalls_machines_roles_and_the_database(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 30)))
    machines = Machines(t, 3)
    c = Cluster(t, 3, machines=machines, settings={"max_calls": 40})
    if case.LONG:  # as it is by itself: what is never counted nor cleared away gets slow in thousands of faxes
        c.database.ask("ALTER SYSTEM SET autovacuum = on")
        c.database.ask("SELECT pg_reload_conf()")
    c.let_world_call()
    c.apply(calls=LIMIT, pace=False, fallback_box="back")
    t.wait(lambda: len(c.alive()) == 3, "not all are alive", SECONDS)
    t.note(f"seed {seed} (FAXPOST_SEED)")
    faxes = [(FIRST_FAX + n, 500 + n % NUMBERS) for n in range(FAXES)]
    dry = [(FIRST_DRY + n, f"check+{500 + n % NUMBERS}") for n in range(DRY)]
    mails = faxes + dry
    random.Random(seed + 1).shuffle(mails)
    watch, chaos = Watch(c), Chaos(c, machines, random.Random(seed))
    senders = [Sender(c.nodes, random.Random(seed + 2 + n), mails[n::SENDERS], patience=5) for n in range(SENDERS)]
    senders.append(Sender([c.world], random.Random(seed), [(FIRST_INCOMING + n, 600 + n % NUMBERS) for n in range(INCOMING)]))
    began = time.monotonic()
    for worker in (watch, chaos, *senders):
        worker.start()
        t.later(worker.ending.set)
    patience = SECONDS + 10 * FAXES + 90 * FAULTS
    for worker in (*senders, chaos):
        t.wait(lambda worker=worker: time.sleep(PACE) or not worker.is_alive(), "the work does not end", patience)
        worker.stop()
    t.wait(lambda: over(calmly(lambda: sent(c)), FAXES), "not all jobs have ended", patience)
    t.wait(lambda: over(calmly(lambda: called(c.world)), INCOMING), "not all calls of the world have ended", patience)
    watch.stop()
    done = {d for d, state in sent(c).items() if state == DONE}
    unknown, failed = ({d for d, state in sent(c).items() if state == which} for which in (UNKNOWN, FAILED))
    came = {d for d, state in called(c.world).items() if state == DONE}
    t.wait(lambda: calmly(lambda: c.one("SELECT count(*) FROM mail_out WHERE state < 3")) == 0, "mails wait", patience)
    t.wait(lambda: time.sleep(PACE) or len(c.world.mails(provision.BACK)) >= len(done), "delivered, and never came", SECONDS)
    t.wait(lambda: time.sleep(PACE) or done <= set(marks(c.world.mails(provision.BACK))), "delivered, and never came", SECONDS)
    arrived, received = marks(c.world.mails(provision.BACK)), marks(c.mails(provision.BACK))
    # Who brings a mail again, for he has not heard its 250, is told that it was known: one more answer.
    answers, repeated = (c.one(f"SELECT count(*) FROM mail_out WHERE kind {which}") for which in ("IN ('report', 'preview')", "= 'repeated'"))
    lost = [d for d, _ in faxes if d not in done | unknown | failed]
    twice = [d for d, n in arrived.items() if n > 1]
    false = [d for d in done if d not in arrived] + [d for d in came if d not in received]
    counts = {kind: chaos.done.count(kind) for kind in sorted(set(chaos.done))}
    takeovers = " ".join(f"{s:.1f}" for s in chaos.takeovers)
    t.note(f"{FAXES} faxes: {len(done)} delivered, {len(unknown)} unknown, {len(failed)} given up and told, {len(lost)} lost, {len(twice)} twice;"
           f" {len(mails)} mails, {answers} answers, {repeated} brought again;"
           f" {INCOMING} calls came in, {len(came)} were confirmed, {sum(n > 1 for n in received.values())} came again after a broken one;"
           f" {len(false)} false successes; in {time.monotonic() - began:.0f} s")
    t.note(f"faults: {counts}; at most {watch.most} of {LIMIT} calls at once in {watch.looks} looks; taken over after {takeovers} s")
    t.equal((lost, twice, false), ([], [], []), "lost, twice, false successes")
    t.true(watch.most <= LIMIT and watch.twice == 0, f"{watch.most} calls at once, {watch.twice} to a number that was called")
    t.equal((answers, len(c.mails(provision.FRONT))), (len(mails), len(mails) + repeated), "answers, and mails that came")
    if case.LONG:
        t.true(max(chaos.takeovers) <= TAKEOVER_SECONDS, f"taken over after {takeovers} s")


case.main()
