# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings by the API: one entry at a time, nobody's change lost, nobody's secrets told. S0 as far as the server answers for
it; its page is tested with the browser application."""

import contextlib
import sqlite3
import urllib.parse

import case
import plant
import schema
from server import Server
from web import Browser

BOX = "/api/v1/boxes/applebox"


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    return server, as_user(t, server, "root@localhost"), as_user(t, server, "boss@apple.example")


def as_user(t, server, login, password=plant.PASSWORD):
    browser = Browser(server)
    t.equal(browser.login(login, password).status, 200, f"login as {login}")
    return browser


def save(browser, path, fields, match="*"):
    return browser.ask("PATCH", path, fields, {"If-Match": match} if match else None)


def wrong_fields(reply):
    return [error["field"] for error in reply.json["errors"]]


@case.test
# proves: S0.7
def saved_field_counts_at_once_and_the_others_stay(t):
    _, root, boss = house(t)
    before = boss.get(BOX)
    saved = save(boss, BOX, {"station_id": "+49 30 1", "tries": 5}, before.headers["ETag"])
    t.equal(saved.status, 200, f"save: {saved}")
    t.equal(saved.json, {**before.json, "station_id": "+49 30 1", "tries": 5}, "what it is now")
    t.true(saved.headers["ETag"] != before.headers["ETag"], "another tag")
    t.equal(boss.get(BOX).json, saved.json, "GET")
    exported = root.get("/api/v1/provisioning").json["faxboxes"]
    t.equal(next(b["station_id"] for b in exported if b["id"] == "applebox"), "+49 30 1", "the whole")
    t.equal(boss.get(BOX, **{"If-None-Match": saved.headers["ETag"]}).status, 304, "nothing new")


@case.test
# proves: S0.7
def nobodys_change_is_lost(t):
    _, root, boss = house(t)
    tag = boss.get(BOX).headers["ETag"]
    t.equal(save(boss, BOX, {"tries": 4}, None).status, 428, "without a tag")
    t.equal(save(root, BOX, {"header_name": "The other one"}, tag).status, 200, "somebody else saves")
    late = save(boss, BOX, {"tries": 4}, tag)
    t.equal((late.status, late.json["code"]), (412, "changed-meanwhile"), "the second one")
    t.equal(late.json["current"]["header_name"], "The other one", "is shown what it is now")
    t.equal(boss.get(BOX).json["tries"], 3, "and has changed nothing")
    t.equal(save(boss, BOX, {"tries": 4}, late.headers["ETag"]).status, 200, "with the new tag")
    again = save(boss, BOX, {"tries": 4}, late.headers["ETag"])
    t.equal(again.status, 200, "asked again: it is as wished already")
    t.equal(boss.ask("DELETE", BOX).status, 428, "DELETE without a tag")
    t.equal(boss.ask("DELETE", BOX, headers={"If-Match": tag}).status, 412, "DELETE with an old one")


@case.test
def whole_entry_is_put_as_it_was_shown(t):
    _, root, boss = house(t)
    shown = {}
    for path in ("boxes/applebox", "tenants/apple", "mailboxes/apple-mailbox", "webhooks/apple-hook", "installation"):
        seen = root.get(f"/api/v1/{path}")
        shown[path] = seen
        t.equal(root.ask("PUT", f"/api/v1/{path}", seen.json).status, 428, f"{path} without If-Match")
        back = root.ask("PUT", f"/api/v1/{path}", seen.json, {"If-Match": seen.headers["ETag"]})
        t.equal((back.status, back.headers["ETag"], back.json), (200, seen.headers["ETag"], seen.json), f"{path}: as it was")
        part = root.ask("PUT", f"/api/v1/{path}", {}, {"If-Match": seen.headers["ETag"]})
        t.equal((part.status, part.json["code"]), (422, "incomplete"), f"{path}: a part of it")
    seen = shown["boxes/applebox"]
    t.equal(boss.ask("PUT", BOX, {**seen.json, "tries": 5}, {"If-Match": seen.headers["ETag"]}).json["tries"], 5, "a change")
    lost = boss.ask("PUT", BOX, {**seen.json, "tries": 6}, {"If-Match": seen.headers["ETag"]})
    t.equal((lost.status, lost.json["current"]["tries"]), (412, 5), "a lost update")
    missing = {name: value for name, value in seen.json.items() if name != "tries"}
    t.equal(wrong_fields(boss.ask("PUT", BOX, missing, {"If-Match": "*"})), ["tries"], "what was left out")
    t.equal(boss.ask("PUT", "/api/v1/boxes/zebrabox", seen.json, {"If-Match": "*"}).status, 404, "another tenant's")
    tenant = shown["tenants/apple"].json
    t.equal(boss.ask("PUT", "/api/v1/tenants/apple", {**tenant, "pages_per_day": 9}, {"If-Match": "*"}).status, 403, "what is not his")
    t.equal(boss.ask("PUT", "/api/v1/tenants/apple", {**tenant, "area_code": "089"}, {"If-Match": "*"}).status, 200, "what is")


@case.test
# proves: S0.1
def owner_is_a_user_with_both_permissions(t):
    _, _, boss = house(t)
    t.equal(save(boss, BOX, {"owner": "apple-clerk"}).json["owner"], "apple-clerk", "owner")
    for who in ("apple-guest", "zebra-clerk", "nobody"):
        refused = save(boss, BOX, {"owner": who})
        t.equal((refused.status, wrong_fields(refused)), (422, ["owner"]), who)
    half = save(boss, BOX, {"users": [{"user": "apple-clerk", "send": True, "receive": False}]})
    t.equal((half.status, wrong_fields(half)), (422, ["owner"]), "the owner loses a permission")
    clerk = next(u for u in boss.get("/api/v1/users").json["items"] if u["name"] == "apple-clerk")
    t.equal(boss.ask("DELETE", f"/api/v1/users/{clerk['id']}", headers={"If-Match": "*"}).status, 204, "the owner leaves")
    t.equal((boss.get(BOX).json["owner"], boss.get(BOX).json["users"]), ("", []), "the box stays")


@case.test
# proves: S0.2
def box_with_open_jobs_is_not_deleted_and_its_faxes_stay(t):
    server, root, boss = house(t)
    server.stop()
    ids = plant.rows(server.state, "apple")
    with contextlib.closing(sqlite3.connect(server.state / "faxpost.db")) as db, db:
        db.execute("UPDATE job SET state = 1, code = 'held'")  # held: nothing calls meanwhile
    server.start()
    root, boss = as_user(t, server, "root@localhost"), as_user(t, server, "boss@apple.example")
    tag = boss.get(BOX).headers["ETag"]
    refused = boss.ask("DELETE", BOX, headers={"If-Match": tag})
    t.equal((refused.status, refused.json["code"]), (409, "jobs-open"), f"with an open job: {refused}")
    t.true("1 fax" in refused.json["detail"], f"how many: {refused.json['detail']}")
    t.equal(boss.get(BOX).status, 200, "it is still there")
    t.equal(boss.post(f"/api/v1/jobs/{ids['job']}/cancel").status, 200, "cancelled")
    t.equal(boss.ask("DELETE", BOX, headers={"If-Match": tag}).status, 204, "then it goes")
    t.equal(boss.get(BOX).status, 404, "gone")
    t.equal(root.get(f"/api/v1/faxes/{ids['fax']}").status, 200, "its faxes stay")


@case.test
# proves: S0.3
def wrong_entries_of_the_permission_list_are_named_one_by_one(t):
    _, _, boss = house(t)
    good = [{"entry": "ann@example.com", "send": True, "receive": False}, {"entry": "*.example.org", "send": True, "receive": True},
            {"entry": "example.net", "send": False, "receive": True}]
    saved = save(boss, BOX, {"permissions": good})
    t.equal(saved.status, 200, f"right ones: {saved}")
    t.equal(sorted(e["entry"] for e in saved.json["permissions"]), ["*.example.org", "ann@example.com", "example.net"], "list")
    bad = [{"entry": "not an address"}, good[0], {"entry": "@example.com"}, {"entry": "a@b@c"}]
    refused = save(boss, BOX, {"permissions": bad})
    t.equal(refused.status, 422, "wrong ones")
    t.equal(wrong_fields(refused), ["permissions[0].entry", "permissions[2].entry", "permissions[3].entry"], "which")
    for error, entry in zip(refused.json["errors"], (bad[0], bad[2], bad[3])):
        t.true(entry["entry"] in error["detail"], f"{error} names {entry}")
    t.equal(boss.get(BOX).json["permissions"], saved.json["permissions"], "nothing was changed")


@case.test
# proves: S0.5
def custom_address_belongs_to_one_box(t):
    server, root, boss = house(t)
    t.equal(save(boss, BOX, {"custom_address": "fax@customer.example"}).json["custom_address"], "fax@customer.example", "saved")
    refused = save(root, "/api/v1/boxes/zebrabox", {"custom_address": "fax@customer.example"})
    t.equal((refused.status, wrong_fields(refused)), (422, ["custom_address"]), "a second box")
    t.true("applebox" in refused.json["errors"][0]["detail"], "an administrator of all is told whose it is")
    zebra = as_user(t, server, "boss@zebra.example")
    hidden = save(zebra, "/api/v1/boxes/zebrabox", {"custom_address": "fax@customer.example"})
    t.equal(hidden.status, 422, "another tenant's")
    t.true(b"apple" not in hidden.body, f"who is not told whose: {hidden}")
    for wrong in ("no address", "front@fax.example.com", "fax.example.com"):
        t.equal(wrong_fields(save(boss, BOX, {"custom_address": wrong})), ["custom_address"], wrong)


@case.test
# proves: S0.6
def smtp_email_address_is_shown_and_never_set(t):
    _, _, boss = house(t)
    t.equal(boss.get(BOX).json["smtp_address"], "applebox@fax.example.com", "shown")
    t.equal(save(boss, BOX, {"smtp_address": "applebox@fax.example.com", "tries": 2}).status, 200, "given back as it was")
    for wrong in ("other@fax.example.com", "", None, 7):
        refused = save(boss, BOX, {"smtp_address": wrong})
        t.equal((refused.status, wrong_fields(refused)), (422, ["smtp_address"]), repr(wrong))
    refused = save(boss, BOX, {"id": "other"})
    t.equal((refused.status, wrong_fields(refused)), (422, ["id"]), "nor by another id")
    t.equal(boss.get(BOX).json["smtp_address"], "applebox@fax.example.com", "as it was")


@case.test
def making_and_deleting(t):
    server, root, boss = house(t)
    made = boss.post("/api/v1/boxes", {"name": "Front Desk", "extension": "300"})
    t.equal((made.status, made.headers["Location"]), (201, "/api/v1/boxes/front-desk"), f"a box: {made}")
    t.equal((made.json["tenant"], made.json["smtp_address"]), ("apple", "front-desk@fax.example.com"), "whose, and its address")
    t.equal(boss.post("/api/v1/boxes", {"name": "Front Desk"}).status, 409, "twice")
    t.equal(boss.post("/api/v1/boxes", {"id": "zebrabox", "name": "x"}).status, 409, "an id that another tenant has")
    refused = boss.post("/api/v1/boxes", {"name": "y", "tenant": "zebra"})
    t.equal((refused.status, wrong_fields(refused)), (422, ["tenant"]), "for another tenant")
    user = boss.post("/api/v1/users", {"name": "new", "addresses": ["new@apple.example"], "password": "a long password"})
    t.equal((user.status, user.json["password"]), (201, {"set": True}), f"a user: {user}")
    as_user(t, server, "new@apple.example", "a long password")
    t.equal(save(boss, f"/api/v1/users/{user.json['id']}", {"password": "another password"}).status, 200, "a new password")
    as_user(t, server, "new@apple.example", "another password")
    taken = boss.post("/api/v1/users", {"name": "second", "addresses": ["clerk@zebra.example"]})
    t.equal((taken.status, wrong_fields(taken)), (422, ["addresses[0]"]), "an address that another tenant's user has")
    t.true("zebra-clerk" not in taken.json["detail"], f"whose it is is not told: {taken}")
    trunk = root.post("/api/v1/trunks", {"name": "pbx/1", "peer": "sip:192.0.2.1", "username": "u", "password": "trunk secret"})
    t.equal(trunk.status, 201, f"a trunk: {trunk}")
    t.equal(root.get("/api/v1/trunks/pbx/1").json["password"], {"set": True}, "a name with a slash")
    server_entry = root.post("/api/v1/mail-servers", {"name": "main", "host": "192.0.2.2", "password": "server secret"})
    t.equal(server_entry.status, 201, f"everybody's mail server: {server_entry}")
    t.equal(save(root, "/api/v1/mail-servers/main", {"port": 25}).json["port"], 25, "changed")
    for path in ("trunks/pbx/1", "mail-servers/main", "boxes/front-desk", f"users/{user.json['id']}"):
        t.equal(root.ask("DELETE", f"/api/v1/{path}", headers={"If-Match": "*"}).status, 204, f"DELETE {path}")
        t.equal(root.get(f"/api/v1/{path}").status, 404, path)
    t.equal(root.ask("DELETE", "/api/v1/tenants/apple", headers={"If-Match": "*"}).status, 409, "a tenant with boxes")
    t.equal(save(root, "/api/v1/installation", {"serial": "ABC"}).json["serial"], "ABC", "the installation")


@case.test
def administrator_of_a_tenant_cannot_rise(t):
    _, root, boss = house(t)
    users = {u["name"]: u["id"] for u in root.get("/api/v1/users").json["items"]}
    for fields in ({"password": "taken over now"}, {"addresses": ["evil@apple.example"]}, {"role": "user"}):
        t.equal(save(boss, f"/api/v1/users/{users['root']}", fields).status, 403, f"the installation's administrator: {fields}")
    t.equal(boss.ask("DELETE", f"/api/v1/users/{users['root']}", headers={"If-Match": "*"}).status, 403, "deleting him")
    t.equal(save(boss, f"/api/v1/users/{users['apple-guest']}", {"role": "installation"}).status, 403, "making another one")
    t.equal(boss.post("/api/v1/users", {"name": "x", "addresses": ["x@apple.example"], "role": "installation"}).status, 403, "a new one")
    t.equal(save(boss, f"/api/v1/users/{users['apple-guest']}", {"role": "tenant"}).status, 200, "one like himself")
    for field in ("dial_allow", "pages_per_day", "emergency"):
        value = 0 if field == "pages_per_day" else "+1"
        t.equal(save(boss, "/api/v1/tenants/apple", {field: 7 if value == 0 else "+1"}).status, 403, field)
    t.equal(save(boss, "/api/v1/tenants/apple", {"language": "de"}).json["language"], "de", "what is his own")
    sealed = {"password": {"sealed": "x" * 100}}
    t.equal(save(boss, f"/api/v1/users/{users['apple-clerk']}", sealed).status, 422, "a sealed secret of somewhere else")


@case.test
def secrets_go_in_and_never_come_out(t):
    server, root, boss = house(t)
    secrets = ("trunk-secret-1", "server-secret-2", "mailbox-secret-3", "user-secret-44", "739146")
    t.equal(root.post("/api/v1/trunks", {"name": "pbx", "peer": "sip:192.0.2.1", "password": secrets[0]}).status, 201, "trunk")
    t.equal(root.post("/api/v1/mail-servers", {"name": "main", "host": "192.0.2.2", "password": secrets[1]}).status, 201, "server")
    t.equal(save(boss, "/api/v1/mailboxes/apple-mailbox", {"password": secrets[2]}).status, 200, "mailbox")
    clerk = next(u["id"] for u in boss.get("/api/v1/users").json["items"] if u["name"] == "apple-clerk")
    t.equal(save(boss, f"/api/v1/users/{clerk}", {"password": secrets[3]}).status, 200, "user")
    t.equal(save(boss, BOX, {"authentication": "pin", "pin": secrets[4]}).status, 200, "box")
    bodies = [root.get(f"/api/v1/{path}").body for path in ("trunks", "trunks/pbx", "mail-servers", "mail-servers/main", "mailboxes",
              "mailboxes/apple-mailbox", "users", f"users/{clerk}", "boxes", "boxes/applebox", "installation", "audit", "status")]
    for body in bodies:
        t.true(not any(secret.encode() in body for secret in secrets), f"a secret in {body[:200]}")
        t.true(b"sealed" not in body and b"argon2" not in body, f"a hash or a sealed one in {body[:200]}")
    shown = boss.get(BOX)
    t.equal(shown.json["pin"], {"set": True}, "that there is one is told")
    t.equal(save(boss, BOX, shown.json, shown.headers["ETag"]).status, 200, "what was shown can be given back")
    t.equal(boss.get(BOX).json["pin"], {"set": True}, "and takes nothing away")
    t.equal(save(boss, BOX, {"authentication": "none", "pin": ""}).json["pin"], {"set": False}, "empty takes it away")
    server.stop()
    for file in [server.log, *server.state.rglob("*")]:
        if file.is_file():
            data = file.read_bytes()
            t.true(not any(secret.encode() in data for secret in secrets), f"{file} holds a secret")


@case.test
def audit_says_who_changed_what(t):
    server, root, boss = house(t)
    save(boss, BOX, {"station_id": "+49 30 2"})
    root.post("/api/v1/trunks", {"name": "pbx", "peer": "sip:192.0.2.1", "password": "trunk secret"})
    boss.post("/api/v1/users", {"name": "new", "addresses": ["new@apple.example"]})
    mine = boss.get("/api/v1/audit").json["items"]
    seen = [(row["action"], row["subject"]) for row in mine]
    t.true(("boxes.change", "applebox") in seen, f"his own: {seen}")
    row = next(row for row in mine if row["action"] == "boxes.change")
    t.true(row["who"] == "apple-boss" and row["client_ip"] == "127.0.0.1", f"who, from where: {row}")
    t.true("station_id" in row["detail"] and "+49 30 2" not in row["detail"], f"what, without the value: {row}")
    t.true("session.begin" in [action for action, _ in seen], f"that he logged in: {seen}")
    save(root, "/api/v1/boxes/zebrabox", {"tries": 5})
    zebra = as_user(t, server, "boss@zebra.example")
    t.true(("root", "zebrabox") in [(r["who"], r["subject"]) for r in zebra.get("/api/v1/audit").json["items"]],
           "what was changed of hers by whoever administrates the installation")
    t.equal([r for r in boss.get("/api/v1/audit").json["items"] if "zebra" in str(r)], [], "is no news of his own tenant")
    t.equal([r for r in zebra.get("/api/v1/audit").json["items"] if "apple" in str(r)], [], "another tenant's audit")
    t.true("trunks.create" in [row["action"] for row in root.get("/api/v1/audit").json["items"]], "all of it")


@case.test
def schemas_fit_what_is_shown(t):
    _, root, _ = house(t)
    document = root.get("/api/v1/openapi.json").json
    for path in ("boxes", "users", "tenants", "mailboxes"):
        described = document["paths"][f"/{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        t.equal(schema.complaints(document, described, root.get(f"/api/v1/{path}").json), [], path)
    t.true("smtp_address" in document["components"]["schemas"]["Box"]["properties"], "fields of a box")


@case.test
def long_lists_come_page_by_page(t):
    server, root, boss = house(t)
    many = [{"id": f"p{n}", "tenant": "apple", "name": f"Place {n:02}", "extension": str(7000 + n)} for n in range(60)]
    people = [{"tenant": "zebra", "name": f"Person {n:02}", "addresses": [f"person{n}@zebra.example"]} for n in range(60)]
    server.apply({"faxboxes": many, "users": people})

    def walk(who, path, **arguments):
        names, before = [], ""
        while True:
            page = who.get(f"/api/v1/{path}?" + urllib.parse.urlencode({**arguments, **({"before": before} if before else {})}))
            t.equal(page.status, 200, f"{path} {arguments}: {page}")
            names += [item["name"] for item in page.json["items"]]
            before = page.json["next"]
            if not before:
                return names

    exported = root.get("/api/v1/provisioning").json
    for path, section in (("boxes", "faxboxes"), ("users", "users"), ("tenants", "tenants"), ("mailboxes", "mailboxes"),
                          ("trunks", "trunks")):
        names = sorted((entry["name"] for entry in exported[section]), key=str.lower)
        t.equal(sorted(walk(root, path), key=str.lower), names, f"{path}, none twice, none left out")
        t.equal(walk(root, path, limit=7), walk(root, path, limit=200), f"{path}, page by page")
        t.equal(walk(root, path, limit=7, sort="-name"), walk(root, path)[::-1], f"{path}, the last first")
    t.equal(walk(root, "boxes", q="PLACE 1", limit=3), [f"Place {n}" for n in range(10, 20)], "by name, whatever its case")
    t.equal(walk(root, "boxes", q="7042"), ["Place 42"], "by extension")
    t.equal(walk(root, "users", q="person7@"), ["Person 07"], "by address")
    t.equal(len(walk(root, "users", tenant="zebra", q="person")), 60, "of a tenant")
    t.equal((walk(boss, "users", q="person"), walk(boss, "users", tenant="zebra")), ([], []), "not of another's")
    t.equal(sorted(walk(root, "users", sort="tenant", limit=9)[-60:]), [p["name"] for p in people], "by tenant")
    end = boss.get("/api/v1/boxes?limit=2&sort=id&q=p").json
    boss.ask("DELETE", f"/api/v1/boxes/{end['items'][1]['id']}", None, {"If-Match": "*"})
    after = boss.get(f"/api/v1/boxes?limit=200&sort=id&q=p&before={urllib.parse.quote(end['next'])}").json
    t.equal(len(after["items"]) + 2, len(walk(boss, "boxes", q="p")) + 1, "goes on where one is gone")
    for wrong in ("limit=0", "limit=201", "limit=x", "sort=age", "sort=", "sort=--name", "before=x", "q=" + "x" * 201, "q=%ff"):
        t.equal(root.get(f"/api/v1/boxes?{wrong}").status, 400, wrong)


case.main()
