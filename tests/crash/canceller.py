# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cancels some of the jobs of a server whose roles are being killed, and keeps when each cancel was answered: from then on
nobody may dial for that job."""

import collections
import random
import subprocess
import threading
import time

ONE_IN = 8  # jobs, so that most still have to be done
USAGE = 64  # it had ended already


class Canceller(threading.Thread):
    def __init__(self, server, store, seed):
        super().__init__(daemon=True)
        self.server, self.store, self.chance = server, store, random.Random(seed)
        self.answered = {}  # job -> milliseconds, when the cancel had been answered
        self.seen, self.states = set(), collections.Counter()
        self.ending = threading.Event()

    def stop(self):
        self.ending.set()
        self.join()

    def run(self):
        while not self.ending.is_set():
            for job in [j for j in self.store.jobs() if j["id"] not in self.seen and j["state"] in ("waiting", "calling")]:
                self.seen.add(job["id"])
                if self.chance.randrange(ONE_IN) == 0:
                    self.cancel(job)
            time.sleep(0.02)

    def cancel(self, job):
        """At a moment of its life that chance picks; again while nobody answers, as a person would."""
        time.sleep(self.chance.random() * 0.3)
        state = next(j["state"] for j in self.store.jobs() if j["id"] == job["id"])
        while not self.ending.is_set():
            try:
                status, _, _ = self.server.cli("cancel", uuid_text(job["id"]), seconds=40)
            except subprocess.TimeoutExpired:
                continue
            if status in (0, USAGE):
                break
            time.sleep(0.05)
        else:
            return
        self.states[state if status == 0 else "ended already"] += 1
        if status == 0:
            self.answered[job["id"]] = time.time_ns() // 1000000

    # ---- afterwards ----

    def summary(self):
        return "cancelled while " + ", ".join(f"{state} {n}" for state, n in sorted(self.states.items()))

    def complaints(self):
        """Nobody dialled after the answer, and each such job is at an end. A call that was under way may have brought it
        to another end before it was hung up."""
        found = []
        for job in self.store.jobs():
            when = self.answered.get(job["id"])
            if when is None:
                continue
            late = [a for a in self.store.attempts(job["id"]) if a["started_ms"] > when]
            if late:
                found.append(f"job to {job['number']} was dialled {late[0]['started_ms'] - when} ms after its cancel was"
                             f" answered; {job['state']}: {job['reason']}")
            if job["state"] not in ("cancelled", "done", "unknown"):
                found.append(f"job to {job['number']} was cancelled and is {job['state']}: {job['reason']}")
        return found


def uuid_text(raw):
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
