# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several servers on one PostgreSQL: each takes work, what one had under way when it died goes on at another, nothing is lost,
nothing goes twice, and limits hold over all of them, while servers and the database are killed."""

import os
import random
import signal
import smtplib
import time

import case
import mail
import pdf
import provision
from cluster import Cluster
from worker import Worker

SECONDS = 240
TAKEOVER_SECONDS = 15
ENDED = "state > 2"


def send(node, number, document, pages=1):
    parts = [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=2))]
    mail.send(node.port("smtp"), mail.make(provision.FRONT, f"{number}@front.{provision.DOMAIN}", parts, message_id=f"<{document}@test.invalid>"))


def states(c):
    return {name: (state, calls) for name, state, calls in ((n["name"], n["state"], n["calls"]) for n in c.nodes[0].json("nodes")["items"])}


@case.test
# proves: S2.13
def fax_goes_on_at_another_node_when_its_own_dies(t):
    c = Cluster(t, 2)
    c.apply(calls=4)
    t.wait(lambda: c.alive() == ["n1", "n2"], "not both are alive", SECONDS)
    t.equal(c.nodes[1].cli("nodes", "drain", "n1")[::2], (0, ""), "drain")  # at n1 none begins, so all are called by n2
    t.wait(lambda: states(c)["n1"][0] == "draining", "n1 is not drained", SECONDS)
    time_to_see = c.one("SELECT lease_ms FROM node WHERE name = 'n1'") + 2000
    t.wait(lambda: c.one("SELECT lease_ms FROM node WHERE name = 'n1'") > time_to_see, "n1 does not see it", SECONDS)
    for n in range(3):
        send(c.nodes[0], 500 + n, 100 + n, pages=2)
    t.wait(lambda: c.one("SELECT count(*) FROM attempt WHERE state < 2 AND answered_ms IS NOT NULL"), "no call", SECONDS)
    t.equal(c.one("SELECT count(*) FROM attempt AS t JOIN node AS n ON n.id = t.node WHERE n.name = 'n1'"), 0, "calls of a node that is drained")
    c.nodes[1].kill("parent")
    died = time.monotonic()
    t.wait(lambda: c.one("SELECT taken FROM node WHERE name = 'n2'"), "nobody takes over", SECONDS)
    took = time.monotonic() - died
    t.note(f"taken over {took:.1f} s after the kill")
    t.true(states(c)["n2"][0] == "gone", f"{states(c)}")
    t.wait(lambda: any(a["code"] == "node-gone" for a in c.nodes[0].json("alarms")["items"]), "no alarm", SECONDS)
    t.equal(c.nodes[0].cli("nodes", "resume", "n1")[0], 0, "resume")
    t.wait(lambda: c.one(f"SELECT count(*) FROM job WHERE {ENDED}") == 3, "not all have ended", SECONDS)
    t.equal([row[0] for row in c.rows("SELECT DISTINCT state FROM job")], ["3"], "states of the jobs")
    t.wait(lambda: sum(c.arrived().values()) >= 6, "the world has not got all", SECONDS)
    t.equal([(d, p) for d in (100, 101, 102) for p in (0, 1) if not c.arrived()[(d, p)]], [], "pages that never came")
    t.equal(c.nodes[0].cli("nodes", "remove", "n2")[0], 0, "remove")
    t.equal(list(states(c)), ["n1"], "nodes that are left")


class Chaos(Worker):
    """Kills parents of nodes, and the database, and starts them again."""

    def __init__(self, c, chance, kills):
        super().__init__()
        self.c, self.chance, self.kills, self.done = c, chance, kills, []

    def work(self):
        while len(self.done) < self.kills and not self.ending.is_set():
            time.sleep(self.chance.uniform(1, 4))
            if self.chance.random() < 0.25:
                self.c.database.stop(signal.SIGQUIT)
                time.sleep(self.chance.uniform(0, 12))
                self.c.database.start()
                self.done.append("database")
                continue
            node = self.chance.choice(self.c.nodes)
            node.kill("parent")
            node.process.wait()
            for _, pid in node.roles():
                node.await_end(pid)
            time.sleep(self.chance.uniform(0, 14))
            node.start()
            self.done.append(node.settings["node"])


class Watch(Worker):
    """Looks, as often as it can, whether more calls are open than may be, or two to one number."""

    def __init__(self, c):
        super().__init__()
        self.c, self.most, self.twice, self.looks = c, 0, 0, 0

    def work(self):
        while not self.ending.is_set():
            try:
                calls, numbers = self.c.rows("SELECT count(*), count(DISTINCT j.number) FROM attempt AS t JOIN job AS j ON j.id = t.job"
                                             " WHERE t.state < 2 AND t.carrier IS NULL")[0]
            except RuntimeError:  # the database is away
                time.sleep(0.2)
                continue
            self.most, self.twice, self.looks = max(self.most, int(calls)), max(self.twice, int(calls) - int(numbers)), self.looks + 1
            time.sleep(0.05)


def hand_in(c, chance, faxes):
    """Each to some node that takes it, as a mail server would that has several MX."""
    for n in range(faxes):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                send(chance.choice(c.nodes), 500 + n % 40, 100 + n)
                break
            except (OSError, RuntimeError, smtplib.SMTPException):
                time.sleep(0.5)
        else:
            raise case.Failure(f"nobody takes mail {n}")


@case.test
# proves: S2.13 S2.1
def faxes_survive_kills_of_nodes_and_of_the_database(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 30)))
    chance, limit = random.Random(seed), 3
    faxes, kills = (400, 40) if case.LONG else (10, 2)
    c = Cluster(t, 3)
    c.apply(calls=limit, pace=False)
    t.note(f"seed {seed} (FAXPOST_SEED)")
    watch, chaos = Watch(c), Chaos(c, chance, kills)
    for worker in (watch, chaos):
        worker.start()
        t.later(worker.ending.set)
    hand_in(c, random.Random(seed + 1), faxes)
    t.wait(lambda: not chaos.is_alive(), "not all kills were made", 60 * kills + SECONDS)
    chaos.stop()
    t.wait(lambda: c.one(f"SELECT count(*) FROM job WHERE {ENDED}") == faxes, "not all jobs have ended", SECONDS + 10 * faxes)
    watch.stop()
    done = {int(row[0].split("@")[0]) for row in c.rows("SELECT s.message_id FROM job AS j JOIN submission AS s ON s.id = j.submission WHERE j.state = 3")}
    unknown = c.one("SELECT count(*) FROM job WHERE state = 5")
    t.wait(lambda: len(done - {d for d, _ in c.arrived()}) == 0, "delivered, and never came", SECONDS)
    t.wait(lambda: c.one("SELECT count(*) FROM mail_out WHERE state < 3") == 0, "mails wait", SECONDS)
    arrived = c.arrived()
    lost = [d for d in range(100, 100 + faxes) if d not in done and not arrived[(d, 0)]]
    twice = [d for (d, _), n in arrived.items() if n > 1]
    reports = len(c.mails(provision.FRONT))
    t.note(f"{faxes} faxes, {len(done)} delivered, {unknown} unknown, {len(lost)} lost, {len(twice)} twice, {reports} reports; killed {chaos.done};"
           f" at most {watch.most} of {limit} calls at once, {watch.looks} looks")
    t.equal((lost, twice), ([], []), "lost, twice")
    t.true(watch.most <= limit and watch.twice == 0, f"{watch.most} calls at once, {watch.twice} to a number that was called")
    t.equal(len(done) + unknown, faxes, "delivered or unknown")
    t.equal(reports, faxes, "reports")


case.main()
