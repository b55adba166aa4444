# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents that want more than to be read: links to files and servers, macros, bombs. Each is shown (`faxpost preview`) as
it is without what it wants, or refused with a reason; nobody is called, no file is read, and the next document goes on."""

import io
import socket
import struct
import zipfile
import zlib

import case
import office
import pdf
import pixels
import provision
from server import Server

REFUSED = 65
TEXT = "The agreed words"


class House:
    """A server, a web server that nobody may call, and a picture that nobody may read."""

    def __init__(self, t):
        self.t = t
        self.server = t.enter(Server(t.folder()))
        self.server.apply(provision.example(1))
        self.listener = t.enter(socket.create_server(("127.0.0.1", 0)))
        self.listener.setblocking(False)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.picture = t.folder() / "black.png"
        self.picture.write_bytes(png(400, 400, bytes(400 * 401)))
        self.picture.chmod(0o644)
        self.picture.parent.chmod(0o755)

    def preview(self, data, name="document"):
        """-> (status, what was said, pages)"""
        file, out = self.server.folder / name, self.server.folder / "pages.pdf"
        file.write_bytes(data)
        out.unlink(missing_ok=True)
        status, said, err = self.server.cli("preview", file, "--to", "0301234", "--from-box", "front", "-o", out, seconds=240)
        return status, said + err, pixels.pages_of(out) if status == 0 else []

    def shows(self, what, data, plain):
        """The same pages as the document without its tricks, which says that pages are drawn at all."""
        status, said, pages = self.preview(data)
        self.t.equal(status, 0, f"{what}: {said}")
        self.t.equal(len(pages), len(plain), f"{what}: pages")
        self.t.true(pages == plain, f"{what}: the page shows what it should not")
        self.uncalled(what)

    def refuses(self, what, data, *words):
        status, said, _ = self.preview(data)
        self.t.true(status == REFUSED and any(word in said for word in words), f"{what}: {status} {said}")
        self.uncalled(what)

    def uncalled(self, what):
        try:
            self.listener.accept()
        except BlockingIOError:
            return
        self.t.true(False, f"{what}: the server that it names was called")


def png(width, height, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


# ---- office ----

OFFICE_NS = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in (
    ("office", "office"), ("text", "text"), ("draw", "drawing"), ("script", "script"), ("svg", "svg-compatible"),
    ("table", "table"))) + ' xmlns:dom="http://www.w3.org/2001/xml-events" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ooo="http://openoffice.org/2004/office"'
MANIFEST = ('<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>{}</manifest:manifest>')
MACRO = ('<?xml version="1.0"?><!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">'
         '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">'
         'Sub Main\nThisComponent.Text.String = "the macro ran"\nEnd Sub\n</script:module>')
LIBRARY = ('<?xml version="1.0"?><!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">'
           '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" '
           'library:passwordprotected="false"><library:element library:name="Module1"/></library:library>')
LIBRARIES = ('<?xml version="1.0"?><!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "libraries.dtd">'
             '<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">'
             '<library:library library:name="Standard" library:link="false"/></library:libraries>')
ON_LOAD = ('<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" '
           'xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document" xlink:type="simple"/>'
           '</office:event-listeners></office:scripts>')


def package(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files:
            out.writestr(name, content)
    return data.getvalue()


def symbolic_link(name):
    link = zipfile.ZipInfo(name)
    link.create_system, link.external_attr = 3, 0o120777 << 16  # Unix; S_IFLNK
    return link


def odt(inside="", scripts="", more=()):
    content = (f'<?xml version="1.0"?><office:document-content {OFFICE_NS} office:version="1.2">{scripts}<office:body><office:text>'
               f'<text:p>{TEXT}</text:p>{inside}</office:text></office:body></office:document-content>')
    listed = "".join(f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in ("content.xml", *(getattr(name, "filename", name) for name, _ in more)))
    return package([("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", MANIFEST.format(listed)),
                    ("content.xml", content), *more])


def docx(relations, inside="", more=()):
    body = (f'<w:p><w:r><w:t>{TEXT}</w:t></w:r></w:p>{inside}')
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = "".join(f'<Relationship Id="r{i}" Type="{kinds}/{kind}" Target="{target}" TargetMode="External"/>'
                   for i, (kind, target) in enumerate(relations))
    rels = f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rels}</Relationships>'
    body = office.BODY.format(body).replace("<w:document ", f'<w:document xmlns:r="{kinds}" xmlns:v="urn:schemas-microsoft-com:vml" ')
    return package([("[Content_Types].xml", office.TYPES), ("_rels/.rels", office.RELS), ("word/document.xml", body),
                    ("word/_rels/document.xml.rels", rels), ("word/settings.xml", "<x/>"), *more])


def linked_picture(address):
    return (f'<text:p><draw:frame svg:width="10cm" svg:height="10cm"><draw:image xlink:href="{address}" xlink:type="simple"/></draw:frame>'
            '</text:p>')


@case.test
# proves: S2.10
def office_documents_get_nothing_that_they_want(t):
    if not office.installed():
        t.skip("LibreOffice is not installed")
    house = House(t)
    plain = house.preview(odt())[2]
    t.equal(len(plain), 1, "pages of the plain document")
    macro = [("Basic/script-lc.xml", LIBRARIES), ("Basic/Standard/script-lb.xml", LIBRARY), ("Basic/Standard/Module1.xml", MACRO)]
    house.shows("a macro that starts when it is opened", odt(scripts=ON_LOAD, more=macro), plain)
    missing = house.preview(odt(linked_picture("file:///nowhere.png")))[2]
    for address in (house.picture.as_uri(), house.url + "/a.png"):
        house.shows(f"a picture that is at {address}", odt(linked_picture(address)), missing)
    words = house.preview(docx([]))[2]
    house.shows("a template on a web server", docx([("attachedTemplate", house.url + "/t.dotm"), ("frame", house.url)]), words)
    section = '<text:section text:name="s"><text:section-source xlink:href="{}" xlink:type="simple"/><text:p>Old words</text:p></text:section>'
    old = house.preview(odt("<text:p>Old words</text:p>"))[2]
    for address in (house.url + "/words.odt", "file:///etc/passwd"):
        house.shows(f"a section from {address}", odt(section.format(address)), old)
    lost = house.preview(odt(linked_picture("Pictures/none.png")))[2]
    out = [house.picture.parent / "escaped-a", house.picture.parent / "escaped-b"]
    names = [(symbolic_link("Pictures/link.png"), str(house.picture)), (str(out[0]), "x"), ("../" * 20 + str(out[1])[1:], "x")]
    house.shows("a link and names that lead out of the package", odt(linked_picture("Pictures/link.png"), more=names), lost)
    house.shows("the same in a Word document", docx([], more=names), words)
    t.equal([path for path in out if path.exists()], [], "files that a package wrote")
    house.refuses("entities without end", laughs(), "damaged", "longer", "takes too long", "built in a way")
    t.true(house.preview(odt())[2] == plain, "the next document")


def laughs():
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    content = (f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><office:document-content {OFFICE_NS}><office:body><office:text>'
               '<text:p>&a9;</text:p></office:text></office:body></office:document-content>')
    return package([("mimetype", "application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", MANIFEST.format("")),
                    ("content.xml", content)])


@case.test
# proves: S2.10
def office_bomb_is_ended_and_costs_nobody_else(t):
    if not office.installed():
        t.skip("LibreOffice is not installed")
    house = House(t)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:  # 1.2 GB that are 6 MB
        out.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        out.writestr("META-INF/manifest.xml", MANIFEST.format(""))
        with out.open("content.xml", "w", force_zip64=True) as part:
            part.write(f'<?xml version="1.0"?><office:document-content {OFFICE_NS}><office:body><office:text><text:p>'.encode())
            for _ in range(1200):
                part.write(b"x" * 1000000)
    house.refuses("an office bomb", data.getvalue(), "damaged", "takes too long", "built in a way", "more memory")
    t.equal(house.preview(odt())[0], 0, "the next document")


# ---- PDF, pictures, web pages ----


def pdf_page(contents, resources=b"", catalog=b""):
    return pdf.assemble([b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
                         b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << " + resources + b" >> >>",
                         b"<< /Length %d >>\nstream\n%s\nendstream" % (len(contents), contents),
                         b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"])


@case.test
# proves: S2.10
def pdfs_and_web_pages_get_nothing_that_they_want(t):
    house = House(t)
    words, font = b"BT /F 20 Tf 60 700 Td (The agreed words) Tj ET", b"/Font << /F 5 0 R >>"
    plain = house.preview(pdf_page(words, font))[2]
    t.equal(len(plain), 1, "pages of the plain document")
    script = b"/OpenAction << /S /JavaScript /JS (while \\(true\\) {}) >> /Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (while \\(1\\);) >>] >> >>"
    house.shows("a PDF with a script", pdf_page(words, font, script), plain)
    launch = b"/OpenAction << /S /Launch /F (/bin/sh) >> /AA << /WC << /S /URI /URI (%s) >> >>" % house.url.encode()
    house.shows("a PDF that starts a program", pdf_page(words, font, launch), plain)
    html = "<html><head><title>x</title>{}</head><body><p>The agreed words</p>{}</body></html>"
    bare = house.preview(html.format("", "").encode())[2]
    house.shows("a web page with scripts and styles from elsewhere", html.format(
        f'<script src="{house.url}/a.js"></script><script>while(1);</script><link rel="stylesheet" href="{house.url}/a.css">'
        f'<style>@import url({house.url}/b.css);</style><base href="{house.url}">', "").encode(), bare)
    lost = house.preview(html.format("", '<img src="nowhere.png">').encode())[2]
    for address in (house.picture.as_uri(), str(house.picture), house.url + "/a.png"):
        house.shows(f"a web page with {address}", html.format("", f'<img src="{address}">').encode(), lost)


@case.test
# proves: S2.10
def bombs_are_refused_with_their_reason(t):
    house = House(t)
    house.refuses("a picture of 10^9 pixels", png(31623, 31623, bytes(1000)), "31623 x 31623 pixels")
    house.refuses("a picture that says 2^31 rows", png(1, 2**31 - 1, bytes(10)), "1 x 2147483647 pixels")
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 9) + b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in (
            (256, 4, 2**31 - 1), (257, 4, 2**31 - 1), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1), (278, 4, 2**31 - 1),
            (279, 4, 10))) + bytes(120)
    house.refuses("a TIFF of 2^62 pixels", tiff, "2147483647 x 2147483647 pixels")
    status, said, pages = house.preview(pdf.make(1))
    t.true(status == 0 and len(pages) == 1, f"the next document: {said}")


case.main()
