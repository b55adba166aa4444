# SPDX-License-Identifier: AGPL-3.0-or-later
"""Power cuts: loads powercut.so into a server and makes, from the journal it writes, what a disk would hold.

    cut = PowerCut(root, folder)           # root is watched; folder holds the journal
    process = Popen(..., env={**os.environ, **cut.env()})
    ...
    disk = Disk(cut)                       # plays the journal
    disk.play(upto=17)                     # events 1..17 have happened
    disk.write_to(path)                    # the tree after the power failed there
"""

import mmap
import os
import pathlib
import random
import struct
import sys

HEADER = 1 << 20
ENTRY = struct.Struct("<IIQQQQQIIIIHHI")  # struct powercut_entry
KINDS = ("", "write", "truncate", "sync", "sync failed", "create", "mkdir", "rename", "link", "remove")


def library():
    return pathlib.Path(os.environ.get("FAXPOST_BUILD", "build")).resolve() / "tests" / "crash" / "powercut.so"


class PowerCut:
    def __init__(self, root, folder, *, programs=(), size=256 << 20, **plan):
        """plan: stop_at, fail_at, fail_count, errno, drop_sync; see powercut.c."""
        self.root = pathlib.Path(root).resolve()
        self.file = pathlib.Path(folder) / "powercut"
        self.programs, self.plan = programs, plan
        with open(self.file, "wb") as new:
            new.truncate(HEADER + size)
        os.chmod(self.file, 0o666)
        self.before = Tree.read(self.root)  # what the disk held when it began
        with open(self.file, "r+b") as opened:
            self.memory = mmap.mmap(opened.fileno(), 0)

    def env(self):
        found = {"LD_PRELOAD": str(library()), "POWERCUT_ROOT": str(self.root), "POWERCUT_FILE": str(self.file)}
        if self.programs:
            found["POWERCUT_PROGRAMS"] = " ".join(self.programs)
        for word, value in self.plan.items():
            found["POWERCUT_" + word.upper()] = str(value)
        return found

    def field(self, number):
        return struct.unpack_from("<Q", self.memory, 8 * number)[0]

    @property
    def events(self):
        return self.field(0)

    @property
    def syncs(self):
        return self.field(1)

    @property
    def dead(self):
        return self.field(2) != 0

    def entries(self):
        """The journal so far: (event, kind, inode, dir, name, dir2, name2, offset, (mode, uid, gid), data)."""
        at, end = HEADER, HEADER + self.field(3)
        while at < end:
            (size, kind, event, inode, dir1, dir2, offset, mode, uid, gid, n_data, n1, n2,
             _) = ENTRY.unpack_from(self.memory, at)
            names = at + ENTRY.size
            text = self.memory[names:names + n1 + n2]
            data = self.memory[names + n1 + n2:names + n1 + n2 + n_data]
            yield (event, KINDS[kind], inode, dir1, os.fsdecode(text[:n1]), dir2, os.fsdecode(text[n1:]), offset,
                   (mode, uid, gid), data)
            at += size


def said_with_events(cut_, process):
    """The lines a probe says, each with the number of events that had happened when it said it: the probe goes on when
    it has read a line itself."""
    for line in process.stdout:
        yield line, cut_.events
        try:
            process.stdin.write("\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # that was its last word


class File:
    """Content as programs see it, and what of it is safe."""

    def __init__(self, owner, content=b""):
        self.owner = owner
        self.live = bytearray(content)
        self.safe = bytearray(content)
        self.pending = []  # (offset, data) or (length, None), since the last sync

    def write(self, offset, data):
        put(self.live, offset, data)
        self.pending.append((offset, data))

    def truncate(self, length):
        cut(self.live, length)
        self.pending.append((length, None))

    def sync(self):
        apply(self.safe, self.pending)
        self.pending = []

    def forget_pending(self):
        """A sync that failed: the kernel calls these pages clean now, and no later sync writes them."""
        self.pending = []

    def survived(self, model, chance):
        if model == "all":
            return bytes(self.live)
        found = bytearray(self.safe)
        if model == "random":
            apply(found, [change for change in self.pending if chance.random() < 0.5])
        return bytes(found)


class Folder:
    def __init__(self, owner):
        self.owner = owner
        self.live, self.safe = {}, {}  # name -> File or Folder


def apply(content, changes):
    for offset, data in changes:
        if data is None:
            cut(content, offset)
        else:
            put(content, offset, data)


def put(content, offset, data):
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


def cut(content, length):
    if length < len(content):
        del content[length:]
    else:
        content.extend(bytes(length - len(content)))


class Tree:
    """A folder read from a real disk: objects by inode, everything safe."""

    def __init__(self):
        self.objects, self.root = {}, None

    @classmethod
    def read(cls, path):
        tree = cls()
        tree.root = tree.add(pathlib.Path(path))
        return tree

    def add(self, path):
        st = path.lstat()
        owner = (st.st_mode, st.st_uid, st.st_gid)
        if path.is_dir() and not path.is_symlink():
            made = Folder(owner)
            for child in path.iterdir():
                made.live[child.name] = self.add(child)
            made.safe = dict(made.live)
        else:
            made = File(owner, path.read_bytes() if path.is_file() else b"")
        self.objects[st.st_ino] = made
        return made


class Disk:
    """Plays a journal. model: `strict` keeps what was synced and nothing else, `all` what a kill leaves, `random`
    what was synced and by chance some of the rest, as disks do."""

    def __init__(self, cut_):
        self.journal = iter(cut_.entries())
        self.ahead = next(self.journal, None)
        self.objects, self.root = cut_.before.objects, cut_.before.root
        self.names = []  # changes of names that are not safe yet: (folder, name, object or None), in order

    def play(self, upto=sys.maxsize):
        while self.ahead and self.ahead[0] <= upto:
            self.do(*self.ahead)
            self.ahead = next(self.journal, None)

    def do(self, event, kind, inode, dir1, name, dir2, name2, offset, owner, data):
        thing = self.objects.get(inode)
        if kind in ("create", "mkdir"):
            thing = self.objects[inode] = Folder(owner) if kind == "mkdir" else File(owner)
            if name:
                self.name(dir1, name, thing)
        elif kind in ("rename", "link", "remove"):
            if kind != "link" and name:
                self.name(dir1, name, None)
            if kind != "remove" and name2:
                self.name(dir2, name2, thing)
        elif kind == "sync" and isinstance(thing, Folder):
            thing.safe = dict(thing.live)
            self.names = [change for change in self.names if change[0] is not thing]
        elif isinstance(thing, File):
            {"write": lambda: thing.write(offset, data), "truncate": lambda: thing.truncate(offset),
             "sync": thing.sync, "sync failed": thing.forget_pending}[kind]()

    def name(self, inode, name, thing):
        folder = self.objects[inode]
        if thing is None:
            folder.live.pop(name, None)
        else:
            folder.live[name] = thing
        self.names.append((folder, name, thing))

    def write_to(self, path, model="strict", seed=0):
        """A fresh tree at path, as it would be found after the power came back."""
        chance = random.Random(seed)
        extra = {}
        if model == "random":
            # Journalling file systems keep the order of names: some first part of what was pending is there.
            for folder, name, thing in self.names[:chance.randint(0, len(self.names))]:
                extra.setdefault(folder, {})[name] = thing
        self.make(pathlib.Path(path), self.root, model, chance, extra)

    def make(self, path, thing, model, chance, extra):
        mode, uid, gid = thing.owner
        if isinstance(thing, File):
            path.write_bytes(thing.survived(model, chance))
        else:
            path.mkdir()
            entries = dict(thing.live if model == "all" else thing.safe)
            for name, other in extra.get(thing, {}).items():
                if other is None:
                    entries.pop(name, None)
                else:
                    entries[name] = other
            for name, child in entries.items():
                self.make(path / name, child, model, chance, extra)
        if os.geteuid() == 0:
            os.chown(path, uid, gid)
        os.chmod(path, mode & 0o7777)
