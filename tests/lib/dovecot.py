# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real mail server with mailboxes: Dovecot, IMAP and POP3, on ports that the kernel gave, as whoever runs the test.

    with Dovecot(folder) as dovecot:
        dovecot.put("fax", message)         # a mail lies in the INBOX of user fax
        dovecot.lying("fax")                # how many lie there
"""

import hashlib
import itertools
import os
import pathlib
import pwd
import shutil
import subprocess
import time

from server import held_port

PASSWORD = "a pass\"word\\ of fax"  # quotes and backslashes: each login has its own way with them
START_SECONDS = 30


def available():
    return shutil.which("dovecot", path="/usr/sbin:/usr/bin") is not None


def make_certificate(certificate, key):
    """For localhost, by itself."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)


def pin_of(certificate):
    """Of its key, as our settings want it."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
    return "sha256:" + hashlib.sha256(der).hexdigest()


class Dovecot:
    def __init__(self, folder, users=("fax",), extra="", mechanisms=""):
        """extra: lines of dovecot.conf."""
        self.folder = pathlib.Path(folder) / "dovecot"
        self.users, self.extra, self.mechanisms, self.process = users, extra, mechanisms, None
        held = {name: held_port() for name in ("imap", "imaps", "pop3", "pop3s")}
        self.ports = {name: port for name, (port, _) in held.items()}
        self.holders = [holder for _, holder in held.values()]  # it may be stopped and started again
        self.count = itertools.count(1)

    def __enter__(self):
        self.make()
        self.start()
        return self

    def __exit__(self, *what):
        self.stop()
        for holder in self.holders:
            holder.close()

    def port(self, protocol, security):
        return self.ports[protocol + ("s" if security == "implicit" else "")]

    @property
    def certificate(self):
        return self.folder / "certificate.pem"

    def pin(self):
        return pin_of(self.certificate)

    def make(self):
        mail, internal, login = self.accounts()
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir(parents=True)
        for user in self.users:
            for part in ("new", "cur", "tmp"):
                (self.folder / "mail" / user / part).mkdir(parents=True)
        make_certificate(self.certificate, self.folder / "key.pem")
        (self.folder / "passwd").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in self.users))
        self.own(mail.pw_uid, mail.pw_gid)
        listeners = "".join(
            f"service {name}-login {{\n  chroot =\n  inet_listener {name} {{\n    address = 127.0.0.1\n    port = {self.ports[name]}\n  }}\n"
            f"  inet_listener {name}s {{\n    address = 127.0.0.1\n    port = {self.ports[name + 's']}\n    ssl = yes\n  }}\n}}\n"
            for name in ("imap", "pop3"))
        (self.folder / "dovecot.conf").write_text(f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap pop3
default_internal_user = {internal}
default_internal_group = {self.group(internal)}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{self.folder}/mail/%u
mail_uid = {mail.pw_uid}
mail_gid = {mail.pw_gid}
mail_max_userip_connections = 0
auth_verbose = yes
auth_failure_delay = 0
auth_mechanisms = plain{self.mechanisms}
disable_plaintext_auth = no
pop3_uidl_format = %08Xu%08Xv
ssl = yes
ssl_cert = <{self.certificate}
ssl_key = <{self.folder}/key.pem
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {self.folder}/passwd
}}
userdb {{
  driver = static
  args = uid={mail.pw_uid} gid={mail.pw_gid} home={self.folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{listeners}{self.extra}
""")

    @staticmethod
    def accounts():
        """Whose the mails are, and the accounts of Dovecot itself."""
        me = pwd.getpwuid(os.getuid())
        if os.getuid():
            return me, me.pw_name, me.pw_name
        return pwd.getpwnam("nobody"), "dovecot", "dovenull"

    @staticmethod
    def group(name):
        import grp
        return grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name

    def own(self, uid, gid):
        if os.getuid() == 0:
            for root, folders, files in os.walk(self.folder / "mail"):
                for name in [root, *(os.path.join(root, n) for n in folders + files)]:
                    os.chown(name, uid, gid)

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.folder / "dovecot.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        import socket
        end = time.monotonic() + START_SECONDS
        for port in self.ports.values():
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > end:
                        raise RuntimeError(f"Dovecot does not start: {self.log()}")
                    time.sleep(0.02)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log(self):
        try:
            return (self.folder / "log").read_text(errors="replace")[-2000:]
        except OSError:
            return ""

    def put(self, user, message):
        """A message of Python's email, or bytes; delivered as a Maildir wants it: written beside, renamed in."""
        data = message if isinstance(message, bytes) else message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        box = self.folder / "mail" / user
        name = f"{time.time_ns()}.{next(self.count)}.test"
        (box / "tmp" / name).write_bytes(data)
        mail, _, _ = self.accounts()
        if os.getuid() == 0:
            os.chown(box / "tmp" / name, mail.pw_uid, mail.pw_gid)
        os.rename(box / "tmp" / name, box / "new" / name)

    def lying(self, user):
        box = self.folder / "mail" / user
        return len(os.listdir(box / "new")) + len(os.listdir(box / "cur"))
