# SPDX-License-Identifier: AGPL-3.0-or-later
"""./check: builds, runs the suites in order, counts. See doc/testing.md."""

import argparse
import concurrent.futures
import sys
import time
import traceback

import build
import fuzz
import mutants
import place
import rules
import script
import tree
import unit
from project import CHECKED, PLAIN
from result import FAILED, Report

BOTH = (PLAIN, CHECKED)
# name: (suite, builds it needs); cheap ones first, so that a slip is told early.
SUITES = {
    "tree": (tree, (PLAIN,)),
    "unit": (unit, (CHECKED,)),
    "e2e": (script.suite("e2e", at_once=5), BOTH),
    "browser": (script.suite("browser", at_once=2), (PLAIN,)),
    "peer": (script.suite("peer", at_once=3), BOTH),
    "crash": (script.suite("crash", at_once=3), BOTH),
    "fuzz": (fuzz, ()),
    "mutants": (mutants, ()),
}
LONG_ONLY = ("mutants",)
# These live by the clock of a telephone call: two modems, three servers and a browser on two processors now and then hear one
# another too late, which is no fault of theirs. Where a few fail they are run once more with nothing beside them; what fails
# then too has failed, and what passes is named as unsteady. More than a few is no accident.
TIMED, SECOND_CHANCES = ("e2e", "browser", "peer"), 3
# One phase after the other; the suites of a phase side by side, for most of them wait for faxes at the speed of a telephone
# line, and fuzz takes what they leave of the processor.
PHASES = (("tree",), ("unit",), ("e2e", "browser", "peer", "crash", "fuzz"), ("mutants",))


def arguments():
    parser = argparse.ArgumentParser(prog="./check", description="Builds Faxpost and runs its tests.",
                                     epilog="Suites: " + ", ".join(SUITES) + ". The last line says what was counted; "
                                     "the exit status is 0 when nothing failed.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="a suite, a program or file of it, or a single test: unit, unit/base, base, decimal_is_strict")
    parser.add_argument("--long", action="store_true",
                        help="the long form: 30 minutes a fuzz target, full kill runs, the mutants")
    parser.add_argument("--rules", action="store_true", help="list every rule with the tests that prove it")
    parser.add_argument("--list", action="store_true", help="list the tests, run nothing")
    parser.add_argument("--verbose", action="store_true", help="show what the tests themselves print")
    return parser.parse_args()


def matches(test, name):
    parts = test.split("/")
    return name == test or name in parts or test.startswith(name + "/")


def chosen(options):
    """{suite: [test ids]} of what was asked for."""
    found = {name: suite.discover() for name, (suite, _) in SUITES.items()}
    if not options.names:
        return {name: tests for name, tests in found.items() if options.long or name not in LONG_ONLY}
    for name in options.names:
        if name not in SUITES and not any(matches(t, name) for tests in found.values() for t in tests):
            sys.exit(f"./check: there is no suite, program or test called {name}; ./check --list names them all")
    return {suite: [t for t in tests if any(matches(t, name) for name in options.names)]
            for suite, tests in found.items()}


def run_suite(suite, tests, built, report, options):
    module, builds = SUITES[suite]
    if not all(built[where] for where in builds):
        report.note(f"{suite}: not run, for the build failed")
        return
    began = time.monotonic()
    report.note(suite)
    try:
        module.run(tests[suite], report, options)
    except Exception:  # the other suites still tell theirs
        report.add(f"{suite}/whole", FAILED, traceback.format_exc())
    report.note(f"  {suite} took {time.monotonic() - began:.0f} s")


def run_phase(suites, *rest):
    with concurrent.futures.ThreadPoolExecutor(max(1, len(suites))) as pool:
        list(pool.map(lambda suite: run_suite(suite, *rest), suites))


def run_again(report, options):
    """The second run of the few."""
    late = [test for test in report.failed() if test.split("/")[0] in TIMED]
    if not late or len(late) > SECOND_CHANCES:
        return
    report.note("again, alone: " + " ".join(late))
    for test in late:
        suite = test.split("/")[0]
        report.begin_again(test)
        SUITES[suite][0].run([test], report, options)


def main():
    options = arguments()
    sys.stdout.reconfigure(line_buffering=True)
    if options.rules:
        return rules.show()
    tests = {suite: wanted for suite, wanted in chosen(options).items() if wanted}
    if options.list:
        print("\n".join(t for wanted in tests.values() for t in wanted))
        return 0
    with place.made():
        return run(tests, options)


def run(tests, options):
    report, began = Report(), time.monotonic()
    report.note("build")
    needed = [where for where in BOTH if any(where in SUITES[suite][1] for suite in tests)]
    built = {where: build.build(where, report) for where in needed}
    build.database()
    for phase in PHASES:
        run_phase([suite for suite in phase if suite in tests], tests, built, report, options)
    run_again(report, options)
    report.keep(whole=not options.names)
    report.note(f"{time.monotonic() - began:.0f} s altogether")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
