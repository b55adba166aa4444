# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fills the store of a server that does not run with faxes and jobs as years of use leave them: boxes of many sizes,
numbers that come again, some archived, some unread. `python3 bench/crowd.py STATE FAXES BOXES` does it by hand (PYTHONPATH=
tests/lib); each has one page, which is small."""

import os
import random
import re
import sqlite3
import sys
import uuid

# T.6 of a white page of 1728 x 2200: each row is one V0, then EOFB.
WHITE = b"\xff" * 275 + b"\x00\x10\x01"
FIRST_MS = 1_500_000_000_000
STEP_MS = 137_000
NAMES = ("Rossi", "Bianchi", "Muster", "Schmidt", "Dupont", "Moreau", "Garcia", "Lopez", "Smith", "Brown")
BATCH = 20_000


def id_at(ms, random_bits):
    """A UUID of version 7 of that moment."""
    raw = bytearray(ms.to_bytes(6, "big") + random_bits.to_bytes(10, "big"))
    raw[6], raw[8] = 0x70 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    return bytes(raw)


def place_code(name):
    """As src/store/search_codes.c writes it."""
    code = 0xCBF29CE484222325
    for byte in name:
        code = (code ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return "".join(chr(0x4E00 + (code >> 14 * i + 8 & 0x3FFF)) for i in range(3))


def digit_codes(words):
    text = ""
    for run in re.findall("[0-9]{5,}", words):
        digits = [10, *map(int, run)]
        for phase in 0, 1:
            text += " " + "".join(chr(0x3400 + 11 * a + b) for a, b in zip(digits[phase::2], digits[phase + 1::2]))
    return text


class Crowd:
    def __init__(self, state, faxes, boxes, seed=1):
        self.db = sqlite3.connect(f"{state}/faxpost.db", isolation_level=None)
        self.random = random.Random(seed)
        self.faxes, self.boxes = faxes, boxes
        self.numbers = [f"+3905{self.random.randrange(10**7, 10**8)}" for _ in range(max(50, faxes // 20))]

    def fill(self):
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("PRAGMA cache_size = -800000")
        self.tenant = self.db.execute("SELECT id FROM tenant ORDER BY name LIMIT 1").fetchone()[0]
        self.user = self.db.execute("SELECT id FROM user ORDER BY name LIMIT 1").fetchone()[0]
        self.add_boxes()
        for at in range(0, self.faxes, BATCH):
            self.db.execute("BEGIN")
            for n in range(at, min(self.faxes, at + BATCH)):
                self.add_fax(n)
                if n % 5 == 0:
                    self.add_job(n)
            self.db.execute("COMMIT")
        for table in ("fax_search", "job_search"):  # as retention does at night
            self.db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        self.db.execute("ANALYZE")
        self.db.close()

    def add_boxes(self):
        self.db.execute("BEGIN")
        for n in range(self.boxes):
            self.db.execute("INSERT OR IGNORE INTO faxbox (id, tenant, name) VALUES (?, ?, ?)",
                            (f"b{n}", self.tenant, f"Box {n}"))
            if n < 5:
                self.db.execute("INSERT OR IGNORE INTO faxbox_user (faxbox, user, may_send, may_receive)"
                                " VALUES (?, ?, 1, 1)", (f"b{n}", self.user))
        self.db.execute("COMMIT")

    def some_box(self):
        """A few have most."""
        return f"b{int(self.boxes * self.random.random() ** 3)}"

    def blob(self):
        blob = self.random.randbytes(16)
        self.db.execute("INSERT INTO blob (id, size, sha256, bytes) VALUES (?, ?, ?, ?)", (blob, len(WHITE), b"\0" * 32, WHITE))
        return blob

    def add_fax(self, n):
        ms = FIRST_MS + n * STEP_MS
        fax, attempt = id_at(ms, self.random.getrandbits(80)), id_at(ms, self.random.getrandbits(80))
        box, calling = self.some_box(), self.random.choice(self.numbers)
        station = f"{self.random.choice(NAMES)} {self.random.randrange(100, 1000)}"
        self.db.execute("INSERT INTO attempt (id, fax, state, call_instance, trunk, started_ms, answered_ms, ended_ms)"
                        " VALUES (?, ?, 2, 0, 'loopback', ?, ?, ?)", (attempt, fax, ms, ms, ms + 30000))
        self.db.execute("INSERT INTO fax (id, tenant, faxbox, attempt, state, faxid, calling, called, station_id, answered_ms,"
                        " last_page_ms, ended_ms, pages, archived, n) VALUES (?, ?, ?, ?, ?, ?, ?, '100', ?, ?, ?, ?, 1, ?, ?)",
                        (fax, self.tenant, box, attempt, 2 if n % 40 == 0 else 1, n + 1, calling, station, ms, ms + 20000,
                         ms + 30000, int(n % 3 == 0), n + 1))
        self.db.execute("INSERT INTO fax_page (fax, page, width, rows, resolution, blob) VALUES (?, 0, 1728, 2200, 1, ?)",
                        (fax, self.blob()))
        self.db.execute("INSERT INTO fax_search (rowid, words, place) VALUES (?, ?, ?)",
                        self.searched(n + 1, box, f"{calling}\n100\n\n{station}\n{station.replace(' ', '')}"))
        if n % 7 == 0:
            self.db.execute("INSERT OR IGNORE INTO fax_unread (user, fax) VALUES (?, ?)", (self.user, fax))

    def searched(self, n, box, words):
        return n, words, f"{place_code(box.encode())} {place_code(self.tenant)}" + digit_codes(words)

    def add_job(self, n):
        ms = FIRST_MS + n * STEP_MS
        job, submission = id_at(ms, self.random.getrandbits(80)), id_at(ms, self.random.getrandbits(80))
        box, number, name = self.some_box(), self.random.choice(self.numbers), self.random.choice(NAMES)
        subject = f"Letter {n} to {name}.pdf"
        self.db.execute("INSERT INTO submission (id, tenant, faxbox, state, created_ms, sender, subject, message_id, numbers)"
                        " VALUES (?, ?, ?, 3, ?, 'frontdesk@localhost', ?, '', '')", (submission, self.tenant, box, ms, subject))
        self.db.execute("INSERT INTO submission_target (submission, target, number, display, name) VALUES (?, 0, ?, ?, ?)",
                        (submission, number, number, name))
        self.db.execute("INSERT INTO job (id, submission, tenant, faxbox, number, display_number, state, created_ms, next_ms,"
                        " ended_ms, pages, confirmed, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, ?)",
                        (job, submission, self.tenant, box, number, number, 4 if n % 50 == 0 else 3, ms, ms, ms + 40000,
                         n // 5 + 1))
        self.db.execute("INSERT INTO job_search (rowid, words, place) VALUES (?, ?, ?)",
                        self.searched(n // 5 + 1, box, "\n".join((number, number, number, "", "", name, subject,
                                                                   "frontdesk@localhost"))))


def main():
    state, faxes, boxes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    Crowd(state, faxes, boxes).fill()
    print(f"{faxes} faxes in {boxes} boxes, {os.path.getsize(state + '/faxpost.db') / 1e6:.0f} MB",
          uuid.UUID(bytes=id_at(FIRST_MS, 0)), "and later")


if __name__ == "__main__":
    main()
