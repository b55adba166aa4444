# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person who cancels some of the jobs of a server whose roles are being killed, and holds and releases others. When each
was answered is kept: from then on nobody may dial for a cancelled job, and for a held one not before it is released."""

import collections
import random
import subprocess
import time

from store import uuid_text
from worker import Worker

CANCEL, HOLD, OF = 1, 3, 8  # so many of so many jobs, so that most are left alone
REFUSED = 64  # it had ended already, or is being called and cannot be held


def now_ms():
    return time.time_ns() // 1000000


class Person(Worker):
    def __init__(self, server, store, seed):
        super().__init__()
        self.server, self.store, self.chance = server, store, random.Random(seed)
        self.cancelled = {}  # job -> milliseconds, when the cancel had been answered
        self.held = {}  # job -> (when the hold had been answered, when its release was first asked for or None)
        self.seen, self.states = set(), collections.Counter()

    def work(self):
        """What is held is released in the end."""
        while not self.ending.is_set():
            for job in [j for j in self.store.jobs()
                        if j["id"] not in self.seen and j["state"] in ("waiting", "calling")]:
                self.seen.add(job["id"])
                self.meet(job["id"], self.chance.randrange(OF))
            self.release()
            time.sleep(0.02)
        self.release(most=0)

    def meet(self, job, choice):
        if choice < CANCEL:
            time.sleep(self.chance.random() * 0.3)  # a moment of its life that chance picks
            if self.ask("cancel", job):
                self.cancelled[job] = now_ms()
        elif choice < CANCEL + HOLD and self.ask("hold", job):
            self.held[job] = (now_ms(), None)

    def release(self, most=2):
        """The ones that are held longest, so that at most so many are."""
        waiting = [job for job, (_, released) in self.held.items() if released is None]
        for job in waiting[:max(0, len(waiting) - most)]:
            self.held[job] = (self.held[job][0], now_ms())
            self.ask("release", job)

    def ask(self, word, job):
        """Again while nobody answers, as a person would; False where it was refused."""
        state = next(j["state"] for j in self.store.jobs() if j["id"] == job)
        status = None
        while status not in (0, REFUSED):
            try:
                status, _, _ = self.server.cli(word, uuid_text(job), seconds=40)
            except subprocess.TimeoutExpired:
                continue
            time.sleep(0.05)
        self.states[f"{word}: {state if status == 0 else 'refused'}"] += 1
        return status == 0

    # ---- afterwards ----

    def summary(self):
        return "asked by a person: " + ", ".join(f"{what} {n}" for what, n in sorted(self.states.items()))

    def complaints(self):
        """A call that was under way may have brought a cancelled job to another end before it was hung up."""
        found = []
        for job in self.store.jobs():
            starts = [a["started_ms"] for a in self.store.attempts(job["id"])]
            found += self.dialled_after_cancel(job, starts) + self.dialled_while_held(job, starts)
        return found

    def dialled_after_cancel(self, job, starts):
        when = self.cancelled.get(job["id"])
        if when is None:
            return []
        found = [f"job to {job['number']} was dialled {start - when} ms after its cancel was answered; {job['state']}:"
                 f" {job['reason']}" for start in starts if start > when]
        if job["state"] not in ("cancelled", "done", "unknown"):
            found.append(f"job to {job['number']} was cancelled and is {job['state']}: {job['reason']}")
        return found

    def dialled_while_held(self, job, starts):
        if job["id"] not in self.held:
            return []
        held, released = self.held[job["id"]]
        found = [f"job to {job['number']} was dialled {start - held} ms after it was held" for start in starts
                 if held < start < released]
        if job["state"] == "held":
            found.append(f"job to {job['number']} was released and is held")
        return found
