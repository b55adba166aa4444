# SPDX-License-Identifier: AGPL-3.0-or-later
"""./run: builds Faxpost, starts it on loopback, sends a document through it - by SMTP, over a real fax call to its own
second box, back as mail - and looks at what came out, pixel by pixel. Says a step is done only when it has seen it."""

import argparse
import ctypes
import json
import os
import pathlib
import pwd
import random
import secrets
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import mail  # noqa: E402
import pdf  # noqa: E402
import pixels  # noqa: E402
import provision  # noqa: E402
from store import store_of  # noqa: E402

BUILD = ROOT / "build"
ADMIN, ADMIN_ADDRESS = "admin", "admin@localhost"
SENDER, RECEIVER, NUMBER = provision.FRONT, provision.BACK, f"200@front.{provision.DOMAIN}"
PAGES = 2
ACCOUNTS = ("faxpost", "faxpost-net")
# Limits for what should take seconds; a fax at the slowest speed takes minutes.
START_SECONDS, FAX_SECONDS, MAIL_SECONDS = 60, 600, 60
PR_SET_PDEATHSIG = 1


class Broken(Exception):
    """A step that did not happen; the text says which and why."""


class Ending:
    """SIGTERM or Ctrl-C. Its exception may come out as another one where a library cleans up behind it."""

    def __init__(self):
        self.signal = 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.come)

    def come(self, number, _):
        self.signal = number
        sys.exit(self.status())

    def status(self):
        return 128 + self.signal

    def hold_back(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def say(text):
    print(text, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="./run", description="Sets up, builds and starts Faxpost on this machine, faxes "
                                     "a two-page PDF from one of its boxes to the other, and keeps serving.")
    parser.add_argument("--once", action="store_true",
                        help="end after that fax; exit status 0 only if every step really happened")
    parser.add_argument("--port-base", type=int, metavar="N",
                        help="SMTP on N+25, SIP on N+70, HTTP on N+80, the wizard on N+81, media from N+1000; 0: the kernel chooses, and the "
                        "ports are printed as JSON")
    parser.add_argument("--state", metavar="DIR", default=os.environ.get("FAXPOST_STATE") or str(ROOT / "var"),
                        help="where all is kept (default: FAXPOST_STATE, else ./var)")
    parser.add_argument("--store", metavar="URI", help="a new state is kept in that database of PostgreSQL (postgres://USER@HOST/DATABASE; "
                        "`psql` has to be here), and not in SQLite")
    options = parser.parse_args()
    if options.port_base is not None and not (options.port_base == 0 or 1024 <= options.port_base <= 63000):
        parser.error("--port-base takes 0, or 1024 to 63000")
    return options


# ---- before the start ----


def build():
    for command in ([] if (BUILD / "build.ninja").exists() else [["meson", "setup", str(BUILD)]]) + [
            ["ninja", "-C", str(BUILD)]]:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout[-4000:], file=sys.stderr)
            raise Broken(f"{' '.join(command)} failed; its last lines are above")


def make_accounts():
    """Where root runs us, the two accounts that the roles drop to."""
    if os.geteuid() != 0:
        return
    for name in ACCOUNTS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                            "--shell", "/usr/sbin/nologin", name], check=True)


def ports_of(base):
    if base is None:
        return {"smtp_listen": "127.0.0.1:2525", "sip_listen": "127.0.0.1:5070", "http_listen": "127.0.0.1:8080",
                "setup_listen": "127.0.0.1:8081"}
    if base == 0:
        return {"smtp_listen": "127.0.0.1:0", "sip_listen": "127.0.0.1:0", "http_listen": "127.0.0.1:0", "setup_listen": "127.0.0.1:0"}
    return {"smtp_listen": f"127.0.0.1:{base + 25}", "sip_listen": f"127.0.0.1:{base + 70}",
            "http_listen": f"127.0.0.1:{base + 80}", "setup_listen": f"127.0.0.1:{base + 81}", "media_port_first": base + 1000, "media_port_last": base + 1999}


def make_conf(state, base, store):
    """The configuration of the first run stays, for people may have changed it; other ports go into a copy."""
    conf, maildir = state / "faxpost.conf", state / "maildir"
    state.mkdir(parents=True, exist_ok=True)
    maildir.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(maildir, ACCOUNTS[1], ACCOUNTS[1])
    if not conf.exists():
        lines = {"state_dir": state, **ports_of(None), "host_name": "localhost", "deliver": f"maildir:{maildir}", **({"store": store} if store else {})}
        conf.write_text("# Made by ./run; `faxpost serve --print-config` shows every key there is.\n"
                        + "".join(f"{key} = {value}\n" for key, value in lines.items()))
    kept = value_in(conf, "store")
    if store and store != kept:
        raise Broken(f"the state in {state} has its store in {kept or 'SQLite'}; name another folder with --state, or `faxpost migrate` it")
    if base is None:
        return conf
    moved, copy = ports_of(base), state / "faxpost-ports.conf"
    kept = [line for line in conf.read_text().splitlines() if line.split("=")[0].strip() not in moved]
    copy.write_text("\n".join(kept) + "\n" + "".join(f"{key} = {value}\n" for key, value in moved.items()))
    return copy


def value_in(conf, key):
    """"" where it is not there."""
    lines = [line.partition("=") for line in conf.read_text().splitlines()]
    return next((value.strip() for name, _, value in reversed(lines) if name.strip() == key), "")


# ---- the server ----


class Service:
    def __init__(self, state, conf):
        self.state, self.conf, self.log, self.process = state, conf, state / "log", None
        self.new, self.password = False, None
        self.logged = self.log.stat().st_size if self.log.exists() else 0

    def start(self):
        def die_with_us():
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        with open(self.log, "a") as log:
            self.process = subprocess.Popen([BUILD / "src" / "faxpost", "serve", "--conf", self.conf, "--state", self.state],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_us)
        wait(self.is_ready, START_SECONDS, "the server did not become ready", self)

    def is_ready(self):
        """This one, not another Faxpost that runs on the same state directory, nor a former life."""
        try:
            return int((self.state / "run" / "ready").read_text()) == self.process.pid
        except (OSError, ValueError):
            return False

    def check(self):
        if self.process.poll() is not None:
            new = self.log.read_bytes()[self.logged:].decode(errors="replace").strip()
            raise Broken(f"the server ended by itself with status {self.process.returncode}; it said:\n{new[-3000:]}"
                         + ("\n`./run --port-base 0` takes ports that are free." if "in use" in new else ""))

    def ports(self):
        found = {}
        for line in (self.state / "run" / "ports").read_text().splitlines():
            word, address = line.split(None, 1)
            found.setdefault(word, int(address.rpartition(":")[2]))
        return found

    def make_house(self):
        """The example provisioning, into a new state only: what is there belongs to who changed it. But the trunk that
        leads back to us has to follow our SIP port, as long as it is the one we made."""
        ours, known = self.state / "provisioning.json", json.loads(self.cli("export"))
        peer = provision.example(self.ports()["sip"])["trunks"][0]["peer"]
        self.new = not any(known.get(section) for section in ("tenants", "users", "faxboxes", "trunks"))
        if self.new:
            ours.write_text(json.dumps(provision.example(self.ports()["sip"]), indent=2) + "\n")
            self.cli("apply", str(ours))
            self.make_administrator()
            return
        try:
            made = json.loads(ours.read_text())["trunks"][0]
        except (OSError, ValueError, LookupError):
            return
        name = made["name"]
        if made["peer"] != peer and any((t["name"], t["peer"]) == (name, made["peer"]) for t in known.get("trunks", [])):
            self.cli("set", f"trunks.{name}.peer", peer)
            ours.write_text(json.dumps(provision.example(self.ports()["sip"]), indent=2) + "\n")

    def make_administrator(self):
        """Who may do everything, and use both boxes. His password is printed once and stands nowhere."""
        self.password = secrets.token_urlsafe(12)
        tenant = {"tenant": "example"}
        users = {"front": "frontdesk", "back": "office"}
        self.cli("apply", "-", text=json.dumps({
            "users": [{**tenant, "name": ADMIN, "addresses": [ADMIN_ADDRESS], "role": "installation", "password": self.password}],
            "faxboxes": [{**tenant, "id": box, "users": [{"user": user}, {"user": ADMIN}]} for box, user in users.items()]}))

    def cli(self, *words, text=None):
        done = subprocess.run([BUILD / "src" / "faxpost", *words], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env={**os.environ, "FAXPOST_STATE": str(self.state)})
        if done.returncode:
            raise Broken(f"faxpost {words[0]}: {done.stdout.strip()}")
        return done.stdout

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait(ready, seconds, what, service):
    end = time.monotonic() + seconds
    while True:
        value = ready()
        if value:
            return value
        service.check()
        if time.monotonic() > end:
            raise Broken(f"{what} within {seconds} s")
        time.sleep(0.1)


# ---- one fax ----


def send_one(ports):
    """Mails a fresh document; its mark and its Message-ID."""
    document = random.randrange(1, 65536)
    data = pdf.make(PAGES, document=document, lines=10, title="Faxpost sends this page to itself")
    message = mail.make(SENDER, NUMBER, [("document.pdf", "application/pdf", data)], subject="A first fax")
    mail.send(("127.0.0.1", ports["smtp"]), message, SENDER, [NUMBER])
    say(f"mail    {SENDER} -> {NUMBER}, {PAGES} pages, {len(data)} bytes: 250, it is on the disk")
    return document, message["Message-ID"].strip("<>")


def await_job(store, message_id, service):
    """The job of that mail: other people's faxes may be under way too."""
    def find():
        mine = {row["id"] for row in store.rows("SELECT id FROM submission WHERE message_id = ?", message_id)}
        return next((job for job in store.jobs() if job["submission"] in mine), None)

    job = wait(find, MAIL_SECONDS, "the mail did not become a job", service)
    say(f"job     {job['pages']} pages to {job['display_number']}")
    return job["id"]


def watch_job(store, job_id, service):
    """Prints each page as it is confirmed, until the job is at an end."""
    shown = set()

    def ended():
        job = next(j for j in store.jobs() if j["id"] == job_id)
        for attempt in store.attempts(job_id):
            for page in store.rows("SELECT * FROM attempt_page WHERE attempt = ? ORDER BY page", attempt["id"]):
                if (attempt["id"], page["page"]) not in shown:
                    shown.add((attempt["id"], page["page"]))
                    say(f"page    {page['page'] + 1} of {job['pages']} confirmed: {page['rate']} bit/s, {page['coding']}, "
                        f"{'with' if page['ecm'] else 'without'} ECM, {page['duration_ms'] / 1000:.1f} s")
        return job if job["state"] not in ("waiting", "calling") else None

    job = wait(ended, FAX_SECONDS, "the fax did not end", service)
    if job["state"] != "done":
        raise Broken(f"the fax ended as {job['state']}: {job['reason'] or job['code']}")
    last = store.attempts(job_id)[-1]
    seconds = (last["ended_ms"] - last["started_ms"]) / 1000
    say(f"fax     done over {'T.38' if last['mode'] == 't38' else 'G.711'} in {seconds:.0f} s, answered by "
        f"{last['station_id'].strip() or 'a machine without a name'}")
    return job


def await_mail(folder, is_it, what, service):
    """The first mail there that is_it() takes; those it does not take are other people's."""
    seen = set()

    def find():
        for path in set(folder.glob("*")) - seen:
            seen.add(path)
            if is_it(mail.read(path)):
                return path
        return None

    return wait(find, MAIL_SECONDS, what, service)


def marks_of(message):
    data = mail.attachment(message)[1]
    return [pixels.read_mark(page) for page in pixels.pages_of_bytes(data)] if data else []


def check_received(path, sent):
    """The mail's PDF holds the pages that were sent, pixel by pixel."""
    name, data = mail.attachment(mail.read(path))
    received = pixels.pages_of_bytes(data)
    complaints = pixels.compare(sent, received)
    if complaints:
        raise Broken("the pages received are not the pages sent: " + "; ".join(complaints))
    black = sum(bin(int.from_bytes(page.data, "big")).count("1") for page in sent)
    say(f"pixels  {len(received)} pages of {received[0].width} x {sent[0].height}, {black} of them black: all equal")
    return name


def one_fax(state, service, ports):
    store = store_of(state, value_in(service.conf, "store"))
    document, message_id = send_one(ports)
    job = watch_job(store, await_job(store, message_id, service), service)
    wanted = [(document, page, PAGES) for page in range(PAGES)]
    came = await_mail(state / "maildir" / RECEIVER / "new", lambda m: marks_of(m) == wanted,
                      f"no mail with the {PAGES} pages of document {document} came", service)
    name = check_received(came, store.pages_sent(job["submission"]))
    report = await_mail(state / "maildir" / SENDER / "new", lambda m: message_id in (m["In-Reply-To"] or ""),
                        "no report was mailed", service)
    if mail.attachment(mail.read(report))[1] is None:
        raise Broken(f"the report {report} has no PDF")
    say(f"mail    {RECEIVER}: {came}\n        {mail.read(came)['Subject']}, {name}")
    say(f"report  {SENDER}: {report}\n        {mail.read(report)['Subject']}")


# ---- all of it ----


def serve(options, state, service, ending):
    service.start()
    ports = service.ports()
    if options.port_base == 0:
        say(json.dumps(ports))
    service.make_house()
    say(f"state   {state}, log {service.log}")
    say("serving " + ", ".join(f"{name.upper()} on 127.0.0.1:{port}" for name, port in sorted(ports.items())))
    if service.password:
        say(f"browser http://127.0.0.1:{ports['http']}/ as {ADMIN_ADDRESS} with the password {service.password}\n"
            f"        (shown this once; `faxpost user password {ADMIN}` sets another)")
    if "setup" in ports and (link := service.cli("setup").strip()).startswith("http"):
        say(f"wizard  {link}\n        (for a new installation; this one has its example)")
    try:
        one_fax(state, service, ports)
    except (Broken, OSError) as why:
        if ending.signal or options.once or service.new:
            raise
        service.check()
        say(f"The fax from {SENDER} to {NUMBER} did not work: {why}.\nThis state is not new; its provisioning may have "
            "been changed since. `faxpost test` says what else is wrong.")
    if options.once:
        return
    say(f"Faxpost keeps serving; SIGTERM or Ctrl-C ends it. Try:\n"
        f"  swaks --server 127.0.0.1:{ports['smtp']} --from {SENDER} --to {NUMBER} --attach FILE.pdf")
    service.process.wait()
    service.check()


def main():
    options = arguments()
    ending = Ending()
    state = pathlib.Path(options.state).resolve()
    service = None
    try:
        say("building")
        build()
        make_accounts()
        service = Service(state, make_conf(state, options.port_base, options.store))
        serve(options, state, service, ending)
        return 0
    except (Broken, OSError, ValueError) as why:
        if ending.signal:
            return ending.status()
        print(f"./run: {why}", file=sys.stderr)
        return 1
    finally:
        ending.hold_back()
        if service:
            service.stop()


if __name__ == "__main__":
    sys.exit(main())
