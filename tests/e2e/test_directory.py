# SPDX-License-Identifier: AGPL-3.0-or-later
"""Users from a directory (LDAP): a real slapd, read by us, and asked for passwords."""

import base64
import email.policy
import json
import smtplib
import socket
import ssl
import threading
import time

import case
import mail
import plant
from authenticator import SecurityKey
from server import Server
from slapd import BASE, Slapd, group
from store import Store
from web import Browser

MANY = 600
PEOPLE = [f"p{number}" for number in range(8)]
REFUSED_SECONDS = 0.59  # PACE_LEAST_MS, by a clock that counts whole milliseconds and may have begun within one


def house(t, limits="", conf=None, **settings):
    slapd = t.enter(Slapd(t.folder(), limits))
    server = t.enter(Server(t.folder(), settings=conf))
    wanted = plant.provisioning()
    server.apply(wanted)
    server.apply({"directories": [slapd.settings("ours", tenant="apple", **settings)]})
    return server, slapd


def root(server):
    browser = Browser(server)
    browser.login("root@localhost", plant.PASSWORD)
    return browser


def users(browser, **more):
    return {u["name"]: u for u in browser.get("/api/v1/users").json["items"]}


def sync(server, *options, status=0):
    done = server.cli("ldap", "sync", "ours", *options)
    if done[0] != status:
        raise case.Failure(f"sync {options}: {done}; log: {server.log_tail()}")
    return done[1] + done[2]


@case.test
def users_addresses_and_boxes_follow_the_directory(t):
    server, slapd = house(t, group_tenant=group("admins"), box_groups=[f"applebox={group('front')}"])
    slapd.add_person("ada", mail=["ada@apple.example", "ada.l@apple.example"], groups=["front", "admins"], cn="Ada Löwe")
    slapd.add_person("bob", mail=["bob@apple.example"], groups=["front"])
    slapd.add_person("clerk", mail=["CLERK@apple.example"], cn="The Clerk")     # who is a user of ours already
    slapd.add_person("zoe", mail=["clerk@zebra.example"])                       # another tenant's address
    slapd.add_person("mute")                                                    # no address at all
    slapd.add_person("ada2", mail=["second@apple.example"], cn="Ada Löwe")      # of the same name
    tried = server.cli("ldap", "test", "ours")
    t.true(tried[0] == 0 and "6 people" in tried[1] and "ada.l@apple.example" in tried[1], f"test: {tried}")
    before = users(root(server))
    said = sync(server, "--dry")
    t.true('user "Ada Löwe": new' in said and "clerk@zebra.example" in said, said)
    chief = root(server)
    t.equal(users(chief), before, "a dry run changes nothing")
    said = sync(server)
    t.true("mute" in said.lower(), f"who cannot be a user is named: {said}")
    now = users(chief)
    t.equal((now["Ada Löwe"]["addresses"], now["Ada Löwe"]["role"], now["Ada Löwe"]["tenant"]),
            (["ada@apple.example", "ada.l@apple.example"], "tenant", "apple"), "Ada")
    t.equal((now["Bob"]["role"], now["Bob"]["password"]), ("user", {"set": False}), "Bob")
    t.true(now["apple-clerk"]["directory_id"].startswith("ours/") and "The Clerk" not in now, "the user with that address is he")
    t.true("Zoe" not in now and now["zebra-clerk"]["directory_id"] == "", "another tenant's user is let alone")
    t.equal([name for name in now if name.startswith("Ada Löwe (")], ["Ada Löwe (second@apple.example)"], "two of one name are two")
    box = chief.get("/api/v1/boxes/applebox").json
    t.equal({u["user"] for u in box["users"]}, {"apple-clerk", "Ada Löwe", "Bob"} - {"apple-clerk"}, "the group's members have the box, the clerk is no member")
    t.equal(sync(server).strip().splitlines()[0][:1], "!", "again: nothing changes")
    # A new name, another address, another group.
    slapd.modify(group("front"), f"delete: member\nmember: uid=bob,ou=people,{BASE}\n")
    slapd.rename("bob", "robert")
    slapd.modify(f"uid=robert,ou=people,{BASE}", "replace: mail\nmail: robert@apple.example\n")
    sync(server)
    now = users(chief)
    t.equal((now["Bob"]["addresses"], "Robert" in now), (["robert@apple.example"], False), "renamed there, he is the same here")
    t.equal([u["user"] for u in chief.get("/api/v1/boxes/applebox").json["users"]], ["Ada Löwe"], "he left the group")
    t.true(("directories.sync", "ours") in [(a["action"], a["subject"]) for a in chief.get("/api/v1/audit").json["items"]], "audit")


@case.test
def box_of_two_groups_is_open_to_the_people_of_both(t):
    server, slapd = house(t, box_groups=[f"applebox={group('front')}", f"applebox={group('back')}"])
    slapd.add_person("ada", mail=["ada@apple.example"], groups=["front", "back"])
    slapd.add_person("bob", mail=["bob@apple.example"], groups=["back"])
    slapd.add_person("eve", mail=["eve@apple.example"], groups=["front"])
    chief = root(server)

    def who():
        return {u["user"] for u in chief.get("/api/v1/boxes/applebox").json["users"]} & {"Ada", "Bob", "Eve"}

    for time_of in ("the first time", "again"):
        sync(server)
        t.equal(who(), {"Ada", "Bob", "Eve"}, time_of)
    slapd.modify(group("back"), f"delete: member\nmember: uid=bob,ou=people,{BASE}\n")
    sync(server)
    t.equal(who(), {"Ada", "Eve"}, "who is in neither")


@case.test
def who_is_gone_is_switched_off_and_never_many_by_themselves(t):
    server, slapd = house(t, vanish_percent=20)
    for name in PEOPLE:
        slapd.add_person(name, mail=[f"{name}@apple.example"])
    sync(server)
    chief = root(server)
    slapd.remove("p0")
    said = sync(server)
    gone = users(chief)["P0"]
    t.equal((gone["enabled"], gone["directory_id"][:10]), (False, "gone:ours/"), f"he is switched off: {said}")
    slapd.remove("p1", "p2", "p3")
    said = sync(server, status=1)
    t.true("missing" in said and "--confirm" in said, said)
    t.equal([u["enabled"] for name, u in users(chief).items() if name in ("P1", "P2", "P3")], [True] * 3, "nobody more is")
    t.wait(lambda: any(a["code"] == "directory-shrinks" for a in chief.get("/api/v1/alarms?state=open").json["items"]), "no alarm", 120)
    sync(server, "--confirm")
    t.equal([u["enabled"] for name, u in users(chief).items() if name in ("P1", "P2", "P3")], [False] * 3, "confirmed")
    t.wait(lambda: not any(a["code"] == "directory-shrinks" for a in chief.get("/api/v1/alarms?state=open").json["items"]), "the alarm stays", 120)
    # An empty directory is broken, whatever the percentage.
    left = {name for name, u in users(chief).items() if u["enabled"]}
    server.apply({"directories": [{"name": "ours", "filter": "(uid=nobody)", "vanish_percent": 50}]})
    t.true("missing" in sync(server, status=1), "all of them")
    server.apply({"directories": [{"name": "ours", "filter": "(objectClass=person)"}]})
    slapd.stop()
    t.true("could not be read" in sync(server, status=1), "away")
    t.equal({name for name, u in users(chief).items() if u["enabled"]}, left, "nobody was taken away")
    t.wait(lambda: any(a["code"] == "directory-away" for a in chief.get("/api/v1/alarms?state=open").json["items"]), "no alarm", 120)
    slapd.start()
    server.apply({"directories": [{"name": "ours", "vanish_percent": 0}]})
    slapd.add_person("p0", mail=["p0@apple.example"])  # another entry, with his address
    sync(server)
    back = users(chief)
    t.equal(sum(u["enabled"] for u in back.values() if "p0@apple.example" in u["addresses"]), 0, "an address that is somebody's is not given on")


@case.test
def half_an_answer_counts_for_nothing(t):
    server, slapd = house(t, limits="sizelimit 3", vanish_percent=100)
    for name in PEOPLE:
        slapd.add_person(name, mail=[f"{name}@apple.example"])
    before = users(root(server))
    said = sync(server, status=1)
    t.true("more entries" in said, f"cut off by its own limit: {said}")
    t.equal(users(root(server)), before, "nothing was taken of it")
    # Nor is what breaks off, or speaks no LDAP at all.
    for words in (b"", b"HTTP/1.1 200 OK\r\n\r\n", bytes.fromhex("308400ffffff")):
        liar = socket.create_server(("127.0.0.1", 0))
        t.later(liar.close)

        def answer(door=liar, said=words):
            connection, _ = door.accept()
            with connection:
                connection.recv(100)
                connection.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        server.apply({"directories": [{"name": "ours", "security": "starttls", "port": liar.getsockname()[1]}]})
        t.true("could not be read" in sync(server, status=1), f"{words!r}")
    # Another certificate than the pinned one, and a wrong password of the reader.
    server.apply({"directories": [{"name": "ours", "security": "implicit", "port": slapd.ports["ldaps"], "pin": "sha256:" + "0" * 64}]})
    sync(server, status=1)
    server.apply({"directories": [slapd.settings("ours") | {"password": "wrong"}]})
    t.true("password is wrong" in sync(server, status=1), "the reader's password")
    t.equal(users(root(server)), before, "nothing at all")


@case.test
def many_people_go_by_steps_and_a_cut_run_takes_nobody_away(t):
    server, slapd = house(t, limits="sizelimit unlimited", vanish_percent=60, box_groups=[f"applebox={group('front')}"])
    store = Store(server.state)
    slapd.ldif("".join(f"dn: uid=u{n},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: U{n}\nsn: u\nmail: u{n}@apple.example\n\n" for n in range(MANY)))

    def seen():
        """As one moment of the store has it: whose address is new, who is off."""
        row = store.rows("SELECT (SELECT count(*) FROM user WHERE directory_id LIKE 'ours/%') AS here, (SELECT count(*) FROM user WHERE enabled = 0) AS off,"
                         " (SELECT count(*) FROM user_address WHERE address = 'last@apple.example') AS last")[0]
        return row["here"], row["off"], row["last"]

    def cut(middle):
        """A run whose queue is killed where it is in the middle."""
        done, states = [], []
        runner = threading.Thread(target=lambda: done.append(server.cli("ldap", "sync", "ours", seconds=240)))
        runner.start()
        while runner.is_alive() and not (states and middle(states[-1])):
            states.append(seen())
        server.kill("queue")
        while runner.is_alive():
            states.append(seen())
        runner.join()
        t.equal(done[0][0], 0, f"it goes on by itself: {done}")
        return states

    states = cut(lambda state: 0 < state[0] < MANY)
    t.equal(seen(), (MANY, 0, 0), f"everybody once, after {states[-1]}")
    t.true(any(0 < here < MANY for here, _, _ in states), "it went by steps")
    slapd.ldif("".join(f"dn: uid=u{n},ou=people,{BASE}\nchangetype: delete\n\n" for n in range(MANY // 2)))
    slapd.modify(f"uid=u{MANY - 1},ou=people,{BASE}", "replace: mail\nmail: last@apple.example\n")
    states = cut(lambda state: state[1] > 0)
    t.equal([state for state in states if state[1] > 0 and not state[2]], [], "who is missing is switched off when all others were seen to")
    t.equal(seen(), (MANY - MANY // 2, MANY // 2, 1), "at the end")


@case.test
def password_stays_in_the_directory(t):
    server, slapd = house(t, login=True, security="starttls")
    slapd.add_person("ada", mail=["ada@apple.example"])
    slapd.add_person("bob", mail=["bob@apple.example"])
    sync(server)
    browser = Browser(server)
    t.equal(browser.login("ada@apple.example", "pw of ada").status, 200, "her password there")
    t.equal(browser.get("/api/v1/session").json["user"]["name"], "Ada", "who she is")
    refused = set()
    for login, password in (("ada@apple.example", "pw of bob"), ("ada@apple.example", "x"), ("bob@apple.example", "*"), ("nobody@apple.example", "pw of ada")):
        begun = time.monotonic()
        reply = Browser(server).login(login, password)
        t.equal((reply.status, reply.json["code"]), (401, "wrong-login"), f"{login} {password}: {reply}")
        t.true(time.monotonic() - begun >= REFUSED_SECONDS, f"{login} {password}: how soon the answer comes tells whose password is where")
        refused.add(reply.json["detail"])
    t.equal(len(refused), 1, f"and so do its words: {refused}")
    t.equal(Browser(server).login("clerk@apple.example", plant.PASSWORD).status, 200, "who is not in it has his password here")
    slapd.modify(f"uid=ada,ou=people,{BASE}", "replace: userPassword\nuserPassword: changed there\n")
    t.equal(Browser(server).login("ada@apple.example", "changed there").status, 200, "changed there")
    actions = [(a["action"], a["who"], a["subject"]) for a in root(server).get("/api/v1/audit").json["items"]]
    t.true(("session.begin", "Ada", "ours") in actions and ("session.refuse", "Ada", "ours") in actions, f"audit: {actions}")
    server.stop()  # the tries were counted, and a restart forgives
    server.start()
    slapd.stop()
    away = [Browser(server).login(login, password) for login, password in
            (("ada@apple.example", "changed there"), ("ada@apple.example", "x"), ("clerk@apple.example", "x"), ("nobody@apple.example", "x"))]
    t.equal({(one.status, one.json["code"], one.json["detail"]) for one in away}, {(401, "wrong-login", *refused)}, "the directory is away: it tells nobody whose it is")
    statuses = [[Browser(server).login(login, "x", **{}).status for _ in range(7)] for login in ("bob@apple.example", "guest@apple.example")]
    t.true(all(429 in one for one in statuses), f"nor does who is told to wait: {statuses}")
    # An outage locks nobody out: tries that nobody could judge are forgotten when it is over.
    office = Browser(server)
    office.headers = {"X-Forwarded-For": "192.0.2.200"}
    tried = [office.login("ada@apple.example", "changed there").status for _ in range(9)]
    t.equal(sorted(set(tried)), [401, 429], f"told as everybody is: {tried}")
    t.equal(office.login("clerk@apple.example", plant.PASSWORD).status, 200, "nobody else of her office waits")
    slapd.start()
    t.equal(office.login("ada@apple.example", "changed there").status, 200, "the directory is back, and so is she")
    server.stop()
    server.start()
    seen = []
    for _ in range(12):
        seen.append(Browser(server).login("bob@apple.example", "guess").status)
    t.true(429 in seen, f"guessing waits: {seen}")
    # From wherever it is guessed: the directory, which may lock the account, does not hear of a guess that waits.
    browser, seen = Browser(server), []
    for number in range(20):
        browser.headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        asked = slapd.binds("ada")
        seen.append(browser.login("ada@apple.example", "guess").status)
        if seen[-1] == 429:
            break
    t.equal((seen[-1], slapd.binds("ada")), (429, asked), f"{seen}")
    t.true(asked > 0, "no guess was seen at the directory at all")
    said = server.log.read_text()
    t.true("changed there" not in said and "pw of ada" not in said and "secret of the reader" not in said, "a password in the log")


def submission(t, server, name, password):
    """The code of AUTH PLAIN (None: none is tried) on a connection of its own, and the connection."""
    client = smtplib.SMTP(*server.port("submission"), timeout=120)
    t.later(client.close)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.starttls(context=context)
    client.ehlo()
    if name is None:
        return None, client
    plain = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
    return client.docmd("AUTH", f"PLAIN {plain}")[0], client


@case.test
def mail_programs_log_in_with_the_password_of_the_directory(t):
    server, slapd = house(t, conf={"submission_listen": "127.0.0.1:0"}, login=True, box_groups=[f"applebox={group('front')}"])
    slapd.add_person("ada", mail=["ada@apple.example"], groups=["front"])
    sync(server)
    code, client = submission(t, server, "ada@apple.example", "pw of ada")
    t.equal(code, 235, "her password there")
    client.sendmail("ada@apple.example", "200@applebox.fax.example.com", mail.make("ada@apple.example", "200@applebox.fax.example.com", [("a.txt", "text/plain", b"hello")]).as_bytes(policy=email.policy.SMTP))
    t.wait(lambda: root(server).get("/api/v1/jobs").json["items"], "her mail becomes a fax", 240)
    t.equal(submission(t, server, "clerk@apple.example", plant.PASSWORD)[0], 235, "who is not in it has his password here")
    # What only proves a password cannot be handed on, so it is not offered; to nobody, for that would tell whose it is.
    t.equal(client.esmtp_features["auth"].split(), ["PLAIN", "LOGIN"], "over TLS alone")
    code, said = submission(t, server, None, None)[1].docmd("AUTH", "SCRAM-SHA-256 biwsbj1hLHI9eA==")
    t.true(code == 504 and b"normal password" in said, f"what to set: {code} {said}")
    wrong = []
    for name, password in (("ada@apple.example", "x"), ("clerk@apple.example", "x"), ("nobody@apple.example", "pw of ada")):
        begun = time.monotonic()
        wrong.append(submission(t, server, name, password)[0])
        t.true(time.monotonic() - begun >= REFUSED_SECONDS, f"{name}: how soon the answer comes tells whose password is where")
    slapd.stop()
    wrong.append(submission(t, server, "ada@apple.example", "pw of ada")[0])
    t.equal(set(wrong), {535}, "one answer, whatever is wrong")
    t.true("pw of ada" not in server.log.read_text(), "a password in the log")


@case.test
def more_logins_at_once_than_are_asked_are_no_wrong_ones_and_tell_nobodys_name(t):
    server, slapd = house(t, conf={"http_max_clients": 600, "http_max_per_client": 600}, login=True)
    slapd.add_person("ada", mail=["ada@apple.example"])
    sync(server)
    silent = socket.create_server(("127.0.0.1", 0), backlog=512)
    t.later(silent.close)
    server.apply({"directories": [{"name": "ours", "port": silent.getsockname()[1]}]})
    waiting = []
    for n in range(250):
        body = json.dumps({"login": "ada@apple.example" if n < 245 else "nobody@apple.example", "password": "pw of ada"})
        line = socket.create_connection(server.port("http"), timeout=120)
        t.later(line.close)
        line.sendall((f"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 2001:db8:{n:x}::1\r\nContent-Type: application/json\r\n"
                      f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}").encode())
        waiting.append(line)
    said = [b"".join(iter(lambda line=line: line.recv(65536), b"")).split()[1] for line in waiting]
    counts = {status: said.count(status) for status in set(said)}
    t.true(server.log.read_text().count("unjudged login") > 200, f"nobody was too many: {counts}, {server.log_tail()}")
    t.equal(set(said) - {b"401", b"429"}, set(), "what a name that somebody has hears, and one that nobody has")
    server.apply({"directories": [slapd.settings("ours", login=True)]})
    t.equal(Browser(server).login("ada@apple.example", "pw of ada").status, 200, "none of them counted")


@case.test
def many_wrong_passwords_of_a_directory_raise_the_alarm(t):
    server, slapd = house(t, login=True)
    slapd.add_person("ada", mail=["ada@apple.example"])
    sync(server)

    def alarm():
        Browser(server).login("ada@apple.example", "wrong guess")
        return [a for a in server.json("alarms")["items"] if a["code"] == "logins-guessed"]
    found = t.wait(alarm, f"no alarm; {server.log_tail()}", 240)
    t.true("Ada" in found[0]["text"], f"whose password is guessed: {found}")
    t.true("wrong guess" not in server.log.read_text(), "the log has what was typed")


@case.test
def passkey_alone_asks_the_directory(t):
    server, slapd = house(t, login=True)
    slapd.add_person("ada", mail=["ada@apple.example"])
    sync(server)
    origin = f"http://localhost:{server.port('http')[1]}"
    key = SecurityKey(t.folder(), origin)

    def browser():
        one = Browser(server)
        one.headers = {"Host": origin.removeprefix("http://")}
        return one

    def alone():
        one = browser()
        reply = one.post("/api/v1/session", {"passkey": key.get(one.post("/api/v1/session/passkey").json)})
        return (reply.status, reply.json.get("code"))

    ada = browser()
    t.equal(ada.login("ada@apple.example", "pw of ada").status, 200, "by her password")
    t.equal(ada.get("/api/v1/me/passkeys").json["proof"], "session", "how she shows that it is her")
    made = key.create(ada.post("/api/v1/me/passkeys/begin").json)
    t.equal(ada.post("/api/v1/me/passkeys", {"name": "k", "credential": made}).status, 201, "a key")
    t.equal(ada.post("/api/v1/me/password", {"old": "pw of ada", "new": "a new long one"}).json["code"], "password-elsewhere", "no password here")
    t.equal(alone(), (200, None), "she is let in")
    person = f"uid=ada,ou=people,{BASE}"
    slapd.modify(person, "add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n")
    t.equal(alone(), (401, "user-locked"), "locked there, before any synchronisation")
    t.true(("session.refuse", "Ada") in [(a["action"], a["who"]) for a in root(server).get("/api/v1/audit").json["items"]], "audit")
    slapd.modify(person, "delete: pwdAccountLockedTime\n")
    t.equal(alone(), (200, None), "unlocked")
    slapd.stop()
    t.equal(alone(), (503, "directory-away"), "the directory is away: who is locked there would come in by making it so")
    # One that takes calls and says nothing: she does not wait for ever.
    silent = socket.create_server(("127.0.0.1", 0))
    t.later(silent.close)
    server.apply({"directories": [{"name": "ours", "port": silent.getsockname()[1]}]})
    t.equal(alone(), (503, "directory-away"), "the directory is silent")
    slapd.start()
    slapd.remove("ada")
    server.apply({"directories": [slapd.settings("ours")]})
    t.equal(alone(), (401, "user-locked"), "she is not there any more")


case.main()
