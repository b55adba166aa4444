# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds what arrived against what is stored, after a crash test. Pages carry their document and number as pixels
(tests/lib/pdf.py) and are decoded by poppler, so nothing of the server is believed when it comes to what was received.

    complaints = Verdict(server.state).complaints(taken)     # taken: {document: number} of mails that got their 250

Each mail's Message-ID, or the subject of what comes by the API, is message_id(document), so that a submission can be found
for it."""

import collections
import hashlib

import pixels
from store import Store

CHUNK = 40  # pages that one run of poppler decodes


def message_id(document):
    return f"<document-{document}@test.invalid>"


def document_of(text):
    return int(text.strip("<>").split("@")[0].removeprefix("document-"))


def prints(page, header):
    """What is compared: the pixels below the header line, and below all that a header line may have been written over."""
    rows = [max(header, 0), max(header, 0) + pixels.HEADER_ROWS]
    return page.width, page.height - max(header, 0), [hashlib.sha256(page.data[r * page.stride:]).digest() for r in rows]


def same(sent, received):
    return sent[:2] == received[0][:2] and received[0][2][0 if received[1] else 1] == sent[2][0 if received[1] else 1]


class Verdict:
    def __init__(self, state):
        self.store = Store(state)
        self.submissions = {}
        for s in self.store.submissions():
            name = s["message_id"] or s["subject"]
            if "document-" in name:
                self.submissions[document_of(name)] = s
        self.jobs = collections.defaultdict(list)  # document -> jobs
        by_submission = {s["id"]: document for document, s in self.submissions.items()}
        for job in self.store.jobs():
            self.jobs[by_submission.get(job["submission"])].append(job)
        self.sent = self.read_sent(by_submission)
        self.received = self.read_received()

    # ---- pixels ----

    def decoded(self, rows):
        """(row, page) of each, some at a time."""
        for at in range(0, len(rows), CHUNK):
            part = rows[at:at + CHUNK]
            yield from zip(part, self.store.decode(part))

    def read_sent(self, by_submission):
        """{(document, page): prints}"""
        rows = self.store.rows("SELECT * FROM submission_page ORDER BY submission, document, page")
        return {(by_submission.get(row["submission"]), row["page"]): prints(page, 0) for row, page in self.decoded(rows)}

    def read_received(self):
        """{(document, page): [(fax, page of the fax, prints, had it a header line above?)]}"""
        found = collections.defaultdict(list)
        for row, page in self.decoded(self.store.rows("SELECT * FROM fax_page ORDER BY fax, page")):
            mark = pixels.read_mark(page)
            key = mark and mark[:2]
            wanted = self.sent.get(key)
            header = page.height - wanted[1] if wanted else 0
            found[key].append((row["fax"], row["page"], prints(page, header), header > 0))
        return found

    # ---- rules ----

    def complaints(self, taken):
        found = [f"a received page carries no mark, or one that nobody sent: {key}"
                 for key in self.received if key not in self.sent]
        for document in sorted(taken):
            jobs = self.jobs.get(document, [])
            first = [job for job in jobs if not job["retry_of"]]  # who sent them again tells of the others
            if len(first) != 1:
                found.append(f"document {document} was taken and has {len(first)} jobs")
            found += self.document(document, jobs)
        found += [f"document {document} has a job and was never given up by its sender as taken" for document in self.jobs
                  if document not in taken]
        return found

    def document(self, document, jobs):
        """What is said of its jobs, and of the pages that came of all of them."""
        found, carried = [], collections.defaultdict(list)
        for job in jobs:
            attempts, confirmations = self.store.attempts(job["id"]), self.confirmations(job)
            found += self.sent_again(document, attempts, confirmations)
            for page in range(job["pages"]):
                carried[page] += [a["id"] for a in attempts if a["first_page"] <= page]
                what = f"page {page + 1} of document {document}"
                if (job["state"] == "done" or page < job["confirmed"]) and not self.received.get((document, page)):
                    found.append(f"{what} counts as confirmed and never arrived")
                if job["state"] == "done" and len(confirmations[page]) != 1:
                    found.append(f"the journal has {what} confirmed {len(confirmations[page])} times")
        for page, attempts in carried.items():
            found += self.page(document, page, attempts)
        return found

    def confirmations(self, job):
        found = collections.defaultdict(list)  # page -> [(when, attempt)]
        for row in self.store.rows("SELECT p.page, p.confirmed_ms, p.attempt FROM attempt_page p"
                                   " JOIN attempt a ON a.id = p.attempt WHERE a.job = ?", job["id"]):
            found[row["page"]].append((row["confirmed_ms"], row["attempt"]))
        return found

    @staticmethod
    def sent_again(document, attempts, confirmations):
        """A call never starts at or before a page whose confirmation was stored when it started."""
        return [f"document {document}: page {page + 1} was confirmed and then sent again from page {a['first_page'] + 1}"
                for a in attempts for page, times in confirmations.items()
                if a["first_page"] <= page and any(when < a["started_ms"] and attempt != a["id"] for when, attempt in times)]

    def page(self, document, page, carried):
        """carried: calls that had it to send."""
        copies = self.received.get((document, page), [])
        what = f"page {page + 1} of document {document}"
        faxes = [c[0] for c in copies]
        found = [f"{what} arrived with other pixels" for c in copies if not same(self.sent[document, page], c[2:])]
        if len(faxes) != len(set(faxes)):
            found.append(f"{what} arrived twice in one call")
        if len(copies) > len(carried):
            found.append(f"{what} arrived {len(copies)} times, and {len(carried)} calls had it to send")
        return found

    def twice(self):
        """How many pages came more than once, all of them explained by complaints()'s rules."""
        return sum(1 for copies in self.received.values() if len(copies) > 1)

    def unknown(self, kills_between, cancelled):
        """Complaints about jobs of unknown outcome: each needs a kill, or to have been cancelled, after the page before the last
        was confirmed and before its call was given up. kills_between(first_ms, last_ms) lists kills; cancelled: {job: when
        that was answered}."""
        found = []
        for job in self.store.jobs():
            if job["state"] != "unknown":
                continue
            last = self.store.attempts(job["id"])[-1]
            times = [r["t"] for r in self.store.rows("SELECT max(confirmed_ms) AS t FROM attempt_page WHERE attempt = ?",
                                                     last["id"])]
            since = max([last["started_ms"], *[t for t in times if t]])
            if not kills_between(since, last["ended_ms"]) and cancelled.get(job["id"], 0) < since:
                found.append(f"job to {job['number']} ended as unknown, and nobody was killed while it was in doubt:"
                             f" {last['reason']}; {last['trace'][-200:]}")
        return found

    def mails(self, receivers, senders):
        """Complaints: each fax with pages became one mail to each receiver, each finished submission one report."""
        rows = collections.Counter((m["kind"], m["about"], m["recipient"]) for m in self.store.mails_out())
        found = []
        faxes = self.store.faxes()
        continued = {fax["continues"] for fax in faxes}  # their pages are in the mail of the next try
        for fax in faxes:
            wanted = 1 if fax["state"] in ("complete", "partial") and fax["id"] not in continued else 0
            found += [f"a fax of {fax['pages']} pages ({fax['state']}) became {rows[('received', fax['id'], r)]} mails to {r}"
                      for r in receivers if rows[("received", fax["id"], r)] != wanted]
        for submission in self.submissions.values():
            wanted = 1 if submission["state"] == "finished" else 0
            found += [f"submission {submission['message_id']} ({submission['state']}) has"
                      f" {rows[('report', submission['id'], s)]} reports"
                      for s in senders if rows[("report", submission["id"], s)] != wanted]
        return found + [f"mail of kind {m['kind']} to {m['recipient']} is {m['state']}: {m['reason']}"
                        for m in self.store.mails_out() if m["state"] != "sent"]


def delivered(server, store, address):
    """Complaints about a Maildir: it holds each mail that is sent once, and no other."""
    wanted = collections.Counter(m["id"].hex() for m in store.mails_out() if m["recipient"] == address)
    got = collections.Counter(own_id(path) for path in server.mails(address))
    return [f"mail {mail} to {address} was delivered {got[mail]} times" for mail in {**wanted, **got} if got[mail] != wanted[mail]]


def own_id(path):
    with open(path, "rb") as file:
        return id_in(file)


def id_in(lines):
    """The id that convert puts before the @ of each Message-ID, without its dashes."""
    for line in lines:
        if line.lower().startswith(b"message-id:"):
            return line.split(b"<")[1].split(b"@")[0].decode().removeprefix("faxpost-").replace("-", "")
    return "none"
