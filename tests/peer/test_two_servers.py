# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two servers of ours fax each other through a relay that sees all and can be told to behave badly."""

import case
import mail
import pdf
import pixels
import provision
from sip_relay import Relay
from server import Server
from store import Store

FAX_SECONDS = 300


def pair(t, relay, t38=True):
    """(sender, receiver): each one's trunk leads into the relay."""
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        server.apply(provision.example(int(towards.rpartition(":")[2]), t38=t38))
    return a, b


def fax(t, a, b, document, pages=2):
    """From mail to mail; the sender's job and last attempt."""
    known = {j["id"] for j in Store(a.state).jobs()}
    data = pdf.make(pages, document=document, lines=8)
    mail.send(a.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                        [("a.pdf", "application/pdf", data)]))

    def ended():
        return next((j for j in Store(a.state).jobs()
                     if j["id"] not in known and j["state"] not in ("waiting", "calling")), None)

    job = t.wait(ended, f"document {document}: no job ended; log: {a.log_tail()}", FAX_SECONDS)
    attempts = Store(a.state).attempts(job["id"])
    t.equal(job["state"], "done", f"document {document}: job ({job['reason']}; {attempts[-1]['reason']})")
    arrived = t.wait(lambda: arrival(b, document), f"document {document} was not mailed; log: {b.log_tail()}")
    t.equal(pixels.compare(Store(a.state).pages_sent(job["submission"]), arrived), [], f"document {document}: pixels")
    return job, attempts


def arrival(server, document):
    """The pages of the mail that brought this document."""
    for path in server.mails(provision.BACK):
        _, data = mail.attachment(mail.read(path))
        pages = pixels.pages_of_bytes(data)
        if (pixels.read_mark(pages[0]) or (None,))[0] == document:
            return pages
    return None


def offers(relay, kind):
    return [first for first, media in relay.sip_seen if any(m.startswith(f"m={kind}") for m in media)]


@case.test
def fax_over_t38(t):
    relay = t.enter(Relay())
    a, b = pair(t, relay)
    _, attempts = fax(t, a, b, 1)
    t.equal([x["mode"] for x in attempts], ["t38"], "modes")
    t.true(offers(relay, "audio") and offers(relay, "image"), f"SIP seen: {relay.sip_seen}")
    t.true(any(line.startswith("INVITE") for line in offers(relay, "image")), "no INVITE offered an image")


@case.test
def fax_over_g711(t):
    relay = t.enter(Relay())
    a, b = pair(t, relay, t38=False)
    _, attempts = fax(t, a, b, 2)
    t.equal([x["mode"] for x in attempts], ["audio"], "modes")
    t.true(not any(line.startswith("SIP/2.0 200") for line in offers(relay, "image")), "an image was agreed on")


@case.test
def ten_percent_loss_costs_no_call(t):
    calls = 30 if case.LONG else 3
    relay = t.enter(Relay(seed=4711, loss=0.1))
    a, b = pair(t, relay)
    for n in range(calls):
        _, attempts = fax(t, a, b, 100 + n, pages=1)
        t.equal(len(attempts), 1, f"attempts of call {n + 1}: {[x['reason'] for x in attempts]}")
    lost, all_ = relay.counts["lost"], relay.counts["media"]
    t.true(lost > all_ * 0.07, f"the relay lost only {lost} of {all_}")
    t.note(f"{calls} of {calls} calls, {lost} of {all_} media packets lost")


@case.test
def swapped_and_doubled_packets_cost_no_call(t):
    relay = t.enter(Relay(seed=4712, swap=0.05, double=0.05, jitter_ms=20))
    a, b = pair(t, relay)
    _, attempts = fax(t, a, b, 200, pages=1)
    t.equal(len(attempts), 1, f"attempts: {[x['reason'] for x in attempts]}")


case.main()
