# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many of 30 faxes get through a network that loses packets, at their first call. Two servers of ours, a relay between
them that loses packets of both directions by a seeded generator; two pages of text, ECM, in real time."""

import collections
import os
import time

import mail
import pdf
import provision
from accept import folder
from row import Row
from server import Server
from sip_relay import Relay
from store import Store

CALLS, PAGES, LINES = 30, 2, 12
COPIES, PARITY = {"t38_correction": "redundancy"}, {"t38_correction": "fec"}
AUDIO = {"t38": False}
# loss: share of packets; burst: how many in a row; ppm: by how much the caller's clock runs faster
Network = collections.namedtuple("Network", "trunk loss burst ppm calls pages", defaults=(0, 1, 0, CALLS, PAGES))
NETWORKS = {
    "t38 1 % random": Network(COPIES, 0.01), "t38 5 % random": Network(COPIES, 0.05),
    "t38 10 % random": Network(COPIES, 0.10), "t38 5 % bursts of 3": Network(COPIES, 0.05, 3),
    "t38 10 % bursts of 3": Network(COPIES, 0.10, 3),
    "fec 1 % random": Network(PARITY, 0.01), "fec 5 % random": Network(PARITY, 0.05),
    "fec 10 % random": Network(PARITY, 0.10), "fec 5 % bursts of 3": Network(PARITY, 0.05, 3),
    "fec 10 % bursts of 3": Network(PARITY, 0.10, 3),
    "audio 0.1 %": Network(AUDIO, 0.001), "audio 0.5 %": Network(AUDIO, 0.005),
    # Six minutes: the clocks are 36 ms apart then, two packets.
    "audio 30 pages +100 ppm": Network(AUDIO, ppm=100, calls=1, pages=30),
    "audio 30 pages -100 ppm": Network(AUDIO, ppm=-100, calls=1, pages=30),
}
CASES = tuple(NETWORKS)
SEED = int(os.environ.get("FAXPOST_SEED", "1"))
AT_ONCE = int(os.environ.get("FAXPOST_AT_ONCE", CALLS))  # less, where the machine is slow: late packets are lost ones
PAGE_SECONDS = 300


def provisioned(server, towards, trunk, numbers):
    wanted = provision.example(int(towards.rpartition(":")[2]), more_numbers=numbers, **trunk)
    wanted["faxboxes"][0].update(tries=1, calls_out=AT_ONCE)
    server.apply(wanted)


def send(server, numbers, pages):
    for at, number in enumerate(numbers):
        data = pdf.make(pages, document=at + 1, lines=LINES)
        to = f"{number}@front.{provision.DOMAIN}"
        mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [("a.pdf", "application/pdf", data)]), recipients=[to])


def wait(store, count, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        jobs = store.jobs()
        if len(jobs) == count and all(j["state"] not in ("waiting", "calling") for j in jobs):
            return jobs
        time.sleep(0.5)
    raise RuntimeError(f"{count} faxes did not end within {seconds} s: {collections.Counter(j['state'] for j in store.jobs())}")


def through(case, note):
    net = NETWORKS[case]
    numbers = [f"+49302{n:06}" for n in range(net.calls)]
    with folder() as place, Relay(seed=SEED, loss=net.loss / net.burst, burst=net.burst, drift_ppm=net.ppm) as relay:
        for name in "ab":
            (place / name).mkdir(mode=0o755)
        with Server(place / "a", settings={"log_level": "warning"}) as a, Server(place / "b", settings={"log_level": "warning"}) as b:
            relay.join_ends(a.port("sip"), b.port("sip"))
            provisioned(a, relay.towards_b, net.trunk, numbers)
            provisioned(b, relay.towards_a, net.trunk, numbers)
            send(a, numbers, net.pages)
            store = Store(a.state)
            jobs = wait(store, net.calls, PAGE_SECONDS * net.pages)
            far = [a for a in Store(b.state).attempts() if a["fax"] and a["code"]]
            return tell(case, jobs, store, far, relay, note)


def tell(case, jobs, store, far, relay, note):
    net = NETWORKS[case]
    mode = "audio" if net.trunk is AUDIO else "t38"
    first = {a["job"]: a for a in reversed(store.attempts())}
    good = [j for j in jobs if j["state"] == "done" and first[j["id"]]["mode"] == mode and not first[j["id"]]["code"]]
    media, lost = relay.counts["media"], relay.counts["lost"]
    note(f"{case}: {len(good)} of {net.calls}, {min(AT_ONCE, net.calls)} at once; {lost} of {media} packets lost ({lost / max(media, 1):.2%}), "
         f"load {os.getloadavg()[0]:.1f}")
    for end, attempts in (("calling", [a for a in first.values() if a["code"]]), ("called", far)):
        for reason, n in collections.Counter(f"{a['code']}: {a['reason'][:120]}" for a in attempts).items():
            note(f"  {end} end, {n} x {reason}")
    if os.environ.get("FAXPOST_TRACES"):
        for a in [a for a in first.values() if a["code"]] + far:
            print(a["trace"])
    pages = store.rows("SELECT p.resent, p.duration_ms FROM attempt_page p")
    if pages:
        note(f"  {sum(p['resent'] for p in pages)} parts of {len(pages)} pages sent again, "
             f"{sum(p['duration_ms'] for p in pages) / len(pages) / 1000:.1f} s a page")
    return len(good)


def run(cases, note):
    for case in cases:
        yield Row("loss", case, through(case, note), f"of {NETWORKS[case].calls} faxes at their first call", "higher")
