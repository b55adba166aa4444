# SPDX-License-Identifier: AGPL-3.0-or-later
"""What works at a server while a test goes on: a thread whose error is told when it is stopped."""

import threading


class Worker(threading.Thread):
    """work() goes on until it is done, or until `ending` is set."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self.error = None

    def run(self):
        try:
            self.work()
        except Exception as error:  # told by stop()
            self.error = error

    def stop(self):
        self.ending.set()
        self.join()
        if self.error:
            raise self.error
