# SPDX-License-Identifier: AGPL-3.0-or-later
"""The three builds of one tree."""

import os
import shutil

from project import CHECKED, FUZZ, JOBS, PLAIN, ROOT, command, short
from result import FAILED, PASSED

# where: options, environment, targets
BUILDS = {
    PLAIN: ([], {}, []),
    # Compiled in two thirds of the time that -O2 needs; the warnings of -O2 are the plain build's.
    CHECKED: (["-Db_sanitize=address,undefined", "-Doptimization=1"], {}, []),
    # Warnings are gcc's business (the other builds); clang's own must not stop the fuzzing.
    FUZZ: (["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Doptimization=1", "-Db_lundef=false", "-Dwerror=false"],
           {"CC": "clang"}, ["fuzz"]),
}


def build(where, report, run=command):
    """True when the tree is built there."""
    options, env, targets = BUILDS[where]
    test = f"build/{short(where)}"
    env = {**os.environ, **env}
    if not (where / "build.ninja").exists():
        shutil.rmtree(where / "meson-private", ignore_errors=True)
        status, text = run(["meson", "setup", where, *options], env=env)
        if status:
            report.add(test, FAILED, errors(text))
            return False
    status, text = run(["ninja", "-C", where, f"-j{JOBS}", *targets], env=env)
    if status:
        report.add(test, FAILED, errors(text))
        return False
    report.add(test, PASSED)
    return True


def errors(text):
    """The lines from the first error on; the end where none says so."""
    lines = text.strip().splitlines()
    first = next((n for n, line in enumerate(lines) if "error:" in line or "ERROR" in line), None)
    return tail(text) if first is None else "\n".join(lines[first:first + 25])


def tail(text, lines=40):
    return "\n".join(text.strip().splitlines()[-lines:])


def database():
    """A compile_commands.json at the top for clangd."""
    link = ROOT / "compile_commands.json"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(PLAIN / "compile_commands.json")
