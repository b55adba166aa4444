# SPDX-License-Identifier: AGPL-3.0-or-later
"""The power-cut library itself, on a small program and on SQLite: what is synced rightly is never lost, and each step
left out is noticed. A crash test that cannot fail would prove nothing."""

import os
import pathlib
import re
import sqlite3
import subprocess


import case
from powercut import Disk, File, PowerCut, library, said_with_events

PROBE = library().parent / "powercut-probe"
COUNT = 3


def probe(t, word="", **plan):
    """Runs the probe; (cut, numbers it acknowledged, its output)."""
    folder = t.folder()
    (folder / "root").mkdir()
    cut = PowerCut(folder / "root", folder, size=4 << 20, **plan)
    done = subprocess.run([PROBE, folder / "root", str(COUNT), word], env={**os.environ, **cut.env()},
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return cut, [int(n) for n in re.findall(r"^ack (\d+)$", done.stdout, re.M)], done


def lost(t, cut, acknowledged, model="strict", seed=0):
    """Acknowledged files that the disk does not hold whole."""
    tree = t.folder() / "disk"
    disk = Disk(cut)
    disk.play()
    disk.write_to(tree, model, seed)
    missing = []
    for n in acknowledged:
        path = tree / f"mail-{n}"
        if not path.exists() or path.read_text() != f"content of {n}":
            missing.append(n)
    return missing


def losses(t, word):
    """Stops the probe before each of its events; how many stops lost something acknowledged."""
    events, _, _ = probe(t, word)
    bad = 0
    for stop in range(1, events.events + 2):
        cut, acknowledged, _ = probe(t, word, stop_at=stop)
        t.equal(cut.dead, stop <= events.events, f"power off at event {stop}")
        bad += bool(lost(t, cut, acknowledged))
    return bad


@case.test
def right_order_loses_nothing_at_any_event(t):
    cut, acknowledged, _ = probe(t)
    t.equal(acknowledged, list(range(COUNT)), "acknowledged")
    # mkdir; and for each file: create, two writes, sync, rename, sync of the folder
    t.equal(cut.events, 1 + 6 * COUNT, "events")
    t.equal(losses(t, ""), 0, "stops that lost something")


@case.test
def rename_by_syscall_number_is_seen(t):
    cut, _, _ = probe(t, "by-number")
    t.equal(sum(1 for e in cut.entries() if e[1] == "rename"), COUNT, "renames in the journal")
    t.equal(losses(t, "by-number"), 0, "stops that lost something")


@case.test
def missing_fsync_is_noticed(t):
    t.true(losses(t, "no-fsync") > 0, "nothing was lost without fsync")


@case.test
def missing_folder_sync_is_noticed(t):
    t.true(losses(t, "no-dirsync") > 0, "nothing was lost without a sync of the folder")


@case.test
def any_dropped_sync_is_noticed(t):
    whole, _, _ = probe(t)
    for number in range(1, whole.syncs + 1):
        bad = 0
        for stop in range(1, whole.events + 2):
            cut, acknowledged, _ = probe(t, drop_sync=number, stop_at=stop)
            bad += bool(lost(t, cut, acknowledged))
        t.true(bad, f"nothing was lost without sync {number} of {whole.syncs}")


@case.test
def half_written_file_shows_in_the_random_model(t):
    """Renamed before its second half was written: some seed must show a name with half a content."""
    cut, _, _ = probe(t, "rename-first", stop_at=6)
    found = set()
    for seed in range(40):
        tree = t.folder() / "disk"
        disk = Disk(cut)
        disk.play()
        disk.write_to(tree, "random", seed)
        found |= {p.read_text() for p in tree.glob("mail-0")}
    t.true("content of 0" not in found and found, f"contents seen: {found}")


@case.test
def failing_disk_is_told_to_the_program(t):
    for error, text in (("EIO", "Input/output error"), ("ENOSPC", "No space left on device")):
        cut, acknowledged, done = probe(t, fail_at=5, fail_count=1, errno=error)
        t.true(f"refused fsync {text}" in done.stdout, f"output: {done.stdout}")
        t.equal(acknowledged, [], "acknowledged")
        t.equal(lost(t, cut, acknowledged), [], "lost")


@case.test
def sync_after_a_failed_one_brings_nothing_back(t):
    file = File((0o600, 0, 0))
    file.write(0, b"lost")
    file.forget_pending()
    file.write(4, b"kept")
    file.sync()
    t.equal(file.survived("strict", None), b"\0\0\0\0kept", "content")
    t.equal(file.survived("all", None), b"lostkept", "content as programs see it")


WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("pragma journal_mode=wal")
db.execute("pragma synchronous=" + sys.argv[2])
db.execute("create table if not exists mail(n integer primary key, body text)")
for n in range(6):
    db.execute("insert into mail values(?, ?)", (n, "x" * 3000))
    print("ack", n, flush=True)
    sys.stdin.readline()
    if n == 3:
        db.execute("pragma wal_checkpoint(truncate)")
"""


def sqlite_losses(t, synchronous, model, seeds=(0,)):
    folder = t.folder()
    (folder / "root").mkdir()
    cut = PowerCut(folder / "root", folder, size=16 << 20)
    process = subprocess.Popen(["/usr/bin/python3", "-c", WRITER, folder / "root" / "db", synchronous], text=True,
                               env={**os.environ, **cut.env()}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    acknowledged = [(int(line.split()[1]), events) for line, events in said_with_events(cut, process)]
    t.equal(process.wait(), 0, "writer")
    t.equal(len(acknowledged), 6, "inserts")
    disk, bad = Disk(cut), 0
    for event in range(1, cut.events + 1):
        disk.play(event)
        for seed in seeds:
            tree = pathlib.Path(t.folder()) / "disk"
            disk.write_to(tree, model, seed)
            bad += not honoured(tree / "db", [n for n, when in acknowledged if when <= event])
    return bad


def honoured(path, wanted):
    if not path.exists():
        return not wanted
    try:
        db = sqlite3.connect(path)
        try:
            if db.execute("pragma integrity_check").fetchone()[0] != "ok":
                return False
            have = {n for n, body in db.execute("select n, body from mail") if body == "x" * 3000}
        finally:
            db.close()
    except sqlite3.Error:
        return not wanted
    return set(wanted) <= have


@case.test
def sqlite_full_loses_nothing(t):
    t.equal(sqlite_losses(t, "full", "strict"), 0, "events after which a commit was lost")
    t.equal(sqlite_losses(t, "full", "random", range(3)), 0, "events after which a commit was lost, at random")


@case.test
def sqlite_normal_is_noticed(t):
    t.true(sqlite_losses(t, "normal", "strict") > 0, "no commit was lost with synchronous=normal")


case.main()
