# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looks into a state directory from outside, read-only and with SQLite's own library: what is really stored, not what
Faxpost says is stored."""

import pathlib
import re
import sqlite3
import uuid

import pdf
import pixels

STATES_H = pathlib.Path(__file__).resolve().parents[2] / "src" / "model" / "states.h"


def state_names():
    """{"job": ["waiting", ...]}, from the lists the program itself is built of."""
    found = {}
    for block in re.findall(r"#define (\w+)_STATES\(X\)(.*?)\n\n", STATES_H.read_text(), re.S):
        found[block[0].lower()] = re.findall(r'X\(\w+, "(\w+)"\)', block[1])
    return found


NAMES = state_names()


def uuid_text(raw):
    """An id as people write it."""
    return str(uuid.UUID(bytes=raw))


class Store:
    """Each call sees what is committed at that moment."""

    def __init__(self, state):
        self.state = pathlib.Path(state)

    def rows(self, statement, *values):
        db = sqlite3.connect(f"file:{self.state}/faxpost.db?mode=ro", uri=True, timeout=20)
        try:
            db.row_factory = sqlite3.Row
            return db.execute(statement, values).fetchall()
        finally:
            db.close()

    def named(self, kind, statement, *values):
        """Rows as dicts, the number in `state` as its name."""
        return [{**dict(row), "state": NAMES[kind][row["state"]]} for row in self.rows(statement, *values)]

    def mails_in(self):
        return self.named("mail_in", "SELECT * FROM mail_in ORDER BY received_ms")

    def jobs(self):
        return self.named("job", "SELECT * FROM job ORDER BY created_ms")

    def submissions(self):
        return self.named("submission", "SELECT * FROM submission ORDER BY created_ms")

    def attempts(self, job=None):
        if job is None:
            return self.named("attempt", "SELECT * FROM attempt ORDER BY started_ms")
        return self.named("attempt", "SELECT * FROM attempt WHERE job = ? ORDER BY started_ms", job)

    def faxes(self):
        return self.named("fax", "SELECT * FROM fax ORDER BY answered_ms")

    def mails_out(self):
        return self.named("mail_out", "SELECT * FROM mail_out ORDER BY created_ms")

    def confirmed(self, attempt):
        """Numbers of the pages that the journal has as confirmed in that attempt."""
        return [row["page"] for row in
                self.rows("SELECT page FROM attempt_page WHERE attempt = ? ORDER BY page", attempt)]

    def blob(self, blob):
        row = self.rows("SELECT bytes, size FROM blob WHERE id = ?", blob)[0]
        data = row["bytes"]
        if data is None:
            data = (self.state / "blobs" / blob.hex()).read_bytes()
        if len(data) != row["size"]:
            raise ValueError(f"blob {blob.hex()} has {len(data)} bytes, its row says {row['size']}")
        return data

    def pages_sent(self, submission):
        """The pages of a submission as they were made for the wire, decoded by poppler."""
        return self.decode(self.rows("SELECT * FROM submission_page WHERE submission = ? ORDER BY document, page",
                                     submission))

    def pages_received(self, fax):
        return self.decode(self.rows("SELECT * FROM fax_page WHERE fax = ? ORDER BY page", fax))

    def decode(self, rows):
        if not rows:
            return []
        return pixels.pages_of_bytes(pdf.of_t6([(r["width"], r["rows"], self.blob(r["blob"])) for r in rows]))
