# SPDX-License-Identifier: AGPL-3.0-or-later
"""openapi.json is made of the routes the server has, and every route of it is tried here: as a stranger, in each role, with
another tenant's ids. A new route cannot be forgotten: it is in the file, so it is in the walk."""

import json
import re
import socket

import case
import plant
import schema
from server import Server
from web import Browser

SECURE = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
          "Cache-Control": "no-store", "Access-Control-Allow-Origin": None}
ROLES = ["stranger", "user", "tenant", "installation"]
NOWHERE = "0192f0c1-7a3b-7c4d-8e5f-001122334455"
WHO = {"user": "clerk@apple.example", "guest": "guest@apple.example", "tenant": "boss@apple.example",
       "installation": "root@localhost"}
# What has no success here: it needs a mail server, a trunk, pages, or the other side of an authorization.
NO_SUCCESS = {"POST /faxes/{id}/print", "POST /mail-server/test", "GET /mail-server/test/{id}", "POST /mailboxes/test", "POST /mailboxes/authorize", "POST /mailboxes/redeem", "POST /setup/session", "POST /me/password", "POST /me/authenticator", "POST /me/authenticator/confirm", "POST /me/authenticator/recovery-codes", "POST /me/authenticator/remove", "DELETE /authenticators/{id}",
              "POST /api-keys", "DELETE /api-keys/{id}", "GET /jobs/{id}/document.pdf",
              "GET /jobs/{id}/report.pdf", "GET /jobs/{id}/pages/{n}.png", "GET /jobs/{id}/originals/{n}.png", "GET /faxes/{id}/pages/{n}.png",
              "GET /faxes/{id}/document.pdf", "GET /faxes/{id}/document.tif", "POST /jobs/{id}/cancel", "POST /jobs/{id}/retry", "POST /jobs/{id}/hold",
              "POST /jobs/{id}/release", "POST /jobs/{id}/alter", "POST /mails/{id}/hold", "POST /mails/{id}/release", "POST /mails/{id}/retry", "POST /mails/{id}/delete",
              "GET /deadletters/{id}", "POST /deadletters/{id}/replay", "POST /deadletters/{id}/delete", "POST /keys",
              "POST /mail-server/reset-tls", "POST /jobs", "POST /submissions", "POST /previews",
              "GET /previews/{id}/pages/{n}.png", "GET /previews/{id}/document.pdf", "POST /faxes/{id}/read",
              "POST /faxes/{id}/unread", "POST /password-forgotten", "POST /password-reset", "POST /invitations", "POST /contacts", "DELETE /contacts/{id}",
              "PUT /faxes/{id}/tags", "PUT /jobs/{id}/tags", "POST /faxes/{id}/notes", "POST /jobs/{id}/notes", "POST /faxes/{id}/mail", "POST /jobs/{id}/mail",
              "POST /trunks/test", "POST /nodes/drain", "POST /nodes/resume", "POST /nodes/remove", "GET /self-tests/{id}", "POST /login-providers/begin", "POST /login-providers/finish", 
              "POST /identity-providers/test", "POST /directories/run", "POST /templates/preview", "POST /templates/picture",
              "GET /archive/{id}/file", "POST /archive/{id}/verify", "POST /archive-places/test", "POST /archive-places/mark", "POST /archive-places/key", "DELETE /legal-holds/{id}",
              "GET /dkim-record", "POST /legal-holds/{id}", "DELETE /faxes/{id}", "POST /polled", "DELETE /polled", "POST /old-faxes"}
NUMBER = "?tenant=apple&number=%2B49305550001"
ARGUMENTS = {"GET /tags": "?of=faxes", "GET /old-faxes": "?source=hylafax%20recvq/fax1.tif&at_ms=1600000000000", "POST /webhooks/test": "?name=apple-hook", "GET /dkim-record": "?key=fax._domainkey.apple.example", "POST /explain": "?from=clerk@apple.example&to=200@applebox.fax.example.com", "POST /jobs/{id}/alter": "?priority=5", "DELETE /polled": "?box=applebox",
             **{f"POST /destinations/{what}": NUMBER for what in ("lock", "unlock", "forget")}}
IDS = {"jobs": "job", "faxes": "fax", "calls": "call", "submissions": "submission", "mails": "mail", "contacts": "contact", "notes": "note", "webhook-calls": "hook_call"}
RESOURCES = ("templates", "settings-templates", "webhooks", "identity-providers", "directories", "archive-places", "boxes", "users", "tenants", "mailboxes", "mail-servers", "dkim-keys", "trunks")
NO_SUCCESS |= {"POST /session/passkey", "POST /me/passkeys", "POST /me/passkeys/begin", "POST /me/passkeys/{id}/remove", "GET /passkeys", "DELETE /passkeys/{id}"}
NO_SUCCESS |= {f"PUT /{one}/{{name}}" for one in RESOURCES} | {"PUT /installation"}  # of all of it
NO_SUCCESS |= {f"POST /{one}" for one in RESOURCES} | {f"DELETE /{one}/{{name}}" for one in RESOURCES}
NO_SUCCESS |= {f"{method} /{one}/{{name}}" for one in ("mail-servers", "trunks", "directories", "archive-places") for method in ("GET", "PATCH")}  # there are none


def house(t):
    server = t.enter(Server(t.folder()))
    server.apply({**plant.provisioning(), "dkim": [{"name": "apple.example", "selector": "fax"}]})
    server.stop()
    planted = {word: plant.rows(server.state, word) for word in ("apple", "zebra")}
    server.start()
    return server, planted


def names(root, word):
    """{"boxes": how the API names that tenant's}"""
    users = root.get("/api/v1/users").json["items"]
    shared = root.get("/api/v1/settings-templates").json["items"]
    return {"settings-templates": next(one["id"] for one in shared if one["tenant"] == word), "boxes": f"{word}box", "tenants": word, "mailboxes": f"{word}-mailbox", "webhooks": f"{word}-hook", "dkim-keys": "fax._domainkey.apple.example", "identity-providers": f"{word}-id", "templates": f"cover-letter.en.{word}",
            "users": next(u["id"] for u in users if u["name"] == f"{word}-clerk")}


def browsers(t, server):
    found = {"stranger": Browser(server)}
    for role, login in WHO.items():
        found[role] = Browser(server)
        t.equal(found[role].login(login, plant.PASSWORD).status, 200, f"login as {role}")
    return found


def viewing(t, server, tenant):
    """The administrator of everything, who looks at one tenant."""
    browser = Browser(server)
    browser.headers = {"X-Faxpost-Tenant": tenant}
    t.equal(browser.login(WHO["installation"], plant.PASSWORD).status, 200, "login")
    return browser


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", method.upper(), path, operation


def address(path, **values):
    for name, value in {"id": NOWHERE, "n": 1, "name": "nothing", **values}.items():
        path = path.replace("{%s}" % name, str(value))
    return "/api/v1" + path


def body_of(operation):
    content = operation.get("requestBody", {}).get("content", {})
    return (b"{}", {"Content-Type": "application/json"}) if "application/json" in content else (b"x", {}) if content else (None, {})


def ask(browser, method, operation, target, **more):
    body, headers = body_of(operation)
    return browser.ask(method, target, body, {**headers, **more})


@case.test
def document_is_for_everybody_and_describes_every_route(t):
    server = t.enter(Server(t.folder()))
    document = Browser(server).get("/api/v1/openapi.json").json
    t.equal(document["openapi"], "3.1.0", "version")
    seen = list(operations(document))
    t.true(len(seen) >= 40, f"{len(seen)} operations")
    for key, method, path, operation in seen:
        t.true(operation["summary"] and operation["x-least-role"] in ROLES, key)
        named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        t.equal({part.strip("{}") for part in path.replace(".png", "").split("/") if part.startswith("{")}, named, f"{key}: path")
        t.true(any(status.startswith("2") for status in operation["responses"]), f"{key}: success")
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    t.equal(set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))) - known, set(), "schemas that are not there")
    open_ones = {key for key, _, _, operation in seen if operation.get("security") == []}
    t.equal(open_ones, {"GET /openapi.json", "GET /health", "POST /session", "POST /session/passkey", "POST /setup/session", "POST /password-forgotten", "POST /password-reset", "GET /login-providers", "POST /login-providers/begin", "POST /login-providers/finish"}, "open to strangers")


@case.test
def every_route_asks_for_its_role(t):
    server, _ = house(t)
    people = browsers(t, server)
    document = people["stranger"].get("/api/v1/openapi.json").json
    for key, method, path, operation in operations(document):
        least = ROLES.index(operation["x-least-role"])
        for role in ("stranger", "user", "tenant"):
            if ROLES.index(role) >= least or key == "DELETE /session":
                continue
            reply = ask(people[role], method, operation, address(path))
            t.equal(reply.status, 401 if role == "stranger" else 403, f"{key} as {role}: {reply}")
            t.equal({name: reply.headers.get(name) for name in SECURE}, SECURE, f"{key} as {role}: headers that protect a browser")
            t.true(str(reply.status) in operation["responses"], f"{key}: {reply.status} is described")


@case.test
def replies_are_as_described(t):
    server, planted = house(t)
    root = browsers(t, server)["installation"]
    document = root.get("/api/v1/openapi.json").json
    problem, named = {"$ref": "#/components/schemas/Problem"}, names(root, "apple")
    for key, method, path, operation in operations(document):
        if key in ("GET /events", "DELETE /session", "POST /session"):
            continue
        kind = path.split("/")[1]
        target = address(path, id=planted["apple"].get(IDS.get(kind), NOWHERE), name=named.get(kind, "nothing"))
        seen = {"If-Match": "*"} if method in ("PATCH", "PUT") else {}
        if key == "DELETE /faxes/{id}":  # others are asked about it still
            target = address(path)
        reply = ask(root, method, operation, target + ARGUMENTS.get(key, ""), **seen)
        t.true(str(reply.status) in operation["responses"], f"{key}: {reply.status} is described: {reply}")
        if reply.status >= 400:
            t.true(key in NO_SUCCESS, f"{key}: {reply}")
            t.equal(schema.complaints(document, problem, reply.json), [], f"{key}: problem")
            continue
        content = operation["responses"][str(reply.status)].get("content", {})
        if reply.type == "application/json":
            t.equal(schema.complaints(document, content["application/json"]["schema"], reply.json), [], key)
    session = document["paths"]["/session"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    t.equal(schema.complaints(document, session, Browser(server).login(WHO["user"], plant.PASSWORD).json), [], "a session")


@case.test
def what_is_wrong_is_said_alike_everywhere(t):
    server, _ = house(t)
    root = browsers(t, server)["installation"]
    document = root.get("/api/v1/openapi.json").json
    for key, method, path, operation in operations(document):
        arguments = {p["name"]: p for p in operation["parameters"] if p["in"] == "query"}
        if "limit" in arguments:
            reply = root.ask(method, address(path) + "?limit=x")
            t.equal((reply.status, reply.type), (400, "application/problem+json"), f"{key}: a limit that is none")
        if "{id}" in path:
            for wrong in ("7", "x" * 36, "%00", "..", "0192f0c1-7a3b-7c4d-8e5f-00112233445g"):
                t.equal(ask(root, method, operation, address(path, id=wrong)).status, 404, f"{key} with {wrong}")
            t.equal(ask(root, method, operation, address(path)).status, 404, f"{key} with an id that is nobody's")
        if 0 < operation.get("x-body-max", 0) < 1 << 20:
            reply = root.ask(method, address(path), b"x" * (operation["x-body-max"] + 1), {"Content-Type": "application/json"})
            t.equal(reply.status, 413, f"{key}: a body that is too large")
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            for wrong in (b"", b"{", b"[]", b"\xff", b'"x"'):
                reply = root.ask(method, address(path), wrong, {"Content-Type": "application/json"})
                t.true(reply.status in (400, 404, 428), f"{key} with {wrong!r}: {reply}")


def wrong_requests(method, operation, target, good):
    """What a program could send by mistake: (target, body, headers)."""
    content = operation.get("requestBody", {}).get("content", {})
    seen = {"If-Match": "*", "Content-Type": "application/json"}
    if "application/json" in content:
        yield target + good, b"{", seen
    body = None if method in ("GET", "DELETE") else b"{}" if "application/json" in content else b"x" if content else b""
    yield target, body, seen
    for p in operation["parameters"]:
        if p["in"] == "query":
            rest = "&".join(part for part in good.lstrip("?").split("&") if part and not part.startswith(p["name"] + "="))
            for value in ("x", "-1", "", "%ff", "a" * 3000):
                yield f"{target}?{rest}&{p['name']}={value}", body, seen


# What is not there, or a text that finds nothing: 404, or an empty list.
NO_WRONG = {f"{method} /{one}/{{name}}" for one in ("mail-servers", "trunks", "directories", "archive-places") for method in ("PATCH", "PUT")}
NO_WRONG |= {"GET /polled", "DELETE /polled", "GET /template-kinds", "GET /billing-codes", "POST /archive/verify",
             "POST /archive-places/key", "POST /archive-places/mark", "POST /archive-places/test", "GET /previews/{id}/pages/{n}.png", "POST /setup/session"}


@case.test
def every_route_that_takes_something_says_400(t):
    server, planted = house(t)
    root = browsers(t, server)["installation"]
    document, named = root.get("/api/v1/openapi.json").json, names(root, "apple")
    silent = set()
    for key, method, path, operation in sorted(operations(document), key=lambda o: o[1] == "DELETE"):
        if "400" not in operation["responses"] or key == "GET /events":
            continue
        kind = path.split("/")[1]
        target = address(path, id=planted["apple"].get(IDS.get(kind), NOWHERE), name=named.get(kind, "nothing"))
        for where, body, headers in wrong_requests(method, operation, target, ARGUMENTS.get(key, "")):
            reply = root.ask(method, where, body, headers)
            if reply.status == 400:
                if path == "/provisioning":  # what `faxpost apply` shows, place by place
                    break
                t.equal(schema.complaints(document, {"$ref": "#/components/schemas/Problem"}, reply.json), [], f"{key}: problem")
                break
        else:
            silent.add(key)
    t.equal(silent, NO_WRONG, "who never says 400")


# What cannot be done as things are: the same again, over already, at another place.
def conflicts(root, planted):
    own = planted["apple"]
    again = {"Idempotency-Key": "the same for all"}
    for what in ("cancel", "hold", "release", "retry", "alter"):
        yield f"POST /jobs/{{id}}/{what}", f"jobs/{own['job']}/{what}?priority=5", b"", {}
    for what in ("hold", "release", "retry", "delete"):
        yield f"POST /mails/{{id}}/{what}", f"mails/{own['mail']}/{what}", b"", {}
    yield "POST /api-keys", "api-keys", {"name": "k", "scope": "read", "password": plant.PASSWORD}, again
    yield "POST /session/passkey", "session/passkey", b"", {}
    yield "POST /me/passkeys/begin", "me/passkeys/begin", b"", {}
    yield "POST /keys", "keys?tenant=apple", b"", {}
    yield "POST /mail-server/test", "mail-server/test", b"", {}
    for resource, made in (("boxes", {"tenant": "apple", "id": "applebox", "name": "b"}), ("tenants", {"name": "apple"}),
                           ("users", {"tenant": "apple", "name": "apple-clerk", "addresses": ["other@apple.example"]}),
                           ("mailboxes", {"tenant": "apple", "name": "apple-mailbox", "address": "f@apple.example", "host": "127.0.0.1"}),
                           ("webhooks", {"tenant": "apple", "name": "apple-hook", "url": "https://127.0.0.1:8/"}),
                           ("identity-providers", {"tenant": "apple", "name": "apple-id", "issuer": "https://127.0.0.1:8", "client_id": "x"}),
                           ("settings-templates", {"tenant": "apple", "name": "apple-settings"}),
                           ("templates", {"tenant": "apple", "name": "cover-letter", "language": "en", "text": "subject: x\ntext:\n{to}\n"})):
        yield f"POST /{resource}", resource, made, {}


@case.test
def what_cannot_be_done_now_is_409(t):
    server, planted = house(t)
    root = browsers(t, server)["installation"]
    document = root.get("/api/v1/openapi.json").json
    root.post("/api/v1/api-keys", {"name": "k", "scope": "read", "password": plant.PASSWORD}, **{"Idempotency-Key": "the same for all"})
    root.post("/api/v1/keys?tenant=apple")
    described = {key: operation for key, _, _, operation in operations(document)}
    wrong = []
    for key, path, body, headers in conflicts(root, planted):
        reply = root.ask(key.split()[0], f"/api/v1/{path}", body, headers)
        if reply.status != 409 or "409" not in described[key]["responses"]:
            wrong.append((key, reply))
        else:
            t.equal(schema.complaints(document, {"$ref": "#/components/schemas/Problem"}, reply.json), [], f"{key}: problem")
    t.equal(wrong, [], "no conflict")
    never = {key for key, operation in described.items() if not key.startswith("GET ") and "409" not in operation["responses"]}
    t.equal(never & {key for key, *_ in conflicts(root, planted)}, set(), "what never conflicts")
    t.true({"PATCH /boxes/{name}", "POST /session", "DELETE /api-keys/{id}", "POST /explain"} <= never, f"who has nothing in his way: {never}")
    early = root.get(f"/api/v1/jobs/{planted['apple']['job']}/report.pdf")
    t.equal((early.status in (200, 409), "409" in described["GET /jobs/{id}/report.pdf"]["responses"]), (True, True), f"a report before the end: {early}")


class Hasty:
    """A program that asks too often: requests in one stream, one behind the other."""

    BURST = 40

    def __init__(self, server, key):
        self.address, self.key = server.port("http"), key

    def head(self, method, path, body=b""):
        return (f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def last(self, method, path, before, body=b""):
        """The status of that request behind so many others."""
        with socket.create_connection(self.address, timeout=120) as stream:
            stream.sendall(self.head("HEAD", "/api/v1/health") * before + self.head(method, path, body))
            heard = b""
            while len(statuses := re.findall(rb"HTTP/1\.1 (\d{3}) ", heard)) <= before:
                some = stream.recv(65536)
                if not some:
                    break
                heard += some
        return int(statuses[-1])


@case.test
def who_asks_too_often_waits_at_every_route(t):
    server, _ = house(t)
    root = browsers(t, server)["installation"]
    document = root.get("/api/v1/openapi.json").json
    hasty = Hasty(server, root.post("/api/v1/api-keys", {"name": "hasty", "scope": "read", "password": plant.PASSWORD}).json["key"])  # what gets through changes nothing
    t.wait(lambda: hasty.last("HEAD", "/api/v1/health", 300) == 429, "it may go on and on", 120)
    for key, method, path, operation in operations(document):
        t.true("429" in operation["responses"], f"{key}: 429 is described")
        body = body_of(operation)[0] or b""
        t.true(any(hasty.last(method, address(path), hasty.BURST * n, body) == 429 for n in (1, 2, 4, 8, 16)), f"{key} is answered, however often it is asked")
    t.equal(Browser(server).get("/api/v1/health").status, 200, "others are answered")


# A change of each, which a stale state may not overwrite.
CHANGES = {"boxes": {"name": "other"}, "users": {"language": "it"}, "tenants": {"area_code": "089"}, "mailboxes": {"address": "other@apple.example"},
           "identity-providers": {"label": "other"}, "settings-templates": {"tries": 9}, "templates": {"text": "subject: Other\ntext:\n{to}\n"}, "webhooks": {"url": "https://127.0.0.1:8/"}, "installation": {"fax_domain": "other.example"}, "contacts": {"number": "030 7"}, "dkim-keys": {"active": False}, "me": {"language": "it"},
           "faxes": {"tags": ["other"]}, "jobs": {"tags": ["other"]}}


@case.test
def no_route_overwrites_what_nobody_has_seen(t):
    """Wherever a state may be named by If-Match it has to be, and one that is gone changes nothing."""
    server, planted = house(t)
    root = browsers(t, server)["installation"]
    document, named = root.get("/api/v1/openapi.json").json, names(root, "apple")
    walked = 0
    for key, method, path, operation in operations(document):
        kind = path.split("/")[1]
        if "428" not in operation["responses"] or kind in ("mail-servers", "trunks", "notes", "directories", "archive-places"):  # there are none
            continue
        target = address(path, id=planted["apple"].get(IDS.get(kind), NOWHERE), name=named.get(kind, "nothing"))
        seen = root.get(target)
        t.equal(seen.status, 200, f"{key}: {seen}")
        body = None if method == "DELETE" else {**(seen.json if method == "PUT" else {}), **CHANGES[kind]}
        t.equal(root.ask(method, target, body).status, 428, f"{key} without If-Match")
        lost = root.ask(method, target, body, {"If-Match": '"of another day"'})
        t.equal((lost.status, lost.json["code"]), (412, "changed-meanwhile"), f"{key} with an old state: {lost}")
        t.equal(root.get(target).json, seen.json, f"{key}: nothing is changed")
        walked += 1
    t.true(walked >= 18, f"{walked} routes")


@case.test
# proves: S2.11
def nobody_sees_another_tenant_or_box(t):
    """Whatever a route is given that belongs to the other tenant does not exist, and no answer holds a word of it."""
    server, planted = house(t)
    people = browsers(t, server)
    people["viewing"] = viewing(t, server, "apple")
    document = people["stranger"].get("/api/v1/openapi.json").json
    foreign, named = list(planted["zebra"].values()), names(people["installation"], "zebra")
    for key, method, path, operation in operations(document):
        if key in ("GET /events", "DELETE /session", "DELETE /me/sessions", "POST /session", "POST /session/passkey", "POST /me/passkeys/begin", "POST /me/authenticator", "POST /me/authenticator/recovery-codes", "GET /openapi.json"):
            continue
        for role in ("user", "guest", "tenant", "viewing"):
            least = ROLES.index(operation["x-least-role"])
            if ROLES.index({"guest": "user", "viewing": "tenant"}.get(role, role)) < least:
                continue
            targets = [address(path)]
            if "{id}" in path:
                targets = [address(path, id=one) for one in foreign]
            if "{name}" in path:
                targets = [address(path, name=one) for one in named.values()]
            for argument in ("box", "tenant", "name", "user"):
                if any(p["name"] == argument for p in operation["parameters"] if p["in"] == "query"):
                    values = {"box": "zebrabox", "tenant": "zebra", "name": "zebra-mailbox", "user": "clerk@zebra.example"}
                    targets.append(f"{targets[0]}?{argument}={values[argument]}&number=200")
            for target in targets:
                reply = ask(people[role], method, operation, target, **{"If-Match": "*"})
                t.true(reply.status in ((404,) if "{" in path else (200, 201, 202, 400, 404, 422)), f"{key} as {role}: {reply.status}")
                echo = (reply.status >= 400 or key == "POST /uploads") and "?" in target  # what he wrote himself
                t.true(b"zebra" not in reply.body or echo, f"{key} as {role} shows another tenant's: {reply}")


@case.test
# proves: S2.11
def administrator_of_everything_looks_at_one_tenant_as_its_own_does(t):
    server, _ = house(t)
    apple, nobody = viewing(t, server, "apple"), viewing(t, server, "no%20such")
    session = apple.get("/api/v1/session").json
    t.equal((session["role"], session["tenant"]["name"], session["boxes"]), ("tenant", "apple", []), "who he is then")
    t.equal([b["id"] for b in apple.get("/api/v1/boxes").json["items"]], ["applebox"], "boxes")
    t.equal([s["outcome"]["code"] for s in apple.get("/api/v1/traffic").json["items"]], ["apple-code"], "traffic")
    t.equal(apple.get("/api/v1/trunks").status, 403, "what is the installation's")
    t.equal([nobody.get(f"/api/v1/{path}").json["items"] for path in ("boxes", "faxes", "jobs", "calls", "traffic")], [[]] * 5, "of no tenant")
    for nonsense in ("%FF%FE", "x" * 3000, "%00"):
        odd = viewing(t, server, nonsense)
        t.equal((odd.get("/api/v1/session").json["role"], odd.get("/api/v1/boxes").json["items"]), ("tenant", []), f"no name at all: {nonsense[:9]}")
    clerk = Browser(server)
    clerk.headers = {"X-Faxpost-Tenant": "zebra"}
    clerk.login(WHO["user"], plant.PASSWORD)
    t.equal((clerk.get("/api/v1/session").json["tenant"]["name"], clerk.get("/api/v1/boxes").status), ("apple", 403), "a user chooses nothing")
    program = Browser(server)
    program.headers = {"X-Faxpost-Tenant": "zebra", "X-Faxpost": None}
    boss = Browser(server)
    boss.login(WHO["installation"], plant.PASSWORD)
    program.headers["Authorization"] = "Bearer " + boss.post("/api/v1/api-keys", {"name": "k", "scope": "read", "password": plant.PASSWORD}).json["key"]
    t.equal([b["id"] for b in program.get("/api/v1/boxes").json["items"]], ["zebrabox"], "a program")


@case.test
# proves: S2.11
def everybody_sees_his_own(t):
    server, planted = house(t)
    people = browsers(t, server)
    own = planted["apple"]
    for role, sees in (("user", True), ("guest", False), ("tenant", True), ("installation", True)):
        for kind, key in (("jobs", "job"), ("faxes", "fax")):
            items = people[role].get(f"/api/v1/{kind}").json["items"]
            t.equal(own[key] in [item["id"] for item in items], sees, f"{kind} as {role}")
            t.equal(people[role].get(f"/api/v1/{kind}/{own[key]}").status, 200 if sees else 404, f"one of {kind} as {role}")
    t.equal(len(people["installation"].get("/api/v1/jobs").json["items"]), 2, "jobs of all")
    t.equal(len(people["tenant"].get("/api/v1/calls").json["items"]), 2, "calls of one tenant")
    t.equal(people["guest"].get("/api/v1/jobs?state=open").json["items"], [], "open jobs of a guest")
    for half, kind in (("receive", "jobs"), ("send", "faxes")):
        server.apply({"faxboxes": [{"id": "applebox", "users": [{"user": "apple-clerk", "send": half == "send", "receive": half == "receive"}]}]})
        t.equal(people["user"].get(f"/api/v1/{kind}").json["items"], [], f"{kind} with {half} alone")
        t.equal(people["user"].get(f"/api/v1/{kind}/{own['job' if kind == 'jobs' else 'fax']}").status, 404, f"one with {half} alone")


@case.test
# proves: S2.12
def sending_takes_the_permission_to_send(t):
    server, _ = house(t)
    people = browsers(t, server)
    def send(role, box):
        return people[role].ask("POST", f"/api/v1/jobs?box={box}&number=030123456", b"a text to fax", {"Content-Type": "text/plain"}).status

    t.equal(send("user", "applebox"), 202, "from his box")
    t.equal(send("guest", "applebox"), 404, "from a box that he has no right on")
    t.equal(send("tenant", "applebox"), 403, "an administrator without the permission")
    t.equal([send(role, "zebrabox") for role in ("user", "guest", "tenant")], [404] * 3, "from another tenant's")
    submissions = people["user"].get("/api/v1/jobs")
    t.equal(submissions.status, 200, "list")
    server.apply({"faxboxes": [{"id": "applebox", "users": [{"user": "apple-clerk", "send": False, "receive": True}]}]})
    t.equal(send("user", "applebox"), 403, "with the permission to receive alone")


case.main()
