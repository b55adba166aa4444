# SPDX-License-Identifier: AGPL-3.0-or-later
"""Machines as network namespaces on one cable, and this process on it as well: each has an address of its own, and can be cut off.

    house = Machines(t, 3)
    Server(folder, address=house.address(0), wrap=house.within(0))
    house.cut(0)
"""

import subprocess

import spaces

NETWORK = "10.77.0"
HOST = f"{NETWORK}.254"  # here


class Machines:
    def __init__(self, t, count):
        """Goes with the test's process, which leaves the network that it was in."""
        spaces.own(t, spaces.MOUNTS | spaces.NETWORK)
        self.t, self.holders = t, []
        self.ip("link", "set", "lo", "up")
        self.ip("link", "add", "cable", "type", "bridge")
        self.ip("address", "add", f"{HOST}/24", "dev", "cable")
        self.ip("link", "set", "cable", "up")
        for n in range(count):
            holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep 86400"], stdout=subprocess.PIPE, text=True)
            t.later(holder.wait)
            t.later(holder.kill)
            self.holders.append(holder)
            if holder.stdout.readline() != "ready\n":
                t.skip("no network namespaces here")
            self.ip("link", "add", f"port{n}", "type", "veth", "peer", "name", "net0", "netns", str(holder.pid))
            self.ip("link", "set", f"port{n}", "master", "cable", "up")
            for words in (("link", "set", "lo", "up"), ("address", "add", f"{self.address(n)}/24", "dev", "net0"), ("link", "set", "net0", "up")):
                spaces.run(t, *self.within(n), "ip", *words)

    def ip(self, *words):
        spaces.run(self.t, "ip", *words)

    def address(self, n):
        return f"{NETWORK}.{n + 1}"

    def within(self, n):
        """Before a command that is to run there."""
        return ("nsenter", f"--net=/proc/{self.holders[n].pid}/ns/net", "--")

    def cut(self, n):
        self.ip("link", "set", f"port{n}", "down")

    def mend(self, n):
        self.ip("link", "set", f"port{n}", "up")
