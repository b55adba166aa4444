# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small file system for a test to fill, in a name space of its own: it goes with the processes of the test."""

import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000
CHUNK = 1 << 20


def mount(t, place, size, more=""):
    """tmpfs on that folder, seen by this process and what it starts from now on."""
    if os.geteuid() != 0:
        t.skip("only root can mount a small disk")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        t.skip(f"no name space for mounts here: {os.strerror(ctypes.get_errno())}")
    place.mkdir(parents=True)
    for command in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "-o", f"size={size}{more}", "tmpfs", place]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            t.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    t.later(subprocess.run, ["umount", "-l", place])


def fill(path):
    """To the last byte; adds to what an earlier call wrote."""
    with open(path, "ab", buffering=0) as file:
        step = CHUNK
        while step >= 512:
            try:
                if file.write(bytes(step)) < step:
                    step //= 2
            except OSError:
                step //= 2


def fill_files(folder):
    """So many empty files that no more can be made."""
    folder.mkdir(exist_ok=True)
    count = len(list(folder.iterdir()))
    try:
        while True:
            (folder / str(count)).touch()
            count += 1
    except OSError:
        return
