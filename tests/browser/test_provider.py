# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login at a real OpenID provider, as people do it: its page, back to ours, and out of both again."""

import pathlib
import subprocess

import case
import provision
from chromium import Chromium
from dovecot import make_certificate, pin_of
from house import ADMIN, check_look, open_house, visit

SCRIPT = pathlib.Path(__file__).with_name("provider.mjs")


class Provider:
    def __init__(self, folder, back):
        self.certificate, key = folder / "idp.pem", folder / "idp.key"
        make_certificate(self.certificate, key)
        self.process = subprocess.Popen(["node", SCRIPT, self.certificate, key, back], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.issuer = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def log_in_there(page, name):
    page.see("input[name='login']")
    page.fill("input[name='login']", name)
    page.fill("input[name='password']", "whatever")
    page.click("button[type='submit']")
    page.see("text=Authorize")
    page.click("button[type='submit']")


@case.test
def person_logs_in_with_the_provider_and_out_of_both(t):
    server = open_house(t)
    base = "http://{}:{}".format(*server.port("http"))
    provider = t.enter(Provider(t.folder(), base))
    t.true(provider.issuer, "the provider did not start")
    server.apply({"installation": {"web_url": base}})
    chief = visit(t, server, ADMIN)
    chief.go("/admin/providers")
    check_look(t, chief, "providers")
    chief.click("role=button[name='New login provider']")
    chief.fill("dialog input[name='name']", "Contoso")
    chief.fill("dialog input[name='issuer']", provider.issuer)
    chief.fill("dialog input[name='client_id']", "faxpost")
    chief.fill("dialog input[name='client_secret']", "a secret of the test")
    chief.click("role=button[name='Make login provider']")
    chief.see("role=heading[name='Contoso']")
    chief.fill("#f-pin", pin_of(provider.certificate))
    chief.click("role=button[name='SAVE']")
    chief.see("text=Saved")
    chief.click("role=button[name='Test']")
    chief.see("text=It is there")
    check_look(t, chief, "provider")
    page = t.enter(Chromium(server, trusting=True))
    page.goto("/sent")
    check_look(t, page, "login")
    page.click("role=button[name='Log in with Contoso']")
    log_in_there(page, provision.FRONT)
    page.see(".main-nav")
    page.see("role=heading[name='Sent']")
    t.true("code=" not in page.url() and page.path() == "/sent", f"where he was going: {page.url()}")
    page.click("role=button[name='Log out']")
    page.see("text=Do you want to sign-out")
    page.click("button[value='yes']")
    page.see("#login-name")
    page.click("role=button[name='Log in with Contoso']")
    log_in_there(page, "nobody@localhost")
    page.see("text=nobody here has your address")
    page.click("role=link[name='Log in again']")
    page.see("#login-name")
    t.equal(page.faults(), [], "faults of the page")
    chief.check_well(t)


case.main()
