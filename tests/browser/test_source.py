# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be said of the application without a browser: its types and words, its size."""

import gzip
import pathlib
import re
import subprocess

import case
from server import BUILD, Server
from web import Browser

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUDGET = 250_000  # bytes, compressed


@case.test
def types_hold_and_no_language_lacks_a_word(t):
    done = subprocess.run(["node", ROOT / "ui/node_modules/typescript/bin/tsc", "--noEmit"], cwd=ROOT / "ui",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    t.equal((done.returncode, done.stdout), (0, ""), "what the compiler says")


def rows():
    for path in sorted((ROOT / "ui/src/words").glob("*.ts")):
        for name, row in re.findall(r'^  "?([\w.+-]+)"?: \[(.*)\],$', path.read_text(), re.M):
            yield f"{path.name}: {name}", re.findall(r'"((?:[^"\\]|\\.)*)"', row)


@case.test
def each_language_names_the_same_values(t):
    seen = 0
    for name, words in rows():
        seen += 1
        t.equal(len(words), 5, f"{name}: languages")
        t.true(all(words), f"{name}: a word is empty")
        values = [set(re.findall(r"\{(\w+)\}", w)) for w in words]
        t.true(all(v == values[0] for v in values), f"{name}: values {values}")
        t.equal(len({w.count("||") for w in words}), 1, f"{name}: plural forms")
    t.true(seen > 300, f"only {seen} rows were found")


@case.test
def application_is_small(t):
    files = [f for f in (BUILD / "src").rglob("dist/**/*") if f.is_file()]
    t.true(any(f.name == "index.html" for f in files), "no built application was found")
    size = sum(len(gzip.compress(f.read_bytes(), 9)) for f in files)
    t.note(f"{size} bytes compressed, {len(files)} files")
    t.true(size <= BUDGET, f"{size} bytes")


@case.test
def files_are_cached_by_name_and_the_page_is_not(t):
    browser = Browser(t.enter(Server(t.folder())))
    page = browser.get("/inbox/7")
    t.equal((page.status, page.type, page.headers["Cache-Control"]), (200, "text/html", "no-cache"), "a place")
    t.equal(page.body, browser.get("/").body, "one page for every place")
    policy = page.headers["Content-Security-Policy"]
    t.true("default-src 'self'" in policy and "unsafe" not in policy, policy)
    script = re.search(rb'src="(/assets/[^"]+\.js)"', page.body)[1].decode()
    plain, packed = browser.get(script), browser.get(script, **{"Accept-Encoding": "gzip"})
    t.true("immutable" in plain.headers["Cache-Control"], plain.headers["Cache-Control"])
    t.equal((plain.type, packed.headers["Content-Encoding"]), ("text/javascript", "gzip"), "script")
    t.equal(gzip.decompress(packed.body), plain.body, "packed and plain")
    t.equal(browser.ask("HEAD", script).body, b"", "HEAD")
    for path in ("/assets/none.js", "/robots.txt", "/inbox/../secret.txt"):
        t.equal(browser.get(path).status, 404, path)
    t.equal(browser.get("/admin/users/anna.lane").status, 200, "the page of a user whose name has a dot")


case.main()
