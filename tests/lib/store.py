# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looks into a store from outside, read-only and with SQLite's own library or PostgreSQL's own client: what is really stored,
not what Faxpost says is stored."""

import json
import pathlib
import re
import sqlite3
import subprocess
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
        data = row["bytes"] if row["bytes"] is not None else self.large_blob(blob)
        if len(data) != row["size"]:
            raise ValueError(f"blob {blob.hex()} has {len(data)} bytes, its row says {row['size']}")
        return data

    def large_blob(self, blob):
        return (self.state / "blobs" / blob.hex()).read_bytes()

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


def literal(value):
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


class PostgresStore(Store):
    """The same where `store` of faxpost.conf is that URI."""

    def __init__(self, state, uri):
        super().__init__(state)
        self.uri = uri

    def rows(self, statement, *values):
        parts = statement.split("?")
        whole = "".join(part + literal(value) for part, value in zip(parts, values)) + parts[-1]
        done = subprocess.run(["psql", self.uri, "-AtXq", "-v", "ON_ERROR_STOP=1", "-c", f"SELECT row_to_json(r) FROM ({whole}) AS r"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ValueError(f"psql: {done.stderr.strip()}")
        return [{name: unhex(value) for name, value in json.loads(line).items()} for line in done.stdout.splitlines()]

    def large_blob(self, blob):
        return b"".join(row["bytes"] for row in self.rows("SELECT bytes FROM blob_part WHERE blob = ? ORDER BY n", blob))


def unhex(value):
    """Bytes come as \\x and their digits."""
    return bytes.fromhex(value[2:]) if isinstance(value, str) and re.fullmatch(r"\\x([0-9a-f]{2})*", value) else value


def store_of(state, uri=""):
    return PostgresStore(state, uri) if uri else Store(state)
