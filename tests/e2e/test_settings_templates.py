#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings that several faxboxes share: what a change of them does to the next fax of each, by the API and on the command line."""

import json

import case
import pdf
import plant
import provision
from server import Server
from store import Store
from web import Browser

TEMPLATES = "/api/v1/settings-templates"
USAGE, DATA = 64, 65
FAX_SECONDS = 240
STANDARD, FINE, SUPERFINE = 0, 1, 2


def office(t):
    """front and side share, and own has a resolution of its own; the trunk leads back to the server, where back takes the faxes."""
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["settings_templates"] = [{"name": "office", "resolution": "standard", "send_window": "mon 00:00-00:01", "caller_id": "100"}]
    wanted["faxboxes"] = [{"tenant": "example", "id": "back", "name": "back", "extension": "200", "users": [{"user": "office"}]}]
    for name, more in (("front", {}), ("side", {}), ("own", {"resolution": "fine"})):
        wanted["faxboxes"].append({"tenant": "example", "id": name, "name": name, "template": "office", "users": [{"user": "frontdesk"}], **more})
    server.apply(wanted)
    return server


def send(t, server, box, document):
    """The job, and at which resolution its page was drawn."""
    file = server.folder / f"{document}.pdf"
    file.write_bytes(pdf.make(1, document=document))
    status, submission, complaint = server.cli("send", "200", file, "--from-box", box, "--no-wait")
    t.equal(status, 0, f"send from {box}: {complaint}")
    job = t.wait(lambda: server.json("show", submission.strip())["jobs"], f"no job of {box}; {server.log_tail()}", 60)[0]["id"]
    rows = Store(server.state).rows("SELECT s.faxbox, p.resolution FROM submission_page p JOIN submission s ON s.id = p.submission ORDER BY s.id")
    return job, [row["resolution"] for row in rows if row["faxbox"] == box][-1]


@case.test
# proves: S2.2
def change_shows_in_the_next_fax_of_every_box_that_follows(t):
    server = office(t)
    boxes = ("front", "side", "own")
    jobs, drawn = zip(*[send(t, server, box, n) for n, box in enumerate(boxes)])
    t.equal(drawn, (STANDARD, STANDARD, FINE), "as the template says, and as the box itself")
    for job in jobs:
        t.wait(lambda job=job: "sends at these times only" in server.json("show", job)["detail"], "it does not wait for the template's hours", 60)
    status, said, complaint = server.cli("set", "settings_templates.office.resolution", "superfine")
    t.equal(status, 0, complaint)
    t.true("resolution; 2 faxboxes follow" in said, said)
    t.equal([send(t, server, box, 10 + n)[1] for n, box in enumerate(boxes)], [SUPERFINE, SUPERFINE, FINE], "after the change")
    server.apply({"settings_templates": [{"name": "office", "send_window": ""}]})  # what waited goes, as if each box had been changed
    for job in jobs:
        t.wait(lambda job=job: server.json("show", job)["state"] == "done", f"it did not go: {server.log_tail()}", FAX_SECONDS)


def people(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    found = []
    for login in ("boss@apple.example", "boss@zebra.example", "root@localhost"):
        found.append(Browser(server))
        t.equal(found[-1].login(login, plant.PASSWORD).status, 200, f"login as {login}")
    return server, *found


def change(who, path, fields, match="*"):
    return who.ask("PATCH", path, fields, {"If-Match": match})


@case.test
# proves: S2.2
def administrator_of_a_tenant_shares_settings_by_the_api(t):
    server, boss, zebra, root = people(t)
    made = boss.post(TEMPLATES, {"name": "ward", "tries": 5, "keep_sent_days": 30})
    t.equal((made.status, made.json["tenant"], made.json["boxes"], made.json["tries"], made.json["paper"]), (201, "apple", 0, 5, "a4"), "made")
    one = made.headers["Location"]
    t.equal(one, f"{TEMPLATES}/{made.json['id']}", "where it is")
    t.equal(boss.post("/api/v1/boxes", {"id": "second", "name": "Second", "template": "ward"}).json["tries"], 5, "a new box")
    box = change(boss, "/api/v1/boxes/applebox", {"template": "ward", "tries": 2})
    t.equal((box.json["own"], box.json["tries"], box.json["keep_sent_days"]), (["tries"], 2, 30), "an old one with a value of its own")
    seen = boss.get(one)
    t.equal(seen.json["boxes"], 2, "who uses it")
    t.equal([(x["name"], x["boxes"]) for x in boss.get(f"{TEMPLATES}?q=war").json["items"]], [("ward", 2)], "found by its name")
    t.equal(change(boss, one, {"tries": 6, "keep_sent_days": 31}, seen.headers["ETag"]).json["tries"], 6, "changed")
    late = change(root, one, {"tries": 7}, seen.headers["ETag"])
    t.equal((late.status, late.json["current"]["tries"]), (412, 6), "nobody's change is lost")
    stale = change(boss, "/api/v1/boxes/applebox", {"paper": "legal"}, box.headers["ETag"])
    t.equal((stale.status, stale.json["current"]["keep_sent_days"]), (412, 31), "the box is another one by now too")
    t.equal([boss.get(f"/api/v1/boxes/{name}").json["tries"] for name in ("applebox", "second")], [2, 6], "what holds")
    again = change(boss, "/api/v1/boxes/applebox", {"own": []})
    t.equal((again.json["tries"], again.json["own"]), (6, []), "follows again")
    used = boss.ask("DELETE", one, None, {"If-Match": "*"})
    t.equal(used.status, 409, f"it is used: {used}")
    t.true("2 faxboxes (applebox, second)" in used.json["detail"], used.json["detail"])
    wrong = change(boss, one, {"tries": 99})
    t.equal((wrong.status, wrong.json["errors"][0]["field"]), (422, "tries"), "a wrong value")
    unknown = change(boss, "/api/v1/boxes/applebox", {"template": "zebra-settings"})
    t.equal((unknown.status, unknown.json["errors"][0]["field"]), (422, "template"), "another tenant's")
    t.equal((zebra.get(one).status, change(zebra, one, {"tries": 1}).status), (404, 404), "nobody else's")
    t.equal([x["name"] for x in zebra.get(TEMPLATES).json["items"]], ["zebra-settings"], "her own list")
    told = [(row["action"], row["detail"]) for row in boss.get("/api/v1/audit").json["items"] if row["action"].startswith("settings-templates")]
    t.equal([action for action, _ in told], ["settings-templates.change", "settings-templates.create"], "the audit log")
    t.true("tries, keep_sent_days; 2 faxboxes follow" in told[0][1] and "31" not in told[0][1], f"what, without the values: {told[0]}")
    for name in ("applebox", "second"):
        change(boss, f"/api/v1/boxes/{name}", {"template": ""})
    t.equal(boss.ask("DELETE", one, None, {"If-Match": "*"}).status, 204, "nobody has it any more")
    t.equal(boss.get("/api/v1/boxes/second").json["keep_sent_days"], 31, "and the boxes stay as they were")


@case.test
def command_line_has_it_as_all_other_settings(t):
    server, *_ = people(t)
    file = server.folder / "all.json"
    server.apply({"faxboxes": [{"id": "applebox", "template": "apple-settings", "tries": 9}]})
    exported = server.cli("export")[1]
    file.write_text(exported)
    t.equal(server.cli("apply", file)[1], "nothing to change\n", "an export")
    box = next(b for b in json.loads(exported)["faxboxes"] if b["id"] == "applebox")
    t.equal((box["template"], box["own"], box["header_name"]), ("apple-settings", ["tries"], "apple"), "what it says of the box")
    t.equal(sorted(x["name"] for x in json.loads(exported)["settings_templates"]), ["apple-settings", "zebra-settings"], "the section")
    t.equal(server.cli("set", "faxboxes.applebox.own", "[]")[0], 0, "follow again")
    t.equal(server.cli("set", "settings_templates.apple-settings.tries", "4")[0], 0, "change")
    table = server.folder / "boxes.csv"
    table.write_text("box,name,template\nthird,Third,apple-settings\nfourth,Fourth,no such\n")
    status, _, complaint = server.cli("import", "csv", table, "--tenant", "apple")
    t.equal(status, DATA, "a template that is not there")
    t.true("row 3" in complaint and "there is no settings template \"no such\"" in complaint, complaint)
    table.write_text("box,name,template\nthird,Third,apple-settings\n")
    t.equal(server.cli("import", "csv", table, "--tenant", "apple")[0], 0, "import")
    tries = {b["id"]: b["tries"] for b in json.loads(server.cli("export")[1])["faxboxes"]}
    t.equal((tries["applebox"], tries["third"]), (4, 4), "who follows")
    status, _, complaint = server.cli("set", "settings_templates.apple-settings.absent", "true")
    t.equal(status, USAGE, "one that is used")
    t.true("is used by 2 faxboxes (applebox, third)" in complaint, complaint)


case.main()
