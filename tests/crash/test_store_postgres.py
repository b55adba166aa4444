# SPDX-License-Identifier: AGPL-3.0-or-later
"""The store over PostgreSQL where its connection is cut at any statement, and where the server crashes: what was committed is
there, whole, and at most the one thing that was under way beside it."""

import os
import random
import re
import shutil
import signal
import subprocess

import case
import postgres
from pg_relay import WAYS, Relay
from powercut import Disk, PowerCut, library

PROBE = library().parent / "store-probe"
COUNT = 7
STEP = 1 if case.LONG else 7  # how many statements lie between two cuts; each way begins at another one


class House:
    """A server, a relay before it, and a database with the tables."""

    def __init__(self, t, **options):
        self.t = t
        self.server = t.enter(postgres.Server(**options))
        self.relay = t.enter(Relay(self.server, t.folder()))
        self.server.make("probe")
        self.state = t.folder() / "state"
        t.equal(self.probe("read")[0], 0, "the first look")
        self.tables = [line for line in self.server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", "probe").split()
                       if line != "faxpost_schema"]

    def probe(self, what, relayed=False, on_line=None, server=None):
        """(exit status, its lines, its complaints)"""
        uri = self.relay.uri("probe") if relayed else (server or self.server).uri("probe")
        process = subprocess.Popen([PROBE, what, self.state, str(COUNT)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**os.environ, "FAXPOST_PROBE_STORE": uri})
        lines = []
        for line in process.stdout:
            lines += [line.strip()] if not line.startswith("open") else []
            if on_line:
                on_line(line)
            try:
                process.stdin.write("\n")
                process.stdin.flush()
            except BrokenPipeError:
                pass
        complaints = process.stderr.read()
        return process.wait(), lines, complaints

    def empty(self):
        self.server.ask("SET session_replication_role = replica; " + "; ".join(f'DELETE FROM "{name}"' for name in self.tables), "probe")

    def wrong(self, said, server=None):
        """What is wrong with what is stored, where so much was said; None where all is well."""
        server = server or self.server
        status, lines, complaints = self.probe("read", server=server)
        if status or any(line.startswith("broken") for line in lines):
            return f"exit {status}: {lines} {complaints}"
        have = {int(line.split()[1]) for line in lines}
        acked = {int(line.split()[1]) for line in said if line.startswith("ack")}
        gone = {int(line.split()[1]) for line in said if line.startswith("gone")}
        under_way = {max(acked, default=-1) + 1} | {n - 2 for n in acked if n % 3 == 0 and n >= 3}
        if acked - gone - under_way - have or have - acked - under_way or have & gone:
            return f"acknowledged {sorted(acked)}, deleted {sorted(gone)}, found {sorted(have)}"
        orphans = server.ask("SELECT (SELECT count(*) FROM blob) - (SELECT count(*) FROM mail_in)", "probe").strip()
        return None if orphans == "0" else f"{orphans} blobs without a mail"


@case.test
def connection_is_cut_at_every_statement(t):
    house = House(t)
    before = house.relay.spoken
    status, said, complaints = house.probe("write", relayed=True)
    t.equal((status, len(said)), (0, COUNT + 2), f"a run without a cut: {complaints}")
    statements = house.relay.spoken - before
    cuts = 0
    for number, way in enumerate(WAYS):
        for at in range(1 + number * STEP // len(WAYS), statements, STEP):
            house.empty()
            house.relay.cut_after(at, way)
            status, said, complaints = house.probe("write", relayed=True)
            # What is large arrives in more or fewer pieces each time, so that the last of them may not come.
            cuts += status != 0
            if status:
                t.true(house.relay.cut.wait(60), f"it ends at {at} of {statements} without a cut: {complaints}")
                t.true(re.search("cannot open the store in PostgreSQL|connection to the store's PostgreSQL was lost", complaints),
                       f"what it says of cut {at} ({way}): {complaints}")
            complaint = house.wrong(said)
            t.none(complaint and f"cut {way} statement {at} of {statements}: {complaint}")
    t.true(cuts > statements // STEP, f"only {cuts} cuts in {statements} statements")
    t.note(f"{cuts} cuts in {statements} statements")


@case.test
def server_that_crashes_keeps_what_was_committed(t):
    house = House(t, fsync=True)

    def crash(line):
        if line.startswith("ack 4"):
            house.server.stop(signal.SIGQUIT)

    status, said, complaints = house.probe("write", on_line=crash)
    t.true(status != 0 and "PostgreSQL was lost" in complaints, f"exit {status}: {complaints}")
    house.server.start()
    t.none(house.wrong(said))


def powered_off(t, house):
    """(the cut, [(what was said, events that had happened then)])"""
    said = []
    house.server.stop()
    cut = PowerCut(house.server.data, t.folder(), size=512 << 20)
    house.server.start(env=cut.env())

    def note(line):
        said.append((line.strip(), cut.events))
        if line.startswith("ack 3"):
            house.server.ask("CHECKPOINT")  # so that its data files are written too, and not the log alone

    status, _, complaints = house.probe("write", on_line=note)
    t.equal(status, 0, f"a run without a cut: {complaints}")
    house.server.stop(signal.SIGQUIT)
    return cut, [(line, events) for line, events in said if not line.startswith("open")]


@case.test
# proves: D5
def power_cut_keeps_what_postgresql_synced(t):
    house = House(t, fsync=True)
    runs, looks = (3, 8) if case.LONG else (1, 1)
    for run in range(runs):
        seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 30)))
        chance = random.Random(seed + run)
        if run:
            house.server.start()
            house.empty()
        cut, said = powered_off(t, house)
        t.note(f"seed {seed + run} (FAXPOST_SEED): {cut.events} events, {cut.syncs} of them syncs; {len(said)} things said")
        disk = Disk(cut)
        for event in sorted(chance.sample(range(said[0][1], cut.events + 1), looks)):
            disk.play(event)
            for model in ("strict", "random"):
                place = t.folder() / "data"
                disk.write_to(place, model, seed + event)
                (place / "postmaster.pid").unlink(missing_ok=True)  # of a number that another process may have by now
                with postgres.Server(data=place) as found:
                    complaint = house.wrong([line for line, events in said if events <= event], found)
                shutil.rmtree(place)
                t.none(complaint and f"after event {event} of {cut.events} ({model}): {complaint}")


case.main()
