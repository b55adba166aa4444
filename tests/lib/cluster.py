# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several servers ("nodes") on one PostgreSQL, and a server of its own that stands for all fax machines of the world: it takes
calls to any number, and keeps what it received."""

import collections
import shutil

import mail
import pixels
import postgres
import provision
from server import Server


class Cluster:
    def __init__(self, t, count, *, settings=None, roles=None, fsync=False):
        """settings: of each node; roles: {number of a node: what it runs}."""
        self.database = t.enter(postgres.Server(fsync=fsync))
        self.uri = self.database.make("fax")
        self.maildir = t.folder() / "maildir"
        self.world = Server(t.folder(), settings={"max_calls": 40})
        self.world.start()
        t.later(self.world.stop, 3)
        self.world.pin_ports()
        self.world.apply(provision.example(self.world.port("sip")[1], pace=False, fallback_box="back"))
        self.nodes = []
        for n in range(count):
            own = {"store": self.uri, "node": f"n{n + 1}", "deliver": f"maildir:{self.maildir}", **(settings or {})}
            if roles and n in roles:
                own["roles"] = roles[n]
            node = Server(t.folder(), settings=own)
            if n > 0:  # what is sealed is sealed for all of them
                (node.state / "keys").mkdir(parents=True)
                shutil.copytree(self.nodes[0].state / "keys", node.state / "keys", dirs_exist_ok=True)
            node.start()
            t.later(node.stop, 3)
            self.nodes.append(node)

    def apply(self, **trunk):
        self.nodes[0].apply(provision.example(self.world.port("sip")[1], **trunk))

    def rows(self, statement):
        return [line.split("|") for line in self.database.ask(statement, "fax").splitlines()]

    def one(self, statement):
        return int(self.rows(statement)[0][0])

    def mails(self, address):
        return sorted((self.maildir / address / "new").glob("*"))

    def alive(self):
        return [row[0] for row in self.rows("SELECT name FROM node WHERE taken = 0 AND stopped = 0 AND lease_ms > "
                                            "extract(epoch FROM clock_timestamp()) * 1000 ORDER BY name")]

    def arrived(self):
        """{(document, page): how often it came}, of all that the world was sent."""
        found = collections.Counter()
        for path in self.world.mails(provision.BACK):
            for page in pixels.pages_of_bytes(mail.attachment(mail.read(path))[1]):
                document, number, _ = pixels.read_mark(page)
                found[(document, number)] += 1
        return found
