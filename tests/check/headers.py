# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each header of src/ compiles by itself, so that the order of includes never matters."""

import json
import os
import shlex
import tempfile
from concurrent.futures import ThreadPoolExecutor

from project import JOBS, PLAIN, SRC, command, short


def flags():
    """Include paths and macros of the whole build: a header may name any library its room is built with."""
    kept = []
    for entry in json.loads((PLAIN / "compile_commands.json").read_text()):
        for word in shlex.split(entry["command"]):
            if word.startswith(("-I", "-D", "-isystem")) and word not in kept and not word.endswith(".p"):
                kept.append(word)
    return [f for f in kept if not f.startswith("-D_FORTIFY_SOURCE")]


def first_error(text):
    return next((line for line in text.splitlines() if "error" in line), text.strip())


def check():
    options = flags()
    with tempfile.NamedTemporaryFile(suffix=".c") as empty:

        def alone(header):
            status, text = command(["gcc", "-std=gnu17", "-fsyntax-only", *options, f"-I{SRC}",
                                    "-include", header, empty.name], cwd=PLAIN, env={**os.environ, "LC_ALL": "C"})
            return [f"{short(header)} does not compile alone: {first_error(text)}"] if status else []

        with ThreadPoolExecutor(JOBS) as pool:
            return [c for found in pool.map(alone, sorted(SRC.rglob("*.h"))) for c in found]
