# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trunks that register, at Kamailio."""

import case
import fax
import kamailio
import provision
from server import Server
from store import Store


def registrar(t, **options):
    if not kamailio.installed():
        t.skip("no kamailio on this machine")
    return t.enter(kamailio.Kamailio(t.folder(), **options))


def trunk(name, registrar, *, user=None, password=None, **more):
    return {"name": name, "peer": f"sip:127.0.0.1:{registrar.port}", "username": user or name, "register": True,
            "password": password or f"pw-{user or name}", **more}


def server_with(t, *trunks):
    server = t.enter(Server(t.folder()))
    server.apply({**provision.example(1), "trunks": list(trunks)})
    return server


def state(server, name):
    return next(x for x in server.json("trunks")["items"] if x["name"] == name)


def is_up(server, name):
    return state(server, name)["state"] == "up"


def await_text(t, server, name, word):
    """Until the trunk is down for a reason that holds that word; the reason."""
    return t.wait(lambda: (s := state(server, name))["state"] == "down" and word in s["text"] and s["text"],
                  f"trunk {name} is not down for \"{word}\"", seconds=180)


@case.test
def two_registered_trunks_carry_a_fax(t):
    """Out over one account, in over the other one, which is registered from the same port."""
    peer = registrar(t, numbers={"200": "second"})
    server = server_with(t, trunk("first", peer), trunk("second", peer))
    t.wait(lambda: is_up(server, "first") and is_up(server, "second"), "both are not registered")
    job, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 311))
    t.equal([x["trunk"] for x in attempts], ["first"], "trunk of the call out")
    t.equal([x["trunk"] for x in Store(server.state).attempts() if x["job"] != job["id"]], ["second"], "trunk of the call in")
    t.true(peer.count("call from first to 200"), "the call did not go through Kamailio with the account's login")


@case.test
def sha_256_is_answered(t):
    peer = registrar(t, algorithm="SHA-256")
    server = server_with(t, trunk("one", peer))
    t.wait(lambda: is_up(server, "one"), "not registered")


@case.test
def registers_over_tcp(t):
    peer = registrar(t, listen=("tcp",))
    server = server_with(t, trunk("one", peer, transport="tcp"))
    t.wait(lambda: is_up(server, "one"), "not registered")
    t.true(peer.count("transport=tcp"), "the contact does not say TCP")


@case.test
def wrong_password_is_said_in_words_and_mended_at_once(t):
    peer = registrar(t)
    server = server_with(t, trunk("one", peer, password="wrong"))
    text = await_text(t, server, "one", "password")
    t.true("trunks.one.password" in text, f"the text does not say what to set: {text}")
    t.equal(["wrong" in line for line in server.log.read_text().splitlines() if "not registered" in line], [False], "log lines")
    alarms = server.json("status")["alarms"]
    t.equal([a["code"] for a in alarms if "one" in a["text"]], ["trunk-down"], "alarms")
    server.apply({"trunks": [trunk("one", peer)]})
    t.wait(lambda: is_up(server, "one"), "the right password does not register")
    t.equal([a for a in server.json("status")["alarms"] if a["code"] == "trunk-down"], [], "alarms")


@case.test
def registrar_that_was_away_is_found_again(t):
    peer = registrar(t, listen=("tcp",))
    peer.stop()
    server = server_with(t, trunk("one", peer, transport="tcp"))
    await_text(t, server, "one", "does not answer")
    peer.start()
    t.wait(lambda: is_up(server, "one"), "not registered once it was back", 240)  # its tries get rarer, also while Kamailio starts


@case.test
def registration_is_refreshed_in_the_time_that_was_granted(t):
    """We ask for 30 seconds and get 40."""
    peer = registrar(t, least=40, most=40)
    server = server_with(t, trunk("one", peer, register_seconds=30))
    t.wait(lambda: is_up(server, "one"), "not registered")
    since = state(server, "one")["since_ms"]
    t.wait(lambda: peer.count("registered one for 30") >= 2, "not refreshed", seconds=40)
    t.equal((is_up(server, "one"), state(server, "one")["since_ms"]), (True, since), "state")


@case.test
def changed_and_dropped_trunks_are_unregistered(t):
    peer = registrar(t)
    server = server_with(t, trunk("one", peer), trunk("two", peer))
    t.wait(lambda: is_up(server, "one") and is_up(server, "two"), "not registered")
    server.apply({"trunks": [{"name": "one", "username": "other", "password": "pw-other"}, {"name": "two", "absent": True}]})
    t.wait(lambda: peer.count("unregistered one") and peer.count("unregistered two"), "the former ones stay registered")
    t.wait(lambda: peer.count("registered other for") and is_up(server, "one"), "the new user is not registered")
    t.equal([x["name"] for x in server.json("trunks")["items"]], ["one"], "trunks")
    t.equal(server.stop(), 0, "exit status")
    t.true(peer.count("unregistered other"), "still registered after the end")


case.main()
