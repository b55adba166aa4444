# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks: what a server is told, that it can believe it, that it is told again where it did not take it, and where they may
not lead."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import ssl
import subprocess
import threading

import case
import certs
import mail
import pdf
import plant
import provision
from server import Server
from web import Browser

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
SECONDS = 240


class Receiver:
    """Somebody's server. What it is asked lies in `asked` as (headers, body); `answers` are given in turn, then 204. `page`
    is the body of each answer, and ends before its time where it is shorter than `length`."""

    def __init__(self, t, answers=(), tls=None, page=b"", length=None):
        self.asked, self.answers = [], list(answers)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.headers, body))
                status = outer.answers.pop(0) if outer.answers else 204
                self.send_response(status)
                if status in (301, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(page) if length is None else length))
                self.end_headers()
                with contextlib.suppress(OSError):  # who knows enough hangs up
                    self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        t.later(self.server.shutdown)

    def url(self, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}/hook?x=1"


def signed(headers, body, secret=SECRET):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{wanted}"


@case.test
def what_happens_is_told_and_told_again(t):
    receiver, gone = Receiver(t, answers=[503]), Receiver(t, answers=[410])
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1])
    wanted["installation"]["webhook_networks"] = "127.0.0.0/8"
    wanted["webhooks"] = [{"tenant": "example", "name": "office", "url": receiver.url(), "secret": SECRET},
                          {"tenant": "example", "name": "gone", "url": gone.url(), "events": ["fax.sent"]}]
    server.apply(wanted)
    to = f"200@front.{provision.DOMAIN}"
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [("a.pdf", "application/pdf", pdf.make(1, lines=3))]), recipients=[to])
    t.wait(lambda: len(receiver.asked) >= 3, f"told: {[b for _, b in receiver.asked]} {server.log_tail()}", SECONDS)
    t.true(all(signed(h, b) for h, b in receiver.asked), "signed")
    first, others = receiver.asked[0], [json.loads(b) for _, b in receiver.asked[1:]]
    t.equal(sorted(o["type"] for o in others), ["fax.received", "fax.sent"], "each once it was taken")
    again = next(h for h, b in receiver.asked[1:] if json.loads(b)["type"] == json.loads(first[1])["type"])
    t.equal(again["webhook-id"], first[0]["webhook-id"], "the same message again has its id")
    sent = next(o for o in others if o["type"] == "fax.sent")["job"]
    received = next(o for o in others if o["type"] == "fax.received")["fax"]
    t.equal((sent["state"], sent["pages"], received["box"], received["pages"]), ("done", 1, "back", 1), "facts")
    t.wait(lambda: server.json("webhook", "list", "gone")["items"], "nothing was noted")
    dead = t.wait(lambda: [c for c in server.json("webhook", "list", "gone")["items"] if c["state"] == "dead"], "410 ends it", SECONDS)
    t.equal((dead[0]["http"], dead[0]["outcome"]["code"], len(gone.asked)), (410, "hook-gone", 1), "why")
    t.equal(server.cli("webhook", "retry", dead[0]["id"])[0], 0, "told again")
    t.wait(lambda: len(gone.asked) == 2, "once more", SECONDS)
    t.wait(lambda: server.json("webhook", "list", "gone")["items"][0]["state"] == "delivered", "delivered now", SECONDS)
    t.equal(server.cli("webhook", "retry", dead[0]["id"])[0], 64, "no more than once")
    t.wait(lambda: {c["state"] for c in server.json("webhook", "list")["items"]} == {"delivered"}, "all", SECONDS)
    t.true(SECRET not in json.dumps(server.json("webhook", "list")) and SECRET not in server.cli("export")[1], "the secret is not shown")


@case.test
def where_they_may_not_lead(t):
    authority = certs.Authority(t.folder())
    certificate, key = authority.certificate("hook.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver, tls = Receiver(t, answers=[307]), Receiver(t, tls=context)
    der = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], capture_output=True, check=True).stdout
    spki = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=der, capture_output=True, check=True).stdout
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    boss, other = Browser(server), Browser(server)
    boss.login("boss@apple.example", plant.PASSWORD)
    other.login("boss@zebra.example", plant.PASSWORD)

    def hook(name, url, **more):
        made = boss.post("/api/v1/webhooks", {"name": name, "url": url, **more})
        t.equal(made.status, 201, f"{name}: {made}")
        return made

    def tried(name, browser=boss):
        return browser.post(f"/api/v1/webhooks/test?name={name}")

    t.equal(hook("near", receiver.url(), secret=SECRET).json["secret"], {"set": True}, "the secret is not given back")
    hook("secure", tls.url("https"), pin="sha256:" + hashlib.sha256(spki).hexdigest())
    hook("wrong-pin", tls.url("https"), pin="sha256:" + "0" * 64)
    hook("unknown-authority", tls.url("https"))
    hook("by-name", f"https://localhost:{tls.port}/")
    hook("disguised", f"https://[::ffff:127.0.0.1]:{tls.port}/")
    for name in ("near", "secure", "by-name", "disguised"):
        reply = tried(name)
        t.equal((reply.status, reply.json["ok"], reply.json["http"]), (200, False, 0), f"{name}: {reply}")
        t.true("may not be called" in reply.json["outcome"]["text"], f"{name}: {reply}")
    t.equal((receiver.asked, tls.asked), ([], []), "nobody was called")
    for url in ("ftp://example.com/", "https://", "https://a b/", "file:///etc/passwd"):
        refused = boss.post("/api/v1/webhooks", {"name": "x", "url": url})
        t.equal((refused.status, refused.json["errors"][0]["field"]), (422, "url"), url)
    t.equal([other.get("/api/v1/webhooks/near").status, tried("near", other).status], [404, 404], "another tenant's")
    t.equal(boss.ask("PATCH", "/api/v1/installation", {"webhook_networks": "127.0.0.0/8"}, {"If-Match": "*"}).status, 403, "which may be called he does not say")
    server.apply({"installation": {"webhook_networks": "127.0.0.0/8 ::1"}})
    moved = tried("near").json
    t.equal((moved["ok"], moved["http"]), (False, 307), "a redirection is not followed")
    t.equal([tried("near").json["ok"], tried("secure").json["ok"]], [True, True], "near ones, where they are allowed")
    t.equal([tried("wrong-pin").json["ok"], tried("unknown-authority").json["ok"]], [False, False], "who is not who he should be")
    t.equal(len(tls.asked), 1, "and hears nothing")
    t.equal(len(receiver.asked), 2, "the redirection led nowhere")
    status, _, err = server.cli("webhook", "test", "wrong-pin")
    t.equal(status, 1, f"by the command line: {err}")


@case.test
def whatever_stands_behind_its_answer_it_was_told(t):
    receivers = {"long": Receiver(t, answers=[200], page=b"<p>" * 100000), "broken": Receiver(t, answers=[200], page=b"thank", length=9),
                 "refusing": Receiver(t, answers=[500], page=b"<p>" * 100000)}
    server = t.enter(Server(t.folder()))
    server.apply(plant.provisioning())
    server.apply({"installation": {"webhook_networks": "127.0.0.0/8"},
                  "webhooks": [{"tenant": "apple", "name": name, "url": r.url()} for name, r in receivers.items()]})
    boss = Browser(server)
    boss.login("boss@apple.example", plant.PASSWORD)
    said = {name: boss.post(f"/api/v1/webhooks/test?name={name}").json for name in receivers}
    t.equal({name: (s["ok"], s["http"]) for name, s in said.items()}, {"long": (True, 200), "broken": (True, 200), "refusing": (False, 500)}, f"{said}")


case.main()
