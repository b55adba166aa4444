# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Postfix of our own: its configuration and queue in one private folder, on a port that the kernel chose. Only root can
start one. For the bench every mail is put on hold as it comes, so that nothing but acceptance costs time; for tests it
stands in front of Faxpost and hands over what comes."""

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
myhostname = localhost
mydestination = {here}
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
local_transport = discard:
relay_domains = fax.localhost
relay_transport = {relay}
notify_classes =
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 2s
smtpd_recipient_restrictions = {hold} permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
transport_maps = inline:{{ {routes} }}
message_size_limit = 36700160
"""
MASTER = """\
127.0.0.1:{port} inet n - n - 100 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
error unix - - n - - error
local unix - n n - - local
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
discard unix - - n - - discard
retry unix - - n - - error
proxymap unix - - n - - proxymap
"""


def missing():
    """Why there is no Postfix to compare with; None where there is."""
    if os.geteuid() != 0:
        return "only root can start a Postfix"
    if not shutil.which("postfix", path="/usr/sbin:" + os.environ["PATH"]):
        return "Postfix is not installed (apt-get install postfix)"
    return None


class Postfix:
    def __init__(self, folder, hands_over=None, routes=None):
        """hands_over: to which transport and next hop mail to fax.localhost and what is below it goes; routes: {domain: port of
        this machine} for others; neither: all is held."""
        self.folder, self.port = pathlib.Path(folder) / "postfix", free_port()
        self.more = "", ""  # for main.cf and master.cf
        self.settings = {
            "folder": self.folder, "relay": hands_over or "error:",
            "routes": ", ".join(f"{{{domain} = smtp:[127.0.0.1]:{port}}}" for domain, port in (routes or {"none.invalid": 1}).items()), "here": "localhost" if hands_over or routes else "bench.invalid",
            "hold": "" if hands_over or routes else "check_recipient_access static:HOLD,"}
        self.config = self.folder / "etc"

    def __enter__(self):
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(parents=True)
        shutil.chown(self.folder / "data", "postfix")
        (self.config / "main.cf").write_text(MAIN.format(**self.settings) + self.more[0])
        (self.config / "master.cf").write_text(MASTER.format(port=self.port) + self.more[1])
        self.command("start")
        end = time.monotonic() + 20
        while self.command("status", check=False).returncode:
            if time.monotonic() > end:
                raise RuntimeError("Postfix does not start; see the mail log")
            time.sleep(0.1)
        return self

    def __exit__(self, *what):
        self.command("stop", check=False)

    def command(self, word, check=True):
        return subprocess.run(["/usr/sbin/postfix", "-c", self.config, word], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=check)

    def accepted(self):
        return sum(len(files) for _, _, files in os.walk(self.folder / "queue" / "hold"))

    def waiting(self):
        """How many mails it still has."""
        return sum(len(files) for name in ("maildrop", "incoming", "active", "deferred")
                   for _, _, files in os.walk(self.folder / "queue" / name))

    @staticmethod
    def version():
        return subprocess.run(["/usr/sbin/postconf", "-h", "mail_version"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()
