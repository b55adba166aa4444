# SPDX-License-Identifier: AGPL-3.0-or-later
"""`faxpost preview` and mails to check+NUMBER: the pages that would go, what they cost, and text that nobody could read."""

import json

import case
import mail
import pdf
import pixels
import provision
from server import Server
from store import Store

FRONT = provision.FRONT
SECONDS = 120


def document(*sizes):
    """A page for each size of its text, in points."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for size in sizes:
        content = f"BT /F {size} Tf 60 700 Td (The parties agree on what follows in small print.) Tj ET".encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
                       b" /Resources << /Font << /F 3 0 R >> >> >>" % len(objects))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    return pdf.assemble(objects)


def preview(server, file, *arguments):
    return server.cli("preview", file, "--to", "0301234", "--from-box", "front", *arguments)


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(1))
    file = server.folder / "contract.pdf"
    file.write_bytes(document(12, 5, 3))
    return server, file


@case.test
# proves: A3
def preview_shows_the_pages_their_cost_and_what_cannot_be_read(t):
    server, file = house(t)
    out = server.folder / "pages.pdf"
    status, said, err = preview(server, file, "-o", out, "--resolution", "standard")
    t.equal(status, 0, err)
    for part in ("0301234: dialled as ", ", national, 3 pages, over loopback", "on the wire at 14400 bit/s by T.6",
                 "on the wire at  9600 bit/s by T.4 1-D", "warning: Page 2, 3: text"):
        t.true(part in said, f"{part!r} is not in {said}")
    status, said, err = preview(server, file, "--json", "--resolution", "fine")
    t.equal(status, 0, err)
    found = json.loads(said)
    t.equal([w["pages"] for w in found["warnings"] if w["code"] == "small-text"], [[3]], "pages to warn of at fine resolution")
    wire = {(w["rate"], w["coding"]): w["seconds"] for w in found["wire"]}
    t.true(wire[14400, "T.6"] < wire[14400, "T.4 1-D"] and wire[9600, "T.6"] < wire[9600, "T.4 1-D"], f"{wire}")
    t.equal(Store(server.state).jobs(), [], "jobs")
    status, said, err = server.cli("send", "0301234^COARSE", file, "--from-box", "front", "--no-wait")
    t.equal(status, 0, err)
    job = t.wait(lambda: Store(server.state).jobs(), f"no job; log: {server.log_tail()}", SECONDS)[0]
    t.equal(pixels.compare(Store(server.state).pages_sent(job["submission"]), pixels.pages_of(out)), [], "pages")


@case.test
def what_cannot_be_previewed_is_said(t):
    server, file = house(t)
    status, _, err = server.cli("preview", file, "--to", "0301234")
    t.true(status == 64 and "--from-box" in err, err)
    status, _, err = server.cli("preview", file, "--to", "abc", "--from-box", "front")
    t.true(status != 0 and "abc" in err, err)
    file.write_bytes(b"%!PS-Adobe-3.0\nshowpage\n")
    status, _, err = preview(server, file)
    t.true(status != 0 and "PostScript" in err, err)
    file.write_bytes(document(12))
    status, said, err = preview(server, file, "-o", server.folder / "there" / "is" / "none")
    t.true(status == 66 and "cannot write" in err, err)
    t.equal(said, "", "a forecast without its pages")


@case.test
# proves: S2.10
def document_with_the_name_of_another_format_is_told(t):
    server, file = house(t)
    name = server.folder / "letter.png"
    name.write_bytes(file.read_bytes())
    status, said, err = preview(server, name)
    t.equal(status, 0, err)
    t.true("warning: Another format than the name says: letter.png (PDF)." in said, said)
    status, said, err = preview(server, name, "--json")
    t.equal([w["documents"] for w in json.loads(said)["warnings"] if w["code"] == "misnamed"], ["letter.png (PDF)"], said)
    status, said, err = preview(server, file, "--json")
    t.equal([w for w in json.loads(said)["warnings"] if w["code"] == "misnamed"], [], "a warning of what is right")
    mail.send(server.port("smtp"), mail.make(FRONT, f"check+0301234@front.{provision.DOMAIN}",
                                             [("letter.png", "image/png", file.read_bytes())]))
    path = t.wait(lambda: server.mails(FRONT), f"no mail; log: {server.log_tail()}", SECONDS)[0]
    words = mail.read(path).get_body(("plain",)).get_content()
    t.true("taken for what it is: letter.png (PDF)" in words, words)


@case.test
# proves: S2.10
def charset_that_a_mail_declares_reaches_the_page(t):
    """Two letters, which nobody could guess; the same in UTF-8 is the same page."""
    server, _ = house(t)
    pages = []
    for charset in ("koi8-r", "utf-8"):
        words = mail.make(FRONT, f"0301234@front.{provision.DOMAIN}")
        words.add_attachment("да", charset=charset, cte="base64", filename="letter.txt")
        mail.send(server.port("smtp"), words)
        job = t.wait(lambda: [j for j in Store(server.state).jobs() if j["submission"] not in [p[0] for p in pages]],
                     f"no job; log: {server.log_tail()}", SECONDS)[0]
        pages.append((job["submission"], Store(server.state).pages_sent(job["submission"])))
    t.equal(pixels.compare(pages[0][1], pages[1][1]), [], "pages")


@case.test
# proves: A3
def dry_run_by_mail_warns_of_small_text(t):
    server, file = house(t)
    mail.send(server.port("smtp"), mail.make(FRONT, f"check+0301234@front.{provision.DOMAIN}",
                                             [("contract.pdf", "application/pdf", file.read_bytes())]))
    path = t.wait(lambda: server.mails(FRONT), f"no mail; log: {server.log_tail()}", SECONDS)[0]
    words = mail.read(path).get_body(("plain",)).get_content()
    t.true("Page 3: text that is smaller" in words, words)
    t.true("On the wire: about " in words, words)


case.main()
