# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passkeys and security keys (WebAuthn): as a second factor, alone, and as somebody would misuse them."""

import case
import plant
from authenticator import HAS_KEY, PRESENT, VERIFIED, SecurityKey, cbor
from server import Server
from slapd import Slapd
from web import Browser

CLERK, BOSS = "clerk@apple.example", "boss@apple.example"


class Person(Browser):
    """A browser that has opened the server by that name."""

    def __init__(self, server, name="localhost"):
        super().__init__(server)
        host = f"{name}:{self.address[1]}"
        self.headers, self.origin = {"Host": host}, f"http://{host}"


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    return server


def person(t, server, login, name="localhost"):
    p = Person(server, name)
    t.equal(p.login(login, plant.PASSWORD).status, 200, f"login as {login}")
    return p


def add(browser, key, name="my key", password=plant.PASSWORD, **wrong):
    options = browser.post("/api/v1/me/passkeys/begin").json
    return browser.post("/api/v1/me/passkeys", {"name": name, "password": password, "credential": key.create(options, **wrong)})


def alone(server, key, name="localhost", **wrong):
    """A login by that key and nothing else."""
    p = Person(server, name)
    return p.post("/api/v1/session", {"passkey": key.get(p.post("/api/v1/session/passkey").json, **wrong)})


def code(reply):
    return (reply.status, reply.json.get("code"))


@case.test
def key_of_each_kind_logs_in_alone_and_beside_the_password(t):
    server = house(t)
    clerk = person(t, server, CLERK)
    for algorithm in (-7, -8, -257):
        key = SecurityKey(t.folder(), clerk.origin, algorithm, counts=algorithm != -8)
        added = add(clerk, key, f"key {algorithm}")
        t.equal((added.status, added.json["name"], added.json["host"]), (201, f"key {algorithm}", "localhost"), f"added: {added}")
        t.equal(alone(server, key).json["user"]["name"], "apple-clerk", f"{algorithm}: alone")
        p = Person(server)
        needed = p.login(CLERK, plant.PASSWORD)
        t.equal(code(needed), (401, "passkey-needed"), f"{algorithm}: the password alone")
        t.equal(p.login(CLERK, plant.PASSWORD, passkey=key.get(needed.json["passkey"], user=False)).status, 200, f"{algorithm}: with it")
    mine = clerk.get("/api/v1/me/passkeys").json
    t.equal(([k["name"] for k in mine["items"]], mine["proof"]), (["key -7", "key -8", "key -257"], "password"), "list")
    t.true(all(k["used_ms"] for k in mine["items"]), "when they were used")
    t.equal(code(Person(server).login(CLERK, "a wrong password")), (401, "wrong-login"), "who has not the password hears nothing of keys")
    # one that verifies nobody is a second factor only
    touch = SecurityKey(t.folder(), clerk.origin, verifies=False)
    t.equal(add(clerk, touch, flags=PRESENT | HAS_KEY).status, 201, "one that is only touched")
    t.equal(code(alone(server, touch)), (401, "passkey-not-verified"), "is not enough")
    # away with them: a proof, then none is asked for
    first = mine["items"][0]["id"]
    t.equal(code(clerk.post(f"/api/v1/me/passkeys/{first}/remove", {})), (403, "password-needed"), "not without the password")
    t.equal(code(clerk.post(f"/api/v1/me/passkeys/{first}/remove", {"password": "wrong password"})), (403, "wrong-password"), "nor a wrong one")
    for k in clerk.get("/api/v1/me/passkeys").json["items"]:
        t.equal(clerk.post(f"/api/v1/me/passkeys/{k['id']}/remove", {"password": plant.PASSWORD}).status, 204, "removed")
    t.equal(Person(server).login(CLERK, plant.PASSWORD).status, 200, "then the password does")
    actions = [row["action"] for row in person(t, server, BOSS).get("/api/v1/audit").json["items"]]
    t.true({"passkeys.create", "passkeys.delete", "session.begin"} <= set(actions), f"audit: {actions}")


@case.test
def what_is_not_of_this_place_and_moment_is_refused(t):
    server = house(t)
    clerk, boss = person(t, server, CLERK), person(t, server, BOSS)
    key, chief = SecurityKey(t.folder(), clerk.origin), SecurityKey(t.folder(), boss.origin)
    made = clerk.post("/api/v1/me/passkeys/begin").json
    good = key.create(made)

    def take(credential, browser=clerk, **more):
        return code(browser.post("/api/v1/me/passkeys", {"name": "k", "password": plant.PASSWORD, "credential": credential, **more}))

    t.equal(take(good, password=""), (403, "password-needed"), "without the password")
    t.equal(take(good, boss), (422, "passkey-too-late"), "somebody else's challenge")
    for what, wrong in {"origin": {"origin": "https://localhost.evil.example"}, "port": {"origin": "http://localhost:1"},
                        "frame": {"crossOrigin": True}, "RP": {"rp": "evil.example"}}.items():
        t.equal(take(key.create(made, **wrong)), (422, "passkey-origin"), what)
    for what, wrong in {"type": {"type": "webauthn.get"}, "no key": {"flags": PRESENT}, "not touched": {"flags": HAS_KEY},
                        "copied": {"flags": PRESENT | HAS_KEY | 0x10}, "algorithm": {"key": cbor({1: 2, 3: -47, -1: 8})},
                        "key": {"key": b"\xbf\xff"}}.items():
        t.equal(take(key.create(made, **wrong)), (422, "wrong-passkey"), what)
    for what, credential in {"nothing": {}, "no response": {"type": "public-key", "id": "AAAA"}}.items():
        t.equal(take(credential), (422, "wrong-passkey"), what)
    t.equal(take(good)[0], 201, "as it has to be")
    t.equal(take(good), (422, "passkey-too-late"), "the same once more")
    t.equal(code(add(clerk, key)), (409, "known-passkey"), "the same key")
    t.equal(add(boss, chief).status, 201, "another user's")

    p = Person(server)
    wanted = p.post("/api/v1/session/passkey").json
    right = key.get(wanted)

    def come(said, browser=p):
        return code(browser.post("/api/v1/session", {"passkey": said}))

    other = Person(server, "other.localhost")
    t.equal(come(right, other), (401, "passkey-origin"), "at another address")
    t.equal(come(key.get(wanted, user=False) | {"id": "AAAA"}), (401, "wrong-passkey"), "of nobody")
    broken = key.get(wanted)
    broken["response"]["signature"] = right["response"]["signature"]
    t.equal(come(broken), (401, "wrong-passkey"), "another signature")
    foreign = chief.get(wanted) | {"id": right["id"]}
    t.equal(come(foreign), (401, "wrong-passkey"), "signed by another key")
    server.stop()  # the tries were counted, and a restart forgives
    server.start()
    p = Person(server)
    key.origin = chief.origin = p.origin
    t.equal(come(key.get(wanted), p), (401, "passkey-too-late"), "a challenge of an earlier life")
    wanted = p.post("/api/v1/session/passkey").json
    right = key.get(wanted)
    t.equal(p.post("/api/v1/session", {"passkey": right}).json["user"]["name"], "apple-clerk", "as it has to be")
    t.equal(come(right, Person(server)), (401, "passkey-too-late"), "the same once more")
    # one's own password and somebody else's key, and the other way round
    p = Person(server)
    needed = p.login(CLERK, plant.PASSWORD).json["passkey"]
    t.equal(code(p.login(CLERK, plant.PASSWORD, passkey=chief.get(needed))), (401, "wrong-passkey"), "somebody else's key")
    elsewhere = Person(server, "127.0.0.1")
    t.equal(code(elsewhere.post("/api/v1/session/passkey")), (409, "passkey-address"), "an IP address has no passkeys")
    t.equal(code(elsewhere.login(CLERK, plant.PASSWORD)), (401, "passkey-elsewhere"), "nor does the second factor work there")


@case.test
def copied_key_is_found_out_and_guesses_wait(t):
    server = house(t)
    clerk, boss = person(t, server, CLERK), person(t, server, BOSS)
    key = SecurityKey(t.folder(), clerk.origin)
    key.counter = 20
    t.equal(add(clerk, key).status, 201, "added")
    key.counter = 4
    t.equal(code(alone(server, key)), (401, "passkey-copied"), "its count went back")
    key.counter = 30
    t.equal(alone(server, key).status, 200, "the one that went on")
    refused = [row for row in boss.get("/api/v1/audit").json["items"] if row["action"] == "session.refuse"]
    t.equal([(row["who"], row["subject"]) for row in refused], [("apple-clerk", "my key")], "audit")
    stranger = SecurityKey(t.folder(), clerk.origin)
    stranger.user = b"x"
    statuses = [alone(server, stranger).status for _ in range(8)]
    t.true(429 in statuses and 200 not in statuses, f"guesses: {statuses}")


@case.test
def administrator_helps_who_lost_his_key(t):
    server = house(t)
    clerk, boss, zebra = person(t, server, CLERK), person(t, server, BOSS), person(t, server, "boss@zebra.example")
    key = SecurityKey(t.folder(), clerk.origin)
    one = add(clerk, key).json["id"]
    user = clerk.get("/api/v1/session").json["user"]["id"]
    t.equal(zebra.get(f"/api/v1/passkeys?user={user}").status, 404, "another tenant's administrator sees none")
    t.equal(zebra.ask("DELETE", f"/api/v1/passkeys/{one}").status, 404, "nor removes one")
    t.equal(clerk.ask("DELETE", f"/api/v1/passkeys/{one}").status, 403, "nor himself so")
    t.equal(boss.post(f"/api/v1/me/passkeys/{one}/remove", {"password": plant.PASSWORD}).status, 404, "it is not the administrator's own")
    t.equal([k["id"] for k in boss.get(f"/api/v1/passkeys?user={user}").json["items"]], [one], "his administrator sees it")
    root = person(t, server, "root@localhost")
    t.equal(add(root, SecurityKey(t.folder(), root.origin)).status, 201, "the installation's administrator has one")
    his = root.get("/api/v1/me/passkeys").json["items"][0]["id"]
    t.equal(boss.ask("DELETE", f"/api/v1/passkeys/{his}").status, 403, "which is not for a tenant's administrator")
    t.equal(boss.ask("DELETE", f"/api/v1/passkeys/{one}").status, 204, "removed")
    t.equal(clerk.get("/api/v1/session").status, 401, "who may have it is logged out")
    t.equal(Person(server).login(CLERK, plant.PASSWORD).status, 200, "and in by the password")
    t.equal(alone(server, key).status, 401, "not by the key")


@case.test
def who_has_his_password_in_a_directory_has_keys_too(t):
    slapd = t.enter(Slapd(t.folder(), ""))
    server = house(t)
    server.apply({"directories": [slapd.settings("ours", tenant="apple", login=True)]})
    slapd.add_person("eve", mail=["eve@apple.example"], password="a word of hers")
    t.equal(server.cli("ldap", "sync", "ours")[0], 0, "sync")
    eve = Person(server)
    t.equal(eve.login("eve@apple.example", "a word of hers").status, 200, "login by the directory")
    t.equal(eve.get("/api/v1/me/passkeys").json["proof"], "session", "how she shows that it is she")
    key = SecurityKey(t.folder(), eve.origin)
    t.equal(add(eve, key, password="").status, 201, "a fresh session is enough")
    p = Person(server)
    needed = p.login("eve@apple.example", "a word of hers")
    t.equal(code(needed), (401, "passkey-needed"), "the password alone")
    t.equal(code(p.login("eve@apple.example", "a word of hers", passkey=key.get(needed.json["passkey"], rp="evil.example"))), (401, "passkey-origin"), "a wrong one")
    t.equal(p.login("eve@apple.example", "a word of hers", passkey=key.get(needed.json["passkey"])).status, 200, "with it")
    t.equal(alone(server, key).status, 200, "alone")


case.main()
