# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frames that break libspandsp, in the midst of otherwise good T.38 calls between two servers: a relay puts them into
what the sender says. With the guard each is dropped and the fax arrives; a `call` built without it dies, and only that."""

import os
import pathlib
import re
import shutil
import subprocess

import case
import fax
import provision
from hostile import FINAL, Injecting
from server import BUILD, Server
from store import Store

ROOT = pathlib.Path(__file__).resolve().parents[2]
# While commands are exchanged: what the guard must say no to, and why libspandsp 0.0.6 must not see it.
COMMANDS = {
    "DCS with a rate that is none": FINAL + "83003822",
    "DCS with width code 3": FINAL + "83602203",
    "DCS of 60 octets": FINAL + "83006022" + "81" * 53 + "00",
    "CTC with a rate that is none": FINAL + "130038",
    "frame of 2 octets": FINAL,
}


def pair(t, relay, more_numbers=(), **receiver):
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder(), **receiver))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        server.apply(provision.example(int(towards.rpartition(":")[2]), more_numbers=more_numbers))
    return a, b


@case.test
def guard_drops_each_frame_and_the_call_goes_on(t):
    relay = t.enter(Injecting(COMMANDS.values(), fcd=True))
    a, b = pair(t, relay)
    before = dict(b.roles())
    _, attempts = fax.arrive(t, a, b, fax.submit(t, a, 701))
    t.equal([x["mode"] for x in attempts], ["t38"], "attempts")
    t.equal(relay.injected, len(COMMANDS) + 1, "frames put in")
    trace = Store(b.state).attempts()[0]["trace"]
    dropped = re.findall(r"< (.*?) ?dropped: (.*)", trace)
    t.equal(len(dropped), relay.injected, f"frames dropped: {dropped} of {trace}")
    t.equal(dict(b.roles()), before, "processes")
    t.note("dropped: " + "; ".join(f"{name.strip()}: {why}" for name, why in dropped))


def without_guard(t):
    """A folder like the build's, with a call process that lets every frame through."""
    build = ROOT / "build-unguarded"
    if not (build / "build.ninja").exists():
        subprocess.run(["meson", "setup", build, ROOT, "-Dguard=false"], check=True, stdout=subprocess.PIPE)
    done = subprocess.run(["ninja", "-C", build, f"-j{os.cpu_count()}", "src/faxpost-call"], stdout=subprocess.PIPE, text=True)
    t.equal(done.returncode, 0, f"build without the guard: {done.stdout[-1500:]}")
    place = t.folder() / "build"
    (place / "src").mkdir(parents=True)
    for program in (BUILD / "src").glob("faxpost*"):
        if program.is_file():
            shutil.copy(program, place / "src" / program.name)
    shutil.copy(build / "src" / "faxpost-call", place / "src" / "faxpost-call")
    return place


@case.test
def without_the_guard_call_dies_and_the_fax_is_resumed(t):
    relay = t.enter(Injecting(fcd=True))
    a, b = pair(t, relay, build=without_guard(t))
    before = dict(b.roles())
    _, attempts = fax.arrive(t, a, b, fax.submit(t, a, 702))
    t.equal(relay.injected, 1, "frames put in")
    t.equal(len(attempts), 2, f"attempts: {[x['reason'] for x in attempts]}")
    after = dict(b.roles())
    t.equal({role.split(".")[0] for role in before if after.get(role) != before[role]}, {"call"}, "processes that died")
    t.note(f"first attempt: {attempts[0]['reason']}")


@case.test
def eight_calls_end_with_their_process_and_resume(t):
    """Sixteen calls fill two call processes of the receiver; one frame kills one of them."""
    numbers = [f"+49302{n:03}" for n in range(16)]
    relay = t.enter(Injecting(fcd=True, calls=16))
    full = {"settings": {"max_calls": 16, "calls_per_process": 8}}
    a, b = pair(t, relay, more_numbers=numbers, build=without_guard(t), **full)
    before = dict(b.roles())
    sent = [fax.submit(t, a, 720 + n, to=number, pages=2, lines=24) for n, number in enumerate(numbers)]
    t.wait(lambda: relay.injected, f"not all calls were in an image at once: {len(relay.images)}", fax.SECONDS)
    t.wait(lambda: dict(b.roles()) != before, "no process died")
    first = Store(b.state).attempts()[:16]
    died = {role for role, pid in before.items() if dict(b.roles()).get(role) != pid}
    t.equal(len(died), 1, f"processes that died: {died}")
    instance = int(died.pop().partition("call.")[2])
    t.equal([sum(1 for x in first if x["call_instance"] == n) for n in (0, 1)], [8, 8], "calls of each process")
    tries = [attempts for _, attempts in (fax.arrive(t, a, b, one) for one in sent)]
    t.equal(sorted(len(x) for x in tries), [1] * 8 + [2] * 8, "attempts of each job")
    ends = {x["id"]: x["code"] for x in Store(b.state).attempts()}
    t.equal({ends[x["id"]] for x in first if x["call_instance"] != instance}, {""}, "ends in the other process")
    t.true(all(ends[x["id"]] for x in first if x["call_instance"] == instance), "a call of the dead process did not end")
    t.note(f"ends there: { {ends[x['id']] for x in first if x['call_instance'] == instance} }; the senders heard "
           f"{ {x[0]['code'] for x in tries if len(x) == 2} }")


case.main()
