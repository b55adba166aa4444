# SPDX-License-Identifier: AGPL-3.0-or-later
"""One fax from one server to another (or to itself), and whether what came out is what went in.

    document = fax.submit(t, a, 7)              # by `faxpost send`; several may be on their way at once
    job, attempts = fax.arrive(t, a, b, document)
"""

import uuid

import mail
import pdf
import pixels
import provision
from store import Store

SECONDS = 300
OPEN = ("waiting", "calling")


class Fax:
    def __init__(self, number, submission):
        self.number, self.submission = number, submission


def submit(t, server, document, *, to="200", pages=1, lines=2):
    """Hands in a short document whose marks carry its number."""
    file = server.folder / f"{document}.pdf"
    file.write_bytes(pdf.make(pages, document=document, lines=lines))
    status, out, err = server.cli("send", to, file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"faxpost send: {err or out}")
    return Fax(document, uuid.UUID(out.split()[-1]).bytes)


def mailed(t, server, document, *, to="200", pages=1, lines=2):
    """The same by SMTP."""
    known = {j["id"] for j in Store(server.state).jobs()}
    data = pdf.make(pages, document=document, lines=lines)
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"{to}@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", data)]))
    job = t.wait(lambda: next((j for j in Store(server.state).jobs() if j["id"] not in known), None),
                 f"document {document}: no job; log: {server.log_tail()}")
    return Fax(document, job["submission"])


def ended(t, a, fax):
    """The job when it has ended, and its attempts."""
    def found():
        return next((j for j in Store(a.state).jobs()
                     if j["submission"] == fax.submission and j["state"] not in OPEN), None)

    job = t.wait(found, f"document {fax.number}: no job ended; log: {a.log_tail()}", SECONDS)
    return job, Store(a.state).attempts(job["id"])


def arrive(t, a, b, fax):
    """Sent by a, mailed by b, the pixels equal; (job, attempts)."""
    job, attempts = ended(t, a, fax)
    t.equal(job["state"], "done", f"document {fax.number}: job ({job['reason']}; {attempts[-1]['reason']}; {a.log_tail()})")
    arrived = t.wait(lambda: arrival(b, fax.number), f"document {fax.number} was not mailed; log: {b.log_tail()}")
    t.equal(pixels.compare(Store(a.state).pages_sent(job["submission"]), arrived), [],
            f"document {fax.number}: pixels")
    return job, attempts


def arrival(server, document):
    """The pages of the mail that brought this document."""
    for path in server.mails(provision.BACK):
        _, data = mail.attachment(mail.read(path))
        pages = pixels.pages_of_bytes(data)
        if (pixels.read_mark(pages[0]) or (None,))[0] == document:
            return pages
    return None
