# SPDX-License-Identifier: AGPL-3.0-or-later
"""A browser on the pages of a server, as a person uses it: tests/browser/drive.mjs holds Chromium.

    with Chromium(server) as page:
        page.login("frontdesk@localhost", "...")
        page.click("role=link[name='Sent']")

Selectors are Playwright's. Each action waits until it can be done; what it waits for in vain is a failure."""

import json
import os
import pathlib
import subprocess

import case

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = ROOT / "tests" / "browser" / "drive.mjs"
WIDE, PHONE = (1360, 850), (360, 740)


class Chromium:
    def __init__(self, server, size=WIDE, dark=False, language="en", door="http", trusting=False, name=None):
        host, port = server.port(door)
        wanted = {"width": size[0], "height": size[1], "dark": dark, "language": language, "trusting": trusting}
        self.base = f"http://{name or host}:{port}"
        self.process = subprocess.Popen(["node", DRIVER, self.base, json.dumps(wanted)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"})

    def __enter__(self):
        return self

    def __exit__(self, kind, *what):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def do(self, name, *args):
        self.process.stdin.write(json.dumps({"do": name, "args": args}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise case.Failure(f"the browser ended at {name} {args}")
        answer = json.loads(line)
        if "error" in answer:
            raise case.Failure(f"{name} {args}: {answer['error']}")
        return answer["ok"]

    def __getattr__(self, name):
        return lambda *args: self.do(name, *args)

    def login(self, name, password):
        self.goto("/inbox")
        self.fill("#login-name", name)
        self.fill("#login-password", password)
        self.press("Enter")
        self.see(".main-nav")

    def go(self, path):
        """To a place, until what it shows is there."""
        self.goto(path)
        self.see("#place h1 >> visible=true")
        self.gone("#place .loading")

    def check_well(self, t):
        """No script failed, the policy of the pages was kept, nobody else's host was asked."""
        t.equal(self.faults(), [], "faults of the page")
        t.equal(self.hosts(), [self.base.removeprefix("http://")], "hosts that were asked")
