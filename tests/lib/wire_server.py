# SPDX-License-Identifier: AGPL-3.0-or-later
"""A TCP server that says what a test wants, and remembers what it heard."""

import re
import socket
import threading


class Babbler:
    """greeting: its first words. answers: {word of a command: answer}, with the command's tag for %s in it; what has no
    answer gets none. It holds every connection open until it ends."""

    def __init__(self, greeting, answers=None):
        self.greeting, self.answers, self.heard = greeting, answers or {}, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = []

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *what):
        self.socket.close()
        for c in self.connections:
            c.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            connection.sendall(self.greeting)
            while data := connection.recv(65536):
                self.heard += data
                for tag, word in re.findall(rb"(\S+) (\w+)[^\n]*\r\n", data):
                    if word in self.answers:
                        connection.sendall(self.answers[word].replace(b"%s", tag))
        except OSError:
            pass
