#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A backup of a server that was busy, on another machine: another path, another account, and the first machine is gone."""

import os
import pwd
import shutil
import subprocess
import threading

import case
import door
import mail
import pdf
import pixels
import postgres
import provision
from server import Server
from web import Browser

SECONDS, MAILS = 240, 30
PASSWORD = "correct horse battery"
OTHER = "nobody"  # an account with another number


class Postman(threading.Thread):
    """Mails all the time; `taken` are those that were accepted."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.taken, self.ending = server, [], threading.Event()

    def run(self):
        document = 1000
        while len(self.taken) < MAILS and not self.ending.wait(0.1):
            document += 1
            mail.send(self.server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                                          [("a.pdf", "application/pdf", pdf.make(1, document=document, lines=2))]))
            self.taken.append(document)

    def end(self):
        self.ending.set()
        self.join()


def wanted(server, far):
    setup = provision.example(server.port("sip")[1], pace=False)
    setup["users"][0].update(password=PASSWORD, role="installation")
    setup["archive_places"] = [{"name": "sealed", "kind": "local", "url": "sealed", "encrypted": True}] if far else []
    return setup


def busy(t, server):
    """(a fax that was received before, the mails that come in)"""
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", pdf.make(2, document=31))]))
    received = t.wait(lambda: [f for f in door.get(server, "faxes").json["items"] if f["state"] == "complete"], f"no fax came; {server.log_tail()}", SECONDS)[0]
    postman = Postman(server)
    postman.start()
    t.later(postman.end)
    t.wait(lambda: len(postman.taken) > 5, "no mail is taken", SECONDS)
    return received, postman


def marks(t, reply):
    t.equal((reply.status, reply.body[:5]), (200, b"%PDF-"), f"a document: {reply.body[:300]}")
    return [pixels.read_mark(page) for page in pixels.pages_of_bytes(reply.body)]


def all_is_there(t, server, received):
    person = Browser(server)
    t.equal(person.login("frontdesk", PASSWORD).status, 200, "login with the old password")
    t.equal(marks(t, door.get(server, f"faxes/{received['id']}/document.pdf")), [(31, 0, 2), (31, 1, 2)], "pages of the old fax")
    held = [j for j in door.get(server, "jobs", limit=200).json["items"] if j["state"] == "held"]
    t.equal([j["state"] for j in door.get(server, "jobs", limit=200).json["items"] if j["state"] not in ("done", "held")], [], "faxes that go by themselves")
    server.cli("set", "trunks.loopback.peer", f"sip:127.0.0.1:{server.port('sip')[1]}")
    before = len(door.get(server, "faxes", limit=200).json["items"])
    if held:
        t.equal(server.cli("release", held[0]["id"])[0], 0, "release of one that waited")
    else:
        mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", pdf.make(1, document=33))]))
    t.wait(lambda: len(door.get(server, "faxes", limit=200).json["items"]) > before, f"none is sent and received; {server.log_tail()}", SECONDS)


def owners(folder):
    return {path.lstat().st_uid for path in (folder / "faxpost.db", *(folder / "blobs").iterdir())}


@case.test
def backup_of_a_busy_server_lives_on_at_another_path_under_another_account(t):
    if os.geteuid() != 0:
        t.skip("only root can give a state to another account")
    far = t.folder() / "far"  # a disk that survives, as an archive should lie on
    far.mkdir()
    if "faxpost-net" in {account.pw_name for account in pwd.getpwall()}:
        shutil.chown(far, "faxpost-net")
    first = Server(t.folder(), settings={"archive_dir": far})
    first.start()
    t.later(first.stop, 3)
    first.apply(wanted(first, True))
    received, postman = busy(t, first)
    t.wait(lambda: [c for c in door.get(first, "archive", fax=received["id"]).json["items"] if c["state"] == "stored"], f"it is not archived; {first.log_tail()}", SECONDS)
    file = t.folder() / "backup"
    t.equal(first.cli("backup", file, "--conf", first.conf)[::2], (0, ""), "backup")
    t.true(len(postman.taken) > 5, "nothing came in meanwhile")
    postman.end()
    first.stop()
    shutil.rmtree(first.state)

    there = t.folder() / "srv" / "fax"
    there.mkdir(parents=True)
    second = Server(there, settings={"archive_dir": far, "user": OTHER})
    status, said, complaint = second.cli("restore", file, "--user", OTHER)
    t.equal(status, 0, f"restore: {said}{complaint}")
    t.equal(owners(second.state), {pwd.getpwnam(OTHER).pw_uid}, "whose it is")
    second.start()
    t.later(second.stop, 3)
    all_is_there(t, second, received)
    t.equal(second.cli("archive", "verify", received["id"])[:2], (0, "sealed: whole\n"), f"its copy at the encrypted place; {second.log_tail()}")
    back = t.folder() / "back.tar"
    t.equal(second.cli("archive", "restore", received["id"], "--output", back)[0], 0, "it comes back")
    t.true(b"fax.pdf" in back.read_bytes(), "what came back")
    t.equal({path.lstat().st_uid for path in far.rglob("*")} - {pwd.getpwnam(name).pw_uid for name in ("faxpost-net", "root")}, set(), "whose the copies are")


@case.test
def dump_of_a_busy_postgresql_lives_on_at_another_server_with_the_keys(t):
    database, there = t.enter(postgres.Server()), t.enter(postgres.Server())
    uri = database.make("fax")
    first = Server(t.folder(), settings={"store": uri})
    first.start()
    t.later(first.stop, 3)
    first.apply(wanted(first, False))
    received, postman = busy(t, first)
    dump = database.folder / "faxpost.dump"
    database.call("pg_dump", "-h", database.folder, "-U", postgres.USER, "--format=custom", f"--file={dump}", "fax")
    keys = t.folder() / "keys.tar.gz"
    subprocess.run(["tar", "-C", first.state, "-czf", keys, "keys"], check=True)
    postman.end()
    first.stop()
    shutil.rmtree(first.state)

    uri = there.make("again")
    shutil.copy(dump, there.folder)
    (there.folder / dump.name).chmod(0o644)
    there.call("pg_restore", "-h", there.folder, "-U", postgres.USER, "--no-owner", "--exit-on-error", "--dbname=again", there.folder / dump.name)
    second = Server(t.folder(), settings={"store": uri})
    second.state.mkdir()
    subprocess.run(["tar", "-C", second.state, "-xzf", keys], check=True)
    t.wait(lambda: second.cli("restore", uri)[0] == 0, f"restore: {second.cli('restore', uri)}", SECONDS)  # once the dumped node's lease is over
    second.start()
    t.later(second.stop, 3)
    all_is_there(t, second, received)


case.main()
