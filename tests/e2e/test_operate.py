#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running it: what an administrator asks, hears and does."""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tarfile

import case
import certs
import mail
import pdf
import provision
from dns import DnsServer
from server import BUILD, Server
from web import Browser

FAX_SECONDS = 240
PASSWORD, PASSPHRASE = "correct horse battery", "a passphrase of the test"


def codes(server, *options):
    return [a["code"] for a in server.json("alarms", *options)["items"] if a["severity"] != "notice"]


@case.test
def alarms_come_and_go_and_are_kept(t):
    server = t.enter(Server(t.folder()))
    t.equal(codes(server), ["no-fax-domain", "no-trunk"], "alarms of a new installation")
    server.apply({"installation": {"fax_domain": provision.DOMAIN}})
    t.equal(codes(server), ["no-trunk"], "with a fax domain")
    shown = server.cli("alarms")[1]
    t.true("no-trunk" in shown and "Do: Add a trunk." in shown, f"as people read it: {shown}")
    t.equal({a["code"]: a["cleared_ms"] is None for a in server.json("alarms", "--all")["items"] if a["severity"] != "notice"},
            {"no-trunk": True, "no-fax-domain": False}, "those that are over, too")
    t.equal([a["code"] for a in server.json("status")["alarms"] if a["severity"] != "notice"], ["no-trunk"], "in the status")
    found = {r["test"]: r for r in json.loads(server.cli("doctor", "--json")[1])}
    t.equal({n: found[n]["ok"] for n in ("state directory", "server", "processes", "no-trunk")},
            {"state directory": True, "server": True, "processes": True, "no-trunk": False}, "what the doctor finds")
    t.equal(server.cli("doctor")[0], 1, "exit status of the doctor")
    t.equal((found["port smtp"]["ok"], found["port http"]["ok"]), (True, True), f"its doors: {found}")
    mailin = dict(server.roles())["mailin.0"]
    os.kill(mailin, signal.SIGSTOP)  # its socket still takes connections
    found = {r["test"]: r for r in json.loads(server.cli("doctor", "--json")[1])}
    os.kill(mailin, signal.SIGCONT)
    t.equal((found["port smtp"]["ok"], found["port http"]["ok"]), (False, True), f"with a role that stands still: {found}")
    server.stop()
    found = {r["test"]: r for r in json.loads(server.cli("doctor", "--json")[1])}
    t.equal((found["server"]["ok"], found["state directory"]["ok"]), (False, True), "with the server stopped")
    server.start()
    t.equal(codes(server), ["no-trunk"], "after a restart")
    t.equal(len([a for a in server.json("alarms", "--all")["items"] if a["code"] == "no-trunk"]), 1, "raised so often")


@case.test
def doctor_says_whether_the_dns_leads_mail_here(t):
    dns = t.enter(DnsServer({("fax.example.com", "MX"): ["mail.example.com"], ("mail.example.com", "A"): ["192.0.2.7"]}))
    server = t.enter(Server(t.folder(), settings={"dns_servers": dns.address}))

    def looked():
        return [(r["ok"], r["text"]) for r in json.loads(server.cli("doctor", "--json")[1]) if r["test"] == "DNS"]

    server.apply({"installation": {"fax_domain": provision.DOMAIN}})
    t.equal((looked(), dns.asked), ([], []), "nobody outside is to find such a domain")
    server.apply({"installation": {"fax_domain": "fax.example.com", "host_name": "mail.example.com"}})
    t.equal([(ok, text.split(":")[0]) for ok, text in looked()],
            [(True, "MX fax.example.com leads here (mail.example.com)"), (False, "MX *.fax.example.com is missing"), (True, "A mail.example.com is there (192.0.2.7)")],
            "what the doctor finds")


@case.test
def the_alarm_about_a_certificate_ends_when_it_is_renewed(t):
    """Not at the next start, which the renewal needs no more."""
    authority, folder = certs.Authority(t.folder()), t.folder()
    files = (folder / "shown.pem", folder / "shown.key")

    def put(days):
        for source, target in zip(authority.certificate("fax.example", days=days, file=f"for-{days}"), files):
            shutil.copy(source, target)

    put(2)
    server = t.enter(Server(folder, settings={"tls_certificate": files[0], "tls_key": files[1]}))
    t.true("certificate-ends" in codes(server), f"no alarm about two days: {codes(server)}")
    put(90)
    server.process.send_signal(signal.SIGHUP)
    t.wait(lambda: "certificate-ends" not in codes(server), f"the alarm stays; {server.log_tail()}")


def whose():
    """Root gives a state to the account faxpost, which a package or ./run makes; where it is missing all roles are root's."""
    there = any(account.pw_name == "faxpost" for account in pwd.getpwall())
    return ("--user", "faxpost" if there else pwd.getpwuid(os.geteuid()).pw_name)


def send(t, server, number="200", pages=1, document=1):
    file = server.folder / f"{document}.pdf"
    file.write_bytes(pdf.make(pages, document=document, lines=400))
    status, submission, complaint = server.cli("send", number, file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"exit status of send: {complaint}")
    return t.wait(lambda: server.json("show", submission.strip())["jobs"], "no job came of it", 60)[0]["id"]


def is_done(t, server, job):
    t.wait(lambda: server.json("show", job)["state"] == "done", "the fax did not arrive", FAX_SECONDS)


def restored(t, file, *options):
    """A server on a new state that is made of the file; not started."""
    server = Server(t.folder())
    status, said, complaint = server.cli("restore", file, *whose(), *options)
    t.equal(status, 0, f"exit status of restore: {complaint}")
    return server, said


def refused(t, server, file, *options):
    """What restore says; it has to leave nothing behind that looks like a state."""
    place = t.folder() / "state"
    status, _, complaint = server.cli("restore", file, "--state", place, *whose(), *options)
    t.true(status != 0, f"restore of {file} went through")
    t.true(not place.exists(), "a state directory came of it")
    return complaint


@case.test
def backup_of_a_working_server_becomes_one_that_faxes(t):
    server = t.enter(Server(t.folder()))
    setup = provision.example(server.port("sip")[1])
    setup["users"][0].update(password=PASSWORD, role="installation")
    server.apply(setup)
    done = send(t, server)
    is_done(t, server, done)
    metrics_count_it(t, server)
    server.apply({"faxboxes": [{"id": "front", "tenant": "example", "send_window": "mon 00:00-00:01"}]})
    waiting = send(t, server, document=2)
    support_holds_nothing_of_anybody(t, server)
    plain, sealed, key = server.folder / "plain.tar", server.folder / "sealed", server.folder / "passphrase"
    key.write_text(PASSPHRASE + "\n")
    status, said, complaint = server.cli("backup", plain, "--conf", server.conf)
    t.equal(status, 0, f"exit status of backup: {complaint}")
    t.equal(server.cli("backup", sealed, "--passphrase-file", key)[0], 0, "exit status of an encrypted backup")
    t.true(server.cli("backup", plain)[0] != 0, "a backup was written over")
    t.equal(sorted(p.name for p in server.state.glob("backup*")), [], "what it leaves in the state")
    t.equal(oct(plain.stat().st_mode & 0o777), "0o600", "who may read it")
    with tarfile.open(plain) as tar:
        names = tar.getnames()
    t.true({"faxpost.db", "faxpost.conf", "keys/queue.key", "MANIFEST"} <= set(names), f"what is in it: {names}")
    for options in (("backup", "--verify", plain), ("backup", "--verify", sealed, "--passphrase-file", key)):
        t.equal(server.cli(*options)[0], 0, " ".join(map(str, options[:2])))
    damaged_files_are_refused(t, server, plain, sealed, key)

    other, said = restored(t, sealed, "--passphrase-file", key)
    t.true("1 faxes that waited are held" in said, f"what restore says: {said}")
    t.enter(other)
    other.cli("set", "trunks.loopback.peer", f"sip:127.0.0.1:{other.port('sip')[1]}")
    held = other.json("show", waiting)
    t.equal((held["state"], held["outcome"]["code"]), ("held", "restored"), "the fax that waited")
    pages = [s.json("show", done)["pages"] for s in (server, other)]
    t.equal(pages[0], pages[1], "pages of the old fax")
    web = Browser(other)
    t.equal(web.login("frontdesk", PASSWORD).status, 200, "login with the old password")
    documents = [Browser(s) for s in (server, other)]
    for w in documents:
        w.login("frontdesk", PASSWORD)
    before, after = (w.get(f"/api/v1/jobs/{done}/document.pdf") for w in documents)
    t.equal((before.status, after.status), (200, 200), "the old document")
    other.apply({"faxboxes": [{"id": "front", "tenant": "example", "send_window": ""}]})
    is_done(t, other, send(t, other, document=3))
    t.equal(other.cli("release", waiting)[0], 0, "release of the held fax")
    is_done(t, other, waiting)


def support_holds_nothing_of_anybody(t, server):
    server.apply({"faxboxes": [{"id": "front", "tenant": "example", "pin": "471142"}], "trunks": [{"name": "loopback", "password": PASSWORD}],
                  "tenants": [{"name": "example", "blocked_callers": ["+49301234567"]}],
                  "webhooks": [{"tenant": "example", "name": "chat", "url": "https://chat.example/hooks/T0kenOfRoom?k=1", "enabled": False}]})
    file = server.folder / "support.json"
    status, said, complaint = server.cli("support", file, "--log", server.log)
    t.equal(status, 0, f"exit status of support: {complaint}")
    text = file.read_text()
    for secret in (PASSWORD, '"sealed"', '"hash"', "frontdesk@", "office@", "+49301234567", "T0kenOfRoom"):
        t.true(secret not in text, f"{secret} is in it")
    for name in (server.state / "keys").glob("*.key"):
        t.true(name.read_bytes().hex() not in text, f"{name.name} is in it")
    made = json.loads(text)
    t.equal({b["id"]: b["pin"] for b in made["settings"]["faxboxes"]}, {"front": "(set)", "back": "(empty)"}, "PINs")
    t.equal((made["settings"]["trunks"][0]["password"], made["settings"]["tenants"][0]["blocked_callers"]),
            ("(set)", ["+493......67"]), "what is left of a secret and a number")
    t.equal(made["settings"]["webhooks"][0]["url"], "https://chat.example/...", "what is left of a webhook's URL")
    t.true(any("f...@localhost" in line or "job to" in line for line in made["log"]), "the log goes along")
    t.equal(oct(file.stat().st_mode & 0o777), "0o600", "who may read it")


def metrics_count_it(t, server):
    watcher = Browser(server)
    t.equal(watcher.get("/api/v1/metrics").status, 401, "metrics for strangers")
    watcher.login("frontdesk", PASSWORD)
    reply = watcher.get("/api/v1/metrics")
    t.equal((reply.status, reply.type), (200, "text/plain"), "metrics")
    lines = reply.body.decode().splitlines()
    numbers = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    for name, number in {"faxpost_up": "1", 'faxpost_faxes_sent_total{state="done"}': "1", "faxpost_pages_sent_total": "1",
                         'faxpost_faxes_received_total{state="complete"}': "1", "faxpost_pages_received_total": "1",
                         'faxpost_calls_total{trunk="loopback",direction="out"}': "1", 'faxpost_jobs{state="waiting"}': "0",
                         'faxpost_trunk_up{trunk="loopback"}': "1", "faxpost_mails_in_total": "0"}.items():
        t.equal(numbers.get(name), number, name)
    promtool(t, ["metrics"], reply.body.decode())
    kinds = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE")}
    t.equal({n.split("{")[0] for n in numbers} - set(kinds), set(), "numbers without a type")
    documented = re.findall(r"`(faxpost_[a-z_]+)`", (case_root() / "doc" / "metrics.md").read_text())
    documented = {name for name in documented if not name.startswith("faxpost_node_")}  # of several servers
    t.equal(sorted(documented ^ set(kinds)), [], "metrics of which doc/metrics.md and the server know one alone")
    for file in sorted((case_root() / "share" / "watching").iterdir()):
        used = set(re.findall(r"faxpost_[a-z_]+", file.read_text()))
        t.equal(used - set(kinds), set(), f"metrics of {file.name} that are not there")


def promtool(t, what, text=None):
    done = subprocess.run(["promtool", "check", *what], input=text, capture_output=True, text=True)
    t.equal(done.returncode, 0, f"promtool check {what[0]}: {done.stdout} {done.stderr}")


@case.test
def watching_files_are_read_by_their_programs(t):
    watching = case_root() / "share" / "watching"
    promtool(t, ["rules", watching / "faxpost.rules.yml"])
    board = json.loads((watching / "grafana.json").read_text())
    panels = [p for p in board["panels"] if p.get("type") != "row"]
    t.true(panels and board["title"] and all(p["title"] and p["targets"] for p in panels), "panels of the dashboard without a question")
    t.equal(len({p["id"] for p in panels}), len(panels), "panels with an id of their own")


@case.test
def completions_and_man_pages_know_every_command_and_key(t):
    server = Server(t.folder())

    def said(*arguments):
        status, text, complaint = server.cli(*arguments)
        t.equal(status, 0, f"faxpost {arguments}: {complaint}")
        return text

    commands = re.findall(r"^  ([a-z]+) ", said("--help"), re.M)
    options = {c: re.findall(r"^  --([a-z-]+)", said(c, "--help"), re.M) for c in commands}
    t.true(len(commands) > 30 and "conf" in options["serve"], f"commands in the help: {commands}")
    for option, shell in (("--completion", "bash"), ("--zsh", "zsh")):
        file = t.folder() / "completion"
        file.write_text(said("help", option))
        done = subprocess.run([shell, "-n", file], capture_output=True, text=True)
        t.equal((done.returncode, done.stderr), (0, ""), f"{shell} reads its completion")
        words = set(re.findall(r"[a-z][a-z-]*", file.read_text()))
        t.equal([c for c in commands if c not in words], [], f"commands that {shell} is not told of")
        t.equal([f"{c} --{o}" for c in commands for o in options[c] if o not in words], [], f"options that {shell} is not told of")
    t.equal([f"{c} --{o}" for c in commands for o in options[c] if options[c].count(o) > 1], [], "options with two meanings")
    completed = bash_completes(t, said("help", "--completion"), commands)
    t.equal([c for c in commands if sorted(completed[c]) != sorted(f"--{o}" for o in {"help", *options[c]})], [], f"commands whose options bash does not complete: {completed}")
    t.equal(completed[""], commands, "commands that bash completes")
    page = said("help", "--man").replace("\\-", "-")
    t.equal([c for c in commands if not re.search(rf"\b{c}\b", page)], [], "commands without a word in faxpost(1)")
    t.equal([f"{c} --{o}" for c in commands for o in options[c] if f"--{o}" not in page], [], "options without a word in faxpost(1)")
    keys = re.findall(r"^#?([a-z_]+) =", said("serve", "--print-config", "--conf", "/dev/null"), re.M)
    page = said("help", "--man-conf").replace("\\-", "-")
    t.true(len(keys) > 30, f"keys: {keys}")
    t.equal([k for k in keys if k not in page], [], "keys without a word in faxpost.conf(5)")


def bash_completes(t, script, commands):
    """{command: the words offered behind `faxpost COMMAND --`}; "": behind `faxpost`."""
    file = t.folder() / "faxpost.bash"
    file.write_text(script)
    asked = "".join(f"COMP_WORDS=(faxpost {c} --) COMP_CWORD=2 COMPREPLY=(); _faxpost; echo {c} ${{COMPREPLY[*]}}\n" for c in commands)
    asked += "COMP_WORDS=(faxpost '') COMP_CWORD=1; _faxpost; echo : ${COMPREPLY[*]}\n"
    done = subprocess.run(["bash", "-eu"], input=f"source {file}\n{asked}", capture_output=True, text=True)
    t.equal((done.returncode, done.stderr), (0, ""), "bash")
    lines = [line.split() for line in done.stdout.splitlines()]
    return {words[0].strip(":"): words[1:] for words in lines}


@case.test
def man_pages_are_printed_without_a_warning(t):
    server = Server(t.folder())
    for option in ("--man", "--man-conf", "--man-templates"):
        page = server.cli("help", option)[1]
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-K", "utf8"], input=page, capture_output=True, text=True)
        t.equal((done.returncode, done.stderr), (0, ""), f"groff on {option}")
        t.true("faxpost" in done.stdout and len(done.stdout.splitlines()) > 60, f"{option}: {done.stdout[:200]}")


@case.test
def systemd_reads_the_units_and_leaves_the_state_its_owner(t):
    """StateDirectory= gave all of the state to root at the second start; /bin/kill of ExecReload= was not there."""
    folder, shipped = t.folder(), case_root() / "packaging" / "debian"
    unit = (shipped / "faxpost.service").read_text()
    (folder / "faxpost.service").write_text(unit.replace("/usr/bin/faxpost", str(BUILD / "src" / "faxpost")))
    shutil.copy(shipped / "faxpost.socket", folder)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", folder / "faxpost.service",
                           folder / "faxpost.socket"], capture_output=True, text=True)
    t.equal((done.returncode, done.stderr), (0, ""), "systemd-analyze verify")
    settings = re.findall(r"^(\w+)=(.*)$", unit, re.M)
    t.equal([name for name, _ in settings if name == "StateDirectory"], [], "settings that give the state to root")
    t.equal({value.split()[0] for name, value in settings if name.startswith("Exec")}, {"/usr/bin/faxpost", "/bin/sh"}, "programs it needs")
    place = dict(settings)["ReadWritePaths"]
    t.equal((shipped / "faxpost.dirs").read_text().split(), [place.strip("/")], "folders of the package")


APPARMOR = "packaging/debian/apparmor"


@case.test
def apparmor_reads_the_profile_that_the_package_ships(t):
    profile = case_root() / APPARMOR
    done = subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache", "--debug", profile], capture_output=True, text=True)
    t.equal(done.returncode, 0, f"apparmor_parser: {done.stderr[-600:]}")
    text = profile.read_text()
    for place in ("/var/lib/faxpost/**", "/etc/faxpost/**", "/usr/libexec/faxpost/*"):
        t.true(place in text, f"{place} is not in it")
    wanted = re.search(r"CapabilityBoundingSet=(.*)", (case_root() / "packaging/debian/faxpost.service").read_text()).group(1)
    allowed = set(re.search(r"capability ([^;]*?),\n", text).group(1).split())
    t.equal(allowed, {c.removeprefix("CAP_").lower() for c in wanted.split()}, "capabilities, as the unit has them")


@case.test
def apparmor_allows_what_the_sandboxes_read(t):
    """A path that a role may read from today on has to be in the profile, too."""
    flat = subprocess.run(["apparmor_parser", "--preprocess", case_root() / APPARMOR], capture_output=True, text=True)
    t.equal(flat.returncode, 0, f"apparmor_parser: {flat.stderr[-600:]}")
    variables = {"@{run}": "/run", "@{etc_ro}": "/etc", "@{etc_rw}": "/etc"}
    rules = []
    for rule in re.findall(r"^\s*(?:owner\s+)?([/@]\S+)\s+[a-zA-Z]+,", flat.stdout, re.M):
        for name, path in variables.items():
            rule = rule.replace(name, path)
        rules.append(re.split(r"[*?{\[]", rule.replace("/{,var/}run/", "/run/"))[0])
    wanted = re.findall(r'MAY_READ\("(/[^"]+)"\)', (case_root() / "src/sandbox/policies.def").read_text())
    t.true(len(wanted) > 8 and len(rules) > 50, f"paths {wanted}, rules {len(rules)}")
    t.equal([path for path in wanted if not any(rule.startswith(path) or (path + "/").startswith(rule) for rule in rules if rule != "/")], [], "paths of roles that the profile forbids")


def case_root():
    return pathlib.Path(__file__).resolve().parents[2]


def damaged_files_are_refused(t, server, plain, sealed, key):
    wrong = server.folder / "wrong"
    wrong.write_text("another passphrase\n")
    t.true("it is encrypted" in refused(t, server, sealed), "without a passphrase")
    t.true("the passphrase is wrong" in refused(t, server, sealed, "--passphrase-file", wrong), "with a wrong one")
    t.true("it is not encrypted" in refused(t, server, plain, "--passphrase-file", key), "a plain file in an encrypted one's place")
    for file, options in ((plain, ()), (sealed, ("--passphrase-file", key))):
        data = file.read_bytes()
        cut, altered = server.folder / "cut", server.folder / "altered"
        cut.write_bytes(data[:len(data) * 2 // 3])
        altered.write_bytes(data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:])
        refused(t, server, cut, *options)
        refused(t, server, altered, *options)
        t.true(server.cli("backup", "--verify", altered, *options)[0] != 0, "an altered backup was called whole")


@case.test
def backup_is_whole_while_documents_come_and_go(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1]))
    server.apply({"faxboxes": [{"id": "front", "tenant": "example", "send_window": "mon 00:00-00:01"}]})
    rubbish = bytes(range(256)) * 800  # no document: its mail lies in a file, and becomes a dead letter
    for round_ in range(3):
        for n in range(5):
            mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                                     [("a.bin", "application/octet-stream", rubbish + bytes([round_, n]))]))
        letters = t.wait(lambda: server.json("deadletter", "list")["items"], "no dead letter came of it", 60)
        for letter in letters[::2]:
            server.cli("deadletter", "delete", letter["id"])
        file = server.folder / f"backup{round_}"
        t.equal(server.cli("backup", file)[0], 0, "exit status of backup")
        restored(t, file)


case.main()
