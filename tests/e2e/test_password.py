# SPDX-License-Identifier: AGPL-3.0-or-later
"""A forgotten password, and a first one: a code that is mailed."""

import contextlib
import re
import sqlite3
import time

import case
import mail
import plant
from server import Server
from web import Browser

CLERK = "clerk@apple.example"
NEW = "a new password of mine"


def code_in(server, address, count):
    return re.search(r"\b[A-Z2-9]{20}\b", text_of(server, address, count))[0]


def text_of(server, address, count):
    return mail.read(server.mails(address)[count - 1]).get_body(("plain",)).get_content()


@case.test
def forgotten_password_is_replaced_by_who_reads_the_mail(t):
    server = t.enter(Server(t.folder()))
    wanted = plant.provisioning()
    wanted["installation"]["web_url"] = "https://fax.example.com/"
    wanted["tenants"][0]["language"] = "de"
    wanted["users"].append({"tenant": "apple", "name": "silent", "addresses": ["silent@apple.example"]})
    server.apply(wanted)
    stranger, clerk = Browser(server), Browser(server)
    t.equal(clerk.login(CLERK, plant.PASSWORD).status, 200, "as it was")

    def program_of(login):
        """What holds an API key of his, made before."""
        person, program = Browser(server), Browser(server)
        person.login(login, plant.PASSWORD)
        made = person.post("/api/v1/api-keys", {"name": "script", "scope": "read", "password": plant.PASSWORD})
        program.headers = {"Authorization": f"Bearer {made.json['key']}", "X-Faxpost": None}
        t.equal(program.get("/api/v1/me").status, 200, f"a program of {login}")
        return program

    program, other_program = program_of(CLERK), program_of("guest@apple.example")

    def forget(login):
        since = time.monotonic()
        reply = stranger.post("/api/v1/password-forgotten", {"login": login})
        t.true(time.monotonic() - since > 0.45, f"how long it takes says nothing of {login}")
        return reply.status, reply.body

    told = {forget(login) for login in (CLERK, "nobody@apple.example", "silent@apple.example", "no address", "' OR 1=1 --")}
    t.equal(told, {(202, b"")}, "everybody is answered alike")
    t.wait(lambda: len(server.mails(CLERK)) == 1, "no mail")
    t.equal(server.mails("silent@apple.example"), [], "who has no password gets none in this way")
    words, code = text_of(server, CLERK, 1), code_in(server, CLERK, 1)
    t.true(f"https://fax.example.com/password#{code}" in words and "Passwort" in words, words)
    with contextlib.closing(sqlite3.connect(f"file:{server.state}/faxpost.db?mode=ro", uri=True)) as db:
        t.true(code.encode() not in db.execute("SELECT hash FROM password_reset").fetchone()[0], "only its hash is kept")

    def reset(code, new=NEW):
        return stranger.post("/api/v1/password-reset", {"code": code, "new": new}).status

    t.equal([reset(c) for c in ("", "x", code[:-1], code + "A", "A" * 20)], [403] * 5, "codes that are none")
    t.equal(reset(code, "short"), 422, "a password that is none; the code still counts")
    t.equal(reset(f" {code[:5].lower()}-{code[5:]}"), 204, "as people type it")
    t.equal(reset(code), 403, "it counts once")
    t.equal(clerk.get("/api/v1/session").status, 401, "his sessions have ended")
    t.equal([who.get("/api/v1/me").status for who in (program, other_program)], [401, 200], "and so have his API keys, nobody else's")
    t.equal([Browser(server).login(CLERK, p).status for p in (plant.PASSWORD, NEW)], [401, 200], "the old one and the new")
    for _ in range(5):
        forget(CLERK)
    t.wait(lambda: len(server.mails(CLERK)) == 4, f"three an hour: {len(server.mails(CLERK))}")
    t.equal(reset(code_in(server, CLERK, 2)), 204, "any of them")
    t.equal(reset(code_in(server, CLERK, 3)), 403, "ends all")
    # an invitation: who has no password gets a code from an administrator, of his tenant alone
    boss, other = Browser(server), Browser(server)
    boss.login("boss@apple.example", plant.PASSWORD)
    other.login("boss@zebra.example", plant.PASSWORD)
    t.equal(other.post("/api/v1/invitations", {"user": "silent@apple.example"}).status, 404, "another tenant's")
    t.equal(boss.post("/api/v1/invitations", {"user": "silent@apple.example"}).status, 202, "invited")
    t.wait(lambda: len(server.mails("silent@apple.example")) == 1, "no invitation")
    t.equal(reset(code_in(server, "silent@apple.example", 1)), 204, "his first password")
    t.equal(Browser(server).login("silent@apple.example", NEW).status, 200, "lets him in")
    status, out, err = server.cli("user", "invite", "apple-guest")
    t.equal(status, 0, f"by the command line: {out} {err}")
    actions = [a["action"] for a in boss.get("/api/v1/audit").json["items"]]
    t.true({"password.forgotten", "password.reset", "users.invite"} <= set(actions), f"audit: {actions}")
    resets = [a["detail"] for a in boss.get("/api/v1/audit").json["items"] if a["action"] == "password.reset"]
    t.equal(resets[-1], "1 API key ended", f"audit: {resets}")
    t.true(code not in server.log_tail(100000), "the code is not logged")


case.main()
