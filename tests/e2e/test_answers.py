# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails that people and machines get from us, real ones, read by Python's parser: TIFF, languages, templates, reports
that machines read, and what no stranger can put into them."""

import email.policy
import email.utils
import re
import smtplib
import subprocess

import case
import mail
import pdf
import provision
from server import Server
from store import Store

FRONT, BACK = provision.FRONT, provision.BACK
FAX_SECONDS = 240


def loopback(t, *, tenant=None, front=None, back=None):
    server = t.enter(Server(t.folder()))
    settings = provision.example(server.port("sip")[1])
    settings["tenants"][0].update(tenant or {})
    settings["faxboxes"][0].update(front or {})
    settings["faxboxes"][1].update(back or {})
    server.apply(settings)
    return server


def send(server, to, *, data=None, headers=(), subject=""):
    message = mail.make(FRONT, to, [("a.pdf", "application/pdf", data or pdf.make(1))], subject=subject)
    for name, value in headers:
        message[name] = value
    mail.send(server.port("smtp"), message)
    return message["Message-ID"]


def first_mail(t, server, address):
    paths = t.wait(lambda: server.mails(address), f"no mail came to {address}; log: {server.log_tail()}", FAX_SECONDS)
    return mail.read(paths[0])


def words(message, kind="plain"):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


def status_groups(message):
    """The groups of message/delivery-status (RFC 3464 §2.1): of the mail, then one a recipient."""
    part = next(p for p in message.walk() if p.get_content_type() == "message/delivery-status")
    return [dict(group.items()) for group in part.get_payload()]


def check_report(t, message, recipients):
    """RFC 6522 §3, RFC 3464 §2.2, §2.3, RFC 3834 §3."""
    t.equal(message.get_content_type(), "multipart/report", "type")
    t.equal(message["Content-Type"].params["report-type"], "delivery-status", "report-type")
    t.true(message.is_multipart() and not message.defects, f"defects: {message.defects}")
    parts = [p.get_content_type() for p in message.iter_parts()]
    t.true(parts[1] == "message/delivery-status" and len(parts) in (2, 3), f"parts: {parts}")
    t.equal(message["Auto-Submitted"], "auto-replied", "Auto-Submitted")
    t.equal(message["Return-Path"], "<>", "Return-Path")
    whole, *each = status_groups(message)
    t.true(re.fullmatch(r"dns; \S+", whole["Reporting-MTA"]), f"Reporting-MTA: {whole}")
    t.true(email.utils.parsedate_to_datetime(whole["Arrival-Date"]).tzinfo, "Arrival-Date has no zone")
    t.equal(len(each), recipients, "recipients")
    for group in each:
        t.true(group["Final-Recipient"].startswith("rfc822; ") and "@" in group["Final-Recipient"], f"{group}")
        t.true(group["Action"] in ("delivered", "failed"), f"{group}")
        t.true(re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", group["Status"]), f"{group}")
        t.equal(group["Action"] == "delivered", group["Status"].startswith("2"), "action and status")
    return each


@case.test
# proves: S4.1 S2.17 S2.18
def received_fax_comes_as_tiff_in_the_box_s_language(t):
    server = loopback(t, tenant={"language": "de"}, back={"file_format": "tiff", "recipients": ["archive@localhost"]})
    send(server, f"200@front.{provision.DOMAIN}", data=pdf.make(2))
    received = first_mail(t, server, BACK)
    name, data = mail.attachment(received, "image/tiff")
    t.true(re.fullmatch(r"F\d+_T200_\d{4}-\d\d-\d\d_\d\d_\d\d_\d\d_1\.tif", name or ""), f"name: {name}")
    path = t.folder() / "fax.tif"
    path.write_bytes(data)
    shown = subprocess.run(["tiffinfo", path], capture_output=True, text=True, check=True)
    t.equal(shown.stdout.count("TIFF Directory"), 2, "pages")
    t.true("CCITT Group 4" in shown.stdout and not shown.stderr, f"tiffinfo: {shown.stdout} {shown.stderr}")
    t.true("FAX erfolgreich empfangen von" in received["Subject"], f"subject: {received['Subject']}")
    t.true("\nAnzahl der Seiten: 2\n" in words(received), f"words: {words(received)}")
    t.equal(received["Auto-Submitted"], "auto-generated", "Auto-Submitted")
    t.equal(mail.attachment(first_mail(t, server, "archive@localhost"), "image/tiff")[0], name, "further recipient's")
    report = first_mail(t, server, FRONT)
    t.equal(report["Auto-Submitted"], "auto-replied", "report's Auto-Submitted")
    t.true(report["Return-Path"] != "<>", "nobody would hear of a report that comes back")
    t.true(report["Subject"].startswith("Fax an ") and "zugestellt (2 Seiten)" in report["Subject"], report["Subject"])
    t.true("zugestellt" in words(report) and "<b>" in words(report, "html"), "the report has no HTML")
    t.true(mail.attachment(report)[1].startswith(b"%PDF"), "the report has no PDF")


@case.test
# proves: S2.13
def delivered_and_failed_fax_are_reported_to_machines_that_ask(t):
    server = loopback(t)
    asked = [("Disposition-Notification-To", FRONT)]
    sent = send(server, f"200@front.{provision.DOMAIN}", headers=asked)
    report = first_mail(t, server, FRONT)
    (group,) = check_report(t, report, 1)
    t.equal((group["Action"], group["Final-Recipient"]), ("delivered", f"rfc822; FAX=200@front.{provision.DOMAIN}"), "group")
    t.equal(report["In-Reply-To"], sent, "In-Reply-To")
    t.true(mail.attachment(report)[1].startswith(b"%PDF"), "the report has no PDF")
    headers = next(p for p in report.walk() if p.get_content_type() == "text/rfc822-headers")
    t.true(sent in headers.get_content(), "the report does not hold the mail's Message-ID")


@case.test
# proves: D1
def refused_mail_is_answered_to_machines_that_ask_and_to_no_program(t):
    server = loopback(t)
    broken = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
    to = f"200@front.{provision.DOMAIN}"
    send(server, to, data=broken, headers=[("Auto-Submitted", "auto-generated")])
    send(server, to, data=broken, headers=[("Precedence", "bulk")])
    t.wait(lambda: len([m for m in Store(server.state).mails_in() if m["state"] == "refused"]) == 2,
           f"not refused; log: {server.log_tail()}", 60)
    send(server, to, data=broken, headers=[("Disposition-Notification-To", FRONT)], subject="Labor\u202e http://x.example")
    answer = first_mail(t, server, FRONT)
    (group,) = check_report(t, answer, 1)
    t.equal((group["Action"], group["Final-Recipient"]), ("failed", f"rfc822; {to}"), "group")
    t.true(group["Diagnostic-Code"].startswith("x-faxpost; "), f"{group}")
    t.true(answer["Subject"].startswith("Not faxed: ") and "://" not in answer["Subject"].replace(": //", ""), answer["Subject"])
    t.equal(len(server.mails(FRONT)), 1, "answers")


@case.test
# proves: S2.13
def reports_go_by_what_the_client_asked_for(t):
    server = loopback(t)
    host, port = server.port("smtp")
    to = f"200@front.{provision.DOMAIN}"

    def bring(options, rcpt_options):
        message = mail.make(FRONT, to, [("a.pdf", "application/pdf", pdf.make(1))])
        with smtplib.SMTP(host, port, timeout=60) as client:
            client.ehlo()
            t.true(client.has_extn("dsn"), "DSN is not offered")
            client.sendmail(FRONT, [to], message.as_bytes(policy=email.policy.SMTP), mail_options=options, rcpt_options=rcpt_options)

    bring([], ["NOTIFY=NEVER"])
    t.wait(lambda: server.mails(BACK), f"no fax; log: {server.log_tail()}", FAX_SECONDS)
    bring(["RET=HDRS", "ENVID=QQ+2B314"], ["NOTIFY=SUCCESS", "ORCPT=rfc822;Fax+2B200@example.com"])
    report = first_mail(t, server, FRONT)
    (group,) = check_report(t, report, 1)
    t.equal(status_groups(report)[0]["Original-Envelope-Id"], "QQ+314", "the envelope's id")
    t.equal(group["Original-Recipient"], "rfc822; Fax+200@example.com", "the first recipient")
    t.wait(lambda: len([s for s in Store(server.state).rows("SELECT state FROM job") if s]) == 2, "two jobs")
    t.equal(len(server.mails(FRONT)), 1, "reports")
    with smtplib.SMTP(host, port, timeout=60) as client:
        client.ehlo()
        t.equal(client.docmd(f"MAIL FROM:<{FRONT}> ENVID=a+0D+0ABcc:+20eve@evil.net")[0], 501, "a line end in ENVID")


@case.test
# proves: S2.18 S4.11
def template_is_shown_edited_previewed_refused_and_used(t):
    server = loopback(t)

    def run(*arguments, status=0, text=""):
        got, out, err = server.cli("template", *arguments, text=text)
        t.equal(got, status, f"{arguments}: {err}")
        return out if status == 0 else err

    shipped = run("show", "refused")
    t.true("subject: Not faxed" in shipped, shipped)
    t.true("{caller}" in run("list"), "list names no variable")
    bad = t.folder() / "bad.txt"
    bad.write_text("subject: Nein\ntext:\n{reason}\n{number}\n")
    t.true(f"{bad}:4: there is no {{number}} here" in run("set", "refused", str(bad), status=65), "where the error is")
    t.equal(run("show", "refused"), shipped, "a refused template counts")
    good = t.folder() / "good.txt"
    good.write_text("subject: Nein: {subject}\ntext:\nUnser Haus faxt das nicht.\n{reason}\n")
    t.true("Subject: Nein: Lab results" in run("preview", "refused", str(good)), "preview")
    run("set", "refused", str(good))
    t.equal(run("show", "refused"), good.read_text(), "shown")
    send(server, f"200@front.{provision.DOMAIN}", data=b"\xff\xd8\xff\xe0\0\x10JFIF\0", subject="Befund")
    answer = first_mail(t, server, FRONT)
    t.equal(answer["Subject"], "Nein: Befund", "subject")
    t.true(words(answer).startswith("Unser Haus faxt das nicht.\n"), words(answer))
    run("reset", "refused")
    t.equal(run("show", "refused"), shipped, "after reset")


case.main()
