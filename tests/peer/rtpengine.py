# SPDX-License-Identifier: AGPL-3.0-or-later
"""rtpengine as a T.38 gateway between two SIP ends. It forwards in user space and is told what to do by its ng protocol;
Gateway is the proxy that tells it, and changes the session descriptions as it says."""

import os
import pathlib
import random
import re
import socket
import subprocess
import time

from server import free_port
from sip_relay import CALL_ID, HOST, Relay

SECONDS = 20
# Away from the media ports of our own servers. A range of its own for each, for it shares a port that another one has.
FIRST_PORTS, PORTS = range(28000, 39900, 100), 100


def bencode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(v) for k, v in value.items()) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    raw = value if isinstance(value, bytes) else value.encode()
    return b"%d:%s" % (len(raw), raw)


def bdecode(data, at=0):
    """(value, place behind it); byte strings stay what they are."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in b"dl":
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return (dict(zip(items[::2], items[1::2])) if kind == b"d" else items), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end


class Rtpengine:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.socket, self.asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0

    def __enter__(self):
        control, first = free_port(kind=socket.SOCK_DGRAM), random.choice(FIRST_PORTS)
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(
                ["rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=6", "--table=-1",
                 f"--interface={HOST}", f"--listen-ng={HOST}:{control}", f"--port-min={first}", f"--port-max={first + PORTS - 1}",
                 f"--pidfile={self.folder / 'pid'}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        self.socket.connect((HOST, control))
        self.await_ready()
        return self

    def __exit__(self, *what):
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.socket.close()

    def await_ready(self):
        self.socket.settimeout(0.1)
        end = time.monotonic() + SECONDS
        while True:
            try:
                self.ask(command="ping")
                break
            except (ConnectionRefusedError, TimeoutError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"rtpengine does not start: {self.log()[-800:]}") from None
                time.sleep(0.05)
        self.socket.settimeout(SECONDS)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def ask(self, **what):
        """Its answer as a dict; RuntimeError where it refuses."""
        self.asked += 1
        cookie = b"%d_%d " % (os.getpid(), self.asked)
        self.socket.send(cookie + bencode(what))
        while True:
            data = self.socket.recv(65536)
            if data.startswith(cookie):
                break
        answer, _ = bdecode(data, len(cookie))
        if answer[b"result"] not in (b"ok", b"pong"):
            raise RuntimeError(f"rtpengine refuses {what['command']}: {answer}")
        return answer


class Gateway(Relay):
    """What one end offers as an image reaches the other one as audio. encrypted: which end ("a", "b") has SRTP and nothing
    else; the other one has none."""

    def __init__(self, engine, encrypted=None):
        super().__init__()
        self.engine, self.encrypted = engine, encrypted
        self.offered = {}  # call -> tag of the side that offered last
        self.done = {}  # what was said already, for what is repeated
        self.given = []  # (kind offered or answered, by which side, kind that the other side got)

    def describe(self, head, body, side, other):
        call = CALL_ID.search(head)[1]
        start = head.split(b"\r\n")[0]
        key = (call, start, re.search(rb"(?im)^CSeq[ \t]*:[^\r]*", head)[0], body)
        if key not in self.done:
            self.done[key] = self.tell(call, start, body, b"a" if side is self.a else b"b")
        return self.done[key]

    def tell(self, call, start, body, tag):
        what = {"call-id": call, "sdp": body, "ICE": "remove", "replace": ["origin"]}
        if start.startswith(b"SIP/2.0"):
            what |= {"command": "answer", "from-tag": self.offered[call], "to-tag": tag}
        else:
            what |= {"command": "offer", "from-tag": tag}
            if self.encrypted:
                what |= {"transport-protocol": "RTP/AVP" if tag.decode() == self.encrypted else "RTP/SAVP", "DTLS": "off"}
            if call in self.offered:
                what["to-tag"] = b"b" if tag == b"a" else b"a"
            self.offered[call] = tag
            if b"m=image" in body:
                what["T.38"] = ["decode"]
        answer = self.engine.ask(**what)[b"sdp"]
        self.given.append((kind(body), tag.decode(), kind(answer)))
        return answer


def kind(body):
    return re.search(rb"(?m)^m=(\w+) [1-9]", body)[1].decode()
