# SPDX-License-Identifier: AGPL-3.0-or-later
"""bench/run [--json] [--list] [NAME...]: a NAME is a bench (`accept`) or one case (`t38 cpu`)."""

import argparse
import sys

import accept
import density
import growth
import idle
import legibility
import loss
import out
import pgp
import render
import row
import several
import verify
import web

BENCHES = {"accept": accept, "cluster": several, "density": density, "growth": growth, "idle": idle, "legibility": legibility,
           "loss": loss, "out": out, "pgp": pgp, "render": render, "verify": verify, "web": web}


def note(text):
    """Beside the table, never inside it."""
    print(f"  {text}", file=sys.stderr, flush=True)


def main():
    p = argparse.ArgumentParser(prog="bench/run", description="How fast Faxpost is, beside others on the same machine.")
    p.add_argument("--json", action="store_true", help="one JSON object a line")
    p.add_argument("--list", action="store_true", help="the benches and their cases")
    p.add_argument("names", nargs="*", metavar="NAME", help="a bench or one case; all without")
    options = p.parse_args()
    known = {name: set(bench.CASES) for name, bench in BENCHES.items()}
    if options.list:
        for name, bench in BENCHES.items():
            print(f"{name}: {', '.join(bench.CASES)}")
        return 0
    for name in options.names:
        if name not in known and not any(name in cases for cases in known.values()):
            p.error(f"there is no bench and no case {name!r}; --list shows them")
    if not options.json:
        print(row.HEAD)
    for name, bench in BENCHES.items():
        whole = not options.names or name in options.names
        cases = [case for case in bench.CASES if whole or case in options.names]
        for result in bench.run(cases, note) if cases else ():
            print(result.json() if options.json else result.text(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
