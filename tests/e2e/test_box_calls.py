# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a faxbox says of its calls, in real ones: the trunk they go over, T.38, error correction; and its places of the archive."""

import case
import fax
import plant
import provision
from door import ask, get
from server import Server
from store import Store
from web import Browser

SECONDS = 240


def started(t, boxes=None, **more):
    """boxes: fields of front and back, by id."""
    server = t.enter(Server(t.folder()))
    wanted = {**provision.example(server.port("sip")[1], pace=False), **more}
    for entry in wanted["faxboxes"]:
        entry.update((boxes or {}).get(entry["id"], {}))
    server.apply(wanted)
    return server


def call(t, server, document):
    """Both ends of a call that needed no second one: as the sender has it, and as the receiver."""
    job, attempts = fax.arrive(t, server, server, fax.submit(t, server, document))
    t.equal(len(attempts), 1, f"calls: {[x['reason'] for x in attempts]}")
    received = [x for x in Store(server.state).attempts() if x["job"] != job["id"]]
    return attempts[0], received[-1]


def codings(server, attempt):
    rows = Store(server.state).rows("SELECT DISTINCT coding FROM attempt_page WHERE attempt = ?", attempt["id"])
    return sorted(row["coding"] for row in rows)


# proves: S2.2
@case.test
def box_without_t38_calls_and_is_called_in_audio(t):
    server = started(t)
    sent, received = call(t, server, 1)
    t.equal((sent["mode"], received["mode"]), ("t38", "t38"), "as usual")
    for document, box in ((2, "front"), (3, "back")):
        status, out, err = server.cli("set", f"faxboxes.{box}.t38", "off")
        t.equal(status, 0, f"set: {err or out}")
        sent, received = call(t, server, document)
        t.equal((sent["mode"], received["mode"]), ("audio", "audio"), f"{box} without T.38")
        t.equal(server.cli("set", f"faxboxes.{box}.t38", "auto")[0], 0, "set back")
    sent, received = call(t, server, 4)
    t.equal((sent["mode"], received["mode"]), ("t38", "t38"), "what was learnt meanwhile keeps nobody from T.38")


# proves: S2.2
@case.test
def box_without_error_correction_sends_and_receives_without(t):
    server = started(t)
    sent, received = call(t, server, 1)
    t.equal((sent["ecm"], received["ecm"]), (1, 1), "as usual")
    for document, box in ((2, "front"), (3, "back")):
        status, out, err = server.cli("set", f"faxboxes.{box}.ecm", "off")
        t.equal(status, 0, f"set: {err or out}")
        sent, received = call(t, server, document)
        t.equal((sent["ecm"], received["ecm"], sent["mode"]), (0, 0, "t38"), f"{box} without ECM")
        t.true("T.6" not in codings(server, sent), f"{box}: T.6 needs ECM: {codings(server, sent)}")
        t.equal(server.cli("set", f"faxboxes.{box}.ecm", "auto")[0], 0, "set back")


# proves: S2.2
@case.test
def box_sends_over_its_trunk(t):
    server = started(t)
    sip = server.port("sip")[1]
    server.apply({"trunks": [{"name": "dear", "peer": f"sip:127.0.0.1:{sip}", "cost": 9}]})
    t.equal(call(t, server, 1)[0]["trunk"], "loopback", "the cheapest")
    t.equal(server.cli("set", "faxboxes.front.trunk", "dear")[0], 0, "set")
    t.equal(call(t, server, 2)[0]["trunk"], "dear", "that of the box")
    status, _, err = server.cli("set", "faxboxes.front.trunk", "none")
    t.true(status != 0 and "trunk" in err and '"none"' in err, f"a trunk that is not there: {status} {err}")
    refused = ask(server, "DELETE", "trunks/dear", headers={"If-Match": "*"})
    t.equal(refused.status, 409, f"a trunk that a box names: {refused.body}")
    t.true(b"front" in refused.body, f"which box: {refused.body}")
    t.equal(get(server, "boxes/front").json["trunk"], "dear", "shown")


@case.test
def trunk_and_places_are_the_installations(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    server.apply({"trunks": [{"name": "pbx", "peer": "sip:192.0.2.1"}],
                  "archive_places": [{"name": "nas", "kind": "local", "url": "nas"}]})
    root, boss = Browser(server), Browser(server)
    t.equal((root.login("root@localhost", plant.PASSWORD).status, boss.login("boss@apple.example", plant.PASSWORD).status), (200, 200),
            "logins")
    for fields, status in (({"trunk": "pbx"}, 403), ({"archive_places": ["nas"]}, 403), ({"t38": "off", "ecm": "off"}, 200)):
        reply = boss.ask("PATCH", "/api/v1/boxes/applebox", fields, {"If-Match": "*"})
        t.equal(reply.status, status, f"{fields}: {reply}")
    saved = root.ask("PATCH", "/api/v1/boxes/applebox", {"trunk": "pbx", "archive_places": ["nas"]}, {"If-Match": "*"})
    t.equal((saved.status, saved.json["trunk"], saved.json["archive_places"]), (200, "pbx", ["nas"]), f"{saved}")
    shown = boss.get("/api/v1/boxes/applebox")
    whole = boss.ask("PUT", "/api/v1/boxes/applebox", shown.json, {"If-Match": shown.headers["ETag"]})
    t.equal(whole.status, 200, f"what was shown can be given back: {whole}")


# proves: S2.2
@case.test
def faxes_of_a_box_go_to_its_places_alone(t):
    places = [{"name": name, "kind": "local", "url": url, "encrypted": False} for name, url in (("near", "a"), ("far away", "b"))]
    server = started(t, {"back": {"archive_places": ["far away"]}}, archive_places=places)
    call(t, server, 1)

    def lying():
        return sorted((c["direction"], c["place"]) for c in get(server, "archive").json["items"] if c["state"] == "stored")

    wanted = [("received", "far away"), ("sent", "far away"), ("sent", "near")]
    t.wait(lambda: len(lying()) == len(wanted), f"copies: {lying()} {server.log_tail()}", SECONDS)
    t.equal(lying(), wanted, "where copies lie")
    refused = ask(server, "DELETE", "archive-places/far%20away", headers={"If-Match": "*"})
    t.equal(refused.status, 409, f"a place with copies that a box names: {refused.body}")
    status, out, err = server.cli("set", "faxboxes.back.archive_places", '["near"]')
    t.equal(status, 0, f"set: {err or out}")
    wanted.append(("received", "near"))
    t.wait(lambda: len(lying()) == len(wanted), f"what ended before: {lying()} {server.log_tail()}", SECONDS)
    t.equal(lying(), sorted(wanted), "what was copied stays")
    refused = ask(server, "DELETE", "archive-places/far%20away", headers={"If-Match": "*"})
    t.equal(refused.status, 409, f"a place with copies: {refused.body}")


case.main()
