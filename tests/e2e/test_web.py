# SPDX-License-Identifier: AGPL-3.0-or-later
"""The door for browsers and programs: what strangers get."""

import gzip
import itertools
import socket

import case
import plant
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


def pour(server, head, pieces):
    """Sends that and, for as long as it is taken, the pieces; (what was answered, how many bytes went out)."""
    with socket.create_connection(server.port("http"), timeout=120) as stream:
        sent = 0
        try:
            stream.sendall(head)
            for piece in pieces:
                stream.sendall(piece)
                sent += len(piece)
            return stream.recv(65536), sent
        except OSError:
            return b"", sent


@case.test
def bodies_without_end_are_cut_off(t):
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    browser = Browser(server)
    t.equal(browser.login("clerk@apple.example", plant.PASSWORD).status, 200, "login")
    web = dict(server.roles())["web.0"]
    who = f"Host: x\r\nX-Faxpost: 1\r\nCookie: {browser.cookie}\r\nContent-Type: application/json\r\n"
    def endless():
        return itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n", 16384)  # 1 GiB

    parts = itertools.chain([b"10000\r\n--b" + b"\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--b".ljust(65533, b"-") + b"\r\n"], endless())
    limit = 64 << 20
    for what, head, pieces in (
            ("a stranger's", "POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", endless()),
            ("chunks for ever", f"PATCH /api/v1/me HTTP/1.1\r\n{who}Transfer-Encoding: chunked\r\n\r\n", endless()),
            ("parts for ever", f"POST /api/v1/api-keys HTTP/1.1\r\n{who.replace('application/json', 'multipart/form-data; boundary=b')}Transfer-Encoding: chunked\r\n\r\n", parts),
            ("a GiB that is announced", f"POST /api/v1/api-keys HTTP/1.1\r\n{who}Content-Length: {1 << 30}\r\n\r\n", itertools.repeat(b"x" * 65536, 16384)),
            ("a file address", "POST /inbox HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", endless())):
        _, sent = pour(server, head.encode(), pieces)
        t.true(sent < limit, f"{what}: {sent >> 20} MiB were taken")
    # Packed bodies are not unpacked: they are no JSON.
    packed = gzip.compress(b'{"name":"k","scope":"read","x":"' + b"x" * (50 << 20) + b'"}', 9)
    reply = browser.ask("POST", "/api/v1/api-keys", packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"})
    t.true(reply.status in (400, 413), f"a bomb: {reply}")
    t.equal(dict(server.roles())["web.0"], web, "web lives")
    used = int(next(line for line in open(f"/proc/{web}/status") if line.startswith("VmHWM")).split()[1])
    t.true(used < 300_000, f"{used} kB at most")
    t.equal(browser.get("/api/v1/session").status, 200, "and answers")


case.main()
