# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suite `mutants`, part of the long run: each tests/mutants/*.patch breaks one thing that must not break, and the
tests it names must notice. A patch begins with two lines of prose:

    what: the directory is not synced after a blob got its name
    caught by: unit/blobs crash/powercut

The tree is copied to build-mutants, so the tree that is being worked on never holds a mutant."""

import json
import shutil
import subprocess

from project import ROOT, TESTS, command, short
from result import FAILED, PASSED

NAME = "mutants"
FOLDER = TESTS / "mutants"
COPY = ROOT / "build-mutants"
SECONDS = 1800


def patches():
    return sorted(FOLDER.glob("*.patch"))


def discover():
    return [f"{NAME}/{path.stem}" for path in patches()]


def header(path, word):
    for line in path.read_text().splitlines():
        if line.startswith(word + ":"):
            return line.split(":", 1)[1].strip()
        if line.startswith(("---", "diff ")):
            break
    return ""


def copy_tree():
    """The tree's files as git sees them; build folders stay, so that only what a patch touches is built anew."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            stdout=subprocess.PIPE, check=True).stdout.split(b"\0")
    names = {name.decode() for name in listed if name} - {""}
    for name in sorted(names):
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)  # with a time of its own, so that ninja sees the change back as well
    for old in [p for p in COPY.rglob("*") if p.is_file() and p.relative_to(COPY).parts[0] in ("src", "tests")]:
        if str(old.relative_to(COPY)) not in names:
            old.unlink()


def check_in_copy(names):
    """Runs the named tests in the copy; {test: outcome}."""
    (COPY / "build-check" / "results.json").unlink(missing_ok=True)
    _, text = command(["/usr/bin/python3", "-B", "tests/check/main.py", *names], timeout=SECONDS, cwd=COPY)
    try:
        kept = json.loads((COPY / "build-check" / "results.json").read_text())
    except (OSError, ValueError):
        kept = {}
    return {test: r["outcome"] for test, r in kept.items()}, text


def run(wanted, report, options):
    copy_tree()
    sound = {}  # caught-by words -> whether they pass without a mutant
    for test in wanted:
        path = FOLDER / (test.split("/")[1] + ".patch")
        names = header(path, "caught by")
        if not header(path, "what") or not names:
            report.add(test, FAILED, f"{short(path)} does not begin with `what:` and `caught by:`")
            continue
        if names not in sound:
            outcomes, text = check_in_copy(names.split())
            sound[names] = bool(outcomes) and FAILED not in outcomes.values()
            if not sound[names]:
                report.note("    " + "\n    ".join(text.splitlines()[-5:]))
        if not sound[names]:
            report.add(test, FAILED, f"{names} does not pass without the mutant, so it proves nothing")
            continue
        report.add(test, *try_mutant(path, names))


def try_mutant(path, names):
    status, text = command(["git", "apply", "--unsafe-paths", f"--directory={COPY.name}", path])
    if status:
        return FAILED, f"does not apply any more: {text.strip().splitlines()[0]}"
    try:
        outcomes, text = check_in_copy(names.split())
    finally:
        copy_tree()
    if any(o == FAILED for t, o in outcomes.items() if t.startswith("build/")):
        return FAILED, "does not build:\n" + text
    caught = sorted(t for t, o in outcomes.items() if o == FAILED)
    if not caught:
        return FAILED, f"lived: {header(path, 'what')} - and {names} passed"
    return PASSED, "caught by " + ", ".join(caught[:3])
