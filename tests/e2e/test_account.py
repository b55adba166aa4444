# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do with their own accounts: API keys, the password, what they may change of themselves."""

import contextlib
import sqlite3

import case
import plant
from server import Server
from web import Browser

CLERK = "clerk@apple.example"


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    return server, as_user(t, server, CLERK)


def as_user(t, server, login, password=plant.PASSWORD):
    browser = Browser(server)
    t.equal(browser.login(login, password).status, 200, f"login as {login}")
    return browser


def program(server, key):
    """Asks as a program does: no cookie, no header of a browser."""
    p = Browser(server)
    p.headers = {"Authorization": f"Bearer {key}", "X-Faxpost": None}
    return p


def make_key(t, browser, scope, **more):
    made = browser.post("/api/v1/api-keys", {"name": f"{scope} key", "scope": scope, **more})
    t.equal(made.status, 201, f"key: {made}")
    t.true(made.json["key"].startswith("fpk_"), "its form")
    return made.json


def send(p):
    return p.ask("POST", "/api/v1/jobs?box=applebox&number=030123456", b"a text", {"Content-Type": "text/plain"}).status


@case.test
def key_may_what_its_scope_says(t):
    server, browser = house(t)
    boss = as_user(t, server, "boss@apple.example")
    reader = program(server, make_key(t, browser, "read")["key"])
    sender = program(server, make_key(t, browser, "send")["key"])
    chief = program(server, make_key(t, boss, "admin")["key"])
    low = program(server, make_key(t, boss, "send")["key"])
    t.equal([reader.get(f"/api/v1/{path}").status for path in ("jobs", "faxes", "session", "boxes")], [200, 200, 200, 403], "to read")
    t.equal((send(reader), send(sender)), (403, 202), "sending")
    t.equal(chief.get("/api/v1/boxes").status, 200, "an administrator's")
    t.equal(low.get("/api/v1/boxes").status, 403, "an administrator's for sending alone")
    t.equal(chief.ask("PATCH", "/api/v1/boxes/applebox", {"tries": 4}, {"If-Match": "*"}).status, 200, "a change")
    t.equal(reader.ask("PATCH", "/api/v1/me", {"language": "de"}).status, 403, "a change with a reading one")
    for path, body in (("api-keys", {"name": "x", "scope": "admin"}), ("me/password", {"old": plant.PASSWORD, "new": "another password"})):
        t.equal(chief.post(f"/api/v1/{path}", body).status, 403, f"a key cannot {path}")


@case.test
def key_is_shown_once_and_ends(t):
    server, browser = house(t)
    made = make_key(t, browser, "read", days=1)
    listed = browser.get("/api/v1/api-keys")
    t.equal([k["id"] for k in listed.json["items"]], [made["id"]], "list")
    t.true(made["key"].encode() not in listed.body, "not shown again")
    p = program(server, made["key"])
    t.equal(p.get("/api/v1/session").json["user"]["name"], "apple-clerk", "in whose name")
    t.wait(lambda: browser.get("/api/v1/api-keys").json["items"][0]["used_ms"], "that it was used", 20)
    for wrong in (made["key"][:-1], made["key"] + "0", "fpk_", made["key"].replace("fpk_", "")):
        t.equal(program(server, wrong).get("/api/v1/session").status, 401, wrong[:8])
    both = program(server, "fpk_" + "0" * 64)
    both.cookie = browser.cookie
    t.equal(both.get("/api/v1/session").status, 401, "a wrong key is no use of the cookie beside it")
    other = as_user(t, server, "boss@apple.example")
    t.equal(other.ask("DELETE", f"/api/v1/api-keys/{made['id']}").status, 404, "another user's")
    t.equal(browser.ask("DELETE", f"/api/v1/api-keys/{made['id']}").status, 204, "taken back")
    t.equal(p.get("/api/v1/session").status, 401, "then it is none")
    late = make_key(t, browser, "read", days=1)
    server.stop()
    raw = bytes.fromhex(late["key"].removeprefix("fpk_"))
    for file in server.state.rglob("*"):
        t.true(not file.is_file() or (late["key"].encode() not in file.read_bytes() and raw not in file.read_bytes()), f"{file}")
    with contextlib.closing(sqlite3.connect(server.state / "faxpost.db")) as db, db:
        db.execute("UPDATE api_key SET expires_ms = 1")
    server.start()
    t.equal(program(server, late["key"]).get("/api/v1/session").status, 401, "an expired one")


@case.test
def wrong_keys_are_not_made(t):
    _, browser = house(t)
    for body in ({}, {"name": "x"}, {"name": "x", "scope": "all"}, {"name": "", "scope": "read"}, {"name": "x" * 64, "scope": "read"},
                 {"name": "x\ny", "scope": "read"}, {"name": "x", "scope": "read", "days": 0}, {"name": "x", "scope": "read", "days": 4000}):
        t.equal(browser.post("/api/v1/api-keys", body).status, 400, str(body))


@case.test
def new_password_of_ones_own(t):
    server, browser = house(t)
    other = as_user(t, server, CLERK)
    before = browser.cookie

    def change(old, new):
        return browser.post("/api/v1/me/password", {"old": old, "new": new})

    t.equal(change("wrong one", "a new long one").status, 403, "with a wrong one")
    t.equal(change(plant.PASSWORD, "short").status, 422, "too short")
    t.equal(change(plant.PASSWORD, "a new long one").status, 200, "changed")
    t.true(browser.cookie != before, "a new token")
    t.equal((browser.get("/api/v1/session").status, other.get("/api/v1/session").status), (200, 401), "the others end")
    browser.cookie = before
    t.equal(browser.get("/api/v1/session").status, 401, "the token before")
    as_user(t, server, CLERK, "a new long one")
    boss = as_user(t, server, "boss@apple.example")
    t.true("password.change" in [row["action"] for row in boss.get("/api/v1/audit").json["items"]], "audit")


@case.test
def people_change_little_of_themselves(t):
    _, browser = house(t)
    me = browser.get("/api/v1/me")
    t.equal((me.json["name"], me.json["role"], me.json["password"]), ("apple-clerk", "user", {"set": True}), "me")
    t.equal(browser.ask("PATCH", "/api/v1/me", {"language": "de"}).json["language"], "de", "language")
    t.equal(browser.get("/api/v1/session").json["user"]["language"], "de", "in the session")
    for fields in ({"role": "installation"}, {"addresses": ["x@example.com"]}, {"password": "another one"}, {"tenant": "zebra"},
                   {"language": "en", "role": "tenant"}):
        t.equal(browser.ask("PATCH", "/api/v1/me", fields).status, 403, str(fields))
    t.equal(browser.ask("PATCH", "/api/v1/me", {"language": "xx"}).status, 422, "no language")
    t.equal(browser.get("/api/v1/me").json["role"], "user", "still")


case.main()
