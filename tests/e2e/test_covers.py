#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cover pages of a tenant's own: written, shown, chosen by a flag, a box or in the browser, and faxed back to where they came
from."""

import base64
import smtplib
import zlib

import case
import door
import mail
import pdf
import provision
from server import Server

SECONDS = 240
LETTER = """subject: Letter
text:
{to} {billing}
html:
<html><body><h1 style="font-size:40pt">LETTER</h1><p>{to}, {billing}, {subject}</p>
{if code}
<img src="{code}" style="width:30mm">
{end}
<img src="data:image/png;base64,LOGO" style="width:40mm"></body></html>
"""


def letter():
    """Its logo is a black square."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0@\0\0\0@\x08\0\0\0\0") + chunk(b"IDAT", zlib.compress(bytes(65 * 64))) + chunk(b"IEND", b""))
    return LETTER.replace("LOGO", base64.b64encode(png).decode())


def send(server, to, name="Dr. Jo"):
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f'"{name}" <{to}@front.{provision.DOMAIN}>',
                                             [("a.pdf", "application/pdf", pdf.make(1, document=7))]))


@case.test
# proves: S4.9 D6
def cover_page_of_ones_own_is_chosen_drawn_and_leads_back(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["faxboxes"][1]["route_by_code"] = True
    server.apply(wanted)
    status, out, err = server.cli("template", "set", "cover-letter", "-", text=letter())
    t.equal((status, out), (0, "it counts from now on\n"), err)
    t.true("^TEMPLATE=letter" in server.cli("template", "list")[1], "listed")

    try:
        send(server, "200^TEMPLATE=none")
        t.fail("a cover page that is not there")
    except smtplib.SMTPRecipientsRefused as why:
        t.true("there is: standard, letter" in str(why), f"{why}")

    send(server, "200^TEMPLATE=letter^BILLING=4711")
    fax = t.wait(lambda: [f for f in door.get(server, "faxes").json["items"] if f["state"] == "complete"],
                 f"no fax: {server.log_tail()}", SECONDS)[0]
    found = t.wait(lambda: (f := door.get(server, f"faxes/{fax['id']}").json) and f["routed_from"] and f,
                   f"its code leads nowhere: {server.log_tail()}", SECONDS)
    t.equal((found["box"], found["routed_from"], found["pages"]), ("front", "back", 2), "where it is, and was called")

    # As a box's own; one that is not there is none.
    t.equal(server.cli("set", "faxboxes.front.cover", "Letter")[0], 0, "of the box")
    status, _, err = server.cli("set", "faxboxes.front.cover", "nothing")
    t.true(status != 0 and "none of that name" in err, f"{err}")
    status, _, err = server.cli("template", "reset", "cover-letter")
    t.true(status != 0 and "front" in err, f"a box has it: {err}")
    t.equal(server.cli("apply", "-", text=server.cli("export")[1])[1], "nothing to change\n", "what is exported can be applied")
    wish = {"box": "front", "recipients": [{"number": "200"}], "uploads": [], "cover": "nothing"}
    refused = door.ask(server, "POST", "previews", wish)
    t.true(any(e["field"] == "cover" and "letter" in e["detail"] for e in refused.json["errors"]), f"{refused}")


@case.test
# proves: S4.11 S2.18
def templates_are_written_over_the_api(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(1))
    kinds = {k["name"]: k for k in door.get(server, "template-kinds", language="de").json["items"]}
    t.true("Deckblatt" in kinds["cover"]["text"] or "Seiten" in kinds["cover"]["text"], "as shipped, in German")
    t.true({"billing", "code", "company"} <= {v["name"] for v in kinds["cover"]["variables"]}, "its variables")
    entry = {"tenant": "example", "name": "cover-letter", "language": "en", "text": letter()}
    made = door.ask(server, "POST", "templates", entry)
    t.equal((made.status, made.json["id"]), (201, "cover-letter.en.example"), f"{made}")
    t.equal(door.ask(server, "POST", "templates", entry).status, 409, "once more")
    t.equal(door.ask(server, "POST", "templates", {**entry, "language": "de"}).status, 201, "in another language")
    for name in ("cover-", "cover-none", "cover-Ä", "nothing"):
        t.equal(door.ask(server, "POST", "templates", {**entry, "name": name}).status, 422, name)
    shown = door.ask(server, "POST", "templates/picture", {"name": "cover-letter", "text": letter()})
    t.equal((shown.status, shown.body[:4]), (200, b"\x89PNG"), "a picture")
    for text, line in ((letter().replace("{to}", "{nobody}", 1), "line 3"), ("subject: x\ntext:\n" + 50000 * "x", "longer")):
        wrong = door.ask(server, "POST", "templates/picture", {"name": "cover", "text": text})
        t.equal(wrong.status, 422, "wrong")
        t.true(line in wrong.json["errors"][0]["detail"], f"{wrong}")
    t.equal(door.ask(server, "POST", "templates/picture", {"name": "received", "text": kinds["received"]["text"]}).status, 422, "a mail")
    words = door.ask(server, "POST", "templates/preview", {"name": "received", "text": kinds["received"]["text"]}).json
    t.true("0501234567" in words["subject"], f"{words}")
    t.equal(door.ask(server, "DELETE", "templates/cover-letter.de.example").status, 428, "unseen")


case.main()
