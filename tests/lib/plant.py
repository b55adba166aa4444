# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two tenants that must see nothing of each other, with rows in every table that the API shows. The rows are written while
the server stands still: nothing is called, nothing is mailed."""

import contextlib
import os
import sqlite3
import time
import uuid

PASSWORD = "correct horse battery"
DONE, COMPLETE, ATTEMPT_ENDED, SENT = 3, 1, 2, 3


def provisioning(words=("apple", "zebra")):
    """For each word a tenant of that name with an administrator, a user with a box, and one without any right on it."""
    users, boxes = [], []
    for number, word in enumerate(words):
        for role, name in (("tenant", "boss"), ("user", "clerk"), ("user", "guest")):
            users.append({"tenant": word, "name": f"{word}-{name}", "addresses": [f"{name}@{word}.example"], "role": role,
                          "password": PASSWORD})
        boxes.append({"tenant": word, "id": f"{word}box", "name": f"{word} box", "extension": f"{number + 1}00",
                      "users": [{"user": f"{word}-clerk"}]})
    users.append({"tenant": words[0], "name": "root", "addresses": ["root@localhost"], "role": "installation", "password": PASSWORD})
    return {"installation": {"fax_domain": "fax.example.com"}, "tenants": [{"name": word, "country": "DE", "area_code": "030"} for word in words], "users": users,
            "settings_templates": [{"tenant": word, "name": f"{word}-settings", "header_name": word} for word in words],
            "faxboxes": boxes,
            "webhooks": [{"tenant": word, "name": f"{word}-hook", "url": "https://127.0.0.1:9/", "enabled": False} for word in words],
            "identity_providers": [{"tenant": word, "name": f"{word}-id", "issuer": "https://127.0.0.1:9", "client_id": "x", "enabled": False}
                                   for word in words],
            "mail_templates": [{"tenant": word, "name": "cover-letter", "language": "en", "text": "subject: Fax\ntext:\n{to}\n"} for word in words],
            "mailboxes": [{"tenant": word, "name": f"{word}-mailbox", "address": f"fax@{word}.example", "host": "127.0.0.1",
                           "enabled": False} for word in words]}


def uuid7():
    ms = time.time_ns() // 1000000
    raw = bytearray(ms.to_bytes(6, "big") + os.urandom(10))
    raw[6], raw[8] = 0x70 | raw[6] & 15, 0x80 | raw[8] & 63
    return bytes(raw)


def rows(state, word):
    """What that tenant has; {"job": id as people write it, ...}."""
    now, ids = time.time_ns() // 1000000, {}
    with contextlib.closing(sqlite3.connect(f"{state}/faxpost.db")) as db, db:
        tenant = db.execute("SELECT id FROM tenant WHERE name = ?", (word,)).fetchone()[0]

        def add(table, word_of, **values):
            values = {"id": uuid7(), **values}
            db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
                       tuple(values.values()))
            ids[word_of] = str(uuid.UUID(bytes=values["id"]))
            return values["id"]

        def number(table):
            return db.execute(f"SELECT coalesce(max(n), 0) + 1 FROM {table}").fetchone()[0]

        def search(table, words):
            db.execute(f"INSERT INTO {table}_search (rowid, words, place) VALUES (?, ?, ?)",
                       (number(table) - 1, words, f"{{{tenant[12:].hex()}}}<{box}>"))

        box = f"{word}box"
        submission = add("submission", "submission", tenant=tenant, faxbox=box, state=3, created_ms=now, sender=f"clerk@{word}.example",
                         subject=f"{word}.pdf", message_id="", numbers="")
        job = add("job", "job", submission=submission, tenant=tenant, faxbox=box, number="+4930", display_number=f"{word} number",
                  state=DONE, created_ms=now, next_ms=now, ended_ms=now, pages=1, confirmed=1, n=number("job"))
        search("job", f"{word} number")
        fax = uuid7()
        add("attempt", "call", job=job, state=ATTEMPT_ENDED, call_instance=0, trunk="pbx", started_ms=now, ended_ms=now,
            station_id=word)
        attempt = add("attempt", "call_in", fax=fax, state=ATTEMPT_ENDED, call_instance=0, trunk="pbx", started_ms=now,
                      ended_ms=now, station_id=word)
        add("fax", "fax", id=fax, tenant=tenant, faxbox=box, attempt=attempt, state=COMPLETE, faxid=1, calling=f"+49{word}",
            called="100", answered_ms=now, ended_ms=now, pages=1, n=number("fax"))
        search("fax", f"+49{word}")
        add("mail_out", "mail", tenant=tenant, kind="report", about=submission, state=SENT, sender=f"fax@{word}.example",
            recipient=f"clerk@{word}.example", created_ms=now, next_ms=now, ended_ms=now)
        add("note", "note", about=fax, at_ms=now, who=f"{word}-clerk", text=f"{word} note")
        for about, sent in ((fax, 0), (job, 1)):
            db.execute("INSERT INTO tag VALUES (?, ?, ?, ?)", (about, f"{word} tag", tenant, sent))
        for whose in (tenant, b""):
            db.execute("INSERT INTO traffic VALUES (?, ?, 0, ?, ?, 1, 1, 60000)", (whose, now - now % 3600000, f"{word}-code", f"{word} reason"))
        clerk = db.execute("SELECT id FROM user WHERE name = ?", (f"{word}-clerk",)).fetchone()[0]
        hook = db.execute("SELECT id FROM webhook WHERE name = ?", (f"{word}-hook",)).fetchone()[0]
        add("webhook_call", "hook_call", webhook=hook, tenant=tenant, event="fax.sent", about=job, state=2, created_ms=now, next_ms=now)
        for owner, key in ((None, "contact"), (clerk, "own_contact")):
            add("contact", key, tenant=tenant, user=owner, owner=owner or bytes(16), key=f"{word} {key}", words=f" {word} {key}",
                name=f"{word} {key}", company="", number="030 555", note="", version=1, changed_ms=now)
        add("api_key", "key", hash=os.urandom(32), user=clerk, name=f"{word} key", scope="read", created_ms=now, expires_ms=now * 2)
    return ids
