# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suite `unit`: the cmocka programs, each test function counted by itself. Those that have a store run twice, over SQLite and over
a PostgreSQL server that is started for them; the second run's tests end in /postgres."""

import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from project import CHECKED, ROOT, TESTS, command
from result import FAILED, PASSED, SKIPPED

sys.path.insert(0, str(TESTS / "lib"))
import postgres

NAME = "unit"
SECOND = "postgres"
SECONDS = 600  # a program that hangs; the slowest needs 75 s on a quiet machine
AT_ONCE = 3  # on two processors: those of calls and of PostgreSQL wait much
MACRO = re.compile(r"^#define (\w+)\(\w+\)\s+cmocka_unit_test.*\n", re.M)
OUTCOME = re.compile(r"\[\s*(FAILED|SKIPPED|OK)\s*\]")
CORPUS = ROOT.parent / "shared" / "corpus"  # real-world documents, where there are any
LINE = re.compile(r"^\[\s*(RUN|OK|FAILED|SKIPPED)\s*\] (?!\w+: )(\w+)", re.M)


def name_of(path):
    return path.stem.removeprefix("test_")


def programs():
    """{name: [test functions]}, from the sources: tests/unit, and the units among the tools of other suites."""
    return {name_of(path): registered(path.read_text()) for path in sorted(TESTS.rglob("test_*.c"))}


def registered(text):
    """Functions that main hands to cmocka, also by a macro of the file's own."""
    words = "|".join([r"cmocka_unit_test\w*", *MACRO.findall(text)])
    return re.findall(rf"\b(?:{words})\(\s*(\w+)", MACRO.sub("", text))


# A test of SQLite alone.
OTHERS = re.compile(r"^static void (\w+)\(void \*\*state\)\n\{\n(?:    [^;]*;\n)*?    store_needs_sqlite\(", re.M)
INCLUDE = re.compile(r'^#include "(\w+)\.h"$', re.M)


def has_store(path):
    """Asks store_place.h, itself or by a helper beside it."""
    seen, names = set(), {path.stem}
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        for suffix in (".c", ".h"):
            file = path.with_name(name + suffix)
            names |= set(INCLUDE.findall(file.read_text())) if file.exists() else set()
    return "store_place" in seen


def over_postgres():
    """Ids of the second run."""
    for path in sorted((TESTS / "unit").glob("test_*.c")):
        if has_store(path):
            text = path.read_text()
            yield from (f"{NAME}/{name_of(path)}/{test}/{SECOND}" for test in registered(text) if test not in OTHERS.findall(text))


def commands():
    """{name: what meson would run}"""
    listed = json.loads((CHECKED / "meson-info" / "intro-tests.json").read_text())
    return {entry["name"]: entry["cmd"] for entry in listed}


def discover():
    return [f"{NAME}/{program}/{test}" for program, tests in programs().items() for test in tests] + list(over_postgres())


def run(wanted, report, options):
    by_program = {}
    for test in wanted:
        second = test.endswith("/" + SECOND)
        by_program.setdefault((test.split("/")[1], second), []).append(test)
    with postgres.Server() if any(second for _, second in by_program) else nullcontext() as server:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda item: run_program(item[0][0], item[1], report, options, server if item[0][1] else None),
                          by_program.items()))


def run_program(program, wanted, report, options, server):
    arguments = commands().get(program)
    if not arguments:
        for test in wanted:
            report.add(test, FAILED, f"there is no test {program} in meson: is its row in meson.build missing?")
        return
    began = time.monotonic()
    env = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "STDOUT", "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
           "FAXPOST_CORPUS": os.environ.get("FAXPOST_CORPUS", str(CORPUS)),
           "FAXPOST_TESTS": "long" if options.long else "short",
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "FAXPOST_SOURCE": str(TESTS.parent),
           "FAXPOST_TEST_POSTGRES": str(server.folder) if server else ""}
    with tempfile.TemporaryDirectory() as folder:  # goes with what a program that hangs leaves
        os.chmod(folder, 0o711)  # for accounts that a program drops to
        status, text = command(arguments, timeout=SECONDS, env={**env, "TMPDIR": folder}, cwd=CHECKED)
    state, running = {}, None
    for word, test in LINE.findall(text):
        if word == "RUN":
            running = test
        state[test] = word
    for test in wanted:
        word = state.get(test.split("/")[2])
        if word == "OK":
            report.add(test, PASSED, quiet=True)
        elif word == "SKIPPED":
            report.add(test, SKIPPED, why_skipped(text, test))
        elif word is None:
            report.add(test, FAILED, f"did not run (the program ended with {status})")
        else:
            report.add(test, FAILED, reason(text, test))
    lost = status and not any(word == "FAILED" for word in state.values())
    if lost:
        # All functions said OK and the program still failed: a leak, or a crash at exit.
        report.add(f"{NAME}/{program}{'/whole/' + SECOND if server else ''}", FAILED, f"ended with {status} after {running}\n" + excerpt(text))
    report.note(f"  unit/{program}{' over PostgreSQL' if server else ''}: {sum(1 for w in state.values() if w == 'OK')} of"
                f" {len(wanted)} passed"
                f" ({time.monotonic() - began:.1f} s)")


def reason(text, test):
    """What the program printed while this test ran."""
    name = test.split("/")[2]
    match = re.search(rf"^\[ RUN\s*\] {name}\n(.*?)(?=^\[ RUN|^\[=====|\Z)", text, re.M | re.S)
    return excerpt(match.group(1) if match else text)


def why_skipped(text, test):
    said = re.search(r"^skipped: (.+)$", reason(text, test), re.M)
    return said.group(1) if said else ""


def excerpt(text, most=25):
    lines = [line for line in text.strip().splitlines() if line.strip() and not OUTCOME.match(line)]
    return "\n".join(lines[:most])
