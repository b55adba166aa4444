# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""Every role is killed again and again, aimed at each state of mails, jobs, calls and faxes, while documents go through the
server. Nothing may be lost, nothing that says it was delivered may be missing a pixel, and nothing may be sent twice
without need. FAXPOST_SEED=n makes the same choices again."""

import itertools
import os
import random
import smtplib
import threading
import time

import case
import mail
import pdf
import provision
from killer import MOMENTS, ROLES, Killer, number, plan, wait_for_end
from person import Person
from program import PASSWORD, Program
from server import BUILD, CHECKED, Server, complaints
from sip_relay import Relay
from store import Store, uuid_text
from verdict import Verdict, delivered, message_id

# The long form meets each state with each role; the short one shows that it holds.
EACH_PAIR, ROUNDS = (3, 0) if case.LONG else (0, 5)
LEAST_BY_ROLE, LEAST_BY_MOMENT = (20, 3 * len(ROLES)) if case.LONG else (5, 3)
LEAST_MAILS, LEAST_CANCELLED, LEAST_HELD = (400, 5, 5) if case.LONG else (200, 5, 5)
LEAST_SENT, LEAST_AGAIN, LEAST_CHANGED = (100, 20, 20) if case.LONG else (20, 3, 10)
# The short form kills so often at the last confirmation that up to 18 of 361 jobs were honestly "unknown".
ENOUGH_DONE = 0.95 if case.LONG else 0.85
PAGES = 3
SENDERS, OPEN_MOST = 3, 10  # mail clients at once; documents under way at once
LOSS = 0.05  # of T.38's packets; no modem bears that, and what failed three times goes by G.711
# One call at a time goes to each; and one where G.711 once worked is called so again (D4), which takes 40 s in real time.
NUMBERS = [f"+49305550{n}" for n in range(10, 90)]
# Each has a caller id of its own, so that the next call from there may be the second try of what broke off.
BOXES = ["front", *(f"front-{n}" for n in range(1, 8))]
# Nobody may call that number: each HASTY-th document goes there, from a box whose faxes expire in a minute.
LOCKED, HASTY, LEAST_EXPIRED = "+4930555099", 20, 5
SECONDS = 3000 if case.LONG else 150
END_SECONDS = 3000 if case.LONG else 400  # a limit: faxes by G.711 may stand in line
# A call to a dead line is "no answer" and waits for 300 s ± 50 % (D4); the short form leaves such a job where it is.
PATIENCE_MS = 1 << 40 if case.LONG else 100000
CALLING = ("call", "line", "queue", "parent")  # whose end may end a call


class Senders:
    """Mails documents as mail servers do: the same mail again until somebody says 250 or refuses it for good."""

    def __init__(self, server, store):
        self.server, self.store = server, store
        self.taken, self.refused = {}, []  # document -> number
        self.numbers = itertools.count(1)
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(SENDERS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def run(self):
        while not self.ending.is_set():
            if self.under_way() < OPEN_MOST:
                self.send(next(self.numbers))
            else:
                time.sleep(0.02)

    def under_way(self):
        """Mails and jobs that something could be done for now: what waits for its next try holds nobody up."""
        return self.store.rows("SELECT (SELECT count(*) FROM mail_in WHERE state = 0)"
                               " + (SELECT count(*) FROM submission WHERE state = 0) + (SELECT count(*) FROM job"
                               " WHERE state = ? OR (state = ? AND next_ms <= ?)) AS n", number("job", "calling"),
                               number("job", "waiting"), time.time_ns() // 1000000)[0]["n"]

    def send(self, document):
        to, box = (LOCKED, "hasty") if document % HASTY == 0 else (NUMBERS[document % len(NUMBERS)], BOXES[document % len(BOXES)])
        message = mail.make(provision.FRONT, f"{to}@{box}.{provision.DOMAIN}",
                            [("a.pdf", "application/pdf", pdf.make(PAGES, document=document, lines=3))],
                            message_id=message_id(document))
        while True:
            try:
                mail.send(self.server.port("smtp"), message, seconds=20)
                self.taken[document] = to
                return
            except (OSError, smtplib.SMTPException, RuntimeError) as error:
                codes = [code for code, _ in getattr(error, "recipients", {}).values()] + [getattr(error, "smtp_code", 0)]
                if any(code >= 500 for code in codes):
                    self.refused.append(f"document {document}: {error}")
                    return
                time.sleep(0.05)


def provisioned(t, seed):
    """A server that keeps its ports over restarts, with a trunk to itself over a network that loses packets."""
    build = CHECKED if os.environ.get("FAXPOST_SANITIZED") else BUILD
    server = t.enter(Server(t.folder(), build=build, settings={"max_calls": 32, "calls_per_process": 4}))
    server.pin_ports("smtp", "sip", "http")
    relay = t.enter(Relay(seed=seed, loss=LOSS, audio_loss=0))
    relay.join_ends(server.port("sip"), server.port("sip"))
    setup = provision.example(int(relay.towards_b.rpartition(":")[2]), pace=False, more_numbers=NUMBERS)
    setup["trunks"][0]["addresses"] = ["127.0.0.1"]  # calls come from the relay's other face
    setup["users"][0].update(role="installation", password=PASSWORD)
    setup["faxboxes"][1]["join_seconds"] = 15  # what breaks off waits little for its second try
    setup["faxboxes"] += [provision.box(name, str(100 + n), "frontdesk") for n, name in enumerate(BOXES) if n > 0]
    for box in setup["faxboxes"]:
        box["tries"] = 12  # the far end is killed too, and that is a try for the near one (D4)
    setup["faxboxes"].append({**provision.box("hasty", "300", "frontdesk"), "deadline_minutes": 1})
    server.apply(setup)
    status, _, complaint = server.cli("destinations", "lock", LOCKED)
    if status:
        raise RuntimeError(complaint)
    return server, relay


@case.test
# proves: D4 D5 A6 S2.13 S2.14
def nothing_is_lost_or_doubled_when_roles_are_killed(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 32)))
    t.note(f"FAXPOST_SEED={seed}")
    chance = random.Random(seed)
    server, relay = provisioned(t, seed)
    store = Store(server.state)
    senders, killer = Senders(server, store), Killer(server, store, chance, plan(chance, EACH_PAIR, ROUNDS))
    person = Person(server, store, seed)
    program = Program(server, store, seed, [(NUMBERS[n % len(NUMBERS)], BOXES[n % len(BOXES)]) for n in range(len(NUMBERS) * len(BOXES))],
                      lambda: senders.under_way() < OPEN_MOST + 3)
    senders.start()
    person.start()
    program.start()
    killer.start()
    killer.join(SECONDS)
    killer.stop()
    t.wait(lambda: len(senders.taken) >= LEAST_MAILS, "mails that go on after the kills", SECONDS)
    senders.stop()
    person.stop()
    program.stop()
    t.note(person.summary())
    t.note(program.summary())
    for line in killer.summary():
        t.note(line)
    still_open = wait_for_end(store, END_SECONDS, PATIENCE_MS, release=lambda job: server.cli("release", uuid_text(job["id"])))
    t.equal(still_open, None, f"open {END_SECONDS} s after the last kill; log: {server.log_tail()}")
    t.equal(senders.refused, [], "mails refused for good")
    judge(t, server, {**senders.taken, **program.taken}, killer, person, program)
    t.note(f"{relay.counts['lost']} of {relay.counts['media']} media packets were lost")
    t.true(relay.counts["lost"] > 0.01 * relay.counts["media"], f"the network was too good: {relay.counts}")
    enough = {"sent": LEAST_SENT, "sent again": LEAST_AGAIN, "settings changed": LEAST_CHANGED}
    t.equal([what for what, n in enough.items() if program.done[what] < n], [], "asked too seldom by the program")
    t.true(len(person.cancelled) >= LEAST_CANCELLED, f"only {len(person.cancelled)} jobs were cancelled")
    t.true(len(person.held) >= LEAST_HELD, f"only {len(person.held)} jobs were held")
    by_role, by_moment = killer.by_role(), killer.by_moment()
    t.equal([r for r in ROLES if by_role[r] < LEAST_BY_ROLE], [], "roles killed too seldom")
    t.equal([m for m in MOMENTS if by_moment[m] < LEAST_BY_MOMENT], [], "states met too seldom")


def judge(t, server, taken, killer, person, program):
    verdict = Verdict(server.state)
    jobs = verdict.store.jobs()
    states = {state: sum(1 for j in jobs if j["state"] == state) for state in {j["state"] for j in jobs}}
    pages = sum(len(copies) for copies in verdict.received.values())
    t.note(f"{len(taken)} documents taken, jobs: {states}; {len(verdict.store.attempts())} calls, {pages} pages received of"
           f" {sum(j['pages'] for j in jobs)} to send, {verdict.twice()} of them more than once")
    joined = sum(1 for f in verdict.store.faxes() if f["continues"])
    t.note(f"{joined} faxes came in a second try and were joined with the first")
    found = verdict.complaints(taken) + person.complaints() + program.complaints()
    found += verdict.unknown(lambda first, last: killer.within(first, last, CALLING), person.cancelled)
    found += verdict.mails([provision.BACK], [provision.FRONT])
    found += delivered(server, verdict.store, provision.BACK) + delivered(server, verdict.store, provision.FRONT)
    found += complaints(server)
    t.equal(found[:12], [], f"{len(found)} complaints, the first ones")
    hasty = [j for j in jobs if j["number"] == LOCKED]
    called = [j["id"] for j in hasty if verdict.store.attempts(j["id"])]
    t.equal(called, [], "jobs to a locked number that were called")
    left = [f"{j['state']}: {j['reason']}" for j in hasty if j["state"] not in ("expired", "cancelled")]
    t.equal(left, [], "jobs past their deadline that did not expire")
    t.true(sum(1 for j in hasty if j["state"] == "expired") >= LEAST_EXPIRED, f"only {len(hasty)} jobs could expire")
    kept = [j for j in jobs if j["id"] not in person.cancelled and j not in hasty]
    done = sum(1 for j in kept if j["state"] == "done")
    others = [f"{j['state']}: {j['reason']}" for j in kept if j["state"] not in ("done", "unknown")]
    t.true(done >= ENOUGH_DONE * len(kept),
           f"only {done} of {len(kept)} jobs are done, which proves nothing: {others[:5]}")


case.main()
