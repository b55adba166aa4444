# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a test file of tests/e2e, tests/browser, tests/peer and tests/crash is written:

    import case

    @case.test
    # proves: S2.13
    def report_comes_by_mail(t):
        server = t.enter(Server())          # ended when the test ends
        t.equal(1, 1, "what is compared")

    case.main()

Run alone (`PYTHONPATH=tests/lib python3 tests/e2e/test_x.py [NAME…]`) or by ./check, it prints one line a test:
`ok NAME`, `failed NAME: why`, `skipped NAME: why`. Other lines, indented by two blanks, are notes for the reader."""

import contextlib
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

LONG = bool(os.environ.get("FAXPOST_LONG"))
_tests = []


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def test(function):
    _tests.append(function)
    return function


class Test:
    """What a test function gets: checks, clean-up, a folder of its own."""

    def __init__(self, stack):
        self.stack = stack

    def enter(self, manager):
        return self.stack.enter_context(manager)

    def later(self, function, *args):
        self.stack.callback(function, *args)

    def folder(self):
        # Short, for unix sockets take 107 characters; and open to the accounts that roles drop to. ./check's TMPDIR goes with
        # the run, whatever happens to us.
        path = tempfile.mkdtemp(prefix="fp-")
        os.chmod(path, 0o755)
        if not os.environ.get("FAXPOST_KEEP"):  # set it to look at what a failed test leaves
            self.later(shutil.rmtree, path, True)
        return pathlib.Path(path)

    def true(self, value, what):
        if not value:
            raise Failure(what)

    def equal(self, got, wanted, what):
        if got != wanted:
            raise Failure(f"{what}: {got!r} instead of {wanted!r}")

    def none(self, complaint):
        """For functions that return what is wrong, or None."""
        if complaint:
            raise Failure(complaint)

    def fail(self, what):
        raise Failure(what)

    def skip(self, why):
        raise Skip(why)

    def note(self, text):
        print("  " + text, flush=True)

    def wait(self, ready, what, seconds=60):
        """Until ready() is true; the limit only keeps a broken run from waiting for ever."""
        end = time.monotonic() + seconds
        while True:
            value = ready()
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(f"{what}: not within {seconds} s")
            time.sleep(0.05)

    def becomes(self, read, wanted, what, seconds=20):
        """What is read of something that is still on its way, as a page is."""
        end = time.monotonic() + seconds
        while (got := read()) != wanted and time.monotonic() < end:
            time.sleep(0.05)
        self.equal(got, wanted, what)


def run(function):
    try:
        with contextlib.ExitStack() as stack:
            function(Test(stack))
    except Skip as why:
        return "skipped", str(why)
    except Failure as why:
        where = traceback.extract_tb(why.__traceback__)
        line = next((f for f in reversed(where) if f.filename == sys.argv[0] or "/test_" in f.filename), where[-1])
        return "failed", f"{why} (line {line.lineno})"
    except Exception:  # a broken test is a failed test
        return "failed", traceback.format_exc()
    return "ok", ""


def main():
    """Runs the tests named on the command line, or all; the exit status is 1 where one failed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))  # through every clean-up
    names, failed = sys.argv[1:], False
    for function in _tests:
        if names and function.__name__ not in names:
            continue
        word, why = run(function)
        failed = failed or word == "failed"
        print(f"{word} {function.__name__}" + (": " + why.strip().replace("\n", "\\n") if why else ""), flush=True)
    sys.exit(1 if failed else 0)
