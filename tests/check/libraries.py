# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each role program is linked with what its rooms need and nothing else: the table of doc/design.md against
what the linker wrote (NEEDED) and what the loader would load (ldd)."""

import re

from layers import rows
from project import PLAIN, command, short

# The C library's own parts and the compiler's; every program may have them.
ALWAYS = {"libc", "libm", "ld-linux-x86-64", "libgcc_s", "linux-vdso"}
# What an allowed library brings along by itself.
BEHIND = {
    "libspandsp": {"libtiff", "libjpeg", "libz", "libwebp"},
    "libsofia-sip-ua": {"libssl", "libcrypto", "libglib-2.0", "libz"},
    "libssl": {"libcrypto"},
    "libpq": {"libssl", "libcrypto"},
    "libcurl": {"libssl", "libcrypto", "libz", "libpsl"},
    "libgmime-3.0": {"libgobject-2.0", "libglib-2.0", "libz"},
    "libtiff": {"libjpeg", "libz", "libwebp"},
    "libunbound": {"libssl", "libcrypto"},
    "libjbig2dec": {"libz"},
    # Botan, which librnp stands on, is built with all it can use.
    "librnp": {"libcrypto", "libsqlite3", "libz"},
}


def table():
    """{program: set of libraries}, None without such a table"""
    found = rows(("program", "libraries"))
    if found is None:
        return None
    return {row[0].strip("`"): {w for w in row[1].split() if w != "-"} for row in found}


def bare(soname):
    return re.sub(r"\.so(\..*)?$", "", soname.rsplit("/", 1)[-1])


def needed(program):
    _, text = command(["objdump", "-p", program])
    return {bare(name) for name in re.findall(r"NEEDED\s+(\S+)", text)}


def loaded(program):
    _, text = command(["ldd", program])
    return {bare(line.split()[0]) for line in text.splitlines() if line.strip()}


def check():
    allowed = table()
    if allowed is None:
        return ["doc/design.md: the table of programs and libraries was not found"]
    heavy = set().union(*allowed.values())
    complaints = []
    programs = sorted(p for p in (PLAIN / "src").glob("faxpost*") if p.is_file() and p.suffix == "")
    for program in programs:
        if program.name not in allowed:
            complaints.append(f"{program.name}: not in the table of programs in doc/design.md")
            continue
        own = allowed[program.name] | ALWAYS
        for library in sorted(needed(program) - own):
            complaints.append(f"{short(program)} is linked with {library}; its rooms do not need it")
        # A library that is another role's business must not come in behind one of its own either.
        brought = set().union(*(BEHIND.get(name, set()) for name in own))
        for library in sorted((loaded(program) & heavy) - own - brought):
            complaints.append(f"{short(program)} loads {library} behind another library")
    built = {p.name for p in programs}
    complaints += [f"doc/design.md: {name} is in the table of programs and was not built"
                   for name in sorted(set(allowed) - built)]
    return complaints
