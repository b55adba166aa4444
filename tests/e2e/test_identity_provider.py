# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login at an OpenID provider: who gets in, who does not, and what is not believed."""

import contextlib
import sqlite3
import time
import urllib.parse

import case
import plant
from identity_provider import IdentityProvider, begin, finish, log_in, url64
from server import Server
from web import Browser

URL = "https://fax.example.com"


class Jar(Browser):
    """A browser that keeps each cookie by its name."""

    def __init__(self, server):
        super().__init__(server)
        self.jar = {}

    def ask(self, method, path, body=None, headers=None):
        self.cookie = "; ".join(f"{name}={value}" for name, value in self.jar.items()) or None
        reply = super().ask(method, path, body, headers)
        for cookie in reply.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            self.jar[name] = value
        return reply


def house(t, **settings):
    provider = t.enter(IdentityProvider(t.folder()))
    server = t.enter(Server(t.folder()))
    wanted = plant.provisioning()
    wanted["installation"].update(web_url=URL, webhook_networks="127.0.0.0/8 ::1/128")
    wanted["identity_providers"] += [provider.settings("contoso", **{"tenant": "apple", "label": "Apple Inc.", **settings}),
                                    provider.settings("all-id", shown=False),
                                    provider.settings("off-id", tenant="apple", enabled=False)]
    server.apply(wanted)
    return server, provider


def boss(server, word="apple"):
    browser = Browser(server)
    browser.login(f"boss@{word}.example", plant.PASSWORD)
    return browser


def audit(browser):
    return [(a["action"], a["who"], a["subject"]) for a in browser.get("/api/v1/audit").json["items"]]


@case.test
def known_user_logs_in_and_out(t):
    server, provider = house(t)
    browser = Jar(server)
    t.equal(browser.get("/api/v1/login-providers").json["items"], [{"name": "contoso", "label": "Apple Inc."}], "what strangers see")
    there = begin(browser, "contoso")
    t.equal(there.status, 200, f"begin: {there}")
    url = urllib.parse.urlparse(there.json["url"])
    asked = dict(urllib.parse.parse_qsl(url.query))
    t.equal(f"{url.scheme}://{url.netloc}{url.path}", provider.issuer + "/authorize", "where the browser goes")
    t.equal((asked["redirect_uri"], asked["response_type"], asked["code_challenge_method"]), (URL + "/login/back", "code", "S256"), "how")
    cookie = there.headers["Set-Cookie"]
    t.true(all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/api/v1/login-providers")), cookie)
    reply = finish(browser, **provider.log_in(there.json["url"]))
    t.equal(reply.status, 200, f"finish: {reply}")
    t.equal((reply.json["user"]["name"], reply.json["provider"], reply.json["role"]), ("apple-clerk", "contoso", "user"), "who")
    t.true("SameSite=Strict" in reply.headers["Set-Cookie"] and "HttpOnly" in reply.headers["Set-Cookie"], "the session's cookie")
    t.equal(browser.get("/api/v1/session").json["user"]["name"], "apple-clerk", "the session holds")
    left = browser.post("/api/v1/login-providers/leave")
    t.true(left.json["url"].startswith(provider.issuer + "/leave?") and urllib.parse.quote(URL + "/", safe="") in left.json["url"], f"{left}")
    t.equal(browser.ask("DELETE", "/api/v1/session").status, 204, "logged out")
    t.equal(browser.get("/api/v1/session").status, 401, "it has ended")
    t.true(("session.begin", "apple-clerk", "contoso") in audit(boss(server)), f"audit: {audit(boss(server))}")
    # What he is called there counts from now on, whatever his address there becomes, and whoever verified it.
    sound = provider.change
    provider.change = lambda claims: {name: value for name, value in claims.items() if name != "email_verified"}
    t.equal(log_in(Jar(server), provider, "contoso").status, 200, "who is known needs no address")
    provider.person = {"sub": "4712", "email": "clerk@apple.example"}
    t.equal(log_in(Jar(server), provider, "contoso").json["code"], "unknown-user", "an address that nobody verified finds nobody")
    t.true("email_verified" in server.log.read_text(), "the log says why")
    provider.change = sound
    provider.person = {"sub": "4711", "email": "married@apple.example"}
    t.equal(log_in(Jar(server), provider, "contoso").json["user"]["name"], "apple-clerk", "by what the provider calls him")
    provider.key = provider.ec
    t.equal(log_in(Jar(server), provider, "contoso").status, 200, "a token signed with ES256")
    provider.userinfo = {"sub": "4711", "email": "clerk@apple.example"}
    provider.person = {"sub": "4711"}
    t.equal(log_in(Jar(server), provider, "contoso").status, 200, "the address comes by userinfo")
    secret = provider.SECRET
    said = server.log.read_text()
    t.true(secret not in said and "an-access-token" not in said, "the log holds a secret")


@case.test
def token_that_is_not_right_lets_nobody_in(t):
    server, provider = house(t)
    now = int(time.time())

    def replaced(**what):
        return lambda claims: {**claims, **what}

    def without(name):
        return lambda claims: {k: v for k, v in claims.items() if k != name}

    def unsigned(key, claims):
        return url64(b'{"alg":"none"}') + "." + key.token(claims).split(".")[1] + "."

    def tampered(key, claims):
        head, _, signature = key.token(claims).split(".")
        return f"{head}.{key.token({**claims, 'email': 'boss@apple.example'}).split('.')[1]}.{signature}"

    def by_stranger(key, claims):
        return provider.stranger.token(claims, kid="one")

    changes = {"nonce": replaced(nonce="another"), "no nonce": without("nonce"), "expired": replaced(exp=now - 3600),
               "no end": without("exp"), "future": replaced(iat=now + 3600), "audience": replaced(aud="somebody else"),
               "two audiences": replaced(aud=["faxpost of contoso", "x"]), "party": replaced(azp="x"),
               "issuer": replaced(iss="https://evil.example"), "subject": replaced(sub=""), "address": replaced(email=""),
               "not verified": replaced(email_verified=False), "not verified, as text": replaced(email_verified="false")}
    tokens = {"none": unsigned, "tampered": tampered, "a stranger's key": by_stranger, "no token": lambda key, claims: "a.b.c"}
    sound, sign = provider.change, provider.token
    for number, (what, change) in enumerate({**changes, **tokens}.items()):
        browser = Jar(server)
        browser.headers = {"X-Forwarded-For": f"192.0.2.{number + 1}"}
        provider.change, provider.token = (change, sign) if what in changes else (sound, change)
        reply = log_in(browser, provider, "contoso")
        # Wrong logins of one address wait after a few; each is refused, and none for that reason alone at first.
        t.true(reply.status in (401, 429) and not reply.json.get("user"), f"{what}: {reply}")
        t.true(number > 3 or reply.json["code"] == "wrong-token", f"{what}: {reply}")
        t.equal(browser.get("/api/v1/session").status, 401, f"{what}: a session")


@case.test
def browser_that_another_provider_sends_back_is_not_let_in(t):
    """RFC 9207: the one that sends the browser back says who it is."""
    server, provider = house(t)
    browser = Jar(server)
    t.equal(log_in(browser, provider, "contoso").status, 200, "one that says nothing, and announced nothing")

    def come_back(**more):
        return finish(browser, **provider.log_in(begin(browser, "contoso").json["url"]), **more)

    wrong = come_back(iss="https://evil.example")
    t.equal((wrong.status, wrong.json["code"]), (401, "wrong-token"), "somebody else")
    t.equal(come_back(iss="x" * 600).json["code"], "wrong-token", "somebody with a long name")
    t.equal(come_back(iss=provider.issuer).status, 200, "itself")
    provider.document = {"authorization_response_iss_parameter_supported": True}
    t.equal(boss(server).post("/api/v1/identity-providers/test?name=contoso").json["ok"], True, "it is asked what it is")
    t.equal(come_back().json["code"], "wrong-token", "nobody, who announced to say it")
    t.equal(come_back(iss=provider.issuer).status, 200, "as announced")


@case.test
def code_and_state_count_once_and_in_one_browser(t):
    server, provider = house(t)
    browser, other = Jar(server), Jar(server)
    back = provider.log_in(begin(browser, "contoso").json["url"])
    begin(other, "contoso")
    t.equal(finish(other, **back).json["code"], "login-not-begun", "another browser's state: a login forced on somebody")
    t.equal(finish(Jar(server), **back).status, 401, "a browser that began none")
    t.equal(finish(browser, **{**back, "state": "made up"}).status, 401, "a state that is none")
    t.equal(finish(browser, state=back["state"], error="access_denied").json["code"], "provider-refused", "the person said no")
    back = provider.log_in(begin(browser, "contoso").json["url"])
    t.equal(finish(browser, **back).status, 200, "as it should be")
    t.equal(finish(browser, **back).status, 401, "twice")
    back = provider.log_in(begin(browser, "contoso").json["url"])
    t.equal(finish(browser, **{**back, "code": "not a code of theirs"}).status, 401, "a code that is none")
    t.equal([finish(browser, state="x").status, finish(browser, code="x").status, begin(browser, "").status], [400, 400, 400], "half of it")
    t.equal([begin(browser, name).status for name in ("nobody", "off-id")], [404, 404], "providers that are none")
    foreign = browser.ask("POST", "/api/v1/login-providers/begin", {"provider": "contoso"}, {"Origin": "https://evil.example"})
    t.equal(foreign.status, 403, "another site's page")
    # Where the browser is sent is the settings' business: nothing of a request gets there.
    browser.headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": "https://evil.example/"}
    there = begin(browser, "contoso")
    t.true("evil" not in there.json["url"], f"open redirect: {there}")


@case.test
def providers_log_in_their_own_people_only(t):
    server, provider = house(t)
    for address in ("clerk@zebra.example", "nobody@apple.example"):
        provider.person = {"sub": address, "email": address}
        reply = log_in(Jar(server), provider, "contoso")
        t.equal((reply.status, reply.json["code"]), (403, "unknown-user"), f"{address} by apple's provider: {reply}")
    provider.person = {"sub": "r", "email": "root@localhost"}
    t.equal(log_in(Jar(server), provider, "contoso").json["code"], "not-by-tenant", "the administrator of everything, who lives in apple")
    t.equal(log_in(Jar(server), provider, "all-id").json["role"], "installation", "by the installation's own provider")
    server.apply({"identity_providers": [provider.settings("grouped", group_tenant="admins")]})
    provider.person = {"sub": "r", "email": "root@localhost", "groups": ["cooks"]}
    reply = log_in(Jar(server), provider, "grouped")
    t.equal((reply.status, reply.json.get("role")), (200, "installation"), f"a group of tenants' administrators takes nothing from him: {reply}")
    provider.person = {"sub": "z", "email": "clerk@zebra.example"}
    t.equal(log_in(Jar(server), provider, "all-id").json["tenant"]["name"], "zebra", "another tenant's, by that too")
    provider.person = {"sub": "z2", "email": "clerk@zebra.example"}
    t.equal(log_in(Jar(server), provider, "all-id").json["code"], "other-identity", "his address is somebody else's there now")
    t.true(("session.refuse", "clerk@zebra.example", "contoso") in audit(boss(server)), f"audit: {audit(boss(server))}")
    zebra = boss(server, "zebra")
    mine = zebra.post("/api/v1/identity-providers", {"name": "mine", "issuer": "https://idp.example", "client_id": "x"})
    t.equal(mine.status, 201, f"a provider of one's own: {mine}")
    t.equal({p["name"] for p in zebra.get("/api/v1/identity-providers").json["items"]}, {"mine", "zebra-id"}, "and no other's")
    t.equal(zebra.get("/api/v1/identity-providers/contoso").status, 404, "not by its name either")
    t.equal(zebra.ask("POST", "/api/v1/identity-providers/test?name=contoso").status, 404, "nor to test")
    bad = zebra.post("/api/v1/identity-providers", {"name": "all", "issuer": "https://idp.example", "client_id": "x", "tenant": ""})
    t.true(bad.status == 201 and bad.json["tenant"] == "zebra", f"one for all tenants becomes his: {bad}")
    t.equal(zebra.post("/api/v1/identity-providers", {"name": "r", "issuer": "https://i.example", "client_id": "x",
                                                      "group_installation": "me"}).status, 403, "he makes nobody root")
    clerk = next(u for u in zebra.get("/api/v1/users").json["items"] if u["name"] == "zebra-clerk")
    for field in ("provider_id", "directory_id"):
        claimed = zebra.ask("PATCH", f"/api/v1/users/{clerk['id']}", {field: "all-id/whoever"}, {"If-Match": "*"})
        t.equal(claimed.status, 403, f"who logs in elsewhere is brought into another's house: {claimed}")
    let = zebra.ask("PATCH", f"/api/v1/users/{clerk['id']}", {"provider_id": ""}, {"If-Match": "*"})
    t.equal((let.status, let.json["provider_id"]), (200, ""), f"he lets one go: {let}")
    # Its addresses are dialled for him: not into our own networks.
    root = Browser(server)
    root.login("root@localhost", plant.PASSWORD)
    server.apply({"installation": {"webhook_networks": ""}, "identity_providers": [provider.settings("inner", tenant="zebra")]})
    said = zebra.ask("POST", "/api/v1/identity-providers/test?name=inner").json
    t.true(not said["ok"] and said["outcome"]["code"] == "provider-away", f"a private address: {said}")
    t.true(root.ask("POST", "/api/v1/identity-providers/test?name=all-id").json["ok"], "the installation's own may lie anywhere")


@case.test
def groups_make_roles_and_unknown_people_users(t):
    server, provider = house(t, make_users=True, group_tenant="admins", group_required="fax")
    person = {"sub": "n", "email": "new@apple.example", "name": "Newcomer"}
    provider.person = {**person, "groups": ["cooks"]}
    t.equal(log_in(Jar(server), provider, "contoso").json["code"], "not-in-group", "not in the group")
    provider.person = {**person, "groups": ["cooks", "fax"]}
    made = log_in(Jar(server), provider, "contoso")
    t.equal((made.status, made.json["user"]["name"], made.json["role"]), (200, "Newcomer", "user"), f"{made}")
    t.equal(made.json["boxes"], [], "he has no box yet")
    provider.person = {**person, "groups": ["fax", "admins"]}
    browser = Jar(server)
    t.equal(log_in(browser, provider, "contoso").json["role"], "tenant", "he became an administrator there")
    provider.person = {**person, "groups": "fax"}
    again = Jar(server)
    t.equal(log_in(again, provider, "contoso").json["role"], "user", "and is none any more")
    t.equal(browser.get("/api/v1/session").status, 401, "in his other browser that is over")
    browser = again
    user = next(u for u in boss(server).get("/api/v1/users").json["items"] if u["name"] == "Newcomer")
    t.equal((user["provider_id"], user["addresses"]), ("contoso/n", ["new@apple.example"]), "what is kept of him")
    chief = boss(server)
    off = chief.ask("PATCH", f"/api/v1/users/{user['id']}", {"enabled": False}, {"If-Match": "*"})
    t.equal(off.status, 200, f"switched off: {off}")
    t.equal(browser.get("/api/v1/session").status, 401, "his session has ended")
    t.equal(log_in(Jar(server), provider, "contoso").json["code"], "user-off", "and he gets no new one")


@case.test
def guessing_waits_and_a_provider_that_is_away_does_not(t):
    server, provider = house(t)
    root = Browser(server)
    root.login("root@localhost", plant.PASSWORD)
    provider.key, provider.keys = provider.stranger, [provider.rsa]
    seen = []
    for _ in range(12):
        reply = log_in(Jar(server), provider, "contoso")
        seen.append(reply.status)
        if reply.status == 429:
            break
    t.true(429 in seen and seen[:5] == [401] * 5 and reply.headers["Retry-After"], f"{seen}")
    with contextlib.closing(sqlite3.connect(f"file:{server.state}/faxpost.db?mode=ro", uri=True)) as db:
        t.equal(db.execute("SELECT count(*) FROM session WHERE provider <> ''").fetchone()[0], 0, "sessions")
    provider.__exit__()
    said = root.ask("POST", "/api/v1/identity-providers/test?name=contoso").json
    t.equal((said["ok"], said["outcome"]["code"]), (False, "provider-away"), f"{said}")


case.main()
