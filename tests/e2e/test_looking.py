#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A first look at received faxes: codes on them lead them to boxes, and what looks like junk that was reported goes into
quarantine and comes back out of it."""

import case
import door
import mail
import pdf
import provision
from server import Server

SECONDS = 240


def send(server, document, **how):
    how = {"lines": 12, **how}
    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                                             [("a.pdf", "application/pdf", pdf.make(1, document=document, **how))]))


def faxes_mailed(server, address):
    subjects = [mail.read(path)["Subject"] for path in server.mails(address)]
    return len([s for s in subjects if "received from" in s])


def listed(server, **filters):
    return door.get(server, "faxes", **filters).json["items"]


def arrived(t, server, count):
    return t.wait(lambda: (f := listed(server, state="complete")) and len(f) >= count and f[0],
                  f"no fax number {count}: {server.log_tail()}", SECONDS)


@case.test
def codes_lead_faxes_to_boxes_and_junk_into_quarantine(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["tenants"][0]["code_routes"] = ["INV-*=front"]
    wanted["faxboxes"][1]["route_by_code"] = True
    server.apply(wanted)

    send(server, 1, more=pdf.bar_code("INV-42"))
    t.wait(lambda: faxes_mailed(server, provision.FRONT) == 1, f"no mail at the box of the code: {server.log_tail()}", SECONDS)
    fax = listed(server)[0]
    t.equal((fax["box"], fax["routed_from"]), ("front", "back"), "where it is and was called")
    t.equal((faxes_mailed(server, provision.BACK), len(listed(server, box="back")), len(listed(server, box="front"))), (0, 0, 1), "elsewhere")
    t.equal(len(listed(server, box="front", q="200")), 1, "found in its box")

    send(server, 2, title="Win a prize", more=pdf.bar_code("FIX-42", unit=1.2))
    t.wait(lambda: faxes_mailed(server, provision.BACK) == 1, f"an unknown code: {server.log_tail()}", SECONDS)
    junk = listed(server)[0]
    t.equal((junk["box"], junk["junk"]), ("back", False), "the normal box")
    status, out, err = server.cli("junk", "report", junk["id"])
    t.equal(status, 0, f"{out} {err}")
    t.equal([f["id"] for f in listed(server, junk=1)], [junk["id"]], "quarantine")
    t.equal([f["id"] for f in listed(server, archived=0, box="back")], [], "inbox")
    t.true(junk["id"] in server.cli("junk", "list")[1], "listed")

    send(server, 2, title="Win a prize", more=pdf.bar_code("FIX-42", unit=1.2))
    again = t.wait(lambda: [f for f in listed(server, junk=1) if f["id"] != junk["id"]], f"not taken for junk: {server.log_tail()}", SECONDS)[0]
    t.equal(faxes_mailed(server, provision.BACK), 1, "mails")
    send(server, 3, lines=20, title="Dear Doctor")
    t.wait(lambda: faxes_mailed(server, provision.BACK) == 2, f"another fax: {server.log_tail()}", SECONDS)

    released = door.ask(server, "POST", f"faxes/{again['id']}/notjunk")
    t.equal((released.status, released.json["junk"]), (200, False), "released")
    t.wait(lambda: faxes_mailed(server, provision.BACK) == 3, f"its mail: {server.log_tail()}", SECONDS)
    t.equal(door.ask(server, "POST", f"faxes/{again['id']}/notjunk").status, 200, "once more")
    t.equal(len(listed(server, junk=1)), 1, "quarantine then")
    t.equal(server.cli("junk", "release", junk["id"])[0], 0, "the other one")
    t.equal(len(listed(server, archived=0)), 4, "inbox then")


@case.test
def every_kind_of_code_leads(t):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], pace=False)
    wanted["tenants"][0]["code_routes"] = ["INV-*=front"]
    wanted["faxboxes"][1]["route_by_code"] = True
    server.apply(wanted)
    kinds = {"QR": pdf.qr_code("INV-7 of 2026"), "Code 128": pdf.bar_code_128("INV-7b"), "another QR": pdf.qr_code("ORD-7")}
    for n, code in enumerate(kinds.values()):
        send(server, 10 + n, more=code)
    arrived(t, server, len(kinds))
    where = t.wait(lambda: (f := listed(server, state="complete")) and len(f) == 3 and faxes_mailed(server, provision.FRONT) == 2 and f,
                   f"two go to front: {listed(server)} {server.log_tail()}", SECONDS)
    t.equal(sorted((f["box"], f["routed_from"]) for f in where), [("back", ""), ("front", "back"), ("front", "back")], "where they are")


@case.test
def rules_are_checked(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(1))
    for value, why in (('["INV-*"]', "needs"), ('["INV-*=nobody"]', "no box"), ('["=front"]', "needs"), ('["A=../x"]', "needs")):
        status, _, err = server.cli("set", "tenants.example.code_routes", value)
        t.true(status != 0 and why in err, f"{value}: {err}")
    t.equal(server.cli("set", "tenants.example.code_routes", '["INV-*=front", "4=2=back"]')[0], 0, "set")
    t.equal(server.cli("apply", "-", text=server.cli("export")[1])[1], "nothing to change\n", "what is exported can be applied")


case.main()
