# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sent a mail (A5): signatures by opendkim and by ourselves, attacks, and the verdicts beside mailauth's, a verifier in
JavaScript that shares no line with ours."""

import base64
import json
import shutil
import subprocess

import case
import sign
from dns import DOWN, SILENT, DnsServer
from server import BUILD

BODY = "Please fax this.\r\n\r\nAnn  \r\n\r\n\r\n"
KEY = sign.make_key()[1]
ZONE = {
    ("example.com", "A"): ["192.0.2.80"],
    ("example.com", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=reject"],
    ("s._domainkey.example.com", "TXT"): [KEY],
    ("s._domainkey.mail.example.com", "TXT"): [KEY],
    ("weak._domainkey.example.com", "TXT"): [sign.make_key("rsa:768")[1]],
    ("ed._domainkey.example.com", "TXT"): [sign.make_key("ed25519")[1]],
    ("gone._domainkey.example.com", "TXT"): ["v=DKIM1; p="],
    ("down._domainkey.example.com", "TXT"): DOWN,
    ("s._domainkey.example.com.evil.net", "TXT"): [KEY],
    ("example.com.evil.net", "TXT"): ["v=spf1 +all"],
    ("_dmarc.example.com.evil.net", "TXT"): ["v=DMARC1; p=reject"],
    ("evil.net", "TXT"): ["v=spf1 +all"],
    ("s._domainkey.evil.net", "TXT"): [KEY],
    ("_dmarc.evil.net", "TXT"): ["v=DMARC1; p=none"],
    ("s._domainkey.lists.example", "TXT"): [KEY],
    ("norecord.example", "TXT"): ["v=spf1 +all"],
    ("_dmarc.broken.example", "TXT"): DOWN,
    ("broken.example", "TXT"): ["v=spf1 +all"],
}


def mail(sender="ann@example.com", more="", body=BODY):
    return f"{more}From: Ann <{sender}>\r\nTo: 5551234@front.fax.example\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"\
        f"Subject: letter\r\n\r\n{body}"


def look(dns, message, ip="203.0.113.9", sender="ann@example.com", helo="mx.example.com", server="", arc=False):
    """{fact: value} of a mail."""
    done = subprocess.run([BUILD / "tests" / "peer" / "verify-peer", dns.address, ip, helo, sender, server, str(int(arc))],
                          input=sign.crlf(message), capture_output=True, timeout=100)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    words, _, author = done.stdout.decode().strip().partition("from=")
    return {**dict(word.split("=", 1) for word in words.split()), "from": author}


def results(facts):
    return facts["dmarc"], facts["spf"], facts["dkim"]


@case.test
# proves: A5
def mail_of_opendkim_and_of_an_allowed_address_passes(t):
    dns = t.enter(DnsServer(ZONE))
    t.equal(results(look(dns, mail())), ("fail", "fail", "none"), "a stranger")
    t.equal(results(look(dns, mail(), ip="192.0.2.7")), ("pass", "pass", "none"), "by SPF")
    if not sign.OPENDKIM.exists():
        t.skip("libopendkim-dev was missing when this was built")
    for forms in (("simple", "simple"), ("simple", "relaxed"), ("relaxed", "simple"), ("relaxed", "relaxed")):
        for body in (BODY, "", "\r\n", " \t\r\n\r\n", "a\t b  \r\n c \r\n\r\n"):
            signed = sign.opendkim(mail(body=body), "example.com", forms=forms)
            t.equal(results(look(dns, signed)), ("pass", "fail", "pass"), f"by DKIM, {forms}, {body!r}")
    signed = sign.opendkim(mail(), "example.com")
    t.equal(results(look(dns, sign.opendkim(mail(), "mail.example.com"))), ("pass", "fail", "pass"), "relaxed alignment")
    t.equal(results(look(dns, signed.replace(b"Please", b"Do not"))), ("fail", "fail", "fail"), "changed body")
    t.equal(results(look(dns, signed.replace(b"letter", b"other"))), ("fail", "fail", "fail"), "changed subject")
    large = mail(body="A line of a document, or of base64.  \r\n" * 300000 + "\r\n" * 1000)
    t.equal(results(look(dns, sign.opendkim(large, "example.com"))), ("pass", "fail", "pass"), "11 MB in slices")


@case.test
# proves: A5
def signatures_count_only_where_they_should(t):
    dns = t.enter(DnsServer(ZONE))
    own = lambda **options: sign.own(mail(), "example.com", **options)
    rows = [
        ("ours is like opendkim's", own(), "pass"),
        ("Ed25519", own(selector="ed", kind="ed25519"), "pass"),
        ("over-signed From", own(names=("From", "From", "To", "Subject")), "pass"),
        ("768 bits", own(selector="weak", kind="rsa:768"), "fail"),
        ("rsa-sha1", own(algorithm="rsa-sha1"), "fail"),
        ("From not signed", own(names=("To", "Subject")), "fail"),
        ("key taken back", own(selector="gone"), "fail"),
        ("no key", own(selector="nokey"), "fail"),
        ("expired", own(extra=" t=1000; x=2000;"), "fail"),
        ("key not to be had", own(selector="down"), "temperror"),
        ("Ed25519 under an RSA key", own(kind="ed25519"), "fail"),
    ]
    for what, message, wanted in rows:
        facts = look(dns, message)
        t.equal(facts["dkim"], wanted, what)
        t.equal(facts["dmarc"], wanted, what)


@case.test
# proves: A5
def attacks_do_not_pass(t):
    dns = t.enter(DnsServer(ZONE))
    signed = sign.own(mail(), "example.com")
    head, _, body = signed.partition(b"\r\n\r\n")
    partly = sign.own(mail(), "example.com", length=len(sign.relax_body(sign.crlf(BODY))))
    oversigned = sign.own(mail(), "example.com", names=("From", "From", "To", "Subject", "Subject"))
    rows = [
        ("l= that covers all", partly, "pass"),
        ("l= with something appended", partly + b"And pay 1000 to ...\r\n", "fail"),
        ("domain that begins with ours",
         sign.own(mail("ann@example.com.evil.net"), "example.com.evil.net"), "pass"),  # for itself, and for nobody else
        ("another domain's signature", sign.own(mail(), "evil.net"), "fail"),
        ("another domain that begins with ours", sign.own(mail(), "example.com.evil.net"), "fail"),
        ("second From above", b"From: eve@evil.net\r\n" + signed, "permerror"),
        ("second From below", head + b"\r\nFrom: eve@evil.net\r\n\r\n" + body, "permerror"),
        ("two addresses in From", mail("ann@example.com>, <eve@evil.net"), "permerror"),
        ("Subject above an over-signed one", b"Subject: other\r\n" + oversigned, "fail"),
        ("results brought along",
         mail(more="Authentication-Results: mx.fax.example; dmarc=pass header.from=example.com\r\n"), "fail"),
        ("no From", b"To: x@y.example\r\n\r\n" + body, "permerror"),
        ("bare line feed hides a From", head.replace(b"Subject: letter", b"Subject: x\nFrom: eve@evil.net") + b"\r\n\r\n" + body,
         "permerror"),
        ("facts written into a domain",
         b"DKIM-Signature: v=1; a=rsa-sha256; d=x arc=pass from=ann@example.com; s=s; h=From; bh=; b=\r\n" + sign.crlf(mail()), "fail"),
        ("no DMARC record", sign.own(mail("a@norecord.example"), "norecord.example"), "none"),
        ("DMARC cannot be asked", mail("a@broken.example"), "temperror"),
    ]
    for what, message, wanted in rows:
        raw = message if isinstance(message, bytes) else message.encode()
        done = subprocess.run([BUILD / "tests" / "peer" / "verify-peer", dns.address, "203.0.113.9", "mx.evil.net",
                               "eve@evil.net", "", "0"], input=raw, capture_output=True, timeout=100)
        facts = dict(word.split("=", 1) for word in done.stdout.decode().split() if "=" in word)
        t.equal(facts["dmarc"], wanted, what)
    t.true(("s._domainkey.evil.net", "TXT") in dns.asked, "the DNS was not asked")


@case.test
# proves: A5
def hostile_mail_costs_little(t):
    zone = dict(ZONE)
    zone["example.com", "TXT"] = ["v=spf1 include:example.com include:b.example mx -all"]
    zone["b.example", "TXT"] = ["v=spf1 " + " ".join(f"a:h{i}.b.example" for i in range(20)) + " -all"]
    dns = t.enter(DnsServer(zone))
    message = mail()
    for i in range(50):
        message = sign.own(message, "example.com", selector=f"n{i}") if i < 8 else (
            f"DKIM-Signature: v=1; a=rsa-sha256; d=d{i}.example; s=x; h=From; bh={'A' * 43}=; b=AAAA\r\n".encode() + message)
    facts = look(dns, message)
    keys = {name for name, _ in dns.asked if "._domainkey." in name}
    t.true(len(keys) <= 5, f"{len(keys)} keys were asked for")
    t.true(all(name.endswith("example.com") for name in keys), f"signatures that cannot align came first: {keys}")
    t.equal(facts["spf"], "permerror", "SPF")
    t.true(len(set(dns.asked)) < 40, f"{len(set(dns.asked))} questions")


@case.test
# proves: A5
def dns_that_is_silent_is_a_temporary_error(t):
    dns = t.enter(DnsServer({**ZONE, ("_dmarc.example.com", "TXT"): SILENT}))
    t.equal(look(dns, sign.own(mail(), "example.com"))["dmarc"], "temperror", "silence")
    down = t.enter(DnsServer(ZONE, down=True))
    t.equal(look(down, sign.own(mail(), "example.com"))["dmarc"], "temperror", "SERVFAIL")


@case.test
# proves: A5
def forwarder_speaks_for_a_mail_by_its_seal(t):
    dns = t.enter(DnsServer(ZONE))
    changed = sign.crlf(mail(body=BODY + "-- \r\na list\r\n"))
    said = "lists.example; dmarc=pass header.from=example.com"
    sealed = sign.seal(changed, "lists.example", said)
    facts = look(dns, sealed, arc=True)
    t.equal((facts["dmarc"], facts["arc"], facts["arc.domain"], facts["arc.dmarc"]), ("fail", "pass", "lists.example", "pass"),
            "one seal")
    twice = sign.seal(sealed, "lists.example", said, instance=2, chain="pass")
    t.equal(look(dns, twice, arc=True)["arc"], "pass", "two seals")
    rows = [
        ("changed body", sealed.replace(b"a list", b"a lie")),
        ("changed results", sealed.replace(b"i=1; lists.example; dmarc=pass", b"i=1; lists.example; dmarc=fail")),
        ("no first set", twice.replace(b"i=1", b"i=3")),
        ("chain begins with pass", sign.seal(changed, "lists.example", said, chain="pass")),
        ("chain that failed", sign.seal(sealed, "lists.example", said, instance=2, chain="fail")),
        ("a set twice", sign.fields_of(sealed)[0] + sealed),
    ]
    for what, message in rows:
        t.equal(look(dns, message, arc=True)["arc"], "fail", what)
    other = look(dns, sign.seal(changed, "lists.example", "x; dmarc=pass header.from=evil.net"), arc=True)
    t.equal((other["arc"], other["arc.dmarc"]), ("pass", "none"), "results about somebody else")
    t.equal(look(dns, sealed)["arc"], "none", "nobody asked for it")


@case.test
# proves: A5
def only_the_named_servers_topmost_word_counts(t):
    dns = t.enter(DnsServer(ZONE))
    field = "Authentication-Results: {}; dmarc={} header.from={}\r\n"
    forged = field.format("mx.provider.example", "pass", "example.com")
    rows = [
        ("its word", field.format("mx.provider.example", "pass", "example.com"), "pass"),
        ("its word above a forged one", field.format("mx.provider.example", "fail", "example.com") + forged, "fail"),
        ("its word on somebody else", field.format("mx.provider.example", "pass", "evil.net"), "fail"),
        ("another server's", field.format("mx.provider.example.evil.net", "pass", "example.com"), "fail"),
        ("another server's above", field.format("evil.net", "pass", "example.com")
         + field.format("mx.provider.example", "fail", "example.com"), "fail"),
        ("none, so we verify", "", "fail"),
    ]
    for what, more, wanted in rows:
        t.equal(look(dns, mail(more=more), ip="", server="mx.provider.example")["dmarc"], wanted, what)
    t.equal(results(look(dns, sign.own(mail(), "example.com"), ip="", server="mx.provider.example")),
            ("pass", "none", "pass"), "verified by ourselves")


# ---- beside mailauth ----

MAILAUTH = """
const { authenticate } = require('mailauth');
const fs = require('fs');
const cases = JSON.parse(fs.readFileSync(0));
(async () => {
    for (const c of cases) {
        const resolver = async (name, type) => {
            const found = c.zone[name.toLowerCase() + ' ' + type];
            if (!found) { const e = new Error('queryTxt ENOTFOUND'); e.code = 'ENOTFOUND'; throw e; }
            return type === 'TXT' ? found.map(x => [x]) : type === 'MX' ? found.map(x => ({priority: 10, exchange: x})) : found;
        };
        const r = await authenticate(Buffer.from(c.mail, 'base64'),
            { ip: c.ip, helo: c.helo, sender: c.sender, mta: 'test', resolver });
        console.log(JSON.stringify({
            spf: r.spf ? r.spf.status.result : 'none',
            dkim: r.dkim.results.some(x => x.status.result === 'pass') ? 'pass' : 'no',
            dmarc: r.dmarc ? r.dmarc.status.result : 'none',
            arc: r.arc && r.arc.status ? r.arc.status.result : 'none' }));
    }
})();
"""


def mailauth_folder(t):
    """Where mailauth is installed, once for each build folder."""
    if not shutil.which("npm") or not shutil.which("node"):
        t.skip("npm or node is missing, so there is no mailauth to compare with")
    folder = BUILD / "npm"
    folder.mkdir(exist_ok=True)
    if not (folder / "node_modules" / "mailauth").exists():
        (folder / "package.json").write_text("{}")
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "mailauth@4.13.3"], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        if done.returncode:
            t.skip(f"npm does not reach mailauth: {done.stdout.strip().splitlines()[-1][:150]}")
    return folder


def peer_cases():
    sealed = sign.seal(sign.crlf(mail()), "lists.example", "lists.example; dmarc=pass header.from=example.com")
    messages = {
        "plain": mail(), "signed": sign.own(mail(), "example.com"), "ed25519": sign.own(mail(), "example.com", "ed", "ed25519"),
        "below": sign.own(mail(), "mail.example.com"), "changed": sign.own(mail(), "example.com").replace(b"Please", b"Do not"),
        "foreign": sign.own(mail(), "evil.net"), "begins": sign.own(mail(), "example.com.evil.net"),
        "no record": sign.own(mail("a@norecord.example"), "norecord.example"),
        "sealed": sealed, "sealed twice": sign.seal(sealed, "lists.example", "lists.example; arc=pass", instance=2, chain="pass"),
        "broken seal": sealed.replace(b"Please", b"Do not"),
        "blank body": sign.own(mail(body="\r\n\r\n"), "example.com"), "no body": sign.own(mail(body=""), "example.com"),
        "blanks": sign.own(mail(body=" a \t b  \r\n \r\n\r\n  c\r\n"), "example.com"),
    }
    envelopes = [("192.0.2.7", "ann@example.com"), ("203.0.113.9", "ann@example.com"), ("203.0.113.9", "eve@evil.net"),
                 ("2001:db8::1", "ann@example.com"), ("203.0.113.9", "")]
    cases = [(f"{name}, {ip} <{sender}>", message, ip, sender) for name, message in messages.items() for ip, sender in envelopes]
    for i, record in enumerate(SPF_RECORDS):
        cases += [(f"{record} {ip}", mail(), ip, f"a@r{i}.spf.example") for ip in ("192.0.2.7", "2001:db8::1", "203.0.113.9")]
    return cases


SPF_RECORDS = [
    "v=spf1 a:example.com/24 -all", "v=spf1 mx:mx.spf.example -all", "v=spf1 include:example.com ~all", "v=spf1 redirect=example.com",
    "v=spf1 exists:%{ir}.list.spf.example -all", "v=spf1 exists:%{l1r-}.%{d2}.list.spf.example ?all", "v=spf1 ip6:2001:db8::/32 -all",
    "v=spf1 ip4:192.0.2.0/33 -all", "v=spf1 include:nowhere.example -all", "v=spf1 foo -all", "v=spf1 ?all", "v=spf1 +all",
    "v=spf1 a:n1.spf.example a:n2.spf.example -all", "v=spf1 " + " ".join("a:example.com" for _ in range(11)) + " -all",
]
PEER_ZONE = {
    ("mx.spf.example", "MX"): ["h.spf.example"], ("h.spf.example", "A"): ["192.0.2.7"], ("h.spf.example", "AAAA"): ["2001:db8::1"],
    ("7.2.0.192.list.spf.example", "A"): ["127.0.0.2"], ("a.spf.example.list.spf.example", "A"): ["127.0.0.2"],
    **{(f"r{i}.spf.example", "TXT"): [record] for i, record in enumerate(SPF_RECORDS)},
}


@case.test
# proves: A5
def verdicts_are_those_of_mailauth(t):
    folder = mailauth_folder(t)
    zone = {key: value for key, value in {**ZONE, **PEER_ZONE}.items() if value != DOWN}
    dns = t.enter(DnsServer(zone))
    table = {f"{name} {kind}": values for (name, kind), values in zone.items()}
    cases = peer_cases()
    asked = [{"mail": base64.b64encode(sign.crlf(message)).decode(), "ip": ip, "helo": "mx.example.com", "sender": sender,
              "zone": table} for _, message, ip, sender in cases]
    done = subprocess.run(["node", "-e", MAILAUTH], cwd=folder, input=json.dumps(asked), capture_output=True, text=True,
                          timeout=300)
    t.equal(done.returncode, 0, done.stderr[-300:])
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    t.equal(len(theirs), len(cases), "answers of mailauth")
    different = []
    for (name, message, ip, sender), their in zip(cases, theirs):
        ours = look(dns, message, ip=ip, sender=sender, arc=True)
        mine = {"spf": ours["spf"], "dkim": "pass" if ours["dkim"] == "pass" else "no", "dmarc": ours["dmarc"],
                "arc": ours["arc"]}
        if ours["dmarc"] == "pass":
            mine["arc"] = their["arc"]  # nobody needs it then, and we do not look
        if mine != their:
            different.append(f"{name}: ours {mine}, theirs {their}")
    for line in different:
        t.note(line)
    t.equal(len(different), 0, "cases that differ")
    t.note(f"{len(cases)} cases")


case.main()
