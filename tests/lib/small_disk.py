# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small file system for a test to fill, in a name space of its own: it goes with the processes of the test."""

import subprocess

import spaces

CHUNK = 1 << 20


def mount(t, place, size, more=""):
    """tmpfs on that folder."""
    spaces.own(t)
    place.mkdir(parents=True)
    spaces.run(t, "mount", "-t", "tmpfs", "-o", f"size={size}{more}", "tmpfs", place)
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
