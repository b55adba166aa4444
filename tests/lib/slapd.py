# SPDX-License-Identifier: AGPL-3.0-or-later
"""A directory: Debian's slapd, in a folder and on ports of its own.

    with Slapd(folder) as slapd:
        slapd.add_person("ada", mail=["ada@apple.example"], groups=["front"])
        server.apply({"directories": [slapd.settings("ours", tenant="apple")]})
"""

import os
import pathlib
import subprocess
import time

from dovecot import make_certificate, pin_of
from server import held_port

BASE = "dc=example,dc=com"
ADMIN, READER = f"cn=admin,{BASE}", f"cn=reader,{BASE}"
SECRET = "secret of the reader"


class Slapd:
    def __init__(self, folder, limits=""):
        """limits: of the account that reads, as slapd.conf has them."""
        self.folder = pathlib.Path(folder) / "slapd"
        self.folder.mkdir(parents=True)
        self.limits, self.process = limits, None
        self.ports, self.holders = {}, []
        for name in ("ldaps", "ldap"):
            self.ports[name], holder = held_port()
            self.holders.append(holder)
        self.certificate = self.folder / "slapd.pem"
        make_certificate(self.certificate, self.folder / "slapd.key")

    def __enter__(self):
        (self.folder / "db").mkdir()
        self.configure()
        self.start()
        self.ldif(f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
                  f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n"
                  f"dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n\n"
                  f"dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: {SECRET}\n")
        return self

    def __exit__(self, *what):
        self.stop()
        for holder in self.holders:
            holder.close()

    def configure(self):
        (self.folder / "slapd.conf").write_text(f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {self.folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb.so
moduleload memberof.so
moduleload ppolicy.so
TLSCertificateFile {self.certificate}
TLSCertificateKeyFile {self.folder}/slapd.key
security simple_bind=64
database mdb
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw "{SECRET}"
directory {self.folder}/db
maxsize 67108864
{self.limits}
access to attrs=userPassword by anonymous auth by * none
access to * by dn="{READER}" read by * none
overlay memberof
overlay ppolicy
""")

    def start(self):
        where = f"ldaps://127.0.0.1:{self.ports['ldaps']} ldap://127.0.0.1:{self.ports['ldap']}"
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(["/usr/sbin/slapd", "-d", "256", "-f", self.folder / "slapd.conf", "-h", where],
                                        stdout=self.log, stderr=self.log)
        end = time.monotonic() + 60
        while self.ask("ldapsearch", "-x", "-D", ADMIN, "-w", SECRET, "-b", "", "-s", "base").returncode not in (0, 32):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("slapd does not answer: " + (self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None
            self.log.close()

    def binds(self, name):
        """How often a password of that person was tried."""
        return (self.folder / "log").read_text().count(f'BIND dn="uid={name},')

    def ask(self, program, *arguments, data=None):
        return subprocess.run([program, "-H", f"ldaps://localhost:{self.ports['ldaps']}", *arguments], input=data,
                              capture_output=True, text=True, env={**os.environ, "LDAPTLS_REQCERT": "never"})

    def change(self, program, data):
        done = self.ask(program, "-x", "-D", ADMIN, "-w", SECRET, data=data)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr} {data}")

    def ldif(self, data):
        self.change("ldapadd", data)

    def add_person(self, name, mail=(), groups=(), password="pw of {}", cn=None):
        lines = "".join(f"mail: {address}\n" for address in mail)
        self.ldif(f"dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {cn or name.title()}\nsn: {name}\n"
                  f"userPassword: {password.format(name)}\n{lines}")
        for group in groups:
            self.join(group, name)

    def join(self, group, name):
        dn, member = f"cn={group},ou=groups,{BASE}", f"uid={name},ou=people,{BASE}"
        known = self.ask("ldapsearch", "-x", "-D", ADMIN, "-w", SECRET, "-b", dn, "-s", "base").returncode == 0
        if known:
            self.modify(dn, f"add: member\nmember: {member}\n")
        else:
            self.ldif(f"dn: {dn}\nobjectClass: groupOfNames\ncn: {group}\nmember: {member}\n")

    def modify(self, dn, change):
        self.change("ldapmodify", f"dn: {dn}\nchangetype: modify\n{change}")

    def remove(self, *names):
        for name in names:
            self.change("ldapmodify", f"dn: uid={name},ou=people,{BASE}\nchangetype: delete\n")

    def rename(self, name, new):
        self.change("ldapmodify", f"dn: uid={name},ou=people,{BASE}\nchangetype: modrdn\nnewrdn: uid={new}\ndeleteoldrdn: 1\n")

    def settings(self, name, security="implicit", **more):
        return {"name": name, "host": "localhost", "port": self.ports["ldaps" if security == "implicit" else "ldap"],
                "security": security, "pin": pin_of(self.certificate), "bind_dn": READER, "password": SECRET,
                "base": f"ou=people,{BASE}", "interval_minutes": 0, **more}


def group(name):
    return f"cn={name},ou=groups,{BASE}"
