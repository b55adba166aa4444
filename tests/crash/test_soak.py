# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""Two hours of everyday work: no process ends, and none of them grows - in memory, in descriptors, in what a fax leaves on the
disk. FAXPOST_SOAK_MINUTES says for how long, where neither the short form nor two hours will do."""

import os
import pathlib
import statistics
import time

import case
import provision
from house import ADMINISTRATOR, PASSWORD, FAX_SECONDS, House
from store import NAMES
from verdict import delivered
from web import Browser

MINUTES = float(os.environ.get("FAXPOST_SOAK_MINUTES") or (120 if case.LONG else 0.4))
SAMPLES, PAUSE = 120, 2 if MINUTES >= 10 else 0
MORE_KB, MORE_PART, MORE_BYTES = 4096, 1.1, 1.25
NUMBERS = ("200", "+493055501")


class Sample:
    """One moment: kB and descriptors of each process, bytes in the state directory, faxes so far."""

    def __init__(self, house, faxes):
        self.faxes, self.kb, self.fds = faxes, {}, {}
        for role, pid in house.server.roles():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            self.kb[role] = int(status.split("VmRSS:")[1].split()[0])
            self.fds[role] = len(os.listdir(f"/proc/{pid}/fd"))
        files = (p for p in house.server.state.rglob("*") if not p.name.startswith("faxpost.db-"))
        self.bytes = sum(size_of(p) for p in files)


def size_of(path):
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # it went meanwhile


def work(t, house, document):
    """A fax by mail, one by the command line, and what people look at meanwhile."""
    t.equal(house.post(document, pages=1 + document % 3, number=NUMBERS[document % 2]), 250, f"mail {document} was answered with")
    for path in ("/api/v1/status", "/api/v1/faxes?limit=20", "/api/v1/jobs?limit=20", "/api/v1/metrics", "/api/v1/health"):
        t.equal(house.web.get(path).status, 200, path)
    person = Browser(house.server)
    t.equal(person.login("frontdesk", PASSWORD).status, 200, "login")
    person.ask("DELETE", "/api/v1/session")
    house.server.cli("status")
    done = NAMES["job"].index("done")
    t.wait(lambda: house.store.rows("SELECT count(*) FROM job WHERE state = ?", done)[0][0] == document,
           f"fax {document} is not done; {house.server.log_tail()}", FAX_SECONDS)


def compare(t, samples):
    """The last quarter of the time against the second one."""
    second, last = samples[len(samples) // 4:len(samples) // 2], samples[-(len(samples) // 4):]
    faults = []
    for role in sorted(samples[0].kb):
        before, after = (statistics.mean(s.kb[role] for s in part) for part in (second, last))
        fds = [max(s.fds[role] for s in part) for part in (second, last)]
        t.note(f"{role}: {before / 1024:.1f} -> {after / 1024:.1f} MB, descriptors {fds[0]} -> {fds[1]}")
        if after > before * MORE_PART + MORE_KB:
            faults.append(f"{role} grows: {before:.0f} -> {after:.0f} kB")
        if fds[1] > fds[0] + 2:
            faults.append(f"{role} holds more descriptors: {fds[0]} -> {fds[1]}")
    half = len(samples) // 2
    per_fax = [(b.bytes - a.bytes) / max(1, b.faxes - a.faxes)
               for a, b in ((samples[len(samples) // 4], samples[half]), (samples[half], samples[-1]))]
    t.note(f"disk: {per_fax[0] / 1024:.0f} -> {per_fax[1] / 1024:.0f} kB a fax, {samples[-1].faxes} faxes")
    if per_fax[1] > per_fax[0] * MORE_BYTES + 65536:
        faults.append(f"a fax leaves more on the disk: {per_fax[0]:.0f} -> {per_fax[1]:.0f} bytes")
    return faults


@case.test
def everyday_work_lets_nothing_grow(t):
    house = House(t, pace=False)
    roles, samples, document = None, [], 0
    begin = time.monotonic()
    while time.monotonic() - begin < MINUTES * 60 or len(samples) < 8:
        document += 1
        work(t, house, document)
        now = dict(house.server.roles())
        t.equal(roles or now, now, "processes")
        roles = now
        if time.monotonic() - begin >= len(samples) * MINUTES * 60 / SAMPLES:
            samples.append(Sample(house, document))
        time.sleep(PAUSE)
    t.note(f"{document} faxes in {(time.monotonic() - begin) / 60:.0f} minutes")
    faults = compare(t, samples)
    house.judge()
    t.wait(lambda: all(m["state"] == "sent" for m in house.store.mails_out()), "mails wait", FAX_SECONDS)
    t.equal(delivered(house.server, house.store, provision.BACK), [], "mails to the receiver")
    t.equal(house.server.mails(ADMINISTRATOR), [], "alarms")
    if case.LONG or MINUTES >= 10:  # of seconds, the growth of caches would be judged
        t.equal(faults, [], "what grows")


case.main()
