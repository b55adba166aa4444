# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxes steered by answering the mails about them, over SMTP: what people write is what their mail programs send."""

import re
import smtplib

import case
import mail
import pdf
import provision
from server import Server
from store import Store

FRONT = provision.FRONT
TO = f"200@front.{provision.DOMAIN}"
SECONDS = 240


def house(t, **tenant):
    """The number that is called does not answer, and its sender hears of it after the first call."""
    server = t.enter(Server(t.folder()))
    told = provision.example(server.port("sip")[1])
    told["tenants"][0].update(tenant)
    told["faxboxes"][0]["delays"] = "first"
    told["faxboxes"][1]["enabled"] = False
    server.apply(told)
    return server, told


def send(server):
    mail.send(server.port("smtp"), mail.make(FRONT, TO, [("a.pdf", "application/pdf", pdf.make(1))], subject="Befund"))


class Inbox:
    """The mails to one address, each once."""

    def __init__(self, t, server, address=FRONT):
        self.t, self.server, self.address, self.seen = t, server, address, set()

    def next(self, subject):
        def look():
            for path in self.server.mails(self.address):
                if path not in self.seen and re.search(subject, str(mail.read(path)["Subject"])):
                    return path
            return None
        path = self.t.wait(look, f"no mail \"{subject}\"; {self.server.log_tail()}", SECONDS)
        self.seen.add(path)
        return mail.read(path)


def reply(server, to, text, sender=FRONT):
    """As a mail program does it: to Reply-To, quoted below."""
    body = to.get_body(("plain",)).get_content()
    answer = mail.make(sender, str(to["Reply-To"]).strip("<>"), subject=f"Re: {to['Subject']}",
                       text=f"{text}\n\nOn Monday the fax server wrote:\n" + "".join(f"> {line}\n" for line in body.splitlines()))
    answer["In-Reply-To"] = to["Message-ID"]
    mail.send(server.port("smtp"), answer)


def jobs(server):
    return Store(server.state).jobs()


def words(message):
    return message.get_body(("plain",)).get_content()


@case.test
# proves: S4.11 D1
def delayed_fax_is_cancelled_by_answering_and_the_token_serves_once(t):
    server, told = house(t)
    inbox = Inbox(t, server)
    send(server)
    delayed = inbox.next("not delivered yet")
    address = str(delayed["Reply-To"]).strip("<>")
    t.true(re.fullmatch(rf"control\+[0-9a-f]{{32}}@{re.escape(provision.DOMAIN)}", address), f"Reply-To: {address}")
    t.true("CANCEL" in words(delayed), words(delayed))
    for sender, part in ((FRONT, "  ok D1     the address steers a fax of box \"front\""), (provision.BACK, "was sent to somebody else")):
        said = server.cli("explain", "--from", sender, "--to", address)[1]
        t.true(part in said, f"explain from {sender}: {said}")
    said = server.cli("explain", "--from", FRONT, "--to", f"control+{'0' * 32}@{provision.DOMAIN}")[1]
    t.true("Nothing is steered" in said, f"explain of an unknown token: {said}")
    t.true(address[8:40] not in server.log.read_text(), "the token is in the log")
    reply(server, delayed, "HOLD UNTIL 08:00")
    held = inbox.next("On hold")
    t.true(re.search(r"on hold until \d{4}-\d\d-\d\d 08:00\.", words(held)), words(held))
    reply(server, held, "Cancel.")
    t.true("The fax is cancelled." in words(inbox.next("Cancelled")), "answer")
    t.equal([j["state"] for j in jobs(server)], ["cancelled"], "job")
    t.true("RETRY" in words(inbox.next("Fax to 200: cancelled")), "the report names no RETRY")
    reply(server, held, "RETRY")
    t.true("was used before" in words(inbox.next("Not done")), "replayed")
    t.equal(len(jobs(server)), 1, "jobs after a replay")


@case.test
def cancelled_fax_is_sent_again_in_the_tenants_language(t):
    server, told = house(t, language="de")
    inbox = Inbox(t, server)
    send(server)
    reply(server, inbox.next("noch nicht zugestellt"), "CANCEL")
    report = inbox.next("Fax an 200: abgebrochen")
    t.true("RETRY in der ersten Zeile" in words(report), words(report))
    told["faxboxes"][1]["enabled"] = True
    server.apply(told)
    reply(server, report, "retry")
    t.true("noch einmal gesendet" in words(inbox.next("Noch einmal gesendet")), "answer")
    again = inbox.next(r"Fax an 200 zugestellt \(1 Seite\)")
    t.true(again["Reply-To"] is None, "what arrived is steered")
    t.equal([j["state"] for j in jobs(server)], ["cancelled", "done"], "jobs")


@case.test
# proves: A5 D1
def forged_answer_steers_nothing(t):
    server, told = house(t)
    inbox = Inbox(t, server)
    send(server)
    delayed = inbox.next("not delivered yet")
    reply(server, delayed, "CANCEL", "mallory@example.net")
    t.wait(lambda: [m for m in Store(server.state).mails_in() if m["state"] == "refused"], "not refused", 60)
    told["tenants"][0]["trusted_networks"] = []  # from now on this machine has to prove who it is
    server.apply(told)
    try:
        reply(server, delayed, "CANCEL")
        t.fail("a mail that nobody vouches for was taken")
    except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused) as refused:
        t.true(re.search(r"\b(550|451)\b", str(refused)), str(refused))
    stranger = mail.make(FRONT, "control+" + "0" * 32 + f"@{provision.DOMAIN}", text="CANCEL")
    try:
        mail.send(server.port("smtp"), stranger)
        t.fail("a token that nobody has was taken")
    except smtplib.SMTPRecipientsRefused as refused:
        t.true("550" in str(refused), str(refused))
    t.equal([j["state"] for j in jobs(server)], ["waiting"], "job")
    t.equal(len(server.mails(FRONT)), 1, "mails to the sender")
    t.true(not server.mails("mallory@example.net"), "a forged address was answered")


case.main()
