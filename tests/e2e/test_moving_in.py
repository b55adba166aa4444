# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coming from elsewhere: tables of boxes and users, HylaFAX's spool folder, scripts that call sendfax, CUPS."""

import contextlib
import json
import os
import re
import shutil
import socket
import socketserver
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import case
import door
import pdf
import pixels
import provision
from server import BUILD, Server
from store import Store
from web import Browser

DATA, USAGE = 65, 64
FAX_SECONDS = 240

TABLE = """box;name;extension;numbers;station_id;user;addresses;send;receive
surgery;Surgery;300;+493012345 +493012346;+49 30 12345;ann;ann@clinic.example ann.b@clinic.example;yes;no
surgery;;;;;bob;bob@clinic.example;no;yes
lab;Laboratory;310;;;ann;;;
"""

HOSTS = """# who may
localhost:21::
^carol@:1001:ahs7dGq:
^dave@.*\\.office$:1002::
!^mallory@
"""


def provisioned(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1]))
    return server


def exported(server, section, key):
    return {e[key]: e for e in json.loads(server.cli("export")[1])[section]}


@case.test
def a_table_of_boxes_and_users_is_taken_over(t):
    server = provisioned(t)
    file = server.folder / "boxes.csv"
    file.write_text("\ufeff" + TABLE)
    status, said, complaint = server.cli("import", "csv", file, "--tenant", "example", "--dry-run")
    t.equal(status, 0, f"dry run, which said: {said}{complaint}")
    t.true("none made" in said and "surgery" not in exported(server, "faxboxes", "id"), f"the dry run did something: {said}")
    t.equal(server.cli("import", "csv", file, "--tenant", "example")[0], 0, "exit status")
    boxes, users = exported(server, "faxboxes", "id"), exported(server, "users", "name")
    t.equal(boxes["surgery"]["numbers"], ["+493012345", "+493012346"], "numbers")
    t.equal([(u["user"], u["send"], u["receive"]) for u in boxes["surgery"]["users"]],
            [("ann", True, False), ("bob", False, True)], "users of surgery")
    t.equal([(u["user"], u["send"], u["receive"]) for u in boxes["lab"]["users"]], [("ann", True, True)], "users of lab")
    t.equal(users["ann"]["addresses"], ["ann@clinic.example", "ann.b@clinic.example"], "addresses of ann")
    t.equal(server.cli("import", "csv", file, "--tenant", "example")[1], "nothing to change\n", "a second time")
    wrong_tables_name_row_and_column(t, server, file)


def wrong_tables_name_row_and_column(t, server, file):
    before = server.cli("export")[1]
    for text, says in (("box,colour\nx,red\n", ["row 1", '"colour"', "station_id"]),
                       ("box,user,send\nsurgery,ann,perhaps\n", ["row 2", "column send", "yes or no"]),
                       ("name,extension\nx,1\n", ["row 1", "column box or user"]),
                       ("box,name,extension\n\nnew,New,3o0\n", ["row 3", "extension"]),
                       ("box,user\nsurgery,nobody.there\nlab,\nlab,ann,x,y\n", ["row 4", "more fields"]),
                       ("", ["empty"])):
        file.write_text(text)
        status, said, complaint = server.cli("import", "csv", file, "--tenant", "example")
        t.equal(status, DATA, f"exit status of {text!r}: {said}{complaint}")
        for word in says:
            t.true(word in complaint, f"no {word!r} in: {complaint}")
    t.equal(server.cli("export")[1], before, "provisioning")
    file.write_text("x\n")
    listed = re.search(r"of these: (.*)", server.cli("import", "csv", file)[2]).group(1).split(", ")
    helped = re.search(r"of these: ([^;]*);", " ".join(server.cli("import", "--help")[1].split())).group(1).split(", ")
    t.true("template" in listed and helped == listed, f"the columns that the help names: {helped}; {listed}")


@case.test
def what_hylafax_knows_is_taken_over(t):
    server = provisioned(t)
    spool = server.folder / "hylafax"
    (spool / "etc").mkdir(parents=True)
    (spool / "info").mkdir()
    (spool / "etc" / "hosts.hfaxd").write_text(HOSTS)
    (spool / "etc" / "config.ttyS0").write_text('FAXNumber: +493055501\nLocalIdentifier: "+49 30 55501"\nModemType: Class1\n')
    (spool / "etc" / "config").write_text("SendFaxCmd: bin/faxsend\n")
    (spool / "info" / "493055599").write_text('remoteCSI:"Somebody"\nrejectNotice:"asked not to be faxed"\n')
    (spool / "info" / "493055598").write_text("calledBefore:yes\n")
    status, said, complaint = server.cli("import", "hylafax", spool, "--tenant", "example", "--domain", "office.example")
    t.equal(status, 0, f"exit status, after: {said}{complaint}")
    t.true("1 numbers locked" in said and "names no single user" in complaint, f"said: {said}{complaint}")
    users = exported(server, "users", "name")
    t.equal([users[name]["addresses"] for name in ("carol", "dave")], [["carol@office.example"], ["dave@office.example"]], "users")
    t.true("mallory" not in users, "somebody who was denied is a user now")
    boxes = exported(server, "faxboxes", "id")
    t.equal(boxes["ttys0"]["station_id"], "+49 30 55501", "the modem's station id")
    locked = server.cli("destinations", "list", "--locked")[1]
    t.true("493055599" in locked and "asked not to be faxed" in locked and "55598" not in locked, f"locked: {locked}")
    status, said, complaint = server.cli("import", "hylafax", server.folder / "none")
    t.true(status == 66 and "spool folder" in complaint, f"no folder: {status} {complaint}")


# faxq writes more lines; these are what is read of them, in its order.
DONE_JOB = """tts:{tts}
killtime:{killtime}
retrytime:0
state:{state}
npages:{pages}
totpages:{pages}
ntries:0
external:{number}
number:{number}
mailaddr:carol@office.example
sender:Carol
jobid:{job}
jobtag:{tag}
csi:Office {job}
status:{status}
modem:any
client:localhost
owner:carol
doneop:archive
{documents}
"""
FIRST, DAY = 1600000000, 86400  # seconds since 1970


class Spool:
    """A HylaFAX's, of what it received and sent."""

    def __init__(self, t, server):
        self.server, self.folder = server, server.folder / "spool"
        for name in ("etc", "info", "recvq", "doneq", "docq"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "etc" / "hosts.hfaxd").write_text("localhost:21::\n")
        self.tiff = server.folder / "pages.tif"
        self.document = 77
        one = server.folder / "one.pdf"
        one.write_bytes(pdf.make(2, document=self.document))
        t.equal(server.cli("send", "200", one, "--from-box", "front", seconds=FAX_SECONDS)[0], 0, "a fax, whose pages are taken")
        received = t.wait(lambda: door.get(server, "faxes").json["items"], "no fax came", FAX_SECONDS)[0]
        self.tiff.write_bytes(door.get(server, f"faxes/{received['id']}/document.tif").body)

    def received(self, name, sender, at):
        """As faxgetty makes it: T.4, what the sender calls itself and who called in ImageDescription, the moment in DateTime."""
        path = self.folder / "recvq" / name
        subprocess.run(["tiffcp", "-c", "g3:2d", self.tiff, path], check=True, capture_output=True)
        for tag, value in ((270, sender), (306, time.strftime("%Y:%m:%d %H:%M:%S", time.localtime(at)))):
            subprocess.run(["tiffset", "-d", "0", "-s", str(tag), value, path], check=True, capture_output=True)
        os.utime(path, (at, at))

    def done(self, job, documents, *, number="030 1234567", state=7, tag="", status="", at=FIRST):
        (self.folder / "doneq" / f"q{job}").write_text(DONE_JOB.format(tts=at, killtime=at + 10800, state=state, pages=2 if state == 7 else 0, number=number,
                                                                       job=job, tag=tag, status=status, documents="\n".join(documents)))
        os.utime(self.folder / "doneq" / f"q{job}", (at + 60, at + 60))

    def clean(self, t):
        """HylaFAX's own faxqclean puts what is done away."""
        for name in ("archive", "log", "bin"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.copy("/var/spool/hylafax/bin/archive", self.folder / "bin")
        for path in (self.folder, self.folder / "archive", self.folder / "doneq", self.folder / "docq"):
            shutil.chown(path, "uucp", "uucp")
            path.chmod(0o770)
        for path in (*(self.folder / "docq").iterdir(), *(self.folder / "doneq").iterdir()):
            shutil.chown(path, "uucp", "uucp")
        for path in self.folder.parents:  # it runs as uucp
            if Path(tempfile.gettempdir()) in path.parents:  # the others are somebody's own
                path.chmod(path.stat().st_mode | 0o5)
        done = subprocess.run(["/usr/lib/hylafax/bin/faxqclean", "-a", "-j", "1", "-t", "-q", self.folder], capture_output=True, text=True)
        t.equal((done.returncode, list((self.folder / "doneq").iterdir())), (0, []), f"faxqclean: {done.stdout} {done.stderr}")

    def take(self, *more, status=0):
        done = self.server.cli("import", "hylafax", self.folder, "--tenant", "example", "--domain", "office.example",
                               "--received-into", "back", "--sent-into", "front", *more, seconds=FAX_SECONDS)
        if done[0] != status:
            raise case.Failure(f"import {more}: {done}; {self.server.log_tail()}")
        return done[1], done[2]


@case.test
def faxes_of_hylafax_are_taken_over_once(t):
    server = provisioned(t)
    spool = Spool(t, server)
    own, sent, mails = (len(door.get(server, where).json["items"]) for where in ("faxes", "jobs", "mails"))
    spool.received("fax000000001.tif", "Praxis Dr. L\u00f6we\n+49 30 555123\nL\u00f6we", FIRST)
    spool.received("fax000000002.tif", "+49 40 9876", FIRST + DAY)
    (spool.folder / "recvq" / "seqf").write_text("3")
    (spool.folder / "recvq" / "fax000000003.tif").write_bytes(spool.tiff.read_bytes()[:700])  # cut off
    (spool.folder / "recvq" / "fax000000004.tif").write_text("no TIFF at all")
    (spool.folder / "recvq" / "fax000000005.tif").symlink_to(spool.tiff)
    (spool.folder / "recvq" / ("long" * 30 + ".tif")).write_bytes(spool.tiff.read_bytes())
    (spool.folder / "docq" / "doc1.tif").write_bytes(spool.tiff.read_bytes())
    (spool.folder / "docq" / "doc2.pdf").write_bytes(pdf.make(1, document=5))
    (spool.folder / "docq" / "doc3.ps").write_text("%!PS-Adobe-3.0\nshowpage\n")
    (spool.folder / "docq" / "doc4.pdf").symlink_to(server.folder / "one.pdf")
    spool.done(1, ["!postscript:0::docq/doc3.ps", "fax:0::docq/doc1.tif"], tag="Invoice 4711")
    spool.done(2, ["pdf:0::docq/doc2.pdf"], number="0409876", state=8, status="Busy signal detected", at=FIRST + DAY)
    spool.done(3, ["!postscript:0::docq/doc3.ps"], number="0409877", at=FIRST + 2 * DAY)
    spool.done(4, ["pdf:0::docq/../../one.pdf", "pdf:0::/etc/passwd", "pdf:0::docq/doc4.pdf"], number="0409878", at=FIRST + 3 * DAY)
    spool.done(5, [], state=6)
    (spool.folder / "docq" / "doc5.pdf").write_bytes(b"%PDF-1.4\nnothing of one")
    spool.done(7, ["pdf:0::docq/doc5.pdf"], number="0409879", at=FIRST + 4 * DAY)
    (spool.folder / "doneq" / "q6").write_text("nonsense")

    said, _ = spool.take("--dry-run")
    t.true("recvq: 2 faxes to take into box back" in said and "doneq and archive: 5 faxes to take into box front" in said, f"a dry run: {said}")
    t.equal(len(door.get(server, "faxes").json["items"]), own, "faxes after a dry run")
    said, left = spool.take()
    t.true("recvq: 2 faxes taken into box back" in said and "doneq and archive: 4 faxes taken into box front" in said, f"said: {said}{left}")
    for words in (("recvq/fax000000003.tif", ""), ("recvq/fax000000004.tif", "no TIFF"), ("recvq/fax000000005.tif", "symbolic link"), ("longlong", "so long a name"), ("doneq/q5", "not at an end"),
                  ("doneq/q6", "no description"), ("doneq/q7", "doc5.pdf"), ("doneq/q3", "PostScript"), ("docq/../../one.pdf", "does not lie in docq"),
                  ("/etc/passwd", "does not lie in docq"), ("docq/doc4.pdf", "symbolic link")):
        t.true(any(all(word in line for word in words) for line in left.splitlines()), f"nobody says {words}: {left}")
    received_ones_are_like_others(t, server, spool, own)
    sent_ones_are_like_others(t, server, spool, sent)
    said, _ = spool.take()
    t.true("recvq: 0 faxes taken into box back, 2 were there already" in said and "doneq and archive: 0 faxes taken into box front, 4 were there already" in said, f"once more: {said}")
    t.equal(len(door.get(server, "faxes").json["items"]), own + 2, "received faxes after that")
    t.equal(len(door.get(server, "mails").json["items"]), mails, "mails: nobody is told of old faxes")
    t.true("faxes.import" in [a["action"] for a in door.get(server, "audit").json["items"]], "audit")


@case.test
def what_faxqclean_put_away_is_taken_over_once_too(t):
    if os.geteuid() != 0:
        t.skip("only root can give files to HylaFAX's account")
    server = provisioned(t)
    spool = Spool(t, server)
    (spool.folder / "docq" / "doc1.pdf.1").write_bytes(pdf.make(1, document=31))
    spool.done(1, ["!pdf:0::docq/doc1.pdf.1"], tag="Before")
    said, _ = spool.take()
    t.true("doneq and archive: 1 faxes taken into box front" in said, f"with no folder archive: {said}")
    (spool.folder / "docq" / "doc2.pdf.2").write_bytes(pdf.make(1, document=32))
    spool.done(2, ["!pdf:0::docq/doc2.pdf.2", "fax:0::docq/doc2.pdf;61"], tag="Behind", at=FIRST + DAY)
    spool.clean(t)
    t.true((spool.folder / "archive" / "2" / "doc2.pdf.2").exists(), "faxqclean kept the document elsewhere")
    for name in ("3", "notes"):
        (spool.folder / "archive" / name).mkdir()
    (spool.folder / "archive" / "4").symlink_to(spool.folder / "archive" / "2")
    said, left = spool.take()
    t.true("doneq and archive: 1 faxes taken into box front, 1 were there already, 2 left out" in said, f"said: {said}{left}")
    t.true("archive/3/q3" in left and "archive/4/q4" in left and "notes" not in left and "without its document" not in left, f"left out: {left}")
    jobs = {j["station_id"]: j for j in door.get(server, "jobs").json["items"] if j["station_id"].startswith("Office")}
    t.equal(sorted(jobs), ["Office 1", "Office 2"], "jobs")
    for name, mark in (("Office 1", 31), ("Office 2", 32)):
        document = door.get(server, f"jobs/{jobs[name]['id']}/document.pdf")
        t.equal([pixels.read_mark(page) for page in pixels.pages_of_bytes(document.body)], [(mark, 0, 1)], f"pages of {name}")


@case.test
def faxes_of_two_servers_with_the_same_names_are_two(t):
    """HylaFAX numbers from 1 on each of them, and a second has room for two faxes."""
    server = provisioned(t)
    spool = Spool(t, server)
    for sender, tag in (("+49 30 1", "Here"), ("+49 30 2", "There")):
        spool.received("fax000000001.tif", sender, FIRST)
        spool.done(1, [], tag=tag)
        said, left = spool.take()
        t.true("recvq: 1 faxes taken into box back, 0 were there" in said and "archive: 1 faxes taken into box front, 0 were" in said, f"{tag}: {said}{left}")


@case.test
def an_import_into_a_box_that_is_not_there_changes_nothing(t):
    server = provisioned(t)
    spool = Spool(t, server)
    (spool.folder / "etc" / "config.ttyS0").write_text("FAXNumber: +493055501\nModemType: Class1\n")
    before = server.cli("export")[1]
    for options in (("--sent-into", "nowhere", "--dry-run"), ("--received-into", "nowhere", "--dry-run"), ("--sent-into", "nowhere")):
        status, said, complaint = server.cli("import", "hylafax", spool.folder, "--tenant", "example", *options)
        t.true(status == DATA and 'no fax box "nowhere"' in complaint and "export" in complaint, f"{options}: {status} {said}{complaint}")
    t.equal(server.cli("export")[1], before, "settings")
    status, said, complaint = server.cli("import", "hylafax", spool.folder, "--tenant", "example", "--sent-into", "ttyS0", "--dry-run")
    t.equal(status, 0, f"into the box that will be made of a modem: {said}{complaint}")


def received_ones_are_like_others(t, server, spool, own):
    items = door.get(server, "faxes").json["items"]
    t.equal(len(items), own + 2, "received faxes")
    t.equal([(f["calling"], f["station_id"], f["answered_ms"], f["pages"], f["box"], f["unread"], f["faxid"]) for f in items[own:]],
            [("+49409876", "+49 40 9876", 1000 * (FIRST + DAY), 2, "back", False, None),
             ("+4930555123", "Praxis Dr. L\u00f6we", 1000 * FIRST, 2, "back", False, None)], "the old ones stand behind the others, by their dates")
    old = items[-1]["id"]
    t.equal([f["id"] for f in door.get(server, "faxes", q="praxis").json["items"]], [old], "found by its sender")
    t.equal([f["id"] for f in door.get(server, "faxes", q="555123").json["items"]], [old], "found by its number")
    document = door.get(server, f"faxes/{old}/document.pdf")
    t.equal([pixels.read_mark(page) for page in pixels.pages_of_bytes(document.body)], [(spool.document, n, 2) for n in range(2)], "its pages")
    t.equal(door.get(server, f"faxes/{old}").status, 200, "its details")


def sent_ones_are_like_others(t, server, spool, sent):
    items = door.get(server, "jobs").json["items"]
    t.equal([(j["number"], j["station_id"], j["state"], j["created_ms"], j["pages"], j["confirmed"], j["outcome"]["text"]) for j in items[sent:]],
            [("0409878", "Office 4", "done", 1000 * (FIRST + 3 * DAY), 2, 2, ""), ("0409877", "Office 3", "done", 1000 * (FIRST + 2 * DAY), 2, 2, ""),
             ("0409876", "Office 2", "failed", 1000 * (FIRST + DAY), 1, 0, "Busy signal detected"), ("0301234567", "Office 1", "done", 1000 * FIRST, 2, 2, "")],
            "the old ones stand behind the others, by their dates")
    old = items[-1]
    t.equal([j["id"] for j in door.get(server, "jobs", q="1234567").json["items"]], [old["id"]], "found by its number")
    t.equal(door.get(server, f"submissions/{old['submission']}").json["subject"], "Invoice 4711", "its job tag")
    document = door.get(server, f"jobs/{old['id']}/document.pdf")
    t.equal([pixels.read_mark(page) for page in pixels.pages_of_bytes(document.body)], [(spool.document, n, 2) for n in range(2)], "its pages")
    for job in items[sent:]:
        t.equal(door.get(server, f"jobs/{job['id']}").status, 200, "its details")


def submission(server, name):
    return server.json("show", name)["jobs"]


def run_as(server, name, *arguments, text=None, **more):
    link = server.folder / name
    if not link.exists():
        link.symlink_to(BUILD / "src" / "faxpost")
    done = subprocess.run([link, *map(str, arguments)], input=text, capture_output=True, env={**server.env, **more}, timeout=FAX_SECONDS)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@case.test
def scripts_that_call_sendfax_go_on(t):
    server = provisioned(t)
    one, two, list_file = server.folder / "one.pdf", server.folder / "two.txt", server.folder / "numbers"
    one.write_bytes(pdf.make(1, document=7))
    two.write_text("And a text.\n")
    status, said, complaint = run_as(server, "sendfax", "-h", "front@localhost", "-n", "-w", "-m", "-t", "2", "-f", "Front <frontdesk@localhost>",
                                     "-d", "Sam Leffler@200", one, two)
    t.equal(status, 0, f"exit status, after: {said}{complaint}")
    found = re.search(r"request id is (\S+) \(group id \S+\) for host localhost \(2 files\)", said)
    t.true(found and "Delivered: 2 pages" in said, f"said: {said}")
    jobs = submission(server, found[1])
    t.equal([(j["state"], j["max_tries"]) for j in jobs], [("done", 2)], "jobs")
    list_file.write_text("# two of them\n0301234567\n0301234568\n")
    status, said, complaint = run_as(server, "sendfax", "-a", "now + 2 hours", "-P", "bulk", "-z", list_file, "-P", "high", "-d", "0301234569",
                                     two, FAXPOST_BOX="front")
    t.equal(status, 0, f"exit status, after: {said}{complaint}")
    requests = re.findall(r"request id is (\S+)", said)
    t.wait(lambda: all(submission(server, i) for i in requests), "a group has no faxes yet", seconds=FAX_SECONDS)
    groups = [submission(server, i) for i in requests]
    t.equal([[j["priority"] for j in g] for g in groups], [[2, 2], [8]], "priorities of the groups")
    t.true(all(j["not_before_ms"] > j["created_ms"] + 7000000 for g in groups for j in g), f"they go at once: {groups}")
    wrong_use_of_sendfax_sends_nothing(t, server, one)
    who_had_no_answer_and_asks_again_sends_one_fax(t, server, two)


class Deaf:
    """Between a program and the API: what is asked is done, and while deaf only so many submissions' answers come back."""

    def __init__(self, t, server):
        self.to, self.deaf, self.asked, self.answered = f"{server.state}/run/api.sock", True, 0, 0
        self.state = Path(t.folder())
        (self.state / "run").mkdir()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.socket(socket.AF_UNIX) as there:
                    there.connect(outer.to)
                    while data := outer.whole(self.request):
                        there.sendall(data)
                        answer = outer.whole(there)
                        if outer.deaf and data.startswith(b"POST /api/v1/submissions"):
                            outer.asked += 1
                            if outer.asked > outer.answered:
                                return
                        self.request.sendall(answer)

        self.server = socketserver.ThreadingUnixStreamServer(str(self.state / "run" / "api.sock"), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        t.later(self.server.server_close)
        t.later(self.server.shutdown)

    @staticmethod
    def whole(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return data
            data += more
        head = data.partition(b"\r\n\r\n")[0]
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        while length and len(data) < len(head) + 4 + int(length[1]):
            data += connection.recv(65536)
        return data


def who_had_no_answer_and_asks_again_sends_one_fax(t, server, document):
    deaf, home = Deaf(t, server), Path(t.folder())
    home.chmod(0o700)

    def sendfax(*more):
        return run_as(server, "sendfax", "-n", *more, "-a", "now + 3 hours", "-d", "0301234577", document, FAXPOST_BOX="front",
                      FAXPOST_STATE=str(deaf.state), HOME=str(home), XDG_STATE_HOME="")

    def made():
        with contextlib.closing(sqlite3.connect(f"{server.state}/faxpost.db", timeout=60)) as store:
            return store.execute("SELECT count(*) FROM submission").fetchone()[0] - before

    before = 0
    before = made()

    status, said, complaint = sendfax()
    t.true(status != 0 and not said and deaf.asked > 0, f"nobody answers: {status} {said} {complaint}")
    status, said, complaint = sendfax()
    t.true(status != 0 and "asking for the same fax" in complaint, f"asked again: {status} {said} {complaint}")
    deaf.deaf = False
    status, said, complaint = sendfax()
    first = re.search(r"request id is (\S+)", said)
    t.true(status == 0 and first and "asking for the same fax" in complaint, f"the third time: {status} {said} {complaint}")
    t.equal(made(), 1, "one fax")
    status, said, complaint = sendfax()
    t.true(status == 0 and complaint == "" and re.search(r"request id is (\S+)", said)[1] != first[1], f"who was answered sends another: {said} {complaint}")
    t.equal(made(), 2, "two faxes")
    groups = ("-a", "now + 4 hours", "-d", "0301234578")
    deaf.deaf, deaf.asked, deaf.answered = True, 0, 1
    status, said, complaint = sendfax(*groups)
    t.true(status != 0 and said.count("request id") == 1, f"the first of two groups is answered: {status} {said} {complaint}")
    deaf.deaf = False
    status, said, complaint = sendfax(*groups)
    t.true(status == 0 and said.count("request id") == 2, f"the whole call again: {status} {said} {complaint}")
    t.equal(made(), 4, "a fax for each of the two")
    forgotten = home / ".local/state/faxpost/sendfax-forgotten.0"
    forgotten.write_text("of a call two hours ago that nobody made again\n")
    os.utime(forgotten, (time.time() - 7200, time.time() - 7200))
    sendfax()
    t.equal([p for p in (home / ".local/state/faxpost").iterdir()], [], "nothing is left")


def wrong_use_of_sendfax_sends_nothing(t, server, document):
    before = len(Store(server.state).jobs())
    for arguments, word in ((["-d", "200"], "faxbox"), (["-h", "front@localhost", document], "-d NUMBER"),
                            (["-h", "front@x", "-Z", "1", "-d", "200", document], "-Z"),
                            (["-h", "front@x", "-a", "soon", "-d", "200", document], "no time"),
                            (["-h", "front@x", "-H", "-d", "200", document], "no option -H"),
                            (["-h", "front@x", "-C", "/etc/cover.ps", "-d", "200", document], "cover pages"),
                            (["-h", "front@x", "-d", "2OO", document], "2OO"),
                            (["-h", "nobody@x", "-d", "200", document], "nobody"),
                            (["-h", "front@x", "-d", "200", server.folder / "none"], "none")):
        status, said, complaint = run_as(server, "sendfax", *arguments, text=b"words")
        t.true(status != 0 and word in complaint, f"{arguments}: {status} {said}{complaint}")
    t.equal(len(Store(server.state).jobs()), before, "jobs")


@case.test
def what_is_printed_by_cups_is_faxed_once(t):
    server = provisioned(t)
    job = ["7", "ann", "Letter to the bank", "1"]
    options = 'job-uuid=urn:uuid:8f5c0f6e-3c4b-3a39-7d5e-0b2f4a6d8c10 media=A4 FaxNumber=Custom.200 note="two words"'
    device = {"DEVICE_URI": "faxpost:/front?report-to=frontdesk@localhost"}
    for _ in range(2):  # CUPS hands over again what it does not know to be taken
        status, said, complaint = run_as(server, "faxpost", "cups", *job, options, text=pdf.make(1), **device)
        t.equal(status, 0, f"exit status, after: {said}{complaint}")
    t.wait(lambda: server.json("status")["jobs"]["done"] == 1, "the fax is not delivered", seconds=FAX_SECONDS)
    t.equal(len(Store(server.state).jobs()), 1, "jobs")
    for options, text, word in (("media=A4", pdf.make(1), "fax-number"), ("phone=2OO", pdf.make(1), "2OO"),
                                ("phone=200", b"", "empty")):
        status, said, complaint = run_as(server, "faxpost", "cups", *job, options, text=text, **device)
        t.true(status == 5 and "ERROR: " in complaint and word in complaint, f"{options}: {status} {complaint}")
    status, said, _ = run_as(server, "faxpost", "cups")
    t.equal(sorted(re.findall(r"direct faxpost:/(\S+) ", said)), ["back", "front"], "devices")
    gone = {**device, "FAXPOST_STATE": str(server.folder)}
    t.equal(run_as(server, "faxpost", "cups", *job, "phone=200", text=pdf.make(1), **gone)[0], 6, "where no server answers")


@case.test
def the_command_line_reaches_another_server_with_a_key(t):
    server = provisioned(t)
    server.cli("user", "password", "frontdesk", text="correct horse 1\n")
    person = Browser(server)
    person.login(provision.FRONT, "correct horse 1")
    made = person.post("/api/v1/api-keys", {"name": "scripts", "scope": "send", "password": "correct horse 1"}).json
    file = server.folder / "key"
    file.write_text(made["key"] + "\n")
    host, port = server.port("http")
    there = {"FAXPOST_URL": f"http://{host}:{port}/", "FAXPOST_KEY_FILE": str(file), "FAXPOST_STATE": str(server.folder / "none")}
    status, said, complaint = run_as(server, "sendfax", "-w", "-n", "-d", "200", text=pdf.make(1), **there)
    t.true(status == 0 and "Delivered" in said, f"with the only box of the key's owner: {status} {said}{complaint}")
    file.write_text("fpk_" + 64 * "0")
    for wrong, word in (({}, "log in"), ({"FAXPOST_URL": "http://fax.example.com"}, "https://"),
                        ({"FAXPOST_URL": "http://localhost:80@fax.example.com"}, "https://"),
                        ({"FAXPOST_KEY_FILE": ""}, "FAXPOST_KEY_FILE"), ({"FAXPOST_URL": "http://127.0.0.1:1"}, "no Faxpost answers")):
        status, said, complaint = run_as(server, "faxpost", "send", "200", "-", "--from-box", "front", text=b"x", **{**there, **wrong})
        t.true(status != 0 and word.lower() in complaint.lower(), f"{wrong}: {status} {said}{complaint}")


case.main()
