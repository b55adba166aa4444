# SPDX-License-Identifier: AGPL-3.0-or-later
"""A printer that speaks IPP, small and obedient, or not: what it does with each document says `manners`, in turn:
"busy" refuses it, "swallow" takes it and hangs up without a word, "hold" takes it and answers when `go` is set."""

import contextlib
import http.server
import ssl
import struct
import threading

OPERATIONS = {2: "Print-Job", 9: "Get-Job-Attributes", 10: "Get-Jobs", 11: "Get-Printer-Attributes"}
GROUPS = {"operation": 1, "job": 2, "printer": 4}
NUMBERS, RESOLUTION = (0x21, 0x23), 0x32


def read_message(data):
    """(operation or status, {name: [values]}, what follows)."""
    code, at, name, found = struct.unpack(">H", data[2:4])[0], 8, "", {}
    while data[at] != 3:
        tag = data[at]
        at += 1
        if tag < 0x10:
            continue
        parts = []
        for _ in range(2):
            length = struct.unpack(">H", data[at:at + 2])[0]
            parts.append(data[at + 2:at + 2 + length])
            at += 2 + length
        name = parts[0].decode() or name
        found.setdefault(name, []).append(struct.unpack(">i", parts[1])[0] if tag in NUMBERS else parts[1].decode())
    return code, found, data[at + 1:]


def attribute(tag, name, *values):
    out = b""
    for value in values:
        raw = struct.pack(">i", value) if tag in NUMBERS else struct.pack(">iib", value, value, 3) if tag == RESOLUTION else value.encode()
        out += bytes([tag]) + struct.pack(">H", len(name)) + name.encode() + struct.pack(">H", len(raw)) + raw
        name = ""
    return out


class Job:
    def __init__(self, number, asked, document):
        self.number, self.asked, self.document, self.state = number, asked, document, 9
        self.name = asked["job-name"][0]


class IppPrinter:
    def __init__(self, t, formats=("application/pdf",), dpi=300, manners=(), certificate=None):
        """certificate: (file, key file): it speaks TLS."""
        self.formats, self.dpi, self.manners = formats, dpi, list(manners)
        self.jobs, self.operations, self.go = [], [], threading.Event()
        self.sulks = 0  # so many times it is too busy to say what it is
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                data = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.answer(data)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/ipp")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # A client that refuses us must not hold the door: the handshake is the business of its thread.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        t.later(self.server.shutdown)
        t.later(self.go.set)
        self.uri = f"{'ipps' if certificate else 'ipp'}://127.0.0.1:{self.port}/ipp/print"

    def answer(self, data):
        code, asked, document = read_message(data)
        self.operations.append(OPERATIONS[code])
        status, body = getattr(self, OPERATIONS[code].replace("-", "_").lower())(asked, document)
        if status is None:
            return None
        return (b"\2\0" + struct.pack(">H", status) + data[4:8] + b"\1" + attribute(0x47, "attributes-charset", "utf-8")
                + attribute(0x48, "attributes-natural-language", "en") + body + b"\3")

    def get_printer_attributes(self, _asked, _document):
        if self.sulks:
            self.sulks -= 1
            return 0x0507, b""
        return 0, (b"\4" + attribute(0x49, "document-format-supported", "application/octet-stream", *self.formats)
                   + b"\x22\0\x19printer-is-accepting-jobs\0\1\1" + attribute(0x23, "printer-state", 3)
                   + attribute(0x44, "media-supported", "iso_a4_210x297mm", "na_letter_8.5x11in")
                   + attribute(RESOLUTION, "pwg-raster-document-resolution-supported", self.dpi * 2, self.dpi))

    def print_job(self, asked, document):
        manner = self.manners.pop(0) if self.manners else ""
        if manner == "busy":
            return 0x0507, b""
        self.jobs.append(Job(len(self.jobs) + 1, asked, document))
        job = self.shown(self.jobs[-1])
        if manner == "hold":
            self.go.wait(600)
        return (None, b"") if manner == "swallow" else (0, job)

    def get_jobs(self, asked, _document):
        want = asked.get("which-jobs", ["not-completed"])[0]
        return 0, b"".join(self.shown(j) for j in self.jobs if (j.state == 9) == (want == "completed"))

    def get_job_attributes(self, asked, _document):
        found = [j for j in self.jobs if j.number == asked["job-id"][0]]
        return (0, self.shown(found[0])) if found else (0x0406, b"")

    @staticmethod
    def shown(job):
        return (b"\2" + attribute(0x21, "job-id", job.number) + attribute(0x42, "job-name", job.name)
                + attribute(0x23, "job-state", job.state) + attribute(0x44, "job-state-reasons", "none"))
