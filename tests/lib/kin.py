# SPDX-License-Identifier: AGPL-3.0-or-later
"""One role program alone: the test is its parent and its neighbours, and speaks the messages of src/ipc/messages.def.

    role = Role("mailin", "smtp_max_bytes = 100000", {"smtp.0": listening_socket})
    queue = role.connect("queue")
    name, request, fields = queue.take()
    queue.answer("mail_stored", request, mail=fields["mail"], error=0)
"""

import contextlib
import os
import pathlib
import re
import socket
import struct
import subprocess

from server import BUILD

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
PARENT_FD = 3
SECONDS = 30
# Inside its sandbox a role of a sanitizer build cannot stop its threads and look at them, as the search for leaks would.
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


def _messages():
    text = re.sub(r"/\*.*?\*/", "", (SRC / "ipc" / "messages.def").read_text(), flags=re.S)
    text = text.replace("OUTCOME", "F_U32(verdict) F_STR(code, 0) F_STR(reason, 0)")
    return [(m[1], re.findall(r"F_(\w+)\((\w+)", m[2]))
            for m in re.finditer(r"^MSG\((\w+),[^)]*\)(.*?)\bEND$", text, re.M | re.S)]


def _roles():
    text = (SRC / "model" / "role.h").read_text()
    return re.findall(r"X\([A-Z]+, \"(\w+)\"", text)


ROLES = _roles()
NAMES = [None]
FIELDS = {}
for _name, _fields in _messages():
    NAMES.append(_name)
    FIELDS[_name] = _fields


def encode(name, request=0, /, **values):
    """(bytes, descriptors)"""
    out, fds = [struct.pack("<IQ", NAMES.index(name), request)], []
    for kind, field in FIELDS[name]:
        value = values.pop(field, None)
        if kind == "ID":
            out.append(value or bytes(16))
        elif kind in ("U32", "U64", "I64"):
            out.append(struct.pack({"U32": "<I", "U64": "<Q", "I64": "<q"}[kind], value or 0))
        elif kind in ("STR", "BYTES"):
            raw = value.encode() if isinstance(value, str) else value or b""
            out.append(struct.pack("<I", len(raw)) + raw + (b"\0" if kind == "STR" else b""))
        else:
            out.append(b"\1" if value is not None else b"\0")
            fds += [] if value is None else [value]
    if values:
        raise KeyError(f"{name} has no {list(values)}")
    return b"".join(out), fds


def decode(packet, fds):
    """(name, request, {field: value})"""
    number, request = struct.unpack_from("<IQ", packet)
    at, fields, fds = 12, {}, list(fds)
    for kind, field in FIELDS[NAMES[number]]:
        if kind == "ID":
            fields[field], at = packet[at:at + 16], at + 16
        elif kind in ("U32", "U64", "I64"):
            form = {"U32": "<I", "U64": "<Q", "I64": "<q"}[kind]
            fields[field], = struct.unpack_from(form, packet, at)
            at += struct.calcsize(form)
        elif kind in ("STR", "BYTES"):
            size, = struct.unpack_from("<I", packet, at)
            raw = packet[at + 4:at + 4 + size]
            fields[field] = raw.decode() if kind == "STR" else raw
            at += 4 + size + (kind == "STR")
        else:
            fields[field] = fds.pop(0) if packet[at] else None
            at += 1
    if at != len(packet):
        raise ValueError(f"{NAMES[number]} has {len(packet) - at} octets too many")
    return NAMES[number], request, fields


class Channel:
    def __init__(self):
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.settimeout(SECONDS)

    def send(self, name, request=0, /, **values):
        packet, fds = encode(name, request, **values)
        socket.send_fds(self.ours, [packet], fds)

    answer = send

    def take(self, name=None):
        packet, fds, _, _ = socket.recv_fds(self.ours, 1 << 18, 4)
        if not packet:
            raise EOFError("the role closed the channel")
        got = decode(packet, fds)
        if name and got[0] != name:
            raise AssertionError(f"{got[0]} came instead of {name}")
        return got

    def silent(self, seconds):
        """Nothing comes for that long."""
        self.ours.settimeout(seconds)
        try:
            return not self.ours.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self.ours.settimeout(SECONDS)

    def close(self):
        self.ours.close()


class Role:
    def __init__(self, name, conf, grants, build=BUILD, env=None):
        self.channel, self.generation = Channel(), 0
        theirs = self.channel.theirs.fileno()
        script = f'exec {PARENT_FD}<&{theirs}; exec "$0"'
        self.process = subprocess.Popen(["/bin/bash", "-c", script, build / "src" / f"faxpost-{name}"],
                                        pass_fds=[theirs], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **NO_LEAKS, **(env or {})})
        self.channel.theirs.close()
        self.channel.send("init", conf=conf, conf_name="faxpost.conf", bound="")
        for grant, what in grants.items():
            self.channel.send("grant", name=grant, fd=what.fileno())
        self.channel.send("go")

    def ready(self):
        self.channel.take("ready")

    def connect(self, role):
        """A (new life of a) neighbour: the test's end of the pair."""
        self.generation += 1
        pair = Channel()
        self.channel.send("peer", role=ROLES.index(role), generation=self.generation, fd=pair.theirs.fileno())
        pair.theirs.close()
        return pair

    def stop(self):
        """Exit status and what it logged."""
        with contextlib.suppress(ConnectionError):  # it is ending by itself
            if self.process.poll() is None:
                self.channel.send("stop")
        try:
            _, log = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, log = self.process.communicate()
        self.channel.close()
        return self.process.returncode, log
