# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenSSH's server for one account, ours, on a port of its own: a place of the archive."""

import getpass
import os
import subprocess
from pathlib import Path

from place_peers import Peer
from server import free_port

SSHD = "/usr/sbin/sshd"


class SftpServer(Peer):
    def __init__(self, t):
        self.folder = Path(t.folder())
        for name in ("host", "user", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        (self.folder / "faxes").mkdir()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # of its own account, before it serves anybody
        self.port = free_port()
        conf = self.folder / "sshd_config"
        conf.write_text(f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
                        f"AuthorizedKeysFile {self.folder}/user.pub\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
                        "KbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\n")
        self.begin(t, [SSHD, "-D", "-e", "-f", conf])
        self.host_key = self.print_of("host")
        self.settings = {"name": "sftp", "kind": "sftp", "url": f"sftp://127.0.0.1:{self.port}{self.folder}/faxes", "username": getpass.getuser(),
                         "private_key": (self.folder / "user").read_text(), "host_key": self.host_key}

    def print_of(self, name):
        out = subprocess.run(["ssh-keygen", "-lf", self.folder / f"{name}.pub"], check=True, stdout=subprocess.PIPE, text=True).stdout
        return out.split()[1]
