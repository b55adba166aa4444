# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server of somebody else that speaks S3 as a place of the archive. FAXPOST_S3=swift: Debian's OpenStack Swift, where it is
installed; FAXPOST_S3="http://host:port/bucket ID SECRET REGION": another one, whose bucket may be there and is left as it was."""

import datetime
import hashlib
import hmac
import http.client
import os
import re
import struct
import subprocess
import urllib.parse

import case
import door
import mail
import pdf
import provision
from server import BUILD, Server
from swift_server import Swift

SECONDS = 240


class Bucket:
    """Looked at without Faxpost."""

    def __init__(self, url, who, secret, region):
        self.url, self.who, self.secret, self.region = url, who, secret, region
        parts = urllib.parse.urlsplit(url)
        self.host, self.path = parts.netloc, parts.path

    def ask(self, method, query="", name=None, body=b""):
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        path = self.path if name is None else self.path + "/" + urllib.parse.quote(name)
        payload, scope = hashlib.sha256(body).hexdigest(), f"{date[:8]}/{self.region}/s3/aws4_request"
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = "\n".join([method, path, query, f"host:{self.host}", f"x-amz-content-sha256:{payload}", f"x-amz-date:{date}", "", names, payload])
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for step in scope.split("/"):
            key = hmac.new(key, step.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, path + ("?" + query if query else ""), body, {
            "x-amz-content-sha256": payload, "x-amz-date": date,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.who}/{scope}, SignedHeaders={names}, Signature={signature}"})
        reply = connection.getresponse()
        return reply.status, reply.read()

    def make(self):
        status, said = self.ask("PUT")
        if status != 200 and b"BucketAlready" not in said:
            raise RuntimeError(f"no bucket: {status} {said}")

    def names(self):
        return sorted(re.findall(r"<Key>([^<]*)</Key>", self.ask("GET", "list-type=2")[1].decode()))


def bucket_of(t):
    said = os.environ.get("FAXPOST_S3", "")
    if not said:
        t.skip("FAXPOST_S3 names no S3 server; doc/interop.md says what became of those that were tried")
    if said == "swift" and Swift.missing:
        t.skip("swift-proxy, swift-account, swift-container, swift-object and memcached are not installed")
    if said == "swift":
        swift = Swift(t)
        said = f"{swift.url} {swift.username} {swift.password} {swift.region}"
    bucket = Bucket(*said.split())
    bucket.make()
    return bucket


def judged(t, server, good, text="", name="s3"):
    status, out, err = server.cli("archive", "test", name, seconds=120)
    t.true((status == 0) == good and text in err, f"{name}: {status} {out} {err}")


@case.test
# proves: S2.1
def a_server_of_others_that_speaks_s3_is_a_place(t):
    bucket = bucket_of(t)
    before = bucket.names()
    server = t.enter(Server(t.folder()))
    place = {"name": "s3", "kind": "s3", "url": bucket.url + "/B%C3%BCro%20Nr.+1/ü(2)", "plaintext": True, "username": bucket.who,
             "password": bucket.secret, "region": bucket.region}
    server.apply(provision.example(server.port("sip")[1], pace=False) | {"archive_places": [place]})
    judged(t, server, True)
    folder = "Büro Nr.+1/ü(2)/"
    t.equal([n for n in bucket.names() if n not in before], [folder + "faxpost-place.txt"], "the test leaves the mark alone")
    for field, wrong, text in (("password", "wrong", "is not its secret"), ("username", "fax:nobody", ""),):
        server.apply({"archive_places": [{"name": "s3", field: wrong}]})
        judged(t, server, False, text)
        server.apply({"archive_places": [{"name": "s3", field: place[field]}]})
    server.apply({"archive_places": [place | {"name": "none", "url": f"{bucket.url}-that-is-not-there", "earlier": False}]})
    judged(t, server, False, "There is no such bucket", "none")
    server.apply({"archive_places": [{"name": "none", "enabled": False}]})

    mail.send(server.port("smtp"), mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}", [("a.pdf", "application/pdf", pdf.make(2, document=94))]))
    items = t.wait(lambda: (c := door.get(server, "archive", state="stored").json["items"]) and len(c) == 2 and c,
                   f"copies: {door.get(server, 'archive').json['items']}", SECONDS)
    mine = [n for n in bucket.names() if n.startswith(folder)]
    t.equal(mine, sorted([folder + "faxpost-place.txt", *(folder + c["object"] for c in items)]), "what lies there")
    for c in items:
        t.equal(hashlib.sha256(door.get(server, f"archive/{c['id']}/file").body).hexdigest(), c["sha256"], "whole")
    # What is changed there is found; what is deleted is gone.
    spoilt = items[0]
    status, data = bucket.ask("GET", name=folder + spoilt["object"])
    t.equal((status, data[:8]), (200, b"FXARCH1\n"), "encrypted")
    t.equal(bucket.ask("PUT", name=folder + spoilt["object"], body=data[:-1] + bytes([data[-1] ^ 1]))[0], 200, "changed")
    status, _, err = server.cli("archive", "verify", spoilt["fax"])
    t.true(status == 1 and "damaged" in err, err)
    t.wait(lambda: len(door.get(server, "archive", state="stored").json["items"]) == 2, "it is brought there again", SECONDS)
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mails", SECONDS)
    for c in items:
        t.equal(server.cli("archive", "delete", c["fax"])[0], 0, "deleted")
    t.wait(lambda: [n for n in bucket.names() if n.startswith(folder)] == [folder + "faxpost-place.txt"], "gone there", SECONDS)
    t.equal(bucket.ask("DELETE", name=folder + "faxpost-place.txt")[0] in (200, 204), True, "as it was")


@case.test
def a_large_file_comes_back_whole_and_a_wrong_clock_is_named(t):
    """The role's own code without a server around it: 24 MB, a name of all kinds of signs, a clock that is an hour late."""
    bucket, clock = bucket_of(t), t.folder() / "clock"
    probe = [BUILD / "tests" / "peer" / "archive-probe", "s3", bucket.url + "/large%20%25", bucket.who, bucket.secret, bucket.region, str(24 << 20)]
    done = subprocess.run(probe, capture_output=True, text=True, timeout=300)
    t.equal((done.returncode, done.stdout), (0, "put got deleted\n"), done.stderr)
    clock.write_bytes(struct.pack("q", -3600 * 1000))
    shift = {"CLOCK_SHIFT": str(clock), "LD_PRELOAD": str(BUILD / "tests" / "crash" / "clock-shift.so")}
    late = subprocess.run(probe, capture_output=True, text=True, timeout=300, env=os.environ | shift)
    t.true(late.returncode == 1 and "archive-clock" in late.stderr, f"{late.stdout} {late.stderr}")


case.main()
