# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faxpost as a test needs it: a state directory of its own, ports that the kernel picks, ended at the end.

    with Server(folder) as server:
        server.cli("status", "--json")
        server.kill("queue")
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

BUILD = pathlib.Path(os.environ.get("FAXPOST_BUILD", "build")).resolve()
CHECKED = pathlib.Path(os.environ.get("FAXPOST_BUILD_CHECKED", "build-check")).resolve()
# A role in its sandbox cannot be searched for leaks, for that takes ptrace; and undefined behaviour ends it.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
START_SECONDS = 60  # sanitizers on a busy machine


class Server:
    def __init__(self, folder, *, build=BUILD, settings=None, env=None, address="127.0.0.1", wrap=(), log=None):
        """settings: lines of faxpost.conf beside the usual ones; env: for `serve` alone; wrap: a command to start it
        under; log: where its log goes, if not into the folder."""
        self.folder, self.build, self.wrap = pathlib.Path(folder), build, list(wrap)
        self.state, self.maildir = self.folder / "state", self.folder / "maildir"
        self.conf, self.log = self.folder / "faxpost.conf", pathlib.Path(log or self.folder / "log")
        self.env = {**os.environ, **SANITIZERS, "FAXPOST_STATE": str(self.state)}
        self.serve_env = env or {}
        self.settings = {
            "state_dir": self.state,
            "smtp_listen": f"{address}:0",
            "sip_listen": f"{address}:0",
            "http_listen": f"{address}:0",
            "setup_listen": "",
            "deliver": f"maildir:{self.maildir}",
            **(settings or {}),
        }
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *what):
        self.stop(patience=3)

    # ---- life ----

    def start(self):
        self.launch()
        end = time.monotonic() + START_SECONDS
        while not (self.state / "run" / "ready").exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"serve ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > end:
                raise RuntimeError(f"not ready after {START_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.02)

    def pin_ports(self, *names):
        """The ports it has now, also for later starts: a trunk that leads back here must not lead nowhere."""
        for name in names or ("smtp", "sip"):
            host, port = self.port(name)
            self.settings[f"{name}_listen"] = f"{host}:{port}"

    def launch(self):
        """Without waiting until it is ready."""
        self.conf.write_text("".join(f"{key} = {value}\n" for key, value in self.settings.items()))
        (self.state / "run" / "ready").unlink(missing_ok=True)
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([*self.wrap, self.build / "src" / "faxpost", "serve", "--conf", self.conf],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**self.env, **self.serve_env})

    def stop(self, patience=20):
        """SIGTERM, then by force; the exit status."""
        if self.process is None:
            return None
        pids = [pid for _, pid in self.roles()]
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in pids:
            self.await_end(pid)
        return self.process.returncode

    @staticmethod
    def await_end(pid, seconds=10):
        """A killed parent's children end by themselves; this only waits."""
        end = time.monotonic() + seconds
        while pathlib.Path(f"/proc/{pid}").exists() and not is_zombie(pid) and time.monotonic() < end:
            time.sleep(0.02)

    # ---- what runs ----

    def roles(self):
        """[("queue.0", pid)] of those that run."""
        try:
            lines = (self.state / "run" / "roles").read_text().splitlines()
        except OSError:
            return []
        rows = [line.split() for line in lines]
        return [(f"{name}.{instance}", int(pid)) for name, instance, _, pid in rows if int(pid)]

    def kill(self, role):
        """kill -9 of one role ("queue", "call.1") or of "parent"; False where it does not run just now."""
        if role == "parent":
            pid = self.process.pid
        else:
            wanted = role if "." in role else role + ".0"
            pid = dict(self.roles()).get(wanted)
        if not pid:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def signal(self, number):
        """To the parent and all its roles; they need not run."""
        for pid in [self.process.pid, *(pid for _, pid in self.roles())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def port(self, name):
        """(host, port) of "smtp", "sip" or "http"."""
        for line in (self.state / "run" / "ports").read_text().splitlines():
            word, address = line.split(None, 1)
            if word == name:
                host, _, port = address.rpartition(":")
                return host.strip("[]"), int(port)
        raise RuntimeError(f"no port for {name}")

    def log_tail(self, lines=15):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    # ---- speaking with it ----

    def cli(self, *arguments, text=None, seconds=60):
        """faxpost ARGUMENTS; (exit status, stdout, stderr)."""
        done = subprocess.run([self.build / "src" / "faxpost", *map(str, arguments)], input=text, env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds)
        return done.returncode, done.stdout, done.stderr

    def json(self, *arguments):
        status, out, err = self.cli(*arguments, "--json")
        if status:
            raise RuntimeError(f"faxpost {' '.join(arguments)}: {err.strip() or out.strip()}")
        return json.loads(out)

    def apply(self, provisioning):
        file = self.folder / "provisioning.json"
        file.write_text(json.dumps(provisioning))
        status, out, err = self.cli("apply", file)
        if status:
            raise RuntimeError(f"faxpost apply: {err.strip() or out.strip()}")

    def mails(self, address):
        """Files of that address' Maildir, oldest first."""
        return sorted((self.maildir / address / "new").glob("*"), key=lambda p: p.stat().st_mtime_ns)


def complaints(server):
    """What the sanitizers said, where it is their build."""
    words = ("AddressSanitizer", "runtime error:", "UndefinedBehaviorSanitizer")
    return [line for line in server.log.read_text(errors="replace").splitlines() if any(word in line for word in words)]


def is_zombie(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def free_port(address="127.0.0.1", kind=socket.SOCK_STREAM):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def held_port(address="127.0.0.1", kind=socket.SOCK_STREAM):
    """(port, socket): nobody is given that port while the socket lives, and who sets SO_REUSEADDR can listen on it, again
    and again."""
    holder = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((address, 0))
    return holder.getsockname()[1], holder
