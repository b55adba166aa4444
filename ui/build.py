# SPDX-License-Identifier: AGPL-3.0-or-later
"""Builds the browser application and writes it as C: build.py OUTPUT DEPFILE FOLDER. FOLDER is where Vite puts its files."""

import gzip
import mimetypes
import pathlib
import re
import subprocess
import sys

UI = pathlib.Path(__file__).resolve().parent
HASHED = re.compile(r"^/assets/.*-[\w-]{8}\.\w+$")
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}


ABSENT = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Faxpost</title><h1>Faxpost</h1>
<p>This Faxpost was built without its browser application, because npm could not fetch what that is built with. Run
<code>packaging/setup.sh run</code> where npm reaches its registry, and build again. The API is here:
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>
"""


def run_vite(folder):
    vite = UI / "node_modules" / "vite" / "bin" / "vite.js"
    if not vite.exists():
        print("ui/node_modules is not there (packaging/setup.sh run fetches it): built without the browser application")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html").write_text(ABSENT)
        return
    done = subprocess.run(["node", vite, "build", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"], cwd=UI,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)


def literal(data):
    def char(byte):
        plain = 0x20 <= byte < 0x7F and chr(byte) not in '"\\?'
        return chr(byte) if plain else f"\\{byte:03o}"

    return "\n".join('     "' + "".join(map(char, data[at:at + 100])) + '"' for at in range(0, len(data), 100)) or '     ""'


def row(folder, file):
    path = "/" + str(file.relative_to(folder))
    plain = file.read_bytes()
    packed = gzip.compress(plain, 9, mtime=0)
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    hashed = "true" if HASHED.match(path) else "false"
    return f'    {{"{path}", "{kind}", {hashed}, {len(plain)},\n{literal(plain)},\n     {len(packed)},\n{literal(packed)}}},'


def main(output, depfile, folder):
    folder = pathlib.Path(folder).resolve()
    run_vite(folder)
    rows = [row(folder, file) for file in sorted(folder.rglob("*")) if file.is_file()]
    head = '#pragma GCC diagnostic ignored "-Woverlength-strings"\n'  # 4095 is what C99 promises
    head += '#include "web/built_files.h"\n\nconst struct built_file built_files[] = {\n'
    tail = "\n};\nconst size_t built_file_count = sizeof(built_files) / sizeof(built_files[0]);\n"
    pathlib.Path(output).write_text(head + "\n".join(rows) + tail)
    sources = [file for name in ("src", "public") for file in sorted((UI / name).rglob("*")) if file.is_file()]
    sources += sorted((UI.parent / "share/templates/reasons").glob("*.txt"))
    sources += [UI / name for name in ("index.html", "vite.config.js", "tsconfig.json", "package-lock.json", "build.py", "node_modules/vite/bin/vite.js")]
    pathlib.Path(depfile).write_text(f"{output}: " + " ".join(str(s).replace(" ", "\\ ") for s in sources) + "\n")


main(*sys.argv[1:])
