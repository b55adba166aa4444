# SPDX-License-Identifier: AGPL-3.0-or-later
"""What peers offer and answer, a row each; test_line.py plays them. name: (scenario of sip/, its {keys}, what we do and
see). A step that begins with "> " is a command to line-peer, another one a pattern for what it says."""

AUDIO = "m=audio 16000 RTP/AVP 8 0 101\na=rtpmap:101 telephone-event/8000"
T38 = """m=image 16002 udptl t38
a=T38FaxVersion:0
a=T38MaxBitRate:14400
a=T38FaxRateManagement:transferredTCF
a=T38FaxMaxDatagram:400
a=T38FaxUdpEC:t38UDPRedundancy"""
BARE = "m=image 16002 udptl t38"
TAKEN = "m=image [1-9][0-9]* udptl t38"
CALL, CALLER = r"invited 200 from 0501234567 at .*", "0501234567"
BYE, THEIR_BYE = ["> bye", "ended sip-hung-up here"], ["ended sip-bye far"]
PCMA = r"media pcma .*:16000"


def media(version=0, rate=14400, datagram=400, correction="redundancy"):
    return rf"media t38 .*:16002 {version} {rate} {datagram} {correction}"


def offered(offer, answer, *seen, headers="Subject: fax", never="Session-Expires"):
    """In the first INVITE to us. never: what our 200 must not say."""
    return ("uac_offer", {"offer": offer, "answer": answer, "headers": headers, "never": never},
            [CALL, *seen, *THEIR_BYE])


def refused(offer, status, *seen, headers="Subject: fax"):
    return "uac_offer_refused", {"offer": offer, "status": status, "headers": headers}, list(seen)


def answered(image, *seen, wants=TAKEN):
    """To our re-INVITE."""
    return ("uas_takes_t38", {"image": image, "wants": wants}, ["> dial 200", PCMA, "> t38", *seen, *BYE])


def again(first, then, status, *seen, before=()):
    """A re-INVITE to us."""
    keys = {"first": first, "again": then, "status": status, "kind": first[2:7],
            "ack_branch": "[branch]" if status == 200 else "[branch-3]"}
    return "uac_again", keys, [CALL, *before, *seen, *THEIR_BYE]


def keeping(row):
    """The same where no T.38 is wanted from the first media on, as behind the CFR of a page."""
    scenario, keys, steps = row
    return scenario, keys, ["> auto keep-audio", *steps]


def with_attributes(*lines):
    return "\n".join([BARE, *(f"a={line}" for line in lines)])


ROWS = {
    # what is offered first
    "image_alone": offered(T38, TAKEN, media()),
    "audio_then_image": offered(f"{AUDIO}\n{BARE}\na=T38FaxUdpEC:t38UDPFEC", f"m=audio 0 RTP/AVP.*{TAKEN}.*t38UDPFEC",
                                media(datagram=0, correction="fec")),
    "image_then_audio": offered(f"{T38}\n{AUDIO}", f"{TAKEN}.*m=audio 0 RTP/AVP", media()),
    "image_with_port_0_then_audio": offered(f"m=image 0 udptl t38\n{AUDIO}", "m=image 0 udptl t38.*m=audio [1-9]", PCMA),
    "audio_with_port_0_then_image": offered(f"m=audio 0 RTP/AVP 8\n{T38}", f"m=audio 0 RTP/AVP.*{TAKEN}", media()),
    "everything_with_port_0": refused("m=audio 0 RTP/AVP 8\nm=image 0 udptl t38", 488, CALL, "ended sip-488 .*"),
    "nothing_that_we_have": refused("m=audio 16000 RTP/AVP 18 101", 488, CALL, "ended sip-488 .*"),
    "image_over_tcp": refused("m=image 16002 tcptl t38\na=T38FaxVersion:0", 488, CALL, "ended sip-488 .*"),
    "encrypted_audio_alone": refused("m=audio 16000 RTP/SAVP 8", 488, CALL, "ended sip-488 .*"),
    # who asks for T.38, and when
    "called_side_asks": ("uac_gets_t38", {}, [CALL, PCMA, "> t38", media(), *BYE]),
    "calling_side_asks": answered(T38, media()),
    "re_invite_amid_a_page": keeping(again(AUDIO, T38, 488, before=(PCMA,))),
    "re_invite_with_both_amid_a_page": keeping(again(AUDIO, f"{AUDIO}\n{T38}", 200, PCMA, before=(PCMA,))),
    "no_answer_to_a_re_invite": ("uas_ignores_t38", {}, ["> dial 200", PCMA, "> t38", PCMA + " t38-refused", *BYE]),
    # spellings
    "no_attributes": offered(BARE, TAKEN, media(datagram=0, correction="-")),
    "fill_bit_removal_without_value": offered(with_attributes("T38FaxFillBitRemoval"), TAKEN, media(datagram=0, correction="-")),
    "fill_bit_removal_0": offered(with_attributes("T38FaxFillBitRemoval:0"), TAKEN, media(datagram=0, correction="-")),
    "fill_bit_removal_1": offered(with_attributes("T38FaxFillBitRemoval:1", "T38FaxTranscodingMMR:0",
                                                  "T38FaxTranscodingJBIG:0"), TAKEN, media(datagram=0, correction="-")),
    "lower_case": offered(with_attributes("t38faxversion:2", "t38maxbitrate:9600", "t38faxudpec:T38UDPREDUNDANCY"), TAKEN,
                          media(2, 9600, 0)),
    "bit_rate_of_v34": offered(with_attributes("T38MaxBitRate:33600"), TAKEN + ".*T38MaxBitRate:14400",
                               media(rate=33600, datagram=0, correction="-")),
    "bit_rate_0": offered(with_attributes("T38MaxBitRate:0"), TAKEN, media(datagram=0, correction="-")),
    **{f"datagram_{name}": answered(with_attributes(f"T38FaxMaxDatagram:{said}", "T38FaxUdpEC:t38UDPRedundancy"),
                                    media(datagram=taken))
       for name, said, taken in (("0", "0", 0), ("minus_1", "-1", 0), ("2_to_31", "2147483648", 0), ("small", "72", 72),
                                 ("large", "65507", 65507))},
    "datagram_absent": answered(with_attributes("T38FaxUdpEC:t38UDPRedundancy"), media(datagram=0)),
    **{f"version_{n}": answered(with_attributes(f"T38FaxVersion:{n}"), media(n, datagram=0, correction="-"),
                                wants="T38FaxVersion:0") for n in range(4)},
    **{f"correction_{name}": answered(with_attributes(*lines), media(datagram=0, correction=seen))
       for name, lines, seen in (("not_said", [], "-"), ("none", ["T38FaxUdpEC:t38UDPNoEC"], "none"),
                                 ("redundancy", ["T38FaxUdpEC:t38UDPRedundancy"], "redundancy"),
                                 ("fec", ["T38FaxUdpEC:t38UDPFEC"], "fec"))},
    "our_datagrams_fit_the_mtu": answered(T38, media(), wants="T38FaxMaxDatagram:1400"),
    "transferred_tcf": offered(with_attributes("T38FaxRateManagement:transferredTCF"), TAKEN, media(datagram=0, correction="-")),
    "local_tcf_alone": refused(with_attributes("T38FaxRateManagement:localTCF"), 488, CALL, "ended sip-488 .*"),
    "local_tcf_beside_audio": offered(f"{AUDIO}\n" + with_attributes("T38FaxRateManagement:localTCF"),
                                      "m=audio [1-9].*m=image 0 udptl", PCMA),
    # session timers (RFC 4028): none of ours, and theirs touch nothing
    "session_timer_offered": offered(T38, "Session-Expires: 90;refresher=uac", media(), never="refresher=uas",
                                     headers="Supported: timer\nSession-Expires: 90;refresher=uac\nMin-SE: 90"),
    "session_timer_required": refused(AUDIO, 420, headers="Require: timer\nSession-Expires: 90"),
    "session_refreshed_in_t38": again(T38, T38, 200, media(), before=(media(),)),
    "session_refreshed_in_audio": again(AUDIO, AUDIO, 200, PCMA, before=(PCMA,)),
    "asked_by_options": ("uac_options", {}, []),
}
