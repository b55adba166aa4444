# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kills roles of a running server, the parent too, at moments that are chosen: while some mail, job, call or fax is in
the state that is aimed at. What was killed when is kept, for the one who judges what came of it."""

import collections
import os
import random
import sqlite3
import time

from server import is_zombie
from store import NAMES
from worker import Worker

ROLES = ("queue", "mailin", "pickup", "convert", "line", "call", "mailout", "fetch", "directory", "archive", "web", "parent")
AIM_SECONDS = 8  # a state that does not come in this time is aimed at again later


def number(kind, state):
    return NAMES[kind].index(state)


# What is waited for before a kill: a row is there. Its column is the call process concerned, where one is.
MOMENTS = {
    "mail received": f"SELECT -1 FROM mail_in WHERE state = {number('mail_in', 'received')} LIMIT 1",
    "submission received": f"SELECT -1 FROM submission WHERE state = {number('submission', 'received')} LIMIT 1",
    "job waiting": f"SELECT -1 FROM job WHERE state = {number('job', 'waiting')} LIMIT 1",
    "job held": f"SELECT -1 FROM job WHERE state = {number('job', 'held')} LIMIT 1",
    "job calling": f"SELECT call_instance FROM attempt WHERE state = {number('attempt', 'open')} AND job IS NOT NULL",
    "job partly confirmed": "SELECT a.call_instance FROM attempt a JOIN job j ON j.id = a.job"
                            f" WHERE a.state <> {number('attempt', 'ended')} AND j.confirmed BETWEEN 1 AND j.pages - 1",
    "job confirming": f"SELECT call_instance FROM attempt WHERE state = {number('attempt', 'confirming')}",
    "fax receiving": f"SELECT a.call_instance FROM fax f JOIN attempt a ON a.id = f.attempt"
                     f" WHERE f.state = {number('fax', 'receiving')} AND f.pages > 0"
                     f" AND a.state <> {number('attempt', 'ended')}",
    "mail composing": f"SELECT -1 FROM mail_out WHERE state = {number('mail_out', 'composing')} LIMIT 1",
    "mail waiting": f"SELECT -1 FROM mail_out WHERE state = {number('mail_out', 'waiting')} LIMIT 1",
}


def plan(chance, each_pair, rounds):
    """[(role, moment)]: each pair so often, or (each_pair 0) each role so often and the moments in turn. The parent ends
    each round: its new children start without the delay that those earn which die again and again."""
    moments = list(MOMENTS)
    found = []
    for turn in range(each_pair * len(moments) or rounds):
        others = [role for role in ROLES if role != "parent"]
        chance.shuffle(others)
        for role in [*others, "parent"]:
            found.append((role, moments[(turn + ROLES.index(role)) % len(moments)]))
    return found


class Killer(Worker):
    """Follows a plan, then ends. stop() ends it earlier and tells its error."""

    def __init__(self, server, store, chance, pairs):
        super().__init__()
        self.server, self.store, self.chance, self.pairs = server, store, chance, collections.deque(pairs)
        self.kills = []  # (wall clock in ms, role, moment)
        self.missed = collections.Counter()  # moment -> times it did not come

    def work(self):
        while self.pairs and not self.ending.is_set():
            role, moment = self.pairs.popleft()
            if not self.one(role, moment):
                self.missed[moment] += 1
                if self.missed[moment] < 40:
                    self.pairs.append((role, moment))

    def one(self, role, moment):
        """Aims and kills; False where the moment did not come or the role was not there."""
        time.sleep(self.chance.uniform(0.0, 0.3))
        database = sqlite3.connect(f"file:{self.store.state}/faxpost.db?mode=ro", uri=True, timeout=20)
        try:
            end = time.monotonic() + AIM_SECONDS
            while time.monotonic() < end and not self.ending.is_set():
                rows = database.execute(MOMENTS[moment]).fetchall()
                if rows and self.kill(role, moment, [row[0] for row in rows]):
                    break
                time.sleep(0.001)
            else:
                return False
        finally:
            database.close()
        if role == "parent":
            self.revive()
        return True

    def kill(self, role, moment, instances):
        pid = self.victim(role, instances)
        if not pid or is_zombie(pid):
            return False
        now = time.time_ns() // 1000000
        if not self.server.kill(role if role == "parent" else f"{role}.{self.instance}"):
            return False
        self.kills.append((now, role, moment))
        return True

    def victim(self, role, instances):
        if role == "parent":
            return self.server.process.pid
        running = {name: pid for name, pid in self.server.roles() if name.split(".")[0] == role}
        wanted = [i for i in instances if f"{role}.{i}" in running]
        if role != "call":
            self.instance = 0
        elif wanted:
            self.instance = self.chance.choice(wanted)
        elif running:
            self.instance = int(self.chance.choice(sorted(running)).split(".")[1])
        else:
            return None
        return running.get(f"{role}.{self.instance}")

    def revive(self):
        """As an init system would."""
        self.server.process.wait()
        for _, pid in self.server.roles():
            self.server.await_end(pid)
        self.server.start()

    # ---- afterwards ----

    def by_role(self):
        return collections.Counter(role for _, role, _ in self.kills)

    def by_moment(self):
        return collections.Counter(moment for _, _, moment in self.kills)

    def within(self, first_ms, last_ms, roles):
        """Kills of these roles in that time. Clocks are one; rounding is given away."""
        return [k for k in self.kills if first_ms - 1 <= k[0] <= last_ms + 1 and k[1] in roles]

    def summary(self):
        roles = ", ".join(f"{role} {n}" for role, n in sorted(self.by_role().items()))
        moments = ", ".join(f"{moment} {n}" for moment, n in sorted(self.by_moment().items()))
        return [f"{len(self.kills)} kills: {roles}", f"while there was a {moments}"]


def wait_for_end(store, seconds, patience_ms=1 << 40, release=lambda job: None):
    """Until every job has ended, every fax is mailed and every report made; what is still open, else None. Jobs whose next
    try comes later than patience_ms from now are left to it, with their submissions. release: what an administrator does
    with a job that is held, for we fell too often during its calls (D4)."""
    end = time.monotonic() + seconds
    # As of now: a job that is left for its try is so far away comes nearer while others are waited for.
    horizon = time.time_ns() // 1000000 + patience_ms
    while True:
        for held in [j for j in store.jobs() if j["state"] == "held"]:
            release(held)
        jobs = store.jobs()
        late = {j["submission"] for j in jobs if j["state"] == "waiting" and j["next_ms"] > horizon}
        open_ones = [f"job {j['state']} {j['code']}" for j in jobs if j["state"] in ("waiting", "calling", "held")
                     and j["submission"] not in late]
        open_ones += [f"mail in {m['state']}" for m in store.mails_in() if m["state"] == "received"]
        open_ones += [f"submission {s['state']}" for s in store.submissions() if s["state"] in ("received", "admitted")
                      and s["id"] not in late]
        open_ones += [f"mail out {m['state']}" for m in store.mails_out() if m["state"] in ("composing", "waiting")]
        open_ones += [f"fax {f['state']}" for f in store.faxes() if f["state"] == "receiving"]
        if not open_ones:
            return None
        if time.monotonic() > end:
            return dict(collections.Counter(open_ones))
        time.sleep(0.5)
