# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenSSH's server for one account, ours, on a port of its own: a place of the archive."""

import getpass
import os
import socket
import subprocess
import time
from pathlib import Path

from server import free_port

SSHD = "/usr/sbin/sshd"


class SftpServer:
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
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", conf], stdin=subprocess.DEVNULL, stderr=open(self.folder / "log", "w"))
        t.later(self.stop)
        t.wait(self.answers, f"sshd does not listen: {(self.folder / 'log').read_text()}", 60)
        self.host_key = self.print_of("host")
        self.settings = {"name": "sftp", "kind": "sftp", "url": f"sftp://127.0.0.1:{self.port}{self.folder}/faxes", "username": getpass.getuser(),
                         "private_key": (self.folder / "user").read_text(), "host_key": self.host_key}

    def print_of(self, name):
        out = subprocess.run(["ssh-keygen", "-lf", self.folder / f"{name}.pub"], check=True, stdout=subprocess.PIPE, text=True).stdout
        return out.split()[1]

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
