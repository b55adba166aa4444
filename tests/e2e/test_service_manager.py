#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What systemd is told (sd_notify), by something that stands in its place."""

import contextlib
import signal
import socket
import threading

import case
import postgres
from server import Server

TICKS = 3
SECONDS = 180
# Nobody makes a table while somebody holds that lock.
HOLD = """CREATE FUNCTION hold() RETURNS event_trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_lock_shared(4711); PERFORM pg_advisory_unlock_shared(4711); END $$;
CREATE EVENT TRIGGER hold ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION hold()"""


class Manager:
    """systemd's socket; `lines` is what came."""

    def __init__(self, t):
        self.path, self.lines = t.folder() / "notify", []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        t.later(self.socket.close)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.lines += self.socket.recv(4096).decode().splitlines()

    def heard(self, start):
        return [line for line in self.lines if line.startswith(start)]


@case.test
def schema_step_that_waits_for_a_lock_is_given_its_time(t):
    """TimeoutStartSec= and WatchdogSec= would else end it, again and again."""
    database = t.enter(postgres.Server())
    uri = database.make("fax")
    database.ask(HOLD, "fax")
    holder = threading.Thread(target=lambda: ended(database), daemon=True)
    holder.start()
    t.wait(lambda: database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted", "fax").strip() == "1", "nobody holds it")
    manager = Manager(t)
    server = Server(t.folder(), settings={"store": uri}, env={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000000"})
    server.launch()
    t.later(server.stop, 3)
    t.wait(lambda: len([line for line in manager.heard("STATUS=") if "step" in line]) >= TICKS, f"it does not say that a step lasts: {manager.lines}; {server.log_tail()}", SECONDS)
    told = len(manager.heard("WATCHDOG=1"))
    t.wait(lambda: len(manager.heard("WATCHDOG=1")) >= told + TICKS, f"the watchdog hears nothing meanwhile: {manager.lines}", SECONDS)
    extended = [int(line.split("=")[1]) for line in manager.heard("EXTEND_TIMEOUT_USEC=")]
    t.true(len(extended) >= TICKS and min(extended) >= 30_000_000, f"time that it asks for: {extended}")
    t.equal(manager.heard("READY=1"), [], "ready, while a step is under way")
    status, _, complaint = server.cli("status")
    t.true(status == 69 and "Faxpost begins" in complaint and "step" in complaint, f"who asks hears: {status} {complaint}")
    t.equal(server.process.poll(), None, "exit status of the parent")
    database.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)' AND pid <> pg_backend_pid()")
    t.wait(lambda: manager.heard("READY=1"), f"it never becomes ready: {manager.lines[-10:]}; {server.log_tail()}", SECONDS)
    t.equal(server.cli("status")[0], 0, "exit status of status")
    server.process.send_signal(signal.SIGTERM)
    t.wait(lambda: server.process.poll() is not None, "it does not end", SECONDS)


def ended(database):
    with contextlib.suppress(RuntimeError):
        database.ask("SELECT pg_advisory_lock(4711), pg_sleep(3600)", "fax")


case.main()
