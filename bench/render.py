# SPDX-License-Identifier: AGPL-3.0-or-later
"""CPU time from a PDF to fax pages; bench/render.c measures, in C, because rendering happens in our own processes."""

import json
import subprocess
import tempfile

import office
from row import Row
from server import BUILD

CASES = ("1 page", "10 pages", "100 pages", "page coded", "page decoded", "docx")
PEERS = {"page coded": "libtiff", "page decoded": "libtiff", "docx": None}


def run(cases, note):
    if plain := [case for case in cases if case != "docx"]:
        yield from rows(plain)
    if "docx" in cases and not office.installed():
        note("docx: LibreOffice is not installed")
    elif "docx" in cases:
        with tempfile.NamedTemporaryFile(suffix=".docx") as file:
            file.write(office.docx(["The patient was seen on Monday with a persistent cough."] * 30))
            file.flush()
            yield from rows(["docx", file.name])


def rows(arguments):
    with subprocess.Popen([BUILD / "bench" / "bench-render", *arguments], stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            found = json.loads(line)
            yield Row("render", found["case"], found["ours"], "CPU ms", "lower",
                      PEERS.get(found["case"], "gs -sDEVICE=tiffg4"), found["theirs"])
    if program.returncode:
        raise RuntimeError(f"bench-render ended with {program.returncode}")
