# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file system on a disk of its own (an image file), whose errors are real: the kernel makes it read-only then."""

import pathlib
import subprocess

import spaces


class RealDisk:
    def __init__(self, t, place, megabytes=256):
        spaces.own(t)
        self.image, self.place = place.parent / "disk.img", place
        with open(self.image, "wb") as image:
            image.truncate(megabytes << 20)
        place.mkdir(parents=True, exist_ok=True)
        spaces.run(t, "mkfs.ext4", "-q", "-E", "lazy_itable_init=0,root_owner=0:0", self.image)
        self.mount(t)
        t.later(subprocess.run, ["umount", "-l", place])

    def mount(self, t):
        spaces.run(t, "mount", "-o", "loop,errors=remount-ro", self.image, self.place)
        device = pathlib.Path(spaces.run(t, "findmnt", "-n", "-o", "SOURCE", "-M", self.place)).name
        self.trigger = pathlib.Path("/sys/fs/ext4") / device / "trigger_fs_error"
        if not self.trigger.exists():
            t.skip("this kernel makes no errors of a file system on demand")

    def fail(self):
        """From now on nothing can be written there."""
        self.trigger.write_text("1")

    def mend(self, t):
        """As an administrator would; whoever has files open there has to have ended."""
        spaces.run(t, "umount", self.place)
        done = subprocess.run(["e2fsck", "-p", self.image], capture_output=True, text=True)
        t.true(done.returncode in (0, 1), f"e2fsck: {done.stdout} {done.stderr}")
        self.mount(t)
