# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which test proves which rule of doc/rules.md. A test claims rules in a comment directly above its function,
`/* proves: S2.8 A4 */` or `# proves: S2.8 A4`; a claim counts when that test ran and passed in the last run."""

import re

import result
import script
import unit
from project import DOC, TESTS, short

ROW = re.compile(r"^- \*\*([SAD]\d+(?:\.\d+)?)\*\* (.+)$", re.M)
ID = re.compile(r"\b[SAD]\d+(?:\.\d+)?\b")
C_CLAIM = re.compile(r"/\*\s*proves:(?P<ids>[^*]*)\*/(?:[ \t]*\n[ \t]*(?:static )?void (?P<test>\w+)\()?")
PY_CLAIM = re.compile(r"^[ \t]*#[ \t]*proves:(?P<ids>.*)(?:\n(?:[@#].*\n)*def (?:test_)?(?P<test>\w+)\()?", re.M)


def known():
    """{id: text}, in the document's order."""
    return dict(ROW.findall((DOC / "rules.md").read_text()))


def claims():
    """[(file, test id or None, [rule ids])]; None where the comment stands above no registered test."""
    found = []
    tests = set(unit.discover())
    for path in sorted(TESTS.rglob("*.c")):
        found += read(path, C_CLAIM, f"unit/{unit.name_of(path)}/", tests)
    for name in ("e2e", "browser", "peer", "crash"):
        suite = script.suite(name)
        tests = set(suite.discover())
        for path in suite.files():
            found += read(path, PY_CLAIM, f"{name}/{path.stem.removeprefix('test_')}/", tests)
    return found


def read(path, pattern, prefix, tests):
    found = []
    for match in pattern.finditer(path.read_text()):
        test = prefix + (match["test"] or "")
        found.append((path, test if test in tests else None, ID.findall(match["ids"])))
    return found


def undefined():
    """Complaints about claims that can never count."""
    rules, complaints = known(), []
    if not rules:
        return ["doc/rules.md: no rule was found in it"]
    for path, test, ids in claims():
        if test is None:
            complaints.append(f"{short(path)}: `proves: {' '.join(ids)}` stands above no registered test")
        if not ids:
            complaints.append(f"{short(path)}: a `proves:` comment names no rule")
        complaints += [f"{short(path)}: proves {i}, which doc/rules.md does not know" for i in ids if i not in rules]
    return complaints


def show():
    """Prints every rule with its tests; the exit status is 0, for this is a report and not a test."""
    rules, results = known(), result.load()
    proofs = {}
    for _, test, ids in claims():
        for rule in ids:
            if test:
                proofs.setdefault(rule, []).append(test)
    proven = {rule for rule, tests in proofs.items()
              if any(results.get(t, {}).get("outcome") == result.PASSED for t in tests)}
    for rule, text in rules.items():
        print(f"{rule:6} {'proven' if rule in proven else '-':7} {text}")
        for test in proofs.get(rule, []):
            last = results.get(test, {"outcome": "not run", "why": ""})
            why = f": {last['why'].splitlines()[0]}" if last["outcome"] != result.PASSED and last["why"] else ""
            print(f"               {test} {last['outcome']}{why}")
    for complaint in undefined():
        print(f"not counted: {complaint}")
    skipped = sorted({t for tests in proofs.values() for t in tests
                      if results.get(t, {}).get("outcome") == result.SKIPPED})
    for test in skipped:
        print(f"not counted: {test} was skipped: {results[test]['why']}")
    decided = [r for r in rules if not r.startswith("S")]
    counted = [r for r in rules if r.startswith("S")]
    print(f"A and D rules: {len(proven & set(decided))} of {len(decided)} proven")
    print(f"{len(proven & set(counted))} of {len(counted)} rules proven")
    return 0
