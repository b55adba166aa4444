# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a page costs on the telephone and what can be read of it afterwards, beside Ghostscript's tiffg4.

Seconds: the page's T.6 data at 14400 bit/s. Word errors: words of the page that tesseract does not read in their
order, per cent. Both see the same pixels that the far machine would print."""

import difflib
import os
import pathlib
import re
import struct
import subprocess
import tempfile

import legible_documents
from row import Row
from server import BUILD

PEER = "gs -sDEVICE=tiffg4"
DOCUMENTS = ("letter", "form", "scan", "phone", "card", "photo", "drawing")
CASES = tuple(f"{name} {what}" for name in DOCUMENTS for what in ("seconds", "word errors")) + ("form lines",)
BITS_A_SECOND = 14400
KEEP = os.environ.get("FAXPOST_KEEP")  # a folder for the pages, to be looked at


def ours(source, target):
    subprocess.run([BUILD / "bench" / "bench-pages", "fine", source, target], check=True)


def theirs(source, target):
    subprocess.run(["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffg4", "-r204x196", "-dMaxStripSize=0",
                    f"-sOutputFile={target}", source], check=True)


def coded_bytes(tiff):
    """Bytes of the first page's strips (TIFF 6.0 §2, tag 279)."""
    data = tiff.read_bytes()
    order = "<" if data[:2] == b"II" else ">"
    at = struct.unpack_from(order + "I", data, 4)[0]
    for n in range(struct.unpack_from(order + "H", data, at)[0]):
        tag, kind, count = struct.unpack_from(order + "HHI", data, at + 2 + 12 * n)
        if tag == 279:
            letter, size = {3: ("H", 2), 4: ("I", 4)}[kind]
            place = at + 10 + 12 * n
            if count * size > 4:
                place = struct.unpack_from(order + "I", data, place)[0]
            return sum(struct.unpack_from(f"{order}{count}{letter}", data, place))
    raise ValueError(f"{tiff}: no strips")


def words_read(tiff):
    done = subprocess.run(["tesseract", tiff, "-", "--psm", "4", "--dpi", "200"], capture_output=True, text=True, check=True,
                          env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    return [re.sub(r"[^a-z]", "", word.lower()) for word in done.stdout.split()]


def errors(wanted, got):
    same = sum(block.size for block in difflib.SequenceMatcher(None, wanted, got, False).get_matching_blocks())
    return 100 * (1 - same / len(wanted))


def lines_read(lines, got):
    text = " " + " ".join(got) + " "
    return sum(" " + " ".join(line) + " " in text for line in lines)


def measure(document, how, folder, name):
    source, target = folder / "page.pdf", folder / f"{document.name}-{name}.tif"
    source.write_bytes(document.pdf)
    how(source, target)
    got = words_read(target)
    if KEEP:
        (pathlib.Path(KEEP) / target.name).write_bytes(target.read_bytes())
    return {"seconds": coded_bytes(target) * 8 / BITS_A_SECOND, "word errors": errors(document.words, got),
            "lines": lines_read(document.lines, got)}


def run(cases, note):
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        for name, make in legible_documents.all_documents(folder).items():
            wanted = [case for case in cases if case.split(" ", 1)[0] == name]
            if not wanted:
                continue
            document = make()
            a, b = measure(document, ours, folder, "ours"), measure(document, theirs, folder, "theirs")
            for case in wanted:
                what = case.split(" ", 1)[1]
                unit = {"seconds": "s at 14400", "word errors": "%", "lines": f"of {len(document.lines)} read"}[what]
                yield Row("legibility", case, a[what], unit, "higher" if what == "lines" else "lower", PEER, b[what])
