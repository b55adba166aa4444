# SPDX-License-Identifier: AGPL-3.0-or-later
"""The checks themselves: each is shown something wrong and has to complain, something right and has to be silent."""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile

import layers
import mutants
import reasons
import result
import rules
import sayings
import script
import style
import unit
from project import SRC, TESTS


def check():
    complaints = []
    for probe in (includes, codes, sentences, claims, cmocka_output, scripts, looks, counting, patches, leavings):
        complaints += [f"{probe.__name__}: {what}" for what, good in probe() if not good]
    return complaints


def includes():
    may, libraries = {"base", "model"}, {"sqlite3.h": {"store"}}

    def bad(quote, name, room="model"):
        return bool(layers.judge(SRC / room / "x.c", room, quote, name, may, libraries))

    yield "a lower room is refused", not bad('"', "base/buf.h")
    yield "the own room is refused", not bad('"', "model/id.h")
    yield "a higher room is taken", bad('"', "net/loop.h")
    yield "a header that does not exist is taken", bad('"', "base/no_such_header.h")
    yield "a library in the wrong room is taken", bad("<", "sqlite3.h")
    yield "a library in its room is refused", not bad("<", "sqlite3.h", "store")
    table = layers.folders()
    yield "two rooms of level 4 may include one another", not any(
        other in (table[room] or ()) for room in ("mail", "line", "t30", "convert", "web")
        for other in ("mail", "line", "t30", "convert", "web"))


def codes():
    text = ('outcome_set(o, bad ? A : B, "one-code", "Not a-word %s.", "no-code");\n'
            'return fail(w, "S2.8", o, late ? "two-codes" : "three-codes", text);\n'
            '[A] = {VERDICT_RETRY, "four-codes",\n"Words."}, str_equal(x, "no-code-either");')
    yield "codes are not found where they are given", reasons.emitted(text) == {
        "one-code", "two-codes", "three-codes", "four-codes"}
    yield "a family does not cover its own", reasons.is_known("sip-499", {"sip-"})
    yield "a family covers another", not reasons.is_known("sipping", {"sip-"})


def sentences():
    text = ('reply_problem(r, 409, "no-pages", "Box %s has " WHAT "%d pages.", a);\n'
            'log_info(NULL, "This is the log\'s alone.");\n"A whole sentence stands alone.";\n'
            'f(x, "not a sentence")')
    told = [t for t, is_told in sayings.literals(text) if is_told]
    yield "what is told is not found", told == ["Box %s has %s%d pages.", "A whole sentence stands alone."]
    yield "a text does not become its row", sayings.Source("Box %s has %d pages.").becomes("Box X has X pages.")
    yield "a text becomes another one's row", not sayings.Source("Box %s has %d pages.").becomes("Box X has X page.")
    yield "a row is read wrongly", list(sayings.rows_of("# x\n\na-b\nen: X: y\nde: Z\n")) == [("a-b", {"en": "X: y", "de": "Z"})]


def claims():
    text = '/* proves: S2.8 A1 */\nstatic void right(void **state)\n/* proves: S9.9 */\nint other(void)\n'
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "test_x.c"
        path.write_text(text)
        found = rules.read(path, rules.C_CLAIM, "unit/x/", {"unit/x/right"})
        yield "a claim above a test is not seen", found[0][1:] == ("unit/x/right", ["S2.8", "A1"])
        yield "a claim above no test counts", found[1][1] is None
        path.write_text("@case.test\n# proves: D5\ndef right(t):\n    pass\n\n\n# proves: S2.8\nx = 1\n")
        found = rules.read(path, rules.PY_CLAIM, "e2e/x/", {"e2e/x/right"})
        yield "a claim between decorator and function is not seen", found[0][1:] == ("e2e/x/right", ["D5"])
        yield "a claim above a statement counts", found[1][1] is None
    yield "there are not 61 rules", sum(1 for i in rules.known() if i.startswith("S")) == 61


def cmocka_output():
    text = ("[==========] Running 3 test(s).\n[ RUN      ] one\n[       OK ] one\n[ RUN      ] two\n"
            "[  ERROR   ] --- 1 != 2\n[  FAILED  ] two\n[ RUN      ] three\n")
    yield "cmocka's lines are misread", unit.LINE.findall(text) == [
        ("RUN", "one"), ("OK", "one"), ("RUN", "two"), ("FAILED", "two"), ("RUN", "three")]
    skipping = "[ RUN      ] one\n%s[  SKIPPED ] one\n[ RUN      ] two\n"
    yield "the reason of a skipped test is lost", unit.why_skipped(skipping % "log\nskipped: no peer\n", "unit/x/one") == "no peer"
    yield "a reason is made up for a skipped test", unit.why_skipped(skipping % "log\n", "unit/x/one") == ""
    yield "the reason of a failure is lost", "1 != 2" in unit.reason(text, "unit/x/two")


    yield "a test behind a macro is not found", unit.registered(
        "#define T(name) cmocka_unit_test_setup(name, up)\nint main(void) { T(one), cmocka_unit_test(two) }") == ["one", "two"]


def scripts():
    yield "a skipped line is misread", script.LINE.match("skipped x: no peer").groups() == ("skipped", "x", "no peer")
    yield "a note counts as a result", script.LINE.match("  ok x") is None
    yield "a test is not found", script.REGISTERED.findall("@case.test\n# proves: S1.1\ndef name(t):\n") == ["name"]


def looks():
    yield "a file of 701 lines is taken", style.too_long("x\n" * 701)
    yield "a file of 700 lines is refused", not style.too_long("x\n" * 700)


def counting():
    report = result.Report()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        report.add("a/b", result.PASSED)
        report.add("a/c", result.SKIPPED, "why")
        good = report.end()
        report.add("a/d", result.FAILED, "why")
        bad = report.end()
        nothing = result.Report().end()
    with contextlib.redirect_stdout(io.StringIO()):
        silent = result.Report()
        silent.add("a/b", result.SKIPPED)
    with contextlib.redirect_stdout(io.StringIO()) as later:
        again = result.Report()
        for test, second in (("e2e/a/b", result.PASSED), ("e2e/a/c", result.FAILED)):
            again.add(test, result.FAILED, "came late")
            again.begin_again(test)
            again.add(test, second)
        still = again.end()
    lines = later.getvalue().splitlines()[-3:]
    yield "a second failure is forgiven", still == 1 and lines[1:] == ["failed: e2e/a/c", "1 passed, 1 failed"]
    yield "a second try is not told", lines[0].startswith("unsteady: e2e/a/b ") and "came late" in lines[0]
    yield "a test may be skipped without a reason", silent.count(result.FAILED) == 1
    yield "exit statuses are wrong", (good, bad, nothing) == (0, 1, 1)
    yield "the counts are wrong", out.getvalue().splitlines()[-2] == "1 passed, 1 failed, 1 skipped"


def patches():
    for path in mutants.patches():
        yield f"{path.name} lacks `what:` or `caught by:`", (
            mutants.header(path, "what") and mutants.header(path, "caught by"))


# A run that makes a folder and a program's, then is ended as the first argument says.
RUN = """import os, pathlib, signal, subprocess, sys, tempfile, place
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell has it ignored
with place.made() as folder:
    print(folder, flush=True)
    tempfile.mkdtemp()
    subprocess.run(["mktemp", "-d"], check=True, stdout=subprocess.DEVNULL)
    assert len(list(pathlib.Path(folder).iterdir())) == 2
    if sys.argv[1] == "fail":
        raise RuntimeError
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
"""


def leavings():
    for way in ("fail", "SIGINT", "SIGTERM", "SIGHUP"):
        done = subprocess.run([sys.executable, "-c", RUN, way], cwd=TESTS / "check", capture_output=True, text=True)
        folder = done.stdout.strip()
        yield f"a run that ends by {way} leaves its folder", folder and done.returncode and not pathlib.Path(folder).exists()
