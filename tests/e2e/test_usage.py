# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is billed, and what a tenant may have."""

import contextlib
import csv
import io
import sqlite3
import time

import case
import plant
from server import Server
from web import Browser


def person(t, server, login):
    browser = Browser(server)
    t.equal(browser.login(login, plant.PASSWORD).status, 200, login)
    return browser


@case.test
def usage_is_counted_by_box_and_billing_code(t):
    server = t.enter(Server(t.folder()))
    wanted = plant.provisioning()
    wanted["tenants"][0]["billing_codes"] = ["case-1", "case-2", "Other"]
    server.apply(wanted)
    server.stop()
    planted = {word: plant.rows(server.state, word) for word in ("apple", "zebra")}
    with contextlib.closing(sqlite3.connect(f"{server.state}/faxpost.db")) as db, db:
        db.execute("UPDATE attempt SET answered_ms = started_ms, ended_ms = started_ms + 34000 WHERE job IS NOT NULL")
        db.execute("UPDATE fax SET ended_ms = answered_ms + 20000")
        db.execute("UPDATE job SET billing = '=case-1'")
    server.start()
    boss, root, clerk = (person(t, server, f"{who}@{where}") for who, where in (("boss", "apple.example"), ("root", "localhost"), ("clerk", "apple.example")))
    since = int(time.time() * 1000) - 86400000
    sent = {"tenant": "apple", "box": "applebox", "direction": "sent", "billing": "=case-1", "faxes": 1, "delivered": 1, "pages": 1, "seconds": 34}
    received = {**sent, "direction": "received", "billing": "", "seconds": 20}
    t.equal(boss.get(f"/api/v1/usage?since={since}").json["items"], [sent, received], "one's own tenant")
    t.equal({row["tenant"] for row in root.get(f"/api/v1/usage?since={since}").json["items"]}, {"apple", "zebra"}, "all of them")
    t.equal(boss.get(f"/api/v1/usage?since={since}&until={since + 1000}").json["items"], [], "another time")
    t.equal([boss.get(f"/api/v1/usage?{wrong}").status for wrong in ("since=x", "since=5&until=1", "since=1", "tenant=zebra")], [400, 400, 400, 404], "wrong ones")
    reply = boss.get(f"/api/v1/usage.csv?since={since}")
    rows = list(csv.DictReader(io.StringIO(reply.body.decode())))
    t.equal((reply.type, [(r["direction"], r["pages"], r["billing"]) for r in rows]), ("text/csv", [("sent", "1", "'=case-1"), ("received", "1", "")]), "no formula")
    status, out, err = server.cli("usage", time.strftime("%Y-%m-%d", time.localtime(since / 1000)), "--tenant", "zebra")
    t.true(status == 0 and "zebrabox,sent" in out and "apple" not in out, f"{out} {err}")
    t.equal(server.cli("usage", "yesterday")[0], 64, "no day")
    t.equal([c["code"] for c in clerk.get("/api/v1/billing-codes?q=CASE").json["items"]], ["case-1", "case-2"], "codes to choose from")
    t.true(planted["apple"]["job"] != planted["zebra"]["job"], "two")


@case.test
def further_box_than_a_tenant_may_have_is_refused_with_the_figure(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    boss, root = person(t, server, "boss@apple.example"), person(t, server, "root@localhost")
    t.equal(boss.ask("PATCH", "/api/v1/tenants/apple", {"boxes_most": 9}, {"If-Match": "*"}).status, 403, "not his to say")
    t.equal(root.ask("PATCH", "/api/v1/tenants/apple", {"boxes_most": 2}, {"If-Match": "*"}).status, 200, "who may")
    t.equal(boss.post("/api/v1/boxes", {"name": "second", "extension": "101"}).status, 201, "up to it")
    refused = boss.post("/api/v1/boxes", {"name": "third", "extension": "102"})
    t.equal(refused.status, 422, f"one more: {refused}")
    t.true("has 2 faxboxes and may have 2" in refused.json["detail"], f"the figure: {refused}")
    t.equal(person(t, server, "boss@zebra.example").post("/api/v1/boxes", {"name": "more", "extension": "201"}).status, 201, "another tenant's are its own")
    t.equal(root.ask("PATCH", "/api/v1/tenants/apple", {"boxes_most": 1}, {"If-Match": "*"}).status, 200, "less than there are")
    t.equal(boss.ask("PATCH", "/api/v1/boxes/applebox", {"tries": 4}, {"If-Match": "*"}).status, 200, "those there are work on")
    t.equal(boss.post("/api/v1/boxes", {"name": "third", "extension": "102"}).status, 422, "and none is added")


case.main()
