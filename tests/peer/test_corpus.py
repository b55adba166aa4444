# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails that other people's programs wrote, taken apart by us and by Python's own library."""

import email
import email.policy
import json
import os
import pathlib
import subprocess

import case

BUILD = pathlib.Path(os.environ.get("FAXPOST_BUILD", "build")).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = pathlib.Path(os.environ.get("FAXPOST_CORPUS", ROOT.parent / "shared" / "corpus")) / "mail"


def corpus(t):
    mails = sorted(CORPUS.glob("*.eml"))
    if not mails:
        t.skip(f"there are no mails in {CORPUS}; FAXPOST_CORPUS names another folder")
    return mails


def ours(mails):
    done = subprocess.run([BUILD / "tests" / "peer" / "unpack-probe", *mails], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"unpack-probe ended with {done.returncode}: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def leaves(message):
    """Not into mails within the mail, nor into what is signed about it."""
    if message.get_content_maintype() == "multipart":
        for part in message.iter_parts():
            yield from leaves(part)
    elif message.get_content_maintype() != "message":
        yield message


def parsed(path):
    """(message, its leaves), or None where Python itself complains about the mail."""
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    try:
        found = list(leaves(message))
        broken = message.defects or len(message.get_all("Content-Type", [])) > 1 or any(p.defects or [h for h in p.values() if h.defects] for p in [message, *found])
        return None if broken else (message, found)
    except Exception:  # its own faults with strange headers are many
        return None


def squeezed(text):
    return "".join(text.split())


@case.test
def every_mail_of_the_corpus_is_read_or_refused_with_a_reason(t):
    mails = corpus(t)
    results = ours(mails)
    t.equal(len(results), len(mails), "answers")
    for r in results:
        t.true(r["code"] in ("", "mail-automatic"), f"{r['file']}: {r['code']}")


@case.test
def text_and_attachments_are_those_that_python_finds(t):
    compared = 0
    for path, r in zip(corpus(t), ours(corpus(t))):
        other = parsed(path)
        if other is None or r["code"]:
            continue
        names = {p["name"] for p in r["parts"]}
        wanted = [p for p in other[1] if p.get_content_disposition() == "attachment" and p.get_filename()
                  and "signature" not in p.get_content_type()]
        for part in wanted:
            t.true(part.get_filename().split("/")[-1].strip() in names, f"{path.name}: {part.get_filename()!r} is not in {names}")
        words = next((p for p in other[1] if p.get_content_type() == "text/plain" and not p.get_filename()
                      and p.get_content_disposition() != "attachment"), None)
        text = squeezed(words.get_content()) if words else ""
        if "\ufffd" not in text and "\0" not in text:
            t.true(squeezed(r["text"]).startswith(text[:30]), f"{path.name}: {r['text'][:60]!r} is not {text[:30]!r}")
        compared += 1
    t.true(compared > 30, f"only {compared} mails could be compared")


case.main()
