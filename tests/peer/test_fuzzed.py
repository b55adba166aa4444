# SPDX-License-Identifier: AGPL-3.0-or-later
"""Spoilt datagrams in the midst of real calls: SIP, RTP, UDPTL and T.30 frames. Only the call that they belong to may suffer:
no process ends, and faxes beside them, in the same processes, arrive. FAXPOST_SEED=n spoils the same things again."""

import os
import random

import case
import fax
import provision
from fuzzing import KINDS, Fuzzing
from server import Server
from store import Store

MOST = int(os.environ.get("FAXPOST_MOST", 1_000_000 if case.LONG else 10_000))  # of each kind
RATE = {"sip": 1500, "rtp": 3000, "udptl": 3000, "t30": 1500}  # a second; a million of each in 11 minutes
UNDER_WAY = 4  # fuzzed calls of a kind at once
SECONDS = 3000 if case.LONG else 240
SETTINGS = {"settings": {"max_calls": 24, "calls_per_process": 12, "log_level": "warning"}}


def pair(t, relay, t38, numbers):
    a, b = t.enter(Server(t.folder(), **SETTINGS)), t.enter(Server(t.folder(), **SETTINGS))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        setup = provision.example(int(towards.rpartition(":")[2]), t38=t38, more_numbers=numbers)
        setup["faxboxes"].append({**provision.box("victim", "300", "frontdesk"), "tries": 1})
        server.apply(setup)
    return a, b


class Victims:
    """Keeps fuzzed calls of a kind under way: one try each, each to a number of its own, for where T.38 failed G.711 is next."""

    def __init__(self, server, kind):
        self.server, self.digits, self.made = server, digits_of(kind), 0
        self.file = server.folder / "victim.pdf"

    def keep(self, t):
        busy = sum(1 for j in Store(self.server.state).jobs() if j["number"].startswith(self.digits) and j["state"] in fax.OPEN)
        if busy >= UNDER_WAY:
            return False
        status, _, err = self.server.cli("send", f"{self.digits}{self.made:05}", self.file, "--from-box", "victim", "--no-wait")
        t.equal(status, 0, f"faxpost send: {err}")
        self.made += 1
        return True


def digits_of(kind):
    return next(digits for digits, name in KINDS.items() if name == kind)


def fuzz(t, kinds, t38):
    seed = int(os.environ.get("FAXPOST_SEED", random.randrange(1 << 32)))
    t.note(f"FAXPOST_SEED={seed}")
    relay = t.enter(Fuzzing(seed, MOST, {kind: RATE[kind] for kind in kinds}))
    a, b = pair(t, relay, t38, [f"{digits_of(kind)}*" for kind in kinds])
    (a.folder / "victim.pdf").write_bytes(fax.pdf.make(2, document=1, lines=12))
    before = dict(a.roles()), dict(b.roles())
    beside = [fax.submit(t, a, 900)]
    victims = {kind: Victims(a, kind) for kind in kinds}

    def step():
        for kind, some in victims.items():
            while relay.fuzzed[kind] < MOST and some.keep(t):
                pass
        return all(relay.fuzzed[kind] >= MOST for kind in kinds)

    t.wait(step, f"not enough was spoilt, of {MOST} of each of {kinds}", SECONDS)
    beside.append(fax.submit(t, a, 901))
    for one in beside:
        _, attempts = fax.arrive(t, a, b, one)
        t.equal([x["mode"] for x in attempts], ["t38" if t38 else "audio"], f"the fax beside: {[x['reason'] for x in attempts]}")
    t.equal((dict(a.roles()), dict(b.roles())), before, "processes")
    jobs = [j for j in Store(a.state).jobs() if j["faxbox"] == "victim"]
    ends = {state: sum(1 for j in jobs if j["state"] == state) for state in {j["state"] for j in jobs}}
    t.note(f"{dict(relay.fuzzed)} spoilt; the calls that they belonged to: {ends}")


@case.test
def spoilt_sip_and_rtp_hurt_no_other_call(t):
    fuzz(t, ("sip", "rtp"), False)


@case.test
def spoilt_udptl_and_t30_frames_hurt_no_other_call(t):
    fuzz(t, ("udptl", "t30"), True)


case.main()
