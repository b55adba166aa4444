# SPDX-License-Identifier: AGPL-3.0-or-later
"""What strangers write themselves - numbers, station names, subjects, file names, the words on a page, addresses, names of a
directory's people - is shown as text and never runs."""

import contextlib
import sqlite3

import case
import pdf
import plant
from chromium import Chromium
from server import Server
from web import Browser

SCRIPT = "<img src=x onerror=\"window.ran=(window.ran||'')+'{0} '\"><script>window.ran='{0}'</script><svg onload=window.ran='{0}'>{{{{7*7}}}}"
LINK = "javascript:window.ran='{0}'//"
TRACES = """[window.ran || '', document.querySelectorAll("img[src='x'], svg[onload], script:not([src]), [href^='javascript:']").length]"""


def bad(name):
    return SCRIPT.format(name)


def spoil(server):
    """Whatever comes from outside, in the rows that are there."""
    with contextlib.closing(sqlite3.connect(server.state / "faxpost.db")) as db, db:
        def put(table, where="1", **values):
            db.execute(f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in values)} WHERE {where}", tuple(values.values()))

        put("fax", calling=bad("caller"), called=bad("called"))
        put("attempt", station_id=bad("station"), trunk=bad("trunk"))
        put("job", display_number=bad("number"), reason=bad("reason"), code=bad("code"), billing=bad("billing"))
        put("submission", subject=bad("subject"), sender=f"\"{bad('sender')}\"@apple.example")
        put("mail_out", recipient=bad("recipient"), sender=bad("from"), subject=bad("mail"), reason=bad("bounce"))
        put("note", text=bad("note"), who=bad("who"))
        db.execute("INSERT INTO mail_event SELECT id, 1, 'refused', ?, ?, ?, ?, 2, 1, 2 FROM mail_out",
                   (bad("releaser"), bad("server"), bad("said"), bad("answer")))
        put("tag", tag=bad("tag"))
        put("contact", name=bad("contact"), company=LINK.format("company"), note=bad("memo"), number=bad("dial"))
        put("user", "name = 'apple-guest'", name=bad("person"))
        put("user_address", "address LIKE 'guest@apple%'", address=f"{LINK.format('address')}@apple.example")
        put("api_key", name=bad("key"))
        put("webhook_call", reason=bad("hook"))
        put("traffic", code=bad("cause"))
        put("faxbox", "id = 'applebox'", name=bad("box"))
        db.execute("INSERT INTO page_text (fax, page, state, urgent, plain) SELECT id, 0, 1, 0, ? FROM fax", (f"Befund {bad('read')}",))
        put("fax_search", words="befund onerror")


@case.test
def what_strangers_write_never_runs(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    server.stop()
    ids = plant.rows(server.state, "apple")
    spoil(server)
    server.start()
    root = Browser(server)
    t.equal(root.login("root@localhost", plant.PASSWORD).status, 200, "login")
    document = root.get("/api/v1/faxes").json["items"][0]
    t.true("onerror" in document["calling"], f"it is there as it came: {document}")
    person = next(u["id"] for u in root.get("/api/v1/users").json["items"] if "onerror" in u["name"])
    page = t.enter(Chromium(server))
    page.login("root@localhost", plant.PASSWORD)
    seen = 0
    for path in ("/inbox", f"/inbox/{ids['fax']}", "/sent", f"/sent/{ids['job']}", "/send", "/contacts", f"/contacts/{ids['contact']}", "/admin",
                 "/admin/calls", f"/admin/calls/{ids['call']}", f"/admin/calls/{ids['call_in']}", "/admin/mail", "/admin/queues", "/admin/queues?state=failed",
                 "/admin/queues/mails?state=all", f"/admin/queues/mails/{ids['mail']}", "/admin/queues/deadletters", "/admin/archive", "/admin/nodes",
                 "/admin/boxes", "/admin/boxes/applebox", "/admin/boxes/applebox/users", "/admin/users", f"/admin/users/{person}", "/admin/usage",
                 "/admin/webhooks/apple-hook", "/admin/audit", "/admin/destinations", "/admin/alarms", f"/inbox?q={bad('asked')}", f"/{bad('place')}"):
        page.go(path)
        t.equal(page.script(TRACES), ["", 0], f"{path}: what ran, and what of it is more than text")
        seen += page.script("document.body.innerText.includes('onerror=')")
    t.true(seen >= 10, f"it was shown as text in {seen} places")
    page.go("/inbox?q=befund onerror")
    page.see(".found mark >> text=onerror")
    t.equal(page.script(TRACES), ["", 0], "what ran of the words that were found on a page")
    file = server.folder / "<img src=x onerror=window.ran=1>{{7*7}}.pdf"
    file.write_bytes(pdf.make(1))
    clerk = t.enter(Chromium(server))
    clerk.login("clerk@apple.example", plant.PASSWORD)
    clerk.go("/send")
    clerk.files("input[type=file]", [str(file)])
    clerk.see(".file-name >> text=onerror")
    t.equal(clerk.script(TRACES), ["", 0], "what ran of a file's name")
    page.go(f"/admin/queues/mails/{ids['mail']}")
    page.see(".history >> text=onerror")
    shown = page.script("fetch('/api/v1/faxes').then((r) => r.json()).then((j) => j.items[0].calling)")
    t.true("onerror" in shown, f"the browser got it: {shown}")


case.main()
