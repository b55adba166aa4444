# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may include whom: the tables of doc/design.md, held against every #include under src/."""

import re

from project import DOC, ROOT, SRC, short

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def rows(heading):
    """The cells of the table whose head row begins with these titles; None where there is no such table."""
    found, inside = None, False
    for line in (DOC / "design.md").read_text().splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if cells and cells[:len(heading)] == list(heading):
            found, inside = [], True
        elif inside and not cells:
            break
        elif inside and not set(cells[0]) <= {"-", ":"}:
            found.append(cells)
    return found


def folders():
    """{room: set of rooms, or single headers, that it may include}; None stands for all."""
    table = {}
    for row in rows(("level", "folder", "the room", "may include")) or ():
        room = row[1].strip("`").removeprefix("src/")
        words = row[3].split()
        table[room] = None if words == ["all"] else set(words) - {"libc"}
    return table


def guarded():
    """{prefix of a library's header: rooms that may see it}."""
    return {row[0].strip("`"): set(row[1].split()) for row in rows(("library header", "only in")) or ()}


def check():
    table, libraries = folders(), guarded()
    if not table or not libraries:
        return ["doc/design.md: the table of folders or of library headers was not found"]
    complaints = [f"doc/design.md: `src/{room}` may include {other}, which is no folder of the table"
                  for room, may in table.items() for other in sorted(may or ()) if other.split("/")[0] not in table]
    for folder in sorted(p.name for p in SRC.iterdir() if p.is_dir()):
        if folder not in table:
            complaints.append(f"src/{folder}: not in the table of folders in doc/design.md")
    for path in sorted([*SRC.rglob("*.c"), *SRC.rglob("*.h"), *SRC.rglob("*.def")]):
        room = path.relative_to(SRC).parts[0]
        if room not in table:
            continue
        for quote, name in INCLUDE.findall(path.read_text()):
            complaints += judge(path, room, quote, name, table[room], libraries)
    return complaints


def judge(path, room, quote, name, may, libraries):
    if quote == "<":
        for prefix, rooms in libraries.items():
            if name.startswith(prefix) and room not in rooms:
                return [f"{short(path)}: <{name}> may be included in {' '.join(sorted(rooms))} only"]
        return []
    if not (SRC / name).exists() and not generated(name):
        return [f'{short(path)}: "{name}" is not a path below src/']
    other = name.split("/")[0] if "/" in name else room  # version.h and the like, which the build writes
    if other != room and may is not None and other not in may and name not in may:
        return [f"{short(path)}: {room} may not include {other} ({name})"]
    return []


def generated(name):
    """A header that the build writes stands in a build folder under the same path."""
    return any((ROOT / build / "src" / name).exists() for build in ("build", "build-check"))
