# SPDX-License-Identifier: AGPL-3.0-or-later
"""PGP from outside (S2.5): keys made and imported by the command line, mails that GnuPG signed and encrypted, and mails of
ours that GnuPG reads."""

import email
import email.policy
import re
import smtplib

import case
import gpg
import mail
import pdf
import pixels
import provision
from server import Server
from store import Store

FRONT, BACK = provision.FRONT, provision.BACK
TO = f"200@front.{provision.DOMAIN}"
FAX_SECONDS = 240


class House:
    """A server whose trunk leads back to itself, and a key ring of frontdesk, office and an unknown man."""

    def __init__(self, t, **box):
        self.t = t
        self.server = t.enter(Server(t.folder()))
        self.gpg = t.enter(gpg.Gpg(t.folder()))
        self.answers = 0
        wanted = provision.example(self.server.port("sip")[1])
        self.server.apply(wanted)
        for who in (FRONT, BACK, "eve@localhost"):
            self.gpg.make(f"<{who}>")
        self.do("key", "make")
        self.gpg.add(self.do("key", "show"))
        self.import_key("frontdesk", self.gpg.export(FRONT))
        self.import_key("office", self.gpg.export(BACK))
        self.server.apply({"faxboxes": [{"id": "front", **box}]})

    def do(self, *arguments, text=None):
        status, out, err = self.server.cli(*arguments, text=text, seconds=120)
        self.t.equal(status, 0, f"faxpost {' '.join(arguments)}: {err}")
        return out

    def import_key(self, user, armored):
        return self.do("key", "import", user, "-", text=armored)

    def ours(self):
        return self.do("key", "list").split()[0]

    def bring(self, data, to=TO):
        host, port = self.server.port("smtp")
        with smtplib.SMTP(host, port, timeout=120) as client:
            client.sendmail(FRONT, to if isinstance(to, list) else [to], data)

    def refused(self, data, part, to=TO):
        """The mail is answered once, with that, and nothing of it is faxed."""
        jobs = len(Store(self.server.state).jobs())
        self.bring(data, to)
        said = self.next_answer()
        self.t.true(part in said, f"no {part!r} in: {said}")
        self.t.equal(len(Store(self.server.state).jobs()), jobs, "jobs")

    def refusals(self):
        """New mails to the sender but the report, which may come before the fax is mailed."""
        return [path for path in self.server.mails(FRONT)[self.answers:] if "delivered" not in mail.read(path)["Subject"]]

    def next_answer(self):
        paths = self.t.wait(lambda: self.server.mails(FRONT)[self.answers:], f"no answer; log: {self.server.log_tail()}", FAX_SECONDS)
        self.answers += 1
        return mail.read(paths[0]).get_body(("plain",)).get_content()

    def faxed(self, data, document, faxes=1, to=TO):
        """The mail's document comes out of the other box."""
        self.bring(data, to)
        came = self.t.wait(lambda: self.server.mails(BACK)[faxes - 1:] or self.refusals(),
                           f"no fax; log: {self.server.log_tail()}", FAX_SECONDS)
        paths = self.server.mails(BACK)[faxes - 1:]
        self.t.true(paths, f"an answer, no fax: {came[0].read_text()}")
        pages = pixels.pages_of_bytes(mail.attachment(mail.read(paths[0]))[1])
        self.t.equal([pixels.read_mark(p) for p in pages], [(document, 0, 1)], "marks of the fax")
        self.next_answer()  # its report


def letter(document=7, to=TO, text="Dear Jo\n", **parts):
    return mail.make(FRONT, to, [("a.pdf", "application/pdf", pdf.make(1, document=document, lines=4))], text=text, **parts)


@case.test
# proves: S2.5 S2.4
def signed_mail_is_faxed_and_each_fault_has_its_answer(t):
    h = House(t, authentication="pin+pgp", pin="47114711")
    words = "PIN: 47114711\n"
    h.faxed(gpg.signed(h.gpg, letter(31, text=words), FRONT), 31)
    h.refused(gpg.signed(h.gpg, letter(), FRONT), "wants its PIN")
    h.refused(letter(text=words).as_bytes(policy=gpg.CRLF), "mails only that are signed")
    h.refused(gpg.signed(h.gpg, letter(text=words), "eve@localhost"), "not known here")
    h.refused(gpg.signed(h.gpg, letter(text=words), BACK), "another person's PGP key")
    broken = gpg.signed(h.gpg, letter(text=words), FRONT).replace(b"JVBERi0x", b"JVBERi0y", 1)
    h.refused(broken, "is broken")
    whole = gpg.signed(h.gpg, letter(text=words), FRONT)
    head, body = whole.split(b"MIME-Version", 1)
    listed = head + (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\nX" + body +
                     b"\r\n--list\r\nContent-Type: text/plain; name=evil.txt\r\n\r\nevil\r\n--list--\r\n")
    h.refused(listed, "covers only a part")
    # A new day: the key is revoked, and the administrator learns of it.
    late = gpg.signed(h.gpg, letter(text=words), FRONT)
    h.gpg.revoke(FRONT)
    h.import_key("frontdesk", h.gpg.export(FRONT))
    h.refused(late, "was revoked")


@case.test
# proves: S2.5
def expired_key_and_old_signature_are_told_apart(t):
    h = House(t, authentication="pgp")
    h.gpg.make("<old@localhost>", expires="2020-03-01", at="20200101T000000")
    h.gpg.make("<long@localhost>", at="20200101T000000")
    h.import_key("frontdesk", h.gpg.export("old@localhost"))
    h.import_key("frontdesk", h.gpg.export("long@localhost"))
    then = ["--faked-system-time", "20200201T000000"]
    h.refused(gpg.signed(h.gpg, letter(), "old@localhost", then), "has expired")
    h.refused(gpg.signed(h.gpg, letter(), "long@localhost", then), "more than 14 days ago")
    h.faxed(gpg.signed(h.gpg, letter(32), "long@localhost"), 32)
    h.do("key", "remove", "frontdesk", h.gpg.fingerprint("long@localhost"))
    h.refused(gpg.signed(h.gpg, letter(), "long@localhost"), "not known here")


@case.test
# proves: S2.5 A6
def signature_is_good_for_one_mail_and_its_addressees(t):
    h = House(t, authentication="pgp")
    good = gpg.signed(h.gpg, letter(33), FRONT)
    h.faxed(good, 33)
    # Another man catches it and sends it on: to another number, with a header of his own, or only the envelope changed.
    other = f"0301234567@front.{provision.DOMAIN}"
    lines = good.replace(f"To: {TO}".encode(), f"To: {other}".encode())
    h.refused(lines, "signed for another mail", other)
    h.refused(lines.replace(b"Message-ID: <", b"Message-ID: <x"), "signed for another mail", other)
    h.refused(good, "not addressed to", other)
    # The very same mail once more is A6's.
    h.refused(good, "came a second time")
    # With the header signed as well, not even the first one can be led elsewhere.
    inside = f"From: {FRONT}\r\nTo: {TO}\r\n".encode()
    bound = letter(34)
    bound.set_param("protected-headers", "v1")
    data = gpg.signed(h.gpg, bound, FRONT, inside=inside)
    h.refused(data.replace(f"To: {TO}".encode(), f"To: {other}".encode(), 1), "by what is signed in it", other)
    h.faxed(data, 34, faxes=2)


@case.test
# proves: S2.5 S2.3
def encrypted_mail_is_faxed_and_the_log_keeps_its_secret(t):
    h = House(t, authentication="pgp", require_encryption=True)
    ours = h.ours()
    h.faxed(gpg.encrypted(h.gpg, letter(35), ours, FRONT), 35)
    nested = email.message_from_bytes(gpg.signed(h.gpg, letter(36), FRONT), policy=email.policy.compat32)
    h.faxed(gpg.encrypted(h.gpg, nested, ours), 36, faxes=2)
    h.refused(gpg.signed(h.gpg, letter(), FRONT), "encrypted mails only")
    h.refused(gpg.encrypted(h.gpg, letter(), ours), "mails only that are signed")
    h.refused(gpg.encrypted(h.gpg, letter(), "eve@localhost", FRONT), "encrypted to another key")
    bomb = h.gpg.run("-r", ours, "-z", "9", "--armor", "--encrypt", data=bytes(300_000_000))
    t.true(len(bomb) < 2_000_000, "the bomb is small")
    h.refused(f"From: {FRONT}\r\nTo: {TO}\r\nSubject: x\r\nMessage-ID: <bomb@x>\r\n\r\n".encode() + bomb.replace(b"\n", b"\r\n"),
              "larger than Faxpost handles")
    log = h.server.log.read_text(errors="replace")
    t.true("PRIVATE" not in log and "Dear Jo" not in log, "the log has what was encrypted")
    # Without --replace nobody loses a key; the export opens nowhere else and is taken back here.
    status, _, said = h.server.cli("key", "make")
    t.true(status != 0 and "already" in said, f"a second pair: {said}")
    exported = h.do("export")
    t.true("sealed" in exported and "PRIVATE" not in exported, "the export")
    t.true("nothing to change" in h.do("apply", "-", text=exported), "the export given back")


@case.test
# proves: S2.5 S2.14
def received_fax_is_encrypted_to_who_wants_it(t):
    h = House(t)
    h.server.apply({"users": [{"tenant": "example", "name": "office", "pgp_encrypt": True}]})
    h.bring(letter(37).as_bytes(policy=gpg.CRLF))
    path = t.wait(lambda: h.server.mails(BACK), f"no fax; log: {h.server.log_tail()}", FAX_SECONDS)[0]
    received = mail.read(path)
    t.equal(received.get_content_type(), "multipart/encrypted", "what came")
    t.true(mail.attachment(received) == (None, None), "a PDF in clear")
    inside = h.gpg.decrypt(received.get_payload()[1].get_payload(decode=True))
    opened = email.message_from_bytes(inside, policy=email.policy.default)
    pages = pixels.pages_of_bytes(mail.attachment(opened)[1])
    t.equal([pixels.read_mark(p) for p in pages], [(37, 0, 1)], "marks of the fax")
    # The key is revoked: nothing leaves in clear, and office learns where the fax is.
    h.gpg.revoke(BACK)
    h.import_key("office", h.gpg.export(BACK))
    h.bring(letter(38).as_bytes(policy=gpg.CRLF))
    path = t.wait(lambda: h.server.mails(BACK)[1:], f"no word; log: {h.server.log_tail()}", FAX_SECONDS)[0]
    told = mail.read(path)
    t.true(mail.attachment(told) == (None, None), "a PDF in clear")
    words = told.get_body(("plain",)).get_content()
    number = "200" in re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", words)
    t.true("no document" in words and not number, f"that there is none, and from whom not: {words}")
    t.true("pgp-key" in h.server.log.read_text(), "the log does not say why")


@case.test
# proves: S2.5
def explain_opens_a_mail_and_uses_no_signature_up(t):
    h = House(t, authentication="pgp")
    signed = gpg.signed(h.gpg, letter(), FRONT).decode()
    for said in (h.do("explain", "-", text=signed), h.do("explain", "-", text=signed)):
        t.true("not encrypted; its signature: good, key" in said and "its boxes take it so" in said, said)
        t.true("a fax to 200" in said and "1 documents" in said, said)
    said = h.do("explain", "-", text=letter().as_string())
    t.true("its signature: none" in said and "mails only that are signed" in said, said)
    said = h.do("explain", "-", text=gpg.signed(h.gpg, letter(), BACK).decode())
    t.true("its signature: unknown-key" in said and "another person's PGP key" in said, said)
    sealed = gpg.encrypted(h.gpg, letter(), h.ours(), FRONT).decode()
    said = h.do("explain", "-", text=sealed)
    t.true("the mail is encrypted; its signature: good" in said and "a fax to 200" in said, said)
    t.equal(Store(h.server.state).jobs(), [], "jobs")


@case.test
# proves: S2.5 D1
def refusal_is_encrypted_too_or_says_nothing(t):
    h = House(t)
    h.server.apply({"users": [{"tenant": "example", "name": "frontdesk", "pgp_encrypt": True}]})
    secret = mail.make(FRONT, TO, [("Meier HIV.xyz", "application/x-xyz", bytes(range(1, 256)) * 9)])
    h.bring(secret.as_bytes(policy=gpg.CRLF))
    said = mail.read(t.wait(lambda: h.server.mails(FRONT), f"no answer; log: {h.server.log_tail()}", FAX_SECONDS)[0])
    t.equal(said.get_content_type(), "multipart/encrypted", "the answer")
    inside = h.gpg.decrypt(said.get_payload()[1].get_payload(decode=True))
    t.true(b"Meier HIV.xyz" in inside, f"which attachment: {inside}")
    h.gpg.revoke(FRONT)
    h.import_key("frontdesk", h.gpg.export(FRONT))
    again = mail.make(FRONT, TO, [("Meier HIV.xyz", "application/x-xyz", bytes(range(1, 256)) * 9)])
    h.bring(again.as_bytes(policy=gpg.CRLF))
    raw = t.wait(lambda: h.server.mails(FRONT)[1:], f"no answer; log: {h.server.log_tail()}", FAX_SECONDS)[0]
    t.true("Meier" not in raw.read_text(errors="replace"), raw.read_text(errors="replace"))
    t.true("not told here" in mail.read(raw).get_body(("plain",)).get_content(), "what it says")


case.main()
