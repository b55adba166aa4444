# SPDX-License-Identifier: AGPL-3.0-or-later
"""One result: ours beside a peer's, measured in the same run. A ratio of 1 or more means that ours is better."""

import dataclasses
import json
import statistics


@dataclasses.dataclass
class Row:
    bench: str
    case: str
    ours: float | None  # None: there is no figure, for something failed
    unit: str
    better: str  # "higher" or "lower"
    peer: str | None = None
    theirs: float | None = None

    @property
    def ratio(self):
        if self.theirs is None or not self.ours or not self.theirs:
            return None
        return self.ours / self.theirs if self.better == "higher" else self.theirs / self.ours

    def json(self):
        names = ("bench", "case", "ours", "peer", "theirs", "ratio", "unit", "better")
        values = {name: getattr(self, name) for name in names}
        return json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in values.items()})

    def text(self):
        failed = "failed, see the notes; " if self.ours is None else ""
        return (f"{self.bench:8} {self.case:26} {number(self.ours):>9} {number(self.theirs):>9} {number(self.ratio):>7}"
                f"  {failed}{self.unit}, {self.better} is better{'; peer: ' + self.peer if self.peer else ''}")


HEAD = f"{'bench':8} {'case':26} {'ours':>9} {'theirs':>9} {'ratio':>7}  unit"


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


def spread(values):
    """For the reader: median, least and most of the rounds."""
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"
