# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mailboxes with OAuth 2.0: a token server of ours, and Dovecot, which asks it whether a token is good."""

import base64
import hashlib
import http.client
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
        self.count, self.codes, self.asked = 0, {}, {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                with outer.lock:
                    self.answer(*outer.grant(self.path, form))

            def do_GET(self):
                if urllib.parse.urlparse(self.path).path == "/authorize":
                    with outer.lock:
                        back = outer.log_in(dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query)))
                    self.send_response(302)
                    self.send_header("Location", back)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
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

    def log_in(self, asked):
        """The person's login page: where the browser is sent."""
        self.asked = asked
        if self.revoked:
            back = {"error": "access_denied", "error_description": "the person said no"}
        else:
            code = f"4/code-{self.count}-{len(self.codes)}"
            self.codes[code] = asked
            back = {"code": code}
        return asked["redirect_uri"] + "/?" + urllib.parse.urlencode({**back, "state": asked["state"]})

    def is_proven(self, form):
        """RFC 7636: whoever has the code has the verifier too; a code is good once."""
        asked = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        return bool(asked) and asked["code_challenge_method"] == "S256" and asked["code_challenge"] == proof and (
            asked["redirect_uri"] == form.get("redirect_uri"))

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
        elif kind == "authorization_code":
            if not self.is_proven(form):
                return 400, {"error": "invalid_grant", "error_description": "no such code"}
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


def begin(server, *options):
    """The command and the address that it names."""
    command = subprocess.Popen([BUILD / "src" / "faxpost", "mailbox", "authorize", "scans", *options], env=server.env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = command.stdout.readline()
    command.stdout.readline()
    return command, first.removeprefix("Open ").strip()


def browse(tokens, url):
    """A person logs in at that address: where his browser is sent."""
    context = ssl.create_default_context(cafile=tokens.certificate)
    connection = http.client.HTTPSConnection("localhost", tokens.tls.server_address[1], context=context)
    connection.request("GET", url.removeprefix(tokens.url("").rstrip("/")))
    answer = connection.getresponse()
    connection.close()
    return answer.headers["Location"]


@case.test
# proves: S4.3
def a_person_logs_in_with_his_browser_and_pastes_what_it_shows(t):
    tokens, dovecot, server = scene(t, oauth_authorize_url="", oauth_device_url="")
    put(dovecot, "one")
    status, _, err = server.cli("mailbox", "authorize", "scans")
    t.equal(status != 0 and "oauth_authorize_url" in err, True, f"what is missing is named: {err}")
    settings = json.loads(server.cli("export")[1])
    settings["mailboxes"][0]["oauth_authorize_url"] = tokens.url("authorize?tenant=x")
    server.apply(settings)
    command, url = begin(server)
    first = browse(tokens, url)
    t.equal((tokens.asked["response_type"], tokens.asked["client_id"], tokens.asked["scope"], tokens.asked["tenant"],
             tokens.asked["redirect_uri"]), ("code", "our client", "mail offline", "x", "http://localhost"), "what is asked for")
    command.communicate("http://localhost/?code=4%2Fstolen&state=another\n")
    t.equal((command.returncode != 0, tokens.grants), (True, []), "an address of somebody else's login is not used")
    command, url = begin(server)
    old = command.communicate(first + "\n")
    t.true(command.returncode != 0 and "its state is not" in old[1], f"nor one of an earlier try: {old}")
    tokens.revoked = True
    command, url = begin(server)
    refused = command.communicate(browse(tokens, url) + "\n")
    t.true("access_denied the person said no" in refused[1], f"the provider's words: {refused} {server.log_tail()}")
    tokens.revoked = False
    command, url = begin(server)
    out, err = command.communicate(browse(tokens, url) + "\n", 60)
    t.equal((command.returncode, out, err), (0, "Authorised: the mailbox could be read.\n", ""), "the command")
    taken(t, server, dovecot, 1)
    kill_fetch(t, server)  # what came with the code was kept
    put(dovecot, "two")
    taken(t, server, dovecot, 2)
    t.equal(tokens.grants[-2:], ["authorization_code", "refresh_token"], "grants")
    t.true("access-" not in server.log.read_text() and "4/code-" not in server.log.read_text(), "no secret in the log")


@case.test
def the_code_alone_will_do_and_device_codes_come_first(t):
    tokens, dovecot, server = scene(t, oauth_redirect_url="https://example.com/done")
    settings = json.loads(server.cli("export")[1])
    settings["mailboxes"][0]["oauth_authorize_url"] = tokens.url("authorize")
    server.apply(settings)
    put(dovecot, "one")
    command, url = begin(server)
    t.equal(url, "https://example.com/device", "the device code, where there is one")
    command.kill()
    command.communicate()
    command, url = begin(server, "--code")
    back = urllib.parse.parse_qs(urllib.parse.urlparse(browse(tokens, url)).query)
    t.equal(tokens.asked["redirect_uri"], "https://example.com/done", "redirect_uri")
    out, err = command.communicate(back["code"][0] + "x\n", 60)
    t.true(command.returncode != 0 and "no such code" in err, f"a wrong code: {out} {err}")
    command, url = begin(server, "--code")
    back = urllib.parse.parse_qs(urllib.parse.urlparse(browse(tokens, url)).query)
    out, err = command.communicate(back["code"][0] + "\n", 60)
    t.equal((command.returncode, err), (0, ""), "the command")
    taken(t, server, dovecot, 1)


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
