# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places of the archive at servers of others: Apache's WebDAV over TLS, with its authority and with a pin; ProFTPD's SFTP with a
password."""

import hashlib
import os
import shutil
import tempfile

import case
import door
import mail
import pdf
import provision
from place_peers import Apache, ProFtpd
from server import Server

SECONDS = 240


def judged(t, server, name, good, text=""):
    status, out, err = server.cli("archive", "test", name, seconds=120)
    t.true((status == 0) == good and text in err, f"{name}: {status} {out} {err}")


def authority_below_etc(t, apache):
    """Settings name files below /etc alone; None where we may not write there."""
    if not os.access("/etc", os.W_OK):
        return None
    handle, name = tempfile.mkstemp(prefix="faxpost-test-", suffix=".pem", dir="/etc")
    t.later(os.unlink, name)
    os.close(handle)
    shutil.copy(apache.authority.file, name)
    os.chmod(name, 0o644)
    return name


@case.test
# proves: S2.1
def servers_of_others_are_places(t):
    apache, ftp = Apache(t), ProFtpd(t)
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1], pace=False) | {"archive_places": [apache.settings, ftp.settings]})
    judged(t, server, "dav", False, "certificate")  # of an authority that nobody knows
    server.apply({"archive_places": [{"name": "dav", "pin": "sha256:" + "0" * 64}]})
    judged(t, server, "dav", False, "certificate")
    server.apply({"archive_places": [{"name": "dav", "pin": apache.pin}]})
    judged(t, server, "dav", True)
    authority = authority_below_etc(t, apache)
    if authority:
        server.apply({"archive_places": [{"name": "dav", "pin": "", "ca_file": authority}]})
        judged(t, server, "dav", True)
    server.apply({"archive_places": [{"name": "dav", "password": "wrong"}, {"name": "ftp", "password": "wrong"}]})
    judged(t, server, "dav", False, "username and password")
    judged(t, server, "ftp", False, "refuses the login")
    server.apply({"archive_places": [{"name": "dav", "password": "dav secret"}, {"name": "ftp", "password": "ftp secret"}]})
    judged(t, server, "ftp", True)

    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", pdf.make(2, document=91))]))
    items = t.wait(lambda: (c := door.get(server, "archive", state="stored").json["items"]) and len(c) == 4 and c,
                   f"copies: {door.get(server, 'archive').json['items']}", SECONDS)
    t.equal((len(apache.files()), len(ftp.files())), (2, 2), "files at each")
    for c in items:
        t.equal(hashlib.sha256(door.get(server, f"archive/{c['id']}/file").body).hexdigest(), c["sha256"], f"whole from {c['place']}")
    # What is changed there is found; what is deleted is gone.
    spoilt = ftp.files()[0]
    spoilt.write_bytes(spoilt.read_bytes()[:-1] + b"?")
    fax = next(c["fax"] for c in items if c["object"].endswith(spoilt.name))
    status, _, err = server.cli("archive", "verify", fax, "--place", "ftp")
    t.true(status == 1 and "damaged" in err, err)
    t.wait(lambda: len(door.get(server, "archive", state="stored").json["items"]) == 4, "it is brought there again", SECONDS)
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mails", SECONDS)
    t.equal(server.cli("archive", "delete", fax)[0], 0, "deleted")
    t.wait(lambda: (len(apache.files()), len(ftp.files())) == (1, 1), "gone at each", SECONDS)


if __name__ == "__main__":
    case.main()
