# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suite `tree`: the rules the source itself has to keep. Each check returns its complaints, none when all is well."""

import headers
import layers
import libraries
import reasons
import rules
import sayings
import selftest
import style
import watching
from result import FAILED, PASSED

NAME = "tree"
CHECKS = {
    "formatting": style.formatting,
    "length": style.length,
    "licence": style.licence,
    "readmes": style.readmes,
    "source-lists": style.source_lists,
    "includes": layers.check,
    "headers": headers.check,
    "libraries": libraries.check,
    "reasons": reasons.check,
    "sayings": sayings.check,
    "watching": watching.check,
    "rule-ids": rules.undefined,
    "the-checks-themselves": selftest.check,
}


def discover():
    return [f"{NAME}/{check}" for check in CHECKS]


def run(wanted, report, options):
    for test in wanted:
        complaints = CHECKS[test.split("/")[1]]()
        report.add(test, FAILED if complaints else PASSED, "\n".join(complaints))
