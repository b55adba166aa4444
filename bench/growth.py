# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ten thousand short calls leave behind in the processes that had them, one of `call` among these: memory that each
has more behind the last than behind the first half. SIPp calls and hangs up 0.3 s after the answer."""

import pathlib
import socket
import subprocess
import time

import provision
from accept import folder
from density import memory_kb
from row import Row
from server import Server, free_port
from store import Store

CASES = ("short calls",)
CALLS, PARTS = 10000, 4
RATE, AT_ONCE = 40, 50  # a second; and never more lines, half of what one process has
FORGOTTEN_SECONDS = 40  # SIP keeps what was said for 32, lest it comes again
SCENARIO = pathlib.Path(__file__).with_name("short_call.xml")


def calls(server, port, count):
    done = subprocess.run(["sipp", "-sf", SCENARIO, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-m", str(count),
                           "-r", str(RATE), "-l", str(AT_ONCE), "-nostdin", f"127.0.0.1:{server.port('sip')[1]}"],
                          cwd=server.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=3600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"not all of {count} calls were answered; log: {server.log_tail()}")
    time.sleep(FORGOTTEN_SECONDS)
    return memory_kb(server)


def run(cases, note):
    settings = {"max_calls": 2 * AT_ONCE, "calls_per_process": 2 * AT_ONCE, "log_level": "error"}
    for case in cases:
        with folder() as place, Server(place, settings=settings) as server:
            port = free_port(kind=socket.SOCK_DGRAM)
            setup = provision.example(server.port("sip")[1])
            setup["trunks"].append({"name": "town", "peer": f"sip:127.0.0.1:{port}", "cost": 100, "t38": False, "keepalive": 0})
            server.apply(setup)
            before = dict(server.roles())
            kb = [calls(server, port, CALLS // PARTS) for _ in range(PARTS)]
            if dict(server.roles()) != before:
                raise RuntimeError("a process ended")
            answered = Store(server.state).rows("SELECT count(*) AS n FROM attempt WHERE answered_ms IS NOT NULL")[0]["n"]
            note(f"{answered} calls answered; kB behind each {CALLS // PARTS}: "
                 + "; ".join(f"{role} {', '.join(str(part[role]) for part in kb)}" for role in kb[0]))
            for role in kb[0]:
                more = kb[-1][role] - kb[PARTS // 2 - 1][role]
                yield Row("growth", f"{case}, {role}", more * 1024 / (CALLS // 2), "bytes a call", "lower")
