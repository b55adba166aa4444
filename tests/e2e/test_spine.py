# SPDX-License-Identifier: AGPL-3.0-or-later
"""The spine from outside: a mail with a document goes in, a fax call happens, mails with PDFs come out."""

import email.utils
import pathlib
import random
import re
import smtplib

import case
import mail
import office
import pdf
import pixels
import provision
from server import Server
from store import Store

FRONT, BACK = provision.FRONT, provision.BACK
FAX_SECONDS = 240


def loopback(t, **options):
    """A server whose trunk leads back to itself."""
    server = t.enter(Server(t.folder(), **options))
    server.apply(provision.example(server.port("sip")[1]))
    return server


def fax(t, server, number="200", pages=2, **parts):
    """Mails a document to a number; waits until its job has ended. (document number, job)"""
    document = random.randrange(1, 65536)
    known = {j["id"] for j in Store(server.state).jobs()}
    to = f"{number}@front.{provision.DOMAIN}"
    data = pdf.make(pages, document=document, lines=4)
    mail.send(server.port("smtp"), mail.make(FRONT, to, [("a.pdf", "application/pdf", data)], **parts))
    return document, ended_job(t, server, known)


def ended_job(t, server, known):
    store = Store(server.state)

    def ended():
        return next((j for j in store.jobs() if j["id"] not in known and j["state"] not in ("waiting", "calling")), None)

    return t.wait(ended, f"no job ended; log: {server.log_tail()}", FAX_SECONDS)


def first_mail(t, server, address):
    paths = t.wait(lambda: server.mails(address), f"no mail came to {address}; log: {server.log_tail()}")
    return mail.read(paths[0])


@case.test
# proves: S2.13 S2.14 S4.2 S4.6 A2
def mailed_document_arrives_as_pdf_and_its_sender_gets_a_report(t):
    server = loopback(t)
    document, job = fax(t, server)
    t.equal((job["state"], job["confirmed"]), ("done", 2), "job")
    received = first_mail(t, server, BACK)
    _, data = mail.attachment(received)
    pages = pixels.pages_of_bytes(data)
    t.equal([pixels.read_mark(p) for p in pages], [(document, 0, 2), (document, 1, 2)], "marks")
    t.equal(pixels.compare(Store(server.state).pages_sent(job["submission"]), pages), [], "pixels")
    report = first_mail(t, server, FRONT)
    t.true(mail.attachment(report)[1].startswith(b"%PDF"), "the report has no PDF")
    t.true(not server.mails(BACK)[1:] and not server.mails(FRONT)[1:], "more than one mail came")


@case.test
# proves: S2.10
def mailed_word_document_and_photograph_are_faxed_in_order(t):
    if not office.installed():
        t.skip("LibreOffice is not installed")
    server = loopback(t)
    photo = (pathlib.Path(__file__).parents[1] / "fuzz" / "corpus" / "pictures" / "jpeg").read_bytes()
    parts = [("letter.docx", "application/octet-stream", office.docx(["Dear patient,", "a line " * 300])),
             ("photo.jpg", "image/jpeg", photo)]
    mail.send(server.port("smtp"), mail.make(FRONT, f"200@front.{provision.DOMAIN}", parts))
    job = ended_job(t, server, set())
    t.equal((job["state"], job["confirmed"]), ("done", 2), "job")
    pages = pixels.pages_of_bytes(mail.attachment(first_mail(t, server, BACK))[1])
    t.equal(pixels.compare(Store(server.state).pages_sent(job["submission"]), pages), [], "pixels")
    t.equal([page.name for page in (server.state / "office").iterdir()], [], "what LibreOffice left behind")


@case.test
# proves: S2.15 S2.16 S2.17
def mail_of_a_received_fax_has_its_exact_form(t):
    server = loopback(t)
    _, job = fax(t, server, pages=1)
    t.equal(job["state"], "done", "job")
    received = first_mail(t, server, BACK)
    got = re.fullmatch(r"\[(\S+)\] FAX successfully received from (\S+)", received["Subject"])
    t.true(got, f"subject: {received['Subject']}")
    number = got[2]
    body = received.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n")
    wanted = (rf"FAX received from {re.escape(number)}\n\n" r"Date and time: \d\d/\d\d/\d{4} \d\d:\d\d:\d\d\n"
              r"Transmission time : \d+ seconds\n" r"Number of pages: 1")
    t.true(re.fullmatch(wanted, body), f"body: {body!r}")
    name, _ = mail.attachment(received)
    t.true(re.fullmatch(rf"F{re.escape(number)}_T200_\d{{4}}-\d\d-\d\d_\d\d_\d\d_\d\d_1\.pdf", name), f"name: {name}")


@case.test
def two_documents_in_one_mail_are_one_fax_in_order(t):
    server = loopback(t)
    parts = [(f"{n}.pdf", "application/pdf", pdf.make(1, document=n)) for n in (11, 12)]
    mail.send(server.port("smtp"), mail.make(FRONT, f"200@front.{provision.DOMAIN}", parts))
    t.equal(ended_job(t, server, set())["state"], "done", "job")
    pages = pixels.pages_of_bytes(mail.attachment(first_mail(t, server, BACK))[1])
    t.equal([pixels.read_mark(p)[0] for p in pages], [11, 12], "documents")


@case.test
# proves: A6
def same_mail_twice_is_faxed_once(t):
    server = loopback(t)
    data = [("a.pdf", "application/pdf", pdf.make(1, document=5))]
    message = mail.make(FRONT, f"200@front.{provision.DOMAIN}", data, message_id=email.utils.make_msgid(domain="x.invalid"))
    for _ in range(2):
        mail.send(server.port("smtp"), message)
    ended_job(t, server, set())
    t.wait(lambda: all(m["state"] != "received" for m in Store(server.state).mails_in()), "a mail was not looked at")
    t.equal(len(Store(server.state).jobs()), 1, "jobs")


@case.test
def number_of_letters_is_answered_with_what_would_have_worked(t):
    server = loopback(t)
    data = [("a.pdf", "application/pdf", pdf.make(1))]
    try:
        mail.send(server.port("smtp"), mail.make(FRONT, f"reception@front.{provision.DOMAIN}", data))
    except smtplib.SMTPRecipientsRefused as refusal:
        code, text = next(iter(refusal.recipients.values()))
        t.true(code >= 550 and b"front" in text, f"refusal: {code} {text}")
        return
    answer = first_mail(t, server, FRONT)
    t.true(f"@front.{provision.DOMAIN}" in answer.get_body(("plain",)).get_content(), "the answer names no form")
    t.equal(Store(server.state).jobs(), [], "jobs")


@case.test
def unknown_box_is_refused_in_the_dialogue(t):
    server = loopback(t)
    data = [("a.pdf", "application/pdf", pdf.make(1))]
    try:
        mail.send(server.port("smtp"), mail.make(FRONT, f"200@nobox.{provision.DOMAIN}", data))
        t.fail("it was taken")
    except smtplib.SMTPRecipientsRefused as refusal:
        code, _ = next(iter(refusal.recipients.values()))
        t.equal(code, 550, "reply")
    t.equal(Store(server.state).mails_in(), [], "mails stored")


@case.test
def stranger_may_not_send(t):
    server = loopback(t)
    data = [("a.pdf", "application/pdf", pdf.make(1))]
    try:
        mail.send(server.port("smtp"), mail.make("stranger@example.org", f"200@front.{provision.DOMAIN}", data))
        t.fail("it was taken")
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
        pass
    t.equal(Store(server.state).jobs(), [], "jobs")


@case.test
def broken_document_is_answered_with_its_name_and_nothing_is_faxed(t):
    server = loopback(t)
    data = [("good.pdf", "application/pdf", pdf.make(1)), ("photo.pdf", "application/pdf", b"\xff\xd8\xff\xe0\0\x10JFIF\0")]
    mail.send(server.port("smtp"), mail.make(FRONT, f"200@front.{provision.DOMAIN}", data))
    answer = first_mail(t, server, FRONT)
    t.true("photo.pdf" in answer.get_body(("plain",)).get_content(), "the answer does not name the document")
    t.equal(Store(server.state).jobs(), [], "jobs")
    t.equal(server.mails(BACK), [], "mails to the receiver")


case.main()
