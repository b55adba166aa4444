# SPDX-License-Identifier: AGPL-3.0-or-later
"""CPU time to find out who sent a mail; bench/verify.c measures, in C, with the DNS's answers at hand."""

import json
import subprocess

from row import Row
from server import BUILD

CASES = ("relaxed 100 kB", "simple 100 kB", "relaxed 10 MB")


def run(cases, note):
    with subprocess.Popen([BUILD / "bench" / "bench-verify", *cases], stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            found = json.loads(line)
            yield Row("verify", found["case"], found["ours"], "CPU ms", "lower", "libopendkim", found["theirs"])
    if program.returncode:
        raise RuntimeError(f"bench-verify ended with {program.returncode}")
