# SPDX-License-Identifier: AGPL-3.0-or-later
"""A far side that will have no T.38: the call stays in audio, and the fax arrives."""

import re

import case
import fax
import provision
from server import Server
from sip_relay import CALL_ID, Relay

STATUSES = {"488 Not Acceptable Here": "200", "415 Unsupported Media Type": "+4930201", "606 Not Acceptable": "+4930202"}


class Refusing(Relay):
    """Answers each re-INVITE with an image itself; the other end never hears of it."""

    def __init__(self, statuses):
        super().__init__()
        self.left, self.status, self.refused = list(statuses), {}, []

    def on_sip(self, data, side, other):
        head, _, body = data.partition(b"\r\n\r\n")
        start, sequence = head.split(b"\r\n")[0], re.search(rb"(?im)^CSeq[ \t]*:[ \t]*(\d+)", head)[1]
        call = CALL_ID.search(head)[1]
        if start.startswith(b"INVITE") and b"m=image" in body:
            if call not in self.status:
                self.status[call] = self.left.pop(0)
            self.refused.append((call, sequence, self.status[call]))
            side.socket.sendto(refusal(head, self.status[call]), side.sip)
        elif not (start.startswith(b"ACK") and any(r[:2] == (call, sequence) for r in self.refused)):
            super().on_sip(data, side, other)


def refusal(head, status):
    """RFC 3261 section 8.2.6.2: what an answer repeats of the request."""
    kept = [line for line in head.split(b"\r\n")[1:] if re.match(rb"(?i)(Via|v|From|f|To|t|Call-ID|i|CSeq)[ \t]*:", line)]
    return b"\r\n".join([b"SIP/2.0 " + status.encode(), *kept, b"Content-Length: 0", b"", b""])


@case.test
def refused_t38_stays_in_audio_and_the_fax_arrives(t):
    relay = t.enter(Refusing(STATUSES))
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    relay.join_ends(a.port("sip"), b.port("sip"))
    for server, towards in ((a, relay.towards_b), (b, relay.towards_a)):
        server.apply(provision.example(int(towards.rpartition(":")[2]), more_numbers=("+4930201", "+4930202")))
    sent = [fax.submit(t, a, 601 + n, to=number) for n, number in enumerate(STATUSES.values())]
    for one in sent:
        _, attempts = fax.arrive(t, a, b, one)
        t.equal([x["mode"] for x in attempts], ["audio"], f"modes of document {one.number}")
    t.equal({status for _, _, status in relay.refused}, set(STATUSES), "refusals")


case.main()
