# SPDX-License-Identifier: AGPL-3.0-or-later
"""What opens on each place: every dialog and every fold, in light, in dark and on a telephone, clean for axe. A dialog takes the
focus, keeps it, goes away by Escape and gives the focus back to what opened it."""

import case
from chromium import PHONE
from furniture import fill, furnish
from house import ADMIN, check_look, keep_shot, open_house, visit, waiting_jobs
from store import uuid_text

OPENER = "#place [aria-haspopup=dialog]:visible:enabled"
UNFOLD = "document.querySelectorAll('#place details, .admin-nav').forEach((d) => { d.open = true; })"
# Where it is: in the dialog, or at the browser's own (the page's body), which Tab also passes.
STRAY = "(() => { const a = document.activeElement; return !!a && a !== document.body && !document.querySelector('dialog[open]').contains(a); })()"
TABS = 12
# The least that opens there; what opens nothing any more has lost its mark, or its button.
OPENERS = {"/admin/boxes": 1, "/admin/boxes/front": 2, "/admin/users": 1, "/admin/trunks": 1, "/admin/trunks/loopback": 1, "/admin/tenants": 1,
           "/admin/mailboxes": 1, "/admin/mailboxes/post": 1, "/admin/mail": 1, "/admin/mail/spare": 1, "/admin/webhooks": 1, "/admin/webhooks/office": 1,
           "/admin/settings-templates": 1, "/admin/templates": 1, "/admin/providers": 1, "/admin/providers/example": 1, "/admin/directories": 1,
           "/admin/directories/staff": 1, "/admin/archive": 1, "/admin/archive/nas": 1, "/contacts": 1}


def try_dialog(t, page, n, what, looks):
    opener = f"{OPENER} >> nth={n}"
    name = page.text(opener)
    page.click(opener)
    page.see("dialog[open]")
    what = f"{what}: {name}"
    t.true(not page.script(STRAY), f"{what}: the focus is outside of the dialog")
    if looks:
        keep_shot(t, page, "opened-" + "".join(c if c.isalnum() else "-" for c in what))
        check_look(t, page, what)
    for _ in range(TABS):
        page.press("Tab")
        t.true(not page.script(STRAY), f"{what}: Tab leaves the dialog")
    page.press("Escape")
    page.gone("dialog[open]")
    page.see(f"{opener}:focus")


def open_all(t, page, places, look):
    for path in places:
        page.go(path)
        what = f"{look} {path}"
        page.script(UNFOLD)
        check_look(t, page, f"{what} unfolded")
        keep_shot(t, page, f"unfolded-{path.strip('/').replace('/', '-')}-{look}")
        count = page.count(OPENER)
        t.true(count >= OPENERS.get(path, 0), f"{what}: {count} dialogs, there were {OPENERS.get(path)}")
        for n in range(count):
            try_dialog(t, page, n, what, looks=True)
    page.check_well(t)


@case.test
def everything_that_opens_is_accessible_and_gives_the_focus_back(t):
    server = open_house(t)
    waiting = "/sent/" + uuid_text(waiting_jobs(t, server)[0]["id"])
    places = [waiting, *fill(t, server), *furnish(t, server)]
    open_all(t, visit(t, server, ADMIN), places, "light")
    some = [path for path in places if path in OPENERS or path.startswith(("/sent", "/inbox", "/me", "/send"))]
    open_all(t, visit(t, server, ADMIN, dark=True), some, "dark")
    phone = visit(t, server, ADMIN, size=PHONE, language="de")
    open_all(t, phone, some, "phone")
    phone.go("/inbox")
    phone.click(".fold")
    phone.see("#folded-nav a")
    check_look(t, phone, "phone menu")
    keep_shot(t, phone, "phone-menu")


case.main()
