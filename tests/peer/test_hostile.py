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
from server import BUILD, Server
from sip_relay import Relay
from store import Store

ROOT = pathlib.Path(__file__).resolve().parents[2]
V21, PREAMBLE = 0, 3  # ITU-T T.38 annex A: data type and indicator
DATA, FCS_OK = 0, 2  # fields
FINAL, COMMAND = "ff13", "ff03"

# While commands are exchanged: what the guard must say no to, and why libspandsp 0.0.6 must not see it.
COMMANDS = {
    "DCS with a rate that is none": FINAL + "83003822",
    "DCS with width code 3": FINAL + "83602203",
    "DCS of 60 octets": FINAL + "83006022" + "81" * 53 + "00",
    "CTC with a rate that is none": FINAL + "130038",
    "frame of 2 octets": FINAL,
}
SHORT_FCD = COMMAND + "06"


def wire(frame):
    """T.38 has the first bit on the line as the most significant one."""
    return bytes(int(f"{octet:08b}"[::-1], 2) for octet in bytes.fromhex(frame))


def packets(data_type, frame):
    """The IFP packets, version 0, of one frame with a good checksum."""
    head, octets = bytes([0xC0 | data_type << 1, 1]), wire(frame)
    return [head + bytes([0x80 | DATA << 4]) + (len(octets) - 1).to_bytes(2, "big") + octets, head + bytes([FCS_OK << 4])]


class Injecting(Relay):
    """Packets towards b go out again without copies and with new numbers, so that others fit in between."""

    def __init__(self, commands=(), fcd=False):
        super().__init__()
        self.commands, self.fcd, self.shift, self.injected = list(commands), fcd, 0, 0

    def on_media(self, data, side, port, other):
        if side is not self.b or data[0] == 0x80:  # RTP, version 2
            super().on_media(data, side, port, other)
            return
        number, primary = int.from_bytes(data[:2], "big"), data[3:3 + data[2]]
        if data[2] >= 0x80:
            primary = data[4:4 + ((data[2] & 0x7F) << 8 | data[3])]
        is_data, data_type = primary[0] & 0xC0 == 0xC0, primary[0] >> 1 & 15
        before, behind = [], []
        if is_data and data_type == V21 and self.commands:
            before = [p for frame in self.commands for p in packets(V21, frame)]
            self.commands = []
        if is_data and data_type != V21 and primary[1:] == bytes([1, FCS_OK << 4]) and self.fcd:
            behind, self.fcd = packets(data_type, SHORT_FCD), False
        for n, packet in enumerate(before + [primary] + behind):
            self.say(number + self.shift + n, packet, side, port, other)
        self.shift += len(before + behind)
        self.injected += len(before + behind) // 2

    def say(self, number, primary, side, port, other):
        length = bytes([len(primary)]) if len(primary) < 128 else (0x8000 | len(primary)).to_bytes(2, "big")
        super().on_media((number & 0xFFFF).to_bytes(2, "big") + length + primary + b"\0\0", side, port, other)


def pair(t, relay, **receiver):
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder(), **receiver))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        server.apply(provision.example(int(towards.rpartition(":")[2])))
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


case.main()
