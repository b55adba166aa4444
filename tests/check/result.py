# SPDX-License-Identifier: AGPL-3.0-or-later
"""What became of each test: printed as it happens, counted, and kept for `./check --rules`."""

import json
import threading

from project import RESULTS

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class Report:
    def __init__(self):
        self.results = {}  # id -> {"outcome", "why"}
        self.first_tries = {}  # id -> why it failed the first time
        self.lock = threading.Lock()

    def add(self, test, outcome, why="", quiet=False):
        """`quiet` leaves a passed test out of what is printed: the caller prints one line for many. A test that is skipped says
        why, or it failed."""
        if outcome == SKIPPED and not why.strip():
            outcome, why = FAILED, "was skipped and does not say why"
        with self.lock:
            self.results[test] = {"outcome": outcome, "why": why}
            if outcome == PASSED and quiet:
                return
            line = f"  {outcome:7} {test}"
            if why and outcome != PASSED:
                line += ": " + why.strip().replace("\n", "\n      ")
            elif why:
                line += f" ({why})"
            print(line, flush=True)

    def note(self, text):
        with self.lock:
            print(text, flush=True)

    def failed(self):
        return sorted(test for test, result in self.results.items() if result["outcome"] == FAILED)

    def begin_again(self, test):
        self.first_tries[test] = self.results[test]["why"]

    def count(self, outcome):
        return sum(1 for r in self.results.values() if r["outcome"] == outcome)

    def end(self):
        """Prints the closing lines; the exit status."""
        for test, why in sorted(self.first_tries.items()):
            if self.results[test]["outcome"] == PASSED:
                print(f"unsteady: {test} passed only alone; beside the others: {' '.join(why.split())[:400]}")
        for test in self.failed():
            print(f"failed: {test}")
        line = f"{self.count(PASSED)} passed, {self.count(FAILED)} failed"
        if self.count(SKIPPED):
            line += f", {self.count(SKIPPED)} skipped"
        print(line, flush=True)
        return 1 if self.count(FAILED) or not self.count(PASSED) else 0

    def keep(self, whole):
        """A whole run replaces what is known, a partial one only what it ran."""
        known = {} if whole else load()
        known.update(self.results)
        RESULTS.parent.mkdir(exist_ok=True)
        new = RESULTS.with_suffix(".new")
        new.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        new.rename(RESULTS)


def load():
    try:
        return json.loads(RESULTS.read_text())
    except (OSError, ValueError):
        return {}
