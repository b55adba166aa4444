# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where things are in the tree, and one way to run a command."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
TESTS = ROOT / "tests"
DOC = ROOT / "doc"
PLAIN = ROOT / "build"  # what ./run starts
CHECKED = ROOT / "build-check"  # the same under ASan and UBSan
FUZZ = ROOT / "build-fuzz"  # clang, coverage instrumentation for libFuzzer
RESULTS = CHECKED / "results.json"
JOBS = 2


def command(args, timeout=None, **kw):
    """Runs to the end; returns (exit status, both outputs as text). 124 stands for a run over its time."""
    try:
        done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=timeout, cwd=kw.pop("cwd", ROOT), **kw)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode("utf-8", "replace") + f"\nstill running after {timeout} s"


def sources(*suffixes, under=("src", "tests", "bench")):
    """The project's own files with one of these suffixes, in order."""
    found = []
    for folder in under:
        for suffix in suffixes:
            found += (ROOT / folder).rglob("*" + suffix)
    return sorted(found)


def short(path):
    return str(pathlib.Path(path).relative_to(ROOT))
