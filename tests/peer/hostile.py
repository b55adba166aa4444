# SPDX-License-Identifier: AGPL-3.0-or-later
"""Relays that make a hostile machine of an honest one: frames put in (Injecting), images replaced (Bombing), on their
way to side b, T.38 only."""

import collections

from sip_relay import Relay

V21, PREAMBLE = 0, 3  # ITU-T T.38 annex A: data type and indicator
DATA, FCS_OK = 0, 2  # fields
FINAL, COMMAND = "ff13", "ff03"
COMMAND, FINAL = "ff03", "ff13"
SHORT_FCD = COMMAND + "06"

# Bits of T.6: V0 makes a row of one bit; horizontal mode with two runs of no length makes nothing for ever.
T6_FOR_EVER = "1"
T6_OF_NOTHING = "001" + "00110101" + "0000110111"


def wire(frame):
    """T.38 has the first bit on the line as the most significant one."""
    return bytes(int(f"{octet:08b}"[::-1], 2) for octet in bytes.fromhex(frame))


def packets(data_type, frame):
    """The IFP packets, version 0, of one frame with a good checksum."""
    head, octets = bytes([0xC0 | data_type << 1, 1]), wire(frame)
    return [head + bytes([0x80 | DATA << 4]) + (len(octets) - 1).to_bytes(2, "big") + octets, head + bytes([FCS_OK << 4])]


def unpack(datagram):
    """Number and primary packet of UDPTL; its copies of earlier ones are left out."""
    if datagram[2] < 0x80:
        return int.from_bytes(datagram[:2], "big"), datagram[3:3 + datagram[2]]
    return int.from_bytes(datagram[:2], "big"), datagram[4:4 + ((datagram[2] & 0x7F) << 8 | datagram[3])]


def pack(number, primary):
    length = bytes([len(primary)]) if len(primary) < 128 else (0x8000 | len(primary)).to_bytes(2, "big")
    return (number & 0xFFFF).to_bytes(2, "big") + length + primary + b"\0\0"


class Injecting(Relay):
    """Packets towards b go out again without copies and with new numbers, so that others fit in between."""

    def __init__(self, commands=(), fcd=False, calls=1):
        """commands: among the first V.21 frames; fcd: once, in an image, when so many calls are in theirs."""
        super().__init__()
        self.commands, self.fcd, self.calls = list(commands), fcd, calls
        self.shift, self.injected, self.images = collections.Counter(), 0, set()

    def on_media(self, data, side, port, other):
        if side is not self.b or data[0] == 0x80:  # RTP, version 2
            super().on_media(data, side, port, other)
            return
        number, primary = unpack(data)
        is_data, data_type = primary[0] & 0xC0 == 0xC0, primary[0] >> 1 & 15
        before, behind = [], []
        if is_data and data_type != V21 and primary[1:] == bytes([1, FCS_OK << 4]):
            self.images.add(port)
        if is_data and data_type == V21 and self.commands:
            before = [p for frame in self.commands for p in packets(V21, frame)]
            self.commands = []
        if is_data and data_type != V21 and primary[1:] == bytes([1, FCS_OK << 4]) and self.fcd and len(self.images) >= self.calls:
            behind, self.fcd = packets(data_type, SHORT_FCD), False
        for n, packet in enumerate(before + [primary] + behind):
            self.say(number + self.shift[port] + n, packet, side, port, other)
        self.shift[port] += len(before + behind)
        self.injected += len(before + behind) // 2

    def say(self, number, primary, side, port, other):
        super().on_media(pack(number, primary), side, port, other)


class Bombing(Relay):
    """In the first call whose ECM image passes, these bits, again and again, stand in the place of the image's."""

    def __init__(self, bits):
        super().__init__()
        self.bits = bits * 8  # whole octets
        self.call, self.bombed, self.frame, self.number, self.fcd = None, 0, 0, 0, False

    def on_media(self, data, side, port, other):
        if side is self.b and data[0] != 0x80:
            number, primary = unpack(data)
            call = next((call for call, used in reversed(side.ports.items()) if used == port), None)
            if primary[0] & 0xC0 == 0xC0 and primary[0] >> 1 & 15 != V21 and self.call in (None, call):
                primary = self.replace(bytearray(primary), call)
            data = pack(number, bytes(primary))
        super().on_media(data, side, port, other)

    def replace(self, packet, call):
        at = 2
        while at < len(packet):
            field, size = packet[at] >> 4 & 7, 0
            if packet[at] & 0x80:
                size = int.from_bytes(packet[at + 1:at + 3], "big") + 1
                at += 2
            at += 1
            if field == DATA:
                for n in range(at, at + size):
                    packet[n] = self.octet(packet[n], call)
            else:
                self.frame = 0
            at += size
        return packet

    def octet(self, octet, call):
        """The next of a frame: address, control, FCD, number, then 256 of image."""
        if self.frame == 2:
            self.fcd = octet == wire("06")[0]
        elif self.frame == 3:
            self.number = wire(f"{octet:02x}")[0]
        elif self.frame > 3 and self.fcd:
            self.call = call
            self.bombed += 1
            first = (self.number * 256 + self.frame - 4) * 8 % len(self.bits)
            octet = int((self.bits * 2)[first:first + 8] if len(self.bits) >= 8 else self.bits, 2)
        self.frame += 1
        return octet
