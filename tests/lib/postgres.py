# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PostgreSQL server of the test's own: data and socket in a temporary folder, no port. Run by root it belongs to the account
postgres, for the server refuses to be root's."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

USER = "faxpost"  # superuser of this server
NAME, PORT = "db.faxpost.test", 5432
SECONDS = 60  # to start, on a busy machine
# What is not durable is quick; a test of durability says fsync=True.
SETTINGS = """listen_addresses = ''
unix_socket_directories = '{folder}'
unix_socket_permissions = 0777
max_connections = 60
shared_buffers = 32MB
autovacuum = off
jit = off
fsync = {fsync}
full_page_writes = {fsync}
"""


def programs():
    """The folder of the newest PostgreSQL of this machine; None without one."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


# Over a network too, by TLS alone.
NETWORK_SETTINGS = """listen_addresses = '{address}'
ssl = on
ssl_cert_file = '{folder}/server.pem'
ssl_key_file = '{folder}/server.key'
"""


class Server:
    def __init__(self, fsync=False, address=None, authority=None, data=None, place="/tmp"):
        """address: where it listens on the port PORT, with a certificate of that authority (certs.py) for NAME; data: a folder that
        another one left, whose settings hold; place: where its folder is made."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="faxpost-pg-", dir=place))
        self.data = data or self.folder / "data"
        self.process = None
        account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self.account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        if account:
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.folder.chmod(0o755)
        self.address, self.authority = address, authority
        if not data:
            self.make_data(fsync)

    def make_data(self, fsync):
        self.call("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as file:
            file.write(SETTINGS.format(folder=self.folder, fsync="on" if fsync else "off"))
        if self.address:
            self.open_to_network()

    def open_to_network(self):
        for source, name in zip(self.authority.certificate(NAME), ("server.pem", "server.key")):
            file = shutil.copy(source, self.folder / name)
            os.chown(file, self.account.get("user", -1), self.account.get("group", -1))
            os.chmod(file, 0o600)
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as file:
            file.write(NETWORK_SETTINGS.format(folder=self.folder, address=self.address))
        with open(self.data / "pg_hba.conf", "a", encoding="ascii") as file:
            file.write("hostssl all all all trust\n")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, program, *args):
        done = subprocess.run([programs() / program, *args], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, **self.account)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, env=None):
        """env: beside what there is."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([programs() / "postgres", "-D", self.data, "-k", self.folder], cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(env or {})},
                                            **self.account)
        end = time.monotonic() + SECONDS
        while subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder], check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("PostgreSQL does not start: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, how=signal.SIGINT):
        """SIGINT ends all connections and stops; SIGQUIT is a crash, which the next start repairs."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(SECONDS)
            self.process = None

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def network_uri(self, database):
        return f"postgres://{USER}@{NAME}:{PORT}/{database}?hostaddr={self.address}&sslrootcert={self.authority.file}"

    def standby(self):
        """Another server that follows this one; it is not started."""
        made = Server(data=self.folder / "standby")
        self.call("pg_basebackup", "-h", self.folder, "-U", USER, "-D", made.data, "-R", "-c", "fast", "--no-sync")
        return made

    def commit_at_standbys_too(self):
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")

    def promote(self):
        self.ask("SELECT pg_promote()")

    def uri(self, database):
        return f"postgres://{USER}@/{database}?host={self.folder}"

    def make(self, database):
        """A database; its URI."""
        self.ask(f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        return self.uri(database)

    def ask(self, statement, database="postgres"):
        """What psql answers, a line a row."""
        return self.call("psql", "-h", self.folder, "-U", USER, "-d", database, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", statement)
