# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports that prove what was sent and that they are as the server wrote them: poppler's pdfsig and `faxpost verify` look."""

import hashlib
import random
import re
import subprocess

import case
import door
import mail
import pdf
import provision
from server import Server

FRONT = provision.FRONT
SECONDS = 240


def text_of(path):
    return subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout


def reported(t, server, document, known=0):
    """The PDF that comes back for a mail with this document."""
    mail.send(server.port("smtp"), mail.make(FRONT, f"200@front.{provision.DOMAIN}", [("contract.pdf", "application/pdf", document)]))
    paths = t.wait(lambda: server.mails(FRONT)[known:], f"no report; log: {server.log_tail()}", SECONDS)
    return mail.attachment(mail.read(paths[0]))[1]


def verdict(server, *arguments):
    status, out, err = server.cli("verify", *arguments)
    return status, out + err


def pdfsig(path):
    return subprocess.run(["pdfsig", path], capture_output=True, text=True, env={"HOME": str(path.parent), "PATH": "/usr/bin"}).stdout


def openssl(report, certificates, spoilt=False):
    """The signature taken out of the PDF as ISO 32000-1 12.8.1 says it lies there, and what `openssl cms` says of it."""
    whole, folder = report.read_bytes(), report.parent
    a, b, c, d = (int(n) for n in re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", whole).groups())
    signed = whole[a:a + b] + whole[c:c + d]
    (folder / "signed").write_bytes(signed[:-1] + b"x" if spoilt else signed)
    (folder / "signature").write_bytes(bytes.fromhex(whole[a + b:c].strip(b"<>\n ").decode()))
    return subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "signature", "-content", folder / "signed",
                           "-CAfile", certificates, "-purpose", "any", "-out", "/dev/null"], capture_output=True, text=True)


@case.test
# proves: S2.13
def signed_report_names_its_document_and_tells_every_change(t):
    server, folder = t.enter(Server(t.folder())), t.folder()
    settings = provision.example(server.port("sip")[1])
    server.apply(settings)
    status, said = verdict(server, "--export")
    t.true(status != 0 and "installation.sign_reports on" in said, said)
    settings["installation"]["sign_reports"] = "on"
    server.apply(settings)
    document = pdf.make(1, lines=2)
    report, certificates, unsigned = folder / "report.pdf", folder / "reports.pem", folder / "unsigned.pdf"
    report.write_bytes(reported(t, server, document))
    words = text_of(report)
    for part in ("contract.pdf", hashlib.sha256(document).hexdigest(), "Signed"):
        t.true(part in words, f"{part} is not in the report: {words}")
    said = pdfsig(report)
    for part in ("Signature is Valid", "Total document signed", "SHA-256"):
        t.true(part in said, f"pdfsig does not say {part!r}: {said}")
    status, said = verdict(server, report)
    t.true(status == 0 and "unchanged since 20" in said, said)
    status, pem = verdict(server, "--export")
    t.true(status == 0 and pem.startswith("-----BEGIN CERTIFICATE-----"), pem)
    certificates.write_text(pem)
    said = openssl(report, certificates)
    t.equal(said.returncode, 0, said.stderr)
    t.true(openssl(report, certificates, spoilt=True).returncode != 0, "openssl takes spoilt bytes")
    by_api = folder / "by-api.pdf"
    by_api.write_bytes(first_report(server))
    t.equal(verdict(server, by_api)[0], 0, "the report of the API")
    settings["installation"]["sign_reports"] = "off"
    server.apply(settings)
    unsigned.write_bytes(first_report(server))
    server.stop()  # and years later, elsewhere
    t.equal(verdict(server, report, "--certificate", certificates)[0], 0, "offline")
    status, said = verdict(server, unsigned, "--certificate", certificates)
    t.true(status == 65 and "carries no signature" in said, said)
    changes(t, server, report, certificates)


def first_report(server):
    """What the API makes of the only job."""
    job = door.get(server, "jobs").json["items"][0]["id"]
    return door.get(server, f"jobs/{job}/report.pdf").body


def changes(t, server, report, certificates):
    whole, other = report.read_bytes(), report.with_name("changed.pdf")
    numbers = random.Random(5)
    start, end = whole.index(b"/Contents<3") + 11, whole.index(b"0>", whole.index(b"/Contents<3"))
    signed = len(whole[start:end].rstrip(b"0"))
    # Of the signature itself its end, which is the signature's value, and the zeros behind it.
    outside = [place for place in (numbers.randrange(len(whole)) for _ in range(40)) if not start - 2 < place < end + 2]
    places = [0, len(whole) - 1, whole.index(b"/ByteRange") + 14, start, start + signed - 3, end - 2, *outside]
    for place in places:
        other.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        status, said = verdict(server, other, "--certificate", certificates)
        t.equal(status, 65, f"byte {place} of {len(whole)} was changed: {said}")
    other.write_bytes(whole + b"\n")
    t.true("does not cover all" in verdict(server, other, "--certificate", certificates)[1], "what was appended")
    stranger = report.with_name("stranger.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-keyout",
                    "/dev/null", "-out", stranger], check=True, capture_output=True)
    t.true("another server" in verdict(server, report, "--certificate", stranger)[1], "a stranger's certificate")


case.main()
