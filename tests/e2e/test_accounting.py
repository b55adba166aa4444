# SPDX-License-Identifier: AGPL-3.0-or-later
"""The accounting file: each call once, in HylaFAX's fields, whoever is killed or rotates it."""

import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path

import case
import fax
import provision
from server import Server
from store import Store

FIELDS = 19
TIME = re.compile(r"\d+:[0-5]\d:[0-5]\d")
MMR_ECM_14400 = 1 << 21 | 1 << 16 | 3 << 14 | 2 << 12 | 5 << 3
FINE, SUPERFINE = 1, 2


def lines_of(*files):
    """[fields] of each line, as the programs that read HylaFAX's file take them apart."""
    return [line.split("\t") for file in files for line in file.read_text().splitlines()]


def calls_of(server):
    return sorted(str(uuid.UUID(bytes=a["id"])) for a in Store(server.state).attempts() if a["state"] == "ended")


def all_ended(t, server, count):
    t.wait(lambda: len(calls_of(server)) == count, f"calls do not end: {server.log_tail()}", 240)


def written_once(t, server, *files):
    t.equal(sorted(line[2] for line in lines_of(*files)), calls_of(server), "calls in the file")


def what_hylafax_counts(t, server, file):
    """Debian's own xferfaxstats and recvstats, with a spool folder of the test's."""
    spool = server.folder / "spool"
    for name, text in (("bin/common-functions", Path("/var/spool/hylafax/bin/common-functions").read_text()),
                       ("etc/setup.cache", 'AWK=awk\nCAT=cat\nRM="rm -f"\nMKDIR=mkdir\nSED=sed\nCHMOD=chmod\nMKTEMP=mktemp\n')):
        (spool / name).parent.mkdir(parents=True, exist_ok=True)
        (spool / name).write_text(text)
    for name, row in (("xferfaxstats", r"front \(front\) +2 +\d+:\d\d +[\d.]+ +0 +14400 +2-D MMR"), ("recvstats", r"100 +100 +2 +\d+:\d\d +[\d.]+ +0 +14400 +2-D MMR")):
        script = Path("/usr/lib/hylafax/bin", name).read_text().replace("SPOOL=/var/spool/hylafax", f"SPOOL={spool}")
        done = subprocess.run(["bash", "-s", file], input=script, capture_output=True, text=True, timeout=60)
        t.true(done.returncode == 0 and re.search(row, done.stdout), f"{name}: {done.stdout} {done.stderr}")


@case.test
def each_call_has_one_line_over_kills_and_rotation(t):
    server = t.enter(Server(t.folder()))
    server.apply(provision.example(server.port("sip")[1], pace=False))
    file, rotated = server.folder / "xferfaxlog", server.folder / "xferfaxlog.1"
    t.equal(server.cli("accounting", file)[1], "0 calls added\n", "of a new installation")
    fax.arrive(t, server, server, fax.mailed(t, server, 1, pages=2, to="200^BILLING=case 1"))
    all_ended(t, server, 2)
    t.equal(server.cli("accounting", file)[1], "2 calls added\n", "a fax to ourselves")
    t.equal(server.cli("accounting", file)[1], "0 calls added\n", "asked again")
    out, into = sorted(lines_of(file), key=lambda f: f[1], reverse=True)
    t.equal((len(out), len(into)), (FIELDS, FIELDS), f"fields of {out} and {into}")
    t.equal((out[1], out[3], out[5:11]), ("SEND", "loopback", ['"case 1"', "front", '"200"', '"200"', str(MMR_ECM_14400 | FINE), "2"]), "sent")
    t.equal((into[1], into[5:11], into[15]), ("RECV", ['""', "fax", '"200"', '"100"', str(MMR_ECM_14400 | FINE), "2"], '"100"'), "received")
    t.equal((out[13], into[13]), ('""', '""'), "nothing was wrong")
    for line in (out, into):
        t.true(re.fullmatch(r"\d\d/\d\d/\d\d \d\d:\d\d", line[0]), f"date: {line[0]}")
        t.true(TIME.fullmatch(line[11]) and TIME.fullmatch(line[12]), f"times: {line[11:13]}")
        t.true(all(f[0] == f[-1] == '"' for f in line[13:]), f"fields in quotation marks: {line[13:]}")
    what_hylafax_counts(t, server, file)
    for document in (2, 3):
        fax.arrive(t, server, server, fax.mailed(t, server, document, to="200^SUPERFINE"))
    all_ended(t, server, 6)
    with open(file, "a") as torn:
        torn.write("11/22/26 10:00\tSEND\thalf a li")
    command = [server.build / "src" / "faxpost", "accounting", file]
    for delay_ms in range(0, 40, 2):  # whatever it was about to do
        process = subprocess.Popen(command, env=server.env, stdout=subprocess.DEVNULL)
        time.sleep(delay_ms / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
    for process in [subprocess.Popen(command, env=server.env, stdout=subprocess.DEVNULL) for _ in range(3)]:
        t.equal(process.wait(120), 0, "exit status of one of several at once")
    written_once(t, server, file)
    t.equal(sorted(int(line[9]) for line in lines_of(file)), [MMR_ECM_14400 | FINE] * 2 + [MMR_ECM_14400 | SUPERFINE] * 4, "resolutions")
    file.rename(rotated)
    fax.arrive(t, server, server, fax.mailed(t, server, 4))
    all_ended(t, server, 8)
    t.equal(server.cli("accounting", file)[1], "2 calls added\n", "behind a rotation")
    written_once(t, server, rotated, file)
    # Rotated again, when nothing had come; packed; copied and emptied; with a date in its name.
    older = server.folder / "xferfaxlog.2"
    rotated.rename(older)
    file.rename(rotated)
    t.equal(server.cli("accounting", file)[1], "0 calls added\n", "nothing is new")
    file.rename(server.folder / "xferfaxlog.0")
    t.equal(server.cli("accounting", file)[1], "0 calls added\n", "behind an empty one")
    lines = older.read_text().splitlines(True)
    older.write_text("".join(lines[:-1]))  # as where a call ended while those before it were written, and the file was rotated and packed then
    for old in (older, rotated):
        subprocess.run(["gzip", old], check=True)
    (server.folder / "xferfaxlog.0").unlink()
    t.equal(server.cli("accounting", file)[1], "1 calls added\n", "where all of them are packed")
    t.equal(file.read_text().splitlines(True), lines[-1:], "the one that none of them has")
    t.equal(server.cli("accounting", file)[1], "0 calls added\n", "and once")
    fax.arrive(t, server, server, fax.mailed(t, server, 5))
    all_ended(t, server, 10)
    t.equal(server.cli("accounting", file)[1], "2 calls added\n", "what came since")
    (server.folder / "xferfaxlog-20261122").write_bytes(file.read_bytes())
    os.truncate(file, 0)
    t.equal(server.cli("accounting", file)[1], "0 calls added\n", "copied and emptied")
    t.equal(server.cli("accounting", server.folder / "no folder" / "file")[0], 66, "where nothing can be written")
    pipe = server.folder / "pipe"
    os.mkfifo(pipe)
    t.equal(server.cli("accounting", pipe)[0], 66, "where no file can be")


case.main()
