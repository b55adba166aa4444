# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails handed to a mail server in a second: Faxpost's queue and mailout beside Postfix. Both hold the same number of mails in a
durable queue when the server begins to take them, both write down what became of each; the seconds run from the first MAIL to
the last 250, by the clock of the server, which is the same program for both."""

import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import time

import postfix
from accept import SMTP_SOURCE, folder
from row import Row, spread
from server import Server
from store import Store

# case: (connections, ms the server takes for a mail, mails a round)
LOADS = {"1 connection": (1, 0, 300), "20 connections, 20 ms sink": (20, 20, 1000)}
CASES = tuple(LOADS)
ROUNDS, SIZE, SECONDS = 5, 5120, 120


class Sink:
    def __init__(self, delay_ms):
        self.program = subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("out_sink.py"), str(delay_ms)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.program.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.program.kill()
        self.program.wait()

    def ask(self, word):
        """(mails, seconds, most connections at once) since the last `reset`."""
        print(word, file=self.program.stdin, flush=True)
        mails, seconds, most = self.program.stdout.readline().split()
        return int(mails), float(seconds), int(most)


def wait_for(what, done, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Ours:
    def __init__(self, place, sink, connections):
        self.server = Server(place / "faxpost", settings={"deliver": "smtp", "log_level": "warning"})
        self.server.folder.mkdir()
        self.wanted = {"host": "127.0.0.1", "port": sink.port, "security": "none", "connections": connections}

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *what):
        self.server.stop(patience=5)

    def enable(self, on):
        self.server.apply({"mail_server": {**self.wanted, "enabled": on}})

    def waiting(self):
        return Store(self.server.state).rows("SELECT count(*) AS n FROM mail_out WHERE state = 1")[0]["n"]

    def fill(self, mails):
        self.enable(False)
        pickup = self.server.state / "spool" / "pickup"
        for n in range(mails):
            fresh = self.server.folder / f"{n}.new"
            fresh.write_text(f"From: pbx@example.com\nTo: a{n}@sink.invalid\nSubject: {n}\n\n" + ("x" * 71 + "\n") * (SIZE // 72))
            fresh.chmod(0o644)
            os.rename(fresh, pickup / f"{n}")
        before = self.waiting
        wait_for(f"{mails} mails in our queue", lambda: before() == mails)

    def release(self):
        self.enable(True)


class Theirs(postfix.Postfix):
    MORE = """\
default_process_limit = 100
smtp_connection_cache_destinations = sink.invalid
smtp_destination_concurrency_limit = {n}
initial_destination_concurrency = {n}
smtp_destination_recipient_limit = 1
smtp_dns_support_level = disabled
"""

    def __init__(self, place, sink, connections):
        super().__init__(place, routes={"sink.invalid": sink.port})
        self.more = self.MORE.format(n=connections), "scache unix - - n - 1 scache\n"

    def fill(self, mails):
        self.set("defer_transports", "smtp")
        subprocess.run([SMTP_SOURCE, "-s", "5", "-m", str(mails), "-l", str(SIZE), "-f", "pbx@example.com", "-t",
                        "a@sink.invalid", f"inet:127.0.0.1:{self.port}"], check=True)
        deferred = self.folder / "queue" / "deferred"
        wait_for(f"{mails} mails in Postfix's queue",
                 lambda: sum(len(files) for _, _, files in os.walk(deferred)) == mails)

    def set(self, name, value):
        subprocess.run(["/usr/sbin/postconf", "-c", self.config, "-e", f"{name}={value}"], check=True)
        self.command("reload")

    def release(self):
        self.set("defer_transports", "")
        # As `postqueue -f` does; the queue manager is away for a moment when it reads its settings again.
        wait_for("Postfix's queue manager", lambda: subprocess.run(
            ["/usr/sbin/postkick", "-c", self.config, "public", "qmgr", "IDFA"], stderr=subprocess.DEVNULL).returncode == 0)


def one_round(side, sink, mails, connections):
    side.fill(mails)
    sink.ask("reset")
    side.release()
    wait_for(f"{type(side).__name__}: {mails} mails at the sink", lambda: sink.ask("look")[0] >= mails)
    taken, seconds, most = sink.ask("look")
    wait_for(f"{type(side).__name__}: an empty queue", lambda: side.waiting() == 0)
    if taken != mails or most > connections + 1:
        raise RuntimeError(f"{type(side).__name__}: {taken} mails of {mails} over {most} connections at once")
    return mails / seconds


def run(cases, note):
    without = postfix.missing()
    for case in cases:
        connections, delay_ms, mails = LOADS[case]
        with folder() as place, Sink(delay_ms) as sink, Ours(place, sink, connections) as ours, contextlib.ExitStack() as stack:
            theirs = None if without else stack.enter_context(Theirs(place, sink, connections))
            rates = {ours: [], theirs: []}
            for turn in range(ROUNDS + 1):
                for side in (ours, theirs) if turn % 2 else (theirs, ours):
                    if side is not None:
                        rate = one_round(side, sink, mails, connections)
                        rates[side] += [rate] if turn else []  # the first one warms up
            note(f"{case}: ours {spread(rates[ours])}" + (f", theirs {spread(rates[theirs])}" if theirs else f"; no peer, {without}"))
            yield Row("out", case, statistics.median(rates[ours]), "mails/s", "higher",
                      "Postfix " + theirs.version() if theirs else None,
                      statistics.median(rates[theirs]) if theirs else None)
