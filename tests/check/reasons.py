# SPDX-License-Identifier: AGPL-3.0-or-later
"""Codes of refusals and of faxes' ends: each that the source can put into a mail is a row of proto/reasons.def, whose
rows a unit test holds against the words of every language."""

import re

from project import SRC, short

ROW = re.compile(r'^REASON\("([^"]+)"', re.M)
CALL = re.compile(r"\b(?:outcome_set|job_refuse|give_up|refuse|fail|fail_with_forms|complain_code|gone|no)\s*\(")
TABLE = re.compile(r'(?:VERDICT_\w+,\s*|X\(\w+,\s*|\]\s*=\s*\{\s*)"([^"]+)"')
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+-?")
WHERE = ("queue/*.[ch]", "convert/*.[ch]", "line/*.[ch]", "t30/completion.[ch]", "role/line.c", "role/call.c",
         "proto/number.c", "proto/target.c", "proto/flags.c", "proto/subject.c", "proto/recipient.c")

# Answers of the API, to who asked.
API = {f"queue/{name}.c" for name in ("dead_letters", "destination_wishes", "fax_marks", "job_wishes", "key_making",
                                       "mail_wishes", "node_wishes", "passkeys", "passkey_keeping", "persons", "recovery_codes", "requests", "second_factor", "sessions", "directory_looks", "domain_check", "himself", "trying", "wishing", "contacts", "webhooks",
                                       "password_resets", "room", "printing", "self_tests", "remarks", "forwarding", "identities", "people", "archive_wishes", "archiving", "offers")}
# What an alarm says to an administrator, `faxpost explain` to who asked, or a log.
NOT_MAILED = set("""
    control-foreign control-old control-used cover-facts login-unknown mail-address mail-delayed mail-loop mail-returned
    mail-template ocr-failed ocr-missing ocr-too-long pgp-make report-drawing report-facts smime-failed
    poll-refused station-blocked station-password voice-call voice-forwarded""".split())


def emitted(text):
    """Every code that a call or a table in this source hands on as one."""
    found = {m for m in TABLE.findall(text) if CODE.fullmatch(m)}
    for call in CALL.finditer(text):
        for literal in LITERAL.finditer(text, call.end(), text.find(";", call.end())):
            if CODE.fullmatch(literal[1]):
                found.add(literal[1])
            elif " " in literal[1]:  # the words that go with it
                break
    return found


def is_known(code, rows):
    return code in rows or any(row.endswith("-") and code.startswith(row) for row in rows)


def check():
    rows = set(ROW.findall((SRC / "proto/reasons.def").read_text()))
    complaints, used = [], set()
    for pattern in WHERE:
        for path in sorted(SRC.glob(pattern)):
            if str(path.relative_to(SRC)) in API:
                continue
            codes = emitted(path.read_text())
            used |= codes
            complaints += [f"{short(path)}: \"{c}\" is in no mail's words; give it a row in src/proto/reasons.def"
                           for c in sorted(codes - NOT_MAILED) if not is_known(c, rows)]
    complaints += [f"tests/check/reasons.py: there is no src/{name}" for name in sorted(API) if not (SRC / name).exists()]
    complaints += [f"tests/check/reasons.py: nothing says \"{c}\" any more" for c in sorted(NOT_MAILED - used)]
    return complaints
