# SPDX-License-Identifier: AGPL-3.0-or-later
"""The archive in the browser: a place is made and tested, a fax's copies and its hold are beside the fax."""

import pathlib

import case
import door
import provision
from house import ADMIN, FAX_SECONDS, PASSWORD, check_look, fax, open_house, visit
from store import uuid_text


@case.test
# proves: S2.1
def place_is_made_and_tested_and_a_fax_is_held(t):
    server = open_house(t)
    page = visit(t, server, ADMIN)
    page.go("/admin/archive")
    page.see("text=No place yet")
    page.click("role=button[name='New archive place']")
    page.fill("#new-name", "nas")
    page.fill("#new-url", "https://somewhere")
    page.click("role=button[name='Make archive place']")
    page.see("dialog >> .field:has(#new-url) >> role=alert")
    page.fill("#new-url", "nas")
    page.click("role=button[name='Make archive place']")
    page.see("#f-url")
    page.click("role=button[name='Test']")
    page.see("text=It can be the archive")
    job, received = fax(t, server, pages=1)
    t.wait(lambda: len(door.get(server, "archive", state="stored").json["items"]) == 2, "no copies", FAX_SECONDS)
    page.go("/admin/archive")
    page.see("tbody >> text=2 stored")

    page.go("/inbox/" + uuid_text(received["id"]))
    page.see(".in-archive >> text=nas")
    page.click(".in-archive >> role=button[name=/Verify/]")
    page.see("text=The copy at nas is whole")
    t.becomes(lambda: page.count(".in-archive a[href$='/file']"), 1, "it can be brought back")
    page.click(".in-archive >> role=button[name='Hold']")
    page.fill("#new-reason", "case 12/34")
    page.click("dialog >> role=button[name='Hold']")
    page.see(".in-archive >> text=case 12/34")
    check_look(t, page, "a fax that is held")
    t.equal(door.ask(server, "DELETE", "faxes/" + uuid_text(received["id"])).status, 409, "nobody deletes it")
    page.click(".in-archive >> role=button[name='Release']")
    page.click("dialog >> role=button[name='Release']")
    page.see(".in-archive >> role=button[name='Hold']")
    page.go("/sent/" + uuid_text(job["id"]))
    page.see(".in-archive >> text=Stored")

    # Deleted for good, by who was asked twice.
    page.go("/inbox/" + uuid_text(received["id"]))
    page.click(".in-archive >> role=button[name='Delete for good']")
    page.see("dialog >> text=Its copies go too, at: nas.")
    check_look(t, page, "whether a fax is deleted")
    t.wait(lambda: server.mails(provision.BACK) and server.mails(provision.FRONT), "mails", FAX_SECONDS)
    page.click("dialog >> role=button[name='Delete for good']")
    page.see("text=The fax is deleted")
    gone = uuid_text(received["id"])
    t.wait(lambda: door.ask(server, "GET", f"faxes/{gone}").status == 404 and not door.get(server, "archive", fax=gone).json["items"], "it is gone", FAX_SECONDS)
    t.true([a for a in door.get(server, "audit", limit=200).json["items"] if a["action"] == "faxes.delete" and a["subject"] == gone], "and noted")

    page.go("/admin/boxes/front/archive")
    page.fill("#f-archive_sent_days", "30")
    page.click("#f-archive_places-nas")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    t.equal(door.get(server, "boxes/front").json["archive_places"], ["nas"], "its places")
    page.go("/admin/tenants/example/archive")
    page.fill("#f-archive_received_days", "60")
    page.click("role=button[name='SAVE']")
    page.see("text=Saved; it counts from now on")
    t.equal((door.get(server, "boxes/front").json["archive_sent_days"], door.get(server, "tenants/example").json["archive_received_days"]), (30, 60), "days")

    # What is sealed there can be read elsewhere, by who shows that it is himself.
    t.becomes(lambda: page.count("role=button[name='Show the key']"), 0, "a place without a key gives one")
    t.equal(door.ask(server, "POST", "archive-places", {"name": "sealed", "kind": "local", "url": "sealed", "encrypted": True}).status, 201, "a sealed place")
    page.go("/admin/archive/sealed")
    page.click("role=button[name='Show the key']")
    page.fill("#place-password", "wrong one")
    page.click("dialog >> role=button[name='Show it']")
    page.see("dialog >> role=alert >> text=not your password")
    check_look(t, page, "whether the key of a place is shown")
    page.fill("#place-password", PASSWORD)
    page.click("dialog >> role=button[name='Show it']")
    page.see("section[aria-labelledby='key-title'] pre")
    key = server.cli("archive", "key", "sealed")[1].strip()
    page.see(f"text={key}")
    check_look(t, page, "the key of a place")
    file = page.download("role=link[name='Save as a file']")
    t.equal((file["name"], pathlib.Path(file["path"]).read_text().strip()), ("sealed.key", key), "the file")
    noted = [a for a in door.get(server, "audit", limit=200).json["items"] if a["action"] == "archive.key"]
    t.equal([(a["subject"], "command line" in str(a)) for a in noted], [("sealed", True), ("sealed", False)], "each that was shown is noted")
    page.go("/admin/archive")
    page.go("/admin/archive/sealed")
    page.see("role=button[name='Show the key']")

    # Another disk in its stead: said, and only a person may know better.
    folder = pathlib.Path(server.state) / "archive" / "nas"
    folder.rename(folder.with_name("away"))
    page.go("/admin/archive/nas")
    page.click("role=button[name='Test']")
    page.see("text=It cannot")
    page.click("role=button[name='It is the right place all the same']")
    page.see("dialog >> text=Take this for the place nas?")
    check_look(t, page, "whether it is the right place")
    page.click("dialog >> role=button[name='Cancel']")
    folder.with_name("away").rename(folder)
    page.click("role=button[name='Test']")
    page.see("text=It can be the archive")
    page.check_well(t)


case.main()
