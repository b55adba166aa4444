# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in by a browser: sessions, what ends them, what another site's page cannot do."""

import case
import provision
from server import Server
from web import Browser

PASSWORD = "correct horse battery"


def house(t, **settings):
    server = t.enter(Server(t.folder(), **settings))
    server.apply(provision.example(server.port("sip")[1]))
    give_password(t, server, "frontdesk", PASSWORD)
    return server


def give_password(t, server, user, password):
    status, _, err = server.cli("user", "password", user, text=password + "\n")
    t.equal((status, err), (0, ""), f"password of {user}")


def logged_in(t, server, login=provision.FRONT, password=PASSWORD):
    browser = Browser(server)
    reply = browser.login(login, password)
    t.equal(reply.status, 200, f"login: {reply}")
    return browser


@case.test
def who_logs_in_is_told_who_he_is(t):
    server = house(t)
    browser = Browser(server)
    reply = browser.login(provision.FRONT, PASSWORD)
    t.equal(reply.status, 200, f"login: {reply}")
    cookie = reply.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        t.true(part in cookie, f"{part} in {cookie}")
    t.equal(reply.json["user"]["name"], "frontdesk", "name")
    t.equal(reply.json["user"]["addresses"], [provision.FRONT], "addresses")
    t.equal((reply.json["tenant"]["name"], reply.json["role"]), ("example", "user"), "tenant and role")
    t.equal(reply.json["boxes"], [{"id": "front", "name": "front", "address": f"front@{provision.DOMAIN}", "send": True,
                                   "receive": True}], "boxes")
    again = browser.get("/api/v1/session")
    t.equal((again.status, again.json["user"]), (200, reply.json["user"]), "GET session")
    t.true(Browser(server).login("FRONTDESK@localhost", PASSWORD).status == 200, "whatever the case of the address")
    secure = browser.login(provision.FRONT, PASSWORD)
    t.true("Secure" not in secure.headers["Set-Cookie"], "over HTTP")
    secure = browser.post("/api/v1/session", {"login": provision.FRONT, "password": PASSWORD}, **{"X-Forwarded-Proto": "https"})
    t.true("; Secure" in secure.headers["Set-Cookie"], "behind TLS")


@case.test
def logging_out_ends_the_session(t):
    server = house(t)
    browser, other = logged_in(t, server), logged_in(t, server)
    stolen = browser.cookie
    t.equal(browser.ask("DELETE", "/api/v1/session").status, 204, "logout")
    t.equal(browser.cookie, None, "the cookie is taken away")
    browser.cookie = stolen
    t.equal(browser.get("/api/v1/session").status, 401, "the old token")
    t.equal(other.get("/api/v1/session").status, 200, "the other browser stays logged in")


@case.test
def each_login_has_a_token_of_its_own_and_ends_the_one_before(t):
    server = house(t)
    browser = logged_in(t, server)
    first = browser.cookie
    t.equal(browser.login(provision.FRONT, PASSWORD).status, 200, "again")
    t.true(browser.cookie != first, "a new token")
    browser.cookie = first
    t.equal(browser.get("/api/v1/session").status, 401, "the one before")


@case.test
def wrong_logins_are_all_answered_alike(t):
    server = house(t)
    replies = [Browser(server).login(*pair) for pair in ((provision.FRONT, "wrong password"), ("nobody@localhost", PASSWORD),
                                                         (provision.BACK, PASSWORD))]
    t.equal({(r.status, r.body) for r in replies}, {(401, replies[0].body)}, "answers")
    t.true(all("Set-Cookie" not in r.headers for r in replies), "no cookie")
    log = server.log.read_text()
    t.true("wrong login from 127.0.0.1" in log and PASSWORD not in log and "wrong password" not in log, "the log")


@case.test
def guessing_waits(t):
    server = house(t)
    stranger = Browser(server)
    statuses = [stranger.login(provision.FRONT, f"guess number {i}").status for i in range(8)]
    t.equal(statuses[:5], [401] * 5, "the first tries")
    last = stranger.login(provision.FRONT, PASSWORD)
    t.true(429 in statuses, f"then he waits: {statuses}")
    t.equal((last.status, last.json["code"]), (429, "too-many-tries"), "also with the right one")
    t.true(int(last.headers["Retry-After"]) >= 1, "how long")


@case.test
def proxy_says_who_asks_where_it_is_believed(t):
    server = house(t, settings={"http_proxies": "192.0.2.1 127.0.0.1"})
    give_password(t, server, "office", PASSWORD)

    def login(address, password, user=provision.FRONT):
        return Browser(server).post("/api/v1/session", {"login": user, "password": password}, **{"X-Forwarded-For": address}).status

    statuses = [login("203.0.113.9, 198.51.100.7", f"guess number {n}") for n in range(8)]
    t.true(429 in statuses, f"who guesses waits: {statuses}")
    t.equal(login("198.51.100.8", PASSWORD, provision.BACK), 200, "others do not")
    t.true("wrong login from 198.51.100.7" in server.log.read_text(), "the log names him")
    plain = house(t)
    Browser(plain).post("/api/v1/session", {"login": provision.FRONT, "password": "x"}, **{"X-Forwarded-For": "198.51.100.7"})
    t.true("wrong login from 127.0.0.1" in plain.log.read_text(), "who is no proxy is not believed")


@case.test
def new_password_ends_all_sessions(t):
    server = house(t)
    browsers = [logged_in(t, server) for _ in range(2)]
    give_password(t, server, "frontdesk", "another long one")
    t.equal([b.get("/api/v1/session").status for b in browsers], [401, 401], "sessions of the old one")
    t.equal(Browser(server).login(provision.FRONT, PASSWORD).status, 401, "the old password")
    logged_in(t, server, password="another long one")


@case.test
def sessions_outlive_our_own_crashes(t):
    server = house(t)
    browser = logged_in(t, server)
    for role in ("web", "queue"):
        server.kill(role)
        t.wait(lambda: reachable(browser) == 200, f"after the end of {role}", 30)


def reachable(browser):
    try:
        return browser.get("/api/v1/session").status
    except OSError:
        return None


@case.test
def no_other_site_can_send_a_change(t):
    server = house(t)
    browser = logged_in(t, server)
    path = "/api/v1/jobs?box=front&number=200"

    def status(**headers):
        return browser.ask("POST", path, b"", {"X-Faxpost": None, **headers}).status

    host = "%s:%d" % server.port("http")
    t.equal(status(**{"Content-Type": "text/plain"}), 403, "a form's POST")
    t.equal(status(**{"Content-Type": "application/x-www-form-urlencoded"}), 403, "a form's POST")
    t.equal(status(**{"X-Faxpost": "1", "Origin": "https://evil.example"}), 403, "another origin")
    t.equal(status(**{"X-Faxpost": "1", "Origin": f"http://{host}.evil.example"}), 403, "an origin that begins like ours")
    t.equal(status(**{"X-Faxpost": "1", "Origin": "null"}), 403, "no origin")
    t.equal(status(**{"X-Faxpost": "1", "Sec-Fetch-Site": "cross-site"}), 403, "cross-site")
    t.equal(status(**{"X-Faxpost": "1", "Sec-Fetch-Site": "same-site"}), 403, "same site, other host")
    t.equal(status(**{"X-Faxpost": "1", "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}), 400, "our own page")
    t.equal(browser.get("/api/v1/session", Origin="https://evil.example").headers.get("Access-Control-Allow-Origin"), None,
            "nobody else may read")
    stranger = Browser(server).ask("POST", "/api/v1/session", b'{"login":"a","password":"b"}', {"Content-Type": "text/plain", "X-Faxpost": None})
    t.equal(stranger.status, 403, "a login that another site sends")


@case.test
def no_token_and_no_password_is_kept(t):
    server = house(t)
    browser = logged_in(t, server)
    token = browser.cookie.split("=")[1]
    server.stop()
    for file in server.state.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for secret in (token.encode(), bytes.fromhex(token), PASSWORD.encode()):
                t.true(secret not in data, f"{file} holds a secret")
    t.true(token not in server.log.read_text(), "the log")


@case.test
def nonsense_is_no_login(t):
    server = house(t)
    for body in (b"", b"[]", b"{", b'{"login":1,"password":"x"}', b'{"login":"a"}', b'{"login":"a","password":"' + b"x" * 300 + b'"}',
                 b'{"login":"a","login":"b","password":"x"}', b"\xff\xfe", b"[" * 4000):
        reply = Browser(server).ask("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        t.equal(reply.status, 400, f"{body[:40]!r}")
    t.equal(Browser(server).post("/api/v1/session", b"x" * 100000).status, 413, "a large one")
    browser = Browser(server)
    for cookie in ("faxpost_session=", "faxpost_session=zz", "faxpost_session=" + "0" * 64, "faxpost_session=" + "a" * 5000, ";;=,"):
        browser.cookie = cookie
        t.equal(browser.get("/api/v1/session").status, 401, cookie[:40])


@case.test
def roles_are_given_on_the_command_line(t):
    server = house(t)
    browser = logged_in(t, server)
    t.equal(browser.get("/api/v1/provisioning").status, 403, "a user")
    t.equal(server.cli("user", "role", "frontdesk", "installation")[0], 0, "the command")
    t.equal(browser.get("/api/v1/session").status, 401, "who he was is over at once")
    browser = logged_in(t, server)
    t.equal(browser.get("/api/v1/session").json["role"], "installation", "his new role")
    t.equal(browser.get("/api/v1/provisioning").status, 200, "an administrator")
    status, _, err = server.cli("user", "role", "frontdesk", "king")
    t.true(status != 0 and "installation" in err, f"an unknown role: {err}")


case.main()
