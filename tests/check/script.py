# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suites `e2e`, `peer` and `crash`: Python programs tests/<suite>/test_*.py, most on top of tests/lib/case.py. Each prints
one line a test - `ok NAME`, `failed NAME: why`, `skipped NAME: why` - and runs only the tests named to it."""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import threading

from project import CHECKED, PLAIN, ROOT, TESTS
from result import FAILED, PASSED, SKIPPED

# Under @case.test, or by the name test_…, which is then left away.
REGISTERED = re.compile(r"^(?:@case\.test[^\n]*\n(?:[@#].*\n)*def |def test_)(\w+)\(", re.M)
LINE = re.compile(r"^(ok|failed|skipped) (\w+)(?:: (.*))?$")
OUTCOME = {"ok": PASSED, "failed": FAILED, "skipped": SKIPPED}
LONG = re.compile(r"^# long: begun first$", re.M)
SECONDS = {False: 900, True: 3 * 3600}  # for one file; the long form repeats more, and lets one soak for two hours


class Suite:
    def __init__(self, name, at_once=1):
        """at_once: files that run side by side; theirs is mostly waiting, for faxes at the speed of a telephone line."""
        self.name = name
        self.at_once = at_once

    def files(self):
        return sorted((TESTS / self.name).glob("test_*.py"))

    def discover(self):
        return [f"{self.name}/{path.stem.removeprefix('test_')}/{test}"
                for path in self.files() for test in REGISTERED.findall(path.read_text())]

    def run(self, wanted, report, options):
        by_file = {}
        for test in wanted:
            by_file.setdefault(test.split("/")[1], []).append(test)
        longest_first = sorted(by_file.items(), key=lambda item: (not is_long(item[0], self.name), -len(item[1])))
        with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
            list(pool.map(lambda item: self.run_file(*item, report, options), longest_first))

    def run_file(self, name, wanted, report, options):
        path = TESTS / self.name / f"test_{name}.py"
        env = {**os.environ, "FAXPOST_BUILD": str(PLAIN), "FAXPOST_BUILD_CHECKED": str(CHECKED),
               "FAXPOST_LONG": "1" if options.long else "", "PYTHONPATH": f"{TESTS / 'lib'}:{TESTS / self.name}"}
        process = subprocess.Popen(["/usr/bin/python3", "-B", str(path), *[t.split("/")[2] for t in wanted]],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   cwd=ROOT, env=env, start_new_session=True, text=True, errors="replace")
        late = threading.Timer(SECONDS[options.long], end_session, [process])
        late.start()
        open_tests, other = set(wanted), []
        for line in process.stdout:
            match = LINE.match(line.rstrip("\n"))
            test = f"{self.name}/{name}/{match.group(2)}" if match else None
            if test in open_tests:
                open_tests.discard(test)
                why = (match.group(3) or "").replace("\\n", "\n")
                report.add(test, OUTCOME[match.group(1)], why)
            else:
                other.append(line)
                if options.verbose or line.startswith("  "):
                    report.note("    " + line.rstrip())
        cost = end_of(process)
        late.cancel()
        end_session(process)
        for test in sorted(open_tests):
            report.add(test, FAILED, f"said nothing (the program ended with {process.returncode})\n"
                       + "".join(other[-15:]))
        report.note(f"  {self.name}/{name} cost {cost:.0f} s of a processor")


def end_of(process):
    """Seconds of a processor that it and all it waited for have used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def is_long(name, suite_name):
    """Of few tests that take minutes each: what begins last would be waited for."""
    return LONG.search((TESTS / suite_name / f"test_{name}.py").read_text()) is not None


def end_session(process):
    """Whatever the tests started is in their session; nothing of it outlives them."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def suite(name, at_once=1):
    return Suite(name, at_once)


def source(test):
    """The file that holds a test of these suites."""
    suite_name, name, _ = test.split("/")
    return pathlib.Path(TESTS / suite_name / f"test_{name}.py")
