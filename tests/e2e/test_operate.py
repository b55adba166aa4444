#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running it: what an administrator asks, hears and does."""

import case
import provision
from server import Server


def codes(server, *options):
    return [a["code"] for a in server.json("alarms", *options)["items"] if a["severity"] != "notice"]


@case.test
def alarms_come_and_go_and_are_kept(t):
    server = t.enter(Server(t.folder()))
    t.equal(codes(server), ["no-fax-domain", "no-trunk"], "alarms of a new installation")
    server.apply({"installation": {"fax_domain": provision.DOMAIN}})
    t.equal(codes(server), ["no-trunk"], "with a fax domain")
    shown = server.cli("alarms")[1]
    t.true("no-trunk" in shown and "Do: Add a trunk." in shown, f"as people read it: {shown}")
    t.equal({a["code"]: a["cleared_ms"] is None for a in server.json("alarms", "--all")["items"] if a["severity"] != "notice"},
            {"no-trunk": True, "no-fax-domain": False}, "those that are over, too")
    t.equal([a["code"] for a in server.json("status")["alarms"] if a["severity"] != "notice"], ["no-trunk"], "in the status")
    server.stop()
    server.start()
    t.equal(codes(server), ["no-trunk"], "after a restart")
    t.equal(len([a for a in server.json("alarms", "--all")["items"] if a["code"] == "no-trunk"]), 1, "raised so often")


case.main()
