# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API by its unix socket, as the command line speaks to it; and the PNGs it gives, decoded by zlib alone."""

import http.client
import json
import socket
import struct
import urllib.parse
import zlib

from pixels import Page


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Connection(http.client.HTTPConnection):
    def __init__(self, path, seconds):
        super().__init__("faxpost", timeout=seconds)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def connect(server, seconds=120):
    return Connection(server.state / "run" / "api.sock", seconds)


def ask(server, method, path, body=None, headers=None, **arguments):
    """path: below /api/v1/; body: bytes, or what becomes JSON."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    query = "?" + urllib.parse.urlencode(arguments, doseq=True) if arguments else ""
    connection = connect(server)
    try:
        connection.request(method, "/api/v1/" + path + query, body=body, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def get(server, path, **arguments):
    return ask(server, "GET", path, **arguments)


class Picture:
    """A grey PNG without filters, which is what ours are."""

    def __init__(self, data):
        if not data.startswith(b"\x89PNG\r\n\x1a\n"):
            raise ValueError("no PNG")
        at, packed = 8, b""
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at:at + 8])
            chunk = data[at + 8:at + 8 + length]
            if zlib.crc32(kind + chunk) != struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]:
                raise ValueError(f"{kind}: wrong checksum")
            if kind == b"IHDR":
                self.width, self.height, self.depth, self.colour = struct.unpack(">IIBB", chunk[:10])
            elif kind == b"IDAT":
                packed += chunk
            at += 12 + length
        self.stride = (self.width * self.depth + 7) // 8
        raw = zlib.decompress(packed)
        self.rows = [raw[y * (self.stride + 1) + 1:(y + 1) * (self.stride + 1)] for y in range(self.height)]

    def page(self):
        """Of a black-and-white one, as pixels.py has pages: 1 is black."""
        return Page(self.width, self.height, b"".join(bytes(b ^ 0xFF for b in row) for row in self.rows))
