# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trunk's self-tests in the browser: asked for by the button, seen to run and to end."""

import case
from house import ADMIN, FAX_SECONDS, check_look, keep_shot, open_house, visit


@case.test
def trunk_is_tested_by_its_button(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/trunks/loopback")
    page.see("text=A test needs a number that leads back here")
    page.see("button:disabled:has-text('Test now')")
    page.fill("#f-self_test_number", "0305559000")
    page.click("role=button[name='SAVE']")
    page.click("button:not([disabled]):has-text('Test now')")
    page.see("text=came back >> nth=0", FAX_SECONDS)
    page.see("text=T.38: well", FAX_SECONDS)
    page.see("text=G.711: well", FAX_SECONDS)
    keep_shot(t, page, "trunk-tests")
    check_look(t, page, "trunk-tests")


case.main()
