#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Makes a mutant of the change that stands in src/ now, and takes the change back:
#   tests/mutants/make.sh NAME 'what is broken' 'unit/x crash/y'
set -euo pipefail
[ $# -eq 3 ] || { sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
git diff --quiet -- src && { echo "nothing is changed in src/" >&2; exit 1; }
{ echo "what: $2"; echo "caught by: $3"; git diff -U2 -- src; } >"tests/mutants/$1.patch"
git checkout -q -- src
