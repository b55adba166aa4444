# SPDX-License-Identifier: AGPL-3.0-or-later
"""A relay between two servers that sends spoilt copies of what passes, as if the far machine had sent them: SIP, RTP, UDPTL
or T.30 frames in good T.38 packets. Which calls are fuzzed, and how, the called number says; others pass untouched."""

import collections
import random
import re
import time

from hostile import COMMAND, FINAL, V21, pack, packets, unpack
from sip_relay import CALL_ID, Relay

KINDS = {"+49301": "sip", "+49302": "rtp", "+49303": "udptl", "+49304": "t30"}  # first digits of the number
TO = re.compile(rb"(?im)^(?:To|t)[ \t]*:.*?(\+49\d+)")
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
# Answers and commands of T.30 as they go over the line (facsimile control field), the first bit lowest.
FRAMES = ("80", "40", "20", "41", "21", "42", "81", "82", "83", "84", "85", "06", "86", "8c", "4c", "cc", "2c", "ac", "6c", "fa",
          "bf", "be", "bd", "bc", "bb", "76", "f6", "16", "48", "c8", "28", "13", "93", "0e", "8e", "4e", "ce", "ee", "5f", "df")


def spoil(chance, data):
    """A copy with a few changes of the kinds that break parsers."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at, kind = chance.randrange(len(data) + 1), chance.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif kind == 1 and data:
            data[at % len(data)] = chance.choice(INTERESTING)
        elif kind == 2:
            del data[at:at + chance.randrange(1, 16)]
        elif kind == 3:
            data[at:at] = chance.randbytes(chance.randrange(1, 16))
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            data[at:at] = data[:chance.randrange(1, 200)]
        elif len(data) > 1:
            data[at % len(data):at % len(data) + 2] = chance.choice((b"\0\0", b"\xff\xff", b"\x7f\xff", b"\x80\0"))
    return bytes(data[:1400])


class Fuzzing(Relay):
    """most: of each kind; fuzzed counts them. rate: so many of a kind a second, however many calls of it there are, in
    bursts of at most a tenth of that: a relay that cannot keep up would hurt the calls beside by itself."""

    def __init__(self, seed, most, rate):
        super().__init__(seed=seed)
        self.spoils, self.most, self.rate = random.Random(seed), most, rate
        self.due = dict.fromkeys(rate, (time.monotonic(), 0.0))  # by kind: until when it was counted, and how many may go
        self.said = collections.defaultdict(lambda: collections.deque(maxlen=8))  # SIP of a call, and to whom
        self.fuzzed, self.kinds, self.shift = collections.Counter(), {}, collections.Counter()

    def wanted(self, kind):
        if kind not in self.rate:
            return 0
        (then, due), now = self.due[kind], time.monotonic()
        due = min(due + (now - then) * self.rate[kind], self.rate[kind] / 10)
        n = min(int(due), self.most - self.fuzzed[kind])
        self.due[kind] = now, due - n
        self.fuzzed[kind] += n
        return n

    def on_sip(self, data, side, other):
        super().on_sip(data, side, other)
        call, to = CALL_ID.search(data), TO.search(data)
        if not call or not to:
            return
        self.kinds.setdefault(call[1], KINDS.get(to[1][:6].decode()))
        self.said[call[1]].append((self.passed, other))

    def pass_sip(self, data, other):
        self.passed = data
        super().pass_sip(data, other)

    def on_media(self, data, side, port, other):
        call = next((call for call, used in reversed(side.ports.items()) if used == port), None)
        kind, is_rtp = self.kinds.get(call), data[0] == 0x80
        if kind == "t30" and not is_rtp:
            self.put_frames(data, side, port, other)
            return
        super().on_media(data, side, port, other)
        for _ in range(self.wanted("sip") if kind == "sip" else 0):  # at the pace of the media, or they were lost in a heap
            passed, end = self.spoils.choice(self.said[call])
            end.socket.sendto(spoil(self.spoils, passed), end.sip)
        for _ in range(self.wanted(kind) if kind == ("rtp" if is_rtp else "udptl") else 0):
            super().on_media(spoil(self.spoils, data), side, port, other)

    def put_frames(self, data, side, port, other):
        """Frames between those that pass, which go without copies and with new numbers, so that others fit in."""
        number, primary = unpack(data)
        data_type = primary[0] >> 1 & 15 if primary[0] & 0xC0 == 0xC0 else V21
        frames = [self.frame() for _ in range(self.wanted("t30"))]
        for n, packet in enumerate([primary] + [p for frame in frames for p in packets(data_type, frame)]):
            super().on_media(pack(number + self.shift[port] + n, packet), side, port, other)
        self.shift[port] += 2 * len(frames)

    def frame(self):
        head = self.spoils.choice((COMMAND, FINAL))
        body = self.spoils.randbytes(self.spoils.choice((0, 1, 2, 3, 4, 8, 20, 32, 64, 200))).hex()
        frame = bytes.fromhex(head + self.spoils.choice(FRAMES) + body)
        return (frame if self.spoils.randrange(4) else spoil(self.spoils, frame) or b"\xff").hex()
