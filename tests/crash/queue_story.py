# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue process alone, from a mail to a fax to mails, with the test as its parent and all its neighbours. Each word of
the queue that somebody outside relies on is noted as a promise, with the rows that must be in the store from then on."""

import fcntl
import json
import os
import socket
import struct
import uuid

import provision
from kin import Role

LOOPBACK_TRUST = 1
NEIGHBOURS = ("mailin", "pickup", "convert", "line", "call", "mailout", "fetch", "directory", "archive", "web")
RAW, PAGE = b"From: frontdesk@localhost\r\n\r\nraw mail\r\n", b"the pixels of one page"
LARGE = 70000  # above what a row holds: these pages become blob files


def sealed(data):
    fd = os.memfd_create("story", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    return fd


def page_set(pages):
    """As src/model/page_set.h says."""
    head, at = b"FXPAGES1" + struct.pack("<II", len(pages), 0), 16 + 32 * len(pages)
    for data in pages:
        head += struct.pack("<IIIIQQ", 1728, 100, 1, 0, at, len(data))
        at += len(data)
    return head + b"".join(pages)


def part_set(name, kind, data):
    """As src/model/part_set.h says."""
    at = 16 + 24 + len(name) + len(kind)
    return (b"FXPARTS1" + struct.pack("<II", 1, 24 + len(name) + len(kind))
            + struct.pack("<QQII", at, len(data), len(name), len(kind)) + name + kind + data)


def page_bytes(number):
    return PAGE + bytes([number]) * (LARGE if number % 2 else 10)


def make_folders(state):
    """The parent's work."""
    for folder in (state, state / "blobs", state / "blobs" / "tmp"):
        folder.mkdir(mode=0o700)


class Queue:
    """A queue process on a state directory."""

    def __init__(self, state, env=None):
        conf = f"state_dir = {state}\ndeliver = maildir:{state.parent}/maildir\nlog_level = warning\n"
        self.lock = socket.socket()  # only held, never used
        self.role = Role("queue", conf, {"lock": self.lock}, env=env)
        self.role.ready()
        self.peers = {name: self.role.connect(name) for name in NEIGHBOURS}
        self.requests = 0

    def ask(self, name, kind, **values):
        self.requests += 1
        self.peers[name].send(kind, self.requests, **values)

    def take(self, name, kind):
        """The next word of that kind to that neighbour; others of the meantime are let go."""
        while True:
            got, request, fields = self.peers[name].take()
            for value in fields.values():
                if isinstance(value, int) and got != kind and value is fields.get("fd"):
                    os.close(value)
            if got == kind:
                return request, fields

    def answer(self, name, kind, request, **values):
        self.peers[name].send(kind, request, **values)

    def stop(self):
        for peer in self.peers.values():
            peer.close()
        self.lock.close()
        return self.role.stop()


class Story:
    """promises: [(what, SQL, values, wanted)], each with the number of events when it was heard."""

    def __init__(self, queue, events):
        self.queue, self.events, self.promises = queue, events, []

    def promise(self, what, statement, *values, wanted=1):
        self.promises.append((self.events(), what, statement, values, wanted))

    def tell(self, pages=2):
        q = self.queue
        q.ask("web", "apply", json=sealed(json.dumps(provision.example(5060)).encode()))
        _, applied = q.take("web", "applied")
        if applied["status"] != 200:
            raise RuntimeError(f"provisioning: {applied}")
        self.promise("provisioning", "SELECT count(*) FROM faxbox", wanted=2)
        self.accept()
        self.send_fax(pages)
        self.receive_fax(pages)
        self.mail_out(2)

    def accept(self):
        q, mail = self.queue, uuid.uuid4().bytes
        q.ask("mailin", "mail_store", mail=mail, sender=provision.FRONT, recipients=f"200@front.{provision.DOMAIN}\n",
              client_ip="127.0.0.1", trust=LOOPBACK_TRUST, data=RAW)
        _, stored = q.take("mailin", "mail_stored")
        if stored["error"]:
            raise OSError(stored["error"], "mail_store")
        self.promise("250", "SELECT count(*) FROM mail_in m JOIN blob b ON b.id = m.blob WHERE m.id = ? AND b.size = ?",
                     mail, len(RAW))

    def send_fax(self, pages):
        q = self.queue
        request, asked = q.take("convert", "unpack")
        q.answer("convert", "unpacked", request, mail=asked["mail"], **{"from": provision.FRONT}, message_id="1@test.invalid",
                 subject="Letter", parts=sealed(part_set(b"a.pdf", b"application/pdf", b"%PDF-")))
        request, asked = q.take("convert", "render")
        self.promise("submission", "SELECT count(*) FROM submission")
        q.answer("convert", "rendered", request, document=asked["document"], pages=pages,
                 page_set=sealed(page_set([page_bytes(n) for n in range(pages)])))
        request, asked = q.take("call", "send")
        attempt = asked["attempt"]
        self.promise("a call that was begun", "SELECT count(*) FROM attempt a JOIN job j ON j.id = a.job WHERE a.id = ?"
                     " AND (j.state >= 2 OR a.state = 2)", attempt)  # a queue that is stopped ends it, and the job waits
        q.answer("call", "prepared", request, attempt=attempt)
        request, _ = q.take("line", "dial")
        q.answer("line", "dialled", request, attempt=attempt)
        q.ask("line", "dial_state", attempt=attempt, phase="answered")
        for page in range(pages):
            if page == pages - 1:
                q.ask("call", "page_ending", attempt=attempt, page=page)
                q.take("call", "page_ending_stored")
                self.promise("EOP", "SELECT count(*) FROM attempt WHERE id = ? AND state >= 1", attempt)
            q.ask("call", "page_sent", attempt=attempt, page=page, rate=14400, coding="T.6")
            _, stored = q.take("call", "page_sent_stored")
            if stored["error"]:
                raise OSError(stored["error"], "page_sent")
            self.promise(f"page {page + 1} confirmed to us", "SELECT j.confirmed FROM attempt a JOIN job j ON j.id = a.job"
                         " WHERE a.id = ?", attempt, wanted=range(page + 1, pages + 1))
        self.end(attempt)
        self.promise("job done", "SELECT count(*) FROM job WHERE state = 3")

    def receive_fax(self, pages):
        q, attempt = self.queue, uuid.uuid4().bytes
        q.ask("line", "invited", attempt=attempt, trunk="loopback", called="200", calling="100", peer_ip="127.0.0.1")
        request, _ = q.take("call", "receive")
        q.answer("call", "prepared", request, attempt=attempt)
        q.take("line", "invite_verdict")
        self.promise("an answered call", "SELECT count(*) FROM fax WHERE attempt = ?", attempt)
        for page in range(pages):
            data = page_bytes(page)
            q.ask("call", "page_received", attempt=attempt, page=page, width=1728, rows=100, resolution=1, rate=14400,
                  coding="T.6", t6=sealed(data))
            _, stored = q.take("call", "page_received_stored")
            if stored["error"]:
                raise OSError(stored["error"], "page_received")
            self.promise(f"MCF of page {page + 1}", "SELECT count(*) FROM fax f JOIN fax_page p ON p.fax = f.id JOIN blob b"
                         " ON b.id = p.blob WHERE f.attempt = ? AND p.page = ? AND b.size = ?", attempt, page, len(data))
        self.end(attempt)
        self.promise("fax complete", "SELECT count(*) FROM fax WHERE attempt = ? AND state = 1", attempt)
        self.promise("its mail", "SELECT count(*) FROM mail_out WHERE kind = 'received'")

    def end(self, attempt):
        self.queue.ask("call", "attempt_done", attempt=attempt, verdict=0, began=1, mode="t38", rate=14400)
        self.queue.take("call", "attempt_done_stored")
        self.promise("end of a call", "SELECT count(*) FROM attempt WHERE id = ? AND state = 2", attempt)

    def mail_out(self, count):
        q = self.queue
        for _ in range(count):
            while True:
                kind, request, asked = q.peers["convert"].take()
                if kind.startswith("compose_"):
                    break
            self.promise("a mail to be made", "SELECT count(*) FROM mail_out WHERE id = ?", asked["mail"])
            q.answer("convert", "composed", request, mail=asked["mail"], mail_bytes=sealed(b"Subject: x\r\n\r\n" + b"y" * LARGE))
            request, asked = q.take("mailout", "deliver")
            self.promise("a mail that is made", "SELECT count(*) FROM mail_out m JOIN blob b ON b.id = m.blob WHERE m.id = ?"
                         f" AND b.size > {LARGE}", asked["mail"])
            q.answer("mailout", "delivered", request, mail=asked["mail"])
