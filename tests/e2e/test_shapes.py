# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxes of unusual shape, whole: a page with nothing on it, one of three metres, one of the finest chequers, and (long form)
600 pages in one call. What arrives is compared pixel by pixel with what was rendered."""

import pathlib
import struct
import zlib

import case
import pdf
import pixels
import provision
from server import Server
from store import Store

SECONDS = 3000 if case.LONG else 300
METRES_3 = 8504  # points


def page(height, content):
    """A PDF of one page."""
    return pdf.assemble([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
                         b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
                         b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 %d] /Contents 5 0 R"
                         b" /Resources << /Font << /F 3 0 R >> >> >>" % height,
                         b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)])


def strip():
    return page(METRES_3, b"\n".join(b"BT /F 12 Tf 60 %d Td (Line at %d points) Tj ET" % (y, y) for y in range(40, METRES_3, 30)))


def chequers():
    """A PNG as wide as a fax, each pixel unlike its neighbours."""
    width, height = 1728, 2200
    rows = b"".join(b"\0" + (b"\xaa", b"\x55")[y % 2] * (width // 8) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + chunk(b"pHYs", struct.pack(">IIB", 8031, 7717, 1)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def loopback(t):
    """Without pace: what is asked here is not how long a telephone takes."""
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1], pace=False))
    return server


def sent_whole(t, server, name, data, pages):
    """The rows of each page that arrived."""
    path = pathlib.Path(server.folder) / name
    path.write_bytes(data)
    store = Store(server.state)
    known = {j["id"] for j in store.jobs()}
    status, out, err = server.cli("send", "200", path, "--from-box", "front", "--no-wait")
    t.equal(status, 0, f"faxpost send {name}: {err or out}")
    job = t.wait(lambda: next((j for j in store.jobs() if j["id"] not in known and j["state"] not in ("waiting", "calling")), None),
                 f"{name} did not end; log: {server.log_tail()}", SECONDS)
    t.equal((job["state"], job["pages"]), ("done", pages), f"{name}: {job['reason']}")
    t.equal(len(store.attempts(job["id"])), 1, f"{name}: calls")
    fax = t.wait(lambda: next((f for f in store.faxes()[-1:] if f["state"] == "complete" and f["pages"] == pages), None),
                 f"{name}: received {[(f['state'], f['pages']) for f in store.faxes()]}")
    arrived = store.decode(store.rows("SELECT * FROM fax_page WHERE fax = ? ORDER BY page", fax["id"]))
    t.equal(pixels.compare(store.pages_sent(job["submission"]), arrived), [], f"{name}: pixels")
    return [p.height for p in arrived]


@case.test
def blank_page_three_metres_and_chequers_arrive_whole(t):
    server = loopback(t)
    sent_whole(t, server, "blank.pdf", page(842, b" "), 1)
    height = sent_whole(t, server, "strip.pdf", strip(), 1)[0]
    t.true(height > 3 * 7700 * 0.97, f"a page of 3 m has {height} rows")
    sent_whole(t, server, "chequers.png", chequers(), 1)


@case.test
def six_hundred_pages_arrive_in_one_call(t):
    if not case.LONG:
        t.skip("minutes of T.30 between the pages; ./check --long (unit/t30_calls has it on a virtual clock)")
    sent_whole(t, loopback(t), "long.pdf", pdf.make(600, document=600, lines=3), 600)


case.main()
