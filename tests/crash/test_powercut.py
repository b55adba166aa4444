# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole server under power cuts. A fax goes through a server whose every write and sync is written down; then the
server starts from what the disk would have held after this event or that one, and has to honour each 250 and each
confirmed page of before."""

import random
import smtplib

import case
import mail
import pdf
import provision
from killer import wait_for_end
from powercut import Disk, PowerCut
from server import Server
from store import Store
from verdict import Verdict, message_id

DOCUMENT, PAGES = 77, 2
PROGRAMS = ("faxpost-parent", "faxpost-queue", "faxpost-mailin", "faxpost-mailout")
LOOKS, FAXES = (60, 40) if case.LONG else (4, 4)  # disks that are only looked at, disks whose fax is ended
SECONDS = 300


def send(server, document=DOCUMENT):
    message = mail.make(provision.FRONT, f"200@front.{provision.DOMAIN}",
                        [("a.pdf", "application/pdf", pdf.make(PAGES, document=document, lines=4))],
                        message_id=message_id(document))
    mail.send(server.port("smtp"), message, seconds=10)


def apply_house(server):
    """What broke off is mailed at once: nobody calls a second time here."""
    house = provision.example(server.port("sip")[1], pace=False)
    for box in house["faxboxes"]:
        box["join_seconds"] = 0
    server.apply(house)


def server_on(t, root, **plan):
    """A server below root; with a plan (may be empty) under the power-cut library."""
    log = t.folder() / "log"
    return Server(root, log=log, **plan)


def recorded(t, **plan):
    """A server that runs one fax from mail to report under the library: (cut, events when 250 had come)."""
    folder = t.folder()
    root = folder / "disk"
    root.mkdir()
    cut = PowerCut(root, folder, programs=PROGRAMS, **plan)
    with server_on(t, root, env=cut.env()) as server:
        apply_house(server)
        send(server)
        acknowledged = cut.events
        t.equal(wait_for_end(Store(server.state), SECONDS), None, f"open; log: {server.log_tail()}")
    return cut, acknowledged


def restarted(t, disk, model="strict", seed=0):
    """A server on the disk as it is now."""
    root = t.folder() / "disk"
    disk.write_to(root, model, seed)
    server = server_on(t, root)
    if not server.state.exists():
        server.state.mkdir()
    server.start()
    apply_house(server)  # another port than before
    return server


def known_mails(server):
    return len(Store(server.state).mails_in())


@case.test
# proves: D5
def acknowledged_mail_is_honoured_after_a_power_cut(t):
    cut, acknowledged = recorded(t)
    t.note(f"{cut.events} events, {cut.syncs} of them syncs; 250 after event {acknowledged}")
    later = range(acknowledged, cut.events + 1)
    looks = sorted(random.Random(1).sample(later, min(LOOKS, len(later))))
    disk = Disk(cut)
    for event in [acknowledged, *looks]:
        disk.play(event)
        for model in ("strict", "random"):
            server = restarted(t, disk, model, event)
            try:
                t.equal(known_mails(server), 1, f"mails known after event {event} ({model})")
            finally:
                server.stop(patience=5)


@case.test
# proves: D5
def fax_goes_on_after_a_power_cut_and_arrives_whole(t):
    cut, acknowledged = recorded(t)
    disk = Disk(cut)
    for n in range(FAXES):
        event = acknowledged + (cut.events - acknowledged) * (n + 1) // (FAXES + 1)
        disk.play(event)
        server = restarted(t, disk)
        try:
            store = Store(server.state)
            t.equal(wait_for_end(store, SECONDS), None, f"open after event {event}; log: {server.log_tail()}")
            jobs = store.jobs()
            t.equal(len(jobs), 1, f"jobs after event {event}")
            if jobs[0]["state"] != "unknown":
                t.equal(jobs[0]["state"], "done", f"job after event {event}: {jobs[0]['reason']}")
                t.equal(Verdict(server.state).complaints({DOCUMENT: "200"}), [], f"after event {event}")
            t.true(server.mails(provision.BACK), f"no mail with the fax after event {event}")
            t.true(server.mails(provision.FRONT), f"no report after event {event}")
        finally:
            server.stop(patience=5)


@case.test
def delivered_mail_is_still_there_after_a_power_cut(t):
    """The folder of all Maildirs was made without a sync of the one above, so every mail in it could go."""
    cut, _ = recorded(t)
    disk = Disk(cut)
    disk.play()
    root = t.folder() / "disk"
    disk.write_to(root)
    for address in (provision.FRONT, provision.BACK):
        t.equal(len(list((root / "maildir" / address / "new").glob("*"))), 1, f"mails of {address} on the disk")


def events_until_ready(t):
    folder, root = t.folder(), t.folder() / "disk"
    root.mkdir()
    cut = PowerCut(root, folder, programs=PROGRAMS)
    with server_on(t, root, env=cut.env()) as server:
        apply_house(server)
        return cut.events


@case.test
def full_disk_refuses_mail_and_loses_none(t):
    """From some event on every write fails; then there is space again."""
    before = events_until_ready(t)
    for start in (before + 8, before + 40):
        folder, root = t.folder(), t.folder() / "disk"
        root.mkdir()
        cut = PowerCut(root, folder, programs=PROGRAMS, fail_at=start, fail_count=10**9, errno="ENOSPC")
        server = t.enter(server_on(t, root, env=cut.env()))
        apply_house(server)
        taken = 0
        for n in range(3):
            try:
                send(server, DOCUMENT + n)
                taken += 1
            except (OSError, smtplib.SMTPException):
                pass
        server.stop(patience=5)
        server.serve_env = {}
        server.start()
        apply_house(server)
        t.equal(known_mails(server), taken, f"mails known of those taken before the disk was full at event {start}")


case.main()
