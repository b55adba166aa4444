# SPDX-License-Identifier: AGPL-3.0-or-later
"""A program that uses the API of a server whose roles are being killed: it sends documents with an Idempotency-Key, sends
again what was not delivered, alters what waits and changes a setting. As a careful program does, it asks the same thing
again until it is answered. What was answered is kept: nothing of it may be lost, and nothing may have been done twice."""

import collections
import http.client
import itertools
import random
import time
import uuid

import pdf
import provision
from store import uuid_text
from verdict import message_id
from web import Browser
from worker import Worker

PASSWORD = "correct horse battery"
FIRST_DOCUMENT = 20001  # those of mails come before
PAGES = 3
PATIENCE_SECONDS = 120  # for one answer, over all repeats
SETTING, TENANT = "international_per_hour", "/api/v1/tenants/example"
DEEDS = (("send", 4), ("repeat", 1), ("retry", 4), ("alter", 2), ("change", 2))  # how often each is chosen


class Program(Worker):
    """targets: [(number, box)]; room(): may another document be sent now?"""

    def __init__(self, server, store, seed, targets, room):
        super().__init__()
        self.server, self.store, self.chance = server, store, random.Random(seed + 1)
        self.targets, self.room = itertools.cycle(targets), room
        self.taken = {}  # document -> number
        self.sent = {}  # document -> (key, wish, submission)
        self.again = {}  # job -> the new job, or None where the answer did not say which
        self.altered = {}  # job -> priority
        self.setting = None
        self.numbers = itertools.count(FIRST_DOCUMENT)
        self.done, self.repeats = collections.Counter(), 0
        self.complained = []

    def work(self):
        self.browser = Browser(self.server)
        self.ask_until(lambda: self.browser.login(provision.FRONT, PASSWORD))
        words, weights = zip(*DEEDS)
        while not self.ending.is_set():
            getattr(self, self.chance.choices(words, weights)[0])()
            time.sleep(0.05 + self.chance.random() * 0.3)

    # ---- asking ----

    def ask_until(self, ask):
        """Again while nobody answers, or the server says that it could not find out: (the answer, was it asked once only?)"""
        once, end = True, time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                reply = ask()
                if reply.status < 500:
                    return reply, once
                what = str(reply)
            except (OSError, http.client.HTTPException) as error:
                what = repr(error)
            if time.monotonic() > end:
                raise RuntimeError(f"no answer within {PATIENCE_SECONDS} s: {what}; log: {self.server.log_tail()}")
            once = False
            self.repeats += 1
            time.sleep(0.05)

    def expect(self, reply, *statuses):
        if reply.status in statuses:
            return True
        self.complained.append(f"answered with {reply}")
        return False

    # ---- what it does ----

    def send(self):
        if not self.room():
            return
        document, (number, box) = next(self.numbers), next(self.targets)
        data = pdf.make(PAGES, document=document, lines=3)
        upload, _ = self.ask_until(lambda: self.browser.ask("POST", "/api/v1/uploads?name=a.pdf", data,
                                                            {"Content-Type": "application/pdf"}))
        if not self.expect(upload, 201):
            return
        key, wish = str(uuid.UUID(int=self.chance.getrandbits(128))), {
            "box": box, "recipients": [{"number": number}], "uploads": [upload.json["id"]], "subject": message_id(document)}
        reply = self.submit(key, wish)
        if self.expect(reply, 202):
            self.taken[document] = number
            self.sent[document] = (key, wish, reply.json["id"])
            self.done["sent"] += 1

    def submit(self, key, wish):
        return self.ask_until(lambda: self.browser.post("/api/v1/submissions", wish, **{"Idempotency-Key": key}))[0]

    def repeat(self):
        """A key that was answered before is answered as before."""
        if not self.sent:
            return
        key, wish, submission = self.chance.choice(list(self.sent.values()))
        reply = self.submit(key, wish)
        if self.expect(reply, 202) and reply.json["id"] != submission:
            self.complained.append(f"key of submission {submission} was answered with {reply.json['id']}")
        self.done["repeated"] += 1

    def retry(self):
        ended = [j for j in self.store.jobs() if j["state"] in ("cancelled", "failed") and j["id"] not in self.again]
        if not ended:
            return
        job = self.chance.choice(ended)["id"]
        reply, once = self.ask_until(lambda: self.browser.post(f"/api/v1/jobs/{uuid_text(job)}/retry"))
        if reply.status == 200:
            self.again[job] = uuid.UUID(reply.json["again"]).bytes
        elif reply.status == 409 and reply.json["code"] == "job-again" and not once:
            self.again[job] = None  # it was done, and the answer lost
        else:
            self.expect(reply, 200)
        self.done["sent again"] += 1

    def alter(self):
        waiting = [j for j in self.store.jobs() if j["state"] in ("waiting", "held")]
        if not waiting:
            return
        job, priority = self.chance.choice(waiting)["id"], self.chance.randrange(1, 10)
        reply, once = self.ask_until(lambda: self.browser.post(f"/api/v1/jobs/{uuid_text(job)}/alter?priority={priority}"))
        if reply.status == 200:
            self.altered[job] = priority
            self.done["altered"] += 1
        elif not once:
            self.altered.pop(job, None)  # done or not, its call has begun since
        elif reply.status != 409:
            self.expect(reply, 200)

    def change(self):
        """The same state is named with each repeat; only what was done already may be answered as done."""
        found, _ = self.ask_until(lambda: self.browser.get(TENANT))
        if self.setting is not None and found.json[SETTING] != self.setting:
            self.complained.append(f"{SETTING} is {found.json[SETTING]} and was set to {self.setting}")
        self.setting = found.json[SETTING] + 1
        reply, _ = self.ask_until(lambda: self.browser.ask("PATCH", TENANT, {SETTING: self.setting},
                                                           {"If-Match": found.headers["ETag"]}))
        if self.expect(reply, 200):
            self.done["settings changed"] += 1

    # ---- afterwards ----

    def summary(self):
        return "asked by a program: " + ", ".join(f"{what} {n}" for what, n in sorted(self.done.items())) + \
            f"; {self.repeats} times asked anew for want of an answer"

    def complaints(self):
        found = list(self.complained)
        jobs = {j["id"]: j for j in self.store.jobs()}
        retries = collections.defaultdict(list)
        for job in jobs.values():
            if job["retry_of"]:
                retries[job["retry_of"]].append(job["id"])
        found += [f"a job was sent again {len(new)} times" for new in retries.values() if len(new) > 1]
        found += ["a job was sent again and nobody asked for it" for old in retries if old not in self.again]
        found += ["a job was to be sent again and was not" for old, new in self.again.items()
                  if old not in retries or (new and new not in retries[old])]
        found += [f"a job was altered to priority {priority} and has {jobs[job]['priority']}"
                  for job, priority in self.altered.items() if jobs[job]["priority"] != priority]
        keys = self.store.rows("SELECT count(*) AS n FROM submission_key")[0]["n"]
        if keys != len(self.sent):
            found.append(f"{len(self.sent)} submissions were answered, {keys} keys are kept")
        changes = self.store.rows("SELECT count(*) AS n FROM audit WHERE action = 'tenants.change'")[0]["n"]
        if changes != self.done["settings changed"]:
            found.append(f"{self.done['settings changed']} changes of settings were answered, {changes} are in the audit")
        return found
