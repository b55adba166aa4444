# SPDX-License-Identifier: AGPL-3.0-or-later
"""A house with one of everything, and the addresses of all places of the application, from its own table."""

import pathlib
import re

from house import ADMIN, PASSWORD, fax
from store import Store, uuid_text
from web import Browser

APP = pathlib.Path(__file__).resolve().parents[2] / "ui" / "src" / "app.tsx"
TABS = {"/admin/boxes/front": ("users", "smtp", "mail2fax", "sending", "receiving", "archive"),
        "/admin/tenants/example": ("mail", "numbers", "limits", "archive")}
SHARED_TABS = ("receiving", "archive")
PLACES = ("/inbox", "/sent", "/send", "/contacts", "/me", "/admin", "/admin/alarms", "/admin/calls", "/admin/explain", "/admin/mail", "/admin/mail/spare", "/admin/dkim",
          *(f"/admin/dkim/{selector}._domainkey.fax.example.com" for selector in ("fax2026", "next")),
          "/admin/queues", "/admin/queues/mails", "/admin/queues/deadletters", "/admin/boxes", "/admin/boxes/front", "/admin/archive", "/admin/archive/nas",
          "/admin/settings-templates", "/admin/users", "/admin/mailboxes", "/admin/mailboxes/post", "/admin/trunks", "/admin/trunks/loopback", "/admin/tenants", "/admin/tenants/example",
          "/admin/numbers", "/admin/usage", "/admin/webhooks", "/admin/webhooks/office", "/admin/audit", "/admin/nodes", "/admin/system",
          "/admin/destinations", "/admin/providers", "/admin/providers/example", "/admin/directories", "/admin/directories/staff", "/admin/templates",
          "/admin/templates/cover-letter.en.example", *(f"{page}/{tab}" for page, tabs in TABS.items() for tab in tabs))


def furnish(t, server):
    """One of each kind of settings, and an entry of the address book; the places that there are then."""
    sftp = {"name": "away", "kind": "sftp", "url": "sftp://127.0.0.1:9/faxes", "username": "fax", "host_key": "SHA256:" + "A" * 43, "rank": 2}
    server.apply({
        "archive_places": [{"name": "nas", "kind": "local", "url": "nas"}, sftp],
        "mail_server": {"host": "127.0.0.1", "port": 9, "security": "none"},
        "mail_servers": [{"name": "spare", "host": "127.0.0.1", "port": 9, "security": "none", "fallback": True}],
        "mailboxes": [{"name": "post", "tenant": "example", "address": "fax@example.com", "host": "127.0.0.1", "enabled": False}],
        "mail_templates": [{"name": "cover-letter", "tenant": "example", "language": "en", "text": "subject: x\ntext:\n{to}\n"}],
        "dkim": [{"name": "fax.example.com", "selector": "fax2026"}, {"name": "fax.example.com", "selector": "next"}],
        "settings_templates": [{"tenant": "example", "name": "Practices", "tries": 5}],
        "faxboxes": [{"tenant": "example", "id": "front", "template": "Practices", "own": ["station_id", "caller_id", "header_name", "resolution"]}],
        "webhooks": [{"name": "office", "tenant": "example", "url": "https://office.example/"}],
        "identity_providers": [{"name": "example", "issuer": "https://login.example", "client_id": "x"}],
        "directories": [{"name": "staff", "tenant": "example", "host": "127.0.0.1", "base": "dc=example", "enabled": False}]})
    admin = Browser(server)
    admin.login(ADMIN, PASSWORD)
    entry = admin.post("/api/v1/contacts", {"name": "Court", "number": "030 999"}).json["id"]
    person = next(u["id"] for u in admin.get("/api/v1/users").json["items"] if u["name"] == "office")
    shared = "/admin/settings-templates/" + admin.get("/api/v1/settings-templates").json["items"][0]["id"]
    return [*PLACES, "/admin/users/" + person, "/contacts/" + entry, shared, *(f"{shared}/{tab}" for tab in SHARED_TABS)]


def fill(t, server):
    """One fax that arrived and one that did not; the places of what came of them."""
    job, received = fax(t, server)
    fax(t, server, pages=1, number="0301234567")
    admin = Browser(server)
    admin.login(ADMIN, PASSWORD)
    report = next(m["id"] for m in admin.get("/api/v1/mails").json["items"] if m["kind"] == "report")
    call = Store(server.state).attempts(job["id"])[-1]
    return ["/inbox/" + uuid_text(received["id"]), "/sent/" + uuid_text(job["id"]), "/admin/calls/" + uuid_text(call["id"]), "/admin/queues/mails/" + report]


def unseen_places(seen):
    """Rows of the application's table that none of these is."""
    rows = re.findall(r'path: "([^"]+)"', APP.read_text())
    patterns = {row: re.sub(r"/:\w+\?", "(/[^/]+)?", re.sub(r"/:\w+(?!\w*\?)", "/[^/]+", row)) for row in rows}
    return [row for row, pattern in patterns.items() if not any(re.fullmatch(pattern, path) for path in seen)]
