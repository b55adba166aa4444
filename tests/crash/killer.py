# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kills roles of a running server, the parent too, while faxes go through it, and afterwards holds what arrived against
what is stored. Documents carry their number and page as pixels (tests/lib/pdf.py), so nothing of the server is believed
when it comes to what was received."""

import collections
import random
import threading
import time

import pixels

ROLES = ("queue", "mailin", "convert", "line", "call", "mailout", "web", "parent")


class Killer(threading.Thread):
    """Until stop(): picks one of the roles that were killed least, kills it, waits a random while. A killed parent is
    started again, as an init system would."""

    def __init__(self, server, store, seed, pause=(0.2, 1.5), roles=ROLES):
        super().__init__(daemon=True)
        self.server, self.store, self.pause, self.roles = server, store, pause, roles
        self.chance = random.Random(seed)
        self.kills = collections.Counter()  # role -> times
        self.states = collections.Counter()  # job state -> kills of any role while a job was in it
        self.in_window = collections.Counter()  # job id -> kills while its last confirmation was under way
        self.ending = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.ending.wait(self.chance.uniform(*self.pause)):
                self.one()
        except Exception as error:  # told by stop()
            self.error = error

    def stop(self):
        self.ending.set()
        self.join()
        if self.error:
            raise self.error

    def one(self):
        least = min(self.kills[role] for role in self.roles)
        role = self.chance.choice([r for r in self.roles if self.kills[r] <= least + 1])
        jobs, confirming = self.look()
        if not self.server.kill(self.instance(role)):
            return  # it is being started just now
        self.kills[role] += 1
        self.states.update(set(jobs))
        self.in_window.update(confirming)
        if role == "parent":
            self.server.process.wait()
            for _, pid in self.server.roles():
                self.server.await_end(pid)
            self.server.start()

    def instance(self, role):
        running = [name for name, _ in self.server.roles() if name.split(".")[0] == role]
        return self.chance.choice(running) if running else role

    def look(self):
        """States of all jobs, and the jobs whose last page's end may be on its way, at this moment."""
        jobs = self.store.jobs()
        confirming = {a["job"] for a in self.store.attempts() if a["state"] == "confirming" and a["job"]}
        return [job["state"] for job in jobs], confirming

    def summary(self):
        roles = " ".join(f"{role} {self.kills[role]}" for role in self.roles)
        states = " ".join(f"{state} {n}" for state, n in sorted(self.states.items()))
        return f"kills: {roles}; while a job was: {states}"


# ---- what arrived ----


def received_copies(store):
    """{(document, page): [(fax id, page as pixels)]} of everything that was confirmed to a far side."""
    found = collections.defaultdict(list)
    for fax in store.faxes():
        for page in store.pages_received(fax["id"]):
            mark = pixels.read_mark(page)
            found[mark and mark[:2]].append((fax["id"], page))
    return found


def judge(store, job, document, copies):
    """Complaints about one job that says it is done: complete, equal, nothing twice without need."""
    sent = store.pages_sent(job["submission"])
    complaints = []
    confirmed = store.rows("SELECT p.page, a.id, a.started_ms FROM attempt_page p JOIN attempt a ON a.id = p.attempt"
                           " WHERE a.job = ? ORDER BY a.started_ms", job["id"])
    by_page = collections.defaultdict(list)
    for row in confirmed:
        by_page[row["page"]].append(row["started_ms"])
    for number, page in enumerate(sent):
        got = copies.get((document, number), [])
        if not got:
            complaints.append(f"page {number + 1} of document {document} never arrived")
            continue
        differences = [pixels.difference(page, other) for _, other in got]
        if all(differences):
            complaints.append(f"page {number + 1} of document {document} arrived, but {differences[0]}")
        if len(by_page[number]) != 1:
            complaints.append(f"the journal has page {number + 1} of document {document} confirmed"
                              f" {len(by_page[number])} times")
    for attempt in store.attempts(job["id"]):
        again = [n for n, times in by_page.items() if n >= attempt["first_page"] and times[0] < attempt["started_ms"]]
        if again:
            complaints.append(f"pages {[n + 1 for n in again]} of document {document} were sent again although their"
                              " confirmation had come")
    return complaints


def wait_for_end(store, seconds):
    """Until every job has ended, every fax is mailed and every report made; what is still open, else None."""
    end = time.monotonic() + seconds
    while True:
        open_ones = [f"job {j['state']}" for j in store.jobs() if j["state"] in ("waiting", "calling", "held")]
        open_ones += [f"mail in {m['state']}" for m in store.mails_in() if m["state"] == "received"]
        open_ones += [f"mail out {m['state']}" for m in store.mails_out() if m["state"] in ("composing", "waiting")]
        open_ones += [f"fax {f['state']}" for f in store.faxes() if f["state"] == "receiving"]
        if not open_ones:
            return None
        if time.monotonic() > end:
            return dict(collections.Counter(open_ones))
        time.sleep(0.5)
