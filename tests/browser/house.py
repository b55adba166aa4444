# SPDX-License-Identifier: AGPL-3.0-or-later
"""The house of the browser tests: the example provisioning, people with passwords, an administrator of all."""

import datetime
import os
import pathlib
import random

import mail
import pdf
import provision
from chromium import Chromium
from server import Server
from store import Store

PASSWORD = "correct horse battery"
ADMIN = "admin@localhost"
FAX_SECONDS = 240
# Pictures in view that have not come yet.
UNDRAWN = """[...document.images].filter((i) => {
    const r = i.getBoundingClientRect();
    return !i.complete && r.bottom > 0 && r.top < innerHeight && r.width > 0;
}).length"""
CUT_OFF = """[...document.querySelectorAll('.main-nav a, .main-nav button')].filter((e) => {
    const r = e.getBoundingClientRect(), words = e.querySelector('span');
    return r.width > 0 && (r.left < 0 || r.right > innerWidth || (words && words.getBoundingClientRect().right > Math.ceil(r.right)));
}).map((e) => e.textContent)"""
# Where to keep pictures of places, to be looked at: FAXPOST_SHOTS=/tmp/shots ./check browser/looks
SHOTS = os.environ.get("FAXPOST_SHOTS")


def provisioning(sip_port, more=()):
    everything = provision.example(sip_port)
    for user in everything["users"]:
        user["password"] = PASSWORD
    everything["users"].append({"tenant": "example", "name": "admin", "addresses": [ADMIN], "role": "installation", "password": PASSWORD})
    for box in everything["faxboxes"]:
        box["users"].append({"user": "admin", "send": True, "receive": True})
    everything["faxboxes"] += list(more)
    return everything


def open_house(t, more=(), **options):
    server = t.enter(Server(t.folder(), **options))
    server.apply(provisioning(server.port("sip")[1], more))
    return server


def visit(t, server, who=provision.FRONT, language=None, **how):
    """A browser in which that person is logged in; language: chosen there, whatever the house speaks."""
    page = t.enter(Chromium(server, **how))
    if language:
        page.goto("/inbox")
        page.choose(".language select", language)
    page.login(who, PASSWORD)
    return page


def keep_shot(t, page, name):
    """A picture of what is shown, pages and all."""
    if SHOTS:
        t.wait(lambda: page.script(UNDRAWN) == 0, f"{name}: pictures do not come")
        page.shot(str(pathlib.Path(SHOTS) / f"{name}.png"))


def check_look(t, page, what):
    """Clean for axe, and no wider than the window."""
    t.equal(page.axe(), [], f"{what}: what axe says")
    wide = page.script("[document.documentElement.scrollWidth, innerWidth]")
    t.true(wide[0] <= wide[1], f"{what}: {wide[0]} pixels wide, the window has {wide[1]}")
    t.equal(page.script(CUT_OFF), [], f"{what}: navigation beyond the edge")


def waiting_jobs(t, server, count=1):
    """Faxes for the day after tomorrow, as the store has them."""
    day = (datetime.date.today() + datetime.timedelta(days=2)).strftime("%Y%m%d")
    for n in range(count):
        to = f"03012345{67 + n}^AT={day}T0800@front.{provision.DOMAIN}"
        mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [("a.pdf", "application/pdf", pdf.make(1))]))

    def ready():
        jobs = [j for j in Store(server.state).jobs() if j["state"] == "waiting" and j["pages"] > 0]
        return len(jobs) >= count and jobs

    return t.wait(ready, f"{count} faxes are not waiting", FAX_SECONDS)


def fax(t, server, pages=2, number="200"):
    """A fax from the box front, by mail, until it has ended. (its job, the fax that was received or None)"""
    store = Store(server.state)
    known = {j["id"] for j in store.jobs()}
    to = f"{number}@front.{provision.DOMAIN}"
    data = pdf.make(pages, document=random.randrange(1, 65536), lines=4)
    mail.send(server.port("smtp"), mail.make(provision.FRONT, to, [("a.pdf", "application/pdf", data)]))

    def ended():
        return next((j for j in store.jobs() if j["id"] not in known and j["state"] not in ("waiting", "calling")), None)

    job = t.wait(ended, f"no job ended; log: {server.log_tail()}", FAX_SECONDS)
    return job, next(iter(store.faxes()), None)
