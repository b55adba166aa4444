# SPDX-License-Identifier: AGPL-3.0-or-later
"""A forgotten password and an invitation, from the mail to the first login."""

import re

import case
import mail
import provision
from chromium import Chromium
from house import ADMIN, check_look, open_house, visit
from web import Browser

NEW = "a new password of mine"


def words_for(t, server, address, count):
    """The text of that mail to him."""
    t.wait(lambda: len(server.mails(address)) >= count, f"no mail to {address}; log: {server.log_tail()}", 120)
    return mail.read(server.mails(address)[count - 1]).get_body(("plain",)).get_content()


@case.test
def forgotten_password_is_replaced_by_the_code_of_the_mail(t):
    server = open_house(t)
    page = t.enter(Chromium(server))
    page.goto("/sent")
    page.click("role=link[name='Forgotten?']")
    page.fill("#reset-login", provision.FRONT)
    check_look(t, page, "asking")
    page.click("role=button[name='Mail me a code']")
    page.see("#reset-code")
    page.fill("#reset-code", "A" * 20)
    page.fill("#reset-new", NEW)
    page.click("role=button[name='Set the password']")
    page.see("role=alert")
    code = re.search(r"\b[A-Z2-9]{20}\b", words_for(t, server, provision.FRONT, 1))[0]
    page.fill("#reset-code", code)
    page.click("role=button[name='Set the password']")
    page.see("text=The password is set")
    page.login(provision.FRONT, NEW)
    page.check_well(t)


@case.test
def invited_user_sets_his_first_password_by_the_link(t):
    server = open_house(t)
    t.equal(server.cli("set", "installation.web_url", "https://fax.example.com/")[0], 0, "where the pages are")
    root = Browser(server)
    root.login(ADMIN, "correct horse battery")
    made = root.post("/api/v1/users", {"tenant": "example", "name": "new", "addresses": ["new@localhost"]})
    t.equal(made.status, 201, f"a user: {made}")
    page = visit(t, server, ADMIN)
    page.go("/admin/users")
    page.click("tbody >> role=link[name='new']")
    page.click("role=button[name='Invite by mail']")
    page.see("text=A code for a password was mailed to new")
    link = re.search(r"https://fax.example.com(/password#\S+)", words_for(t, server, "new@localhost", 1))[1]
    page.goto(link)
    page.see("#reset-new")
    t.becomes(lambda: page.value("#reset-code"), link.split("#")[1], "who is logged in as somebody else sees the code too")
    page.go("/inbox")
    person = t.enter(Chromium(server))
    person.goto(link)
    person.see("#reset-new")
    t.equal((person.value("#reset-code"), person.path()), (link.split("#")[1], "/password"), "the code, and where it is not")
    t.true("#" not in person.url(), person.url())
    person.fill("#reset-new", NEW)
    person.click("role=button[name='Set the password']")
    person.see("text=The password is set")
    person.login("new@localhost", NEW)
    person.check_well(t)
    page.check_well(t)


case.main()
