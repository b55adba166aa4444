# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending by the API as a browser does it: documents first, then whom they go to; previews that dial nothing; and what
becomes of it where processes die."""

import time
import uuid

import case
import mail
import pdf
import pixels
import provision
from server import Server
from store import Store
from web import Browser

PASSWORD = "correct horse battery"
FAX_SECONDS = 240


def house(t, **box):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1])
    wanted["faxboxes"][0].update(box)
    for user in wanted["users"]:
        user["password"] = PASSWORD
    server.apply(wanted)
    return server


def person(t, server, address=provision.FRONT):
    browser = Browser(server)
    t.equal(browser.login(address, PASSWORD).status, 200, f"login of {address}")
    return browser


def upload(t, browser, data, name="a.pdf", kind="application/pdf"):
    reply = browser.ask("POST", f"/api/v1/uploads?name={name}", data, {"Content-Type": kind})
    t.equal(reply.status, 201, f"upload: {reply}")
    return reply.json["id"]


def wish(ids, **more):
    return {"box": "front", "recipients": [{"number": "200", "name": "Dr. Jo"}], "uploads": ids, **more}


def ended(t, server, count=1):
    store = Store(server.state)
    t.wait(lambda: len([j for j in store.jobs() if j["state"] == "done"]) == count, f"no fax: {server.log_tail()}", FAX_SECONDS)
    return store


@case.test
# proves: S2.12
def several_files_go_to_a_number_in_order(t):
    server = house(t, cover_text=True)
    front = person(t, server)
    ids = [upload(t, front, pdf.make(1, document=d, lines=3), name=f"{d}.pdf") for d in (41, 42)]
    reply = front.post("/api/v1/submissions", wish(ids, cover="standard", subject="Two letters", text="Dear Jo"))
    t.equal(reply.status, 202, f"submission: {reply}")
    store = ended(t, server)
    job = store.jobs()[0]
    t.equal((job["pages"], job["faxbox"], job["number"]), (3, "front", "200"), "the job")
    received = t.wait(lambda: server.mails(provision.BACK), "no mail with the fax")
    pages = pixels.pages_of_bytes(mail.attachment(mail.read(received[0]))[1])
    t.equal([pixels.read_mark(p) for p in pages[1:]], [(41, 0, 1), (42, 0, 1)], "marks behind the cover page")
    t.wait(lambda: server.mails(provision.FRONT), "no report for its sender")
    t.equal(store.rows("SELECT * FROM upload"), [], "uploads that are left")
    found = front.get("/api/v1/jobs?q=Dr.+Jo").json["items"]
    t.equal([f["submission"] for f in found], [reply.json["id"]], "found by the recipient's name")


@case.test
# proves: S2.12
def fax_that_was_not_delivered_is_sent_again_by_whom_it_is_allowed(t):
    server = house(t)
    front = person(t, server)
    at = {"at_ms": (int(time.time()) + 86400) * 1000}
    made = front.post("/api/v1/submissions", wish([upload(t, front, pdf.make(1, lines=2))], **at))
    t.equal(made.status, 202, f"submission: {made}")
    job = t.wait(lambda: front.get("/api/v1/jobs").json["items"], "no job")[0]["id"]
    again = f"/api/v1/jobs/{job}/retry"
    t.equal([front.post(again).json["code"], person(t, server, provision.BACK).post(again).status], ["job-open", 404],
            "before it has ended, and for who does not see it")
    t.equal(front.post(f"/api/v1/jobs/{job}/cancel").status, 200, "cancelled")
    box = {"id": "front", "tenant": "example"}
    server.apply({"faxboxes": [{**box, "users": [{"user": "office", "send": True, "receive": True}]}]})
    t.equal(front.post(again).status, 404, "for who may not use the box any more")
    t.true(server.cli("retry", job)[0] != 0, "in the name of who may not send any more")
    server.apply({"faxboxes": [{**box, "users": [{"user": "frontdesk", "send": True, "receive": True}]}]})
    t.equal(front.post(again).status, 200, "sent again")
    t.equal(front.post(again).json["code"], "job-again", "only once")
    ended(t, server)
    done = next(j["id"] for j in front.get("/api/v1/jobs").json["items"] if j["state"] == "done")
    t.equal(front.post(f"/api/v1/jobs/{done}/retry").json["code"], "job-delivered", "what was delivered")


@case.test
# proves: S4.8
def billing_code_is_looked_up_and_none_but_those_of_the_list_is_taken(t):
    server = house(t)
    t.equal(person(t, server).get("/api/v1/session").json["tenant"]["billing_codes"], [], "codes to begin with: any is taken")
    server.apply({"tenants": [{"name": "example", "billing_codes": ["4711", "legal/7"]}]})
    front = person(t, server)
    t.equal(front.get("/api/v1/session").json["tenant"]["billing_codes"], ["4711", "legal/7"], "the list")
    wrong = front.post("/api/v1/submissions", wish([upload(t, front, pdf.make(1, lines=2))], billing="4712"))
    t.equal((wrong.status, [e["field"] for e in wrong.json["errors"]]), (422, ["billing"]), f"another code: {wrong}")
    right = front.post("/api/v1/submissions", wish([upload(t, front, pdf.make(1, lines=2))], billing="legal/7"))
    t.equal(right.status, 202, f"a code of the list: {right}")
    store = ended(t, server)
    t.equal(store.jobs()[0]["billing"], "legal/7", "the job's")


@case.test
def what_is_wrong_is_said_at_its_field(t):
    server = house(t)
    front = person(t, server)
    good = upload(t, front, pdf.make(1, lines=2))
    for wrong, field in (
            ({"recipients": []}, "recipients"), ({"recipients": [{"number": "x"}]}, "recipients[0].number"),
            ({"recipients": [{"number": "200"}, {"number": "112"}]}, "recipients[1].number"),
            ({"recipients": [{"number": "200", "name": "a\r\nBcc: x"}]}, "recipients[0].name"),
            ({"recipients": [{"number": "200", "name": 7}]}, "recipients[0].name"),
            ({"recipients": [7]}, "recipients[0].number"), ({"uploads": []}, "uploads"),
            ({"uploads": [str(uuid.uuid4())]}, "uploads[0]"), ({"uploads": [good, good]}, "uploads[1]"),
            ({"uploads": ["../../etc/passwd"]}, "uploads[0]"), ({"resolution": "best"}, "resolution"),
            ({"resolution": "fine superfine"}, "resolution"), ({"paper": "a3"}, "paper"), ({"cover": "mine"}, "cover"),
            ({"priority": 10}, "priority"), ({"priority": "5"}, "priority"), ({"at_ms": -1}, "at_ms"),
            ({"at_ms": (int(time.time()) + 400 * 86400) * 1000}, "at_ms"), ({"subject": "a\nb"}, "subject"),
            ({"text": "x" * 8001}, "text"), ({"resolutoin": "fine"}, "resolutoin")):
        reply = front.post("/api/v1/submissions", wish([good], **wrong) if "uploads" not in wrong else {**wish([good]), **wrong})
        t.equal((reply.status, reply.type), (422, "application/problem+json"), f"{wrong}: {reply}")
        t.true(field in [e["field"] for e in reply.json["errors"]], f"{wrong}: {reply.json['errors']}")
    t.equal(Store(server.state).submissions(), [], "submissions")
    t.equal(front.post("/api/v1/submissions", wish([good])).status, 202, "the document is still there")


@case.test
# proves: S2.12
def only_ones_own_boxes_and_uploads_can_be_used(t):
    server = house(t)
    front, back = person(t, server), person(t, server, provision.BACK)
    mine = upload(t, front, pdf.make(1, lines=2))
    t.equal(back.post("/api/v1/submissions", wish([mine])).status, 404, "another's box")
    theirs = back.post("/api/v1/submissions", {**wish([mine]), "box": "back"})
    t.equal([e["field"] for e in theirs.json["errors"]], ["uploads[0]"], f"another's upload: {theirs}")
    preview = front.post("/api/v1/previews", wish([mine]))
    t.equal(preview.status, 200, f"preview: {preview}")
    for place in ("pages/1.png", "document.pdf"):
        t.equal(front.get(f"/api/v1/previews/{preview.json['id']}/{place}").status, 200, f"own preview: {place}")
        t.equal(back.get(f"/api/v1/previews/{preview.json['id']}/{place}").status, 404, f"another's preview: {place}")


@case.test
def asked_twice_is_sent_once(t):
    server = house(t)
    front = person(t, server)
    ids = [upload(t, front, pdf.make(1, lines=2))]
    key = {"Idempotency-Key": "k-1"}
    first = front.ask("POST", "/api/v1/submissions", wish(ids), key)
    again = front.ask("POST", "/api/v1/submissions", wish(ids), key)
    t.equal((first.status, again.status, again.json["id"]), (202, 202, first.json["id"]), "the same request again")
    other = front.ask("POST", "/api/v1/submissions", wish(ids, subject="other"), key)
    t.equal((other.status, other.json["code"]), (409, "key-used"), "another request with that key")
    server.kill("queue")
    t.wait(lambda: front.get("/api/v1/health").json["queue"], "queue is not back")
    late = front.ask("POST", "/api/v1/submissions", wish(ids), key)
    t.equal((late.status, late.json["id"]), (202, first.json["id"]), "after queue died")
    t.equal(len(Store(server.state).submissions()), 1, "submissions")
    ended(t, server)


@case.test
def key_makes_whatever_it_is_given_with_once(t):
    server = house(t)
    front = person(t, server)
    binary = {"Content-Type": "application/pdf"}

    def post(path, body, key, headers=()):
        reply = front.ask("POST", f"/api/v1/{path}", body, {"Idempotency-Key": key, **dict(headers)})
        return reply.status, reply.json.get("id") or reply.json.get("submission") or reply.json.get("code")

    document, other = pdf.make(1, lines=2), pdf.make(2, lines=2)
    made = post("uploads?name=a.pdf", document, "u", binary)
    t.equal((made[0], post("uploads?name=a.pdf", document, "u", binary)), (201, made), "an upload")
    t.equal(post("uploads?name=a.pdf", other, "u", binary), (409, "key-used"), "another document")
    to = "jobs?box=front&number=200&name="
    sent = post(to + "a.pdf", document, "j", binary)
    t.equal((sent[0], post(to + "a.pdf", document, "j", binary)), (202, sent), "a fax")
    t.equal(post(to + "b.pdf", document, "j", binary), (409, "key-used"), "another fax")
    t.equal(post(to + "a.pdf", other, "j", binary), (409, "key-used"), "another document of the same name")
    t.equal(post("jobs?box=front&number=300&name=a.pdf", document, "j", binary), (409, "key-used"), "another number")
    wanted = {"name": "script", "scope": "read", "days": 30, "password": PASSWORD}
    first = front.ask("POST", "/api/v1/api-keys", wanted, {"Idempotency-Key": "a"})
    t.equal((first.status, post("api-keys", wanted, "a")), (201, (409, "key-used")), "an API key is shown once")
    t.equal([k["name"] for k in front.get("/api/v1/api-keys").json["items"]], ["script"], "keys")
    t.equal(post("uploads", document, "x" * 200, binary), (400, "wrong-key"), "a key that is none")
    t.equal(len(Store(server.state).submissions()), 1, "submissions")
    ended(t, server)


@case.test
def what_is_taken_survives_every_process(t):
    """202 means durable: nothing that dies afterwards loses it or doubles it."""
    server = house(t)
    front = person(t, server)
    for round_, victims in enumerate((("queue",), ("web", "convert"), ("parent",))):
        ids = [upload(t, front, pdf.make(1, document=60 + round_, lines=2))]
        reply = front.ask("POST", "/api/v1/submissions", wish(ids), {"Idempotency-Key": f"k{round_}"})
        t.equal(reply.status, 202, f"submission: {reply}")
        for victim in victims:
            server.kill(victim)
        if victims == ("parent",):
            server.stop()
            server.pin_ports()
            server.start()
            front = person(t, server)
        t.wait(lambda: front.get("/api/v1/health").status == 200, "web is not back")
    store = ended(t, server, 3)
    t.equal(len(store.submissions()), 3, "submissions")
    t.equal(sorted(len(store.pages_sent(s["id"])) for s in store.submissions()), [1, 1, 1], "pages of each")


@case.test
# proves: A3
def preview_shows_what_would_go_and_dials_nothing(t):
    server = house(t)
    front = person(t, server)
    ids = [upload(t, front, pdf.make(2, document=51))]
    reply = front.post("/api/v1/previews", wish(ids, resolution="standard",
                                                recipients=[{"number": "200"}, {"number": "030 123456"}]))
    t.equal(reply.status, 200, f"preview: {reply}")
    seen = reply.json
    t.equal(seen["pages"], 2, "pages")
    t.equal([(n["number"], n["dialled"], n["price_class"], n["trunk"]) for n in seen["numbers"]],
            [("200", "200", "extension", "loopback"), ("030 123456", "+4930123456", "national", "loopback")], "numbers")
    wire = {(w["rate"], w["coding"]): w["seconds"] for w in seen["wire"]}
    t.equal(len(wire), 6, f"rates and codings: {wire}")
    t.true(0 < wire[14400, "T.6"] == seen["seconds"] < wire[14400, "T.4 1-D"] < wire[9600, "T.4 1-D"], f"seconds: {wire}")
    shown = pixels.pages_of_bytes(front.get(f"/api/v1/previews/{seen['id']}/document.pdf").body)
    t.equal([pixels.read_mark(p) for p in shown], [(51, 0, 2), (51, 1, 2)], "marks of the preview")
    store = Store(server.state)
    rows = store.rows("SELECT b.size AS size FROM submission_page AS p JOIN blob AS b ON b.id = p.blob")
    t.true(sum(r["size"] for r in rows) * 8 / 14400 + 10 < seen["seconds"] < 60, f"what is stored, and what T.30 says beside: {seen['seconds']}")
    t.equal((store.jobs(), store.attempts(), server.mails(provision.FRONT)), ([], [], []), "jobs, calls, mails")
    sent = front.post("/api/v1/submissions", wish(ids))
    t.equal(sent.status, 202, f"the same document is sent afterwards: {sent}")


@case.test
def preview_of_what_cannot_be_faxed_says_why(t):
    server = house(t)
    front = person(t, server)
    ids = [upload(t, front, b"%!PS-Adobe-3.0\n(x) show\n", name="x.ps", kind="application/postscript")]
    reply = front.post("/api/v1/previews", wish(ids))
    t.equal((reply.status, reply.type), (422, "application/problem+json"), f"{reply}")
    t.true("PostScript" in reply.json["detail"], f"{reply.json}")
    t.equal(server.mails(provision.FRONT), [], "mails about it")


@case.test
def uploads_are_bounded(t):
    server = house(t)
    front = person(t, server)
    t.equal(front.ask("POST", "/api/v1/uploads", b"").status, 400, "an empty one")
    t.equal(front.ask("POST", "/api/v1/uploads", b"x" * (64 * 1024 * 1024 + 1)).status, 413, "one byte too many")
    for name in ("a%0d%0aSet-Cookie:x=1", "%00", "x" * 300, "%ff"):
        reply = front.ask("POST", f"/api/v1/uploads?name={name}", b"x")
        t.true(reply.status in (400, 201) and "x=1" not in str(reply.headers.get_all("Set-Cookie")), f"{name}: {reply}")
    for _ in range(220):
        last = front.ask("POST", "/api/v1/uploads?name=../../../etc/passwd", b"x")
        if last.status != 201:
            break
    t.equal((last.status, last.json["code"]), (429, "too-many-uploads"), f"the last of many: {last}")
    t.equal(person(t, server, provision.BACK).ask("POST", "/api/v1/uploads", b"x").status, 201,
            "one of another user")


case.main()
