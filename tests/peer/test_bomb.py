# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sender whose pages are bombs, between two servers: a relay puts other bits in the place of the image that passes it.
One call is the bomb, seven more run beside it in the same call process."""

import pathlib

import case
import fax
import provision
from hostile import T6_FOR_EVER, T6_OF_NOTHING, Bombing
from server import Server
from store import Store

NUMBERS = [f"+49302{n:03}" for n in range(8)]
MEMORY_KB = 25000  # eight calls and one page of 32,000 rows; all rows of the bomb alone would be 42,000


def pair(t, relay):
    a = t.enter(Server(t.folder()))
    b = t.enter(Server(t.folder(), settings={"max_calls": 8, "calls_per_process": 8}))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        server.apply(provision.example(int(towards.rpartition(":")[2]), more_numbers=NUMBERS))
    return a, b


def peak_kb(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1])


def bomb_ends_its_own_call_only(t, bits, code):
    relay = t.enter(Bombing(bits))
    a, b = pair(t, relay)
    before = dict(b.roles())
    at_rest = peak_kb(before["call.0"])
    sent = [fax.submit(t, a, 800 + n, to=number, pages=1, lines=24) for n, number in enumerate(NUMBERS)]
    t.wait(lambda: relay.bombed, "no image passed", fax.SECONDS)
    ended = t.wait(lambda: [x for x in Store(b.state).attempts() if x["code"] == code], f"no call ended as {code}: "
                   f"{[(x['state'], x['code']) for x in Store(b.state).attempts()]}; {b.log_tail()}", fax.SECONDS)
    t.equal(len(ended), 1, "bombs")
    t.equal([f for f in Store(b.state).faxes() if f["attempt"] == ended[0]["id"] and f["pages"]], [], "faxes kept of the bomb")
    jobs = [fax.ended(t, a, one)[0] for one in sent]
    # The bomb had one page and was asked about: its sender cannot know (D5), and says so.
    t.equal(sorted(job["state"] for job in jobs), ["done"] * 7 + ["unknown"], "jobs")
    for one, job in zip(sent, jobs):
        if job["state"] == "done":
            fax.arrive(t, a, b, one)
        else:
            t.equal(fax.arrival(b, one.number), None, "mail of the bomb")
    t.equal(dict(b.roles()), before, "processes")
    t.equal({x["call_instance"] for x in Store(b.state).attempts()}, {0}, "call processes")
    peak = peak_kb(before["call.0"])
    t.true(peak - at_rest < MEMORY_KB, f"the call process grew from {at_rest} kB to {peak} kB")
    t.note(f"{relay.bombed} octets of image replaced; call process {at_rest} kB at rest, {peak} kB at most")


@case.test
def rows_without_end_end_their_own_call_only(t):
    bomb_ends_its_own_call_only(t, T6_FOR_EVER, "page-too-large")


@case.test
def runs_of_no_length_end_their_own_call_only(t):
    bomb_ends_its_own_call_only(t, T6_OF_NOTHING, "page-impossible")


case.main()
