# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""The queue under power cuts: after each event of a story from mail to fax to mail, what the queue had told anybody is in
the store that the disk would hold, and a new queue starts from it. Then the same with a disk that fails."""

import sqlite3

import case
from powercut import Disk, PowerCut
from queue_story import Queue, Story, make_folders

STEP = 1  # looks at the disk after each so many events
START_STEP = 5 if case.LONG else 25  # starts a queue from it
FAIL_STEP = 2 if case.LONG else 12


def recorded(t, **plan):
    """(cut, promises, exit status, log): the story told to a queue under the library, as far as it came."""
    folder = t.folder()
    root = folder / "disk"
    root.mkdir()
    make_folders(root / "state")
    cut = PowerCut(root, folder, programs=("faxpost-queue",), size=64 << 20, **plan)
    story, status, log = None, None, ""
    try:
        queue = Queue(root / "state", env=cut.env())
        story = Story(queue, lambda: cut.events)
        story.tell()
    except (OSError, EOFError, AssertionError) as error:
        if not plan:
            raise
        log = str(error)
    finally:
        if story:
            status, text = story.queue.stop()
            log += text
    return cut, story.promises if story else [], status, log


def broken(tree, promises):
    """The first promise that the tree does not keep, or None."""
    if not (tree / "state" / "faxpost.db").exists():
        return f"no store, and {promises[-1][1]} was promised" if promises else None
    database = sqlite3.connect(tree / "state" / "faxpost.db")
    try:
        if promises and database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            return "the store is damaged"
        for event, what, statement, values, wanted in promises:
            got = database.execute(statement, values).fetchone()
            got = got and got[0]
            if not (got in wanted if isinstance(wanted, range) else got == wanted):
                return f"{what}, promised at event {event}: {got} instead of {wanted}"
        for name, size in database.execute("SELECT hex(id), size FROM blob WHERE bytes IS NULL") if promises else []:
            file = tree / "state" / "blobs" / name.lower()
            if not file.exists() or file.stat().st_size != size:
                return f"blob {name} of {size} bytes is not there"
    finally:
        database.close()
    return None


def first_loss(t, cut, promises, model="strict", seed=0, step=STEP, quiet=False):
    disk = Disk(cut)
    looked = 0
    for event in range(1, cut.events + 1):
        disk.play(event)
        if event % step:
            continue
        looked += 1
        tree = t.folder() / "tree"
        disk.write_to(tree, model, seed * 1000003 + event)
        complaint = broken(tree, [p for p in promises if p[0] <= event])
        if complaint:
            return f"after event {event} of {cut.events} ({model}): {complaint}"
    if not quiet:
        t.note(f"{model}: {looked} disks looked at")
    return None


@case.test
# proves: D5
def what_the_queue_said_survives_a_power_cut(t):
    cut, promises, status, log = recorded(t)
    t.equal(status, 0, f"exit status; log: {log}")
    t.note(f"{cut.events} events, {cut.syncs} of them syncs, {len(promises)} promises")
    t.none(first_loss(t, cut, promises))
    for seed in range(8 if case.LONG else 2):
        t.none(first_loss(t, cut, promises, "random", seed, 3))


@case.test
def new_queue_starts_from_each_disk(t):
    cut, promises, _, _ = recorded(t)
    disk, started = Disk(cut), 0
    for event in range(START_STEP, cut.events + 1, START_STEP):
        disk.play(event)
        tree = t.folder() / "tree"
        disk.write_to(tree)
        status, log = Queue(tree / "state").stop()
        t.equal(status, 0, f"exit status from the disk after event {event}; log: {log}")
        t.none(broken(tree, [p for p in promises if p[0] <= event]))
        started += 1
    t.note(f"{started} queues started")


@case.test
def each_kind_of_sync_is_needed(t):
    """Without a sync that a promise followed, the disk must be seen to break it: the store's log, a blob, its folder."""
    whole, promises, _, _ = recorded(t)
    for kind, found in syncs(whole).items():
        needed = [number for (number, event), (_, later) in zip(found, [*found[1:], (0, 1 << 60)])
                  if any(event <= p[0] < later for p in promises)]
        t.true(needed, f"no sync of a {kind} before a promise")
        # Which sync is the n-th differs from run to run, by what the queue took together: one of the last has to show.
        groups = [[number] * 3 for number in needed] if case.LONG else [needed[:-4:-1]]
        for numbers in groups:
            t.true(any(lost_without(t, number) for number in numbers), f"nothing was lost without sync {numbers}, of a {kind}")
        t.note(f"{kind}: {len(needed)} syncs are needed")


def lost_without(t, number):
    cut, promises, _, _ = recorded(t, drop_sync=number)
    return first_loss(t, cut, promises, quiet=True)


def syncs(cut):
    """{kind: [(number among all syncs, event)]}"""
    names = {(cut.root / "state" / "blobs").stat().st_ino: "blobs"}
    number, found = 0, {"log": [], "blob": [], "blob folder": []}
    for event, kind, inode, _, name, _, _, _, _, _ in cut.entries():
        if kind in ("create", "mkdir"):
            names[inode] = name
        if kind != "sync":
            continue
        number += 1
        called = names.get(inode, "")
        what = "blob" if len(called) == 32 else "blob folder" if called == "blobs" else "log" if called.endswith("-wal") else ""
        if what:
            found[what].append((number, event))
    return found


@case.test
def failing_disk_breaks_no_promise(t):
    whole, _, _, _ = recorded(t)
    for error in ("EIO", "ENOSPC"):
        runs = noticed = 0
        for event in range(8, whole.events, FAIL_STEP):
            cut, promises, status, log = recorded(t, fail_at=event, fail_count=1, errno=error)
            runs += 1
            noticed += status != 0
            t.true(status == 0 or log.strip(), f"ended with {status} at event {event} and said nothing")
            disk = Disk(cut)
            disk.play()
            tree = t.folder() / "tree"
            disk.write_to(tree)
            complaint = broken(tree, promises)
            t.none(complaint and f"{error} at event {event}: {complaint}")
        t.note(f"{error}: {runs} runs, {noticed} ended the queue")
        t.true(noticed > runs // 4, f"{error} was noticed {noticed} times in {runs} runs")


case.main()
