# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two servers, each alone in a network namespace, joined by one cable (veth) that tcpdump listens to: what leaves the
machine is what it should be. Needs root."""

import os
import shutil
import signal
import subprocess

import case
import fax
import provision
from server import Server

ADDRESS = {"a": "10.77.0.1", "b": "10.77.0.2"}
SIP = 5060
# tcpdump says so on its standard error once the kernel hands it packets.
LISTENS = "listening on"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Cable:
    """Namespaces a and b with a veth pair between them."""

    def __init__(self):
        self.spaces = {end: f"fp-{os.getpid()}-{end}" for end in ADDRESS}

    def __enter__(self):
        for space in self.spaces.values():
            ip("netns", "add", space)
        a, b = self.spaces["a"], self.spaces["b"]
        ip("-n", a, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b)
        for end, space in self.spaces.items():
            ip("-n", space, "address", "add", f"{ADDRESS[end]}/24", "dev", "cable")
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", "cable", "up")
        return self

    def __exit__(self, *what):
        for space in self.spaces.values():
            subprocess.run(["ip", "netns", "delete", space], stderr=subprocess.DEVNULL, check=False)

    def inside(self, end):
        return ["ip", "netns", "exec", self.spaces[end]]


class Capture:
    def __init__(self, cable, file):
        self.file = file
        self.process = subprocess.Popen([*cable.inside("a"), "tcpdump", "-i", "cable", "-w", file, "-U", "-Z", "root", "udp"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if LISTENS in line:
                return
        raise RuntimeError("tcpdump does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        self.process.stderr.close()

    def packets(self, what, *fields):
        """Rows of fields of those packets that Wireshark's filter takes. It finds the media by the SDP."""
        command = ["tshark", "-n", "-r", self.file, "-Y", what, "-T", "fields", "-E", "occurrence=a"]
        for field in fields:
            command += ["-e", field]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]


def needed(t):
    if os.geteuid() != 0:
        t.skip("network namespaces are made by root only")
    for tool in ("ip", "tcpdump", "tshark"):
        if not shutil.which(tool):
            t.skip(f"{tool} is missing")
    cable = Cable()
    try:
        return t.enter(cable)
    except subprocess.CalledProcessError as why:
        cable.__exit__()
        t.skip(f"no network namespaces here: {why.stdout.strip()}")


def over_the_cable(t, document, **trunk):
    """The capture of one fax from a to b that arrived."""
    cable = needed(t)
    a, b = (t.enter(Server(t.folder(), wrap=cable.inside(end), address=ADDRESS[end],
                           settings={"sip_listen": f"{ADDRESS[end]}:{SIP}"})) for end in ADDRESS)
    a.apply(provision.example(SIP, host=ADDRESS["b"], **trunk))
    b.apply(provision.example(SIP, host=ADDRESS["a"], **trunk))
    capture = t.enter(Capture(cable, t.folder() / "capture.pcap"))
    _, attempts = fax.arrive(t, a, b, fax.submit(t, a, document, pages=2))
    t.equal([x["mode"] for x in attempts], ["t38" if trunk.get("t38", True) else "audio"], "modes")
    capture.end()
    return capture


def invites(capture, media):
    """[(source, is a re-INVITE)] of those whose SDP offers such media."""
    rows = capture.packets('sip.Method == "INVITE" && sdp', "ip.src", "sip.to.tag", "sdp.media")
    return [(source, bool(tag)) for source, tag, offered in rows if offered.startswith(media)]


def sources(rows):
    return {row[0] for row in rows}


def parity_adds_up(t, rows):
    """Wireshark's reading of each datagram's parity is the XOR of the packets it speaks of (T.38 §9.1.4.2)."""
    sent = {int(number): primary(bytes.fromhex(payload)) for number, payload, _, _ in rows}
    seen = 0
    for number, _, span, items in rows:
        entries = [bytes.fromhex(item) for item in items.split(",") if item]
        reach = int(span or 0) * len(entries)
        for i, entry in enumerate(entries):
            total = 0
            for covered in range(int(number) - reach + i, int(number), len(entries)):
                total ^= int.from_bytes(sent[covered].ljust(len(entry), b"\0"))
            t.equal(total.to_bytes(len(entry)), entry, f"parity {i} of datagram {number}")
            seen += 1
    t.true(seen > 3 * len(sent) / 2, f"{seen} parity entries in {len(sent)} datagrams")


def primary(datagram):
    long = datagram[2] >= 0x80
    at = 4 if long else 3
    return datagram[at:at + ((datagram[2] & 0x3F) << 8 | datagram[3] if long else datagram[2])]


@case.test
def capture_of_a_t38_fax_shows_reinvite_and_udptl(t):
    capture = over_the_cable(t, 401, t38_correction="fec")
    t.equal(invites(capture, "audio")[:1], [(ADDRESS["a"], False)], "the first INVITE with audio")
    again = invites(capture, "image")
    t.true(again and all(is_again for _, is_again in again), f"INVITEs with an image: {again}")
    answers = capture.packets('sip.Status-Code == 200 && sdp.media contains "image"', "ip.src", "sdp.media.proto", "sdp.media_attr")
    t.true(answers and answers[0][1].lower() == "udptl", f"answers with an image: {answers}")
    t.true("T38FaxUdpEC:t38UDPFEC" in answers[0][2], f"attributes: {answers[0][2]}")
    udptl = capture.packets("t38", "ip.src", "t38.seq_number")
    t.equal(sources(udptl), set(ADDRESS.values()), "who sent UDPTL")
    t.true(len(udptl) > 200, f"only {len(udptl)} packets of UDPTL")
    t.note(f"{len(udptl)} packets of UDPTL, re-INVITE by {again[0][0]}")
    for end in ADDRESS.values():
        parity_adds_up(t, capture.packets(f"t38 && ip.src == {end}", "t38.seq_number", "udp.payload", "t38.fec_npackets",
                                          "t38.fec_data_item"))


@case.test
def capture_of_a_g711_fax_shows_rtp_alone(t):
    capture = over_the_cable(t, 402, t38=False)
    t.true(invites(capture, "audio"), "no INVITE with audio")
    t.equal(capture.packets('sip.Status-Code == 200 && sdp.media contains "image"', "ip.src"), [], "answers with an image")
    t.equal(capture.packets("t38", "ip.src"), [], "UDPTL")
    rtp = capture.packets("rtp", "ip.src", "rtp.p_type", "udp.length")
    t.equal(sources(rtp), set(ADDRESS.values()), "who sent RTP")
    t.equal({kind for _, kind, _ in rtp}, {"8"}, "payload types (8: A-law)")
    t.note(f"{len(rtp)} packets of RTP")


case.main()
