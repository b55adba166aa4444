# SPDX-License-Identifier: AGPL-3.0-or-later
"""Name spaces of a test's own: mounts and networks that go with its processes."""

import ctypes
import os
import subprocess

MOUNTS, NETWORK = 0x00020000, 0x40000000  # CLONE_NEWNS, CLONE_NEWNET


def own(t, kinds=MOUNTS):
    """For this process and what it starts from now on."""
    if os.geteuid() != 0:
        t.skip("only root can make name spaces")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(kinds) != 0:
        t.skip(f"no name spaces here: {os.strerror(ctypes.get_errno())}")
    run(t, "mount", "--make-rprivate", "/")


def run(t, *command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        t.skip(f"this machine does not let us: {' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout.strip()
