# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notes and tags beside a fax, and a received fax that is mailed on."""

import email
import email.policy

import case
import door
import mail
import pdf
import pixels
import plant
import provision
from server import Server
from store import Store, uuid_text
from web import Browser

FAX_SECONDS = 240


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    server.stop()
    planted = {word: plant.rows(server.state, word) for word in ("apple", "zebra")}
    server.start()
    people = {}
    for name, login in (("clerk", "clerk@apple.example"), ("guest", "guest@apple.example"), ("boss", "boss@apple.example"),
                        ("stranger", "boss@zebra.example")):
        people[name] = Browser(server)
        t.equal(people[name].login(login, plant.PASSWORD).status, 200, name)
    return server, planted["apple"], people


def found(browser, kind, query):
    return [item["id"] for item in browser.get(f"/api/v1/{kind}?{query}").json["items"]]


@case.test
def who_sees_a_fax_writes_beside_it_and_finds_it_by_that(t):
    server, own, people = house(t)
    clerk, guest, boss, stranger = (people[n] for n in ("clerk", "guest", "boss", "stranger"))
    for kind, one in (("faxes", own["fax"]), ("jobs", own["job"])):
        here = f"/api/v1/{kind}/{one}"
        seen = clerk.get(f"{here}/tags")
        t.equal((seen.status, seen.json), (200, {"tags": ["apple tag"]}), f"{kind}: as planted")
        put = lambda who, tags, match: who.ask("PUT", f"{here}/tags", {"tags": tags}, {"If-Match": match} if match else {})
        t.equal(put(clerk, ["x"], None).status, 428, "without If-Match")
        tagged = put(clerk, ["Urgent", " Müller case ", "urgent"], seen.headers["ETag"])
        t.equal((tagged.status, tagged.json["tags"]), (200, ["Müller case", "Urgent"]), f"{kind}: tags")
        lost = put(boss, ["mine"], seen.headers["ETag"])
        t.equal((lost.status, lost.json["current"]["tags"]), (412, ["Müller case", "Urgent"]), "a lost update")
        for wrong, status in (({"tags": "x"}, 400), ({}, 400), ({"tags": [1]}, 400), ({"tags": ["a,b"]}, 422), ({"tags": ["x" * 61]}, 422),
                              ({"tags": [f"t{n}" for n in range(21)]}, 422), ({"tags": [f"t{n}" for n in range(22)]}, 400)):
            t.equal(clerk.ask("PUT", f"{here}/tags", wrong, {"If-Match": "*"}).status, status, f"{wrong}")
        t.equal([put(who, ["x"], "*").status for who in (guest, stranger)], [404, 404], "who does not see it")
        t.equal([found(clerk, kind, q) for q in ("tag=URGENT", "tag=urgent&q=pple", "tag=other", "tag=Urgent&box=applebox")],
                [[one], [one], [], [one]], f"{kind} by tag")
        t.equal([found(who, kind, "tag=urgent") for who in (guest, stranger, boss)], [[], [], [one]], "others by tag")
        t.equal([i["tag"] for i in clerk.get(f"/api/v1/tags?of={kind}&q=U").json["items"]], ["Urgent"], "tags to choose from")
        t.equal([who.get(f"/api/v1/tags?of={kind}&q=u").json["items"] for who in (guest, stranger)], [[], []], "not others'")
        note = clerk.ask("POST", f"{here}/notes", {"text": "Called Dr. Grünwald,\nhe will answer."}, {"Idempotency-Key": "k1"})
        again = clerk.ask("POST", f"{here}/notes", {"text": "Called Dr. Grünwald,\nhe will answer."}, {"Idempotency-Key": "k1"})
        t.equal((note.status, again.status, note.json["id"]), (201, 201, again.json["id"]), "asked twice, written once")
        t.equal(boss.post(f"{here}/notes", {"text": "Done."}).status, 201, "a second one")
        t.equal([clerk.post(f"{here}/notes", {"text": w}).status for w in ("", " \n", "a\x07", "x" * 2001)], [422, 422, 422, 400], "no notes")
        detail = clerk.get(here).json
        t.equal([(n["who"], n["own"], n["text"].split("\n")[0]) for n in detail["notes"]][-2:],
                [("apple-clerk", True, "Called Dr. Grünwald,"), ("apple-boss", False, "Done.")], "who wrote what")
        t.equal((detail["note_count"], detail["tags"]), (len(detail["notes"]), ["Müller case", "Urgent"]), "in the list")
        t.equal([found(clerk, kind, f"q={q}") for q in ("gr%C3%BCnwald", "m%C3%BCller+case", "nobody")], [[one], [one], []], "found by words")
        t.equal(found(stranger, kind, "q=gr%C3%BCnwald"), [], "by nobody else")
        t.equal(guest.post(f"{here}/notes", {"text": "x"}).status, 404, "who does not see it writes nothing")
        mine, other = (n["id"] for n in detail["notes"][-2:])
        t.equal([who.ask("DELETE", f"/api/v1/notes/{other}").status for who in (stranger, guest, clerk)], [404, 404, 403], "another's note")
        t.equal([boss.ask("DELETE", f"/api/v1/notes/{mine}").status, boss.ask("DELETE", f"/api/v1/notes/{mine}").status], [204, 404], "an administrator may")
        t.equal(found(clerk, kind, "q=gr%C3%BCnwald"), [], "what is gone is not found")
        t.equal(server.cli("fax", "note", one, "From the command line")[0], 0, "the command line writes")
        t.equal(server.cli("fax", "tag", one, "paid")[0], 0, "and tags")
        t.equal(server.cli("fax", "untag", one, "URGENT")[0], 0, "and takes tags away")
        shown = server.cli("show", one)[1]
        t.true("tags: Müller case, paid" in shown and "wrote: From the command line" in shown, f"shown: {shown}")
    actions = [a["action"] for a in boss.get("/api/v1/audit").json["items"]]
    t.true({"faxes.note", "faxes.tag", "faxes.delete-note", "jobs.note"} <= set(actions), f"audit: {actions}")
    t.equal([server.cli("fax", *words)[0] for words in (("note", own["fax"]), ("paint", own["fax"], "x"), ("tag", "7", "x"))], [64, 64, 64], "wrong use")


@case.test
def received_fax_is_mailed_on_to_whom_the_tenant_allows(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1])
    for user in wanted["users"]:
        user["password"] = plant.PASSWORD
    wanted["tenants"][0]["forward_to"] = ["*.law.example", "ann@office.example"]
    server.apply(wanted)
    back, front = Browser(server), Browser(server)
    t.equal([back.login(provision.BACK, plant.PASSWORD).status, front.login(provision.FRONT, plant.PASSWORD).status], [200, 200], "logins")
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", pdf.make(1, lines=3))]))
    store = Store(server.state)
    t.wait(lambda: store.faxes() and store.faxes()[0]["state"] == "complete", f"no fax: {server.log_tail()}", FAX_SECONDS)
    here = f"/api/v1/faxes/{uuid_text(store.faxes()[0]['id'])}"
    for to, status in (("nobody@elsewhere.example", 403), ("x@law.example", 403), (f"200@front.{provision.DOMAIN}", 422), ("no address", 422)):
        refused = back.post(f"{here}/mail", {"to": [to]})
        t.equal(refused.status, status, f"{to}: {refused}")
    t.equal([back.post(f"{here}/mail", body).status for body in ({}, {"to": []}, {"to": "a@b"}, {"to": ["a@x.law.example"], "text": "x" * 2001})], [400] * 4, "no wish")
    t.equal(front.post(f"{here}/mail", {"to": ["ann@office.example"]}).status, 404, "who does not see the fax")
    wish = {"to": ["ann@office.example", "Bert@x.law.example", provision.FRONT], "text": "Please answer.\nThank you"}
    sent = [back.ask("POST", f"{here}/mail", wish, {"Idempotency-Key": "once"}) for _ in range(2)]
    t.equal([s.status for s in sent], [202, 202], f"mailed on: {sent}")
    kinds = [m["kind"] for m in back.get(here).json["mails"]]
    t.equal(kinds.count("forwarded"), 3, f"in its history, once: {kinds}")
    t.wait(lambda: server.mails("ann@office.example"), "no mail", 60)
    message = email.message_from_bytes(server.mails("ann@office.example")[0].read_bytes(), policy=email.policy.default)
    t.true(message.get_body().get_content().startswith("Please answer.\nThank you\n"), f"his words first: {message}")
    t.true(provision.BACK in message["Reply-To"], "answers go to him")
    t.equal([part.get_content_type() for part in message.iter_attachments()], ["application/pdf"], "the fax")
    t.wait(lambda: {m["state"] for m in back.get(here).json["mails"]} == {"sent"}, "all are sent", 60)
    t.equal(len(server.mails("ann@office.example")), 1, "one mail")

    # What he sent goes on too, with what became of it.
    there = f"/api/v1/jobs/{uuid_text(store.jobs()[0]['id'])}"
    t.wait(lambda: front.get(there).json["state"] == "done", "not delivered", FAX_SECONDS)
    t.equal(back.post(f"{there}/mail", {"to": ["ann@office.example"]}).status, 404, "who does not see the sent fax")
    t.equal(front.post(f"{there}/mail", {"to": ["x@law.example"]}).status, 403, "to nobody else")
    t.equal(front.post(f"{there}/mail", {"to": ["ann@office.example"], "text": "As agreed."}).status, 202, "mailed on")
    t.wait(lambda: len(server.mails("ann@office.example")) == 2, "no second mail", 60)
    second = [email.message_from_bytes(m.read_bytes(), policy=email.policy.default) for m in server.mails("ann@office.example")]
    said = [m.get_body().get_content() for m in second]
    second = next((m for m in second if m.get_body().get_content().startswith("As agreed.\n")), None)
    t.true(second, f"his words first: {said}")
    t.true(provision.FRONT in second["Reply-To"], "answers go to him")
    t.true("200" in second.get_body().get_content(), f"what became of it: {second.get_body().get_content()}")
    attached = [part.get_content() for part in second.iter_attachments()]
    t.equal(len(attached), 2, "the report, and the fax")
    t.equal(pixels.compare(store.pages_sent(store.jobs()[0]["submission"]), pixels.pages_of_bytes(attached[1])), [], "its pages")
    t.true("jobs.mail" in [a["action"] for a in door.get(server, "audit", limit=200).json["items"]], "in the audit")


case.main()
