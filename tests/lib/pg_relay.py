# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stands between Faxpost and a PostgreSQL server, on a unix socket of its own, and cuts all connections when it is time:

    with Relay(server, folder) as relay:
        relay.cut_after(12, "before")    # the 12th time that a client speaks from now on
        relay.stall()                    # nothing passes and nobody is told, as in a network that lost its way
        relay.go_on()
"""

import contextlib
import pathlib
import socket
import threading

SOCKET = ".s.PGSQL.5432"
# What becomes of what the client said last: nothing of it arrives; a part of it does; it is carried out, and the answer is lost.
WAYS = ("before", "within", "after")


class Relay:
    def __init__(self, server, folder):
        self.target = str(server.folder / SOCKET)
        self.folder = pathlib.Path(folder)
        self.lock = threading.Lock()
        self.left, self.way, self.open, self.spoken = 0, "", set(), 0
        self.cut, self.flowing = threading.Event(), threading.Event()
        self.flowing.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.folder / SOCKET))
        (self.folder / SOCKET).chmod(0o777)
        self.listener.listen(50)

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # close() alone would leave accept() waiting in its thread
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.flowing.set()
        self.cut_now()

    def uri(self, database):
        return f"postgres://faxpost@/{database}?host={self.folder}"

    def cut_after(self, count, way):
        with self.lock:
            self.left, self.way = count, way
            self.cut.clear()

    def stall(self):
        self.flowing.clear()

    def go_on(self):
        self.flowing.set()

    def cut_now(self):
        with self.lock:
            ends, self.open = self.open, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.cut.set()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                server.close()
                continue
            with self.lock:
                self.open |= {client, server}
            flow = {"dropping": False, "answered": threading.Event()}
            threading.Thread(target=self.there, args=(client, server, flow), daemon=True).start()
            threading.Thread(target=self.back, args=(server, client, flow), daemon=True).start()

    def now(self):
        """The way, where this is what it is to be cut at."""
        with self.lock:
            self.spoken += 1
            if self.left == 0:
                return ""
            self.left -= 1
            return self.way if self.left == 0 else ""

    def there(self, client, server, flow):
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 20):
                self.flowing.wait()
                way = self.now()
                if way == "before":
                    break
                if way == "within":
                    server.sendall(data[:len(data) // 2])
                    break
                flow["dropping"] = way == "after"
                server.sendall(data)
                if way == "after":
                    flow["answered"].wait(60)
                    break
            else:
                way = ""
            if way:
                self.cut_now()
        self.end(client, server)

    def back(self, server, client, flow):
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 20):
                self.flowing.wait()
                if flow["dropping"]:
                    flow["answered"].set()
                else:
                    client.sendall(data)
        flow["answered"].set()
        self.end(client, server)

    def end(self, *ends):
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self.lock:
            self.open -= set(ends)
