# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificates of an authority of the test's own.

    authority = Authority(folder)
    certificate, key = authority.certificate("localhost")
"""

import pathlib
import subprocess

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name="authority"):
        self.folder, self.name = pathlib.Path(folder), name
        self.file, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file)

    def certificate(self, host, *, days=2, file=None):
        """days: -1 makes one that has expired."""
        base = self.folder / (file or f"{self.name}-{host}")
        key, request, certificate = (pathlib.Path(f"{base}.{end}") for end in ("key", "csr", "pem"))
        openssl("req", *NEW_KEY, "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", str(days),
                "-copy_extensions", "copy", "-out", certificate)
        return certificate, key
