# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers of others that are places of the archive: Apache's WebDAV over TLS, ProFTPD's SFTP with a password."""

import base64
import hashlib
import os
import socket
import subprocess
from pathlib import Path

import certs
from server import free_port

NOBODY = 65534
APACHE = """
ServerRoot "{folder}"
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/log
Listen 127.0.0.1:{port}
{modules}
{account}
DavLockDB {folder}/locks/dav
SSLEngine on
SSLCertificateFile {certificate}
SSLCertificateKeyFile {key}
DocumentRoot {folder}/docs
<Directory {folder}/docs>
  Dav On
  AuthType Basic
  AuthName faxes
  AuthUserFile {folder}/users
  Require valid-user
</Directory>
"""
PROFTPD = """
ServerName faxes
ServerType standalone
DefaultServer on
DefaultAddress 127.0.0.1
UseIPv6 off
Port {port}
PidFile {folder}/pid
ScoreboardFile none
SystemLog {folder}/log
WtmpLog off
{account}
ModulePath /usr/lib/proftpd
LoadModule mod_sftp.c
DelayEngine off
AuthOrder mod_auth_file.c
AuthUserFile {folder}/users
RequireValidShell off
SFTPEngine on
SFTPHostKey {folder}/host
SFTPAuthMethods password
"""


class Peer:
    """A daemon that listens at `port` until the test ends."""

    def begin(self, t, command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=open(self.folder / "said", "w"), stderr=subprocess.STDOUT)
        t.later(self.stop)
        t.wait(self.answers, f"{command[0]} does not listen", 60)

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "said").read_text() + "".join(p.read_text() for p in self.folder.glob("log")))
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def own(self, *names):
        """Folders that the daemon writes, under an account without rights where we are root."""
        for name in names:
            (self.folder / name).mkdir()
            if os.geteuid() == 0:
                os.chown(self.folder / name, NOBODY, NOBODY)

    def files(self):
        return [p for p in self.root.rglob("*") if p.is_file() and p.suffix in (".fxa", ".tar")]


ACCOUNT = "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""


class Apache(Peer):
    def __init__(self, t):
        self.folder = Path(t.folder())
        self.port = free_port()
        self.own("docs", "locks")
        self.root = self.folder / "docs"
        self.authority = certs.Authority(self.folder)
        certificate, key = self.authority.certificate("localhost")
        digest = base64.b64encode(hashlib.sha1(b"dav secret").digest()).decode()
        (self.folder / "users").write_text("fax:{SHA}" + digest + "\n")
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in
                            ("mpm_event", "authn_core", "authn_file", "auth_basic", "authz_core", "authz_user", "dav", "dav_fs", "ssl"))
        (self.folder / "conf").write_text(APACHE.format(folder=self.folder, port=self.port, modules=modules, account=ACCOUNT, certificate=certificate, key=key))
        self.begin(t, ["/usr/sbin/apache2", "-d", self.folder, "-f", self.folder / "conf", "-DFOREGROUND"])
        public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True, capture_output=True).stdout
        self.pin = "sha256:" + hashlib.sha256(der).hexdigest()
        self.settings = {"name": "dav", "kind": "webdav", "url": f"https://localhost:{self.port}", "username": "fax", "password": "dav secret"}


class ProFtpd(Peer):
    def __init__(self, t):
        self.folder = Path(t.folder())
        self.port = free_port()
        self.own("faxes")
        self.root = self.folder / "faxes"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "host"], check=True)
        hashed = subprocess.run(["openssl", "passwd", "-6", "ftp secret"], check=True, capture_output=True, text=True).stdout.strip()
        uid, gid = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        (self.folder / "users").write_text(f"fax:{hashed}:{uid}:{gid}::{self.root}:/bin/sh\n")
        (self.folder / "users").chmod(0o600)
        (self.folder / "conf").write_text(PROFTPD.format(folder=self.folder, port=self.port, account=ACCOUNT))
        self.begin(t, ["/usr/sbin/proftpd", "-n", "-c", self.folder / "conf"])
        shown = subprocess.run(["ssh-keygen", "-lf", self.folder / "host.pub"], check=True, capture_output=True, text=True).stdout
        self.settings = {"name": "ftp", "kind": "sftp", "url": f"sftp://127.0.0.1:{self.port}{self.root}", "username": "fax", "password": "ftp secret",
                         "host_key": shown.split()[1]}
