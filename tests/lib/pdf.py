# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small PDFs for tests and for ./run: A4 pages with text, lines, and a mark that says which document and page they
are, as black and white squares that any rendering keeps (pixels.read_mark reads it again)."""

import subprocess

MARK_BITS = 40  # document 16, page 8, pages 8, check 8
SQUARE = 8  # points; 22 pixels at 204 dpi
MARK_LEFT, MARK_TOP = 100, 160  # points from the left and upper edge to the mark's corner
WIDTH, HEIGHT = 595, 842


def mark_bits(document, page, pages):
    value = (document & 0xFFFF) << 16 | (page & 0xFF) << 8 | (pages & 0xFF)
    value = value << 8 | check_of(value)
    return [(value >> (MARK_BITS - 1 - i)) & 1 for i in range(MARK_BITS)]


def check_of(value):
    return (sum(value.to_bytes(4, "big")) * 7 + 0x5A) & 0xFF


def make(pages=2, document=0, lines=24, title="A document", more=""):
    """The bytes of a PDF; pages count from 1 in its text and from 0 in its marks. more: drawn on the first page as well."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in range(pages):
        content = (drawing(document, page, pages, lines, title) + ("" if page else "\n" + more)).encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R"
                       b" /Resources << /Font << /F 3 0 R >> >> >>" % (WIDTH, HEIGHT, len(objects)))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, b" ".join(kids))
    return assemble(objects)


def drawing(document, page, pages, lines, title):
    """One page's content stream. The mark stands in a black frame, so that it can be found."""
    top = HEIGHT - MARK_TOP
    out = ["0 g", f"{MARK_LEFT - SQUARE} {top - 2 * SQUARE} {(MARK_BITS + 2) * SQUARE} {3 * SQUARE} re f"]
    for i, bit in enumerate(mark_bits(document, page, pages)):
        if not bit:
            out.append(f"1 g {MARK_LEFT + i * SQUARE} {top - SQUARE} {SQUARE} {SQUARE} re f")
    out += ["0 g BT /F 20 Tf 60 770 Td", f"({escape(title)}) Tj ET",
            f"BT /F 12 Tf 60 740 Td (Page {page + 1} of {pages}) Tj ET", "1 w 60 730 m 535 730 l S"]
    for line in range(lines):
        words = f"Line {line + 1}: the quick brown fox jumps over the lazy dog, {document}.{page}.{line * line}."
        out.append(f"BT /F 11 Tf 60 {620 - 20 * line} Td ({words}) Tj ET")
    out.append("60 100 475 40 re S 0.6 g 70 105 100 30 re f")
    return "\n".join(out)


def escape(text):
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def assemble(objects):
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def of_t6(pages):
    """A PDF around T.6 data as faxes have it, so that tools which are not ours can decode it.
    pages: [(width, rows, data)]; in the data 1 is black."""
    objects, kids = [b"<< /Type /Catalog /Pages 2 0 R >>", b""], []
    for width, rows, data in pages:
        objects.append(b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1"
                       b" /ColorSpace /DeviceGray /Filter /CCITTFaxDecode"
                       b" /DecodeParms << /K -1 /Columns %d /Rows %d >> /Length %d >>\nstream\n%s\nendstream"
                       % (width, rows, width, rows, len(data), data))
        image = len(objects)
        content = b"595 0 0 842 0 0 cm /I Do"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
                       b" /Resources << /XObject << /I %d 0 R >> >> >>" % (len(objects), image))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    return assemble(objects)


# Code 39 (ISO/IEC 16388): nine bars and gaps a character, 1 a wide one; the star begins and ends.
CODE39 = {"0": "000110100", "1": "100100001", "2": "001100001", "3": "101100000", "4": "000110001", "5": "100110000",
          "6": "001110000", "7": "000100101", "8": "100100100", "9": "001100100", "F": "001011000", "I": "001001100",
          "N": "000010011", "V": "011000001", "X": "010010001", "-": "010000101", "*": "010010100"}


def bar_code(text, x=80, y=150, height=40, unit=1.5):
    """Code 39 as a piece of a page's contents."""
    out = ["0 g"]
    for character in f"*{text}*":
        for i, wide in enumerate(CODE39[character]):
            width = unit * (3 if wide == "1" else 1)
            if i % 2 == 0:
                out.append(f"{x:.2f} {y} {width:.2f} {height} re f")
            x += width
        x += unit
    return "\n".join(out)


# Code 128 (ISO/IEC 15417): six bars and gaps a character, then the stop of seven.
CODE128 = """212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323
131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113
213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214
112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112
421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232
2331112""".split()
START_B, STOP = 104, 106


def bar_code_128(text, x=80, y=150, height=40, unit=1.2):
    """Code 128, set B, as a piece of a page's contents."""
    values = [START_B] + [ord(c) - 32 for c in text]
    values += [(values[0] + sum(i * v for i, v in enumerate(values))) % 103, STOP]
    out = ["0 g"]
    for widths in (CODE128[v] for v in values):
        for i, digit in enumerate(widths):
            if i % 2 == 0:
                out.append(f"{x:.2f} {y} {unit * int(digit):.2f} {height} re f")
            x += unit * int(digit)
    return "\n".join(out)


def qr_code(text, x=80, y=150, unit=2.5):
    """A QR code, made by qrencode, as a piece of a page's contents."""
    rows = subprocess.run(["qrencode", "-t", "ASCII", "-m", "0", "-o", "-", text], capture_output=True, text=True, check=True).stdout.splitlines()
    return "\n".join(["0 g"] + [f"{x + unit * i:.2f} {y + unit * (len(rows) - n):.2f} {unit:.2f} {unit:.2f} re f"
                                for n, row in enumerate(rows) for i in range(len(row) // 2) if row[2 * i] == "#"])
