# SPDX-License-Identifier: AGPL-3.0-or-later
"""The front door over real sockets, with raw clients; the test plays the queue."""

import atexit
import os
import shutil
import socket
import ssl
import subprocess
import tempfile

import case
from kin import Role

HELLO = b"EHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<frontdesk@localhost>\r\nRCPT TO:<200@front.fax.localhost>\r\nDATA\r\n"


MADE = []


def make_certificate():
    """Paths of a chain and its key, made once."""
    if not MADE:
        folder = tempfile.mkdtemp(prefix="fp-tls-")
        atexit.register(shutil.rmtree, folder, True)
        MADE.extend([f"{folder}/crt", f"{folder}/key"])
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=fax.localhost", "-days", "2", "-out", MADE[0], "-keyout", MADE[1]],
                       check=True, capture_output=True)
    return MADE


class Client:
    def __init__(self, address, family=socket.AF_INET):
        self.socket = socket.socket(family)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(30)
        self.socket.connect(address)
        self.rest = b""

    def say(self, data):
        self.socket.sendall(data)

    def line(self):
        while b"\r\n" not in self.rest:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(f"closed after {self.rest!r}")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line.decode()

    def reply(self):
        """(code, lines)"""
        lines = [self.line()]
        while lines[-1][3] == "-":
            lines.append(self.line())
        return int(lines[-1][:3]), lines

    def codes(self, count):
        return [self.reply()[0] for _ in range(count)]

    def ended(self):
        """The server closed, and said nothing more."""
        try:
            return self.rest == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()


class Door:
    """mailin with one listener."""

    def __init__(self, t, conf="", address="127.0.0.1", queue=True):
        self.t, self.family = t, socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(self.family)
        self.listener.bind((address, 0))
        self.listener.listen()
        certificate, key = make_certificate()
        with open(certificate, "rb") as chain, open(key, "rb") as secret:
            self.role = Role("mailin", "host_name = fax.localhost\n" + conf,
                             {"smtp.0": self.listener, "tls.certificate": chain, "tls.key": secret})
        t.later(self.end)
        self.queue = self.role.connect("queue") if queue else None
        self.role.ready()

    def end(self):
        status, log = self.role.stop()
        self.listener.close()
        if status != 0:
            self.t.fail(f"mailin ended with {status}: {log}")

    def client(self):
        client = Client(self.listener.getsockname(), self.family)
        self.t.later(client.close)
        return client

    def greeted(self):
        client = self.client()
        client.say(HELLO)
        self.t.equal(client.codes(2), [220, 250], "greeting")
        return client

    def admit(self, **verdict):
        _, request, fields = self.queue.take("rcpt_check")
        self.queue.answer("rcpt_verdict", request, **{"smtp": 250, "enhanced": "2.1.5", "text": "fine", **verdict})
        return fields

    def store(self, error=0):
        _, request, fields = self.queue.take("mail_store")
        self.queue.answer("mail_stored", request, mail=fields["mail"], error=error)
        return fields

    def in_data(self):
        client = self.greeted()
        client.say(ENVELOPE)
        self.admit()
        self.t.equal(client.codes(3), [250, 250, 354], "envelope")
        return client


@case.test
def mail_reaches_the_queue_before_it_is_acknowledged(t):
    door = Door(t)
    client = door.greeted()
    client.say(ENVELOPE)
    asked = door.admit()
    t.equal((asked["sender"], asked["recipient"], asked["client_ip"], asked["trust"]),
            ("frontdesk@localhost", "200@front.fax.localhost", "127.0.0.1", 1), "question")
    t.equal(client.codes(3), [250, 250, 354], "envelope")
    client.say(b"Subject: x\r\n\r\n..\r\nend\r\n.\r\n")
    _, request, mail = door.queue.take("mail_store")
    t.equal(mail["data"], b"Subject: x\r\n\r\n.\r\nend\r\n", "mail")
    t.equal((mail["recipients"], mail["helo"], mail["spooled"]), ("200@front.fax.localhost", "client.example", 0), "envelope")
    client.socket.settimeout(0.3)
    try:
        t.fail(f"said {client.line()!r} before the mail was stored")
    except TimeoutError:
        client.socket.settimeout(30)
    door.queue.answer("mail_stored", request, mail=mail["mail"], error=0)
    t.equal(client.codes(1), [250], "reply")
    client.say(b"QUIT\r\n")
    t.equal(client.codes(1), [221], "reply")
    t.true(client.ended(), "the connection stays open")


@case.test
def recipient_is_refused_in_the_queues_words(t):
    door = Door(t)
    client = door.greeted()
    client.say(ENVELOPE)
    door.admit(smtp=550, enhanced="5.1.1", text="there is no fax box front")
    t.equal(client.reply()[0], 250, "sender")
    t.equal(client.reply()[1], ["550 5.1.1 there is no fax box front"], "recipient")
    t.equal(client.codes(1), [554], "DATA")


@case.test
def smuggled_mail_never_becomes_a_second_one(t):
    """Each false end whole and split in two segments at every place; TCP_NODELAY and a reply in between keep the segments
    apart as far as a socket can."""
    door = Door(t)
    tries = 0
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n"):
        mail = b"one" + end + b"MAIL FROM:<evil@localhost>\r\nRCPT TO:<900@front.fax.localhost>\r\nDATA\r\ntwo\r\n.\r\n"
        for cut in [0, *range(3, 4 + len(end)), len(mail) - 3]:
            client = door.in_data()
            client.say(mail[:cut])
            client.say(mail[cut:])
            t.equal(client.codes(1), [554], f"reply to {end!r} cut at {cut}")
            client.say(b"QUIT\r\n")
            t.equal(client.codes(1), [221], "reply")
            client.close()
            tries += 1
    t.true(door.queue.silent(0.3), "something of it reached the queue")
    t.note(f"{tries} tries")


@case.test
def everything_in_one_segment_is_answered_in_order(t):
    door = Door(t)
    client = door.client()
    client.say(HELLO + ENVELOPE + b"first\r\n.\r\n" + ENVELOPE + b"second\r\n.\r\nQUIT\r\n")
    door.admit()
    first = door.store()
    door.admit()
    second = door.store()
    t.equal(client.codes(10), [220, 250, 250, 250, 354, 250, 250, 250, 354, 250], "replies")
    t.equal(client.codes(1), [221], "last reply")
    t.equal((first["data"], second["data"]), (b"first\r\n", b"second\r\n"), "mails")
    t.true(first["mail"] != second["mail"], "two mails have one id")


@case.test
def what_is_said_ahead_of_tls_is_forgotten(t):
    door = Door(t)
    client = door.greeted()
    client.say(b"MAIL FROM:<a@localhost>\r\n")
    t.equal(client.codes(1), [250], "MAIL")
    client.say(b"STARTTLS\r\nRCPT TO:<900@front.fax.localhost>\r\nDATA\r\nevil\r\n.\r\n")
    t.equal(client.codes(1), [220], "STARTTLS")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.socket = context.wrap_socket(client.socket)
    client.say(b"RCPT TO:<200@front.fax.localhost>\r\n")
    t.equal(client.codes(1), [503], "RCPT after TLS")
    client.say(HELLO)
    code, lines = client.reply()
    t.equal(code, 250, "EHLO")
    t.true(not any("STARTTLS" in line for line in lines), "STARTTLS is offered inside of TLS")
    client.say(ENVELOPE)
    door.admit()
    t.equal(client.codes(3), [250, 250, 354], "envelope")
    client.say(b"good\r\n.\r\n")
    t.equal(door.store()["data"], b"good\r\n", "mail")
    t.equal(client.codes(1), [250], "reply")


@case.test
def large_mail_goes_through_the_queues_file(t):
    door = Door(t)
    client = door.in_data()
    body = b"".join(b"%07d 0123456789012345678901234567890123456789012345678901234567890\r\n" % n for n in range(40000))
    client.say(body[:100000])
    _, request, spool = door.queue.take("mail_spool")
    with tempfile.TemporaryFile() as file:
        door.queue.answer("mail_spooled", request, mail=spool["mail"], error=0, fd=file.fileno())
        client.say(body[100000:] + b".\r\n")
        stored = door.store()
        t.equal((stored["mail"], stored["spooled"], stored["data"]), (spool["mail"], len(body), b""), "mail_store")
        file.seek(0)
        t.true(file.read() == body, "the file differs from the mail")
    t.equal(client.codes(1), [250], "reply")


@case.test
def file_of_a_dead_queue_means_later(t):
    door = Door(t)
    client = door.in_data()
    client.say(b"0123456789\r\n" * 8000)
    with tempfile.TemporaryFile() as file:
        _, request, spool = door.queue.take("mail_spool")
        door.queue.answer("mail_spooled", request, mail=spool["mail"], error=0, fd=file.fileno())
    door.queue.close()
    door.queue = door.role.connect("queue")
    client.say(b".\r\n")
    t.equal(door.store(error=2)["spooled"], 96000, "octets in the file")
    t.equal(client.codes(1), [451], "reply")


@case.test
def mail_above_the_limit_is_refused_while_it_comes(t):
    door = Door(t, "smtp_max_bytes = 65536\n")
    client = door.greeted()
    client.say(b"MAIL FROM:<a@localhost> SIZE=65537\r\n")
    t.equal(client.codes(1), [552], "SIZE")
    client = door.in_data()
    client.say(b"0123456789\r\n" * 8000 + b".\r\n")
    with tempfile.TemporaryFile() as file:
        _, request, spool = door.queue.take("mail_spool")
        door.queue.answer("mail_spooled", request, mail=spool["mail"], error=0, fd=file.fileno())
    t.equal(client.codes(1), [552], "reply")
    t.true(door.queue.silent(0.3), "something reached the queue")


@case.test
def new_queue_hears_what_the_old_one_did_not_answer(t):
    door = Door(t)
    client = door.greeted()
    client.say(ENVELOPE)
    door.queue.take("rcpt_check")
    door.queue.close()
    door.queue = door.role.connect("queue")
    door.admit()
    t.equal(client.codes(3), [250, 250, 354], "envelope")
    client.say(b"mail\r\n.\r\n")
    _, _, first = door.queue.take("mail_store")
    door.queue.close()
    door.queue = door.role.connect("queue")
    again = door.store()
    t.equal(again, first, "the repeated mail_store")
    t.equal(client.codes(1), [250], "reply")


@case.test
def mail_waits_while_there_is_no_queue_at_all(t):
    door = Door(t, queue=False)
    client = door.greeted()
    client.say(ENVELOPE)
    t.equal(client.codes(1), [250], "MAIL")
    door.queue = door.role.connect("queue")
    door.admit()
    t.equal(client.codes(2), [250, 354], "rest")


@case.test
def errors_of_the_store_are_temporary(t):
    door = Door(t)
    for error, code in ((28, 452), (5, 451)):
        client = door.in_data()
        client.say(b"mail\r\n.\r\n")
        door.store(error)
        t.equal(client.codes(1), [code], "reply")


@case.test
def half_closed_client_gets_its_answer(t):
    door = Door(t)
    client = door.in_data()
    client.say(b"mail\r\n.\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    door.store()
    t.equal(client.codes(1), [250], "reply")
    t.true(client.ended(), "the connection stays open")


@case.test
def mail_that_breaks_off_is_none(t):
    door = Door(t)
    for end in (b"", b"\r\n.", b"\r\n.\r"):
        client = door.in_data()
        client.say(b"half a mail" + end)
        client.close()
    t.true(door.queue.silent(0.3), "something of it reached the queue")


@case.test
def one_address_cannot_take_all_places(t):
    door = Door(t, "smtp_max_per_client = 3\n")
    clients = [door.greeted() for _ in range(3)]
    late = door.client()
    t.equal(late.codes(1), [421], "fourth connection")
    t.true(late.ended(), "it stays open")
    clients[0].say(b"QUIT\r\n")
    t.equal(clients[0].codes(1), [221], "reply")
    t.true(clients[0].ended(), "it stays open")
    clients[0].close()
    t.wait(lambda: door.client().codes(1) == [220], "a free place")


@case.test
def ipv6_is_served_alike(t):
    door = Door(t, address="::1")
    client = door.greeted()
    client.say(ENVELOPE)
    asked = door.admit()
    t.equal((asked["client_ip"], asked["trust"]), ("::1", 1), "client")
    t.equal(client.codes(3), [250, 250, 354], "envelope")


@case.test
def web_page_cannot_make_a_browser_fax(t):
    door = Door(t)
    client = door.client()
    t.equal(client.codes(1), [220], "greeting")
    client.say(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + HELLO + ENVELOPE + b"x\r\n.\r\n")
    t.equal(client.codes(1), [421], "reply")
    t.true(client.ended(), "it stays open")
    t.true(door.queue.silent(0.3), "a command of it reached the queue")


@case.test
def wrong_certificate_is_named(t):
    listener = t.enter(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    with open(__file__, "rb") as no_pem:
        conf = f"tls_certificate = {__file__}\ntls_key = {__file__}\n"
        role = Role("mailin", conf, {"smtp.0": listener, "tls.certificate": no_pem, "tls.key": no_pem})
        status = role.process.wait(30)
    _, log = role.stop()
    t.equal(status, 78, "exit status")
    t.true("tls_certificate" in log and os.path.basename(__file__) in log, f"log: {log}")


@case.test
def going_down_is_said(t):
    door = Door(t)
    client = door.greeted()
    door.role.channel.send("stop")
    t.equal(client.codes(1), [421], "reply")
    t.equal(door.role.process.wait(30), 0, "exit status")


case.main()
