# SPDX-License-Identifier: AGPL-3.0-or-later
"""GnuPG as the people who send and receive have it: a key ring of its own, mails signed and encrypted as RFC 3156 says."""

import email.policy
import os
import pathlib
import subprocess

CRLF = email.policy.SMTP


class Gpg:
    """`with Gpg(folder) as ann:`; the agent ends with it."""

    def __init__(self, folder):
        self.home = pathlib.Path(folder) / "gnupg"
        self.home.mkdir(mode=0o700)
        self.env = {**os.environ, "GNUPGHOME": str(self.home)}

    def __enter__(self):
        return self

    def __exit__(self, *what):
        subprocess.run(["gpgconf", "--kill", "all"], env=self.env, check=False)

    def run(self, *arguments, data=b""):
        done = subprocess.run(["gpg", "--batch", "--quiet", "--no-tty", "--yes", "--pinentry-mode", "loopback", "--passphrase", "",
                               "--trust-model", "always", *arguments], input=data, env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"gpg {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout

    def make(self, address, expires="never", at=None):
        """at: "20200101T000000", when the key is made."""
        clock = ["--faked-system-time", at] if at else []
        self.run(*clock, "--quick-gen-key", address, "future-default", "default", expires)

    def export(self, address):
        return self.run("--armor", "--export", address).decode()

    def add(self, armored):
        self.run("--import", data=armored.encode())

    def fingerprint(self, address):
        listed = self.run("--with-colons", "--list-keys", address).decode()
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))

    def revoke(self, address):
        path = self.home / "openpgp-revocs.d" / (self.fingerprint(address) + ".rev")
        self.add(path.read_text().replace(":-----BEGIN", "-----BEGIN"))

    def decrypt(self, message):
        return self.run("--decrypt", data=message)


def _parts(message):
    """(header of the mail, the entity that is signed) of a message of Python's."""
    whole = message.as_bytes(policy=CRLF)  # first, for it makes the boundary
    outside, inside = [], []
    for name, value in message.items():
        (inside if name.lower().startswith("content-") else outside).append(f"{name}: {value}\r\n")
    body = whole.split(b"\r\n\r\n", 1)[1]
    return "".join(line for line in outside if not line.lower().startswith("mime-version")).encode(), \
        "".join(inside).encode() + b"\r\n" + body


def signed(gpg, message, who, options=(), inside=b""):
    """inside: more fields of the signed entity's header."""
    outside, entity = _parts(message)
    entity = inside + entity
    signature = gpg.run("-u", who, *options, "--armor", "--detach-sign", data=entity)
    return outside + (b"MIME-Version: 1.0\r\nContent-Type: multipart/signed; micalg=pgp-sha256;\r\n"
                      b" protocol=\"application/pgp-signature\"; boundary=sig\r\n\r\n--sig\r\n" + entity +
                      b"\r\n--sig\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n" +
                      signature.replace(b"\n", b"\r\n") + b"\r\n--sig--\r\n")


def encrypted(gpg, message, to, who=None):
    """who: signs it too."""
    outside, entity = _parts(message)
    sign = ["-u", who, "--sign"] if who else []
    text = gpg.run("-r", to, *sign, "--armor", "--encrypt", data=entity)
    return outside + (b"MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n"
                      b" boundary=enc\r\n\r\n--enc\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--enc\r\n"
                      b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n" + text.replace(b"\n", b"\r\n") +
                      b"\r\n--enc--\r\n")
