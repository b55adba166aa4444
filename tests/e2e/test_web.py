# SPDX-License-Identifier: AGPL-3.0-or-later
"""The door for browsers and programs: what strangers get."""

import case
from server import Server
from web import Browser

SECURE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@case.test
def strangers_see_nothing_of_the_api(t):
    browser = Browser(t.enter(Server(t.folder())))
    for method, path in (("GET", "status"), ("GET", "jobs"), ("POST", "jobs?box=front&number=200"), ("DELETE", "jobs"),
                         ("GET", "no-such-thing"), ("GET", ""), ("GET", "jobs/0192f0c1-7a3b-7c4d-8e5f-001122334455")):
        reply = browser.ask(method, f"/api/v1/{path}", b"x" * 100000 if method == "POST" else None)
        t.equal((reply.status, reply.type, reply.json["code"]), (401, "application/problem+json", "not-logged-in"),
                f"{method} {path}")
        t.true("Bearer" in reply.headers["WWW-Authenticate"], "how to log in")
    for path in ("/api", "/api/", "/api/v2/status"):
        t.equal(browser.get(path).status, 401, path)


@case.test
def health_is_for_everybody(t):
    server = t.enter(Server(t.folder()))
    reply = Browser(server).get("/api/v1/health")
    t.equal((reply.status, reply.json), (200, {"ok": True, "queue": True, "store": True, "reasons": []}), "health")
    t.equal(Browser(server).ask("HEAD", "/api/v1/health").body, b"", "HEAD")


@case.test
def every_reply_has_the_headers_that_protect_a_browser(t):
    browser = Browser(t.enter(Server(t.folder())))
    for path in ("/api/v1/health", "/api/v1/status", "/nowhere.js"):
        reply = browser.get(path)
        t.equal({name: reply.headers.get(name) for name in SECURE}, SECURE, path)
        t.true("frame-ancestors 'none'" in reply.headers["Content-Security-Policy"], f"{path}: content policy")
        t.true("unsafe" not in reply.headers["Content-Security-Policy"], f"{path}: strict")
        t.equal(reply.headers.get("Access-Control-Allow-Origin"), None, f"{path}: CORS")
    t.equal(browser.get("/api/v1/health").headers["Cache-Control"], "no-store", "caching of the API")


@case.test
def files_are_only_read_and_lie_in_no_folder(t):
    browser = Browser(t.enter(Server(t.folder())))
    t.equal(browser.post("/inbox", b"x").status, 405, "POST")
    for path in ("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/..%2f..%2fetc%2fpasswd"):
        t.true(b"root:" not in browser.get(path).body, path)


case.main()
