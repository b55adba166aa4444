# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks in the browser: made, tested, what they were told, and told again."""

import http.server
import json
import threading

import case
from house import ADMIN, FAX_SECONDS, check_look, fax, open_house, visit


def receiver(t, answers):
    """Somebody's server: answers these in turn, then 204. (its URL, what it was told)"""
    told = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    t.later(server.shutdown)
    return f"http://127.0.0.1:{server.server_address[1]}/", told


@case.test
def webhook_is_made_tested_and_told_again(t):
    url, told = receiver(t, [500, 204, 410])
    server = open_house(t)
    t.equal(server.cli("set", "installation.webhook_networks", "127.0.0.0/8")[0], 0, "our own network")
    page = visit(t, server, ADMIN)
    page.go("/admin/webhooks")
    page.see("text=No webhook yet")
    page.click("role=button[name='New webhook']")
    page.fill("#new-name", "office")
    page.fill("#new-url", "no url")
    page.click("role=button[name='Make webhook']")
    page.see("dialog >> .field:has(#new-url) >> role=alert")
    page.fill("#new-url", url)
    page.click("role=button[name='Make webhook']")
    page.see("#f-url")
    for said in ("The server does not take it", "The server takes it"):
        page.click("role=button[name='Test']")
        page.see(f"text={said}")
    page.check("role=checkbox[name='A fax was received']", False)
    page.see("[data-field='events'] .changed")
    t.true(page.script("document.querySelector('section[aria-labelledby=test-title] button').disabled"), "what is not saved is not tested")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    fax(t, server, pages=1)
    page.see(".hook-calls tbody >> text=Given up")
    check_look(t, page, "a webhook")
    page.click("tbody >> role=button[name=/Call again/]")
    page.see("tbody >> text=Delivered")
    t.wait(lambda: [e["type"] for e in told].count("fax.sent") == 2, f"told: {told}", FAX_SECONDS)
    t.equal([e["type"] for e in told if e["type"] == "fax.received"], [], "what it is not told")
    page.check_well(t)


case.main()
