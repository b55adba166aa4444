# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server with an administrator, the mails that it was brought, and what a test asks it when something around it fails."""

import smtplib

import mail
import pdf
import provision
from server import Server
from store import Store
from verdict import Verdict, message_id
from web import Browser

FAX_SECONDS = 240
PASSWORD = "correct horse battery"
ADMINISTRATOR = "admin@localhost"
MORE_NUMBERS = ("+493055501",)  # they lead to box `back`, as 200 does


class House:
    def __init__(self, t, *, folder=None, settings=None, env=None, address="127.0.0.1", peer="127.0.0.1", sender=provision.FRONT,
                 mail_server=None, pace=True, trunk=None):
        """folder: its `state` may be a disk of its own; peer: the name of this very server in the trunk, whose other
        settings are `trunk`; sender: of all mails; mail_server: settings of one, instead of Maildirs."""
        self.t, self.sender = t, sender
        settings = {**(settings or {}), **({"deliver": "smtp"} if mail_server else {})}
        self.server = t.enter(Server(folder or t.folder(), settings=settings, env=env, address=address))
        self.store, self.taken = Store(self.server.state), {}
        self.server.pin_ports()
        setup = provision.example(self.server.port("sip")[1], host=peer, pace=pace, more_numbers=MORE_NUMBERS,
                                  **(trunk or {}))
        setup["installation"]["alarm_address"] = ADMINISTRATOR
        setup["users"][0].update(password=PASSWORD, role="installation", addresses=[sender])
        if mail_server:
            setup["mail_server"] = mail_server
        self.server.apply(setup)
        self.web = Browser(self.server)
        t.equal(self.web.login("frontdesk", PASSWORD).status, 200, "login")

    # ---- mails in, faxes out ----

    def post(self, document, pages=1, number="200", seconds=120):
        """The status it was answered with."""
        message = mail.make(self.sender, f"{number}@front.{provision.DOMAIN}",
                            [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=5))],
                            message_id=message_id(document))
        try:
            mail.send(self.server.port("smtp"), message, seconds=seconds)
        except smtplib.SMTPRecipientsRefused as refused:
            return list(refused.recipients.values())[0][0]
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code
        self.taken[document] = number
        return 250

    def states(self):
        return [j["state"] for j in self.store.jobs()]

    def all_done(self, count):
        self.t.wait(lambda: self.states() == ["done"] * count,
                    f"{count} jobs are not done: {self.states()}; {self.server.log_tail()}", FAX_SECONDS)

    def page_confirmed(self):
        self.t.wait(lambda: any(self.store.confirmed(a["id"]) for a in self.store.attempts() if a["state"] != "ended"),
                    "no page was confirmed", FAX_SECONDS)

    # ---- alarms ----

    def alarm(self, code):
        return next((a for a in self.server.json("alarms")["items"] if a["code"] == code), None)

    def alarm_is_raised(self, code, seconds=120):
        alarm = self.t.wait(lambda: self.alarm(code), f"no alarm {code}; {self.server.log_tail()}", seconds)
        self.t.true(alarm["do"], f"it does not say what to do: {alarm}")
        return alarm

    def alarm_is_over(self, code, seconds=120):
        self.t.wait(lambda: self.alarm(code) is None, f"the alarm {code} stays; {self.server.log_tail()}", seconds)

    # ---- afterwards ----

    def judge(self):
        self.t.equal(Verdict(self.server.state).complaints(self.taken), [], "what became of the mails")
