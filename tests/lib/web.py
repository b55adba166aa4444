# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API of a server over TCP, as a browser or a program asks it.

    browser = Browser(server)
    browser.login("frontdesk@example.com", "...")
    browser.get("/api/v1/session").json["role"]
"""

import http.client
import json


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.type = (response.headers.get("Content-Type") or "").split(";")[0]
        self.json = json.loads(self.body) if self.type in ("application/json", "application/problem+json") and self.body else None

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Browser:
    def __init__(self, server, door="http"):
        self.address = server.port(door)
        self.cookie = None
        self.headers = {}

    def ask(self, method, path, body=None, headers=None):
        """body: bytes, or anything else as JSON. A cookie that comes is kept."""
        sent = {**self.headers, **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        if self.cookie:
            sent.setdefault("Cookie", self.cookie)
        if method not in ("GET", "HEAD"):
            sent.setdefault("X-Faxpost", "1")
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
            reply = Reply(connection.getresponse())
        finally:
            connection.close()
        for cookie in reply.headers.get_all("Set-Cookie") or ():
            self.cookie = cookie.split(";")[0] if "Max-Age=0" not in cookie else None
        return reply

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, headers=headers)

    def login(self, login, password, **more):
        return self.post("/api/v1/session", {"login": login, "password": password, **more})
