# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every secret that somebody gives us, or gets from us, is looked for: in the store, in the log, in every answer."""

import pathlib
import re
import subprocess

import case
import mail
import plant
import totp
from server import Server
from store import Store
from web import Browser

PIN = "4711081599"
# Of T.30: digits alone.
FAX = {"of a fax": "7319028465197302846*", "of a document": "8642097531864209753#", "of a box": "5550864213579086421#",
       "in an address": "2468013579246801357*", "in a subject": "9081726354908172635#", "in a refused mail": "6172839405617283940*"}
DKIM = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, text=True, check=True).stdout
SSH = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, text=True, check=True).stdout  # as ssh-keygen -m PEM writes it
HOST_KEY = "SHA256:" + "A" * 43
KEY = "5ec2e7" * 10 + "beef"  # of an archive place
GIVEN = {word: f"secret-of-{word}-5Yq8Zt" for word in ("user", "trunk", "server", "second", "mailbox", "client", "token", "hook", "directory", "provider", "archive")}


def provisioning():
    wanted = plant.provisioning()
    wanted["users"][1]["password"] = GIVEN["user"]  # apple-clerk
    wanted["faxboxes"][0].update(pin=PIN, fax_password=FAX["of a box"])
    wanted["mailboxes"][0].update(password=GIVEN["mailbox"], oauth_client_secret=GIVEN["client"], oauth_refresh_token=GIVEN["token"])
    wanted["webhooks"][0]["secret"] = GIVEN["hook"]
    wanted["identity_providers"][0]["client_secret"] = GIVEN["provider"]
    wanted["directories"] = [{"name": "people", "tenant": "apple", "host": "127.0.0.1", "port": 9, "bind_dn": "cn=reader", "password": GIVEN["directory"],
                              "base": "dc=example", "interval_minutes": 0}]
    wanted["archive_places"] = [{"name": "safe", "kind": "webdav", "url": "https://127.0.0.1:9/x", "username": "u", "password": GIVEN["archive"], "encrypted": True, "key": KEY},
                                {"name": "vault", "kind": "sftp", "url": "sftp://127.0.0.1:9/x", "username": "u", "private_key": SSH, "host_key": HOST_KEY}]
    wanted["trunks"] = [{"name": "pbx", "peer": "sip:127.0.0.1:9", "username": "u", "password": GIVEN["trunk"]}]
    wanted["mail_server"] = {"host": "127.0.0.1", "port": 9, "username": "u", "password": GIVEN["server"]}
    wanted["mail_servers"] = [{"name": "spare", "fallback": True, "host": "127.0.0.1", "port": 9, "username": "u", "password": GIVEN["second"]}]
    wanted["dkim"] = [{"name": "apple.example", "selector": "fax", "key": DKIM}]
    return wanted


def secret_fields():
    """(section, field) of every setting that is a secret, as the product's own table has them."""
    table = (pathlib.Path(__file__).parents[2] / "src/provision/fields.c").read_text()
    parts = dict(re.findall(r"^static const struct provision_field (\w+)\[\] = \{(.*?)END\s*\};", table, re.M | re.S))
    shared = re.search(r"#define MAIL_SERVER_FIELDS(.*?)\n\n", table, re.S)[1]
    for section, fields in re.findall(r'\] = \{"(\w+)", "[^"]*", \w+, (\w+)\}', table):
        rows = parts[fields].replace("MAIL_SERVER_FIELDS", shared)
        for name in re.findall(r'\b(?:PASSWORD|TOKEN|LOGIN|PIN|FAX_PASSWORD)\("(\w+)"\)', rows):
            yield section, name


def holders(folder, secrets):
    """(file, which secret), keys of our own left out: they are what opens the rest."""
    found = []
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and "keys" not in path.relative_to(folder).parts:
            content = path.read_bytes()
            found += [(str(path.relative_to(folder)), name) for name, secret in secrets.items() if secret in content]
    return found


def written_to(t, server):
    """Two mails that name one; the second hides it in an encoded word."""
    attached = [("letter.txt", "text/plain", b"Dear all\n")]
    address = f'"0501234568^PWD={FAX["in an address"]}"@applebox.fax.example.com'
    for number, message in (("0501234568", mail.make("clerk@apple.example", address, attached)),
                            ("0501234569", mail.make("clerk@apple.example", "applebox@fax.example.com", attached,
                                                     subject=f"0501234569^PWD={FAX['in a subject']}^COMPANY=Ärzte"))):
        mail.send(server.port("smtp"), message, recipients=[message["To"]])
        t.wait(lambda number=number: Store(server.state).rows("SELECT id FROM job WHERE display_number = ?", number), f"no job to {number}", 60)


def refused(t, server):
    """A mail that names one and becomes no fax."""
    message = mail.make("clerk@apple.example", "applebox@fax.example.com", [("letter.txt", "text/plain", b"Dear all\n")],
                        subject=f"0501234569^PWD={FAX['in a refused mail']}^NONSENSE")
    mail.send(server.port("smtp"), message, recipients=[message["To"]])
    t.wait(lambda: Store(server.state).rows("SELECT id FROM mail_in WHERE code <> ''"), "it is not refused", 60)


@case.test
def secrets_are_in_no_answer_no_log_and_not_in_clear_in_the_store(t):
    server = t.enter(Server(t.folder()))
    wanted = provisioning()
    given = {(section, name) for section, value in wanted.items() for entry in (value if isinstance(value, list) else [value]) for name in entry}
    t.equal(set(secret_fields()) - given, set(), "secrets that this test does not know of: give each a value in provisioning()")
    t.true(len(set(secret_fields())) >= 16, f"the table is read: {sorted(secret_fields())}")
    server.apply(wanted)
    root, clerk = Browser(server), Browser(server)
    t.equal(root.login("root@localhost", plant.PASSWORD).status, 200, "root")
    t.equal(clerk.login("clerk@apple.example", GIVEN["user"]).status, 200, "clerk")
    t.equal(Browser(server).login("clerk@apple.example", "a-wrong-one-7Kd").status, 401, "a wrong one")
    letter = server.folder / "letter.txt"
    letter.write_text("Dear all\n")
    sent = server.cli("send", f"0501234567^PWD={FAX['of a fax']}", letter, "--from-box", "applebox", "--no-wait")
    t.equal(sent[0], 0, f"send: {sent[2]}")
    t.equal(server.cli("polled", "set", "applebox", letter, "--pwd", FAX["of a document"])[0], 0, "polled set")
    t.wait(lambda: Store(server.state).rows("SELECT id FROM job WHERE length(fax_password) > 20"), "no password is sealed", 60)
    written_to(t, server)
    refused(t, server)
    made = clerk.post("/api/v1/api-keys", {"name": "program", "scope": "read", "password": GIVEN["user"]}).json
    authenticator = clerk.post("/api/v1/me/authenticator", {"password": GIVEN["user"]}).json
    recovery = clerk.post("/api/v1/me/authenticator/confirm", {"code": totp.code(authenticator["secret"])}).json["codes"]
    secrets = {name: text.encode() for name, text in {
        **GIVEN, **FAX, "pin": PIN, "key of a place": KEY, "password of others": plant.PASSWORD, "wrong password": "a-wrong-one-7Kd", "session": clerk.cookie.split("=")[1],
        "api key": made["key"], "api key's digits": made["key"].removeprefix("fpk_"), "authenticator": authenticator["secret"], "recovery code": recovery[0], "its digits": recovery[0].replace("-", ""),
        "signing key": DKIM.splitlines()[5], "key of a host": SSH.splitlines()[5]}.items()}
    secrets.update({f"{name}, raw": bytes.fromhex(secrets[name].decode()) for name in ("session", "api key's digits", "key of a place")})
    in_address = root.post("/api/v1/jobs?box=applebox&number=0501234567%5EPWD%3D12", b"x", **{"Content-Type": "text/plain"})
    t.equal((in_address.status, in_address.json["code"]), (400, "password-in-address"), "a password in an address")
    in_address = root.post("/api/v1/polled?box=applebox&password=12", b"x", **{"Content-Type": "text/plain"})
    t.equal((in_address.status, in_address.json["code"]), (400, "password-in-address"), "a password in an address")
    document = root.get("/api/v1/openapi.json").json
    names = {"boxes": "applebox", "users": root.get("/api/v1/users").json["items"][0]["id"], "tenants": "apple", "mailboxes": "apple-mailbox",
             "webhooks": "apple-hook", "trunks": "pbx", "mail-servers": "spare", "directories": "people", "identity-providers": "apple-id", "archive-places": "safe"}
    asked = 0
    for path, methods in document["paths"].items():
        if "get" not in methods or path == "/events" or "{id}" in path:
            continue
        for browser in (root, clerk):
            reply = browser.get("/api/v1" + path.replace("{name}", names.get(path.split("/")[1], "")))
            asked += reply.status == 200
            t.equal([name for name, secret in secrets.items() if secret in reply.body], [], f"GET {path}")
    t.true(asked > 35, f"{asked} answers")
    support = server.folder / "support.json"
    t.equal(server.cli("support", support, "--log", server.log)[0], 0, "support")
    t.true("apple-hook" in support.read_text(), "it tells of the settings")
    for text in (server.cli("export")[1], server.cli("status")[1], support.read_text()):
        t.equal([name for name, secret in secrets.items() if secret in text.encode()], [], "the command line")
    t.true(holders(server.state, {"a name": b"apple-hook"}), "what is no secret is found")
    kept = server.folder / "kept.fpb"
    t.equal(server.cli("backup", kept)[0], 0, "backup")
    t.equal([name for name, secret in secrets.items() if secret in kept.read_bytes()], [], "the backup")
    found = holders(server.state, secrets)
    server.stop()
    # A mail is stored as it came before it is read; the database's log has that until it is written over.
    t.equal([one for one in found + holders(server.state, secrets) if not (one[0].endswith("-wal") and one[1].startswith("in a"))], [], "the store")
    log = server.log.read_bytes()
    t.equal([name for name, secret in secrets.items() if secret in log], [], "the log")


case.main()
