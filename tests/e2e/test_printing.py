#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Received faxes on paper: each once, whatever the printer and our own processes do meanwhile."""

import subprocess

import case
import door
import fake_smtp
import mail
import pdf
import pixels
import plant
import provision
import pwg
from ipp_printer import IppPrinter
from server import Server
from store import Store
from web import Browser

SECONDS = 240


def started(t, printer, **box):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["faxboxes"][1].update({"print_to": printer.uri, **box})
    server.apply(wanted)
    return server


def send(server, document, pages=1):
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", pdf.make(pages, document=document))]))


def fax(server):
    items = door.get(server, "faxes").json["items"]
    return door.get(server, f"faxes/{items[0]['id']}").json if items else {"prints": []}


def printed(t, server, count):
    return t.wait(lambda: (f := fax(server)) and [p["state"] for p in f["prints"]] == ["printed"] * count and f,
                  f"not printed: {fax(server)['prints']} {server.log_tail()}", SECONDS)


@case.test
def a_fax_is_printed_once_whatever_happens(t):
    printer = IppPrinter(t, manners=["", "busy", "swallow", "hold"])
    server = started(t, printer, print_copies=2, print_paper="letter")
    send(server, 71, pages=2)
    first = printed(t, server, 1)
    t.true(first["printer"] and first["prints"][0]["by"] == "" and first["prints"][0]["job"] == 1, f"{first['prints']}")
    t.equal([pixels.read_mark(p) for p in pixels.pages_of_bytes(printer.jobs[0].document)], [(71, 0, 2), (71, 1, 2)], "its pages")
    asked = printer.jobs[0].asked
    t.equal((asked["copies"], asked["media"], asked["document-format"]), ([2], ["na_letter_8.5x11in"], ["application/pdf"]), "as wished")
    t.wait(lambda: len(server.mails(provision.BACK)) == 1, "its mail", SECONDS)

    # One is refused for now, one is taken without a word.
    for _ in range(2):
        status, _, err = server.cli("print", first["id"])
        t.equal(status, 0, f"asked for: {err}")
    waiting = t.wait(lambda: (w := [p for p in fax(server)["prints"] if p["state"] == "waiting" and p["tries"] == 1]) and len(w) == 2 and w,
                     f"both wait: {fax(server)['prints']}", SECONDS)
    t.equal(sorted(p["outcome"]["code"] for p in waiting), ["print-busy", "print-unclear"], "why")
    t.true("print-unclear" in server.cli("print", first["id"], "--status", "--json")[1], "by the command line")
    # One is with the printer when both of ours die.
    t.wait(lambda: len(printer.jobs) >= 3, "the printer has the third", SECONDS)
    server.kill("mailout")
    server.kill("queue")
    printer.go.set()
    printed(t, server, 3)
    t.equal((len(printer.jobs), len({j.name for j in printer.jobs})), (3, 3), "each once")
    t.true("Get-Jobs" in printer.operations, "it was asked before it got one again")
    t.equal(len(Store(server.state).rows("SELECT id FROM print")), 3, "rows")


@case.test
def what_may_have_been_printed_is_looked_for_however_often_it_takes(t):
    printer = IppPrinter(t, manners=["swallow", "hold"])
    server = started(t, printer)
    # Its answer is lost, and then it does not say at once what it has.
    send(server, 74)
    t.wait(lambda: printer.jobs, "the printer has the first", SECONDS)
    printer.sulks = 1
    printed(t, server, 1)
    t.equal((len(printer.jobs), printer.sulks), (1, 0), "the first, once")
    # mailout dies alone.
    send(server, 75)
    t.wait(lambda: len(printer.jobs) == 2, "the printer has the second", SECONDS)
    asked = printer.operations.count("Get-Jobs")
    server.kill("mailout")
    t.wait(lambda: printer.operations.count("Get-Jobs") > asked, "the next mailout does not ask for it", SECONDS)
    printer.go.set()
    t.wait(lambda: Store(server.state).rows("SELECT id FROM print WHERE state <> 2") == [], "both printed", SECONDS)
    t.equal((len(printer.jobs), len({j.name for j in printer.jobs})), (2, 2), "each once")


@case.test
def a_printer_that_takes_other_formats_meanwhile_is_asked_for_what_it_has(t):
    printer = IppPrinter(t, manners=["swallow"])
    server = started(t, printer)
    send(server, 76)
    t.wait(lambda: printer.jobs, "the printer has it", SECONDS)
    printer.formats = ("image/pwg-raster",)
    printed(t, server, 1)
    t.equal(len(printer.jobs), 1, "jobs")


@case.test
def printers_speak_tls_and_one_without_pdf_and_raster_gets_tiff(t):
    certificate, key, pin = fake_smtp.make_certificate(t.folder())
    printer = IppPrinter(t, formats=("image/tiff",), certificate=(certificate, key))
    server = started(t, printer, print_pin="sha256:" + 64 * "0")
    send(server, 77, pages=2)
    failed = t.wait(lambda: [p["outcome"] for p in fax(server)["prints"] if p["tries"]], "the wrong key", SECONDS)
    t.true("key" in failed[0]["text"] or "certificate" in failed[0]["text"], f"{failed}")
    t.equal((printer.operations, printer.jobs), ([], []), "nothing was told to who has another key")
    server.cli("set", "faxboxes.back.print_pin", pin)
    printed(t, server, 1)
    t.equal(printer.jobs[0].asked["document-format"], ["image/tiff"], "format")
    file = t.folder() / "a.tif"
    file.write_bytes(printer.jobs[0].document)
    tags = subprocess.run(["tiffinfo", file], check=True, capture_output=True, text=True).stdout
    t.equal((tags.count("TIFF Directory"), tags.count("Compression Scheme: CCITT Group 4")), (2, 2), "its pages")


@case.test
def a_printer_without_pdf_gets_raster(t):
    printer = IppPrinter(t, formats=("image/urf", "image/pwg-raster"), dpi=300)
    server = started(t, printer)
    send(server, 72, pages=2)
    printed(t, server, 1)
    t.equal(printer.jobs[0].asked["document-format"], ["image/pwg-raster"], "format")
    found = pwg.pages(printer.jobs[0].document)
    t.equal(len(found), 2, "pages")
    for dpi, width, rows in found:
        t.equal(dpi, 300, "resolution")
        t.true(abs(width - 2480) <= 1 and abs(len(rows) - 3508) <= 1, f"A4: {width} x {len(rows)}")
        black = [sum(b == 0 for b in row) for row in rows]
        t.true(0.001 < sum(black) / width / len(rows) < 0.3, f"{sum(black)} pixels are black")
        t.true(not any(black[:40]) and all(row[:30] == b"\xff" * 30 for row in rows), "margins")
    send(server, 73)
    t.wait(lambda: len(printer.jobs) == 2, "the next one", SECONDS)
    t.equal(printer.operations.count("Get-Printer-Attributes"), 3, "its format was known then")


@case.test
def where_a_printer_is_an_administrator_of_the_installation_says(t):
    printer = IppPrinter(t)
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    boss = Browser(server)
    boss.login("boss@apple.example", plant.PASSWORD)
    box = boss.get("/api/v1/boxes").json["items"][0]["id"]
    refused = boss.ask("PATCH", f"/api/v1/boxes/{box}", {"print_to": printer.uri}, {"If-Match": "*"})
    t.equal((refused.status, refused.json["errors"][0]["field"]), (403, "print_to"), f"{refused}")
    t.equal(boss.ask("PATCH", f"/api/v1/boxes/{box}", {"print_copies": 2}, {"If-Match": "*"}).status, 200, "the rest is his")
    for value in ("http://127.0.0.1/", "ipp://", "ipp://me:secret@host/", "lpd://host/queue"):
        status, _, err = server.cli("set", f"faxboxes.{box}.print_to", value)
        t.true(status != 0 and "needs" in err, f"{value}: {err}")
    t.equal(server.cli("set", f"faxboxes.{box}.print_to", printer.uri)[0], 0, "set")
    t.equal(server.cli("apply", "-", text=server.cli("export")[1])[1], "nothing to change\n", "what is exported can be applied")
    t.equal(boss.post(f"/api/v1/faxes/{'0' * 8}-0000-0000-0000-{'0' * 12}/print").status, 404, "no such fax")


case.main()
