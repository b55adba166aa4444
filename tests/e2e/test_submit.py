# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a mail can ask for, from outside: flags, cover page, PIN, dry run; and what becomes of one that asks wrongly."""

import json

import case
import mail
import pdf
import pixels
import provision
from server import Server
from store import Store

FRONT, BACK = provision.FRONT, provision.BACK
BOX = f"front@{provision.DOMAIN}"
FAX_SECONDS = 240


def loopback(t, **box):
    """A server whose trunk leads back to itself; box: more of the settings of box front."""
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1])
    wanted["faxboxes"][0].update(box)
    server.apply(wanted)
    return server


def send(server, to, pages=1, document=7, sender=FRONT, **parts):
    data = pdf.make(pages, document=document, lines=4)
    mail.send(server.port("smtp"), mail.make(sender, to, [("a.pdf", "application/pdf", data)], **parts),
              recipients=[to.split("<")[-1].strip("> ")])


def next_mail(t, server, address, seen=0):
    paths = t.wait(lambda: server.mails(address)[seen:], f"no mail came to {address}; log: {server.log_tail()}", FAX_SECONDS)
    return mail.read(paths[0])


def words(message):
    return message.get_body(("plain",)).get_content()


@case.test
# proves: S4.9 S4.2 D6
def flags_and_display_name_reach_the_paper(t):
    server = loopback(t, cover_text=True)
    send(server, f'"Dr. Jo 200^COARSE^TEMPLATE=standard" <{BOX}>', pages=2, document=11, text="Dear Jo\n-- \nme\n")
    received = next_mail(t, server, BACK)
    job = Store(server.state).jobs()[0]
    t.equal((job["state"], job["pages"]), ("done", 3), "job")
    pages = pixels.pages_of_bytes(mail.attachment(received)[1])
    t.equal(len(pages), 3, "pages received")
    t.equal([pixels.read_mark(p) for p in pages[1:]], [(11, 0, 2), (11, 1, 2)], "marks behind the cover page")
    sent = Store(server.state).rows("SELECT resolution FROM submission_page")
    t.equal({row["resolution"] for row in sent}, {0}, "resolutions: COARSE is 204 x 98")
    report = next_mail(t, server, FRONT)
    t.true("delivered" in report["Subject"].lower() or "delivered" in words(report).lower(), "the report says nothing of it")


@case.test
# proves: A3
def dry_run_is_answered_with_the_pages_and_faxes_nothing(t):
    server = loopback(t)
    send(server, f"check+200^SUPERFINE@front.{provision.DOMAIN}", pages=2, document=21)
    preview = next_mail(t, server, FRONT)
    pages = pixels.pages_of_bytes(mail.attachment(preview)[1])
    t.equal([pixels.read_mark(p) for p in pages], [(21, 0, 2), (21, 1, 2)], "marks of the preview")
    for said in ("dialled as 200", "Price class: extension", "Trunk: loopback", "Earliest: "):
        t.true(said in words(preview), f"no {said!r} in: {words(preview)}")
    t.equal(Store(server.state).jobs(), [], "jobs")
    t.equal(Store(server.state).attempts(), [], "calls")


@case.test
# proves: S2.9
def pin_opens_the_box_and_is_on_no_page(t):
    server = loopback(t, authentication="pin", pin="47114711", cover="standard", cover_text=True)
    to = f"200@front.{provision.DOMAIN}"
    send(server, to, text="Dear Jo\n08150815\n")
    t.true("not that of fax box" in words(next_mail(t, server, FRONT)), "the wrong PIN was not answered")
    t.equal(Store(server.state).jobs(), [], "jobs")
    send(server, to, text="Dear Jo\nPIN: 47114711\nbye\n")
    next_mail(t, server, BACK)
    report = next_mail(t, server, FRONT, seen=1)
    covers = [json.loads(row["bytes"]) for row in Store(server.state).rows(
        "SELECT b.bytes FROM document d JOIN blob b ON b.id = d.blob WHERE d.target = 0")]
    t.equal([c["text"] for c in covers], ["Dear Jo\nbye\n"], "text of the cover page")
    t.true("4711" not in words(report), "the report has the PIN")
    for pin in ("47114711", "08150815"):
        t.true(pin not in server.log.read_text(errors="replace"), "the log has a PIN")


@case.test
# proves: S4.5 A4 D1
def dead_letter_is_listed_taken_up_again_and_deleted(t):
    server = loopback(t)
    send(server, BOX, subject="Letter")
    send(server, BOX, subject="200^URGENT")
    # The first, by its Subject.
    answers = {next_mail(t, server, FRONT, seen=n)["Subject"]: None for n in range(2)}
    t.true(any("Letter" in s for s in answers), f"answers: {answers}")
    letters = server.json("deadletter", "list")["items"]
    t.equal(len(letters), 2, "dead letters")
    t.true(all(FRONT == d["sender"] for d in letters), "senders")
    t.true(any("no fax number" in d["outcome"]["text"] for d in letters), f"reasons: {letters}")
    t.true(any("the known ones are" in d["outcome"]["text"] for d in letters), f"reasons: {letters}")
    for d in letters:
        status, said, _ = server.cli("deadletter", "show", d["id"])
        t.true(status == 0 and d["id"] in said and BOX in said, f"show: {said}")
        t.equal(server.cli("deadletter", "replay", d["id"])[0], 0, "replay")
    t.wait(lambda: len(server.json("deadletter", "list")["items"]) == 2, "a replayed mail did not come back")
    for d in letters:
        t.equal(server.cli("deadletter", "delete", d["id"])[0], 0, "delete")
    t.equal(server.json("deadletter", "list")["items"], [], "dead letters left")
    status, _, complaint = server.cli("deadletter", "show", letters[0]["id"])
    t.true(status != 0 and "no such dead letter" in complaint, f"show of a deleted one: {status} {complaint}")
    t.equal(len(server.mails(FRONT)), 2, "answers: looking again is no second one")


@case.test
# proves: S2.8 D3
def number_that_may_not_be_dialled_is_answered_and_goes_once_it_may(t):
    server = loopback(t)
    send(server, BOX, subject="Re: [urgent] +39 050 1234567")
    t.true("international" in words(next_mail(t, server, FRONT)), "the answer does not say why")
    server.apply({"tenants": [{"name": "example", "dial_allow": "+39050"}]})
    letter = server.json("deadletter", "list")["items"][0]
    server.cli("deadletter", "replay", letter["id"])
    t.wait(lambda: Store(server.state).jobs(), f"no job; log: {server.log_tail()}", FAX_SECONDS)
    t.equal(Store(server.state).jobs()[0]["number"], "+390501234567", "number")
    t.equal(server.json("deadletter", "list")["items"], [], "dead letters")


@case.test
# proves: S2.6 A2
def explain_tells_each_rule_and_has_no_effect(t):
    server = loopback(t, authentication="pin", pin="47114711", permissions=[{"entry": "law.example", "receive": False}])
    status, said, _ = server.cli("explain", "--from", FRONT, "--to", f"200^FINE@front.{provision.DOMAIN}")
    t.equal(status, 0, "exit status")
    for words_of_it in ("is a user with send permission of box \"front\"", "box front: a fax to 200, dialled as 200 (extension), fine, a4",
                        "wants its PIN: he has to guess it, at most 480 times a day as one sender"):
        t.true(words_of_it in said, f"no {words_of_it!r} in: {said}")
    said = server.cli("explain", "--from", "x@law.example", "--to", BOX, "--subject", "112")[1]
    t.true("covered by the permission list" in said and "emergency" in said and "gets this answer" in said, f"said: {said}")
    said = server.cli("explain", "--from", "x@law.example.evil.net", "--to", BOX, "--subject", "200")[1]
    t.true("may not send" in said and "gets no answer" in said, f"said: {said}")
    for name, part in ((FRONT, "has no password yet"), (provision.BACK, "is another user's address"), ("nobody@x.example", "Nobody logs in as")):
        said = server.cli("explain", "--from", FRONT, "--to", f"200@front.{provision.DOMAIN}", "--login", name)[1]
        t.true(part in said, f"--login {name}: no {part!r} in: {said}")
    message = mail.make(FRONT, f'"Jo 200" <{BOX}>', [("a.pdf", "application/pdf", pdf.make(1))], text="PIN: 1111\n")
    told = server.cli("explain", "-", "--json", text=message.as_string())[1]
    told = json.loads(told)
    t.equal([(f["box"], f["dialled"]) for f in told["faxes"]], [("front", "200")], "faxes")
    notes = {n["rule"]: n for n in told["notes"]}
    t.true("one line is a PIN" in notes["S2.9"]["text"] and "1 documents" in notes["S2.10"]["text"], f"notes: {notes}")
    store = Store(server.state)
    t.equal((store.mails_in(), store.submissions(), store.jobs(), store.rows("SELECT * FROM pin_failure"), server.mails(FRONT)),
            ([], [], [], [], []), "what explaining left behind")
    status, _, complaint = server.cli("explain", "--from", FRONT)
    t.true(status == 64 and "--to" in complaint, f"without --to: {status} {complaint}")


case.main()
