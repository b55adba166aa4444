# SPDX-License-Identifier: AGPL-3.0-or-later
"""What changes is told as it happens, to those who may see it, and again to those who were away."""

import http.client
import queue
import socket
import threading

import case
import mail
import pdf
import provision
from server import Server
from store import Store, uuid_text
from web import Browser

PASSWORD = "correct horse battery"
FAX_SECONDS = 240


class Stream:
    """One stream of events; what comes lies in `events` as (kind, data, id)."""

    def __init__(self, t, browser, last=None):
        self.events, self.words = queue.Queue(), queue.Queue()
        self.connection = http.client.HTTPConnection(*browser.address, timeout=120)
        t.later(self.close)
        headers = {"Cookie": browser.cookie, **({"Last-Event-ID": last} if last else {})}
        self.connection.request("GET", "/api/v1/events", headers=headers)
        self.response = self.connection.getresponse()
        self.kind = self.response.headers["Content-Type"]
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = {}
        try:
            for line in self.response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif "event" in event:
                    self.events.put((event["event"], event["data"], event.get("id")))
                    event = {}
                else:
                    self.words.put(event)
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass

    def close(self):
        try:  # the reader holds the socket as well: it has to be ended, not only let go
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass

    def until(self, t, what, fits):
        """Events up to the first that fits, which is among them."""
        seen = []
        while True:
            try:
                seen.append(self.events.get(timeout=FAX_SECONDS))
            except queue.Empty:
                t.fail(f"{what}: only {seen}")
            if fits(seen[-1]):
                return seen


def house(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1])
    for user in wanted["users"]:
        user["password"] = PASSWORD
    wanted["users"].append({"tenant": "example", "name": "nobody", "addresses": ["nobody@localhost"], "password": PASSWORD})
    server.apply(wanted)
    return server


def person(t, server, address):
    browser = Browser(server)
    t.equal(browser.login(address, PASSWORD).status, 200, f"login of {address}")
    return browser


def send(server, document):
    to = f"200@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [("a.pdf", "application/pdf", pdf.make(1, document=document, lines=3))]),
              recipients=[to])


@case.test
def each_sees_what_is_his_as_it_happens(t):
    server = house(t)
    front, back, other = (person(t, server, a) for a in (provision.FRONT, provision.BACK, "nobody@localhost"))
    sending, receiving, idle = (Stream(t, b) for b in (front, back, other))
    t.equal({s.kind for s in (sending, receiving, idle)}, {"text/event-stream"}, "type")
    t.equal([s.words.get(timeout=30).get("retry") for s in (sending, receiving, idle)], ["2000"] * 3, "first word")
    send(server, 71)
    store = Store(server.state)
    t.wait(lambda: store.jobs() and store.jobs()[0]["state"] == "done", f"no fax: {server.log_tail()}", FAX_SECONDS)
    job, fax = uuid_text(store.jobs()[0]["id"]), uuid_text(store.faxes()[0]["id"])
    t.wait(lambda: front.get(f"/api/v1/jobs/{job}").json["state"] == "done", "the job is not done")
    back.post(f"/api/v1/faxes/{fax}/read")
    heard = receiving.until(t, "the fax was read", lambda e: e[0] == "fax" and e[1] == f'{{"id":"{fax}"}}')
    t.true(all(kind in ("fax", "call") for kind, *_ in heard), f"the receiver hears of faxes alone: {heard}")
    jobs = sending.until(t, "the job", lambda e: e[:2] == ("job", f'{{"id":"{job}"}}'))
    t.true(all(fax not in data for kind, data, _ in jobs if kind == "fax"), f"the sender hears of no fax: {jobs}")
    t.true(idle.events.empty(), "somebody without a box hears nothing")


@case.test
def who_was_away_is_told_what_he_missed(t):
    server = house(t)
    back = person(t, server, provision.BACK)
    stream = Stream(t, back)
    stream.words.get(timeout=30)
    send(server, 72)
    store = Store(server.state)
    t.wait(lambda: store.faxes() and store.faxes()[0]["state"] == "complete", f"no fax: {server.log_tail()}", FAX_SECONDS)
    fax = uuid_text(store.faxes()[0]["id"])
    last = stream.until(t, "the fax", lambda e: e[0] == "fax")[-1][2]
    stream.close()
    for mark in ("archive", "unarchive"):
        t.equal(back.post(f"/api/v1/faxes/{fax}/{mark}").status, 200, mark)
    again = Stream(t, back, last)
    again.until(t, "what was missed", lambda e: e[:2] == ("fax", f'{{"id":"{fax}"}}') and e[2] != last)
    strange = Stream(t, back, "0192f0c1-7a3b-7c4d-8e5f-001122334455-7")
    t.equal(strange.events.get(timeout=30)[0], "resync", "an id of another life")
    server.kill("web")
    t.wait(lambda: ready(server), "web is not back")
    late = Stream(t, back, last)
    t.equal(late.events.get(timeout=30)[0], "resync", "after web died")


def ready(server):
    try:
        return Browser(server).get("/api/v1/health").status == 200
    except OSError:
        return False


def has_room(t, browser):
    try:
        stream = Stream(t, browser)
    except OSError:  # the door counts connections of an address, too
        return False
    stream.close()
    return stream.response.status == 200


@case.test
def stream_ends_with_its_session(t):
    server = house(t)
    front = person(t, server, provision.FRONT)
    stream = Stream(t, front)
    stream.words.get(timeout=30)
    t.equal(front.ask("DELETE", "/api/v1/session").status, 204, "logs out")
    send(server, 74)
    stream.thread.join(60)
    t.true(not stream.thread.is_alive(), "the stream goes on without its session")
    t.equal([e for e in list(stream.events.queue) if e[0] != "resync"], [], "and nothing was told")


@case.test
def streams_are_bounded(t):
    server = house(t)
    front = person(t, server, provision.FRONT)
    streams = [Stream(t, front) for _ in range(16)]
    t.equal({s.response.status for s in streams}, {200}, "those that fit")
    t.equal(Stream(t, front).response.status, 429, "one more")
    t.equal(Stream(t, person(t, server, provision.BACK)).response.status, 200, "another user's")
    for stream in streams:
        stream.close()
    t.equal(Browser(server).get("/api/v1/events").status, 401, "a stranger's")
    send(server, 73)  # whoever has gone is noticed when there is something to tell
    t.wait(lambda: has_room(t, front), "no room again", FAX_SECONDS)


case.main()
