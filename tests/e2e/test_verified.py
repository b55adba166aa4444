# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail from elsewhere, from outside (A5): the tenant trusts no network, so this machine is as foreign as any other."""

import shutil
import smtplib
import subprocess

import case
import mail
import pdf
import provision
import sign
from dns import DnsServer
from server import Server
from store import Store

SENDER = "ann@example.com"
TO = f"200@front.{provision.DOMAIN}"
ZONE = {
    ("example.com", "TXT"): ["v=spf1 ip4:198.51.100.77 -all"],
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=reject"],
    ("s._domainkey.example.com", "TXT"): [sign.make_key()[1]],
    ("evil.net", "TXT"): ["v=spf1 +all"],
    ("_dmarc.evil.net", "TXT"): ["v=DMARC1; p=none"],
}


def house(t, dns, **tenant):
    """A server that is told by `dns`; ann may send from front."""
    server = t.enter(Server(t.folder(), settings={"dns_servers": dns.address}))
    told = provision.example(server.port("sip")[1])
    told["tenants"][0].update({"trusted_networks": [], **tenant})
    told["users"][0]["addresses"].append(SENDER)
    server.apply(told)
    return server


def letter(sender=SENDER, pages=1):
    return mail.make(f"Ann <{sender}>", TO, [("a.pdf", "application/pdf", pdf.make(pages, document=7))]).as_bytes()


def bring(server, message, sender=SENDER):
    """The reply to the mail: (code, text)."""
    host, port = server.port("smtp")
    with smtplib.SMTP(host, port, timeout=120) as client:
        client.ehlo("mx.example.com")
        t_codes = [client.mail(sender)[0], client.rcpt(TO)[0]]
        if t_codes != [250, 250]:
            return t_codes[-1], "envelope"
        code, text = client.data(sign.crlf(message))
        return code, text.decode()


def swaks(server, message, folder):
    """The same by swaks: its exit status and what it heard."""
    host, port = server.port("smtp")
    file = folder / "mail"
    file.write_bytes(message)
    done = subprocess.run(["swaks", "--server", host, "--port", str(port), "--from", SENDER, "--to", TO, "--data", f"@{file}",
                           "--suppress-data"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


def ended_job(t, server):
    store = Store(server.state)
    return t.wait(lambda: next((j for j in store.jobs() if j["state"] not in ("waiting", "calling")), None),
                  f"no job ended; {server.log_tail()}", 240)


@case.test
# proves: A5
def signed_mail_from_elsewhere_is_faxed(t):
    if not shutil.which("swaks"):
        t.skip("swaks is missing")
    dns = t.enter(DnsServer(ZONE))
    server = house(t, dns)
    message = sign.opendkim(letter(), "example.com") if sign.OPENDKIM.exists() else sign.own(letter(), "example.com")
    status, heard = swaks(server, message, t.folder())
    t.equal(status, 0, heard)
    t.equal(ended_job(t, server)["state"], "done", "job")
    t.true("dmarc=pass" in server.log.read_text(), "the log does not tell what was found out")
    t.wait(lambda: server.mails(SENDER) or server.mails(provision.FRONT), "no report came")


@case.test
# proves: A5 D1
def forged_mail_gets_nothing(t):
    dns = t.enter(DnsServer(ZONE))
    server = house(t, dns)
    signed = sign.own(letter(), "example.com")
    large = sign.own(letter(pages=40), "example.com")
    t.true(len(large) > 70000, "the large one goes through no file")
    forged = [
        ("unsigned", letter(), SENDER),
        ("signed by somebody else", sign.own(letter(), "evil.net"), SENDER),
        ("changed", signed.replace(b"Subject:", b"Subject: x"), SENDER),
        ("changed, large", large.replace(b"Subject:", b"Subject: x"), SENDER),
        ("two authors", b"From: eve@evil.net\r\n" + signed, SENDER),
        ("results brought along", b"Authentication-Results: fax.localhost; dmarc=pass header.from=example.com\r\n" +
         sign.crlf(letter()), SENDER),
        ("good, of nobody here", sign.crlf(letter("eve@evil.net")), SENDER),
    ]
    for what, message, sender in forged:
        code, text = bring(server, sign.crlf(message), sender)
        t.equal(code, 550, f"{what}: {text}")
    t.equal(Store(server.state).mails_in(), [], "mails stored")
    t.equal(list((server.state / "blobs" / "tmp").iterdir()), [], "files left behind")
    t.equal(list(server.maildir.glob("*/new/*")) if server.maildir.exists() else [], [], "answers")
    code, text = bring(server, large)
    t.equal(code, 250, text)


@case.test
# proves: A5
def dns_that_is_down_is_451(t):
    dns = t.enter(DnsServer(ZONE, down=True))
    server = house(t, dns)
    code, text = bring(server, sign.own(letter(), "example.com"))
    t.equal((code, text[:5]), (451, "4.4.3"), text)
    t.equal(Store(server.state).mails_in(), [], "mails stored")
    dns.down = False
    server.kill("mailin")  # or its resolver remembers for some seconds that nobody answered

    def again():
        try:
            return bring(server, sign.own(letter(), "example.com"))[0] == 250
        except (OSError, smtplib.SMTPException):
            return False
    t.wait(again, f"it is not taken once the DNS answers; {server.log_tail()}")


@case.test
# proves: A5
def settings_say_who_needs_no_proof(t):
    dns = t.enter(DnsServer(ZONE))
    server = house(t, dns)
    t.equal(bring(server, letter())[0], 550, "without a setting")
    for settings in ({"dmarc": "off"}, {"dmarc": "require", "trusted_networks": ["127.0.0.0/8"]}):
        server.apply({"tenants": [{"name": "example", **settings}]})
        code, text = bring(server, letter())
        t.equal(code, 250, f"{settings}: {text}")
    exported = server.cli("export")[1]
    t.true('"127.0.0.0/8"' in exported and '"require"' in exported, "export does not tell the settings")
    server.apply({"tenants": [{"name": "example", "trusted_networks": []}],
                  "faxboxes": [{"id": "front", "trusted_networks": ["127.0.0.0/8"]}]})
    t.equal(bring(server, letter())[0], 250, "a box's own network")
    file = server.folder / "wrong.json"
    file.write_text('{"tenants": [{"name": "example", "trusted_networks": ["10.0.0.1/8"], "dmarc": "maybe"}]}')
    status, out, err = server.cli("apply", file)
    t.true(status != 0 and "trusted_networks[0]" in out + err and "dmarc" in out + err, f"taken: {out}{err}")


@case.test
# proves: A5
def another_address_of_this_machine_is_elsewhere(t):
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    address = next((a for a in addresses if ":" not in a), None)
    if not address:
        t.skip("this machine has no address but loopback")
    dns = t.enter(DnsServer(ZONE))
    server = t.enter(Server(t.folder(), address=address, settings={"dns_servers": dns.address}))
    told = provision.example(server.port("sip")[1], host=address)
    told["users"][0]["addresses"].append(SENDER)
    server.apply(told)
    t.equal(bring(server, letter())[0], 550, "unsigned")
    t.equal(bring(server, sign.own(letter(), "example.com"))[0], 250, "signed")


case.main()
