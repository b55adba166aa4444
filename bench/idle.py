# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a thousand mailboxes cost that wait for mail by IMAP IDLE over TLS, each over its own connection: the memory of
fetch, and the CPU it takes in a quiet minute."""

import os
import pathlib
import subprocess
import sys
import time

import provision
from accept import folder
from dovecot import make_certificate, pin_of
from row import Row
from server import Server

CASES = ("imap memory", "imap cpu")
MAILBOXES, QUIET_SECONDS, SECONDS = 1000, 60, 300
TICKS = os.sysconf("SC_CLK_TCK")


def mailbox(n, port, pin):
    return {"name": f"box {n}", "tenant": "example", "address": f"box{n}@example.com", "host": "localhost", "port": port,
            "pin": pin, "username": f"box{n}", "password": ""}


def memory_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def await_idle(imap, count):
    end = time.monotonic() + SECONDS
    while int(imap.stdout.readline() or 0) < count:
        if time.monotonic() > end:
            raise RuntimeError(f"not {count} mailboxes in IDLE within {SECONDS} s")


def run(cases, note):
    with folder() as place:
        certificate, key = place / "certificate.pem", place / "key.pem"
        make_certificate(certificate, key)
        program = pathlib.Path(__file__).with_name("idle_server.py")
        with subprocess.Popen([sys.executable, program, certificate, key], stdout=subprocess.PIPE, text=True) as imap:
            try:
                port = int(imap.stdout.readline())
                with Server(place, settings={"log_level": "warning"}) as server:
                    wanted = provision.example(9)
                    pin = pin_of(certificate)
                    wanted["mailboxes"] = [mailbox(n, port, pin) for n in range(MAILBOXES)]
                    pid = dict(server.roles())["fetch.0"]
                    empty = memory_mb(pid)
                    server.apply(wanted)
                    await_idle(imap, MAILBOXES)
                    before = cpu_seconds(pid)
                    note(f"idle: {before:.1f} CPU-s to log in to {MAILBOXES}; {empty:.1f} MB without any")
                    time.sleep(QUIET_SECONDS)
                    if "imap memory" in cases:
                        yield Row("idle", "imap memory", memory_mb(pid), f"MB for {MAILBOXES} mailboxes", "lower")
                    if "imap cpu" in cases:
                        used = (cpu_seconds(pid) - before) * 1000 * 60 / QUIET_SECONDS
                        yield Row("idle", "imap cpu", used, "CPU-ms a minute", "lower")
            finally:
                imap.kill()
