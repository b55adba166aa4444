#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Received faxes through CUPS: its own server and a queue of it, whose printer is a file: CUPS gives documents to a backend, a
program, and this one copies them."""

import shutil
import subprocess

import case
import door
import mail
import pdf
import pixels
import provision
from server import Server, free_port

SECONDS = 240
CONF = """LogLevel warn
Listen 127.0.0.1:{port}
Browsing Off
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit Pause-Printer Resume-Printer CUPS-Add-Modify-Printer CUPS-Accept-Jobs Cancel-Job>
    Order deny,allow
    Allow all
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FOLDERS = {"ServerRoot": "root", "RequestRoot": "spool", "CacheDir": "cache", "StateDir": "state", "TempDir": "spool/tmp"}


class Cups:
    def __init__(self, t):
        self.home = t.folder()
        self.home.chmod(0o755)
        self.port, self.paper = free_port(), self.home / "paper"
        lines = [f"ServerBin {self.home / 'bin'}"]
        backend = self.home / "bin" / "backend" / "paper"
        backend.parent.mkdir(parents=True)
        (self.home / "bin" / "daemon").symlink_to("/usr/lib/cups/daemon")
        backend.write_text(f"#!/bin/sh\n[ $# -eq 0 ] && exit 0\ncat $6 > {self.paper}.part && mv {self.paper}.part {self.paper}\n")
        backend.chmod(0o700)  # which CUPS takes for: run it as root
        for name, folder in FOLDERS.items():
            (self.home / folder).mkdir(parents=True)
            lines.append(f"{name} {self.home / folder}")
        lines += [f"{log}Log {self.home / log}" for log in ("Access", "Error", "Page")]
        (self.home / "files.conf").write_text("\n".join(lines) + "\n")
        (self.home / "cupsd.conf").write_text(CONF.format(port=self.port))
        self.process = subprocess.Popen(["cupsd", "-f", "-c", self.home / "cupsd.conf", "-s", self.home / "files.conf"])
        t.later(self.process.wait)
        t.later(self.process.terminate)
        make = ("lpadmin", "-p", "front", "-E", "-v", "paper:/", "-m", "raw")
        t.wait(lambda: self.ask(*make).returncode == 0, f"cupsd does not start: {self.log()}", SECONDS)
        self.uri = f"ipp://127.0.0.1:{self.port}/printers/front"

    def ask(self, command, *arguments):
        return subprocess.run([shutil.which(command), "-h", f"127.0.0.1:{self.port}", *arguments], capture_output=True, text=True)

    def log(self):
        path = self.home / "Error"
        return path.read_text()[-3000:] if path.exists() else ""


def prints(server):
    items = door.get(server, "faxes").json["items"]
    return door.get(server, f"faxes/{items[0]['id']}").json["prints"] if items else []


@case.test
def a_fax_is_printed_through_cups(t):
    cups = Cups(t)
    t.equal(cups.ask("cupsdisable", "front").returncode, 0, "stopped")
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["faxboxes"][1]["print_to"] = cups.uri
    server.apply(wanted)
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", pdf.make(2, document=74))]))
    t.wait(lambda: [p["state"] for p in prints(server)] == ["printing"], f"CUPS has it: {prints(server)} {server.log_tail()} {cups.log()}", SECONDS)
    t.true(not cups.paper.exists(), "the printer stands still")
    t.equal(cups.ask("cupsenable", "front").returncode, 0, "it runs")
    t.wait(lambda: [p["state"] for p in prints(server)] == ["printed"], f"printed: {prints(server)} {cups.log()}", SECONDS)
    t.equal([pixels.read_mark(p) for p in pixels.pages_of_bytes(cups.paper.read_bytes())], [(74, 0, 2), (74, 1, 2)], "what lies on paper")

    t.equal(server.cli("set", "faxboxes.back.print_to", cups.uri + "-gone")[0], 0, "a name that CUPS does not have")
    fax = door.get(server, "faxes").json["items"][0]["id"]
    t.equal(server.cli("print", fax)[0], 0, "asked for")
    missing = t.wait(lambda: prints(server)[0]["tries"] > 0 and prints(server)[0], f"{prints(server)}", SECONDS)
    t.equal((missing["state"], missing["outcome"]["code"]), ("waiting", "print-unknown"), f"{missing}")
    t.true("print_to" in missing["outcome"]["text"], f"what to do: {missing}")


case.main()
