# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists and searches of the API, and what people note of a fax, from the running server."""

import case
import door
import mail
import pdf
import provision
from server import Server
from store import Store

FAX_SECONDS = 240
NASTY = '<script>alert(1)</script> "x"\u202e.pdf'


@case.test
# proves: S2.11
def faxes_are_found_and_marked(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1]))
    to = f"200@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [(NASTY, "application/pdf", pdf.make(1, lines=3))],
                                             subject="Befund Müller"), recipients=[to])
    store = Store(server.state)
    t.wait(lambda: store.faxes() and store.faxes()[0]["state"] == "complete" and store.jobs()[0]["state"] == "done",
           f"no fax: {server.log_tail()}", FAX_SECONDS)

    def ids(path, **arguments):
        answer = door.get(server, path, **arguments)
        t.equal((answer.status, answer.headers["Content-Type"]), (200, "application/json"), f"{path} {arguments}")
        return [item["id"] for item in answer.json["items"]]

    fax, job = ids("faxes")[0], ids("jobs")[0]
    for found in ({"q": "100"}, {"box": "back"}, {"state": "complete"}, {"state": ["partial", "complete"]}, {"archived": 0},
                  {"q": "100", "box": "back", "archived": 0, "since": 1}):
        t.equal(ids("faxes", **found), [fax], f"faxes by {found}")
    for missed in ({"q": "4711"}, {"box": "front"}, {"state": "partial"}, {"archived": 1}, {"until": 1}, {"before": fax},
                   {"q": "100", "before": fax}, {"box": "' OR 1=1 --"}):
        t.equal(ids("faxes", **missed), [], f"faxes by {missed}")
    names = [row["name"] for row in store.rows("SELECT name FROM document")]
    for found in ({"q": "befund"}, {"q": "MÜLLER"}, {"q": 'script> "x"'}, {"q": "200"}, {"q": "frontdesk", "box": "front"},
                  {"state": "done"}):
        t.equal(ids("jobs", **found), [job], f"jobs by {found}; documents {names}")
    for wrong in ({"q": "ab"}, {"q": "x" * 201}, {"state": "lost"}, {"since": "yesterday"}, {"archived": "yes"}, {"limit": 0},
                  {"limit": 100000}, {"before": "x"}, {"unread": 1}):
        answer = door.get(server, "faxes", **wrong)
        t.equal((answer.status, answer.headers["Content-Type"]), (400, "application/problem+json"), f"{wrong}")
    archived = door.ask(server, "POST", f"faxes/{fax}/archive")
    t.equal((archived.status, archived.json["archived"]), (200, True), "archived")
    t.equal((ids("faxes", archived=0), ids("faxes", archived=1)), ([], [fax]), "lists then")
    door.ask(server, "POST", f"faxes/{fax}/unarchive")
    t.equal(ids("faxes", archived=0), [fax], "put back")
    t.equal(door.ask(server, "POST", f"faxes/{fax}/read").status, 409, "read by nobody")
    t.equal(len(store.rows("SELECT * FROM fax_unread")), 1, "unread by the box's one user")


case.main()
