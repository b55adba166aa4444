# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server whose store is PostgreSQL: faxes go and come, and the database may be away for a while."""

import smtplib
import uuid

import case
import mail
import pdf
import pixels
import postgres
import provision
from server import Server

FRONT, BACK = provision.FRONT, provision.BACK
FAX_SECONDS = 240
RECOVERY_SECONDS = 120  # roles that died several times wait up to 10 s before they start again
AWAY = "cannot open the store in PostgreSQL"


def plant(t):
    """(PostgreSQL, Faxpost over it)"""
    database = t.enter(postgres.Server())
    server = Server(t.folder(), settings={"store": database.make("fax")})
    server.start()
    t.later(server.stop, 3)
    server.pin_ports()
    server.apply(provision.example(server.port("sip")[1]))
    return database, server


def send(server, to, document, *, pages=1, padding=0, subject="", seconds=20):
    """None, or why it was not taken."""
    parts = [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=2) + b"%" * padding)]
    message = mail.make(FRONT, to, parts, subject=subject, message_id=f"<{document}@test.invalid>")
    try:
        mail.send(server.port("smtp"), message, seconds=seconds)
    except (smtplib.SMTPException, OSError) as why:
        return str(why)
    return None


def rows(database, statement):
    return [line.split("|") for line in database.ask(statement, "fax").splitlines()]


@case.test
# proves: S2.13 A2
def fax_goes_and_comes_with_all_of_it_in_postgresql(t):
    database, server = plant(t)
    document, to = 4711, f"200@front.{provision.DOMAIN}"
    t.equal(send(server, to, document, pages=2, padding=1500000), None, "the mail")  # larger than one part
    path = t.wait(lambda: server.mails(BACK), f"no fax came; {server.log_tail()}", FAX_SECONDS)[0]
    pages = pixels.pages_of_bytes(mail.attachment(mail.read(path))[1])
    t.equal([pixels.read_mark(page) for page in pages], [(document, 0, 2), (document, 1, 2)], "pages that came")
    t.wait(lambda: server.mails(FRONT), "no report", FAX_SECONDS)
    t.equal(rows(database, "SELECT state, confirmed FROM job"), [["3", "2"]], "the job")
    t.true(int(rows(database, "SELECT count(*) FROM blob_part")[0][0]) >= 3, "the mail does not lie in parts")
    files = [p for p in server.state.rglob("*") if p.is_file() and (p.name.startswith("faxpost.db") or "blobs" in p.parts)]
    t.equal(files, [], "files of a store beside PostgreSQL")
    submission = database.ask("SELECT encode(id, 'hex') FROM submission", "fax").strip()
    shown = [j["state"] for j in server.json("show", uuid.UUID(submission))["jobs"]]
    t.equal(shown, ["done"], "faxpost show, which web reads")


@case.test
# proves: S2.8
def database_that_is_away_loses_nothing_and_is_found_again(t):
    database, server = plant(t)
    to = f"check+200@front.{provision.DOMAIN}"  # unpacked, rendered and answered; nobody is dialled
    t.equal(send(server, to, 1), None, "a mail before")
    database.stop()
    refusal = t.wait(lambda: send(server, to, 2, seconds=5), "a mail is taken without a store")
    t.wait(lambda: AWAY in server.log.read_text(), "nobody says that it is away")
    t.note(f"meanwhile a client hears: {refusal}")
    database.start()
    # A mail server tries again; the same mail twice is one.
    t.wait(lambda: send(server, to, 2) is None, f"no mail is taken any more; {server.log_tail()}", RECOVERY_SECONDS)
    t.wait(lambda: len(server.mails(FRONT)) >= 2, f"not both are answered; {server.log_tail()}", FAX_SECONDS)
    t.equal(rows(database, "SELECT message_id, count(*) FROM submission GROUP BY 1 ORDER BY 1"),
            [["1@test.invalid", "1"], ["2@test.invalid", "1"]], "submissions")

    def listed():
        status, _, _ = server.cli("status")
        return status == 0

    t.wait(listed, "web does not come back", RECOVERY_SECONDS)
    t.equal(server.process.poll(), None, "the server's exit status")


@case.test
def password_in_the_configuration_is_refused(t):
    server = Server(t.folder(), settings={"store": "postgres://fax:secret@127.0.0.1/fax"})
    server.launch()
    t.later(server.stop, 3)
    t.equal(server.process.wait(60), 78, "exit status")
    t.true("passfile=" in server.log.read_text(), server.log_tail())


case.main()
