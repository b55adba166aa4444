# SPDX-License-Identifier: AGPL-3.0-or-later
"""A DNS server with the zone of a test, over UDP and TCP on a port that the kernel picks.

    with DnsServer({("example.com", "TXT"): ["v=spf1 -all"], ("example.com", "A"): ["192.0.2.1"]}) as dns:
        ... dns.address, dns.asked

A value of DOWN answers SERVFAIL, SILENT nothing. Names without any record do not exist."""

import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}
DOWN, SILENT = "down", "silent"
NO_ERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
UDP_MOST = 1200


def wire_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def rdata(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "MX":
        return struct.pack(">H", 10) + wire_name(value)
    if kind == "SRV":  # "priority weight port target"
        priority, weight, port, target = value.split()
        return struct.pack(">HHH", int(priority), int(weight), int(port)) + wire_name(target)
    if kind == "NAPTR":  # "order preference flags service name"
        order, preference, flags, service, name = value.split()
        words = b"".join(bytes([len(word)]) + word.encode() for word in (flags, service, ""))
        return struct.pack(">HH", int(order), int(preference)) + words + wire_name(name)
    if kind == "PTR":
        return wire_name(value)
    data = value.encode()
    return b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))


def read_question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack(">H", packet[at + 1:at + 3])[0], packet[12:at + 5]


class DnsServer:
    def __init__(self, zone=None, down=False, port=0):
        """down: every question is answered with SERVFAIL. While `silent` is set none is answered."""
        self.zone = {(name.lower(), kind): value for (name, kind), value in (zone or {}).items()}
        self.down, self.silent, self.asked = down, False, []
        while True:  # one port for both
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", port))
            self.address = "%s:%d" % self.udp.getsockname()
            try:
                self.tcp = socket.create_server(self.udp.getsockname())
                break
            except OSError:
                self.udp.close()
        self.ended = False

    def __enter__(self):
        for loop in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=loop, daemon=True).start()
        return self

    def __exit__(self, *what):
        self.ended = True
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.udp.getsockname())

    def answer(self, packet):
        name, kind, question = read_question(packet)
        word = NAMES.get(kind, str(kind))
        self.asked.append((name, word))
        found = self.zone.get((name, word), [])
        if found == SILENT or self.silent:
            return None
        code, records = NO_ERROR, []
        if self.down or found == DOWN:
            code = SERVFAIL
        elif not found and not any(n == name or n.endswith("." + name) for n, _ in self.zone):
            code = NXDOMAIN
        else:
            records = [b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data
                       for data in (rdata(word, value) for value in found)]
        head = packet[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(records), 0, 0)
        return head + question + b"".join(records)

    def serve_udp(self):
        while True:
            packet, client = self.udp.recvfrom(4096)
            if self.ended:
                self.udp.close()
                return
            answer = self.answer(packet)
            if answer and len(answer) > UDP_MOST:
                _, _, question = read_question(packet)
                answer = packet[:2] + struct.pack(">HHHHH", 0x8780, 1, 0, 0, 0) + question
            if answer:
                self.udp.sendto(answer, client)

    def serve_tcp(self):
        while True:
            try:
                client, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_client, args=(client,), daemon=True).start()

    def serve_client(self, client):
        with client, client.makefile("rb") as stream:
            while len(head := stream.read(2)) == 2:
                answer = self.answer(stream.read(struct.unpack(">H", head)[0]))
                if answer:
                    client.sendall(struct.pack(">H", len(answer)) + answer)
