# SPDX-License-Identifier: AGPL-3.0-or-later
"""Templates in the browser: a cover page is made of ours, shown as a fax machine prints it, saved, and chosen."""

import case
from house import ADMIN, check_look, open_house, visit


def delete_letter(page):
    page.go("/admin/templates")
    page.click("text=Cover page “letter”")
    page.click("role=button[name='Delete']")
    page.click("dialog >> role=button[name=/Delete/]")


@case.test
# proves: S4.11
def cover_page_is_made_shown_saved_and_chosen(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/templates")
    page.see("text=Everything is as shipped.")
    page.click("role=button[name='New template']")
    page.fill("#new-name", "Letter")
    page.click("role=button[name='Begin with our words']")
    page.see("h1 >> text=Cover page “letter” (English)")
    page.click("role=button[name='Show it with examples']")
    page.see("canvas.cover-picture")
    t.wait(lambda: page.script("document.querySelector('canvas.cover-picture').height") > 1000, "no page is drawn")
    ours = page.script("document.querySelector('canvas.cover-picture').toDataURL().length")
    logo = server.folder / "logo.png"
    logo.write_bytes(bytes.fromhex(page.script("""new Promise((done) => {
        const c = Object.assign(document.createElement("canvas"), { width: 300, height: 300 });
        c.getContext("2d").fillRect(0, 0, 300, 300);
        c.toBlob(async (b) => done([...new Uint8Array(await b.arrayBuffer())].map((n) => n.toString(16).padStart(2, "0")).join("")));
    })""")))
    page.fill("#f-text", "subject: x\ntext:\nx\nhtml:\n<h1>{too}</h1>")
    page.click("role=button[name='Show it with examples']")
    page.see("section[aria-labelledby=preview-title] >> text=/line 5: there is no {too}/")
    page.fill("#f-text", "subject: x\ntext:\nx\nhtml:\n<h1>{to}</h1>")
    page.script("(() => { const a = document.getElementById('f-text'); a.setSelectionRange(a.value.length, a.value.length); })()")
    page.files("input[accept='image/*']", [str(logo)])
    t.wait(lambda: "data:image/" in page.script("document.getElementById('f-text').value"), "no logo in it")
    page.click("summary >> text=What it may speak of")
    page.click("role=button[name='{code}']")
    page.click("role=button[name='Show it with examples']")
    t.wait(lambda: page.script("document.querySelector('canvas.cover-picture').toDataURL().length") != ours, "the same picture")
    check_look(t, page, "a cover page")
    page.click("role=button[name='SAVE']")
    page.see(".save-bar.idle")  # "Saved" may still stand there of when it was made
    page.goto("/send")
    page.click("summary >> text=More options")
    page.choose("#send-cover", "letter")
    page.see("#send-subject")
    page.go("/admin/boxes/front/sending")
    page.choose("#f-cover", "letter")
    page.click(".save-bar [type=submit]")
    page.see(".save-bar.idle")
    delete_letter(page)
    page.see("text=/the faxbox .front. has the cover page/")
    server.cli("set", "faxboxes.front.cover", "standard")
    delete_letter(page)
    page.see("text=Everything is as shipped.")
    page.check_well(t)


case.main()
