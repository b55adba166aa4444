# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holds on every page of settings, found by going through all places: each field that is changed is marked (S0.8), SAVE
applies (S0.7), leaving with changes asks (S0.9); and whatever can be set has a field somewhere."""

import pathlib
import re

import case
from furniture import furnish, unseen_places
from house import ADMIN, PASSWORD, open_house, visit
from web import Browser

SOURCES = sorted((pathlib.Path(__file__).resolve().parents[2] / "ui" / "src").rglob("*.ts*"))
LEAST_PAGES = 25
# Changes each field in turn as a person would, waits for its mark, takes the change back. [what the fields say, what is wrong]
CHANGE_ALL = """(async () => {
  const until = async (what) => {
    for (let n = 0; n < 1200 && !what(); n++) await new Promise((r) => setTimeout(r, 25));
    return what();
  };
  const write = (e, value) => {
    const kind = e instanceof HTMLTextAreaElement ? HTMLTextAreaElement : e instanceof HTMLSelectElement ? HTMLSelectElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(e, value);
    e.dispatchEvent(new Event(e instanceof HTMLSelectElement ? "change" : "input", { bubbles: true }));
  };
  const other = (select) => [...select.options].map((o) => o.value).find((v) => v !== select.value);
  const change = async (field) => {
    const keys = field.querySelector("textarea[id$=-paste]"), add = field.querySelector("[id$=-add]");
    const box = field.querySelector("input[type=checkbox]"), select = field.querySelector("select:not([id$=-add])");
    if (keys) {
      write(keys, "x");
      const button = keys.parentElement.querySelector("button");
      await until(() => !button.disabled);
      button.click();
    } else if (box) box.click();
    else if (add instanceof HTMLInputElement) {
      write(add, "somebody@example.com");
      const button = add.parentElement.querySelector("button");
      await until(() => !button.disabled);
      button.click();
    } else if (select) {
      if (other(select) === undefined) return false;
      write(select, other(select));
    } else {
      const input = field.querySelector("textarea, input:not([type=file])");
      if (!input) return false;
      write(input, input.type === "number" ? String(Number(input.value) + 1) : input.value + "1");
    }
    return true;
  };
  const wrong = [], names = [];
  for (const fold of document.querySelectorAll("form.settings details.more-settings")) fold.open = true;
  const marks = () => [...document.querySelectorAll("form.settings .changed")];
  for (const name of [...document.querySelectorAll("form.settings [data-field]")].map((f) => f.dataset.field)) {
    const field = document.querySelector(`form.settings [data-field="${name}"]`);
    if (!field || field.matches(".kind-shown")) continue;
    if (!(await change(field))) continue;
    names.push(name);
    const mark = () => document.querySelector(`form.settings [data-field="${name}"] .changed`);
    if (!(await until(mark))) wrong.push(`${name}: no mark`);
    else if (mark().textContent !== "!" || !mark().getAttribute("aria-label") || getComputedStyle(mark()).borderRadius !== "50%") wrong.push(`${name}: another mark`);
    if (marks().length !== 1) wrong.push(`${name}: ${marks().length} marks`);
    document.querySelector("form.settings .save-bar button[type=button]").click();
    if (!(await until(() => marks().length === 0))) wrong.push(`${name}: marked still after Discard`);
  }
  return [names, wrong];
})()"""
# Harmless wherever it stands: a number one more, else a text. Those that are no text of any kind:
ONE_CHANGE = tuple(f"form.settings > [data-field].kind-{kind}" for kind in ("whole", "area", "text", "lines"))
SAYS = {"f-print_to": "ipp://192.0.2.7/ipp/print", "f-provider_id": "login/somebody", "f-country": "IT", "f-custom_address": "fax@customer.example", "f-from_address": "fax@example.com", "f-trusted_networks": "10.0.0.0/8"}
# Of these the API gives more than a page sets: what they are called by, what others make, what does nothing yet.
NO_FIELD = {"id", "name", "tenant", "smtp_address", "setup", "pgp_key", "key", "encrypted", "verify_days", "earlier", "boxes", "own"}
STATES = {"ok", "code", "text", "since_ms", "next_ms", "state", "self_tests", "next_check_ms"}


def is_settings(page):
    return page.count("form.settings .save-bar") > 0


def change_one(page):
    """False: there is none that could be changed without knowing what it is."""
    for kind in ONE_CHANGE:
        control = kind + " >> css=input, textarea"
        if page.count(control):
            old = page.value(control)
            number = re.fullmatch("-?[0-9]+", old) and "kind-whole" in kind
            page.fill(control, str(int(old) + 1) if number else SAYS.get(page.attribute(control, "id"), old + "1"))
            return True
    return False


@case.test
# proves: S0.7 S0.8 S0.9
def every_settings_page_marks_what_is_changed_and_asks_before_it_is_lost(t):
    server = open_house(t)
    places = furnish(t, server)
    missing = [row for row in unseen_places(places) if not re.fullmatch(r"/admin/(calls|queues/mails)/:id", row)]
    t.equal(missing, [], "places that nobody goes to")
    page = visit(t, server, ADMIN)
    walked, saved = [], 0
    for path in places:
        page.go(path)
        if not is_settings(page):
            continue
        names, wrong = page.script(CHANGE_ALL)
        t.equal(wrong, [], f"{path}: fields that are changed")
        t.true(names, f"{path}: no field could be changed")
        walked.append(path)
        if not change_one(page):
            continue
        page.see("form.settings .changed")
        page.click(".main-nav >> a[href='/inbox']")
        page.see("dialog >> text=Leave without saving?")
        page.click("dialog >> role=button[name='Stay here']")
        page.gone("dialog")
        t.becomes(lambda: page.path(), path, "still there")
        page.click("form.settings .save-bar button[type=submit]")
        page.see(".toast >> text=Saved; it counts from now on")
        page.gone("form.settings .changed")
        saved += 1
    t.true(len(walked) >= LEAST_PAGES, f"{len(walked)} pages of settings: {walked}")
    t.true(saved >= LEAST_PAGES - 4, f"{saved} of them were saved")
    page.check_well(t)


@case.test
def whatever_can_be_set_has_a_field(t):
    server = open_house(t)
    furnish(t, server)
    admin = Browser(server)
    admin.login(ADMIN, PASSWORD)
    drawn = set()
    for source in SOURCES:
        drawn.update(re.findall(r'\{ name: "(\w+)", kind:', source.read_text()))
    for kind in ("boxes", "users", "tenants", "mailboxes", "mail-servers", "trunks", "webhooks", "identity-providers", "directories", "archive-places", "templates", "settings-templates"):
        entry = admin.get(f"/api/v1/{kind}").json["items"][0]
        t.equal(sorted(set(entry) - drawn - NO_FIELD - STATES), [], f"{kind}: what only the command line can set")
    t.equal(sorted(set(admin.get("/api/v1/installation").json) - drawn - NO_FIELD), [], "the installation: what only the command line can set")


case.main()
