# SPDX-License-Identifier: AGPL-3.0-or-later
"""CPU time to verify the OpenPGP signature of a mail's 100 kB; bench/pgp.c does it as a convert worker does, from the armored key
on. gpgv, which others call for that, is a process a mail."""

import os
import resource
import statistics
import subprocess

from accept import folder
from row import Row
from server import BUILD

# case: gpg's algorithm
CASES = {"ed25519 100 kB": "ed25519", "rsa 2048 100 kB": "rsa2048"}
ROUNDS, RUNS = 5, 20


def gpg(home, *arguments):
    return subprocess.run(["gpg", "--batch", "--quiet", "--no-tty", "--yes", "--homedir", home, "--pinentry-mode", "loopback",
                           "--passphrase", "", *arguments], check=True, capture_output=True).stdout


def theirs(home, paths):
    """CPU-ms of one gpgv."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(RUNS):
        subprocess.run(["gpgv", "--homedir", home, "--keyring", paths["ring"], paths["signature"], paths["data"]], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000 / RUNS


def run(cases, note):
    with folder() as place:
        os.chmod(place, 0o700)
        try:
            for case in cases:
                home = place / CASES[case]
                home.mkdir(0o700)
                paths = {name: str(home / name) for name in ("key", "ring", "data", "signature")}
                gpg(home, "--quick-gen-key", "ann@example.com", CASES[case], "default", "never")
                (home / "key").write_bytes(gpg(home, "--armor", "--export"))
                (home / "ring").write_bytes(gpg(home, "--export"))
                (home / "data").write_bytes((b"Content-Type: text/plain" + b"x" * 70 + b"\r\n") * 1060)
                (home / "signature").write_bytes(gpg(home, "--armor", "--detach-sign", "--output", "-", paths["data"]))
                ours = subprocess.run([BUILD / "bench" / "bench-pgp", paths["key"], paths["data"], paths["signature"]],
                                      check=True, capture_output=True, text=True).stdout
                yield Row("pgp", case, float(ours), "CPU ms", "lower", "gpgv, a process each",
                          statistics.median(theirs(home, paths) for _ in range(ROUNDS)))
        finally:
            for case in cases:
                subprocess.run(["gpgconf", "--homedir", place / CASES[case], "--kill", "all"], check=False)
