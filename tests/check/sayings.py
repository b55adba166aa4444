# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the server says to people (share/sayings), both ways: each sentence that the source hands to a client has a row with
all languages, and each row is a sentence of the source. What only the author of a program meets is in programs.txt and stays
English."""

import functools
import re

from project import ROOT, SRC, short

FOLDER = ROOT / "share/sayings"
ENGLISH_ONLY = FOLDER / "programs.txt"
LANGUAGES = ["en", "it", "de", "fr", "es"]

COMMENT = re.compile(r"/\*.*?\*/", re.S)
# One text of C, with the macros that may stand between its pieces.
LITERAL = re.compile(r'"(?:\\.|[^"\\\n])*"(?:\s*(?:[A-Z_a-z0-9]+\s*)?"(?:\\.|[^"\\\n])*")*(?:\s+[A-Z][A-Z_]+\b)?')
PIECE = re.compile(r'"((?:\\.|[^"\\\n])*)"|([A-Za-z_0-9]+)')
DIRECTIVE = re.compile(r"%[-0-9.*]*(?:hh|h|ll|l|z|t|j)?[a-zA-Z]")
HOLE = re.compile(r"\{(\w+)[!?]?\}")

# By these somebody who waits is told; whatever sentence stands in their call is one.
TELLS = re.compile(r"\b(?:reply_problem|reply_problem_with|reply_queue_away|refuse|refuse_field|provision_error|provision_warning|"
                   r"add_error|found|job_refuse|person_refuse|add_now|wrong|complain|complain_code)\s*\(")
WHERE = ("web/*.c", "provision/*.c", "proto/number.c", "proto/target.c", "proto/flags.c", "convert/render*.c",
         *(f"queue/{name}.c" for name in (
             "admission", "alarm_causes", "archive_wishes", "asking", "contacts", "dead_letters", "destination_wishes",
             "directory_looks", "domain_check", "fax_marks", "forwarding", "himself", "identities", "job_wishes", "key_making",
             "mail_wishes", "node_wishes", "offers", "old_faxes", "passkey_keeping", "passkeys", "password_resets", "persons",
             "printing", "recovery_codes", "remarks", "requests", "room", "second_factor", "self_tests", "sessions",
             "trying", "webhooks", "wishing")))
# Of states and figures, which the browser puts into words itself.
ELSEWHERE = {"web/metrics.c", "web/words.c"}
# In these files every text that is a whole sentence is for people.
SENTENCE = re.compile(r'^["A-Z^%].* .*\.$', re.S)
# ... but not what a log or the audit log is told.
LOGS = re.compile(r"\b(?:log_\w+|note_\w+|panic|fail_msg|buf_printf|sql_\w+|trace_\w+|explain_\w+)\s*\(")


def plain(text):
    """A piece of C as the text that it is."""
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


@functools.cache
def macros():
    """What each macro that is a text says."""
    found = {}
    for path in sorted(SRC.rglob("*.[ch]")):
        for name, value in re.findall(r"#define (\w+)[ \t]+(.*\".*)$", path.read_text().replace("\\\n", "  "), re.M):
            if not re.sub(r'"(?:\\.|[^"\\])*"|[A-Z_]+|\s', "", value):
                found[name] = value
    return found


def text_of(literal, depth=0):
    """The whole, macros and all."""
    out = ""
    for piece, macro in PIECE.findall(literal):
        if not macro:
            out += plain(piece)
        elif macro.startswith("PRI"):
            out += "s"
        else:
            out += text_of(macros()[macro], depth + 1) if macro in macros() and depth < 5 else "%s"
    return out


def pattern_of(english):
    """What a row may be said of."""
    return re.compile(".*".join(map(re.escape, re.split(r"\{\w+[!?]?\}", english))), re.S)


def rows_of(text):
    """(code, {language: words}) of each row."""
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            yield lines[0], dict(line.split(": ", 1) for line in lines[1:] if ": " in line)


@functools.cache
def rows():
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        if path != ENGLISH_ONLY:
            found += [(path, code, words) for code, words in rows_of(path.read_text())]
    return found


def misshapen():
    complaints, seen = [], set()
    for path, code, words in rows():
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", code):
            complaints.append(f"{short(path)}: \"{code}\" is no code")
        if list(words) != LANGUAGES or not all(words.values()):
            complaints.append(f"{short(path)}: {code} has {', '.join(words)}; a row has {', '.join(LANGUAGES)}, in this order")
            continue
        if code in seen:
            complaints.append(f"{short(path)}: {code} is there twice")
        seen.add(code)
        holes = set(HOLE.findall(words["en"]))
        complaints += [f"{short(path)}: {code} in {language} names {', '.join(sorted(set(HOLE.findall(w)) - holes))}, which is not in the English"
                       for language, w in words.items() if set(HOLE.findall(w)) - holes]
    return complaints


def literals(source):
    """(text, is it told or a sentence) of each text in the source."""
    source = COMMENT.sub(" ", source).replace("\\\n", "  ")
    told, logged = [], []
    for calls, spans in ((TELLS, told), (LOGS, logged)):
        for call in calls.finditer(source):
            spans.append((call.end(), end_of(source, call.end())))
    for literal in LITERAL.finditer(source):
        text = text_of(literal[0])
        inside = any(a <= literal.start() < b for a, b in told)
        log = any(a <= literal.start() < b for a, b in logged)
        yield text, " " in text and (inside or bool(SENTENCE.match(text))) and not log and bool(re.search(r"[a-z]{2}", text))


def end_of(source, at):
    """Where the call whose arguments begin there ends."""
    depth = 1
    for token in re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[()]').finditer(source, at):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            return token.start()
    return len(source)


class Source:
    """A text of printf, and what it may become."""

    def __init__(self, text):
        self.text = text
        parts = [part.replace("%%", "%") for part in DIRECTIVE.split(text)]
        self.longest = max(parts, key=len)
        self.pattern = re.compile("(?:.* )?" + "(.*)".join(map(re.escape, parts)), re.S)  # a document's name before it

    def becomes(self, row):
        return len(self.longest.strip(' :.;"')) >= 3 and self.longest in row and bool(self.pattern.fullmatch(row))


def wants():
    """What provisioning's fields say is right."""
    text = COMMENT.sub(" ", (SRC / "provision/fields.c").read_text())
    for call in re.findall(r'(?:TEXT|WHOLE|TEXTS|LIST|RIGHTS|SHOWN|LINES)\((?:[^()"]|"(?:\\.|[^"\\])*")*\)', text):
        want = text_of(last_argument(call))
        if re.search("[a-z]{2}", want):
            yield want


def last_argument(call):
    """Behind the last comma that stands in no text."""
    at = max(m.start() for m in re.finditer(r'"(?:\\.|[^"\\])*"|,', call) if m[0] == ",")
    return call[at + 1:-1]


def is_piece(text):
    """Of a sentence that is put together: its row has the whole."""
    return text[0] in ", " or (len(text.split()) < 4 and text[0].islower() and text[-1] != ".")


def check():
    complaints = misshapen()
    if complaints:
        return complaints
    english = [(path, code, words["en"]) for path, code, words in rows()]
    shown = [HOLE.sub("X", row) for _, _, row in english]
    said = [pattern_of(row) for _, _, row in english]
    programs = {line for line in ENGLISH_ONLY.read_text().splitlines() if line and not line.startswith("#")}
    texts = {path: list(literals(path.read_text())) for path in sorted(SRC.rglob("*.[ch]"))}
    found, spoken = set(), set()
    for path in sorted({path for pattern in WHERE for path in SRC.glob(pattern)}):
        for text in (text for text, is_told in texts[path] if is_told and str(path.relative_to(SRC)) not in ELSEWHERE):
            if text in programs:
                spoken.add(text)
            elif not is_piece(text) and not any(map(Source(text).becomes, shown)) and not any(p.fullmatch(text) for p in said):
                complaints.append(f"{short(path)}: no row of share/sayings says: {text}")
    wanted = set(wants())
    complaints += [f"src/provision/fields.c: no row of share/sayings says: {want}" for want in sorted(wanted)
                   if not any(p.fullmatch(want) for p in said)]
    whole = wanted | {text for list_ in texts.values() for text, _ in list_}
    sources = [Source(text) for text in whole]
    complaints += [f"{short(path)}: nothing in src says \"{code}\" any more" for (path, code, _), row, pattern in zip(english, shown, said)
                   if not any(s.becomes(row) for s in sources) and not any(map(pattern.fullmatch, whole))]
    complaints += [f"{short(ENGLISH_ONLY)}: nothing in src says any more: {text}" for text in sorted(programs - spoken)]
    return complaints
