# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is watched: each metric that is exported is told of, the alert rules and the dashboard ask for no other, and each alarm
stands in the table of operating.md with what to do."""

import re

from project import ROOT, SRC

NAME = re.compile(r"faxpost_[a-z_]+")
ALARM = re.compile(r'^ALARM\("([^"]+)"', re.M)
ROW = re.compile(r"^\|(.*)\|(.*)\|(.*)\|$", re.M)


def check():
    exported = set(NAME.findall((SRC / "web/metrics.c").read_text()))
    told = set(NAME.findall((ROOT / "doc/metrics.md").read_text()))
    complaints = [f"doc/metrics.md: {name} is not told of" for name in sorted(exported - told)]
    complaints += [f"doc/metrics.md: nothing exports {name}" for name in sorted(told - exported)]
    for file in sorted((ROOT / "share/watching").iterdir()):
        asked = set(NAME.findall(file.read_text()))
        complaints += [f"share/watching/{file.name}: nothing exports {name}" for name in sorted(asked - exported)]
    rows = {code: row for row in ROW.findall((ROOT / "doc/operating.md").read_text()) for code in re.findall(r"`([a-z.-]+)`", row[0])}
    for code in ALARM.findall((SRC / "model/alarms.def").read_text()):
        row = rows.get(code.replace("*", "..."))
        if not row or not row[1].strip() or not row[2].strip():
            complaints.append(f"doc/operating.md: the table of alarms lacks `{code}`, what it means, or what to do")
    return complaints
