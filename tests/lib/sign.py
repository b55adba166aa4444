# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signs mails: by opendkim as most of the world does, and by ourselves where a test needs a signature as nobody should
make it. Keys are made by openssl, once a run."""

import atexit
import base64
import functools
import hashlib
import pathlib
import re
import shutil
import subprocess
import tempfile

from server import BUILD


def make_key(kind="rsa:2048"):
    """(path of the private key, text for the DNS)"""
    return make_key_once(kind)


@functools.lru_cache(maxsize=None)
def make_key_once(kind):
    folder = tempfile.mkdtemp(prefix="fp-key-")
    atexit.register(shutil.rmtree, folder, True)
    path = pathlib.Path(folder) / "key.pem"
    if kind == "ed25519":
        command = ["openssl", "genpkey", "-algorithm", "ed25519"]
    else:
        command = ["openssl", "genrsa", kind.split(":")[1]]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    path.chmod(0o600)
    der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    public = base64.b64encode(der[-32:] if kind == "ed25519" else der).decode()
    return path, f"v=DKIM1; k={kind.split(':')[0]}; p={public}"


def crlf(text):
    return re.sub(rb"\r?\n", b"\r\n", text if isinstance(text, bytes) else text.encode())


OPENDKIM = BUILD / "tests" / "peer" / "opendkim-sign"


def opendkim(message, domain, selector="s", kind="rsa:2048", forms=("relaxed", "simple")):
    """The message with a DKIM-Signature by libopendkim; forms: of header and body."""
    done = subprocess.run([OPENDKIM, domain, selector, make_key(kind)[0], *forms], input=crlf(message), check=True,
                          capture_output=True)
    return crlf(done.stdout)


# ---- our own, relaxed/relaxed ----


def relax_field(field):
    name, _, value = field.partition(b":")
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


def relax_body(body):
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def fields_of(head):
    return re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", head)


def sign_bytes(data, kind):
    path, _ = make_key(kind)
    with tempfile.NamedTemporaryFile() as file:
        if kind == "ed25519":
            file.write(hashlib.sha256(data).digest())
            file.flush()
            command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", path, "-in", file.name]
        else:
            file.write(data)
            file.flush()
            command = ["openssl", "dgst", "-sha1" if kind.endswith(":sha1") else "-sha256", "-sign", path, file.name]
        return base64.b64encode(subprocess.run(command, check=True, capture_output=True).stdout)


def own(message, domain, selector="s", kind="rsa:2048", names=("From", "To", "Subject"), extra="", length=None,
        algorithm=None, name=b"DKIM-Signature", head=b"v=1; "):
    """extra: more tags; length: so many octets of the canonical body are signed."""
    message = crlf(message)
    header, _, body = message.partition(b"\r\n\r\n")
    fields = fields_of(header + b"\r\n")
    hashed = relax_body(body)
    if length is not None:
        hashed, extra = hashed[:length], extra + f" l={length};"
    word = algorithm or ("ed25519-sha256" if kind == "ed25519" else "rsa-sha256")
    field = (name + b": " + head + f"a={word}; c=relaxed/relaxed; d={domain}; s={selector};{extra} h={':'.join(names)}; bh=".encode() +
             base64.b64encode(hashlib.sha256(hashed).digest()) + b"; b=")
    left, data = list(fields), b""
    for wanted in names:
        for i in range(len(left) - 1, -1, -1):
            if left[i] and left[i].partition(b":")[0].strip().lower() == wanted.lower().encode():
                data += relax_field(left[i]) + b"\r\n"
                left[i] = None
                break
    return field + sign_bytes(data + relax_field(field), kind) + b"\r\n" + message


def seal(message, domain, results, selector="s", kind="rsa:2048", instance=1, chain="none"):
    """ARC: one more set on top. results: what the forwarder found ("mx.example; dmarc=pass header.from=a.example")."""
    message = crlf(message)
    results_field = f"ARC-Authentication-Results: i={instance}; {results}\r\n".encode()
    signed = own(message, domain, selector, kind, name=b"ARC-Message-Signature", head=f"i={instance}; ".encode())
    message_field = fields_of(signed)[0]
    seal_field = f"ARC-Seal: i={instance}; a=rsa-sha256; cv={chain}; d={domain}; s={selector}; b=".encode()
    sets = {}
    for field in fields_of(message.partition(b"\r\n\r\n")[0] + b"\r\n"):
        word = field.partition(b":")[0].lower()
        if word.startswith(b"arc-"):
            sets[(int(re.search(rb"\bi=(\d+)", field)[1]), [b"arc-authentication-results", b"arc-message-signature",
                                                           b"arc-seal"].index(word))] = field
    data = b"".join(relax_field(sets[key]) + b"\r\n" for key in sorted(sets))
    data += relax_field(results_field) + b"\r\n" + relax_field(message_field) + b"\r\n" + relax_field(seal_field)
    return seal_field + sign_bytes(data, kind) + b"\r\n" + message_field + results_field + message
