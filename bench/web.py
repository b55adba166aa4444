# SPDX-License-Identifier: AGPL-3.0-or-later
"""What looking costs where there is much to look at: the same questions to a server with a million faxes and to one with a
thousand, in turns. Time is the web role's own, on the processor, and of three times that a question is asked the quickest
counts: what else the machine does makes an answer slower and never quicker. Waiting is in the cases "..., waited". The last
case is a fax while many look, beside one while nobody does."""

import contextlib
import os
import random
import statistics
import threading
import time

import door
import provision
from accept import folder
from crowd import Crowd
from row import Row
from server import Server
from store import Store, uuid_text

FAX = "fax while it is browsed"
LOOKS = ("list", "list of a box", "list by state", "search", "search in a box", "list of a time", "detail", "thumbnail")
CASES = (*LOOKS, FAX)
MANY, FEW = (int(os.environ.get("FAXPOST_BENCH_FAXES", 1_000_000)), 10_000), (1_000, 10)
ROUNDS, WARM, TIMES = 300, 300, 3  # what was read from the disk once is in memory
FAXES, LOOKERS, FAX_SECONDS = 3, 4, 300


def server_with(stack, faxes, boxes, note):
    place = stack.enter_context(folder())
    with Server(place, settings={"log_level": "warning"}) as server:
        server.apply(provision.example(server.port("sip")[1]))
        server.pin_ports("sip")  # its trunk leads back to it
        server.stop()
        begun = time.monotonic()
        Crowd(server.state, faxes, boxes).fill()
        note(f"{faxes} faxes in {boxes} boxes: filled in {time.monotonic() - begun:.0f} s,"
             f" {os.path.getsize(server.state / 'faxpost.db') / 1e6:.0f} MB")
    server = Server(place, settings={"log_level": "warning", "sip_listen": server.settings["sip_listen"]})
    return stack.enter_context(server)


class Asker:
    """One kept connection, as a browser has it."""

    def __init__(self, server, seed):
        self.server, self.connection, self.random = server, door.connect(server), random.Random(seed)
        self.schedstat = f"/proc/{dict(server.roles())['web.0']}/schedstat"
        store = Store(server.state)
        self.ids = [uuid_text(r["id"]) for r in store.rows("SELECT id FROM fax WHERE n % ? = 0",
                                                           max(1, store.rows("SELECT max(n) AS n FROM fax")[0]["n"] // 500))]
        self.boxes = [r["faxbox"] for r in store.rows("SELECT DISTINCT faxbox FROM fax WHERE n <= 1000")]
        self.numbers = [r["calling"] for r in store.rows("SELECT calling FROM fax WHERE n % 7 = 0 AND length(calling) > 8 LIMIT 300")]

    def path(self, case):
        fax, box, number = (self.random.choice(x) for x in (self.ids, self.boxes, self.numbers))
        return {
            "list": f"faxes?archived=0&before={fax}",
            "list of a box": f"faxes?box={box}&archived=0",
            "list by state": f"jobs?state=done&before={fax}",
            "search": f"faxes?q={self.random.choice((number[1:], number[-6:], 'rossi', 'Schmidt'))}",
            "search in a box": f"faxes?box={box}&limit=10&q={self.random.choice((number[-5:], 'dupont'))}",
            "list of a time": f"faxes?since=1500000000000&until={1_500_000_000_000 + self.random.randrange(100, 1000) * 137_000}",
            "detail": f"faxes/{fax}",
            "thumbnail": f"faxes/{fax}/pages/1.png?width={self.random.randrange(100, 300)}",
        }[case]

    def used_ms(self):
        with open(self.schedstat) as file:
            return int(file.read().split()[0]) / 1e6

    def quickest_ms(self, case):
        path = self.path(case)
        each = [self.ask_ms(path, case) for _ in range(TIMES)]
        return tuple(min(values) for values in zip(*each))

    def ask_ms(self, path, case):
        """On the processor, and until the answer was there."""
        used, begun = self.used_ms(), time.perf_counter()
        self.connection.request("GET", "/api/v1/" + path)
        response = self.connection.getresponse()
        body = response.read()
        took = (time.perf_counter() - begun) * 1000
        used = self.used_ms() - used
        if response.status != 200 or case == "search" and b'"id"' not in body:
            raise RuntimeError(f"{path}: {response.status} {body[:300]}")
        return used, took


def p95(values):
    return statistics.quantiles(values, n=20)[-1]


def fax_s(server):
    """From the order to the last word of a fax of one page that the server sends to itself."""
    begun = time.perf_counter()
    taken = door.ask(server, "POST", "jobs", b"A text to fax.\n", {"Content-Type": "text/plain"}, box="front", number="200")
    if taken.status != 202:
        raise RuntimeError(f"a fax: {taken.status} {taken.body[:300]}")
    while time.perf_counter() - begun < FAX_SECONDS:
        newest = door.get(server, "jobs", limit=1).json["items"][0]
        if newest["submission"] == taken.json["submission"] and newest["state"] not in ("waiting", "calling"):
            if newest["state"] != "done":
                raise RuntimeError(f"a fax: {newest}")
            return time.perf_counter() - begun
        time.sleep(0.1)
    raise RuntimeError("a fax does not end")


def browsed(server, seed, stop, asked):
    looker = Asker(server, seed)
    while not stop.is_set():
        case = looker.random.choice(LOOKS)
        looker.ask_ms(looker.path(case), "any")
        asked.append(case)


def fax_row(server, note):
    alone, looked_at, asked, stop = [], [], [], threading.Event()
    fax_s(server)  # the first one starts the workers
    alone = [fax_s(server) for _ in range(FAXES)]
    threads = [threading.Thread(target=browsed, args=(server, n, stop, asked)) for n in range(LOOKERS)]
    for thread in threads:
        thread.start()
    try:
        looked_at = [fax_s(server) for _ in range(FAXES)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    note(f"{len(asked)} pages were looked at during {FAXES} faxes")
    return Row("web", FAX, statistics.median(looked_at), f"s, one page sent and received, {LOOKERS} look", "lower", "nobody looks",
               statistics.median(alone))


def run(cases, note):
    with contextlib.ExitStack() as stack:
        many, few = (Asker(server_with(stack, *size, note), 7) for size in (MANY, FEW))
        for case in (one for one in cases if one != FAX):
            took = {many: [], few: []}
            for n in range(WARM + ROUNDS):
                for asker in (many, few):
                    ms = asker.quickest_ms(case)
                    if n >= WARM:
                        took[asker].append(ms)
            for name, which in ((case, 0), (f"{case}, waited", 1)):
                ours, theirs = (p95([ms[which] for ms in took[asker]]) for asker in (many, few))
                yield Row("web", name, ours, f"ms, p95 of {ROUNDS}, {MANY[0]} faxes", "lower", f"{FEW[0]} faxes", theirs)
        if FAX in cases:
            yield fax_row(many.server, note)
