# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nonsense in every request of openapi.json: nothing is answered with 500, no process dies. Thirty minutes in the long form.
FAXPOST_SEED=n repeats a run."""

import collections
import http.client
import json
import os
import random
import time
import urllib.parse

import case
import plant
from server import Server
from web import Browser

LONG_SECONDS, SHORT_REQUESTS = 1800, 700
NOWHERE = "0192f0c1-7a3b-7c4d-8e5f-001122334455"
# What ends the session that asks, or asks for another machine's answer and waits for it.
LEFT_OUT = {"DELETE /session", "GET /events", "POST /session", "POST /me/password", "POST /mail-server/test", "POST /mailboxes/test",
            "POST /mailboxes/authorize", "POST /mailboxes/redeem", "POST /keys", "POST /setup/finish", "GET /provisioning"}
TEXTS = ["", " ", "x", "x" * 70, "x" * 5000, "\x00", "\n", "a\r\nBcc: x@y", "\u202e", "\ud83d\ude00", "é" * 300, "%00", "../../etc/passwd", "' OR 1=1 --",
         "<script>", "{name}", "%s%n", "-1", "030 123456", "+4930123456^FINE", "http://127.0.0.1/", "https://a/", "a@b.example", "*", "null", NOWHERE,
         "applebox", "apple", "2026-11-01", "=1+1", "00000000-0000-0000-0000-000000000000"]
NUMBERS = [0, 1, -1, 5, 2**31, 2**32, 2**53, 2**63 - 1, -2**63, 1.5, 1e300]


def value(r, depth=0):
    kind = r.randrange(9 if depth < 3 else 6)
    if kind < 3:
        return r.choice(TEXTS)
    if kind == 3:
        return r.choice(NUMBERS)
    if kind in (4, 5):
        return r.choice([True, False, None])
    if kind < 8:
        return [value(r, depth + 1) for _ in range(r.choice([0, 1, 2, 30]))]
    return {r.choice(TEXTS): value(r, depth + 1) for _ in range(r.randrange(4))}


def like(r, document, schema, depth=0):
    """Something of that schema, with a wrong part here and there."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if r.random() < 0.15 or depth > 4:
        return value(r, depth)
    if "anyOf" in schema:
        return like(r, document, schema["anyOf"][0], depth)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        made = {name: like(r, document, one, depth + 1) for name, one in schema.get("properties", {}).items() if r.random() < 0.7}
        if r.random() < 0.1 or not schema.get("properties"):
            made[r.choice(["name", "id", "tenant", "absent", "@id", "@path", "url", "secret", "x" * 300])] = value(r, depth + 1)
        return made
    if kind == "array":
        return [like(r, document, schema.get("items", {}), depth + 1) for _ in range(r.choice([0, 1, 2, 3]))]
    if kind in ("integer", "number"):
        return r.choice(NUMBERS + [3, 60, 500])
    return r.choice([True, False]) if kind == "boolean" else r.choice(TEXTS)


def body_of(r, document, method, path, operation):
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None, {}
    if "application/json" not in content:
        return r.choice([b"", b"x", b"%PDF-1.4\n%%EOF", os.urandom(50)]), {"Content-Type": r.choice(["text/plain", "application/pdf", "x" * 300])}
    schema = content["application/json"]["schema"]
    if schema == {"type": "object"}:  # settings: what they look like is what GET gives
        shown = document["paths"].get("/" + path.split("/")[1] + "/{name}", document["paths"].get(path, {})).get("get", {})
        schema = shown.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {}).get("schema", schema)
    text = json.dumps(like(r, document, schema))
    if r.random() < 0.1:
        at = r.randrange(len(text) + 1)
        text = text[:at] + r.choice(["", "}", "\\u0000", '"', "\\ud800", ",,"]) + text[at + r.randrange(3):]
    return text.encode(), {"Content-Type": "application/json"}


def names_of(browser, document):
    """{first part of a path: what stands there for {name}}, of whatever resources there are."""
    found = {}
    for path in document["paths"]:
        if path.endswith("/{name}"):
            entries = browser.get("/api/v1" + path.removesuffix("/{name}")).json["items"]
            found[path.split("/")[1]] = [e.get("id") or e["name"] for e in entries]
    return found


def talk(t, seed, r, goes_on):
    """To one server, until the nonsense changed or deleted the one who says it; how many requests."""
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    server.stop()
    planted = list(plant.rows(server.state, "apple").values())
    server.start()
    people = []
    for login in ("root@localhost", "boss@apple.example", "clerk@apple.example"):
        people.append(Browser(server))
        t.equal(people[-1].login(login, plant.PASSWORD).status, 200, login)
    document = people[0].get("/api/v1/openapi.json").json
    names = names_of(people[0], document)
    operations = [(method.upper(), path, o) for path, methods in document["paths"].items() for method, o in methods.items()
                  if f"{method.upper()} {path}" not in LEFT_OUT]
    running = {name: pid for name, pid in server.roles() if name.split(".")[0] in ("queue", "web", "convert", "mailout")}
    asked, seen = 0, {}
    while goes_on(asked):
        method, path, operation = operations[asked % len(operations)] if asked < len(operations) else r.choice(operations)
        asked += 1
        target = "/api/v1" + path
        for name in ("id", "n", "name"):
            target = target.replace("{%s}" % name, r.choice(planted + [NOWHERE]) if name == "id" else r.choice(["1", "0", "99999999999"]) if name == "n"
                                    else urllib.parse.quote(r.choice(names[path.split("/")[1]]), safe="") if r.random() < 0.6 and names.get(path.split("/")[1])
                                    else r.choice(["applebox", "apple", "%00", "%ff", "x" * 300, "..%2f"]))
        query = [f"{p['name']}={r.choice(['', '1', '-1', 'x', '%00', '%ff', NOWHERE, 'apple', '9' * 30, 'a' * 3000])}" for p in operation["parameters"]
                 if p["in"] == "query" and r.random() < 0.4]
        body, headers = body_of(r, document, method, path, operation)
        headers = {**headers, **({"If-Match": r.choice(["*", '"x"', "x" * 300])} if r.random() < 0.8 else {}),
                   **({"Idempotency-Key": r.choice(TEXTS[:5] + ["k"]).replace("\x00", "").strip() or "k"} if r.random() < 0.1 else {})}
        who = r.choice(people)
        try:
            reply = who.ask(method, target + ("?" + "&".join(query) if query else ""), body, headers)
        except ValueError:  # what http.client itself refuses to send
            continue
        except (OSError, http.client.HTTPException) as error:
            t.fail(f"seed {seed}, request {asked}: {method} {target}?{'&'.join(query)} {headers} {body!r}: {error!r} {server.log_tail()}")
        seen[reply.status] = seen.get(reply.status, 0) + 1
        t.true(reply.status not in (500, 501, 502), f"seed {seed}, request {asked}: {method} {target}?{'&'.join(query)} {headers} {body!r}: {reply}")
        if reply.status == 401:
            break
    t.equal({name: pid for name, pid in server.roles() if name in running}, running, f"no process died: {server.log_tail()}")
    server.stop(patience=3)
    return seen


@case.test
def nonsense_is_refused_in_words(t):
    seed = int(os.environ.get("FAXPOST_SEED") or (time.time_ns() % 10**9 if case.LONG else 1))
    print(f"  FAXPOST_SEED={seed}")
    r, end, total = random.Random(seed), time.monotonic() + LONG_SECONDS, collections.Counter()
    while not total or case.LONG and time.monotonic() < end:
        total.update(talk(t, seed, r, lambda asked: time.monotonic() < end if case.LONG else asked < SHORT_REQUESTS))
    t.true(len(total) > 4 and total[200] > 0, f"it reached something: {total}")
    print(f"  {sum(total.values())} requests: {dict(sorted(total.items()))}")


case.main()
