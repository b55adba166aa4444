# SPDX-License-Identifier: AGPL-3.0-or-later
"""A TMPDIR for all that ./check starts: what a test leaves, killed or interrupted as it was, goes with the run."""

import contextlib
import os
import signal
import sys
import tempfile


@contextlib.contextmanager
def made():
    """Its name is short, for unix sockets take 107 characters, and the accounts that roles drop to may pass."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    with tempfile.TemporaryDirectory(prefix="fp-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        yield folder
