# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fax pages as pixels: taken out of PDFs by poppler's pdfimages, a decoder that is not ours, and compared."""

import pathlib
import subprocess
import tempfile

import pdf

HEADER_ROWS = 80  # the header line that a sender puts above each page takes no more


class Page:
    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data
        self.stride = (width + 7) // 8

    def row(self, y):
        return self.data[y * self.stride:(y + 1) * self.stride]

    def black(self, x, y):
        return self.data[y * self.stride + x // 8] >> (7 - x % 8) & 1

    def __eq__(self, other):
        return (self.width, self.height, self.data) == (other.width, other.height, other.data)


def pages_of(path):
    """The images of a fax PDF, one a page, in order; 1 is black. ValueError where it is none."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["pdfimages", path, f"{folder}/p"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        if done.returncode:
            raise ValueError(f"{path}: pdfimages: {done.stdout.strip()}")
        files = sorted(pathlib.Path(folder).iterdir())
        if not files:
            raise ValueError(f"{path}: no images in it")
        return [read_pbm(f) for f in files]


def pages_of_bytes(data):
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        return pages_of(file.name)


def read_pbm(path):
    data = path.read_bytes()
    if not data.startswith(b"P4\n"):
        raise ValueError(f"{path.name}: not a black-and-white image")
    at, numbers = 3, []
    while len(numbers) < 2:
        end = min(i for i in (data.find(b" ", at), data.find(b"\n", at)) if i > 0)
        numbers.append(int(data[at:end]))
        at = end + 1
    width, height = numbers
    return Page(width, height, clean(data[at:], width, height))


def clean(data, width, height):
    """Bits beyond the width set to 0, for pages are compared byte by byte."""
    if width % 8 == 0:
        return data
    rows, stride, keep = bytearray(data), (width + 7) // 8, 0xFF << (8 - width % 8) & 0xFF
    for y in range(height):
        rows[y * stride + stride - 1] &= keep
    return bytes(rows)


def difference(sent, received):
    """None where the received page is the sent one, pixel by pixel, below at most one header line; else what differs."""
    if received.width != sent.width:
        return f"{received.width} pixels wide instead of {sent.width}"
    header = received.height - sent.height
    if not 0 <= header <= HEADER_ROWS:
        return f"{received.height} rows where {sent.height} were sent"
    if received.data[header * received.stride:] == sent.data:
        return None
    return differing_rows(sent, received, header)


def differing_rows(sent, received, header):
    """Header lines may also be written over the page's own first rows."""
    bad = [y for y in range(sent.height) if received.row(header + y) != sent.row(y)]
    if header == 0 and bad and bad[-1] < HEADER_ROWS:
        return None
    return f"{len(bad)} of {sent.height} rows differ, the first is row {bad[0]}"


def compare(sent, received):
    """Whole documents: a list of complaints."""
    if len(sent) != len(received):
        return [f"{len(received)} pages instead of {len(sent)}"]
    found = [difference(s, r) for s, r in zip(sent, received)]
    return [f"page {n}: {why}" for n, why in enumerate(found, 1) if why]


def read_mark(page):
    """(document, page, pages) of pdf.make's mark, None where there is none."""
    for y in range(page.height // 10, page.height // 3, 4):
        found = mark_in_row(page, y)
        if found:
            return found
    return None


def mark_in_row(page, y):
    """The mark stands alone in its rows, so its frame's two ends give place and scale."""
    row = int.from_bytes(page.row(y), "big")
    if not row:
        return None
    bits = 8 * page.stride
    left, right = bits - row.bit_length(), bits - (row & -row).bit_length() + 1
    step = (right - left) / (pdf.MARK_BITS + 2)
    value = 0
    for i in range(pdf.MARK_BITS):
        x = int(left + (i + 1.5) * step)
        value = value << 1 | (row >> (bits - 1 - x) & 1)
    value, check = value >> 8, value & 0xFF
    if step < 10 or not value or check != pdf.check_of(value):
        return None
    return value >> 16, value >> 8 & 0xFF, value & 0xFF
