# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Postfix of a test's own, as the mail server that Faxpost gives its mails to: it takes all, and passes each domain on to
a port of this machine. Only root can start one."""

import os
import pathlib
import shutil
import subprocess
import time

from server import free_port

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.test.invalid
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
disable_dns_lookups = yes
transport_maps = inline:{{ {routes} }}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def missing():
    """Why there can be none; None where there can."""
    if os.geteuid() != 0:
        return "only root can start a Postfix"
    if not shutil.which("postfix", path="/usr/sbin:" + os.environ["PATH"]):
        return "Postfix is not installed (apt-get install postfix)"
    return None


class Postfix:
    def __init__(self, folder, routes):
        """routes: {domain: port}"""
        self.folder, self.port = pathlib.Path(folder) / "postfix", free_port()
        self.config = self.folder / "etc"
        self.routes = ", ".join(f"{{{domain} = smtp:[127.0.0.1]:{port}}}" for domain, port in routes.items())

    def __enter__(self):
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(parents=True)
        shutil.chown(self.folder / "data", "postfix")
        (self.config / "main.cf").write_text(MAIN.format(folder=self.folder, routes=self.routes))
        (self.config / "master.cf").write_text(MASTER.format(port=self.port))
        self.command("start")
        end = time.monotonic() + 20
        while self.command("status", check=False).returncode:
            if time.monotonic() > end:
                raise RuntimeError(f"Postfix does not start: {self.log()}")
            time.sleep(0.1)
        return self

    def __exit__(self, *what):
        self.command("stop", check=False)

    def command(self, word, check=True):
        return subprocess.run(["/usr/sbin/postfix", "-c", self.config, word], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=check)

    def log(self):
        try:
            return "\n".join((self.folder / "log").read_text().splitlines()[-15:])
        except OSError:
            return ""
