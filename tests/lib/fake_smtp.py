# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail server that says what a test wants: refusals, no STARTTLS, a wrong certificate, silence. One thread a
connection; what it heard is kept.

    with FakeSmtp(offers=["PIPELINING"], replies={"RCPT TO:<no@": "550 5.1.1 no such user"}) as server:
        ... server.port, server.heard, server.mails
"""

import contextlib
import pathlib
import socket
import ssl
import subprocess
import threading

from server import held_port

HANG_UP = object()  # as a reply: end the connection instead
SILENCE = object()  # as a reply: never answer


def make_certificate(folder, name="localhost"):
    """(certificate file, key file, pin as Faxpost writes it)."""
    folder = pathlib.Path(folder)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    spki = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=spki.stdout, check=True,
                         capture_output=True).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, check=True, capture_output=True).stdout
    return certificate, key, "sha256:" + digest.decode().split()[0]


class FakeSmtp:
    def __init__(self, *, certificate=None, implicit=False, starttls=False, offers=(), offers_secured=None,
                 replies=None, greeting="220 fake ready", users=None, address="127.0.0.1"):
        """replies: {start of a command line, or "." for the end of a mail: reply, or a list of them, one a time};
        users: {name: password} for AUTH PLAIN."""
        self.implicit, self.starttls, self.greeting = implicit, starttls, greeting
        self.offers, self.offers_secured = list(offers), list(offers if offers_secured is None else offers_secured)
        self.replies = dict(replies or {})
        self.users = users or {}
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate[:2])
        self.address = address
        self.port, self.holder = held_port(address)
        self.socket = None
        self.heard = []  # (connection number, secured, line)
        self.mails = []  # bytes as they came, dots undone
        self.connections = 0
        self.most_at_once = 0
        self.open = 0
        self.lock = threading.Lock()
        self.talking = set()  # the sockets of open connections, those in TLS excepted

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *what):
        self.stop_listening()
        self.holder.close()

    def up(self):
        self.socket = socket.create_server((self.address, self.port))
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def down(self):
        """As a machine whose power fails: nobody listens, and connections end in the middle. up() starts it again."""
        self.stop_listening()
        with self.lock:
            for connection in self.talking:
                with contextlib.suppress(OSError):  # it has ended by itself
                    connection.shutdown(socket.SHUT_RDWR)

    def stop_listening(self):
        self.socket.shutdown(socket.SHUT_RDWR)  # close() alone would leave a thread in accept(), and the port open
        self.acceptor.join(10)
        self.socket.close()

    def lines(self, secured=None):
        return [line for _, tls, line in self.heard if secured is None or tls == secured]

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open += 1
                self.most_at_once = max(self.most_at_once, self.open)
                self.talking.add(connection)
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, number):
        try:
            Conversation(self, connection, number).run()
        except (OSError, ssl.SSLError, EOFError):
            pass
        finally:
            with self.lock:
                self.open -= 1
                self.talking.discard(connection)
            connection.close()

    def reply_to(self, line):
        """The test's word on this line; None: the usual answer."""
        for start, reply in self.replies.items():
            if line.upper().startswith(start.upper()):
                if isinstance(reply, list):
                    return reply.pop(0) if reply else None
                return reply
        return None


class Conversation:
    def __init__(self, server, connection, number):
        self.server, self.connection, self.number = server, connection, number
        self.secured = False
        self.file = None
        self.recipients = 0  # accepted, of the running mail

    def secure(self):
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.secured = True
        self.file = self.connection.makefile("rb")

    def say(self, text):
        self.connection.sendall("".join(f"{line}\r\n" for line in text.split("\n")).encode())

    def read_line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError
        return line[:-2]

    def run(self):
        self.file = self.connection.makefile("rb")
        if self.server.implicit:
            self.secure()
        if self.server.greeting is SILENCE:
            self.read_line()
            return
        self.say(self.server.greeting)
        while True:
            line = self.read_line().decode(errors="replace")
            self.server.heard.append((self.number, self.secured, line))
            if not self.answer(line):
                return

    def answer(self, line):
        word = line.split(" ")[0].upper()
        reply = self.server.reply_to(line)
        if reply is HANG_UP:
            return False
        if reply is SILENCE:
            self.read_line()
            return False
        if word == "MAIL":
            self.recipients = 0
        if word == "RCPT" and (reply is None or reply.startswith("2")):
            self.recipients += 1
        if reply is not None:
            self.say(reply)
            return not reply.startswith("421")
        if word == "EHLO":
            offers = self.server.offers_secured if self.secured else self.server.offers
            lines = ["fake"] + (["STARTTLS"] if self.server.starttls and not self.secured else []) + offers
            self.say("\n".join(f"250{'-' if i + 1 < len(lines) else ' '}{text}" for i, text in enumerate(lines)))
        elif word == "STARTTLS":
            self.say("220 go ahead")
            self.secure()
        elif word == "AUTH":
            self.say("235 in" if self.login(line) else "535 5.7.8 wrong user or password")
        elif word == "DATA" and not self.recipients:
            self.say("554 5.5.1 no valid recipients")
        elif word == "DATA":
            self.say("354 go ahead")
            return self.take_mail()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True

    def login(self, line):
        import base64
        parts = line.split(" ")
        if len(parts) != 3 or parts[1].upper() != "PLAIN":
            return False
        _, user, password = base64.b64decode(parts[2]).decode().split("\0")
        return self.server.users.get(user) == password

    def take_mail(self):
        lines = []
        while True:
            line = self.read_line()
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        reply = self.server.reply_to(".")
        if reply is HANG_UP:
            return False
        if reply is None or reply.startswith("2"):
            self.server.mails.append(b"".join(line + b"\r\n" for line in lines))
        self.say(reply or "250 2.0.0 stored")
        return True
