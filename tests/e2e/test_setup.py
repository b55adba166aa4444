# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard of a new installation: its door, its link, its end."""

import json
import re

import case
from server import Server
from web import Browser

LINK = re.compile(r"http://(127\.0\.0\.1:\d+)/setup#([0-9a-f]{64})")
ADMIN, PASSWORD = "ann@example.com", "correct horse"
HOUSE = {
    "installation": {"fax_domain": "fax.example.com"},
    "tenants": [{"name": "clinic", "country": "DE"}],
    "users": [{"tenant": "clinic", "name": "ann", "addresses": [ADMIN], "role": "installation", "password": PASSWORD}],
}


def house(t):
    return t.enter(Server(t.folder(), settings={"setup_listen": "127.0.0.1:0"}))


def link(server):
    return LINK.search(server.cli("setup")[1]).group(2)


def restart(server):
    server.stop()
    server.start()


def wizard(server):
    browser = Browser(server, "setup")
    assert browser.post("/api/v1/setup/session", {"token": link(server)}).status == 204
    return browser


# proves: S1.1
@case.test
def link_of_the_log_opens_the_wizard_once(t):
    server = house(t)
    printed = LINK.search(server.log.read_text())
    t.equal(printed.group(1), "{}:{}".format(*server.port("setup")), "where the log says it is")
    browser = Browser(server, "setup")
    t.equal(browser.get("/api/v1/setup").status, 401, "without the link")
    t.equal(browser.post("/api/v1/setup/session", {"token": "0" * 64}).status, 403, "with another one")
    t.equal(browser.post("/api/v1/setup/session", {"token": printed.group(2)}).status, 204, "with the link")
    state = browser.get("/api/v1/setup").json
    t.equal((state["finished"], state["administrator"], state["fax_domain"], state["link"]), (False, False, "", None), "a new house")
    t.equal(Browser(server, "setup").post("/api/v1/setup/session", {"token": printed.group(2)}).status, 403, "the same link again")
    t.true(link(server) != printed.group(2), "`faxpost setup` shows a new one")


@case.test
def wizards_door_and_the_applications_are_two(t):
    server = house(t)
    inside, outside = wizard(server), Browser(server)
    outside.cookie = inside.cookie
    t.equal(outside.get("/api/v1/setup").status, 401, "the wizard's cookie at the other door")
    t.equal(outside.post("/api/v1/setup/session", {"token": link(server)}).status, 404, "a link at the other door")
    forged = inside.post("/api/v1/provisioning", HOUSE, **{"X-Faxpost": None, "Content-Type": "text/plain", "Origin": "http://evil.example"})
    t.equal((forged.status, forged.json["code"]), (403, "other-site"), "another site's page")


# proves: S1.1
@case.test
def wizard_is_taken_up_again_and_ends_when_it_is_finished(t):
    server = house(t)
    browser = wizard(server)
    early = browser.post("/api/v1/setup/finish")
    t.equal((early.status, early.json["code"]), (409, "no-administrator"), "before anybody could log in")
    wrong = json.loads(json.dumps(HOUSE))
    wrong["users"][0]["password"] = "short"
    refused = browser.post("/api/v1/provisioning", wrong)
    t.equal(refused.status, 422, "a short password")
    t.true("password" in refused.json["errors"][0]["path"], f"which names the field: {refused}")
    t.equal(browser.get("/api/v1/setup").json["administrator"], False, "nothing of it was kept")
    t.equal(browser.post("/api/v1/provisioning", HOUSE).status, 200, "the administrator")
    restart(server)
    again = wizard(server)
    state = again.get("/api/v1/setup").json
    t.equal((state["administrator"], state["tenant"], state["fax_domain"]), (True, "clinic", "fax.example.com"), "after a restart")
    t.equal(again.post("/api/v1/setup/finish").status, 200, "the end")
    t.equal(again.get("/api/v1/setup").status, 401, "the wizard's cookie afterwards")
    t.true("is set up" in server.cli("setup")[1], "faxpost setup afterwards")
    application = Browser(server)
    t.equal(application.login(ADMIN, PASSWORD).status, 200, "the administrator logs in")
    t.equal(application.get("/api/v1/session").json["role"], "installation", "as what")
    restart(server)
    t.true(not LINK.search(server.log.read_text().rpartition("ending")[2]), "no link is shown any more")


case.main()
