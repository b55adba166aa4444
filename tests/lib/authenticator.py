# SPDX-License-Identifier: AGPL-3.0-or-later
"""A security key and the browser before it, for the ceremonies of WebAuthn; openssl makes its keys and signatures.

    key = SecurityKey(folder, "http://localhost:8080")
    browser.post("/api/v1/me/passkeys", {"name": "mine", "password": "...", "credential": key.create(options)})
    browser.post("/api/v1/session", {"passkey": key.get(options)})
"""

import base64
import hashlib
import json
import os
import pathlib
import subprocess

PRESENT, VERIFIED, HAS_KEY = 1, 4, 0x40
KINDS = {-7: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], -8: ["-algorithm", "ED25519"],
         -257: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def head(kind, value):
    for info, size in ((24, 1), (25, 2), (26, 4)):
        if value < 24:
            return bytes([kind << 5 | value])
        if value < 1 << 8 * size:
            return bytes([kind << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(what):
    """int, bytes, str, dict."""
    if isinstance(what, int):
        return head(0, what) if what >= 0 else head(1, -1 - what)
    if isinstance(what, bytes):
        return head(2, len(what)) + what
    if isinstance(what, str):
        return head(3, len(what.encode())) + what.encode()
    return head(5, len(what)) + b"".join(cbor(k) + cbor(v) for k, v in what.items())


class SecurityKey:
    def __init__(self, folder, origin, algorithm=-7, counts=True, verifies=True):
        self.origin, self.algorithm, self.counts, self.verifies = origin, algorithm, counts, verifies
        self.id, self.counter, self.user = os.urandom(32), 0, b""
        self.file = pathlib.Path(folder) / f"key-{self.id.hex()[:16]}.pem"
        self.openssl("genpkey", *KINDS[algorithm], "-out", self.file)

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout

    def public(self):
        der = self.openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        if self.algorithm == -7:
            return {1: 2, 3: -7, -1: 1, -2: der[-64:-32], -3: der[-32:]}
        if self.algorithm == -8:
            return {1: 1, 3: -8, -1: 6, -2: der[-32:]}
        return {1: 3, 3: -257, -1: der[-5 - 256:-5], -2: der[-3:]}

    def sign(self, data):
        text = self.file.with_suffix(".data")
        text.write_bytes(data)
        if self.algorithm == -8:
            return self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", text)
        return self.openssl("dgst", "-sha256", "-sign", self.file, text)

    def data(self, rp, flags=None):
        if flags is None:
            flags = PRESENT | (VERIFIED if self.verifies else 0)
        self.counter += self.counts
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def client(self, kind, challenge, **more):
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, "crossOrigin": False, **more}).encode()

    def said(self, client, **response):
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(client), **response}}

    def create(self, options, rp=None, key=None, flags=PRESENT | VERIFIED | HAS_KEY, **more):
        """more: members of the client data; rp, key: others than they should be."""
        self.user = unb64(options["user"]["id"])
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + (cbor(self.public()) if key is None else key)
        data = self.data(rp or options["rp"]["id"], flags) + credential
        return self.said(self.client("create", options["challenge"], **more),
                         attestationObject=b64(cbor({"fmt": "none", "attStmt": {}, "authData": data})), transports=["usb"])

    def get(self, options, rp=None, flags=None, user=True, **more):
        data = self.data(rp or options["rpId"], flags)
        client = self.client("get", options["challenge"], **more)
        return self.said(client, authenticatorData=b64(data), signature=b64(self.sign(data + hashlib.sha256(client).digest())),
                         userHandle=b64(self.user) if user else None)
