# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several servers ("nodes") on one PostgreSQL, and a server of its own that stands for all fax machines of the world: it takes
calls to any number, and keeps what it received."""

import collections
import shutil

import certs
import mail
import pg_relay
import pixels
import postgres
import provision
from machines import HOST
from server import Server


class Cluster:
    def __init__(self, t, count, *, settings=None, roles=None, relayed=(), machines=None, database=None):
        """settings: of each node; roles: {number of a node: what it runs}; relayed: numbers of those that reach the database through
        self.relay, counted from 0 like all; machines: on which they run (machines.py), and reach the database by TLS; database: one that runs (postgres.Server)."""
        authority = certs.Authority(t.folder()) if machines else None
        self.host = HOST if machines else "127.0.0.1"
        self.database = database or t.enter(postgres.Server(address=HOST if machines else None, authority=authority))
        self.uri = self.database.make("fax")
        self.relay = t.enter(pg_relay.Relay(self.database, t.folder())) if relayed else None
        self.maildir = t.folder() / "maildir"
        if machines:
            self.uri = self.database.network_uri("fax")
        self.world = Server(t.folder(), settings={"max_calls": 40}, address=self.host)
        self.world.start()
        t.later(self.world.stop, 3)
        self.world.pin_ports()
        self.world.apply(self.settings(pace=False, fallback_box="back"))
        self.nodes = []
        for n in range(count):
            own = {"store": self.relay.uri("fax") if n in relayed else self.uri, "node": f"n{n + 1}", "deliver": f"maildir:{self.maildir}", **(settings or {})}
            if roles and n in roles:
                own["roles"] = roles[n]
            where = {"address": machines.address(n), "wrap": machines.within(n)} if machines else {}
            node = Server(t.folder(), settings=own, **where)
            if n > 0:  # what is sealed is sealed for all of them
                (node.state / "keys").mkdir(parents=True)
                shutil.copytree(self.nodes[0].state / "keys", node.state / "keys", dirs_exist_ok=True)
            node.start()
            t.later(node.stop, 3)
            self.nodes.append(node)

    def settings(self, **trunk):
        """With a trunk that leads to the world; this machine's mails are believed."""
        wanted = provision.example(self.world.port("sip")[1], host=self.host, **trunk)
        wanted["tenants"][0]["trusted_networks"] = [f"{self.host}/32"]
        return wanted

    def apply(self, **trunk):
        self.nodes[0].apply(self.settings(**trunk))

    def let_world_call(self):
        """The world's calls reach all nodes, the next one where one is gone."""
        settings = self.settings()
        trunk, peers = settings["trunks"][0], []
        for node in self.nodes:
            node.pin_ports("smtp", "sip")
            host, port = node.port("sip")
            name = node.settings["node"] if peers else trunk["name"]  # instead of the one that leads to itself
            peers.append({**trunk, "name": name, "peer": f"sip:{host}:{port}", "fallback_box": "back", "pace": False})
        settings["trunks"] = peers
        self.world.apply(settings)

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
