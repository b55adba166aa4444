# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books: whose they are, how they are searched, and names that stand for numbers."""

import case
import pdf
import plant
import provision
from server import Server
from store import Store
from web import Browser

CONTACTS = "/api/v1/contacts"


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    people = {}
    for name, login in (("clerk", "clerk@apple.example"), ("guest", "guest@apple.example"), ("boss", "boss@apple.example"),
                        ("stranger", "boss@zebra.example")):
        people[name] = Browser(server)
        t.equal(people[name].login(login, plant.PASSWORD).status, 200, name)
    return server, people


def names(browser, query=""):
    return [c["name"] for c in browser.get(CONTACTS + query).json["items"]]


@case.test
def each_has_a_book_and_all_share_one(t):
    server, people = house(t)
    clerk, guest, boss, stranger = (people[n] for n in ("clerk", "guest", "boss", "stranger"))
    own = clerk.post(CONTACTS, {"name": "Zoë Rossi", "number": "030 123456", "company": "Studio Bianchi"})
    t.equal(own.status, 201, f"one's own: {own}")
    t.equal(own.headers["Location"], f"{CONTACTS}/{own.json['id']}", "where it is")
    t.equal(guest.post(CONTACTS, {"name": "X", "number": "030 1", "shared": True}).status, 403, "the shared one is not his to change")
    shared = boss.post(CONTACTS, {"name": "Court", "number": "030 999^RETRIES=2", "note": "never on Friday", "shared": True})
    t.equal(shared.status, 201, f"the shared one: {shared}")
    t.equal((names(clerk), names(guest), names(boss), names(stranger)), (["Court", "Zoë Rossi"], ["Court"], ["Court"], []), "who sees whom")
    for query, found in (("?q=ross", ["Zoë Rossi"]), ("?q=ZO%C3%8B", ["Zoë Rossi"]), ("?q=bianc", ["Zoë Rossi"]), ("?q=030+9", ["Court"]),
                         ("?q=ossi", []), ("?q=%25", ["Court", "Zoë Rossi"]), ("?limit=1", ["Court"])):
        t.equal(names(clerk, query), found, query)
    following = clerk.get(CONTACTS + "?limit=1").json["next"]
    t.equal(names(clerk, f"?limit=1&before={following}"), ["Zoë Rossi"], "the next page")
    for wrong, field in (({"name": "court", "number": "030 1", "shared": True}, "name"), ({"name": "030 1", "number": "030 1"}, "name"),
                         ({"name": "a^b", "number": "030 1"}, "name"), ({"name": "A", "number": "x"}, "number"), ({"name": "A"}, "number"),
                         ({"name": "A", "number": "030 1", "fax": 1}, "fax"), ({"name": "A\n", "number": "030 1"}, "name")):
        reply = boss.post(CONTACTS, wrong)
        t.equal((reply.status, reply.json["errors"][0]["field"]), (422, field), f"{wrong}")
    one = f"{CONTACTS}/{own.json['id']}"
    t.equal([b.get(one).status for b in (clerk, guest, boss, stranger)], [200, 404, 404, 404], "somebody's own")
    t.equal(clerk.ask("PATCH", one, {"number": "030 7"}).status, 428, "without If-Match")
    seen = clerk.get(one).headers["ETag"]
    changed = clerk.ask("PATCH", one, {"number": "030 777"}, {"If-Match": seen})
    t.equal((changed.status, changed.json["number"]), (200, "030 777"), "a change")
    lost = clerk.ask("PATCH", one, {"number": "030 888"}, {"If-Match": seen})
    t.equal((lost.status, lost.json["current"]["number"]), (412, "030 777"), "a lost update")
    t.equal(clerk.ask("DELETE", f"{CONTACTS}/{shared.json['id']}", headers={"If-Match": "*"}).status, 403, "a user deletes no shared one")
    t.equal(stranger.ask("DELETE", f"{CONTACTS}/{shared.json['id']}", headers={"If-Match": "*"}).status, 404, "nor another tenant's")
    t.equal(clerk.ask("DELETE", one, headers={"If-Match": "*"}).status, 204, "his own goes")
    t.equal([a["action"] for a in boss.get("/api/v1/audit").json["items"] if a["action"].startswith("contacts")], ["contacts.create"], "audit")
    # groups: of entries of one book, named however they are capitalised
    GROUPS = "/api/v1/contact-groups"
    for who, fields in ((boss, {"name": "North", "number": "030 1001", "groups": ["Suppliers", "suppliers", "Berlin"], "shared": True}),
                        (boss, {"name": "South", "number": "030 1002", "groups": ["SUPPLIERS"], "shared": True}),
                        (clerk, {"name": "Mine", "number": "030 1003", "groups": ["Suppliers"]})):
        t.equal(who.post(CONTACTS, fields).status, 201, f"{fields}")
    t.equal([(g["name"], g["shared"], g["members"]) for g in clerk.get(GROUPS).json["items"]],
            [("Berlin", True, 1), ("Suppliers", False, 1), ("Suppliers", True, 2)], "his own and the shared")
    t.equal((len(boss.get(GROUPS).json["items"]), stranger.get(GROUPS).json["items"]), (2, []), "nobody else's")
    t.equal((names(clerk, "?group=suppliers"), names(guest, "?group=suppliers"), names(clerk, "?group=supp"), names(stranger, "?group=suppliers")),
            (["Mine", "North", "South"], ["North", "South"], [], []), "who is in it")
    t.equal((names(clerk, "?group=suppliers&limit=1"), names(clerk, "?group=suppliers&q=sou")), (["Mine"], ["South"]), "page by page, and searched")
    north = next(c for c in boss.get(CONTACTS).json["items"] if c["name"] == "North")
    t.equal(north["groups"], ["Suppliers", "Berlin"], "as written, each once")
    for wrong in ("Suppliers", ["a,b"], [""], [" a"], ["x" * 61], [7], [str(n) for n in range(21)]):
        reply = boss.ask("PATCH", f"{CONTACTS}/{north['id']}", {"groups": wrong}, {"If-Match": "*"})
        t.equal((reply.status, reply.json["errors"][0]["field"]), (422, "groups"), f"{wrong}")
    t.equal(guest.ask("PATCH", f"{CONTACTS}/{north['id']}", {"groups": []}, {"If-Match": "*"}).status, 403, "not his to change")
    t.equal(boss.ask("PATCH", f"{CONTACTS}/{north['id']}", {"groups": []}, {"If-Match": "*"}).json["groups"], [], "out of all")
    t.equal([(g["name"], g["members"]) for g in guest.get(GROUPS).json["items"]], [("SUPPLIERS", 1)], "one that nobody is in is none")
    for name in ("Mine", "North", "South"):
        of = clerk if name == "Mine" else boss
        t.equal(of.ask("DELETE", f"{CONTACTS}/{next(c['id'] for c in of.get(CONTACTS).json['items'] if c['name'] == name)}", headers={"If-Match": "*"}).status, 204, name)
    # names where numbers are expected: his own before the shared, as a wish and as the command line has it
    t.equal(clerk.post(CONTACTS, {"name": "COURT", "number": "030 111"}).status, 201, "the same name of his own")
    upload = clerk.ask("POST", "/api/v1/uploads?name=a.pdf", pdf.make(1, lines=2), {"Content-Type": "application/pdf"}).json["id"]
    sent = clerk.post("/api/v1/submissions", {"box": "applebox", "recipients": [{"number": "court"}, {"contact": shared.json["id"]}], "uploads": [upload]})
    t.equal(sent.status, 202, f"sent: {sent}")
    t.wait(lambda: len(Store(server.state).jobs()) == 2, "no jobs")
    t.equal(sorted(j["number"] for j in Store(server.state).jobs()), ["+4930111", "+4930999"], "whom they go to")
    t.equal(guest.post("/api/v1/submissions", {"box": "applebox", "recipients": [{"number": "court"}], "uploads": [upload]}).status, 404, "no right, no fax")
    wrong = clerk.post("/api/v1/submissions", {"box": "applebox", "recipients": [{"contact": own.json["id"]}], "uploads": [upload]})
    t.equal((wrong.status, wrong.json["errors"][0]["field"]), (422, "recipients[0].contact"), "one that is gone")


@case.test
def command_line_keeps_the_shared_one(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1]))

    def run(*words, status=0):
        got, out, err = server.cli(*words)
        t.equal(got, status, f"{words}: {out} {err}")
        return out + err

    run("contact", "add", "Front Desk", "200", "--company", "Hotel")
    file = f"{t.folder()}/book.csv"
    with open(file, "w") as f:
        f.write('name;number;company;note;groups\nRossi;050 123456;"Studio; Bianchi";;Courts | North\n\nNobody;;\n')
    said = run("contact", "import", file, status=65)
    t.true("1 added, 1 refused" in said and "row 4" in said, said)
    t.true("Studio; Bianchi" in run("contact", "list", "ross"), "found")
    t.true("Front Desk, Hotel  200" in run("contact", "list"), "listed")
    t.true("in Courts, North" in run("contact", "list", "--group", "courts") and "Front" not in run("contact", "list", "--group", "north"), "by group")
    document = f"{t.folder()}/a.txt"
    with open(document, "w") as f:
        f.write("Dear guests")
    run("send", "front desk", document, "--from-box", "front", "--no-wait")
    t.wait(lambda: [j["number"] for j in Store(server.state).jobs()] == ["200"], "the fax to a name")
    entry = run("contact", "list", "front").split()[0]
    t.true("deleted" in run("contact", "delete", entry), "deleted")
    t.true("nobody" in run("contact", "list", "front").lower(), "gone")
    run("contact", "forget", status=64)


case.main()
