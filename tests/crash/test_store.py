# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""The store under power cuts: after every third event (in the long form: after each), what was committed is there, whole, and
nothing else is left over. Then the same with a disk that fails."""

import os
import re
import subprocess

import case
from powercut import Disk, PowerCut, library, said_with_events

PROBE = library().parent / "store-probe"
COUNT = 7
STEP = 1 if case.LONG else 3  # how many events lie between two looks; what is lost at one is still lost a few later
EARLY = 1 if case.LONG else 25  # so many times rarer while the schema is made: nothing is acknowledged yet


def write(t, **plan):
    """(cut, [("ack" or "gone", number, events that had happened then)], exit status, its complaints)"""
    folder = t.folder()
    (folder / "root").mkdir()
    cut = PowerCut(folder / "root", folder, size=64 << 20, **plan)
    process = subprocess.Popen([PROBE, "write", folder / "root" / "state", str(COUNT)], text=True,
                               env={**os.environ, **cut.env()}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    said = [(*line.split(), events) for line, events in said_with_events(cut, process)]
    complaints = process.stderr.read()
    cut.opened = said[0][2] if said else cut.events
    return cut, [(word, int(n), events) for word, n, events in said[1:]], process.wait(), complaints


def looked_at(cut, event, step):
    return event == cut.events or event % (step if event > cut.opened else step * EARLY) == 0


def wrong(t, disk, said, model="strict", seed=0):
    """What is wrong with the tree that the disk holds now; None where all is well."""
    tree = t.folder() / "disk"
    disk.write_to(tree, model, seed)
    done = subprocess.run([PROBE, "read", tree / "state"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    have = {int(n) for n in re.findall(r"^mail (\d+)$", done.stdout, re.M)}
    gone = {n for word, n, _ in said if word == "gone"}
    wanted = {n for word, n, _ in said if word == "ack"} - gone
    if done.returncode or "broken" in done.stdout or "orphan" in done.stdout:
        return f"exit {done.returncode}: {done.stdout.strip()}"
    if not {n for n in wanted if not deleting(n, said)} <= have:
        return f"acknowledged {sorted(wanted)}, found {sorted(have)}"
    if gone & have:
        return f"deleted {sorted(gone)}, found {sorted(have)}"
    return None


def deleting(n, said):
    """Its deletion was under way and not acknowledged: it may be there or not."""
    return n % 3 == 1 and ("ack", n + 2) in {(word, number) for word, number, _ in said}


def first_loss(t, cut, said, model="strict", seed=0, step=1):
    """Plays the journal; the first event after which something is wrong, with what it is."""
    disk = Disk(cut)
    for event in range(1, cut.events + 1):
        disk.play(event)
        if not looked_at(cut, event, step):
            continue
        complaint = wrong(t, disk, [s for s in said if s[2] <= event], model, seed * 1000003 + event)
        if complaint:
            return f"after event {event} of {cut.events}: {complaint}"
    return None


@case.test
def committed_mails_survive_a_power_cut_at_any_event(t):
    cut, said, status, _ = write(t)
    t.equal((status, len(said)), (0, COUNT + 2), "exit status and acknowledgements")
    t.note(f"{cut.events} events, {cut.syncs} of them syncs")
    t.none(first_loss(t, cut, said, step=STEP))


@case.test
def they_survive_a_disk_that_keeps_more_than_was_synced(t):
    cut, said, _, _ = write(t)
    for seed in range(12 if case.LONG else 2):
        complaint = first_loss(t, cut, said, "random", seed, step=3)
        t.none(complaint and f"seed {seed}: {complaint}")
    t.none(first_loss(t, cut, said, "all", step=3))


@case.test
def each_sync_of_a_blob_is_needed(t):
    """Without the sync of a file, or of its folder, the store must be seen to lose something."""
    whole, _, _, _ = write(t)
    kinds = blob_syncs(whole)
    t.true(len(kinds["file"]) >= 3 and len(kinds["folder"]) >= 3, f"syncs found: {kinds}")
    for kind, numbers in kinds.items():
        for number in numbers[-2:]:  # the last two mails came in different ways: spooled, and at once
            cut, said, _, _ = write(t, drop_sync=number)
            t.true(first_loss(t, cut, said, step=STEP), f"nothing was lost without the {kind} sync {number}")


def blob_syncs(cut):
    """Which syncs, counted among all, are those of blob files and of their folder."""
    names, number, found = {}, 0, {"file": [], "folder": []}
    for _, kind, inode, _, name, _, _, _, _, _ in cut.entries():
        if kind in ("create", "mkdir"):
            names[inode] = name
        if kind != "sync":
            continue
        number += 1
        if len(names.get(inode, "")) == 32:
            found["file"].append(number)
        elif names.get(inode) == "blobs":
            found["folder"].append(number)
    return found


@case.test
def failing_disk_ends_the_writer_and_loses_nothing(t):
    whole, _, _, _ = write(t)
    for error in ("EIO", "ENOSPC"):
        refused = 0
        for event in (e for e in range(4, whole.events + 1) if looked_at(whole, e, 1 if case.LONG else 5)):
            cut, said, status, complaints = write(t, fail_at=event, fail_count=1, errno=error)
            if status:
                refused += 1
                t.true(complaints.strip(), f"ended with {status} at event {event} and said nothing")
            disk = Disk(cut)
            disk.play()
            complaint = wrong(t, disk, said)
            t.none(complaint and f"{error} at event {event}: {complaint}")
        t.true(refused > 5, f"{error} was noticed {refused} times")


case.main()
