# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two servers of ours fax each other through a relay that sees all and can be told to behave badly."""

import case
import fax
import provision
from sip_relay import Relay
from server import Server


def pair(t, relay, **trunk):
    """(sender, receiver): each one's trunk leads into the relay."""
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        server.apply(provision.example(int(towards.rpartition(":")[2]), **trunk))
    return a, b


def fax_one(t, a, b, document, pages=2):
    """From mail to mail; the sender's job and its attempts."""
    return fax.arrive(t, a, b, fax.mailed(t, a, document, pages=pages, lines=8))


def offers(relay, kind):
    return [first for first, media in relay.sip_seen if any(m.startswith(f"m={kind}") for m in media)]


@case.test
def fax_over_t38(t):
    relay = t.enter(Relay())
    a, b = pair(t, relay)
    _, attempts = fax_one(t, a, b, 1)
    t.equal([x["mode"] for x in attempts], ["t38"], "modes")
    t.true(offers(relay, "audio") and offers(relay, "image"), f"SIP seen: {relay.sip_seen}")
    t.true(any(line.startswith("INVITE") for line in offers(relay, "image")), "no INVITE offered an image")


@case.test
def fax_over_g711(t):
    relay = t.enter(Relay())
    a, b = pair(t, relay, t38=False)
    _, attempts = fax_one(t, a, b, 2)
    t.equal([x["mode"] for x in attempts], ["audio"], "modes")
    t.true(not any(line.startswith("SIP/2.0 200") for line in offers(relay, "image")), "an image was agreed on")


@case.test
def thirty_of_thirty_calls_survive_ten_percent_loss(t):
    """All at once, to a number each."""
    calls = 30
    numbers = [f"+49302{n:03}" for n in range(calls)]
    relay = t.enter(Relay(seed=4711, loss=0.1))
    a, b = pair(t, relay, more_numbers=numbers)
    sent = [fax.submit(t, a, 100 + n, to=number) for n, number in enumerate(numbers)]
    for one in sent:
        _, attempts = fax.arrive(t, a, b, one)
        t.equal([x["mode"] for x in attempts], ["t38"], f"attempts of {one.number}: {[x['reason'] for x in attempts]}")
    lost, all_ = relay.counts["lost"], relay.counts["media"]
    t.true(lost > all_ * 0.09, f"the relay lost only {lost} of {all_}")
    t.note(f"{calls} of {calls} calls, {lost} of {all_} media packets lost")


@case.test
def swapped_and_doubled_packets_cost_no_call(t):
    """With parity, that has to tell what is late from what is lost."""
    relay = t.enter(Relay(seed=4712, swap=0.05, double=0.05, jitter_ms=20, loss=0.05))
    a, b = pair(t, relay, t38_correction="fec")
    _, attempts = fax_one(t, a, b, 200, pages=1)
    t.equal(len(attempts), 1, f"attempts: {[x['reason'] for x in attempts]}")


case.main()
