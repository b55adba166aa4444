# SPDX-License-Identifier: AGPL-3.0-or-later
"""CPU time from a PDF to fax pages; bench/render.c measures, in C, because rendering happens in our own processes."""

import json
import subprocess

from row import Row
from server import BUILD

CASES = ("1 page", "10 pages", "100 pages", "page coded", "page decoded")
PEERS = {"page coded": "libtiff", "page decoded": "libtiff"}


def run(cases, note):
    with subprocess.Popen([BUILD / "bench" / "bench-render", *cases], stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            found = json.loads(line)
            yield Row("render", found["case"], found["ours"], "CPU ms", "lower",
                      PEERS.get(found["case"], "gs -sDEVICE=tiffg4"), found["theirs"])
    if program.returncode:
        raise RuntimeError(f"bench-render ended with {program.returncode}")
