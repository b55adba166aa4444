# SPDX-License-Identifier: AGPL-3.0-or-later
"""The documents of bench/legibility.py: what offices fax, made here so that every word on them is known."""

import math
import random
import subprocess
import textwrap
import zlib

WORDS = """the patient was seen on monday with a persistent cough and mild fever blood pressure and pulse were normal
please send the complete report together with the invoice to our office before the end of this month a copy of the
contract has been signed by both parties and remains with the notary further treatment depends on the result of the
laboratory the insurance company asks for the original documents and the date of the accident we would be grateful
for an early answer in this matter and remain at your disposal for any question that you may have""".split()

# Colours that people write in, light ones too.
COLOURS = ("0 0 0.8", "0.8 0 0", "0 0.5 0", "0.9 0.5 0", "0.5 0.5 0.5", "0.7 0.7 0.7", "0.6 0 0.6", "0 0.65 0.75",
           "0.85 0.75 0")


class Document:
    """words: as they stand on the page; lines: those in colour."""

    def __init__(self, name, pdf, words, lines=()):
        self.name, self.pdf, self.words, self.lines = name, pdf, words, lines


def text_of(seed, count):
    numbers = random.Random(seed)
    return [numbers.choice(WORDS) for _ in range(count)]


def escape(text):
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def shown(x, y, size, text, colour="0 0 0", font="F"):
    return f"BT {colour} rg /{font} {size} Tf {x} {y} Td ({escape(text)}) Tj ET\n"


def pdf_of(contents, image=None):
    """One A4 page; image: (width, height, bytes a pixel, samples), drawn by /I."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.276 841.89]/Contents 4 0 R/Resources<</Font<<"
               b"/F<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>/H<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
               b">>/XObject<</I 5 0 R>>>>>>", stream(b"", contents.encode())]
    if image:
        width, height, channels, samples = image
        space = "DeviceRGB" if channels == 3 else "DeviceGray"
        head = (f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/{space}/BitsPerComponent 8")
        objects.append(stream(head.encode(), samples))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, data in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + data + b"endobj\n"
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at)
    return bytes(out)


def stream(head, data):
    packed = zlib.compress(data)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n" % (head, len(packed)) + packed + b"\nendstream "


def paragraph(words, x, y, size, width, font="F", colour="0 0 0"):
    """Contents and the y below it."""
    out = ""
    for line in textwrap.wrap(" ".join(words), int(width / (size * 0.47))):
        out += shown(x, y, size, line, colour, font)
        y -= size * 1.35
    return out, y


def letter():
    contents, y, words = "", 780, []
    for n in range(6):
        part = text_of(n, 60)
        text, y = paragraph(part, 70, y, 11, 450)
        contents, words, y = contents + text, words + part, y - 10
    contents += "0.5 w 70 60 m 525 60 l S\n"
    return Document("letter", pdf_of(contents), words)


def form():
    """6 to 12 points, light fills, hairlines, nine lines in colour."""
    contents, y, words, lines = "", 800, [], []
    for size in (6, 7, 8, 9, 10, 12):
        part = text_of(size, 24)
        text, y = paragraph(part, 60, y, size, 470, "H")
        contents, words, y = contents + text, words + part, y - 6
    for n, colour in enumerate(COLOURS):
        line = text_of(100 + n, 8)
        fill = "0.93 0.95 0.98" if n % 2 else "0.98 0.96 0.88"
        contents += f"{fill} rg 55 {y - 6} 480 20 re f 0.25 w 0.6 0.6 0.7 RG 55 {y - 6} 480 20 re S\n"
        contents += shown(62, y, 10, " ".join(line), colour, "H")
        words, y = words + line, y - 24
        lines.append(line)
    for row in range(8):
        contents += f"0.2 w 0.4 G 55 {y - 20 * row} 480 20 re S {55 + 120} {y - 20 * row} m {175} {y + 20 - 20 * row} l S\n"
    return Document("form", pdf_of(contents), words, lines)


def grey_pixels(pdf, folder, dpi):
    """A page drawn by Ghostscript, as rows of grey."""
    source, target = folder / "source.pdf", folder / "source.pgm"
    source.write_bytes(pdf)
    subprocess.run(["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pgmraw", f"-r{dpi}", "-dTextAlphaBits=4",
                    f"-sOutputFile={target}", source], check=True)
    data = target.read_bytes().split(b"\n", 1)[1]
    while data.startswith(b"#"):
        data = data.split(b"\n", 1)[1]
    size, _, data = data.split(b"\n", 2)
    width, height = map(int, size.split())
    return width, height, data


def grain_of(numbers, spread):
    """64 k greys around 128, from which each row takes its noise."""
    return bytes(min(255, max(0, int(numbers.gauss(128, spread)))) for _ in range(1 << 16))


def scan(folder):
    """The letter as a cheap scanner gives it: yellowish paper that darkens to one side, pale ink, grain, specks."""
    source = letter()
    width, height, grey = grey_pixels(source.pdf, folder, 200)
    numbers = random.Random(1)
    grain = grain_of(numbers, 7)
    out = bytearray(len(grey))
    for y in range(height):
        at, start = y * width, numbers.randrange(1 << 15)
        shade = [218 - 34 * x // width - 10 * y // height for x in range(width)]
        for x, value in enumerate(grey[at:at + width]):
            light = 62 + (shade[x] - 62) * value // 255 + grain[(start + x) & 0xffff] - 128
            out[at + x] = 255 if light > 255 else 0 if light < 0 else light
    for _ in range(250):
        x, y = numbers.randrange(width - 2), numbers.randrange(height - 2)
        out[y * width + x] = 60
    return Document("scan", pdf_of("q 595.276 0 0 841.89 0 0 cm /I Do Q", (width, height, 1, bytes(out))), source.words)


def phone(folder):
    """The letter photographed on a desk: light from one side, the shadow of a hand, a soft lens, coarse grain."""
    source = letter()
    width, height, grey = grey_pixels(source.pdf, folder, 170)
    numbers = random.Random(2)
    grain = grain_of(numbers, 5)
    out = bytearray(len(grey))
    for y in range(height):
        start, v = numbers.randrange(1 << 15), y / height
        above, at, below = max(y - 1, 0) * width, y * width, min(y + 1, height - 1) * width
        for x in range(width):
            u = x / width
            light = 225 - 95 * u * u - 25 * v
            edge = (u - 0.35 - 0.5 * v) * 18
            light *= 1 - 0.38 / (1 + math.exp(-max(-30, min(30, edge))))
            near = x if x + 1 == width else x + 1
            ink = (2 * grey[at + x] + grey[at + near] + grey[at + x - (x > 0)] + grey[above + x] + grey[below + x]) / 6
            value = light * (0.22 + 0.78 * ink / 255) + grain[(start + x) & 0xffff] - 128
            out[at + x] = 255 if value > 255 else 0 if value < 0 else int(value)
    return Document("phone", pdf_of("q 595.276 0 0 841.89 0 0 cm /I Do Q", (width, height, 1, bytes(out))), source.words)


def card(folder):
    """A scanned sheet with a photograph on it, as a copied identity card is."""
    letter_page, picture = scan(folder), photo()
    width, height, grey = grey_pixels(letter_page.pdf, folder, 200)
    tones = zlib.decompress(picture.pdf.split(b"stream\n")[2].split(b"\nendstream")[0])
    out = bytearray(grey)
    for y in range(700):
        at = (1450 + y) * width + 400
        out[at:at + 800] = bytes(40 + value * 2 // 3 for value in tones[900 * y:900 * y + 800])
    return Document("card", pdf_of("q 595.276 0 0 841.89 0 0 cm /I Do Q", (width, height, 1, bytes(out))),
                    letter_page.words)


def photo():
    """Clouds and hills with highlights, a caption below."""
    width, height = 900, 700
    waves = [(random.Random(n).uniform(2, 40), random.Random(n + 50).uniform(2, 40), random.Random(n + 90).uniform(0, 6))
             for n in range(14)]
    out = bytearray()
    for y in range(height):
        v = y / height
        for x in range(width):
            u = x / width
            value = 150 - 70 * v
            for n, (a, b, c) in enumerate(waves):
                value += 42 / (1 + n / 2) * math.sin(a * u + b * v + c)
            out.append(255 if value > 255 else 0 if value < 0 else int(value))
    words = text_of(300, 90)
    text, _ = paragraph(words, 70, 330, 11, 450)
    contents = f"q 455 0 0 354 70 420 cm /I Do Q\n{text}"
    return Document("photo", pdf_of(contents, (width, height, 1, bytes(out))), words)


def drawing():
    """Hairlines of a plan, with its labels."""
    contents, words = "0.1 w\n", text_of(400, 40)
    for n in range(40):
        contents += f"0 G {60 + 12 * n} 300 m {60 + 12 * n} 780 l S 60 {300 + 12 * n} m 528 {300 + 12 * n} l S\n"
    contents += "0.3 w " + "".join(f"{80 + 9 * n} 320 m {500 - 6 * n} 760 l S\n" for n in range(30))
    text, _ = paragraph(words, 70, 270, 8, 450, "H")
    return Document("drawing", pdf_of(contents + text), words)


def all_documents(folder):
    return {"letter": letter, "form": form, "scan": lambda: scan(folder), "phone": lambda: phone(folder),
            "card": lambda: card(folder), "photo": photo, "drawing": drawing}
