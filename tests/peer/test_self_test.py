# SPDX-License-Identifier: AGPL-3.0-or-later
"""Self-tests of trunks: a fax goes out over one and comes back, over it or another, and nobody else hears of it."""

import json

import case
import fax
import provision
from server import Server
from store import Store

TEST_SECONDS = 300
NUMBER = "0305559000"


def house(t, **trunk):
    """Trunks a and b lead back here."""
    server = t.enter(Server(t.folder()))
    port = server.port("sip")[1]
    wanted = provision.example(port)
    wanted["trunks"] = [{"name": name, "peer": f"sip:127.0.0.1:{port}", "cost": cost, **trunk}
                        for cost, name in enumerate("ab")]
    server.apply(wanted)
    return server


def tests(server, name):
    status, out, err = server.cli("trunks", "test", name, seconds=2 * TEST_SECONDS)
    return status, out, err


def trend(server, name):
    trunk = next(x for x in server.json("trunks")["items"] if x["name"] == name)
    return {x["mode"]: x for x in trunk["self_tests"]}


def alarms(server):
    return sorted(a["code"] for a in server.json("status")["alarms"] if a["code"].startswith("trunk-test"))


@case.test
def page_goes_out_and_comes_back_and_nobody_else_hears_of_it(t):
    server = house(t, self_test_number=NUMBER)
    status, out, err = tests(server, "b")
    t.equal(status, 0, f"exit status: {out}{err}{server.log_tail()}")
    for mode in ("T.38", "G.711"):
        for words in (f"calls {NUMBER} over b, in {mode}", "came in over", "answered", "page is back, every pixel of it",
                      "page confirmed", "good"):
            t.true(any(mode in line and words in line for line in out.splitlines()), f"{mode}: no step \"{words}\" in {out}")
    found = trend(server, "b")
    t.equal({mode: x["trend"] for mode, x in found.items()}, {"t38": "well", "audio": "well"}, "trend")
    for mode, x in found.items():
        figures = x["last"]["figures"]
        t.equal((figures["rate"], figures["bad_rows"], x["last"]["arrived"]), (14400, 0, True), f"{mode}: {figures}")
        t.true(5 <= figures["seconds"] <= TEST_SECONDS, f"{mode}: {figures}")
    said = server.cli("trunks")[1]
    t.true("self-test in T.38" in said and "self-test in G.711" in said, said)
    store = Store(server.state)
    t.equal((store.jobs(), store.rows("SELECT * FROM fax"), store.rows("SELECT * FROM mail_out")), ([], [], []), "faxes and mails")
    t.equal(store.rows("SELECT * FROM traffic"), [], "traffic")
    calls = server.json("status")["calls"]
    t.equal(calls, [], "calls of this moment")
    t.equal(alarms(server), [], "alarms")
    # A customer's fax goes as ever.
    fax.arrive(t, server, server, fax.submit(t, server, 71))


@case.test
def number_that_leads_elsewhere_is_told_and_over_when_mended(t):
    other = house(t, t38=False)
    server = house(t, self_test_number=NUMBER, t38=False)
    t.equal(server.cli("set", "trunks.a.self_test_number", "200")[0], 0, "set")
    status, out, err = tests(server, "a")
    t.true(status != 0 and "no faxbox has" in err, f"a box's number: {status} {out}{err}")
    # The other server's box has that number.
    server.apply({"trunks": [{"name": "a", "peer": f"sip:127.0.0.1:{other.port('sip')[1]}", "self_test_number": "+49305559000"}]})
    server_port = server.port("sip")[1]
    other.apply({"faxboxes": [{"id": "back", "numbers": ["+49305559000"]}],
                 "trunks": [{"name": "a", "peer": f"sip:127.0.0.1:{server_port}"}]})
    status, out, err = tests(server, "a")
    t.equal(status, 1, f"exit status: {out}{err}")
    t.true("Somebody else answered" in out, out)
    t.wait(lambda: alarms(server) == ["trunk-test-failed"], "no alarm was raised")
    t.equal(trend(server, "a")["audio"]["trend"], "failed", "trend")
    server.apply({"trunks": [{"name": "a", "peer": f"sip:127.0.0.1:{server_port}", "self_test_number": NUMBER}]})
    t.equal(tests(server, "a")[0], 0, "exit status")
    t.wait(lambda: alarms(server) == [], "the alarm is not over")


case.main()
