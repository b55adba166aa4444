# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes share/templates and share/sayings as C: embed.py OUTPUT FILE..."""

import pathlib
import sys


def literal(text):
    def char(byte):
        plain = 0x20 <= byte < 0x7F and chr(byte) not in '"\\?'
        return chr(byte) if plain else f"\\{byte:03o}"

    lines = text.encode().split(b"\n")
    lines = [line + b"\n" for line in lines[:-1]] + [lines[-1]]
    return "\n".join('     "' + "".join(map(char, line)) + '"' for line in lines if line) or '     ""'


def main(output, paths):
    rows = []
    for path in map(pathlib.Path, sorted(paths)):
        rows.append(f'    {{"{path.parent.name}", "{path.stem}",\n{literal(path.read_text())}}},')
    head = '#pragma GCC diagnostic ignored "-Woverlength-strings"\n'  # 4095 is what C99 promises
    head += '#include "proto/mail_template_files.h"\n\nconst struct mail_template_file mail_template_files[] = {\n'
    pathlib.Path(output).write_text(head + "\n".join(rows) + "\n    {0, 0, 0}};\n")


main(sys.argv[1], sys.argv[2:])
