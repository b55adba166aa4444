# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do with their own accounts: API keys, the password, what they may change of themselves."""

import contextlib
import re
import sqlite3

import case
import plant
from authenticator import SecurityKey
from server import Server
from totp import code
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
    made = browser.post("/api/v1/api-keys", {"name": f"{scope} key", "scope": scope, "password": plant.PASSWORD, **more})
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
    nowhere = "0192f0c1-7a3b-7c4d-8e5f-001122334455"
    for kind in ("faxes", "jobs"):
        t.equal(sender.post(f"/api/v1/{kind}/{nowhere}/mail", {"to": ["x@law.example"]}).status, 403, f"{kind}: a sending key mails nothing on")
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
def sessions_end_elsewhere_and_with_another_role(t):
    server, browser = house(t)
    other, boss = as_user(t, server, CLERK), as_user(t, server, "boss@apple.example")
    t.equal(program(server, make_key(t, browser, "admin")["key"]).ask("DELETE", "/api/v1/me/sessions").status, 403, "a key ends no session")
    t.equal(browser.ask("DELETE", "/api/v1/me/sessions").status, 204, "everywhere else")
    t.equal([b.get("/api/v1/session").status for b in (browser, other, boss)], [200, 401, 200], "here, elsewhere, somebody else")
    user = browser.get("/api/v1/session").json["user"]["id"]
    t.equal(boss.ask("PATCH", f"/api/v1/users/{user}", {"language": "de"}, {"If-Match": "*"}).status, 200, "a small change")
    t.equal(browser.get("/api/v1/session").status, 200, "goes on")
    t.equal(boss.ask("PATCH", f"/api/v1/users/{user}", {"role": "tenant"}, {"If-Match": "*"}).status, 200, "another role")
    t.equal(browser.get("/api/v1/session").status, 401, "takes a new login")
    actions = [a["action"] for a in boss.get("/api/v1/audit").json["items"]]
    t.true("session.end-others" in actions, f"{actions}")


@case.test
def wrong_keys_are_not_made(t):
    _, browser = house(t)
    for body in ({}, {"name": "x"}, {"name": "x", "scope": "all"}, {"name": "", "scope": "read"}, {"name": "x" * 64, "scope": "read"},
                 {"name": "x\ny", "scope": "read"}, {"name": "x", "scope": "read", "days": 0}, {"name": "x", "scope": "read", "days": 4000}):
        t.equal(browser.post("/api/v1/api-keys", {"password": plant.PASSWORD, **body}).status, 400, str(body))
    wanted = {"name": "x", "scope": "read"}
    t.equal(browser.get("/api/v1/api-keys").json["proof"], "password", "how he shows that it is him")
    refused = [browser.post("/api/v1/api-keys", {**wanted, **more}).json["code"] for more in ({}, {"password": ""}, {"password": "x"}, {"password": 7})]
    t.equal(refused, ["password-needed", "password-needed", "wrong-password", "password-needed"], "an open browser alone makes no key")
    for _ in range(9):
        last = browser.post("/api/v1/api-keys", {**wanted, "password": "guess"})
    t.equal((last.status, last.json["code"]), (429, "too-many-tries"), "nor is its user's password guessed that way")
    t.equal(browser.get("/api/v1/api-keys").json["items"], [], "none was made")


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
    t.equal(browser.ask("PATCH", "/api/v1/me", {"language": "fr"}, {"If-Match": "x" * 300}).status, 412, "a state that is none of ours")


@case.test
def authenticator_is_asked_for_once_it_was_confirmed(t):
    server, browser = house(t)
    t.equal(browser.get("/api/v1/me/authenticator").json, {"on": False, "proof": "password", "recovery_codes": 0}, "none yet")
    for proof, wanted in (({}, "password-needed"), ({"password": "a wrong one"}, "wrong-password")):
        refused = browser.post("/api/v1/me/authenticator", proof)
        t.equal((refused.status, refused.json["code"]), (403, wanted), f"a browser that was left open: {proof}")
    begun = browser.post("/api/v1/me/authenticator", {"password": plant.PASSWORD}).json
    t.true(begun["uri"].startswith("otpauth://totp/Faxpost:clerk@apple.example?secret=" + begun["secret"]), "what it scans")
    as_user(t, server, CLERK)  # not confirmed: nobody is locked out by a picture he never scanned
    t.equal(browser.post("/api/v1/me/authenticator/confirm", {"code": "000000"}).status, 422, "a wrong code")
    t.equal(browser.post("/api/v1/me/authenticator/confirm", {"code": "0" * 40}).status, 400, "what is no six digits, and as long as a recovery code may be")
    t.equal(browser.get("/api/v1/me/authenticator").json["on"], False, "not yet")
    first = code(begun["secret"])
    t.equal(browser.post("/api/v1/me/authenticator/confirm", {"code": first}).status, 200, "confirmed")
    t.equal(browser.get("/api/v1/me/authenticator").json["on"], True, "on")
    t.equal(browser.post("/api/v1/me/authenticator", {"password": plant.PASSWORD}).status, 409, "there is one")
    needed = Browser(server).login(CLERK, plant.PASSWORD)
    t.equal((needed.status, needed.json["code"]), (401, "totp-needed"), "without a code")
    t.equal(Browser(server).login(CLERK, plant.PASSWORD, totp=first).json["code"], "wrong-login", "a used code")
    t.equal(Browser(server).login(CLERK, "wrong password", totp=code(begun["secret"], 1)).json["code"], "wrong-login", "a wrong password")
    second = code(begun["secret"], 1)
    t.equal(Browser(server).login(CLERK, plant.PASSWORD, totp=second).status, 200, "with the next code")
    t.equal(Browser(server).login(CLERK, plant.PASSWORD, totp=second).status, 401, "which is good for once")
    server.stop()
    for file in [server.log, *server.state.rglob("*")]:
        t.true(not file.is_file() or begun["secret"].encode() not in file.read_bytes(), f"{file} holds the secret")


@case.test
def guessing_codes_waits_and_an_administrator_can_help(t):
    server, browser = house(t)
    begun = browser.post("/api/v1/me/authenticator", {"password": plant.PASSWORD}).json
    t.equal(browser.post("/api/v1/me/authenticator/confirm", {"code": code(begun["secret"])}).status, 200, "confirmed")
    statuses = [Browser(server).login(CLERK, plant.PASSWORD, totp=f"{n:06d}").status for n in range(8)]
    t.true(429 in statuses and 200 not in statuses, f"guesses of who knows the password: {statuses}")
    boss, zebra = as_user(t, server, "boss@apple.example"), as_user(t, server, "boss@zebra.example")
    clerk = browser.get("/api/v1/session").json["user"]["id"]
    t.equal(zebra.ask("DELETE", f"/api/v1/authenticators/{clerk}").status, 404, "another tenant's administrator")
    t.equal(browser.ask("DELETE", f"/api/v1/authenticators/{clerk}").status, 403, "himself without a code")
    t.equal(boss.ask("DELETE", f"/api/v1/authenticators/{clerk}").status, 204, "his administrator")
    t.equal(browser.get("/api/v1/me/authenticator").json["on"], False, "off")
    root = as_user(t, server, "root@localhost").get("/api/v1/session").json["user"]["id"]
    t.equal(boss.ask("DELETE", f"/api/v1/authenticators/{root}").status, 403, "not of who administrates the installation")
    t.true("authenticator.delete" in [row["action"] for row in boss.get("/api/v1/audit").json["items"]], "audit")


@case.test
def recovery_codes_let_in_who_has_lost_his_authenticator(t):
    server, browser = house(t)
    early = browser.post("/api/v1/me/authenticator/recovery-codes", {"password": plant.PASSWORD})
    t.equal((early.status, early.json["code"]), (409, "no-authenticator"), "without an authenticator")
    begun = browser.post("/api/v1/me/authenticator", {"password": plant.PASSWORD}).json
    codes = browser.post("/api/v1/me/authenticator/confirm", {"code": code(begun["secret"])}).json["codes"]
    t.equal((len(set(codes)), {bool(re.fullmatch("[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", c)) for c in codes}), (10, {True}), f"ten codes: {len(codes)}")
    again = browser.post("/api/v1/me/authenticator/confirm", {"code": code(begun["secret"], 1)})
    t.equal((again.status, again.json["code"]), (409, "has-authenticator"), "no others without a password")
    left = lambda: browser.get("/api/v1/me/authenticator").json["recovery_codes"]
    t.equal(left(), 10, "left")
    t.equal(Browser(server).login(CLERK, "wrong password", totp=codes[0]).json["code"], "wrong-login", "a wrong password uses none up")
    t.equal((Browser(server).login(CLERK, plant.PASSWORD, totp=codes[0].lower().replace("-", " ")).status, left()), (200, 9), "in the place of the six digits")
    t.equal(Browser(server).login(CLERK, plant.PASSWORD, totp=codes[0]).json["code"], "wrong-login", "each is good for once")
    refused = browser.post("/api/v1/me/authenticator/recovery-codes", {"password": "a wrong one"})
    t.equal((refused.status, refused.json["code"], left()), (403, "wrong-password", 9), "new ones take his password")
    anew = browser.post("/api/v1/me/authenticator/recovery-codes", {"password": plant.PASSWORD}).json["codes"]
    t.equal((len(set(anew) - set(codes)), left()), (10, 10), "ten new ones")
    t.equal(Browser(server).login(CLERK, plant.PASSWORD, totp=codes[1]).status, 401, "the old ones are good for nothing")
    actions = [(row["action"], row["detail"]) for row in as_user(t, server, "boss@apple.example").get("/api/v1/audit").json["items"]]
    t.true(("recovery-codes.use", "9 left") in actions and ("recovery-codes.create", "") in actions, f"audit: {actions}")
    t.equal(browser.post("/api/v1/me/authenticator/remove", {"code": anew[0]}).status, 204, "removed by one of them")
    t.equal(browser.get("/api/v1/me/authenticator").json, {"on": False, "proof": "password", "recovery_codes": 0}, "it is off")
    server.stop()
    for file in [server.log, *server.state.rglob("*")]:
        content = file.read_bytes() if file.is_file() else b""
        t.true(not any(c.encode() in content or c.replace("-", "").encode() in content for c in codes + anew), f"{file} holds a code")


@case.test
def guessing_recovery_codes_waits_as_wrong_logins_do(t):
    server, browser = house(t)
    begun = browser.post("/api/v1/me/authenticator", {"password": plant.PASSWORD}).json
    codes = browser.post("/api/v1/me/authenticator/confirm", {"code": code(begun["secret"])}).json["codes"]
    statuses = [Browser(server).login(CLERK, plant.PASSWORD, totp=f"AAAA-AAAA-AAAA-AA{n}A").status for n in "ABCDEFGH"]
    t.true(429 in statuses and 200 not in statuses, f"guesses: {statuses}")
    t.equal(Browser(server).login(CLERK, plant.PASSWORD, totp=codes[0]).status, 429, "the right one waits too")
    t.equal(browser.get("/api/v1/me/authenticator").json["recovery_codes"], 10, "and is not used up")


@case.test
def who_has_no_address_is_himself_by_his_name(t):
    server, _ = house(t)
    server.apply({"users": [{"tenant": "apple", "name": "nameless", "addresses": ["gone@apple.example"], "password": plant.PASSWORD}]})
    server.stop()
    with contextlib.closing(sqlite3.connect(server.state / "faxpost.db")) as db, db:
        db.execute("DELETE FROM user_address WHERE key = 'gone@apple.example'")
    server.start()
    nameless = as_user(t, server, "nameless")
    begun = nameless.post("/api/v1/me/authenticator", {"password": plant.PASSWORD})
    t.true(begun.status == 200 and "Faxpost:?" not in begun.json["uri"], f"an authenticator: {begun}")
    t.equal(nameless.post("/api/v1/me/password", {"old": "a wrong one", "new": "a new long one"}).status, 403, "another's password")
    t.equal(nameless.post("/api/v1/me/password", {"old": plant.PASSWORD, "new": "a new long one"}).status, 200, "his password")
    t.equal(Browser(server).login("nameless", "a new long one").status, 200, "counts")
    key = SecurityKey(t.folder(), "http://localhost:" + str(nameless.address[1]))
    nameless.headers = {"Host": key.origin.removeprefix("http://")}
    made = key.create(nameless.post("/api/v1/me/passkeys/begin").json)
    t.equal(nameless.post("/api/v1/me/passkeys", {"name": "k", "password": "a new long one", "credential": made}).status, 201, "a passkey")


case.main()
