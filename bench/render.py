# SPDX-License-Identifier: AGPL-3.0-or-later
"""CPU time and memory from a PDF to fax pages; bench/render.c measures, in C, because rendering happens in our own processes."""

import json
import subprocess
import tempfile

import office
from row import Row
from server import BUILD

DOCUMENTS = ("1 page", "10 pages", "100 pages", "docx")
CODING = ("page coded", "page decoded")
CASES = (*DOCUMENTS[:-1], *CODING, DOCUMENTS[-1], *(f"{name} memory" for name in DOCUMENTS))
GHOSTSCRIPT = "gs -sDEVICE=tiffg4"


def run(cases, note):
    for name in DOCUMENTS[:-1]:
        yield from document(name, cases, [name])
    if coding := [case for case in cases if case in CODING]:
        for found in measured(coding):
            yield Row("render", found["case"], found["ours"], "CPU ms", "lower", "libtiff", found["theirs"])
    if not {"docx", "docx memory"} & set(cases):
        return
    if not office.installed():
        note("docx: LibreOffice is not installed")
        return
    with tempfile.NamedTemporaryFile(suffix=".docx") as file:
        file.write(office.docx(["The patient was seen on Monday with a persistent cough."] * 30))
        file.flush()
        yield from document("docx", cases, ["docx", file.name])


def document(name, cases, arguments):
    """A program for each, because the system tells the most memory of any process that it waited for."""
    wanted = [case for case in (name, f"{name} memory") if case in cases]
    for found in measured(arguments) if wanted else ():
        peer = GHOSTSCRIPT if found["theirs"] is not None else None
        if name in wanted:
            yield Row("render", name, found["ours"], "CPU ms", "lower", peer, found["theirs"])
        if f"{name} memory" in wanted:
            yield Row("render", f"{name} memory", found["our_mb"], "MB at most", "lower", peer, found["their_mb"])


def measured(arguments):
    with subprocess.Popen([BUILD / "bench" / "bench-render", *arguments], stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            yield json.loads(line)
    if program.returncode:
        raise RuntimeError(f"bench-render ended with {program.returncode}")
