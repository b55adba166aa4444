# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails accepted durably in a second: Faxpost's mailin and queue beside Postfix. Both sync before 250, on the same file
system; both only accept: Postfix puts mails on hold, our convert is stopped. The load is Postfix's own smtp-source, one
connection a mail."""

import contextlib
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

import postfix
import provision
from row import Row, spread
from server import Server
from store import Store

# case: (sessions, bytes, mails a round)
LOADS = {
    "1 session, 5 kB": (1, 5120, 300),
    "10 sessions, 5 kB": (10, 5120, 800),
    "50 sessions, 5 kB": (50, 5120, 800),
    "10 sessions, 500 kB": (10, 512000, 80),
}
CASES = tuple(LOADS)
ROUNDS = 7
SMTP_SOURCE = "/usr/sbin/smtp-source"


@contextlib.contextmanager
def folder():
    """On a disk: /tmp may be memory, where a sync costs nothing."""
    path = tempfile.mkdtemp(prefix="fp-bench-", dir="/var/tmp")
    os.chmod(path, 0o755)  # for the accounts that roles drop to
    try:
        yield pathlib.Path(path)
    finally:
        shutil.rmtree(path, True)


class Ours:
    def __init__(self, place):
        self.server = Server(place / "faxpost", settings={"smtp_max_per_client": 500})
        self.server.folder.mkdir()
        self.sender, self.recipient = provision.FRONT, f"200@front.{provision.DOMAIN}"

    def __enter__(self):
        try:
            self.server.start()
        except RuntimeError:
            self.server.stop(patience=5)
            raise
        self.server.apply(provision.example(self.server.port("sip")[1]))
        self.convert(signal.SIGSTOP)
        self.port = self.server.port("smtp")[1]
        return self

    def __exit__(self, *what):
        self.convert(signal.SIGCONT)
        self.server.stop(patience=5)

    def convert(self, number):
        for name, pid in self.server.roles():
            if name.startswith("convert."):
                os.kill(pid, number)

    def accepted(self):
        return Store(self.server.state).rows("SELECT count(*) AS n FROM mail_in")[0]["n"]


class Theirs(postfix.Postfix):
    sender, recipient = "front@bench.invalid", "back@bench.invalid"


def one_round(side, load):
    """Mails in a second; raises unless every one of them is in that side's store."""
    sessions, size, mails = load
    before = side.accepted()
    began = time.monotonic()
    subprocess.run([SMTP_SOURCE, "-s", str(sessions), "-m", str(mails), "-l", str(size), "-f", side.sender,
                    "-t", side.recipient, f"inet:127.0.0.1:{side.port}"], check=True)
    seconds = time.monotonic() - began
    taken = side.accepted() - before
    if taken != mails:
        raise RuntimeError(f"{type(side).__name__}: {mails} mails were sent and {taken} are stored")
    return mails / seconds


def compare(case, ours, theirs, note):
    rates = {ours: [], theirs: []}
    for turn in range(ROUNDS + 1):
        for side in (ours, theirs) if turn % 2 else (theirs, ours):
            if side is not None:
                rate = one_round(side, LOADS[case])
                rates[side] += [rate] if turn else []  # the first one warms up
    note(f"{case}: ours {spread(rates[ours])}" + (f", theirs {spread(rates[theirs])}" if theirs else ""))
    return Row("accept", case, statistics.median(rates[ours]), "mails/s", "higher",
               "Postfix " + theirs.version() if theirs else None,
               statistics.median(rates[theirs]) if theirs else None)


def run(cases, note):
    without = postfix.missing()
    if not os.path.exists(SMTP_SOURCE):
        raise SystemExit("bench/run: accept needs smtp-source (apt-get install postfix)")
    with folder() as place, Ours(place) as ours, contextlib.ExitStack() as stack:
        theirs = None if without else stack.enter_context(Theirs(place))
        if without:
            note(f"accept: no peer, {without}")
        for case in cases:
            yield compare(case, ours, theirs, note)
