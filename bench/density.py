# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a call costs, and how many there can be at once. Faxpost calls itself: both ends of each call run here, and the
CPU time is that of the processes line, call and queue together, for one second of one call with its two ends."""

import collections
import os
import pathlib
import re
import time

import mail
import pdf
import provision
from accept import folder
from row import Row
from server import Server
from store import Store

CASES = ("t38 cpu", "t38 calls", "audio cpu", "audio calls", "t38 memory", "audio memory")
PAGES = 1  # about half a minute at 14400 bit/s
CPU_CALLS = {"t38": 200, "audio": 60}
# Tried from the top; the two ends of a call are two of max_calls, which ends at 4000.
LADDERS = {"t38": (1500, 1200, 1000, 800, 650, 500, 400, 300, 200, 100, 50),
           "audio": (800, 650, 500, 400, 300, 200, 100, 50)}
CALLS_PER_PROCESS = 100
# Few as a crash should end few calls, many as they cost less.
PROCESS_SIZES = (8, 64)
MEMORY_CALLS = (16, 80)  # few and many: what a call takes is the difference
ROUNDS = 2  # that have to go well: a failure may be rare
RECIPIENTS = 50  # of one mail
SECONDS = 900
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(server):
    """User and system time of line, call and queue so far."""
    total = 0
    for name, pid in server.roles():
        if name.split(".")[0] in ("line", "call", "queue"):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def machine_seconds():
    """(idle, all) of all processors together so far."""
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (fields[3] + fields[4]) / TICKS, sum(fields) / TICKS


def memory_kb(server):
    """{role: kB}; a process' proportional share, so that what processes share counts once."""
    found = collections.Counter()
    for name, pid in server.roles():
        role = name.split(".")[0]
        if role in ("line", "call", "queue"):
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            found[role] += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])
    return found


class Calls:
    """Results of `count` calls that began together; per_process of their ends in a process, with room for
    that many calls."""

    def __init__(self, mode, count, per_process=CALLS_PER_PROCESS, room=0):
        self.memory = collections.Counter()  # kB, the most that was seen
        with folder() as place:
            settings = {"max_calls": 2 * max(count, room), "calls_per_process": per_process, "log_level": "warning"}
            with Server(place, settings=settings) as server:
                self.go(server, mode, count)

    def go(self, server, mode, count):
        numbers = [f"+49302{n:06}" for n in range(count)]
        server.apply(provision.example(server.port("sip")[1], t38=mode == "t38", more_numbers=["+49302*"]))
        store = Store(server.state)
        before, idle_before = cpu_seconds(server), machine_seconds()
        for at in range(0, count, RECIPIENTS):
            to = [f"{number}@front.{provision.DOMAIN}" for number in numbers[at:at + RECIPIENTS]]
            message = mail.make(provision.FRONT, to[0], [("a.pdf", "application/pdf", pdf.make(PAGES, document=at))])
            mail.send(server.port("smtp"), message, recipients=to)
        jobs = self.wait(server, store, count)
        self.cpu = cpu_seconds(server) - before
        idle, whole = (now - then for now, then in zip(machine_seconds(), idle_before))
        self.idle = idle / whole
        attempts = [a for a in store.attempts() if a["job"]]
        self.seconds = sum(a["ended_ms"] - a["answered_ms"] for a in attempts if a["answered_ms"] and a["ended_ms"]) / 1000
        self.at_once = most_at_once(attempts)
        good = sum(j["state"] == "done" and j["confirmed"] == PAGES for j in jobs)
        first = sum(a["code"] in ("", "done") and a["mode"] == mode for a in attempts)
        self.codes = collections.Counter(f"{a['mode'] or 'no media'}: {a['code'] or a['state']}" for a in attempts)
        self.far = collections.Counter(f"{a['mode'] or 'no media'}: {a['code'] or a['state']}"
                                       for a in store.attempts() if a["fax"])
        self.failures = max(count - good, len(attempts) - count, count - first)
        self.reasons = {a["reason"] for a in attempts if a["code"]}

    def wait(self, server, store, count):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(1)
            self.memory = max(self.memory, memory_kb(server), key=lambda m: sum(m.values()))
            jobs = store.jobs()
            over = len(jobs) == count and all(j["state"] not in ("waiting", "calling") for j in jobs)
            # After a failure there is nothing to wait for: the job is tried again, minutes later.
            if over or any(a["code"] for a in store.attempts() if a["job"]):
                return jobs
        raise RuntimeError(f"{count} calls did not end within {SECONDS} s; log: {server.log_tail()}")


def most_at_once(attempts):
    moments = [(a["answered_ms"], 1) for a in attempts if a["answered_ms"]]
    moments += [(a["ended_ms"], -1) for a in attempts if a["answered_ms"] and a["ended_ms"]]
    now = most = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most


def cpu(mode, note):
    for size in PROCESS_SIZES:
        calls = Calls(mode, CPU_CALLS[mode], size)
        tell(f"{mode}, {size} a process", CPU_CALLS[mode], calls, note)
        # After a failure the calls were not waited for: what they cost is not known.
        ours = None if calls.failures else calls.cpu * 1000 / calls.seconds
        yield Row("density", f"{mode} cpu, {size} a process", ours, "CPU-ms per call-second", "lower")


def memory(mode, note):
    """A call's two legs take what many calls need more than few, with as many processes."""
    few, many = MEMORY_CALLS
    for size in PROCESS_SIZES:
        taken = []
        for count in (few, many):
            calls = Calls(mode, count, size, many)
            tell(f"{mode}, {size} a process", count, calls, note)
            note(f"  kB: {', '.join(f'{role} {kb}' for role, kb in calls.memory.items())}")
            taken.append(None if calls.failures else sum(calls.memory.values()))
        ours = (taken[1] - taken[0]) / (2 * (many - few)) if None not in taken else None
        yield Row("density", f"{mode} memory, {size} a process", ours, "kB more for each leg", "lower")


def tell(mode, count, calls, note):
    cost = "" if calls.failures else f", {calls.cpu * 1000 / calls.seconds:.2f} CPU-ms per call-second"
    note(f"{mode}: {count} calls, {calls.at_once} at once, {calls.failures or 'no'} failures{cost}; "
         f"the machine was {calls.idle:.0%} idle, its load {os.getloadavg()[0]:.0f}")
    if calls.failures:
        for end, codes in (("calling", calls.codes), ("called", calls.far)):
            note(f"  {end} end: {', '.join(f'{n} {code}' for code, n in codes.items())}")
        note(f"  {'; '.join(sorted(calls.reasons))}")


def bears(mode, count, note):
    """How many were up at once where all went well, ROUNDS times; None where a single one did not."""
    at_once = []
    for _ in range(ROUNDS):
        calls = Calls(mode, count)
        tell(mode, count, calls, note)
        if calls.failures:
            return None
        at_once.append(calls.at_once)
    return min(at_once)


def most(mode, note):
    for count in LADDERS[mode]:
        at_once = bears(mode, count, note)
        if at_once is not None:
            if count == LADDERS[mode][0]:
                note(f"{mode}: more than {count} calls are not tried, the limit may be higher")
            return Row("density", f"{mode} calls", at_once, "calls at once", "higher")
    return Row("density", f"{mode} calls", None, "calls at once", "higher")


def run(cases, note):
    for case in cases:
        mode, what = case.split()
        if what == "calls":
            yield most(mode, note)
        else:
            yield from (cpu if what == "cpu" else memory)(mode, note)
