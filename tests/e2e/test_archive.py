#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Copies of faxes at places of the archive: stored once it is said, whole when they come back, gone when deleted."""

import hashlib
import io
import json
import sqlite3
import tarfile
from pathlib import Path

import case
import door
import mail
import pdf
import pixels
import places
import provision
import web
from server import Server
from sftp_server import SftpServer

SECONDS = 240
PASSWORD = "correct horse battery"
PLAIN = {"name": "plain", "kind": "local", "url": "plain", "encrypted": False, "rank": 1}
SEALED = {"name": "sealed", "kind": "local", "url": "far/sealed", "rank": 2}


def started(t, *places, **settings):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["archive_places"] = list(places)
    wanted["tenants"][0].update(settings)
    server.apply(wanted)
    return server


def send(server, document, pages=1):
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", pdf.make(pages, document=document))]))


def copies(server, **arguments):
    return door.get(server, "archive", **arguments).json["items"]


def stored(t, server, count, **arguments):
    return t.wait(lambda: (c := [x for x in copies(server, **arguments) if x["state"] == "stored"]) and len(c) == count and c,
                  f"not {count} copies: {copies(server)} {server.log_tail()}", SECONDS)


MARK = "faxpost-place.txt"


def files(server):
    return [p for p in (Path(server.state) / "archive").rglob("*") if p.is_file() and p.name != MARK]


def alarms(server, code):
    return [a for a in door.get(server, "alarms", state="open").json["items"] if a["code"] == code]


def content(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}


def audit(server, action):
    return [a for a in door.get(server, "audit", limit=200).json["items"] if a["action"] == action]


# proves: S2.1
@case.test
def sent_and_received_faxes_are_copied_and_come_back_whole(t):
    server = started(t, PLAIN, SEALED)
    send(server, 81, pages=2)
    # Whoever dies meanwhile: each copy is there in the end, once.
    t.wait(lambda: len(copies(server)) >= 2, "the sent one's copies begin", SECONDS)
    server.kill("archive")
    server.kill("queue")
    server.kill("archive")
    items = stored(t, server, 4)
    t.equal(sorted((c["direction"], c["place"]) for c in items),
            [("received", "plain"), ("received", "sealed"), ("sent", "plain"), ("sent", "sealed")], "each once, everywhere")
    root = Path(server.state) / "archive"
    t.equal(sorted(str(p) for p in files(server)),
            sorted(str(root / {"plain": "plain", "sealed": "far/sealed"}[c["place"]] / c["object"]) for c in items), "no other file")

    for c in items:
        raw = (root / {"plain": "plain", "sealed": "far/sealed"}[c["place"]] / c["object"]).read_bytes()
        back = door.get(server, f"archive/{c['id']}/file").body
        t.equal(hashlib.sha256(back).hexdigest(), c["sha256"], "bit by bit")
        if c["place"] == "plain":
            t.true(raw == back, "as it is")
        else:
            t.true(raw.startswith(b"FXARCH1\n") and b"fax.pdf" not in raw and b"PDF" not in raw, "nothing can be read of it")
        inside = content(back)
        facts = json.loads(inside["facts.json"])
        t.equal((facts["direction"], facts["pages"], facts["id"]), (c["direction"], 2, c["fax"]), "facts")
        t.equal([pixels.read_mark(p) for p in pixels.pages_of_bytes(inside["fax.pdf"])], [(81, 0, 2), (81, 1, 2)], "pages")
        t.equal("report.pdf" in inside, c["direction"] == "sent", "the report of a sent one")

    sent = next(c["fax"] for c in items if c["direction"] == "sent")
    to = Path(t.folder()) / "back.tar"
    status, _, err = server.cli("archive", "restore", sent, "--place", "sealed", "--output", str(to))
    t.equal(status, 0, f"by the command line: {err}")
    t.true("report.pdf" in content(to.read_bytes()), "it is the file")
    t.equal(server.cli("archive", "verify", sent)[:2], (0, "plain: whole\nsealed: whole\n"), "both are whole")
    t.equal(len(door.get(server, f"jobs/{sent}").json["archive"]), 2, "it says so itself")

    # A place that comes later gets what ended before.
    server.apply({"archive_places": [{"name": "late", "kind": "local", "url": "late"}, {"name": "new", "kind": "local", "url": "new", "earlier": False}]})
    stored(t, server, 2, place="late")
    t.equal(copies(server, place="new"), [], "unless it is not to")


@case.test
def the_key_of_a_place_is_given_to_nobody_without_his_password(t):
    server = started(t, SEALED)
    server.apply({"users": [{"tenant": "example", "name": "admin", "addresses": ["admin@localhost"], "role": "installation", "password": PASSWORD}]})
    browser, program = web.Browser(server), web.Browser(server)
    t.equal(browser.login("admin@localhost", PASSWORD).status, 200, "login")
    made = browser.post("/api/v1/api-keys", {"name": "all", "scope": "admin", "password": PASSWORD})
    program.headers = {"Authorization": f"Bearer {made.json['key']}", "X-Faxpost": None}
    t.equal(program.get("/api/v1/archive-places").status, 200, "the API key is one of an administrator")
    path = "/api/v1/archive-places/key?name=sealed"
    for who, client in (("a browser", browser), ("an API key", program)):
        for body, code in ((None, "password-needed"), ({}, "password-needed"), ({"password": "a wrong one"}, "wrong-password")):
            refused = client.post(path, body)
            t.equal((refused.status, refused.json["code"]), (403, code), f"{who} that says {body}")
    given = browser.post(path, {"password": PASSWORD})
    t.equal((given.status, given.body.decode().strip()), (200, server.cli("archive", "key", "sealed")[1].strip()), "with it")


@case.test
def the_key_of_a_place_opens_its_files_without_any_server(t):
    server = started(t, PLAIN, SEALED)
    send(server, 86)
    items = [c for c in stored(t, server, 4) if c["place"] == "sealed"]
    folder = Path(t.folder())
    keyfile, other = folder / "sealed.key", folder / "other.key"
    status, _, err = server.cli("archive", "key", "sealed", "--output", keyfile)
    t.equal((status, keyfile.stat().st_mode & 0o777), (0, 0o600), f"a file for its owner alone: {err}")
    key = keyfile.read_text().strip()
    t.equal((len(bytes.fromhex(key)), server.cli("archive", "key", "sealed")[1].strip()), (32, key), "the key")
    server.apply({"archive_places": [{"name": "again", "kind": "local", "url": "again", "enabled": False, "key": key}]})
    t.equal(server.cli("archive", "key", "again")[1].strip(), key, "a place takes what it prints")
    noted = audit(server, "archive.key")
    t.equal(sorted(a["subject"] for a in noted), ["again", "sealed", "sealed"], "each is noted")
    t.true(key not in json.dumps(door.get(server, "audit", limit=200).json) and key not in server.log.read_text(errors="replace"),
           "it stands in no log")
    status, out, err = server.cli("archive", "key", "plain")
    t.true(status != 0 and not out and "no key" in err, f"what has none: {status} {out} {err}")
    server.stop()

    def opened(path, to, with_key=keyfile):
        return server.cli("archive", "open", path, "--key", with_key, "--output", to)

    for c in items:
        path, to = Path(server.state) / "archive/far/sealed" / c["object"], folder / f"{c['fax']}.tar"
        t.equal(opened(path, to)[0], 0, "opened")
        t.equal(hashlib.sha256(to.read_bytes()).hexdigest(), c["sha256"], "bit by bit")
    good = path.read_bytes()
    other.write_text("00" * 32 + "\n")
    short = folder / "short.key"
    short.write_text(key[:-1])
    for data, with_key, text in ((good, other, "another key"), (good[:-20] + bytes([good[-20] ^ 1]) + good[-19:], keyfile, "changed"),
                                 (good[:60], keyfile, "cut off"), (b"%PDF-1.7 and so on", keyfile, "no file of an encrypted place"),
                                 (good, short, "64 hexadecimal digits")):
        file, to = folder / "file.tar.fxa", folder / "file.tar"
        file.write_bytes(data)
        status, _, err = opened(file, to, with_key)
        t.true(status == 65 and text in err and not to.exists(), f"{text}: {status} {err}")
    file.write_bytes(good)
    t.equal(server.cli("archive", "open", file, "--key", keyfile)[:2], (0, f"{to}\n"), "its name without .fxa")
    t.true(opened(file, to)[0] == 66 and to.read_bytes(), "what is there is not written over")


@case.test
def what_was_changed_at_a_place_is_found_and_brought_there_again(t):
    server = started(t, PLAIN, SEALED | {"received": False})
    send(server, 82)
    items = stored(t, server, 3)
    root = Path(server.state) / "archive"
    sealed = next(c for c in items if c["place"] == "sealed")
    path = root / "far/sealed" / sealed["object"]
    good = path.read_bytes()

    def judged(text):
        status, _, err = server.cli("archive", "verify", sealed["fax"], "--place", "sealed")
        t.equal(status, 1, f"it is not whole: {err}")
        t.true(text in err, f"says why: {err}")
        t.wait(lambda: path.exists() and path.read_bytes().startswith(b"FXARCH1\n") and
               [c["state"] for c in copies(server, fax=sealed["fax"], place="sealed")].count("stored") >= 1 and
               server.cli("archive", "verify", sealed["fax"], "--place", "sealed")[0] == 0, "it was not mended", SECONDS)

    middle = len(good) // 2
    path.write_bytes(good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1:])
    judged("bytes of it were changed")
    path.write_bytes(path.read_bytes()[:-30])
    judged("not as it was written")
    received = next(c for c in items if c["direction"] == "received")
    path.write_bytes((root / "plain" / received["object"]).read_bytes())
    judged("no file of an encrypted place")
    path.unlink()
    judged("not there any more")
    # Of a place that is not encrypted, too, and without being asked for that one.
    plain = root / "plain" / received["object"]
    whole = plain.read_bytes()
    plain.write_bytes(whole[:600] + b"x" + whole[601:])
    t.equal(server.cli("archive", "verify")[0], 0, "all")
    t.wait(lambda: plain.read_bytes() != whole[:600] + b"x" + whole[601:] and stored(t, server, 3), "mended", SECONDS)
    t.true(len(audit(server, "archive.damaged")) >= 5, "noted")
    t.equal(content(plain.read_bytes()).keys(), {"fax.pdf", "facts.json"}, "it is that fax again")


@case.test
def a_place_that_is_down_delays_nothing_and_says_so(t):
    server = started(t, PLAIN, SEALED)
    root = Path(server.state) / "archive"
    (root / "plain").write_text("no folder")
    send(server, 83)
    stored(t, server, 2)
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mail and report went", SECONDS)
    alarm = t.wait(lambda: alarms(server, "archive-place"), "no alarm", SECONDS)
    t.true("2 faxes wait" in alarm[0]["text"] and "plain" in alarm[0]["text"], f"{alarm}")
    shown = server.cli("archive", "places")[1]
    t.true("0 stored, 2 waiting" in shown and "2 stored, 0 waiting" in shown, shown)
    t.equal(server.cli("archive", "test", "plain")[0], 1, "its test fails")
    found = {r["test"]: r["ok"] for r in json.loads(server.cli("doctor", "--json")[1])}
    t.equal((found["archive place plain"], found["archive place sealed"]), (False, True), "the doctor tries them")
    metrics = door.ask(server, "GET", "metrics").body.decode()
    t.true('faxpost_archive_copies{place="plain",state="waiting"} 2' in metrics and 'faxpost_archive_place_up{place="plain"} 0' in metrics, metrics)
    (root / "plain").unlink()
    stored(t, server, 4)
    t.wait(lambda: not alarms(server, "archive-place"), "the alarm stays", SECONDS)
    t.equal(server.cli("archive", "test", "plain")[0], 0, "its test is good")
    t.equal(len(files(server)), 4, "the test leaves nothing")


@case.test
def a_place_that_is_another_one_counts_for_nothing(t):
    server = started(t, PLAIN, SEALED)
    root = Path(server.state) / "archive"
    send(server, 87)
    items = stored(t, server, 4)
    fax = next(c["fax"] for c in items if c["direction"] == "received")
    # It stays where it is as long as copies lie there, however it is said.
    for field, value in (("url", "elsewhere"), ("kind", "sftp"), ("key", "11" * 32)):
        wanted = {"archive_places": [{"name": "sealed", field: value} | ({"url": "sftp://h/x", "username": "u", "host_key": "SHA256:" + "A" * 43} if field == "kind" else {})]}
        status, out, err = server.cli("apply", "-", text=json.dumps(wanted))
        t.true(status != 0 and "make a new place" in out + err, f"{field}: {status} {out} {err}")
    place = door.get(server, "archive-places/sealed")
    refused = door.ask(server, "PATCH", "archive-places/sealed", {"url": "elsewhere"}, {"If-Match": place.headers["ETag"]})
    t.true(refused.status in (400, 409, 422) and "make a new place" in refused.body.decode(), f"{refused.status} {refused.body}")
    gone = door.ask(server, "DELETE", "archive-places/sealed", None, {"If-Match": place.headers["ETag"]})
    t.true(gone.status == 409 and "switch it off" in gone.body.decode(), f"one with copies is not deleted: {gone.status} {gone.body}")
    status, out, err = server.cli("set", "archive_places.sealed.absent", "true")
    t.true(status != 0 and "switch it off" in out + err, f"nor so: {status} {out} {err}")
    server.apply({"archive_places": [{"name": "sealed", "verify_days": 3}]})  # the rest may change

    # From before there were marks, with the disk not mounted at the upgrade: the empty folder does not become the place.
    server.stop()
    with sqlite3.connect(f"{server.state}/faxpost.db") as store:
        store.execute("UPDATE archive_place SET mark = '', marked = 0 WHERE name = 'plain'")
    store.close()
    (root / "plain" / MARK).unlink()
    (root / "plain").rename(root / "away")
    (root / "plain").mkdir(mode=0o777)
    (root / "plain").chmod(0o777)
    server.start()
    status, _, err = server.cli("archive", "verify", fax, "--place", "plain")
    t.true(status == 1 and "none of its last copies is there" in err, err)
    t.equal(list((root / "plain").iterdir()), [], "no mark is left there")
    (root / "plain").rmdir()
    (root / "away").rename(root / "plain")
    t.equal(server.cli("archive", "verify", fax, "--place", "plain")[0], 0, "mounted")
    t.equal(server.cli("archive", "test", "plain")[0], 0, "it is known again")
    t.true((root / "plain" / MARK).exists(), "by a mark")

    # Another disk at the same folder: nothing is written, found missing or deleted there.
    (root / "plain").rename(root / "away")
    (root / "plain").mkdir(mode=0o777)
    (root / "plain").chmod(0o777)
    (root / "plain" / "something").write_text("of somebody else")
    status, _, err = server.cli("archive", "verify", fax, "--place", "plain")
    t.true(status == 1 and "not the place that it was" in err, err)
    t.equal({c["state"] for c in copies(server, fax=fax)}, {"stored"}, "nothing is taken for lost")
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mails", SECONDS)
    t.equal(server.cli("archive", "delete", fax)[0], 0, "wanted")
    alarm = t.wait(lambda: alarms(server, "archive-other-place"), "no alarm", SECONDS)
    t.true("plain" in alarm[0]["text"] and MARK in alarm[0]["text"], f"{alarm}")
    t.wait(lambda: [c["place"] for c in copies(server, fax=fax)] == ["plain"], "gone from the other one alone", SECONDS)
    t.equal([c["state"] for c in copies(server, fax=fax)], ["deleting"], "it is wanted still")
    t.equal([p.name for p in (root / "plain").iterdir()], ["something"], "nothing was written there")
    t.true("for somebody" not in server.cli("archive", "test", "plain")[1] and server.cli("archive", "test", "plain")[0] == 1, "its test says so")
    # Two places with one folder would delete each other's files.
    server.apply({"archive_places": [{"name": "twin", "kind": "local", "url": "far/sealed", "earlier": False}]})
    status, _, err = server.cli("archive", "test", "twin")
    t.true(status == 1 and "lies there already" in err, err)

    (root / "plain" / "something").unlink()
    (root / "plain").rmdir()
    (root / "away").rename(root / "plain")
    (root / "plain" / MARK).unlink()  # the right one, of which that file alone was lost
    t.equal(server.cli("archive", "test", "plain")[0], 1, "nobody can know")
    status, out, err = server.cli("archive", "test", "plain", "--mark")
    t.equal(status, 0, f"but its administrator: {out} {err}")
    t.wait(lambda: copies(server, fax=fax) == [] and not [f for f in files(server) if fax in f.name], "gone there too", SECONDS)
    t.wait(lambda: not alarms(server, "archive-other-place"), "the alarm stays", SECONDS)
    t.equal((len(audit(server, "archive.deleted")), len(audit(server, "archive.mark"))), (2, 1), "noted")


def what_a_user_sees(t, server, fax):
    """Not where copies lie, nor why it is held: only that it is so."""
    user = web.Browser(server)
    server.apply({"users": [{"tenant": "example", "name": "frontdesk", "password": "correct horse battery"}]})
    t.equal(user.login(provision.FRONT, "correct horse battery").status, 200, "login")
    items = user.get("/api/v1/faxes").json["items"] + user.get("/api/v1/jobs").json["items"]
    t.true(len(items) > 0, f"he sees some: {items}")
    for kind in ("faxes", "jobs"):
        for item in user.get(f"/api/v1/{kind}").json["items"]:
            about = user.get(f"/api/v1/{kind}/{item['id']}").json
            t.true(about["archive"] == [] and about["in_archive_ms"] > 0, f"in the archive: {about}")
            t.true("plain" not in json.dumps(about["archive"]) and "sealed" not in json.dumps(about), "not where")
            if item["id"] == fax:
                t.equal({**about["legal_hold"], "at_ms": 0}, {"who": "", "at_ms": 0, "reason": ""}, "held, not why")


@case.test
def what_is_held_nobody_deletes_and_what_is_deleted_is_gone_everywhere(t):
    server = started(t, PLAIN, SEALED)
    send(server, 84)
    items = stored(t, server, 4)
    fax = next(c["fax"] for c in items if c["direction"] == "received")
    job = next(c["fax"] for c in items if c["direction"] == "sent")
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mails", SECONDS)

    t.equal(server.cli("archive", "hold", fax, "--reason", "case 12/34")[0], 0, "held")
    t.equal(door.get(server, f"faxes/{fax}").json["legal_hold"]["reason"], "case 12/34", "it says so")
    what_a_user_sees(t, server, fax)
    status, _, err = server.cli("archive", "delete", fax)
    t.true(status != 0 and "legal hold" in err, f"deleted although held: {err}")
    # Nor does time: everything is old, and must go after a day.
    server.cli("archive", "hold", job)
    server.apply({"tenants": [{"name": "example", "keep_sent_days": 1, "keep_received_days": 1, "archive_sent_days": 1, "archive_received_days": 1}]})
    age(server)
    server.apply({"tenants": [{"name": "example", "area_code": "051"}]})
    t.wait(lambda: door.get(server, "legal-holds").json["items"], "holds", SECONDS)
    t.equal(len(stored(t, server, 4)), 4, "all copies are there")
    t.equal((door.get(server, f"faxes/{fax}").status, door.get(server, f"jobs/{job}").status), (200, 200), "and the faxes")

    t.equal(server.cli("archive", "release", fax)[0], 0, "released")
    server.apply({"tenants": [{"name": "example", "area_code": "050"}]})
    t.wait(lambda: door.ask(server, "GET", f"faxes/{fax}").status == 404, "it is gone here", SECONDS)
    t.wait(lambda: copies(server, fax=fax) == [] and not [f for f in files(server) if fax in f.name], "and everywhere", SECONDS)
    t.equal(len([f for f in files(server) if job in f.name]), 2, "the other is not")
    t.true(len([a for a in audit(server, "archive.deleted") if a["subject"] == fax]) == 2, "noted, at each place")

    t.equal(server.cli("archive", "release", job)[0], 0, "released")
    server.cli("archive", "delete", job, "--reason", "asked for")
    t.wait(lambda: door.ask(server, "GET", f"jobs/{job}").status == 404 and files(server) == [], "gone here and everywhere", SECONDS)


@case.test
def servers_are_places_too(t):
    dav, s3, ssh = places.webdav(t), places.s3(t), SftpServer(t)

    def there(place):
        kept = [p.name for p in (ssh.folder / "faxes").rglob("*") if p.is_file()] if place is ssh else list(place.files)
        t.true(sum(n.endswith(MARK) for n in kept) <= 1, f"one mark: {kept}")
        return [n for n in kept if not n.endswith(MARK)]

    server = started(t, dav.settings, s3.settings, ssh.settings)
    for name in ("dav", "s3", "sftp"):
        status, out, err = server.cli("archive", "test", name)
        t.equal((status, out.count("\n")), (0, 4), f"{name}: {out} {err}")
    # Whatever is wrong with one of them is said, nothing is lost, and the others get theirs.
    server.apply({"archive_places": [{"name": "dav", "password": "wrong"}, {"name": "sftp", "host_key": ssh.print_of("other")}]})
    s3.manner = "full"
    for name, code in (("dav", "username and password"), ("sftp", f"shows the key {ssh.host_key}"), ("s3", "full")):
        status, _, err = server.cli("archive", "test", name)
        t.true(status == 1 and code in err, f"{name}: {err}")
    send(server, 85)
    t.wait(lambda: {c["outcome"]["code"] for c in copies(server)} >= {"archive-login", "archive-host-key", "archive-full"}, f"why: {copies(server)}", SECONDS)
    t.true(not there(dav) and not there(s3) and not there(ssh), "nothing is there")
    s3.manner, dav.manner = "", "lose"
    server.apply({"archive_places": [{"name": "dav", "password": dav.password}, {"name": "sftp", "host_key": ssh.host_key}]})
    stored(t, server, 2, place="sftp")
    stored(t, server, 2, place="s3")
    t.wait(lambda: "archive-not-kept" in {c["outcome"]["code"] for c in copies(server, place="dav")}, "what it loses does not count", SECONDS)
    dav.manner = ""
    items = stored(t, server, 6)
    for c in items:
        back = door.get(server, f"archive/{c['id']}/file").body
        t.equal((hashlib.sha256(back).hexdigest(), sorted(content(back))[0]), (c["sha256"], "facts.json"), c["place"])
    t.true(all(n.startswith("/bucket/Büro+1/ü/100% x/") for n in s3.files), f"the folder as it was meant: {list(s3.files)}")
    raw = [*(dav.files[n] for n in there(dav)), *(s3.files[n] for n in there(s3)),
           *(p.read_bytes() for p in (ssh.folder / "faxes").rglob("*.fxa"))]
    t.equal((len(raw), all(r.startswith(b"FXARCH1\n") for r in raw)), (6, True), "each once, encrypted")
    # One that is changed there is found; deleted is deleted everywhere.
    name = there(s3)[0]
    s3.files[name] = s3.files[name][:-1] + bytes([s3.files[name][-1] ^ 1])
    fax = next(c["fax"] for c in items if c["object"] in name and c["place"] == "s3")
    status, _, err = server.cli("archive", "verify", fax, "--place", "s3")
    t.true(status == 1 and "damaged" in err, err)
    stored(t, server, 6)
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mails", SECONDS)
    t.equal(server.cli("archive", "delete", fax)[0], 0, "deleted")
    t.wait(lambda: len(there(dav)) == len(there(s3)) == len(there(ssh)) == 1, "at each", SECONDS)
    # Another bucket under the same name, an empty one: nothing in it counts as deleted.
    other = next(c["fax"] for c in items if c["fax"] != fax)
    kept, s3.files = s3.files, {}
    t.equal(server.cli("archive", "delete", other)[0], 0, "wanted")
    t.wait(lambda: len(there(dav)) == len(there(ssh)) == 0 and alarms(server, "archive-other-place"), "an alarm", SECONDS)
    t.equal([c["state"] for c in copies(server, fax=other)], ["deleting"], "it is wanted still")
    s3.files = kept
    t.equal(server.cli("archive", "test", "s3")[0], 0, "the right one again")
    t.wait(lambda: not there(s3) and copies(server, fax=other) == [], "gone there too", SECONDS)


def age(server):
    """Makes all faxes two days older, as the passing of time would."""
    store = sqlite3.connect(f"{server.state}/faxpost.db", timeout=60)
    back = 2 * 24 * 3600 * 1000
    with store:
        for table, columns in {"fax": ("answered_ms",), "submission": ("created_ms",), "job": ("created_ms", "ended_ms"),
                               "archive_copy": ("at_ms",)}.items():
            for column in columns:
                store.execute(f"UPDATE {table} SET {column} = {column} - {back}")
    store.close()


if __name__ == "__main__":
    case.main()
