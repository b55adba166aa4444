# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mailboxes with OAuth 2.0: a token server of ours, and Dovecot, which asks it whether a token is good."""

import http.server
import json
import ssl
import subprocess
import threading
import urllib.parse

import case
import mail
import provision
from dovecot import Dovecot, make_certificate, pin_of
from server import BUILD, Server
from store import Store

ADDRESS = f"200@front.{provision.DOMAIN}"
NEVER = 86400


class TokenServer:
    """Grants by device code, refresh token (a new one each time) and client credentials. `tls` is for us, `plain` for
    Dovecot's question about a token."""

    def __init__(self, folder):
        self.certificate, key = folder / "token.pem", folder / "token-key.pem"
        make_certificate(self.certificate, key)
        self.lock, self.good, self.refresh, self.grants = threading.Lock(), set(), set(), []
        self.consented = self.revoked = False
        self.count = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                with outer.lock:
                    self.answer(*outer.grant(self.path, form))

            def do_GET(self):
                token = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("access_token", [""])[0]
                with outer.lock:
                    known = token in outer.good
                self.answer(200 if known else 401, {"email": "fax"} if known else {"error": "invalid_token"})

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))

            def log_message(self, *what):
                pass

        self.plain = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.tls = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.tls.socket = context.wrap_socket(self.tls.socket, server_side=True)

    def __enter__(self):
        for s in (self.plain, self.tls):
            threading.Thread(target=s.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *what):
        for s in (self.plain, self.tls):
            s.shutdown()
            s.server_close()

    def url(self, path):
        return f"https://localhost:{self.tls.server_address[1]}/{path}"

    def grant(self, path, form):
        if path == "/device":
            return 200, {"device_code": "dev ice&", "user_code": "ABCD-EFGH", "verification_uri": "https://example.com/device",
                         "expires_in": 600, "interval": 1}
        kind = form.get("grant_type", "")
        self.grants.append(kind)
        if self.revoked or form.get("client_id") != "our client":
            return 400, {"error": "invalid_grant", "error_description": "the person took it back"}
        if kind.endswith("device_code"):
            if form.get("device_code") != "dev ice&":
                return 400, {"error": "invalid_grant"}
            if not self.consented:
                return 400, {"error": "authorization_pending"}
        elif kind == "refresh_token":
            if form.get("refresh_token") not in self.refresh:
                return 400, {"error": "invalid_grant", "error_description": "an old one"}
        elif kind != "client_credentials" or form.get("client_secret") != "their secret":
            return 400, {"error": "invalid_client"}
        self.count += 1
        access, refresh = f"access-{self.count}", f"refresh-{self.count}"
        self.good.add(access)
        body = {"access_token": access, "token_type": "Bearer", "expires_in": 3600}
        if kind != "client_credentials":
            self.refresh = {refresh}  # the former one is good for nothing any more
            body["refresh_token"] = refresh
        return 200, body


def scene(t, **fields):
    folder = t.folder()
    tokens = t.enter(TokenServer(folder))
    (folder / "oauth2.conf.ext").write_text(
        f"tokeninfo_url = http://127.0.0.1:{tokens.plain.server_address[1]}/info?access_token=\n"
        "introspection_mode = auth\nusername_attribute = email\n")
    dovecot = t.enter(Dovecot(folder, mechanisms=" xoauth2 oauthbearer", extra=(
        f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {folder}/oauth2.conf.ext\n}}\n")))
    server = t.enter(Server(folder))
    wanted = provision.example(9)
    wanted["tenants"][0]["dmarc"] = "off"
    for box in wanted["faxboxes"]:
        box["mailbox"] = "scans"
    wanted["mailboxes"] = [{
        "name": "scans", "tenant": "example", "address": ADDRESS, "host": "localhost", "port": dovecot.port("imap", "implicit"),
        "pin": dovecot.pin(), "username": "fax", "interval": NEVER, "authentication": "oauth2",
        "oauth_token_url": tokens.url("token"), "oauth_device_url": tokens.url("device"), "oauth_client_id": "our client",
        "oauth_scope": "mail offline", "oauth_pin": pin_of(tokens.certificate), **fields}]
    server.apply(wanted)
    return tokens, dovecot, server


def put(dovecot, subject):
    dovecot.put("fax", mail.make(provision.FRONT, ADDRESS, [("a.txt", "text/plain", b"a page")], subject=subject))


def taken(t, server, dovecot, count):
    t.wait(lambda: len(Store(server.state).submissions()) >= count,
           f"{count} mails; log: {server.log_tail()} {dovecot.log()}")
    t.equal(len(Store(server.state).submissions()), count, "submissions")


def alarm(t, server, code):
    return t.wait(lambda: next((a["text"] for a in server.json("status")["alarms"] if a["code"] == code), None),
                  f"no alarm {code}; log: {server.log_tail()}")


def kill_fetch(t, server):
    before = dict(server.roles())["fetch.0"]
    t.true(server.kill("fetch"), "fetch runs")
    t.wait(lambda: dict(server.roles()).get("fetch.0", before) != before, "fetch is started again")


@case.test
def a_person_authorises_and_tokens_are_renewed_until_he_takes_it_back(t):
    tokens, dovecot, server = scene(t)
    put(dovecot, "one")
    t.true("faxpost mailbox authorize" in alarm(t, server, "mailbox-token-refused"), "the alarm says what to do")
    command = subprocess.Popen([BUILD / "src" / "faxpost", "mailbox", "authorize", "scans"], env=server.env,
                               stdout=subprocess.PIPE, text=True)
    t.equal([command.stdout.readline() for _ in range(2)],
            ["Open https://example.com/device\n", "and enter the code ABCD-EFGH\n"], "what the person is told")
    t.wait(lambda: len(tokens.grants) >= 2, "it is asked again while the person thinks")
    tokens.consented = True
    taken(t, server, dovecot, 1)
    t.equal((command.wait(60), command.stdout.read()), (0, "Authorised: the mailbox could be read.\n"), "the command")
    for n in (2, 3):  # each refresh token is good once: the newest has to have been kept
        t.wait(lambda n=n: tokens.count == n - 1, "tokens given")
        kill_fetch(t, server)
        put(dovecot, str(n))
        taken(t, server, dovecot, n)
    t.equal(tokens.grants[-2:], ["refresh_token"] * 2, "grants")
    tokens.revoked = True
    kill_fetch(t, server)
    put(dovecot, "four")
    t.true("the person took it back" in alarm(t, server, "mailbox-token-refused"), "the token server's words")
    t.equal(dovecot.lying("fax"), 1, "the mail is kept in the mailbox")
    t.true("access-" not in server.log.read_text() and "refresh-" not in server.log.read_text(), "no token in the log")


@case.test
def client_credentials_need_no_person(t):
    tokens, dovecot, server = scene(t, oauth_grant="client_credentials", oauth_client_secret="their secret", oauth_device_url="")
    put(dovecot, "one")
    taken(t, server, dovecot, 1)
    t.equal(tokens.grants, ["client_credentials"], "grants")
    status, out, err = server.cli("test", "mailbox", "scans")
    t.equal((status, err), (0, ""), "test")
    t.true("(user name and secret)" in out and "access-" not in out, out)


@case.test
def a_token_server_that_is_a_stranger_gets_no_secret(t):
    tokens, dovecot, server = scene(t, oauth_grant="client_credentials", oauth_client_secret="their secret", oauth_pin="")
    t.true("certificate" in alarm(t, server, "mailbox-token"), "the alarm says why")
    t.equal(tokens.grants, [], "what was sent to it")


case.main()
