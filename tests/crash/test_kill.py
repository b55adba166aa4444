# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every role is killed again and again while faxes go through the server. Nothing may be lost, nothing that says it was
delivered may be missing a pixel, and nothing may be sent twice without need."""

import os
import random
import smtplib
import time

import case
import mail
import pdf
import provision
from killer import ROLES, Killer, judge, received_copies, wait_for_end
from server import Server
from store import Store

# The short form shows that it holds; the long one kills each role 20 times and meets each state 3 times.
JOBS, LEAST_KILLS = (60, 20) if case.LONG else (8, 2)
PAGES = 2
SECONDS = 3000 if case.LONG else 300
# One call at a time for each number, so each job gets its own.
NUMBERS = [f"+49302030{n:03}" for n in range(JOBS)]
FRONT = provision.FRONT


class Sender:
    """Mails documents as a mail server does: the same mail again until somebody says 250 or refuses it for good."""

    def __init__(self, server):
        self.server, self.taken = server, {}  # document -> number

    def send(self, document, number, seconds=120):
        message = mail.make(FRONT, f"{number}@front.{provision.DOMAIN}",
                            [("a.pdf", "application/pdf", pdf.make(PAGES, document=document, lines=4))])
        end = time.monotonic() + seconds
        while True:
            try:
                mail.send(self.server.port("smtp"), message, seconds=20)
                self.taken[document] = number
                return
            except (OSError, smtplib.SMTPException, RuntimeError) as error:
                codes = [code for code, _ in getattr(error, "recipients", {}).values()]
                codes += [getattr(error, "smtp_code", 0)]
                if any(code >= 500 for code in codes) or time.monotonic() > end:
                    raise
                time.sleep(0.2)


@case.test
# proves: D5
def nothing_is_lost_or_doubled_when_roles_are_killed(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 32)))
    t.note(f"FAXPOST_SEED={seed}")
    server = t.enter(Server(t.folder()))
    server.pin_ports()
    server.apply(provision.example(server.port("sip")[1], more_numbers=NUMBERS))
    store = Store(server.state)
    killer = Killer(server, store, seed)
    killer.start()
    sender = Sender(server)
    for n, number in enumerate(NUMBERS):
        sender.send(1000 + n, number)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and killer.is_alive():
        if min(killer.kills[role] for role in ROLES) >= LEAST_KILLS:
            break
        if wait_for_end(store, 1) is None:
            break
    killer.stop()
    t.note(killer.summary())
    still_open = wait_for_end(store, SECONDS)
    t.equal(still_open, None, f"open {SECONDS} s after the last kill; log: {server.log_tail()}")
    look_at_everything(t, server, store, sender, killer)
    least = min(killer.kills[role] for role in ROLES)
    t.true(least >= LEAST_KILLS, f"a role was killed only {least} times: {killer.summary()}")


def look_at_everything(t, server, store, sender, killer):
    jobs = {j["number"]: j for j in store.jobs()}
    t.equal(len(store.jobs()), len(sender.taken), "jobs for as many mails")
    complaints, copies = [], received_copies(store)
    unknown = 0
    for document, number in sender.taken.items():
        job = jobs.get(number)
        if job is None:
            complaints.append(f"document {document} to {number} was taken and has no job")
        elif job["state"] == "done":
            complaints += judge(store, job, document, copies)
        elif job["state"] == "unknown":
            unknown += 1
            if not killer.in_window[job["id"]]:
                complaints.append(f"document {document} ended as unknown, and nobody was killed at its end")
    done = sum(1 for j in jobs.values() if j["state"] == "done")
    t.note(f"{done} of {len(jobs)} jobs done, {unknown} unknown, {len(store.faxes())} faxes received")
    t.equal(complaints, [], "complaints")
    failed = {j["number"]: j["reason"] for j in jobs.values() if j["state"] not in ("done", "unknown")}
    t.true(done >= 0.95 * len(jobs), f"only {done} of {len(jobs)} jobs are done: {failed}; with so few this proves nothing")
    mailed = sum(1 for f in store.faxes() if f["state"] in ("complete", "partial"))
    t.true(len(server.mails(provision.BACK)) >= mailed, f"{len(server.mails(provision.BACK))} mails for {mailed} faxes")


case.main()
