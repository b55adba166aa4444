# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers that are places of the archive: WebDAV, and S3 that works out each request's signature for itself."""

import base64
import hashlib
import hmac
import http.server
import threading
import urllib.parse


class PlaceServer:
    """Files in memory: {path: bytes}. manners: what it does to requests, "" or "full", "lose" or "refuse"."""

    def __init__(self, t, handler, **settings):
        self.files, self.folders, self.manner, self.requests = {}, {"/"}, "", []
        self.__dict__.update(settings)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"place": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"
        t.later(self.stop)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *what):
        pass

    def reply(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if self.headers.get("Transfer-Encoding"):
            raise ValueError("a length is wanted")
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def handle_any(self):
        body = self.body()
        self.place.requests.append((self.command, self.path))
        if self.place.manner == "refuse":
            self.reply(503, b"not now")
        elif not self.allowed(body):
            self.reply(403 if isinstance(self, _S3) else 401, b"<Code>SignatureDoesNotMatch</Code>")
        elif self.place.manner == "full" and self.command == "PUT":
            self.reply(507, b"no room")
        else:
            self.act(body)

    do_GET = do_PUT = do_DELETE = do_MKCOL = do_MOVE = do_PROPFIND = handle_any


class _WebDav(_Handler):
    def allowed(self, body):
        wanted = base64.b64encode(f"{self.place.username}:{self.place.password}".encode()).decode()
        return self.headers.get("Authorization") == "Basic " + wanted

    def act(self, body):
        place, path = self.place, self.path
        folder = path.rstrip("/").rpartition("/")[0] + "/"
        if self.command == "PROPFIND":
            self.reply(207 if path in place.folders else 404)
        elif self.command == "MKCOL":
            self.reply(405 if path in place.folders else 201 if folder in place.folders else 409)
            if folder in place.folders:
                place.folders.add(path)
        elif self.command == "PUT":
            if folder in place.folders:
                place.files[path] = body if place.manner != "lose" else body[:-7]
            self.reply(201 if folder in place.folders else 409)
        elif self.command == "MOVE":
            to = urllib.parse.urlsplit(self.headers["Destination"]).path
            if path not in place.files:
                self.reply(404)
                return
            place.files[to] = place.files.pop(path)
            self.reply(204)
        elif self.command == "DELETE":
            self.reply(204 if place.files.pop(path, None) is not None else 404)
        else:
            self.reply(200, place.files[path]) if path in place.files else self.reply(404)


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class _S3(_Handler):
    def allowed(self, body):
        """AWS Signature Version 4, from the request as it came."""
        word, _, rest = self.headers.get("Authorization", "").partition(" ")
        parts = dict(p.strip().split("=", 1) for p in rest.split(",")) if word == "AWS4-HMAC-SHA256" else {}
        who, _, scope = parts.get("Credential", "").partition("/")
        names = parts.get("SignedHeaders", "").split(";")
        payload, date = self.headers.get("x-amz-content-sha256"), self.headers.get("x-amz-date", "")
        if who != self.place.username or payload != hashlib.sha256(body).hexdigest() or "host" not in names:
            return False
        if scope != f"{date[:8]}/{self.place.region}/s3/aws4_request":
            return False
        canonical = "\n".join([self.command, urllib.parse.quote(urllib.parse.unquote(self.path)), "", *(f"{n}:{self.headers[n].strip()}" for n in names), "", ";".join(names), payload])
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.place.password).encode()
        for step in scope.split("/"):
            key = _hmac(key, step)
        return hmac.compare_digest(_hmac(key, text).hex(), parts.get("Signature", ""))

    def act(self, body):
        files, path = self.place.files, urllib.parse.unquote(self.path)
        if not path.startswith("/bucket/"):
            self.reply(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif self.command == "PUT":
            files[path] = body
            self.reply(200)
        elif self.command == "DELETE":
            files.pop(path, None)
            self.reply(204)
        elif path in files:
            self.reply(200, files[path])
        else:
            self.reply(404, b"<Error><Code>NoSuchKey</Code></Error>")


def webdav(t):
    place = PlaceServer(t, _WebDav, username="fax", password="dav secret")
    place.folders.add("/faxes/")
    place.settings = {"name": "dav", "kind": "webdav", "url": f"http://{place.host}/faxes", "plaintext": True, "username": "fax", "password": "dav secret"}
    return place


def s3(t):
    place = PlaceServer(t, _S3, username="AKIDEXAMPLE", password="wJalrXUtnFEMI/K7MDENG", region="eu-south-1")
    place.settings = {"name": "s3", "kind": "s3", "url": f"http://{place.host}/bucket/B%C3%BCro+1/ü/100%25%20x", "plaintext": True, "username": place.username,
                      "password": place.password, "region": place.region}
    return place
