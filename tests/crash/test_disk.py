# SPDX-License-Identifier: AGPL-3.0-or-later
"""A disk that is full, of bytes or of files: nothing new is taken, what is under way ends, nothing is lost, doubled or falsely
done, somebody is told what to do, and all goes on by itself when there is room again."""

import shutil
import threading
import time

import case
import pdf
import provision
import small_disk
from house import ADMINISTRATOR, FAX_SECONDS, House


class SmallHouse(House):
    """Its state lies on a disk of that size."""

    def __init__(self, t, size, more=""):
        folder = t.folder()
        small_disk.mount(t, folder / "state", size, more)
        super().__init__(t, folder=folder)

    def refuses_all(self):
        """By SMTP, by the API, by telephone; each so that it comes again."""
        self.t.equal(self.post(90), 452, "a mail was answered with")
        upload = self.web.ask("POST", "/api/v1/uploads?name=a.pdf", pdf.make(1, document=91), {"Content-Type": "application/pdf"})
        self.t.equal((upload.status, upload.json["code"]), (507, "disk-full"), "an upload was answered with")
        health = self.web.get("/api/v1/health")
        self.t.equal((health.status, health.json["reasons"]), (503, ["disk-full"]), "health")


def queue_of(server):
    return dict(server.roles())["queue.0"]


@case.test
def full_disk_takes_nothing_new_and_ends_what_is_under_way(t):
    house = SmallHouse(t, "96m")
    t.equal(house.post(1, pages=3), 250, "the first mail was answered with")
    house.page_confirmed()
    queue, rubbish = queue_of(house.server), house.server.state / "rubbish"
    small_disk.fill(rubbish)
    house.alarm_is_raised("disk-full")
    house.refuses_all()
    house.all_done(1)
    t.wait(lambda: house.server.mails(ADMINISTRATOR), "the administrator got no mail", 120)
    t.wait(lambda: len(house.server.mails(provision.BACK)) == 1 and len(house.server.mails(provision.FRONT)) == 1,
           "the fax and its report were not mailed", 120)
    t.equal(queue_of(house.server), queue, "the process of queue")
    rubbish.unlink()
    house.alarm_is_over("disk-full")
    t.equal([house.post(2), house.post(3, number="+493055501")], [250, 250], "mails were answered with")
    house.all_done(3)
    house.judge()


@case.test
def disk_that_is_filled_again_and_again_while_faxes_are_sent_loses_none(t):
    """Also what was kept for them is eaten: the queue dies of it, as if it was killed."""
    house = SmallHouse(t, "96m")
    rubbish, ending = house.server.state / "rubbish", threading.Event()

    def weather():
        while not ending.is_set():
            for _ in range(4):  # what the server gives free too
                small_disk.fill(rubbish)
                ending.wait(0.7)
            rubbish.unlink()
            ending.wait(6)

    storm = threading.Thread(target=weather, daemon=True)
    storm.start()
    end, document = time.monotonic() + (600 if case.LONG else 40), 1
    while time.monotonic() < end:
        number = ("200", "+493055501")[document % 2]
        try:
            status = house.post(document, pages=2, number=number, seconds=5)
        except OSError:
            status = 0  # nobody heard an answer: the same mail is brought again, as any mail server would
        t.true(status in (0, 250, 421, 451, 452), f"document {document} was answered with {status}")
        document += status == 250
        time.sleep(0.5 if status == 250 else 0.2)
        if len(house.taken) >= (60 if case.LONG else 4):
            break
    ending.set()
    storm.join()
    rubbish.unlink(missing_ok=True)
    while document not in house.taken:
        try:
            house.post(document, pages=2, number=("200", "+493055501")[document % 2])
        except OSError:
            time.sleep(0.2)
    house.alarm_is_over("disk-full")
    t.wait(lambda: len(house.states()) >= len(house.taken) and not {"waiting", "calling"} & set(house.states()),
           f"jobs did not end: {house.states()}", FAX_SECONDS * (1 + len(house.taken)))
    t.true(set(house.states()) <= {"done", "unknown"}, f"how they ended: {house.states()}")
    t.note(f"{len(house.taken)} documents: {', '.join(house.states())}")
    house.judge()


@case.test
def disk_without_room_for_another_file_takes_nothing_new(t):
    house = SmallHouse(t, "96m", ",nr_inodes=400")
    t.equal(house.post(1), 250, "the first mail was answered with")
    house.all_done(1)
    files = house.server.state / "files"
    small_disk.fill_files(files)
    house.alarm_is_raised("disk-full")
    house.refuses_all()
    shutil.rmtree(files)
    house.alarm_is_over("disk-full")
    t.equal(house.post(2), 250, "the second mail was answered with")
    house.all_done(2)
    house.judge()


case.main()
