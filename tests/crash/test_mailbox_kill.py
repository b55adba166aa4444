# SPDX-License-Identifier: AGPL-3.0-or-later
"""fetch and queue are killed at random while mails come into two mailboxes, one by IMAP and one by POP3: each mail must
become exactly one stored mail and one submission, and leave its mailbox. FAXPOST_SEED=n makes the same choices again."""

import collections
import os
import random
import threading

import case
import mail
import provision
from dovecot import PASSWORD, Dovecot
from server import Server
from store import Store

MAILS, LEAST_KILLS = (600, 150) if case.LONG else (120, 30)
FRONT = provision.FRONT
SECONDS = 1200 if case.LONG else 240


def mailbox(dovecot, user, protocol):
    return {"name": user, "tenant": "example", "address": address(user), "protocol": protocol, "host": "localhost",
            "port": dovecot.port(protocol, "implicit"), "pin": dovecot.pin(), "username": user, "password": PASSWORD,
            "interval": 5}


def address(user):
    return f"{ {'by-imap': 200, 'by-pop3': 100}[user]}@front.{provision.DOMAIN}"


class Killer(threading.Thread):
    def __init__(self, server, choose):
        super().__init__(daemon=True)
        self.server, self.choose, self.ending = server, choose, threading.Event()
        self.kills = collections.Counter()

    def run(self):
        while not self.ending.wait(self.choose.uniform(0.02, 0.5)):
            role = self.choose.choice(("fetch", "fetch", "queue"))
            if self.server.kill(role):
                self.kills[role] += 1


def fill(t, dovecot, choose, killer):
    """As many mails between two kills as make all of both come out even."""
    for n in range(MAILS):
        user = ("by-imap", "by-pop3")[n % 2]
        text = "a page\n" * choose.choice((1, 100, 20000))  # some go through a file
        dovecot.put(user, mail.make(FRONT, address(user), [("a.txt", "text/plain", text.encode())], subject=f"mail {n}",
                                    message_id=f"<{n}@test.invalid>"))
        t.wait(lambda n=n: sum(killer.kills.values()) >= n * LEAST_KILLS // MAILS, "kills", SECONDS)


@case.test
# proves: S4.3 S4.5
def each_mail_is_taken_once_whatever_dies(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 30)))
    choose = random.Random(seed)
    dovecot = t.enter(Dovecot(t.folder(), users=("by-imap", "by-pop3")))
    server = t.enter(Server(t.folder()))
    wanted = provision.example(9)  # a trunk that leads nowhere: the jobs wait
    wanted["tenants"][0]["dmarc"] = "off"
    for box, name in zip(wanted["faxboxes"], ("by-pop3", "by-imap")):
        box["mailbox"] = name
    wanted["mailboxes"] = [mailbox(dovecot, "by-imap", "imap"), mailbox(dovecot, "by-pop3", "pop3")]
    server.apply(wanted)
    killer = Killer(server, choose)
    killer.start()
    fill(t, dovecot, choose, killer)
    killer.ending.set()
    killer.join()
    t.wait(lambda: dovecot.lying("by-imap") == dovecot.lying("by-pop3") == 0,
           f"seed {seed}: the mailboxes are emptied; log: {server.log_tail()}", SECONDS)
    store = Store(server.state)
    t.wait(lambda: all(m["state"] != "received" for m in store.mails_in()), "all mails are unpacked", SECONDS)
    t.note(f"seed {seed}, {dict(killer.kills)} kills, {MAILS} mails")
    stored = store.mails_in()
    t.equal(collections.Counter(m["state"] for m in stored), {"routed": MAILS}, f"seed {seed}: stored mails")
    t.equal(sorted(collections.Counter(s["subject"] for s in store.submissions()).items()),
            sorted((f"mail {n}", 1) for n in range(MAILS)), f"seed {seed}: submissions")


case.main()
