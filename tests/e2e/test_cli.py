# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line against a running server: provisioning, sending, looking, and wrong use without effect."""

import fcntl
import json
import os
import pathlib
import re
import socket
import subprocess
import termios

import case
import pdf
import provision
from fake_smtp import FakeSmtp, make_certificate
from server import BUILD, Server
from store import Store, uuid_text

USAGE, DATA, NO_INPUT, UNAVAILABLE, INTERRUPTED = 64, 65, 66, 69, 130
FAX_SECONDS = 240


def provisioned(t, **settings):
    server = t.enter(Server(t.folder(), settings=settings))
    server.apply(provision.example(server.port("sip")[1]))
    return server


def refused(t, server, status, *arguments, says):
    """One line of complaint that holds these words, and this exit status."""
    got, _, complaint = server.cli(*arguments)
    t.equal(got, status, f"exit status of {arguments}, which said: {complaint}")
    t.equal(len(complaint.strip().splitlines()), 1, f"lines of complaint about {arguments}: {complaint}")
    for word in says:
        t.true(word in complaint, f"no \"{word}\" in: {complaint}")


@case.test
def same_file_twice_changes_nothing_and_neither_does_the_export(t):
    server = provisioned(t)
    file = server.folder / "provisioning.json"
    t.equal(server.cli("apply", file)[:2], (0, "nothing to change\n"), "second apply")
    status, exported, _ = server.cli("export")
    t.equal(status, 0, "exit status of export")
    t.equal(server.cli("apply", "-", text=exported)[:2], (0, "nothing to change\n"), "apply of the export")
    t.equal({b["id"] for b in json.loads(exported)["faxboxes"]}, {"front", "back"}, "boxes of the export")


@case.test
def dry_run_and_wrong_file_change_nothing(t):
    server = provisioned(t)
    before = server.cli("export")[1]
    change = json.dumps({"faxboxes": [{"id": "front", "tries": 5}]})
    status, said, _ = server.cli("apply", "--dry-run", "-", text=change)
    t.equal((status, said), (0, 'faxbox "front": tries\n1 change, none made\n'), "dry run")
    wrong = json.dumps({"faxboxes": [{"id": "front", "tries": 5}, {"id": "back", "users": [{"user": "x"}]}]})
    status, _, complaint = server.cli("apply", "-", text=wrong)
    t.equal(status, DATA, "exit status")
    t.true('faxboxes[1].users[0].user: there is no user "x"' in complaint, f"complaint: {complaint}")
    t.equal(server.cli("export")[1], before, "provisioning")


@case.test
def set_changes_one_value(t):
    server = provisioned(t)
    t.equal(server.cli("set", "faxboxes.front.station_id", "+39 050 123")[0], 0, "exit status")
    boxes = json.loads(server.cli("export")[1])["faxboxes"]
    t.equal({b["id"]: b["station_id"] for b in boxes}, {"front": "+39 050 123", "back": "200"}, "station ids")
    refused(t, server, USAGE, "set", "faxboxes.front.tries", "many", says=["faxboxes[0].tries", "from 1 to 12"])
    refused(t, server, USAGE, "set", "faxboxes.nobody.tries", "3", says=["nobody", "faxpost export"])


@case.test
def password_is_never_shown_and_stays_when_it_is_given_again(t):
    server = provisioned(t)
    secret = "correct horse battery"
    once, path = 'trunk "loopback": password\n1 change\n', "trunks.loopback.password"
    t.equal(server.cli("set", path, "-", text=secret + "\n")[:2], (0, once), "first time")
    t.equal(server.cli("set", path, text=secret)[:2], (0, "nothing to change\n"), "second time")
    file = server.folder / "secret"
    file.write_text(secret + "\n")
    t.equal(server.cli("set", path, "--file", file)[:2], (0, "nothing to change\n"), "from a file")
    file.unlink()
    t.true(secret not in server.cli("export")[1], "the export has it")
    for path in (server.log, *(p for p in server.state.rglob("*") if p.is_file())):
        t.true(secret.encode() not in path.read_bytes(), f"{path} has it")


@case.test
def password_on_the_command_line_is_refused(t):
    server = provisioned(t)
    before = server.cli("export")[1]
    refused(t, server, USAGE, "set", "trunks.loopback.password", "hunter2", says=["everybody", "--file"])
    refused(t, server, USAGE, "set", "trunks.loopback.password", "-", "--file", "x", says=["not both"])
    refused(t, server, NO_INPUT, "set", "trunks.loopback.password", "--file", server.folder / "none", says=["none"])
    refused(t, server, USAGE, "set", "faxboxes.front.tries", says=["PATH VALUE"])
    t.equal(server.cli("export")[1], before, "provisioning")
    t.true("hunter2" not in server.cli("set", "trunks.loopback.password", "hunter2")[2], "the complaint repeats it")


@case.test
def password_is_asked_for_and_not_shown_on_a_terminal(t):
    server = provisioned(t)
    for typed, status in (("typed secret\n", 0), ("cut short\x03", INTERRUPTED)):
        ours, theirs = os.openpty()
        t.later(os.close, ours)
        asker = subprocess.Popen([server.build / "src" / "faxpost", "set", "trunks.loopback.password"], env=server.env,
                                 stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                 preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        t.later(asker.kill)
        t.equal(asker.stderr.read(10), b"password: ", "the question")
        os.write(ours, typed.encode())
        said, complaint = asker.communicate(timeout=60)
        t.equal(asker.returncode, status, f"exit status, after: {said} {complaint}")
        t.true(termios.tcgetattr(theirs)[3] & termios.ECHO, "the terminal hides what is typed from now on")
        os.close(theirs)
        os.set_blocking(ours, False)
        t.true(typed[:5].encode() not in readable(ours), "it was shown")
    t.equal(server.cli("set", "trunks.loopback.password", "-", text="typed secret")[1], "nothing to change\n", "it again")


def readable(descriptor):
    try:
        return os.read(descriptor, 1000)
    except OSError:
        return b""


@case.test
def sent_fax_is_followed_to_its_end(t):
    server = provisioned(t)
    file = server.folder / "x.pdf"
    file.write_bytes(pdf.make(2, document=4711))
    status, said, complaint = server.cli("send", "200", file, "--from-box", "front", seconds=FAX_SECONDS)
    t.equal(status, 0, f"exit status, after: {said}{complaint}")
    for words in ("page 1 of 2", "page 2 of 2", "bit/s", "Delivered: 2 pages confirmed by"):
        t.true(words in said, f"no \"{words}\" in: {said}")
    t.equal(server.json("status")["jobs"]["done"], 1, "jobs delivered")
    ladder_is_shown(t, server)


def ladder_is_shown(t, server):
    """`faxpost trace`: SIP around all, our DCS answers their DIS, and each page ends in MCF; seen from the other end all is mirrored."""
    store = Store(server.state)
    ours = server.cli("trace", uuid_text(store.jobs()[0]["id"]))[1]
    theirs = server.cli("trace", uuid_text(store.faxes()[0]["id"]))[1]
    steps = re.findall(r"^ +[0-9.]+ s +(?:(\S+) +-->|<-- +(\S+))", ours, re.M)
    named = [(f"> {a}" if a else f"< {b}") for a, b in steps]
    for frame in ("< DIS", "> DCS", "< CFR", "> PPS-MPS", "> PPS-EOP", "> DCN"):
        t.true(frame in named, f"no {frame} in: {ours}")
    t.equal(named.count("< MCF"), 2, "confirmed pages")
    said = ["> INVITE", "< 200", "> ACK", "< re-INVITE", "> 200", "< DIS", "> DCN"]
    at = [named.index(said[0])]
    for step in said[1:]:
        t.true(step in named[at[-1] + 1:], f"no {step} behind {said[:len(at)]} in: {ours}")
        at.append(named.index(step, at[-1] + 1))
    t.true({"> BYE", "< BYE"} & set(named[at[-1] + 1:]), f"nobody hangs up in: {ours}")
    t.true(re.search(r"^ +0\.000 s +INVITE +--> .*SIP: asks for a call, audio$", ours, re.M), f"how it begins: {ours}")
    t.true("@" not in ours + theirs and "127.0.0.1" not in ours + theirs, f"an address: {ours}")
    mirrored = re.findall(r"^ +[0-9.]+ s +(?:(\S+) +-->|<-- +(\S+))", theirs, re.M)
    t30 = lambda found: [a or b for a, b in found if not re.fullmatch(r"[0-9]{3}|(re-)?INVITE|ACK|BYE", a or b)]
    t.equal(t30(mirrored), t30(steps), "frames seen from the other end")
    refused(t, server, USAGE, "trace", "4711", says=["is no id"])


@case.test
def events_of_a_fax_are_told_as_they_happen(t):
    server = provisioned(t)
    file = server.folder / "x.pdf"
    file.write_bytes(pdf.make(2, document=4715))
    sender = subprocess.Popen([server.build / "src" / "faxpost", "send", "200", file, "--from-box", "front", "--json"],
                              env=server.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    t.later(sender.kill)
    events = []
    for line in sender.stdout:
        events.append(json.loads(line))
        if events[-1].get("word") == "Sending page 1 of 2" and "calls" not in events[-1]:
            events[-1]["calls"] = server.json("status")["calls"]
    t.equal(sender.wait(FAX_SECONDS), 0, f"exit status, after: {sender.stderr.read()}")
    names = [e["event"] for e in events]
    t.equal((names[0], names[-1], set(names[1:-1]) <= {"rendering", "progress"}), ("taken", "ended", True), f"{names}")
    words = [e["word"] for e in events if e["event"] == "progress"]
    t.equal([w for w in ("Connected", "Sending page 1 of 2", "Sending page 2 of 2") if w not in words], [], f"of {words}")
    t.true(all("rate" in e and "mode" in e for e in events if e.get("word", "").startswith("Sending")), "no rate beside it")
    t.true(any(e.get("calls") for e in events), "status showed no call while a page was on its way")
    t.equal([j["word"] for j in events[-1]["jobs"]], ["Delivered"], "the end")
    t.equal(len({e["submission"] for e in events}), 1, "submissions")


@case.test
def number_given_twice_is_faxed_once(t):
    server = provisioned(t)
    file = server.folder / "x.pdf"
    file.write_bytes(pdf.make(1, document=4716))
    status, said, _ = server.cli("send", "200,2-0-0", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, "exit status")
    jobs = t.wait(lambda: server.json("show", said.strip())["jobs"], "no job came of it", 60)
    t.equal(len(jobs), 1, "jobs")


@case.test
def waiting_fax_is_followed_until_its_turn_comes(t):
    server = provisioned(t)
    file = server.folder / "x.pdf"
    file.write_bytes(pdf.make(9, document=4713))
    submission = server.cli("send", "200", file, "--from-box", "front", "--no-wait")[1].strip()
    first = t.wait(lambda: server.json("show", submission)["jobs"], "no job came of it", 60)[0]["id"]
    file.write_bytes(pdf.make(1, document=4714))
    follower = subprocess.Popen([server.build / "src" / "faxpost", "send", "200", file, "--from-box", "front"],
                                env=server.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    t.later(follower.kill)
    said = [follower.stdout.readline()]
    while said[-1] and "Waiting" not in said[-1]:
        said.append(follower.stdout.readline())
    t.true("Waiting" in said[-1], f"no \"Waiting\" in: {said}")
    t.equal(server.cli("cancel", first)[0], 0, "exit status of cancel")
    said += follower.communicate(timeout=FAX_SECONDS)[0].splitlines()
    t.equal(follower.returncode, 0, f"exit status, after: {said}")


@case.test
def fax_under_way_is_shown_and_cancelled(t):
    server = provisioned(t)
    file = server.folder / "x.pdf"
    file.write_bytes(pdf.make(9, document=4712))
    status, submission, _ = server.cli("send", "200", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, "exit status of send")
    job = t.wait(lambda: server.json("show", submission.strip())["jobs"], "no job came of it", 60)[0]["id"]
    t.true("front" in server.cli("show", job)[1], "the job is shown without its box")
    t.equal(server.cli("cancel", job)[0], 0, "exit status of cancel")
    t.wait(lambda: server.json("show", job)["state"] == "cancelled", "it was not cancelled", 60)
    t.equal(server.json("show", job)["word"], "Cancelled", "its word")
    t.equal(server.cli("cancel", job)[0], 0, "exit status of a second cancel: it is what was wanted")
    refused(t, server, USAGE, "hold", job, says=["ended already"])


@case.test
def help_fits_a_terminal(t):
    faxpost = BUILD / "src" / "faxpost"

    def said(*arguments):
        return subprocess.run([faxpost, *arguments], capture_output=True, text=True, check=True).stdout

    names = [line.split()[0] for line in said("help").splitlines() if line.startswith("  ") and line[2:3].isalpha()]
    t.true(len(names) > 15 and "serve" in names, f"commands: {names}")
    for text in (said("help"), *(said(name, "--help") for name in names)):
        t.equal([line for line in text.splitlines() if len(line) > 80 or line != line.rstrip()], [], "lines")


@case.test
def wrong_use_has_one_line_and_no_effect(t):
    server = provisioned(t)
    good, jpeg, empty = server.folder / "x.pdf", server.folder / "y.pdf", server.folder / "empty"
    good.write_bytes(pdf.make(1, document=1))
    jpeg.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(100))
    empty.write_bytes(b"")
    refused(t, server, USAGE, "frobnicate", says=["frobnicate", "--help"])
    refused(t, server, USAGE, "send", "200", says=["NUMBER FILE"])
    refused(t, server, USAGE, "status", "--jsno", says=["--jsno", "--help"])
    refused(t, server, USAGE, "send", "2OO", good, "--from-box", "front", says=["2OO", "letters"])
    refused(t, server, USAGE, "send", "200", good, says=["--from-box"])
    refused(t, server, USAGE, "send", "200", good, "--from-box", "front", "--report-to", "nobody", says=["nobody", "address"])
    refused(t, server, USAGE, "set", "users.office.addresses", "x@localhost", says=["list", "JSON"])
    refused(t, server, USAGE, "send", "200", good, "--from-box", "none", says=["none", "faxpost status"])
    refused(t, server, NO_INPUT, "send", "200", server.folder / "no.pdf", "--from-box", "front", says=["no.pdf"])
    refused(t, server, DATA, "send", "200", empty, "--from-box", "front", says=["empty"])
    refused(t, server, DATA, "send", "200", jpeg, "--from-box", "front", says=["y.pdf", "JPEG"])
    refused(t, server, NO_INPUT, "apply", server.folder / "no.json", says=["no.json"])
    refused(t, server, USAGE, "show", "7", says=["7", "no id"])
    t.equal(server.json("status")["jobs"], dict.fromkeys(server.json("status")["jobs"], 0), "jobs")


@case.test
def password_of_one_number_is_told_to_no_other(t):
    server = provisioned(t)
    file = server.folder / "x.pdf"
    file.write_bytes(pdf.make(1))
    for numbers in ("200^PWD=12,201", "201,200^PWD=12", "200^PWD=12,201^PWD=13"):
        refused(t, server, USAGE, "send", numbers, file, "--from-box", "front", says=["PWD", "once for each"])
    status, _, complaint = server.cli("send", "200^PWD=12,201^PWD=12", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"one that both have: {complaint}")


@case.test
def no_server_is_said_with_what_to_do(t):
    server = Server(t.folder())
    refused(t, server, UNAVAILABLE, "status", says=[str(server.state), "faxpost serve"])
    server.state.mkdir()
    (server.state / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(server.state / "run" / "api.sock"))
    refused(t, server, UNAVAILABLE, "export", says=["faxpost serve"])
    t.equal([p.name for p in server.state.rglob("*")], ["run", "api.sock"], "what lies in the state directory")


@case.test
def test_command_tries_trunks_and_processes(t):
    server = provisioned(t)
    status, said, _ = server.cli("test")
    t.equal(status, 0, f"exit status, after: {said}")
    for words in ("processes: all", "trunk loopback", "SIP/2.0 200", "Not tried"):
        t.true(words in said, f"no \"{words}\" in: {said}")
    nobody = provision.example(1)
    nobody["trunks"][0]["name"] = "nobody"
    server.apply(nobody)
    status, said, _ = server.cli("test")
    t.equal(status, 1, "exit status with a trunk that leads nowhere")
    t.true("FAILED trunk nobody" in said, f"it said: {said}")


@case.test
# proves: S3.8
def mail_server_is_tried_as_far_as_it_goes_and_heard_in_its_own_words(t):
    server = provisioned(t, deliver="smtp")
    certificate = make_certificate(t.folder())
    refused(t, server, USAGE, "test", "mail", says=["no mail server", "mail_server.host"])
    refused(t, server, USAGE, "test", "nothing", says=["nothing", "--help"])
    with FakeSmtp(certificate=certificate, starttls=True, users={"fax": "hunter2"}, offers_secured=["PIPELINING", "AUTH PLAIN"],
                  replies={"MAIL FROM:<bad": "550 5.7.1 no such sender here", "RCPT TO:<no@": "551 5.1.6 try elsewhere"}) as peer:
        server.apply({"installation": {"from_address": "fax@fax.localhost"},
                      "mail_server": {"host": "localhost", "port": peer.port, "security": "starttls", "pin": certificate[2],
                                      "username": "fax", "password": "hunter2"}})
        refused(t, server, USAGE, "test", "mail", "no address", says=["no address", "email"])
        status, said, complaint = server.cli("test", "mail")
        t.equal(status, 0, f"exit status, after: {said}{complaint}")
        for words in ("<fax@fax.localhost>", "220 fake ready", "STARTTLS", "TLSv1", "the login", "MAIL FROM", "RCPT TO", "\nok "):
            t.true(words in said, f"no {words!r} in: {said}")
        t.true("hunter2" not in said, "the password is shown")
        status, said, _ = server.cli("test", "mail", "no@example.com")
        t.equal((status, "551 5.1.6 try elsewhere" in said, "\nFAILED" in said), (1, True, True), f"refused recipient: {said}")
        server.cli("set", "mail_server.envelope_sender", "bad@fax.localhost")
        status, said, _ = server.cli("test", "mail", "--json")
        steps = {step["step"]: step["words"] for step in json.loads(said)["steps"]}
        t.equal((status, steps.get("MAIL FROM")), (1, "550 5.7.1 no such sender here"), f"refused sender: {said}")
        t.equal(("RCPT TO" in steps, peer.mails), (False, []), "what came after the refusal, mails taken")
        t.true(not [line for _, _, line in peer.heard if line.startswith("DATA")], "DATA was said")
    status, said, _ = server.cli("test", "mail")
    t.equal((status, "FAILED" in said, "refused" in said), (1, True, True), f"with nobody there: {said}")


@case.test
def api_comes_back_when_web_is_killed(t):
    server = provisioned(t)
    before = dict(server.roles())["web.0"]
    server.kill("web")
    t.wait(lambda: dict(server.roles()).get("web.0", before) != before, "web did not come back", 20)
    t.wait(lambda: server.cli("status")[0] == 0, "status does not work any more", 20)


@case.test
def ordinary_users_without_the_right_are_told(t):
    if os.geteuid() != 0:
        t.skip("needs another account to try")
    server = provisioned(t)
    for folder in (server.folder, *server.folder.parents):
        if not pathlib.Path(folder).stat().st_mode & 0o001:
            t.skip(f"{folder} is closed to others")
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           server.build / "src" / "faxpost", "status"], env=server.env, capture_output=True, text=True)
    t.equal(done.returncode, UNAVAILABLE, f"exit status, after: {done.stderr}")
    t.true("ermission" in done.stderr and "as root or" in done.stderr, f"complaint: {done.stderr}")


case.main()
