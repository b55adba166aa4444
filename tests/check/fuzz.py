# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suite `fuzz`: each tests/fuzz/fuzz_*.c against its kept corpus, with libFuzzer under ASan and UBSan. New inputs
go to build-fuzz/corpus and stay there for the next run; a crash is left in build-fuzz/crashes and named."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import build
from project import FUZZ, JOBS, TESTS, command, short
from result import FAILED, PASSED

NAME = "fuzz"
EACH = 20  # seconds a target
ALTOGETHER = 90  # seconds of wall clock for all of them in a short run: the targets share this
LONG = 1800
# Behind the others also where the kernel shares processors among sessions before it looks at priorities (sched(7), autogroup): the
# other suites' programs have sessions of their own.
BEHIND = ("sh", "-c", '{ echo 10 > /proc/self/autogroup; } 2>/dev/null; exec "$@"', "sh")


def targets():
    return [path.stem.removeprefix("fuzz_") for path in sorted((TESTS / "fuzz").glob("fuzz_*.c"))]


def discover():
    return [f"{NAME}/{target}" for target in targets()]


def run(wanted, report, options):
    """In a thread of its own, whose priority all it starts inherits: nothing else waits for it."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if not build.build(FUZZ, report, run=behind):
        return
    rounds = -(-len(wanted) // JOBS)
    seconds = LONG if options.long else max(1, min(EACH, ALTOGETHER // rounds))
    if seconds < EACH:
        report.note(f"  {seconds} s a target instead of {EACH}: {len(wanted)} targets share {ALTOGETHER} s")
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(lambda test: run_target(test, seconds, report), wanted))


def behind(args, **kw):
    return command([*BEHIND, *args], start_new_session=True, **kw)


def run_target(test, seconds, report):
    target = test.split("/")[1]
    program = FUZZ / "tests" / "fuzz" / f"fuzz-{target}"
    if not program.exists():
        report.add(test, FAILED, f"{program.name} was not built: is its row in tests/fuzz/meson.build missing?")
        return
    seeds, found, crashes = TESTS / "fuzz" / "corpus" / target, FUZZ / "corpus" / target, FUZZ / "crashes"
    found.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    kept = [path for path in sorted(seeds.glob("*"))] if seeds.is_dir() else []
    if not kept:
        report.add(test, FAILED, f"no corpus: put a few small seeds into {short(seeds)}")
        return
    env = {**os.environ, "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
           "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1"}
    options = [f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=1024", "-print_final_stats=1",
               f"-artifact_prefix={crashes}/{target}-"]
    words = TESTS / "fuzz" / f"{target}.dict"
    if words.exists():
        options.append(f"-dict={words}")
    status, text = behind([program, *options, found, seeds], timeout=seconds + 120, env=env)
    runs = re.search(r"number_of_executed_units:\s*(\d+)", text)
    if status == 0 and runs and int(runs.group(1)) > len(kept):
        report.add(test, PASSED, f"{int(runs.group(1)):,} inputs in {seconds} s")
    else:
        lines = [line for line in text.splitlines() if re.search(r"ERROR|SUMMARY|runtime error|artifact|#[0-6] |=={2,}", line)]
        report.add(test, FAILED, "\n".join(lines[:20]) or build.tail(text, 15))
