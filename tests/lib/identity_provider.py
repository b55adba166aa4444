# SPDX-License-Identifier: AGPL-3.0-or-later
"""An OpenID provider of ours that lies on demand: what it puts into an ID token, and how it signs it, is the test's to say.

    with IdentityProvider(folder) as provider:
        server.apply({..., "identity_providers": [provider.settings("contoso", tenant="apple")]})
        log_in(browser, provider, "contoso")
"""

import base64
import hashlib
import http.server
import json
import re
import ssl
import subprocess
import threading
import time
import urllib.parse

from dovecot import make_certificate, pin_of


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True, capture_output=True).stdout


class Key:
    """kind: "RS256" or "ES256"."""

    def __init__(self, folder, kind, name):
        self.kind, self.name, self.file = kind, name, folder / f"{name}.key"
        if kind == "RS256":
            openssl("genrsa", "-out", self.file, "2048")
            modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().strip().split("=")[1]
            numbers = {"kty": "RSA", "n": url64(bytes.fromhex(modulus)), "e": "AQAB"}
        else:
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.file)
            point = openssl("ec", "-in", self.file, "-pubout", "-outform", "DER")[-64:]
            numbers = {"kty": "EC", "crv": "P-256", "x": url64(point[:32]), "y": url64(point[32:])}
        self.public = {**numbers, "kid": name, "use": "sig", "alg": kind}

    def sign(self, data):
        der = openssl("dgst", "-sha256", "-sign", self.file, data=data)
        if self.kind == "RS256":
            return der
        numbers = re.findall(r"INTEGER\s+:([0-9A-F]+)", openssl("asn1parse", "-inform", "DER", data=der).decode())
        return b"".join(int(n, 16).to_bytes(32, "big") for n in numbers)

    def token(self, claims, **header):
        parts = [url64(json.dumps(part).encode()) for part in ({"alg": self.kind, "kid": self.name, **header}, claims)]
        return ".".join([*parts, url64(self.sign(".".join(parts).encode()))])


class IdentityProvider:
    SECRET = "client secret & more: 100%"

    def __init__(self, folder):
        self.certificate, key = folder / "idp.pem", folder / "idp-key.pem"
        make_certificate(self.certificate, key)
        self.rsa, self.ec, self.stranger = (Key(folder, kind, name) for kind, name in (
            ("RS256", "one"), ("ES256", "two"), ("RS256", "stranger")))
        self.keys, self.key = [self.rsa, self.ec], self.rsa
        self.person = {"sub": "4711", "email": "clerk@apple.example", "name": "A Clerk"}
        self.change = lambda claims: claims          # of each ID token
        self.token = lambda key, claims: key.token(claims)
        self.userinfo, self.document, self.token_answer = None, {}, None
        self.codes, self.asked, self.forms, self.basic = {}, [], [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append(self.path)
                self.answer(*outer.show(urllib.parse.urlparse(self.path).path, self.headers))

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                outer.asked.append(self.path)
                self.answer(*outer.grant(form, self.headers.get("Authorization", "")))

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *what):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.issuer = f"https://localhost:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *what):
        self.server.shutdown()
        self.server.server_close()

    def settings(self, name, **more):
        return {"name": name, "issuer": self.issuer, "client_id": f"faxpost of {name}", "client_secret": self.SECRET,
                "pin": pin_of(self.certificate), **more}

    def show(self, path, headers):
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                         "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys",
                         "userinfo_endpoint": self.issuer + "/me", "end_session_endpoint": self.issuer + "/leave", **self.document}
        if path == "/keys":
            return 200, {"keys": [key.public for key in self.keys]}
        if path == "/me" and self.userinfo and headers.get("Authorization") == "Bearer an-access-token":
            return 200, self.userinfo
        return 404, {"error": "not here"}

    def log_in(self, url):
        """What its login page does with the browser that was sent there: the query it is sent back with."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(url).query))
        code = f"code {len(self.codes)}&="
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def claims(self, asked):
        now = int(time.time())
        return {"iss": self.issuer, "aud": asked["client_id"], "iat": now, "exp": now + 300, "nonce": asked["nonce"], "email_verified": True, **self.person}

    def grant(self, form, authorization):
        asked = self.codes.pop(form.get("code", ""), None)
        self.forms.append(form)
        kind, _, given = authorization.partition(" ")
        pair = base64.b64decode(given).decode().split(":") if kind == "Basic" else ["", ""]
        client, secret = (urllib.parse.unquote_plus(part) for part in pair)
        proof = url64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not asked or asked["code_challenge_method"] != "S256" or asked["code_challenge"] != proof:
            return 400, {"error": "invalid_grant"}
        if asked["redirect_uri"] != form["redirect_uri"] or (client, secret) != (asked["client_id"], self.SECRET):
            return 401, {"error": "invalid_client"}
        if self.token_answer:
            return self.token_answer
        return 200, {"access_token": "an-access-token", "token_type": "Bearer",
                     "id_token": self.token(self.key, self.change(self.claims(asked)))}


def begin(browser, name):
    return browser.post("/api/v1/login-providers/begin", {"provider": name})


def finish(browser, **what):
    return browser.post("/api/v1/login-providers/finish", what)


def log_in(browser, provider, name):
    """All of it, as a browser does it; the last answer."""
    there = begin(browser, name)
    return finish(browser, **provider.log_in(there.json["url"])) if there.status == 200 else there
