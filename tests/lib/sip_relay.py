# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bad network between two SIP ends: a relay that stands where each believes the other to be. It passes SIP on with
addresses rewritten, so that media comes through it as well, and there loses, delays, doubles or swaps packets by a
seeded generator. UDP and IPv4 only.

    relay = Relay(seed=7, loss=0.1)
    a = trunk to relay.towards_b, b = trunk to relay.towards_a     # "host:port" each
    relay.join_ends(a_sip=("127.0.0.1", 5070), b_sip=("127.0.0.1", 5080))
"""

import heapq
import random
import re
import selectors
import socket
import threading
import time

HOST = "127.0.0.1"
DRIFT_ROOM = 0.2  # seconds: an hour of 50 ppm
MEDIA = re.compile(rb"(?m)^(m=\w+ )(\d+)( )")
CONNECTION = re.compile(rb"(?m)^(c=IN IP4 )\S+")
CALL_ID = re.compile(rb"(?im)^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)")
LENGTH = re.compile(rb"(?im)^(Content-Length|l)([ \t]*:[ \t]*)\d+")


def udp():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((HOST, 0))
    made.setblocking(False)
    return made


def name(address):
    return f"{address[0]}:{address[1]}".encode()


class Side:
    """One end as the relay sees it."""

    def __init__(self):
        self.sip = None  # where that end listens
        self.socket = udp()  # what that end believes to be its peer
        self.media = {}  # port of that end -> relay socket that the other end is told
        self.ports = {}  # Call-ID -> port of that end in that call

    @property
    def address(self):
        return self.socket.getsockname()


class Relay(threading.Thread):
    """loss, double, swap: chances of a media packet; audio_loss: of one of RTP, where that is another; burst: how many packets in a row a loss takes; delay_ms and
    jitter_ms: of media packets; drift_ppm: as if a's clock ran faster than b's by so much. counts says what was done."""

    def __init__(self, seed=0, loss=0.0, burst=1, double=0.0, swap=0.0, delay_ms=0, jitter_ms=0,
                 audio_loss=None, drift_ppm=0):
        super().__init__(daemon=True)
        self.chance = random.Random(seed)
        self.loss, self.burst, self.double, self.swap = loss, burst, double, swap
        self.audio_loss = loss if audio_loss is None else audio_loss
        self.delay, self.jitter = delay_ms / 1000, jitter_ms / 1000
        self.drift, self.begun = drift_ppm / 1e6, time.monotonic()
        self.a, self.b = Side(), Side()
        self.selector, self.ending = selectors.DefaultSelector(), threading.Event()
        self.losing, self.late, self.order = 0, [], 0
        self.counts = {"sip": 0, "media": 0, "lost": 0, "doubled": 0, "swapped": 0}
        self.sip_seen = []  # first lines and SDP media lines, for tests to look at
        self.error = None

    @property
    def towards_b(self):
        return name(self.a.address).decode()

    @property
    def towards_a(self):
        return name(self.b.address).decode()

    def join_ends(self, a_sip, b_sip):
        self.a.sip, self.b.sip = a_sip, b_sip
        self.selector.register(self.a.socket, selectors.EVENT_READ, (self.on_sip, self.a, self.b))
        self.selector.register(self.b.socket, selectors.EVENT_READ, (self.on_sip, self.b, self.a))
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.ending.set()
        if self.is_alive():
            self.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        if self.error:
            raise self.error

    def run(self):
        try:
            while not self.ending.is_set():
                for key, _ in self.selector.select(self.next_wait()):
                    handler, *rest = key.data
                    self.receive(key.fileobj, handler, rest)
                self.send_late()
        except Exception as error:  # told at the end of the test
            self.error = error

    @staticmethod
    def receive(sock, handler, rest):
        while True:
            try:
                data, _ = sock.recvfrom(65536)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue  # an ICMP answer to something sent earlier: that end is closed
            handler(data, *rest)

    # ---- SIP ----

    def on_sip(self, data, side, other):
        self.counts["sip"] += 1
        # What this end calls itself becomes the relay's face to the other end, and the other way round.
        data = data.replace(name(side.sip), b"\0").replace(name(side.address), name(other.sip))
        data = data.replace(b"\0", name(other.address))
        head, gap, body = data.partition(b"\r\n\r\n")
        if b"m=" in body:
            body = self.describe(head, body, side, other)
            head = LENGTH.sub(lambda m: m[1] + m[2] + str(len(body)).encode(), head)
        self.sip_seen.append((head.split(b"\r\n")[0].decode(errors="replace"),
                              [m.decode() for m in re.findall(rb"(?m)^m=\w+ \d+", body)]))
        self.pass_sip(head + gap + body, other)

    def pass_sip(self, data, other):
        other.socket.sendto(data, other.sip)

    def describe(self, head, body, side, other):
        """The session description that the other end gets."""
        call = CALL_ID.search(head)[1]
        body = MEDIA.sub(lambda m: m[1] + self.media_port(int(m[2]), call, side, other) + m[3], body)
        return CONNECTION.sub(lambda m: m[1] + HOST.encode(), body)

    def media_port(self, port, call, side, other):
        """The relay's port for media that goes to `port` of this end."""
        if port == 0:
            return b"0"
        side.ports[call] = port
        if port not in side.media:
            side.media[port] = udp()
            self.selector.register(side.media[port], selectors.EVENT_READ, (self.on_media, side, port, other))
        return b"%d" % side.media[port].getsockname()[1]

    @staticmethod
    def face(side, port, other):
        """The socket by which this end knows the other one in the call that uses `port`."""
        call = next((call for call, used in reversed(side.ports.items()) if used == port), None)
        return other.media.get(other.ports.get(call))

    # ---- media ----

    def on_media(self, data, side, port, other):
        """A packet of the other end to `port` of this one. It leaves from a socket that stands for the other end."""
        self.counts["media"] += 1
        loss = self.audio_loss if data[:1] == b"\x80" else self.loss  # RTP is of version 2; UDPTL begins with a number
        if self.losing or self.chance.random() < loss:
            self.losing = (self.losing or self.burst) - 1
            self.counts["lost"] += 1
            return
        wait = self.delay + self.chance.random() * self.jitter + self.drifted(side)
        if self.chance.random() < self.swap:
            wait += 0.04
            self.counts["swapped"] += 1
        self.post(wait, data, side, port, other)
        if self.chance.random() < self.double:
            self.counts["doubled"] += 1
            self.post(wait, data, side, port, other)

    def drifted(self, side):
        """What the faster one says comes ever sooner, what it hears ever later; nothing comes before it was said."""
        ahead = self.drift * (time.monotonic() - self.begun)
        return DRIFT_ROOM + (ahead if side is self.a else -ahead) if self.drift else 0

    def post(self, wait, data, side, port, other):
        self.order += 1
        heapq.heappush(self.late, (time.monotonic() + wait, self.order, data, side, port, other))

    def next_wait(self):
        return min(0.2, max(0.0, self.late[0][0] - time.monotonic())) if self.late else 0.2

    def send_late(self):
        while self.late and self.late[0][0] <= time.monotonic():
            _, _, data, side, port, other = heapq.heappop(self.late)
            face = self.face(side, port, other)
            if face:
                face.sendto(data, (side.sip[0], port))
