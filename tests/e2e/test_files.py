# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxes as people look at them and keep them: pages as pictures, documents, reports, from the running server."""

import re
import subprocess
import threading

import case
import door
import mail
import pdf
import pixels
import provision
from server import Server
from store import Store, uuid_text

FAX_SECONDS = 240
S217 = re.compile(r'attachment; filename="F100_T200_\d{4}-\d\d-\d\d_\d\d_\d\d_\d\d_\d+\.(pdf|tif)"')


def faxed(t, pages=2, number="200", **box):
    """A server after a fax from front to back: (server, job, fax), the latter two ids."""
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1])
    wanted["faxboxes"][0].update(box)
    server.apply(wanted)
    mail.send(server.port("smtp"),
              mail.make(provision.FRONT, f"{number}@front.{provision.DOMAIN}",
                        [("a.pdf", "application/pdf", pdf.make(pages, document=31, lines=4))]),
              recipients=[f"{number}@front.{provision.DOMAIN}"])
    store = Store(server.state)
    t.wait(lambda: [j for j in store.jobs() if j["state"] == "done"] and store.faxes() and
           store.faxes()[0]["state"] == "complete", f"no fax: {server.log_tail()}", FAX_SECONDS)
    return server, uuid_text(store.jobs()[0]["id"]), uuid_text(store.faxes()[0]["id"])


@case.test
# proves: S2.11
def pages_are_shown(t):
    server, job, fax = faxed(t)
    stored = Store(server.state).pages_received(Store(server.state).faxes()[0]["id"])
    for n in (1, 2):
        answer = door.get(server, f"faxes/{fax}/pages/{n}.png")
        t.equal((answer.status, answer.headers["Content-Type"]), (200, "image/png"), "picture")
        picture = door.Picture(answer.body)
        t.equal(picture.depth, 1, "bits a pixel at full size")
        t.equal(pixels.read_mark(picture.page()), (31, n - 1, 2), "the page's mark in its picture")
        shape = picture.height / picture.width
        paper = stored[n - 1].height / 7.7 / (stored[n - 1].width / 8.031)
        t.true(abs(shape / paper - 1) < 0.01, f"shape {shape} instead of {paper}")
    thumbnail = door.Picture(door.get(server, f"faxes/{fax}/pages/1.png", width=200).body)
    t.equal((thumbnail.width, thumbnail.depth), (200, 8), "thumbnail")
    t.true(any(0 < v < 255 for row in thumbnail.rows for v in row), "a thumbnail without greys")
    t.equal(pixels.read_mark(door.Picture(door.get(server, f"jobs/{job}/pages/2.png").body).page()), (31, 1, 2),
            "what was sent")


@case.test
def pictures_are_kept_by_browsers(t):
    server, _, fax = faxed(t, pages=1)
    first = door.get(server, f"faxes/{fax}/pages/1.png", width=100)
    t.true("immutable" in first.headers["Cache-Control"] and "private" in first.headers["Cache-Control"], "Cache-Control")
    again = door.ask(server, "GET", f"faxes/{fax}/pages/1.png", headers={"If-None-Match": first.headers["ETag"]}, width=100)
    t.equal((again.status, again.body), (304, b""), "asked again with its tag")
    other = door.ask(server, "GET", f"faxes/{fax}/pages/1.png", headers={"If-None-Match": first.headers["ETag"]}, width=101)
    t.equal(other.status, 200, "another width with that tag")


@case.test
# proves: S2.11 S2.13 S2.17
def documents_and_reports_are_downloaded(t):
    server, job, fax = faxed(t)
    received = door.get(server, f"faxes/{fax}/document.pdf")
    t.equal((received.status, received.headers["Content-Type"]), (200, "application/pdf"), "received")
    t.true(S217.fullmatch(received.headers["Content-Disposition"]), f"name: {received.headers['Content-Disposition']}")
    t.equal([pixels.read_mark(p) for p in pixels.pages_of_bytes(received.body)], [(31, 0, 2), (31, 1, 2)], "its pages")
    tiff = door.get(server, f"faxes/{fax}/document.tif")
    t.equal((tiff.headers["Content-Type"], tiff.body[:4]), ("image/tiff", b"II*\0"), "TIFF")
    t.true(S217.fullmatch(tiff.headers["Content-Disposition"]), f"name: {tiff.headers['Content-Disposition']}")
    sent = door.get(server, f"jobs/{job}/document.pdf")
    t.equal([pixels.read_mark(p) for p in pixels.pages_of_bytes(sent.body)], [(31, 0, 2), (31, 1, 2)], "what was sent")
    report = door.get(server, f"jobs/{job}/report.pdf")
    t.equal((report.status, report.body[:5]), (200, b"%PDF-"), f"report {report.body[:300]}")
    words = subprocess.run(["pdftotext", "-", "-"], input=report.body, stdout=subprocess.PIPE).stdout.decode()
    t.true("delivered" in words.lower(), f"the report says: {words}")
    for answer in (received, tiff, sent, report):
        t.equal(answer.headers["X-Content-Type-Options"], "nosniff", "nosniff")


@case.test
def nonsense_is_refused(t):
    server, job, fax = faxed(t, pages=1)
    for path, status, arguments in (
            (f"faxes/{fax}/pages/2.png", 404, {}), (f"faxes/{fax}/pages/0.png", 404, {}),
            (f"faxes/{fax}/pages/99999999999999999999.png", 404, {}), (f"faxes/{job}/pages/1.png", 404, {}),
            (f"faxes/{fax}/pages/../../../../faxpost.db", 404, {}), (f"faxes/{fax}/pages/..%2F..%2Ffaxpost.db", 404, {}),
            (f"faxes/{fax}/document.pdf/../../x", 404, {}), (f"jobs/{fax}/report.pdf", 404, {}),
            (f"faxes/{fax}/pages/1.png", 400, {"width": "4000000000"}), (f"faxes/{fax}/pages/1.png", 400, {"width": "0"}),
            (f"faxes/{fax}/pages/1.png", 400, {"width": "-1"}), (f"faxes/{fax}/pages/1.png", 400, {"width": "1e3"})):
        answer = door.get(server, path, **arguments)
        t.equal(answer.status, status, f"{path} {arguments}")
        t.equal(answer.headers["Content-Type"], "application/problem+json", f"{path}: type")


@case.test
def flood_of_thumbnails_delays_no_fax(t):
    """Each is answered, with a picture or a word to come later, and a fax goes meanwhile."""
    server, _, fax = faxed(t, pages=3)
    seen, stop = [], threading.Event()

    def look():
        width = 100
        while not stop.is_set():
            width += 1
            answer = door.get(server, f"faxes/{fax}/pages/{1 + width % 3}.png", width=100 + width % 1000)
            seen.append((answer.status, answer.headers.get("Retry-After")))

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    try:
        mail.send(server.port("smtp"),
                  mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                            [("b.pdf", "application/pdf", pdf.make(1, document=32, lines=4))]),
                  recipients=[f"200@front.{provision.DOMAIN}"])
        t.wait(lambda: [j for j in Store(server.state).jobs() if j["state"] == "done"][1:], "the fax did not go", FAX_SECONDS)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    t.note(f"{len(seen)} pictures meanwhile, {sum(s == 503 for s, _ in seen)} put off")
    t.equal([s for s in seen if s[0] not in (200, 503) or (s[0] == 503 and s[1] != "1")], [], "other answers")
    t.true(any(status == 200 for status, _ in seen), "no picture at all")


case.main()
