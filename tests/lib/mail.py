# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails in and out: made with Python's own library, sent by its SMTP client, read back from Maildirs."""

import email
import email.policy
import smtplib
from email.message import EmailMessage


def make(sender, recipient, attachments=(), subject="", text="", message_id=None):
    """attachments: [(file name, "application/pdf", bytes)]"""
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = sender, recipient, subject
    m["Date"] = email.utils.localtime()
    m["Message-ID"] = message_id or email.utils.make_msgid(domain="test.invalid")
    m.set_content(text)
    for name, kind, data in attachments:
        main, sub = kind.split("/")
        m.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return m


def send(server, message, sender=None, recipients=None, seconds=120):
    """By SMTP to (host, port); returns when the server has said 250. smtplib's exceptions otherwise."""
    host, port = server
    with smtplib.SMTP(host, port, timeout=seconds) as client:
        client.send_message(message, sender or message["From"], recipients or [message["To"]])


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def read(path):
    with open(path, "rb") as file:
        return parse(file.read())


def attachment(message, kind="application/pdf"):
    """(file name, bytes) of the first one of that type; (None, None) without."""
    for part in message.walk():
        if part.get_content_type() == kind:
            return part.get_filename(), part.get_payload(decode=True)
    return None, None
