# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every place of the application as people see it: in light and dark and on a telephone, clean for axe, no wider than the
window, without a fault."""

import pathlib
import re

import case
from chromium import PHONE
from house import ADMIN, PASSWORD, check_look, fax, keep_shot, open_house, visit
from store import Store, uuid_text
from web import Browser

UI = pathlib.Path(__file__).resolve().parents[2] / "ui" / "src" / "app.tsx"
PLACES = ("/inbox", "/sent", "/send", "/contacts", "/me", "/admin", "/admin/alarms", "/admin/calls", "/admin/explain", "/admin/mail", "/admin/mail/outgoing",
          "/admin/mail/deadletters", "/admin/boxes", "/admin/boxes/front", "/admin/boxes/front/users", "/admin/boxes/front/smtp",
          "/admin/boxes/front/mail2fax", "/admin/boxes/front/sending", "/admin/boxes/front/receiving", "/admin/boxes/front/archive", "/admin/archive", "/admin/archive/nas", "/admin/users",
          "/admin/mailboxes", "/admin/mailboxes/post", "/admin/trunks", "/admin/trunks/loopback", "/admin/tenants",
          "/admin/tenants/example", "/admin/usage", "/admin/webhooks", "/admin/webhooks/office", "/admin/audit", "/admin/nodes", "/admin/system", "/admin/destinations",
          "/admin/providers", "/admin/providers/example", "/admin/directories", "/admin/directories/staff", "/admin/templates", "/admin/templates/cover-letter.en.example")


def look_at(t, server, places, look, **how):
    page = visit(t, server, ADMIN, **how)
    for path in places:
        page.go(path)
        keep_shot(t, page, f"{path.strip('/').replace('/', '-')}-{look}")
        check_look(t, page, f"{look} {path}")
    page.check_well(t)


def unseen_places(seen):
    """Rows of the application's table that none of these is."""
    rows = re.findall(r'path: "([^"]+)"', UI.read_text())
    patterns = {row: re.sub(r"/:\w+\?", "(/[^/]+)?", re.sub(r"/:\w+(?!\w*\?)", "/[^/]+", row)) for row in rows}
    return [row for row, pattern in patterns.items() if not any(re.fullmatch(pattern, path) for path in seen)]


@case.test
# proves: S2.11
def places_are_accessible_in_light_dark_and_on_a_telephone(t):
    server = open_house(t)
    server.apply({"archive_places": [{"name": "nas", "kind": "local", "url": "nas"}, {"name": "away", "kind": "sftp", "url": "sftp://127.0.0.1:9/faxes", "username": "fax", "host_key": "SHA256:" + "A" * 43, "rank": 2}]})
    job, received = fax(t, server)
    fax(t, server, pages=1, number="0301234567")
    admin = Browser(server)
    admin.login(ADMIN, PASSWORD)
    made = admin.post("/api/v1/mailboxes", {"name": "post", "tenant": "example", "address": "fax@example.com", "host": "127.0.0.1", "enabled": False})
    t.equal(made.status, 201, f"a mailbox: {made}")
    t.equal(admin.post("/api/v1/templates", {"name": "cover-letter", "tenant": "example", "language": "en", "text": "subject: x\ntext:\n{to}\n"}).status, 201, "a template")
    t.equal(admin.post("/api/v1/webhooks", {"name": "office", "tenant": "example", "url": "https://office.example/"}).status, 201, "a webhook")
    t.equal(admin.post("/api/v1/identity-providers", {"name": "example", "issuer": "https://login.example", "client_id": "x"}).status, 201, "a login provider")
    directory = {"name": "staff", "tenant": "example", "host": "127.0.0.1", "base": "dc=example", "enabled": False}
    t.equal(admin.post("/api/v1/directories", directory).status, 201, "a directory")
    entry = admin.post("/api/v1/contacts", {"name": "Court", "number": "030 999"}).json["id"]
    person = admin.get("/api/v1/users").json["items"][0]["id"]
    call = Store(server.state).attempts(job["id"])[-1]
    places = [*PLACES, "/inbox/" + uuid_text(received["id"]), "/sent/" + uuid_text(job["id"]), "/admin/users/" + person, "/contacts/" + entry,
              "/admin/calls/" + uuid_text(call["id"])]
    t.equal(unseen_places(places), [], "places that nobody looks at")
    look_at(t, server, places, "light")
    look_at(t, server, places, "dark", dark=True)
    look_at(t, server, places, "phone", size=PHONE)


case.main()
