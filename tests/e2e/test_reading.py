#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Received faxes are read: their words are found by the search, stand in the PDF, and no mail waits that should not."""

import contextlib
import sqlite3
import subprocess

import case
import door
import mail
import pdf
import pixels
import provision
from server import Server
from store import Store

SECONDS = 240


def started(t, **back):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["faxboxes"][1].update(back)
    server.apply(wanted)
    return server


def send(server, pages=1, document=41):
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=6, title="Invoice"))]))


def received(t, server, count=1):
    return t.wait(lambda: server.mails(provision.BACK)[count - 1:], f"no mail: {server.log_tail()}", SECONDS)[0]


def words_of(document):
    return subprocess.run(["pdftotext", "-", "-"], input=document, stdout=subprocess.PIPE, check=True).stdout.decode()


def fax_of(server):
    return door.get(server, "faxes").json["items"][0]


def read(t, server):
    return t.wait(lambda: (f := fax_of(server))["text"] == "read" and f, f"not read: {server.log_tail()}", SECONDS)


@case.test
def words_are_found_and_stand_in_the_document(t):
    server = started(t, ocr="on", ocr_languages=["eng"])
    send(server, pages=2)
    received(t, server)
    fax = read(t, server)
    for word, found in (("quick", 1), ("INVOICE", 1), ("jumps lazy", 1), ("elephant", 0)):
        t.equal(len(door.get(server, "faxes", q=word).json["items"]), found, f"faxes with {word}")
    document = door.get(server, f"faxes/{fax['id']}/document.pdf").body
    said = words_of(document)
    for words in ("Invoice", "Page 2 of 2", "the quick brown fox jumps over the lazy dog"):
        t.true(words in said, f"{words!r} is not in {said!r}")
    t.equal([pixels.read_mark(p) for p in pixels.pages_of_bytes(document)], [(41, 0, 2), (41, 1, 2)], "the pages themselves")
    boxes = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=document, stdout=subprocess.PIPE, check=True).stdout.decode()
    line = next(b for b in boxes.splitlines() if ">Invoice<" in b)
    place = {k: float(v.strip('"')) for k, v in (p.split("=") for p in line.split()[1:5] if "=" in p) for v in [v.split('"')[1]]}
    t.true(50 < place["xMin"] < 70 and 110 < place["xMax"] < 145 and 40 < place["yMin"] < 80, f"where it stands: {line}")
    path = t.folder() / "a.pdf"
    path.write_bytes(document)
    seen = subprocess.run(["mutool", "draw", "-q", "-F", "txt", path], stdout=subprocess.PIPE, check=True).stdout.decode()
    t.true("quick brown fox" in seen, f"another reader finds {seen!r}")


@case.test
def mail_waits_for_the_words_also_of_a_server_that_dies(t):
    server = started(t, ocr="wait", ocr_languages=["deu", "eng"])
    send(server, pages=4)
    store = Store(server.state)
    t.wait(lambda: store.faxes() and store.faxes()[0]["state"] == "complete", f"no fax: {server.log_tail()}", SECONDS)
    server.kill("queue")
    server.kill("convert")
    document = mail.attachment(mail.read(received(t, server)))[1]
    t.equal(words_of(document).count("Page"), 4, "pages with words in the mail")
    read(t, server)
    t.equal(len(server.mails(provision.BACK)), 1, "mails")


@case.test
def language_that_is_not_installed_stops_no_mail(t):
    server = started(t, ocr="on", ocr_languages=["xyz_Klingon"])
    send(server)
    t.true(mail.attachment(mail.read(received(t, server)))[1].startswith(b"%PDF"), "no document")
    t.wait(lambda: "ALARM no-ocr" in server.log.read_text(), "no alarm", SECONDS)
    t.true("no-ocr" in server.cli("alarms")[1], "the alarm is where the others are")
    t.equal(fax_of(server)["text"], "waiting", "what is to be read")
    with contextlib.closing(sqlite3.connect(server.state / "faxpost.db")) as db:
        t.equal(db.execute("SELECT count(*) FROM page_text WHERE state = 0").fetchone()[0], 1, "pages that wait")
    for field, value in (("ocr", "yes"), ("ocr_languages", '["../../etc/passwd"]'), ("ocr_languages", '["de"]')):
        status, _, err = server.cli("set", f"faxboxes.back.{field}", value)
        t.true(status != 0 and "needs" in err, f"{field}={value}: {err}")
    t.equal(server.cli("apply", "-", text=server.cli("export")[1])[1], "nothing to change\n", "what is exported can be applied")


case.main()
