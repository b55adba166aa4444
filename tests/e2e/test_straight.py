#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages that came in aslant, on their sides, or with nothing on them: what people get, and what is kept."""

import math
import re
import subprocess

import case
import door
import mail
import pixels
import provision
from server import Server
from store import Store

SECONDS = 240
LINES = ["The quick brown fox jumps over the lazy dog and runs home"] * 24


def sheet(turn=0.0, lines=()):
    """A page whose contents are turned clockwise by so many degrees about its middle."""
    c, s = math.cos(math.radians(turn)), -math.sin(math.radians(turn))
    x, y = 298, 421
    matrix = f"{c:.5f} {s:.5f} {-s:.5f} {c:.5f} {x - x * c + y * s:.3f} {y - x * s - y * c:.3f} cm"
    rows = "".join(f"BT /F1 12 Tf 90 {700 - 24 * i} Td ({text} {i}) Tj ET\n" for i, text in enumerate(lines))
    return f"q {matrix}\n{rows}Q"


def document(*contents):
    objects = ["<</Type/Catalog/Pages 2 0 R>>", None, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for stream in contents:
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {len(objects) + 2} 0 R/Resources<</Font<</F1 3 0 R>>>>>>")
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    objects[1] = f"<</Type/Pages/Count {len(contents)}/Kids[{' '.join(f'{4 + 2 * i} 0 R' for i in range(len(contents)))}]>>"
    out = "%PDF-1.4\n" + "".join(f"{i + 1} 0 obj {o} endobj\n" for i, o in enumerate(objects))
    return (out + f"trailer<</Root 1 0 R/Size {len(objects) + 1}>>\n").encode()


def send(server, content):
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", content)]))


def boxes(text):
    return [[float(n) for n in b.split()] for b in re.findall(r"/MediaBox\[([^\]]+)\]", text)]


def angle_of(page):
    """At which angle its rows of letters fall together best, in degrees; by hand, not by ours. Pixels have to be square."""
    best, most = 0.0, 0
    for tenth in range(-50, 51, 2):
        slope, rows = math.tan(math.radians(tenth / 10)), {}
        for x in range(0, page.width, 7):
            for y in range(page.height - 1):
                if page.black(x, y) and not page.black(x, y + 1):
                    key = int((y - x * slope) / 2)
                    rows[key] = rows.get(key, 0) + 1
        score = sum(n * n for n in rows.values())
        best, most = (tenth / 10, score) if score > most else (best, most)
    return best


def drawn(t, document_bytes, page=1):
    path = t.folder() / "seen.pdf"
    path.write_bytes(document_bytes)
    out = t.folder() / "seen.pbm"
    subprocess.run(["mutool", "draw", "-q", "-r", "70", "-c", "mono", "-o", out, path, str(page)], check=True)
    return pixels.read_pbm(out)


@case.test
def aslant_pages_are_straight_and_blank_ones_told_of(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["faxboxes"][1].update({"deskew": True, "blank_pages": "drop"})
    server.apply(wanted)
    send(server, document(sheet(3, LINES), sheet(), sheet(0, LINES)))
    path = t.wait(lambda: (m := server.mails(provision.BACK)) and m[0], f"no mail: {server.log_tail()}", SECONDS)
    message = mail.read(path)
    words = message.get_body(("plain",)).get_content()
    t.true("Blank pages: 2" in words and "left out" in words and "Number of pages: 3" in words, words)
    got = mail.attachment(message)[1]
    t.equal(len(boxes(got.decode("latin-1"))), 2, "pages in the mail")
    t.true(abs(angle_of(drawn(t, got, 1))) <= 0.3, "the first one is straight")
    fax = door.get(server, "faxes").json["items"][0]["id"]
    t.equal(door.get(server, f"faxes/{fax}").json["blank"], [2], "told by the API")
    stored = Store(server.state).rows("SELECT count(*), max(page) FROM fax_page")
    t.equal(tuple(stored[0]), (3, 2), "all are kept")
    t.true(abs(angle_of(pixels.pages_of_bytes(got)[0]) - 3) < 0.5, "and its pixels are those that came")
    t.equal(door.get(server, f"faxes/{fax}/pages/1.png", width=400).status, 200, "its picture")
    status, _, err = server.cli("set", "faxboxes.back.blank_pages", "burn")
    t.true(status != 0 and "needs" in err, err)


@case.test
def pages_that_lie_on_their_sides_are_shown_upright(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["faxboxes"][1].update({"ocr": "wait", "ocr_languages": ["eng"]})
    server.apply(wanted)
    send(server, document(sheet(90, LINES), sheet(-90, LINES)))
    path = t.wait(lambda: (m := server.mails(provision.BACK)) and m[0], f"no mail: {server.log_tail()}", SECONDS)
    got = mail.attachment(mail.read(path))[1]
    t.equal(re.findall(rb"/Rotate (\d+)", got), [b"270", b"90"], "how they lie")
    seen = t.folder() / "seen.pdf"
    seen.write_bytes(got)
    for page in (1, 2):
        picture = t.folder() / f"{page}.pgm"
        subprocess.run(["mutool", "draw", "-q", "-r", "150", "-c", "gray", "-o", picture, seen, str(page)], check=True)
        said = subprocess.run(["tesseract", picture, "-", "--psm", "6"], capture_output=True, text=True, check=True).stdout
        t.true("quick brown fox" in said, f"page {page} as people see it: {said[:300]!r}")
        words = subprocess.run(["pdftotext", "-f", str(page), "-l", str(page), seen, "-"], capture_output=True, text=True, check=True).stdout
        t.true("quick brown fox jumps" in words, f"page {page}, its words: {words[:300]!r}")
    fax = door.get(server, "faxes").json["items"][0]["id"]
    picture = t.folder() / "web.png"
    picture.write_bytes(door.ask(server, "GET", f"faxes/{fax}/pages/1.png").body)
    said = subprocess.run(["tesseract", picture, "-", "--psm", "6"], capture_output=True, text=True, check=True).stdout
    t.true("quick brown fox" in said, f"in the browser: {said[:300]!r}")


case.main()
