# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server whose store is PostgreSQL: faxes go and come, and the database may be away for a while."""

import contextlib
import http.client
import json
import re
import signal
import smtplib
import socket
import threading
import time
import uuid

import case
import door
import mail
import pdf
import pixels
import postgres
import provision
from pg_relay import Relay
from server import Server
from store import Store
from web import Browser

FRONT, BACK = provision.FRONT, provision.BACK
FAX_SECONDS = 240
PASSWORD = "correct horse battery"
RECOVERY_SECONDS = 120  # roles that died several times wait up to 10 s before they start again
AWAY_SECONDS = 600
SECONDS_OF_STALL = 100  # less than a client of ours waits for an answer that does not come
SECONDS_OF_DOCTOR = 120  # it waits for who does not answer
AWAY = "cannot open the store in PostgreSQL"
UNAVAILABLE = 69  # exit status: EX_UNAVAILABLE of sysexits.h


def plant(t):
    """(PostgreSQL, Faxpost over it)"""
    database = t.enter(postgres.Server())
    server = Server(t.folder(), settings={"store": database.make("fax")})
    server.start()
    t.later(server.stop, 3)
    server.pin_ports()
    server.apply(provision.example(server.port("sip")[1]))
    return database, server


def send(server, to, document, *, pages=1, padding=0, subject="", seconds=20):
    """None, or why it was not taken."""
    parts = [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=2) + b"%" * padding)]
    message = mail.make(FRONT, to, parts, subject=subject, message_id=f"<{document}@test.invalid>")
    try:
        mail.send(server.port("smtp"), message, seconds=seconds)
    except (smtplib.SMTPException, OSError) as why:
        return str(why)
    return None


def rows(database, statement):
    return [line.split("|") for line in database.ask(statement, "fax").splitlines()]


@case.test
# proves: S2.13 A2
def fax_goes_and_comes_with_all_of_it_in_postgresql(t):
    database, server = plant(t)
    document, to = 4711, f"200@front.{provision.DOMAIN}"
    t.equal(send(server, to, document, pages=2, padding=1500000), None, "the mail")  # larger than one part
    path = t.wait(lambda: server.mails(BACK), f"no fax came; {server.log_tail()}", FAX_SECONDS)[0]
    pages = pixels.pages_of_bytes(mail.attachment(mail.read(path))[1])
    t.equal([pixels.read_mark(page) for page in pages], [(document, 0, 2), (document, 1, 2)], "pages that came")
    t.wait(lambda: server.mails(FRONT), "no report", FAX_SECONDS)
    t.equal(rows(database, "SELECT state, confirmed FROM job"), [["3", "2"]], "the job")
    t.true(int(rows(database, "SELECT count(*) FROM blob_part")[0][0]) >= 3, "the mail does not lie in parts")
    files = [p for p in server.state.rglob("*") if p.is_file() and (p.name.startswith("faxpost.db") or "blobs" in p.parts)]
    t.equal(files, [], "files of a store beside PostgreSQL")
    submission = database.ask("SELECT encode(id, 'hex') FROM submission", "fax").strip()
    shown = [j["state"] for j in server.json("show", uuid.UUID(submission))["jobs"]]
    t.equal(shown, ["done"], "faxpost show, which web reads")
    received = door.get(server, "faxes").json["items"][0]["id"]
    t.equal([server.cli("fax", *words)[0] for words in (("tag", received, "Urgent", "urgent", "Paid"), ("note", received, "Called Dr. Grünwald"))], [0, 0], "notes and tags")
    t.equal([[f["id"] for f in door.get(server, "faxes", **how).json["items"]] for how in ({"tag": "URGENT"}, {"q": "grünwald"}, {"tag": "none"})],
            [[received], [received], []], "found by both")
    t.equal([x["tag"] for x in door.get(server, "tags", of="faxes").json["items"]], ["Paid", "Urgent"], "tags there are")
    what_looks_at_it_says_how_it_is(t, server)
    dump_comes_back_with_its_faxes_held(t, database, server)


def what_looks_at_it_says_how_it_is(t, server):
    found = {r["test"]: r for r in json.loads(server.cli("doctor", "--json", seconds=SECONDS_OF_DOCTOR)[1])}
    t.equal({name: r["text"] for name, r in found.items() if not r["ok"] and name in ("state directory", "disk", "server", "processes", "trunk loop")}, {},
            "what the doctor finds")
    t.true("server" in found, f"the doctor looks at {list(found)}")
    bundle = server.folder / "support.json"
    t.equal(server.cli("support", bundle)[::2], (0, ""), "support")
    told = json.loads(bundle.read_text())
    t.true(told["answers"] and told["settings"]["faxboxes"] and told["status"]["jobs"]["done"] == 1 and "items" in told["alarms"], f"the bundle: {str(told)[:1000]}")
    status, _, words = server.cli("backup", server.folder / "all.backup", "--state", server.state)
    t.true(status == 1 and "pg_dump" in words and "keys" in words and not (server.folder / "all.backup").exists(), f"backup ends with {status}: {words}")


def dump_comes_back_with_its_faxes_held(t, database, server):
    """By the commands that backup names, and operating.md."""
    waits = server.folder / "waits.pdf"
    waits.write_bytes(pdf.make(1, document=4712))
    t.equal(server.cli("send", f"200^AT={time.strftime('%Y%m%dT%H%M', time.gmtime(time.time() + 2 * 86400))}", waits, "--from-box", "front", "--no-wait")[::2],
            (0, ""), "a fax that waits")
    t.wait(lambda: rows(database, "SELECT count(*) FROM job WHERE state = 0") == [["1"]], "it does not become a job", FAX_SECONDS)
    dump = database.folder / "faxpost.dump"
    database.call("pg_dump", "-h", database.folder, "-U", postgres.USER, "--format=custom", f"--file={dump}", "fax")
    uri = database.make("again")
    running = server.cli("restore", uri, "--state", server.state)
    t.true(running[0] == 1 and "stop Faxpost" in running[2], f"while Faxpost runs: {running}")
    server.stop()
    empty = server.cli("restore", uri, "--state", server.state)
    t.true(empty[0] == 1 and "pg_restore" in empty[2], f"an empty database: {empty}")
    database.call("pg_restore", "-h", database.folder, "-U", postgres.USER, "--no-owner", "--exit-on-error", "--dbname=again", dump)
    t.wait(lambda: server.cli("restore", uri, "--state", server.state)[0] == 0, "restore", RECOVERY_SECONDS)  # once the dumped node's lease is over
    server.settings["store"] = uri
    server.start()
    t.equal([j["state"] for j in door.get(server, "jobs").json["items"] if j["state"] != "done"], ["held"], "faxes that waited")
    t.equal(database.ask("SELECT code FROM job WHERE state <> 3", "again").split(), ["restored"], "why")
    t.true(len(door.get(server, "faxes").json["items"]) == 1, "received faxes")


def away_for_long(server):
    """Ten minutes. The short form sets back the moment that Faxpost has noted."""
    if case.LONG:
        time.sleep(AWAY_SECONDS)
        return
    note = server.state / "store.away"
    note.write_text(str(int(note.read_text()) - 1000 * AWAY_SECONDS))


@case.test
# proves: S2.8
def database_that_is_away_for_ten_minutes_or_whose_standby_takes_over_loses_nothing(t):
    first = t.enter(postgres.Server())
    first.make("fax")
    standby = t.enter(first.standby())
    first.commit_at_standbys_too()
    server = Server(t.folder(), settings={"store": f"postgres://{postgres.USER}@/fax?host={first.folder},{standby.folder}"})
    server.start()
    t.later(server.stop, 3)
    server.pin_ports()
    server.apply(provision.example(server.port("sip")[1]) | {"settings_templates": [{"name": "office", "tries": 4}]})
    server.apply({"faxboxes": [{"id": "front", "template": "office"}]})
    to = f"check+200@front.{provision.DOMAIN}"  # unpacked, rendered and answered; nobody is dialled
    t.equal(send(server, to, 1), None, "a mail before")
    first.stop()
    refusal = t.wait(lambda: send(server, to, 2, seconds=5), "a mail is taken without a store")
    t.wait(lambda: AWAY in server.log.read_text() and (server.state / "store.away").exists(), "nobody says that it is away", FAX_SECONDS)
    t.note(f"meanwhile a client hears: {refusal}")
    t.equal(doctor(server)[0], False, "the store, as the doctor sees it")
    t.true("PostgreSQL cannot be reached" in doctor(server)[1], f"the doctor: {doctor(server)}")
    away_for_long(server)
    first.start()
    # A mail server tries again; the same mail twice is one.
    t.wait(lambda: send(server, to, 2) is None, f"no mail is taken any more; {server.log_tail()}", RECOVERY_SECONDS)
    t.wait(lambda: len(server.mails(FRONT)) >= 2, f"not both are answered; {server.log_tail()}", FAX_SECONDS)
    server.kill("queue")  # the first lives after that may be short, and the next one knows of it too
    alarm = t.wait(lambda: listed(server, "store-away"), "no alarm", RECOVERY_SECONDS)
    t.true(int(re.search("for ([0-9]+) s", alarm["text"])[1]) >= AWAY_SECONDS and "Look at the PostgreSQL server" in alarm["do"], f"the alarm: {alarm}")

    t.equal(send(server, to, 3), None, "a mail that the first one takes")
    first.stop(signal.SIGQUIT)
    standby.promote()
    t.wait(lambda: send(server, to, 3) is None, f"the same mail is not taken any more; {server.log_tail()}", RECOVERY_SECONDS)
    t.wait(lambda: send(server, to, 4) is None, f"no mail is taken any more; {server.log_tail()}", RECOVERY_SECONDS)
    t.wait(lambda: len(server.mails(FRONT)) >= 4, f"not all are answered; {server.log_tail()}", FAX_SECONDS)
    t.equal(rows(standby, "SELECT message_id, count(*) FROM submission GROUP BY 1 ORDER BY 1"),
            [[f"{n}@test.invalid", "1"] for n in (1, 2, 3, 4)], "submissions")
    t.wait(lambda: server.cli("status")[0] == 0, "web does not come back", RECOVERY_SECONDS)
    t.true(doctor(server)[0], f"the doctor: {doctor(server)}")
    t.equal(server.process.poll(), None, "the server's exit status")


def health(server):
    """(status, code) that a program hears, which would wait for a minute; (0, "") where nobody answers."""
    try:
        reply = Browser(server).get("/api/v1/health")
    except (OSError, http.client.HTTPException):
        return 0, ""
    return reply.status, reply.json.get("code", "")


@case.test
def who_asks_while_postgresql_stands_still_is_told_so(t):
    """No word comes from it any more, and no end: as where a cable was pulled, or its machine has stopped."""
    database = t.enter(postgres.Server())
    database.make("fax")
    relay = t.enter(Relay(database, t.folder()))
    server = Server(t.folder(), settings={"store": relay.uri("fax")})
    server.start()
    t.later(server.stop, 3)
    t.equal([n["name"] for n in server.json("nodes")["items"]], [socket.gethostname()], "a server without `node` has the machine's name")
    lease = "SELECT lease_ms - joined_ms FROM node"
    t.wait(lambda: int(rows(database, lease)[0][0]) > 10000, "no lease is renewed", RECOVERY_SECONDS)  # its parent knows of it then
    relay.stall()
    t.later(relay.go_on)
    first = [None] * 3  # on connections that are open, or come when web begins to wait
    asking = [threading.Thread(target=lambda n=n: first.__setitem__(n, health(server)), daemon=True) for n in range(len(first))]
    for thread in asking:
        thread.start()
    status, _, words = server.cli("nodes", seconds=SECONDS_OF_STALL)
    t.true(status == UNAVAILABLE and "PostgreSQL" in words and "Look at" in words, f"nodes ends with {status}: {words}")
    for thread in asking:
        thread.join(SECONDS_OF_STALL)
    t.equal(first, [(503, "store-away")] * len(first), "who asked first was answered with")
    for _ in range(3):  # through several lives of web
        t.equal(health(server), (503, "store-away"), "who asks later is answered with")
        t.equal(server.cli("status", seconds=SECONDS_OF_STALL)[0], UNAVAILABLE, "exit status of status")
    t.equal(Browser(server).get("/").status, 200, "the application itself")
    t.wait(lambda: not doctor(server)[0], "the doctor does not see it", RECOVERY_SECONDS)
    relay.go_on()
    t.wait(lambda: server.cli("nodes")[0] == 0 and health(server)[0] == 200, f"web does not come back; {server.log_tail()}", RECOVERY_SECONDS)
    t.equal(server.process.poll(), None, "the server's exit status")


@case.test
def administrator_is_called_where_postgresql_never_answers(t):
    """As a machine does that is off: each try to reach it lasts as long as one is waited for, and so queue's life."""
    mute = t.enter(socket.create_server(("127.0.0.1", 0)))
    server = Server(t.folder(), settings={"store": f"postgres://fax@127.0.0.1:{mute.getsockname()[1]}/fax"})
    server.launch()
    t.later(server.stop, 3)
    t.wait(lambda: " alert ALARM queue-down" in server.log.read_text(), "nobody is called", RECOVERY_SECONDS)


def hold_table(database, name):
    """Nobody reads it, until let_go_table: as an index that is being made, or a report of somebody else's that takes hours."""
    def hold():
        with contextlib.suppress(RuntimeError):  # it is ended
            database.ask(f"BEGIN; LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3600)", "fax")
    threading.Thread(target=hold, daemon=True).start()


def let_go_table(database):
    database.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)' AND pid <> pg_backend_pid()")


@case.test
def question_that_takes_postgresql_too_long_is_refused_and_web_lives_on(t):
    database, server = plant(t)
    t.equal(door.get(server, "contacts").status, 200, "contacts before")
    web = dict(server.roles())["web.0"]
    hold_table(database, "contact")
    t.later(let_go_table, database)
    t.wait(lambda: database.ask("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'contact'::regclass", "fax").strip() == "1",
           "the table is not held", RECOVERY_SECONDS)
    for _ in range(2):  # that it was prepared once does not help
        refused = door.get(server, "contacts")
        t.equal((refused.status, refused.json["code"]), (503, "store-slow"), "contacts meanwhile")
    t.true("too long" in refused.json["detail"] and "PostgreSQL" in refused.json["detail"] and refused.headers["Retry-After"], f"its words: {refused.json}")
    t.equal(door.get(server, "jobs").status, 200, "what else is asked meanwhile")
    change = door.ask(server, "DELETE", f"contacts/{uuid.uuid4()}")
    t.equal((change.status, change.json["code"]), (503, "store-slow"), "a change of what cannot be read")
    t.true("may have been taken" in change.json["detail"], f"its words: {change.json}")
    let_go_table(database)
    t.wait(lambda: door.get(server, "contacts").status == 200, "contacts are not read any more", RECOVERY_SECONDS)
    t.equal(dict(server.roles())["web.0"], web, "the process")


def held_question(database):
    """Which one waits for the table that is held: its process and when it began; "" where none does."""
    return database.ask("SELECT pid || ' ' || query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%contact%'", "fax").strip()


@case.test
def question_that_takes_postgresql_long_keeps_nobody_else_waiting(t):
    """One process of web waits for its answer; the others take who comes."""
    database, server = plant(t)
    server.apply({"users": [{"name": "root", "addresses": ["root@localhost"], "role": "installation", "password": PASSWORD}]})
    roles = dict(server.roles())
    t.true("web.0" in roles and "web.1" in roles, f"where the store is PostgreSQL there are two processes: {roles}")
    slow, quick, over = Browser(server), Browser(server), threading.Event()
    for browser in (slow, quick):
        t.equal(browser.login("root@localhost", PASSWORD).status, 200, "the login")
    hold_table(database, "contact")
    t.later(let_go_table, database)

    def ask_slowly():
        while not over.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):  # the server ends before us
                slow.get("/api/v1/contacts")
    threading.Thread(target=ask_slowly, daemon=True).start()
    t.later(over.set)

    def others_are_answered():
        """Before that one question has come to its end."""
        before = held_question(database)
        answers = [quick.get(f"/api/v1/{path}").status for path in ("boxes", "session", "jobs", "status") * 3]
        t.equal(set(answers), {200}, "what others are answered")
        return before and held_question(database) == before
    t.wait(others_are_answered, "others wait until it has its answer", RECOVERY_SECONDS)


def doctor(server):
    """(well, what is said) of the store's folder."""
    _, out, _ = server.cli("doctor", "--json", seconds=SECONDS_OF_DOCTOR)
    return next((r["ok"], r["text"]) for r in json.loads(out) if r["test"] == "state directory")


def listed(server, code):
    """The alarm of that code; None also where the API is away."""
    status, out, _ = server.cli("alarms", "--json")
    return next((a for a in json.loads(out)["items"] if a["code"] == code), None) if status == 0 else None


@case.test
def installation_moves_from_sqlite_with_every_row_and_document(t):
    database = t.enter(postgres.Server())
    server = Server(t.folder())
    server.start()
    t.later(server.stop, 3)
    server.pin_ports()
    server.apply(provision.example(server.port("sip")[1]) | {"settings_templates": [{"name": "office", "tries": 4}]})
    server.apply({"faxboxes": [{"id": "front", "template": "office"}]})
    to = f"check+200@front.{provision.DOMAIN}"
    t.equal(send(server, to, 1, padding=1500000, subject="M\u00fcller"), None, "a large mail")
    t.wait(lambda: server.mails(FRONT), f"no answer; {server.log_tail()}", FAX_SECONDS)
    settings = server.cli("export")[1]
    busy = server.cli("migrate", database.make("busy"), "--state", server.state)
    t.true(busy[0] == 1 and f"a Faxpost runs on {server.state}" in busy[2], f"while it runs: {busy}")
    server.stop()
    old = Store(server.state)
    tables = [row["name"] for row in old.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                                              " AND name NOT LIKE '%_search_%'")]
    counts = {name: old.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in tables if name != "blob_part"}
    uri = database.make("fax")
    document = next(p for p in (server.state / "blobs").iterdir() if p.is_file())
    whole = document.read_bytes()
    document.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    spoilt = server.cli("migrate", uri, "--state", server.state, seconds=240)
    t.true(spoilt[0] == 1 and f"blobs/{document.name}" in spoilt[2], f"a spoilt document: {spoilt}")
    t.equal(rows(database, "SELECT count(*) FROM tenant"), [["0"]], "tenants after that")
    document.write_bytes(whole)
    status, out, err = server.cli("migrate", uri, "--state", server.state, seconds=240)
    t.equal(status, 0, f"migrate: {err}")
    t.true(f"store = {uri}" in out, out)
    t.equal({name: int(rows(database, f'SELECT count(*) FROM "{name}"')[0][0]) for name in counts}, counts, "rows of each table")
    t.true((server.state / "faxpost.db.migrated").exists() and not (server.state / "faxpost.db").exists(), "the old one is put away")
    server.settings["store"] = uri
    server.start()
    t.equal(server.cli("export")[1], settings, "settings")
    # The mail that was taken over there is known: it is not faxed again.
    t.equal(send(server, to, 1, padding=1500000, subject="M\u00fcller"), None, "the same mail again")
    t.equal(send(server, to, 2), None, "another mail")
    t.wait(lambda: rows(database, "SELECT count(*) FROM submission") == [["2"]], f"not two; {server.log_tail()}", FAX_SECONDS)
    server.stop()
    again = server.cli("migrate", uri, "--state", server.state)
    t.true(again[0] == 1 and "no store in SQLite" in again[2], f"once more: {again}")


@case.test
def password_in_the_configuration_is_refused(t):
    server = Server(t.folder(), settings={"store": "postgres://fax:secret@127.0.0.1/fax"})
    server.launch()
    t.later(server.stop, 3)
    t.equal(server.process.wait(60), 78, "exit status")
    t.true("passfile=" in server.log.read_text(), server.log_tail())


case.main()
