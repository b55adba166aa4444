# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each role can still do once it is shut in. The parent starts tests/peer/sandbox_probe.c in place of every role;
each goes its role's way into the sandbox and tries all it can. The table here is the one of doc/design.md, in deeds."""

import json
import os
import pwd
import shutil
import signal
import socket

import case
from server import BUILD, Server

ROLES = ("queue", "mailin", "pickup", "convert", "line", "call", "mailout", "fetch", "directory", "archive", "web")
INTERNET = {"internet socket", "part of internet socket", "route socket", "connect", "bind", "resolve name", "thread",
            "read etc"}

# All that a role may do beyond what it holds when it is shut in: web's store, mailin's listeners, call's sockets, the keys of
# line and mailout and the API's socket are descriptors from before. Whatever is not named here must fail. The roles in which a
# stranger's images are decoded end at a limit of memory.
MAY = {
    "queue": {"read store", "write store", "read blobs", "make blob", "read public key", "thread", "3 GiB"},
    "mailin": INTERNET - {"read etc", "resolve name"} | {"3 GiB"},
    "pickup": {"3 GiB"},
    "convert": {"fork", "thread", "3 GiB"},
    "convert worker": set(),
    "office worker": {"thread"},
    "line": INTERNET | {"3 GiB"},
    "call": set(),
    "mailout": INTERNET | {"make in maildir", "3 GiB"},
    "fetch": INTERNET | {"3 GiB"},
    "directory": INTERNET | {"3 GiB"},
    "archive": INTERNET | {"3 GiB"},
    "web": {"read blobs", "3 GiB"},
}

# Without a sandbox an ordinary user cannot do these either (and ptrace asks a kernel that lets him).
NEEDS_ROOT = {"raw socket", "mount", "chroot", "trace sibling", "sibling vm", "kernel doors"}


def farm(folder):
    """A program directory where every role is the probe."""
    programs = folder / "bin" / "src"
    programs.mkdir(parents=True)
    for name in ("faxpost", "faxpost-parent"):  # copies, for they look beside themselves
        shutil.copy2(BUILD / "src" / name, programs / name)
    shutil.copy2(BUILD / "tests" / "peer" / "faxpost-probe", programs / "faxpost-probe")
    for role in ROLES:
        (programs / f"faxpost-{role}").symlink_to("faxpost-probe")
    return programs.parent


def said(server, key):
    """{who: line} of the probes' lines that begin with that key."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith('{"' + key)]
    return {line[key]: line for line in lines}


def probe(t, wrap=(), owner=None, env=None):
    """What each role could do, {role: (account, deeds, all that was tried)}, and the server's log."""
    folder = t.folder()
    if owner is not None:
        os.chown(folder, owner, owner)
    with Server(folder, wrap=wrap, settings={"max_calls": 8}):
        pass  # a store and keys, made by the real programs
    listener = t.enter(socket.create_server(("127.0.0.1", 0)))
    anybodys, targets = folder / "anybodys", folder / "targets"
    anybodys.write_text("a file that the account may read")
    targets.write_text("")
    server = Server(folder, build=farm(folder), wrap=wrap, settings={"max_calls": 8}, log=folder / "probes.log",
                    env={"FAXPOST_PROBE_FILE": str(anybodys), "FAXPOST_PROBE_TARGETS": str(targets),
                         "FAXPOST_PROBE_PORT": str(listener.getsockname()[1]), **(env or {})})
    t.enter(server)
    pids = [pid for _, pid in server.roles()]
    t.equal(len(pids), len(ROLES), f"probes that run, after: {server.log_tail()}")
    targets.write_text(f"parent {server.process.pid}\n" +
                       "".join(f"{name} {pid}\n" for name, pid in server.roles()))
    for pid in pids:  # one after the other: two cannot trace each other at once
        before = len(said(server, "exec"))
        os.kill(pid, signal.SIGUSR1)
        t.wait(lambda before=before: len(said(server, "exec")) > before, f"no answer; {server.log_tail()}")
    exec_worked = {who: line["worked"] for who, line in said(server, "exec").items()}
    found = {}
    for who, line in said(server, "probe").items():
        line["exec"] = exec_worked[who]
        deeds = {deed for deed, worked in line.items() if worked is True}
        found[who] = (line["uid"], deeds, {deed for deed, worked in line.items() if isinstance(worked, bool)})
    return found, server.log.read_text()


def compare(t, found, log):
    if "no Landlock" in log:
        t.skip("this kernel has no Landlock: files are protected by the account only")
    t.equal(set(found), set(MAY), "roles that answered")
    wrong = [f"{who}: {', '.join(sorted(deeds ^ MAY[who]))} ({'+' if deeds - MAY[who] else '-'})"
             for who, (_, deeds, _) in found.items() if deeds != MAY[who]]
    t.equal(wrong, [], "differences to the table")


@case.test
def each_role_can_do_what_the_table_says(t):
    """As whoever runs the tests; root's roles drop to their accounts."""
    found, log = probe(t)
    compare(t, found, log)
    if os.geteuid() == 0:
        try:
            state, net = pwd.getpwnam("faxpost").pw_uid, pwd.getpwnam("faxpost-net").pw_uid
        except KeyError:
            t.skip("there are no users faxpost and faxpost-net to drop to")
        accounts = {who: uid for who, (uid, *_) in found.items()}
        t.equal({accounts[r] for r in ("queue", "pickup", "convert", "convert worker", "office worker", "web")}, {state}, "account of the state")
        t.equal({accounts[r] for r in ("mailin", "line", "call", "mailout", "fetch", "directory", "archive")}, {net}, "account of the network roles")


@case.test
def each_role_can_do_no_more_where_all_share_an_account(t):
    if os.geteuid() != 0:
        t.skip("run by an ordinary user, so the other test shows it")
    found, log = probe(t, wrap=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], owner=65534)
    t.equal({uid for uid, *_ in found.values()}, {65534}, "accounts")
    compare(t, found, log)


@case.test
def every_attempt_can_succeed_outside(t):
    """Else the others would prove nothing."""
    found, _ = probe(t, env={"FAXPOST_PROBE_OPEN": "1"})
    t.equal(set(found), set(ROLES), "roles that answered")
    excused = set() if os.geteuid() == 0 else NEEDS_ROOT
    failing = {who: missing for who, (_, deeds, tried) in found.items() if (missing := tried - deeds - excused)}
    t.equal(failing, {}, "attempts that fail without a sandbox")


case.main()
