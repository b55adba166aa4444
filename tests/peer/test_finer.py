# SPDX-License-Identifier: AGPL-3.0-or-later
"""300 and 400 dpi: where the far machine takes them it gets these very pixels, else what was rendered beside them; superfine is
made smaller in the call."""

import case
import fax
import mail
import pixels
import provision
from hostile import V21, pack, unpack, wire
from server import Server
from sip_relay import Relay
from store import Store

DIS, OCTET = 0x80, 3 + 5  # ITU-T T.30 table 2: that of bits 41 to 48
SUPERFINE, DPI_300, DPI_400 = 1, 2, 4  # bits 41 to 43
OLD, OLDER = DPI_300 | DPI_400, SUPERFINE | DPI_300 | DPI_400  # what a machine does not take


class Older(Relay):
    """b's machine seems not to know what `lacks` says: bits are missing from its DIS. T.38 only."""

    def __init__(self):
        super().__init__()
        self.lacks, self.frame = 0, []

    def on_media(self, data, side, port, other):
        if side is not self.b and data[0] != 0x80:  # RTP, version 2
            number, primary = unpack(data)
            if primary[0] & 0xC0 == 0xC0 and primary[0] >> 1 & 15 == V21:
                data = pack(number, bytes(self.pass_on(bytearray(primary))))
        super().on_media(data, side, port, other)

    def pass_on(self, packet):
        at = 2
        while at < len(packet):
            ends, size = packet[at] >> 4 & 7 != 0, 0
            if packet[at] & 0x80:
                size = int.from_bytes(packet[at + 1:at + 3], "big") + 1
                at += 2
            at += 1
            for n in range(at, at + size):
                octet = wire(f"{packet[n]:02x}")[0]
                if self.frame[2:3] == [DIS] and len(self.frame) == OCTET:
                    octet &= ~self.lacks
                self.frame.append(octet)
                packet[n] = wire(f"{octet:02x}")[0]
            self.frame = [] if ends else self.frame
            at += size
        return packet


def sent(server, submission, lower):
    """The pages of a submission: those that were wanted, or those beside them."""
    store = Store(server.state)
    rows = store.rows("SELECT * FROM submission_page WHERE submission = ? ORDER BY document, page", submission)
    if lower:
        rows = [{**row, "width": row["lower_width"], "rows": row["lower_rows"], "resolution": row["lower_resolution"],
                 "blob": row["lower_blob"]} for row in rows]
    return store.decode(rows), {row["resolution"] for row in rows}


@case.test
# proves: S4.9 S2.2
def finer_pages_go_to_who_takes_them_and_fine_ones_to_who_does_not(t):
    relay = t.enter(Older())
    a, b = t.enter(Server(t.folder())), t.enter(Server(t.folder()))
    relay.join_ends(a.port("sip"), b.port("sip"))
    wanted = provision.example(int(relay.towards_b.rpartition(":")[2]))
    wanted["faxboxes"][0]["resolution"] = "400dpi"  # what the box says
    a.apply(wanted)
    b.apply(provision.example(int(relay.towards_a.rpartition(":")[2])))
    cases = ((801, "200", 0, 4, 4, "400dpi"), (802, "200^300DPI", 0, 3, 3, "300dpi"), (803, "200", OLDER, 2, 1, "fine"),
             (804, "200^300DPI", OLDER, 1, 1, "fine"), (805, "200^SUPERFINE", OLDER, 2, 1, "fine"), (806, "200", OLD, 2, 2, "superfine"))
    for document, to, lacks, kept, resolution, word in cases:
        relay.lacks = lacks
        job, attempts = fax.ended(t, a, fax.submit(t, a, document, to=to, pages=2))
        t.equal((job["state"], len(attempts)), ("done", 1), f"{to}: {job['reason']}; {a.log_tail()}")
        pages, resolutions = sent(a, job["submission"], lacks and "SUPERFINE" not in to)
        t.equal(resolutions, {kept}, f"{to}: resolutions kept")
        arrived = t.wait(lambda: fax.arrival(b, document), f"{to} was not mailed; log: {b.log_tail()}")
        if kept == resolution:
            t.equal(pixels.compare(pages, arrived), [], f"{to}, without {lacks}: pixels")
        else:
            halves = [(made.height + 1) // 2 for made in pages]
            t.true(len(arrived) == len(halves) and all(0 <= came.height - half <= pixels.HEADER_ROWS for came, half in zip(arrived, halves)),
                   f"{to}: rows {[came.height for came in arrived]}, {halves} and a header line")
        came = {row["resolution"] for row in Store(b.state).rows(
            "SELECT p.resolution AS resolution FROM fax_page AS p JOIN fax AS f ON f.id = p.fax ORDER BY f.answered_ms")[-2:]}
        t.equal(came, {resolution}, f"{to}: resolution that came")
        told = {row["resolution"] for row in Store(a.state).rows(
            "SELECT resolution FROM attempt_page WHERE attempt = ?", attempts[0]["id"])}
        t.equal(told, {resolution}, f"{to}: what the report says: {word}")
    log = a.folder / "xferfaxlog"
    t.equal(a.cli("accounting", log)[0], 0, "accounting")
    forms = sorted(int(line.split("\t")[9]) & 3 for line in log.read_text().splitlines())
    t.equal(forms, [1, 1, 1, 2, 2, 2], "the accounting file says how they went, too: 1 is fine, 2 finer")


case.main()
