# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""Whatever handles mail is killed at random while mails come in by SMTP, POP3 and IMAP at once and the mail servers on
both sides go up and down: each mail is faxed or answered once, each mail that goes out is delivered at least once. What
was delivered twice has one Message-ID, and is counted. FAXPOST_SEED=n makes the same choices again."""

import collections
import io
import os
import random
import smtplib
import threading
import time

import case
import mail
import pdf
import provision
from dovecot import PASSWORD, Dovecot
from fake_smtp import FakeSmtp
from killer import Killer, number, wait_for_end
from server import Server
from store import Store
from verdict import Verdict, document_of, id_in, message_id
from worker import Worker

MAILS, LEAST_KILLS = (2000, 20) if case.LONG else (200, 6)  # kills: of each role
# A kill of mailout doubles the mail whose 250 is on its way, no more can be done; the long form has fewer kills a mail.
KILL_GAP = (0.4, 7.6) if case.LONG else (0.1, 1.9)  # seconds
MOST_DOUBLED = 1000  # long form: one of so many mails
ROLES = ("fetch", "mailin", "queue", "mailout", "convert")
WAYS = ("smtp", "imap", "pop3")
UNREADABLE = 10  # each so manieth mail holds what no fax can be made of, and is answered
LARGE = 7  # each so manieth goes through a file
OPEN_MOST = 12  # documents under way at once: each is two of the 32 calls
NUMBERS = [f"+49305550{n}" for n in range(10, 30)]  # one call at a time goes to each
SECONDS = 2000 if case.LONG else 600  # limits: beside all else that ./check does it took 55 to more than 180
PATIENCE_MS = 1 << 40 if case.LONG else 30000  # a number that was busy is called a minute later: left to it


def box_of(way):
    return f"from-{way}"


def address(way):
    return f"{way}@clinic.example"


class RandomKiller(Killer):
    """Kills these roles at any moment, until it is stopped."""

    def __init__(self, server, chance):
        super().__init__(server, None, chance, [])

    def run(self):
        while not self.ending.wait(self.chance.uniform(*KILL_GAP)):
            role, now = self.chance.choice(ROLES), time.time_ns() // 1000000
            if self.server.kill(role):
                self.kills.append((now, role, "any"))


class Weather(Worker):
    """The mail server that takes our mails, and the one with the mailboxes, are up for seconds and down for seconds."""

    def __init__(self, peer, dovecot, chance):
        super().__init__()
        self.peer, self.dovecot, self.chance = peer, dovecot, chance
        self.falls = 0

    def work(self):
        while not self.ending.wait(self.chance.uniform(2, 12)):
            self.peer.down()
            self.dovecot.stop()
            self.falls += 1
            self.ending.wait(self.chance.uniform(0.5, 4))
            self.dovecot.start()
            self.peer.up()


class Senders:
    """Brings the mails of each way in their order; by SMTP again until somebody says 250."""

    def __init__(self, server, dovecot):
        self.server, self.dovecot, self.store = server, dovecot, Store(server.state)
        self.refused, self.threads = [], [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(len(WAYS))]

    def start(self):
        for thread in self.threads:
            thread.start()

    def done(self):
        return not any(thread.is_alive() for thread in self.threads)

    def run(self, first):
        for document in range(first, MAILS, len(WAYS)):
            while self.under_way() >= OPEN_MOST:
                time.sleep(0.05)
            way = WAYS[first]
            if way == "smtp":
                self.send(document)
            else:
                to = f'"{NUMBERS[document % len(NUMBERS)]}" <{address(way)}>'
                self.dovecot.put(way, message(document, to))

    def under_way(self):
        """Mails in the mailboxes, mails and submissions to be looked at, jobs that something could be done for now."""
        lying = self.dovecot.lying("imap") + self.dovecot.lying("pop3")
        return lying + self.store.rows("SELECT (SELECT count(*) FROM mail_in WHERE state = 0)"
                                       " + (SELECT count(*) FROM submission WHERE state = 0) + (SELECT count(*) FROM job"
                                       " WHERE state = ? OR (state = ? AND next_ms <= ?)) AS n", number("job", "calling"),
                                       number("job", "waiting"), time.time_ns() // 1000000)[0]["n"]

    def send(self, document):
        to = f"{NUMBERS[document % len(NUMBERS)]}@{box_of('smtp')}.{provision.DOMAIN}"
        while True:
            try:
                mail.send(self.server.port("smtp"), message(document, to), seconds=20)
                return
            except (OSError, smtplib.SMTPException, RuntimeError) as error:
                codes = [code for code, _ in getattr(error, "recipients", {}).values()] + [getattr(error, "smtp_code", 0)]
                if any(code >= 500 for code in codes):
                    self.refused.append(f"document {document}: {error}")
                    return
                time.sleep(0.05)


def is_unreadable(document):
    return document % UNREADABLE == 0


def message(document, to):
    title = f"Document {document} " + "x" * (80000 if document % LARGE == 0 else 0)
    content = ("a.bin", "application/octet-stream", b"\0\1\2\3" * 100) if is_unreadable(document) else (
        "a.pdf", "application/pdf", pdf.make(1, document=document, lines=3, title=title))
    return mail.make(provision.FRONT, to, [content], message_id=message_id(document))


def provisioned(t, dovecot, peer):
    """A server with a trunk to itself, a box for each way in, and the test's mail servers."""
    server = t.enter(Server(t.folder(), settings={"deliver": "smtp", "max_calls": 32, "calls_per_process": 4}))
    server.pin_ports()
    told = provision.example(server.port("sip")[1], pace=False, more_numbers=NUMBERS)
    told["tenants"][0]["dmarc"] = "off"
    for extension, way in enumerate(WAYS, 300):
        told["faxboxes"].append({**provision.box(box_of(way), str(extension), "frontdesk"), "tries": 12})
        if way != "smtp":
            told["faxboxes"][-1]["mailbox"] = way
    told["mailboxes"] = [{"name": way, "tenant": "example", "address": address(way), "protocol": way, "host": "localhost",
                          "port": dovecot.port(way, "implicit"), "pin": dovecot.pin(), "username": way, "password": PASSWORD,
                          "interval": 5} for way in WAYS[1:]]
    told["mail_server"] = {"host": "127.0.0.1", "port": peer.port, "security": "none"}
    server.apply(told)
    return server


@case.test
# proves: S3.10 S4.3 S4.5 A6
def mails_by_every_way_are_faxed_or_answered_once_whatever_dies(t):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 32)))
    chance = random.Random(seed)
    t.note(f"FAXPOST_SEED={seed}")
    dovecot, peer = t.enter(Dovecot(t.folder(), users=WAYS[1:])), t.enter(FakeSmtp())
    server = provisioned(t, dovecot, peer)
    senders, killer, weather = (Senders(server, dovecot), RandomKiller(server, random.Random(chance.random())),
                                Weather(peer, dovecot, random.Random(chance.random())))
    for thread in (senders, killer, weather):
        thread.start()
    try:
        t.wait(lambda: senders.done() and min(killer.by_role()[r] for r in ROLES) >= LEAST_KILLS, "mails and kills", SECONDS)
    finally:
        killer.stop()
        weather.stop()
    t.note(f"{killer.summary()[0]}; {weather.falls} falls of the mail servers")
    t.wait(lambda: dovecot.lying("imap") + dovecot.lying("pop3") == 0,
           f"the mailboxes are emptied; log: {server.log_tail()}", SECONDS)
    t.equal(wait_for_end(senders.store, SECONDS, PATIENCE_MS), None, f"open at last; log: {server.log_tail()}")
    t.equal(senders.refused, [], "mails refused at the door")
    server.stop()
    judge(t, server, killer, peer)


def judge(t, server, killer, peer):
    verdict = Verdict(server.state)
    store, faxed = verdict.store, [n for n in range(MAILS) if not is_unreadable(n)]
    jobs = collections.Counter(j["state"] for j in store.jobs())
    t.note(f"{MAILS} mails; jobs: {dict(jobs)}")
    found = verdict.complaints(faxed)
    found += verdict.unknown(lambda first, last: killer.within(first, last, ("queue",)), {})
    found += verdict.mails([provision.BACK], [provision.FRONT])
    found += answers(store) + stored(store)
    found += [f"job to {j['number']} {j['state']}: {j['reason']}" for j in store.jobs()
              if j["state"] not in ("done", "unknown", "waiting")]
    found += delivered(t, store, peer)
    t.equal(found[:12], [], f"{len(found)} complaints, the first ones")
    t.true(jobs["done"] >= 0.9 * len(faxed), f"only {jobs['done']} of {len(faxed)} jobs are done, which proves nothing: {jobs}")


def stored(store):
    """Complaints: what lay in a mailbox was taken out once. By SMTP a mail may come again whose 250 was lost."""
    names = {row["id"]: row["name"] for row in store.rows("SELECT id, name FROM mailbox")}
    got = collections.Counter(names.get(m["mailbox"], "smtp") for m in store.mails_in())
    wanted = {way: len(range(first, MAILS, len(WAYS))) for first, way in enumerate(WAYS)}
    return [f"{got[way]} mails were stored of {wanted[way]} by {way}" for way in WAYS
            if got[way] < wanted[way] or (way != "smtp" and got[way] > wanted[way])]


def answers(store):
    """Complaints: what cannot be faxed has one answer."""
    about = collections.Counter(m["about"] for m in store.mails_out())
    by_document = collections.defaultdict(list)
    for s in store.submissions():
        by_document[document_of(s["message_id"])].append(s)
    found = []
    for document in filter(is_unreadable, range(MAILS)):
        rows = by_document[document]
        if [(s["state"], about[s["id"]]) for s in rows] != [("refused", 1)]:
            found.append(f"document {document} cannot be faxed: {[(s['state'], about[s['id']]) for s in rows]}")
    return found


def delivered(t, store, peer):
    """Complaints about what the mail server took: each mail that counts as sent, and no other."""
    rows = {m["id"].hex(): m for m in store.mails_out()}
    got = collections.Counter(id_in(io.BytesIO(m)) for m in list(peer.mails))
    found = [f"{m['kind']} mail {i} to {m['recipient']} counts as {m['state']} and was never delivered"
             for i, m in rows.items() if not got[i]]
    found += [f"mail {i} was delivered and is none of ours" for i in got if i not in rows]
    doubled = sum(n - 1 for n in got.values())
    t.note(f"{len(rows)} mails went out, {doubled} copies too many")
    if case.LONG and doubled * MOST_DOUBLED > len(rows):
        found.append(f"{doubled} copies too many of {len(rows)} mails")
    return found


case.main()
