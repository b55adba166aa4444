# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starting, refusing to start, ending: what an administrator sees."""

import os
import pathlib
import socket
import subprocess

import case
from server import Server, is_zombie

EX_CONFIG = 78


def refused(t, server, patience=30):
    """Starts what must not start; the lines it said."""
    server.launch()
    try:
        status = server.process.wait(patience)
    except subprocess.TimeoutExpired:
        server.stop()
        t.fail("it started: " + server.log_tail())
    t.equal(status, EX_CONFIG, f"exit status, after: {server.log_tail()}")
    t.true(not (server.state / "run" / "ready").exists(), "it said that it was ready")
    return server.log.read_text().strip().splitlines()


def one_line(t, lines, *words):
    """One line of complaint that names these."""
    found = [line for line in lines if all(word in line for word in words)]
    t.equal(len(found), 1, f"lines with {words} in {lines}")


def alive(pids):
    return [pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists() and not is_zombie(pid)]


def uid_of(pid):
    """Not the owner of its folder: that is root for a process nobody may look into."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[2]) for line in status.splitlines() if line.startswith("Uid:"))


@case.test
def unknown_key_is_named_with_its_line(t):
    server = Server(t.folder(), settings={"smtp_lisen": "127.0.0.1:0"})
    line = 1 + list(server.settings).index("smtp_lisen")
    one_line(t, refused(t, server), f"faxpost.conf:{line}", "smtp_lisen")


@case.test
def wrong_type_is_named_with_what_would_be_right(t):
    one_line(t, refused(t, Server(t.folder(), settings={"max_calls": "many"})), "faxpost.conf:", "max_calls", "many")


@case.test
def missing_configuration_is_named(t):
    server = Server(t.folder())
    status, _, complaint = server.cli("serve", "--conf", server.folder / "none.conf")
    t.equal(status, EX_CONFIG, "exit status")
    t.true("none.conf" in complaint and "--conf" in complaint, f"complaint: {complaint}")


@case.test
def unusable_state_directory_is_named_and_left_alone(t):
    folder = t.folder()
    (folder / "file").write_text("not a folder")
    server = Server(folder, settings={"state_dir": folder / "file" / "state"})
    server.env.pop("FAXPOST_STATE")
    one_line(t, refused(t, server), str(folder / "file" / "state"), "--state")
    t.equal((folder / "file").read_text(), "not a folder", "the file")


@case.test
def taken_smtp_port_is_named(t):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        lines = refused(t, Server(t.folder(), settings={"smtp_listen": f"127.0.0.1:{port}"}))
        one_line(t, lines, f"127.0.0.1:{port}", "in use")


@case.test
def taken_sip_port_is_named_and_everything_ends(t):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        server = Server(t.folder(), settings={"sip_listen": f"127.0.0.1:{port}"})
        lines = refused(t, server)
        t.true(any(str(port) in line for line in lines), f"no line names port {port}: {lines}")
        t.equal(alive(pid for _, pid in server.roles()), [], "processes left")


@case.test
def second_start_on_one_state_directory_is_refused(t):
    first = t.enter(Server(t.folder()))
    second = Server(t.folder(), settings={"state_dir": first.state})
    second.env["FAXPOST_STATE"] = str(first.state)
    second.launch()
    t.equal(second.process.wait(30), EX_CONFIG, "exit status")
    one_line(t, second.log.read_text().splitlines(), "another Faxpost runs", str(first.state))
    t.equal(first.process.poll(), None, "the first one's exit status")
    t.true((first.state / "run" / "ready").exists(), "the first one is not ready any more")


@case.test
def sigterm_ends_every_process(t):
    server = t.enter(Server(t.folder()))
    pids = [pid for _, pid in server.roles()]
    t.true(len(pids) >= 7, f"only {len(pids)} processes")
    t.equal(server.stop(), 0, "exit status")
    t.equal(alive(pids), [], "processes left")


@case.test
def killed_parent_takes_every_process_along_and_can_be_started_again(t):
    server = t.enter(Server(t.folder()))
    pids = [pid for _, pid in server.roles()]
    server.kill("parent")
    server.process.wait()
    t.wait(lambda: not alive(pids), "the roles did not end", 20)
    server.start()
    t.equal(server.process.poll(), None, "exit status of the second start")


@case.test
def each_killed_role_comes_back(t):
    server = t.enter(Server(t.folder()))
    for role, pid in server.roles():
        t.true(server.kill(role), f"{role} does not run")
        t.wait(lambda role=role, pid=pid: dict(server.roles()).get(role, pid) != pid, f"{role} did not come back", 20)
    t.equal(len(alive(pid for _, pid in server.roles())), len(server.roles()), "roles that run")


@case.test
def it_works_as_an_ordinary_user(t):
    if os.geteuid() != 0:
        t.skip("run by an ordinary user, so every test shows it")
    folder = t.folder()
    os.chown(folder, 65534, 65534)
    server = t.enter(Server(folder, wrap=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]))
    owners = {uid_of(pid) for _, pid in server.roles()}
    t.equal(owners, {65534}, "accounts of the roles")


case.main()
