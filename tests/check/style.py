# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be said of a file by looking at it: formatting, length, the licence line, a README for each room."""

import re

from project import ROOT, SRC, command, short, sources

LONGEST = 700  # lines; doc/design.md: above 500 think, above 700 split
README_LONGEST = 12
SPDX = "SPDX-License-Identifier: AGPL-3.0-or-later"


def formatting():
    files = sources(".c", ".h")
    status, text = command(["clang-format", "--dry-run", "-Werror", *files])
    if not status:
        return []
    bad = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", text, re.M)))
    return [f"{short(f)}: not formatted (clang-format -i {short(f)})" for f in bad] or [text]


def too_long(text):
    return len(text.splitlines()) > LONGEST


def length():
    return [f"{short(f)}: more than {LONGEST} lines; is there a second concept in it?"
            for f in sources(".c", ".h", ".py", ".sh", under=("src", "tests", "bench", "packaging"))
            if too_long(f.read_text())]


def licence():
    files = sources(".c", ".h", ".def", ".py", ".sh", under=("src", "tests", "bench", "packaging"))
    files += [ROOT / name for name in ("check", "run", ".ci/run") if (ROOT / name).exists()]
    return [f"{short(f)}: no `{SPDX}` in its first lines" for f in files
            if SPDX not in "\n".join(f.read_text().splitlines()[:2])]


def readmes():
    complaints = []
    for room in sorted(p for p in SRC.iterdir() if p.is_dir()):
        readme = room / "README.md"
        if not readme.exists():
            complaints.append(f"{short(room)}: no README.md")
        elif len(readme.read_text().splitlines()) > README_LONGEST:
            complaints.append(f"{short(readme)}: more than {README_LONGEST} lines")
    return complaints


def source_lists():
    """Merges leave doubles: in a list of one file a line each file stands once, in order."""
    complaints = []
    text = (SRC / "meson.build").read_text()
    for block in re.findall(r"(?:^  '[a-z0-9_]+/[a-z0-9_]+\.c',\n)+", text, re.M):
        files = re.findall(r"'(.*)'", block)
        if files != sorted(set(files)):
            complaints.append(f"src/meson.build: the list that begins with {files[0]} is not sorted, or names a file twice")
    return complaints
