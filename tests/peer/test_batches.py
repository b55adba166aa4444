# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several faxes to one number in one call: one call, one received fax, and each of those sent ends by itself."""

import case
import fax
import mail
import pixels
import provision
from server import Server
from store import Store


def house(t, **trunk):
    server = t.enter(Server(t.folder()))
    wanted = provision.example(server.port("sip")[1], **trunk)
    for box in wanted["faxboxes"]:
        box["batch"] = 3
    server.apply(wanted)
    return server


def marks_of_mails(server):
    """Of each mail that came the (document, page) of its pages."""
    found = []
    for path in server.mails(provision.BACK):
        _, data = mail.attachment(mail.read(path))
        found.append([(pixels.read_mark(page) or (None, None))[:2] for page in pixels.pages_of_bytes(data)])
    return found


def three_go_in_one_call(t, server):
    # No line goes out before all of them wait.
    t.equal(server.cli("set", "faxboxes.front.send_window", "mon-sun 00:00-00:01")[0], 0, "set")
    faxes = [fax.submit(t, server, 40 + n, pages=1 + n % 2) for n in range(3)]
    t.wait(lambda: len(Store(server.state).jobs()) == 3, f"three jobs: {server.log_tail()}")
    t.equal(server.cli("set", "faxboxes.front.send_window", "")[0], 0, "set")
    ended = [fax.ended(t, server, x) for x in faxes]
    t.equal([(job["state"], job["confirmed"]) for job, _ in ended], [("done", 1), ("done", 2), ("done", 1)],
            f"jobs: {[job['reason'] for job, _ in ended]}; {server.log_tail()}")
    t.equal([len(attempts) for _, attempts in ended], [1, 1, 1], "attempts")
    store = Store(server.state)
    calls = [row["carrier"] for row in store.rows("SELECT carrier FROM attempt WHERE job IS NOT NULL ORDER BY place")]
    first = store.rows("SELECT id FROM attempt WHERE job IS NOT NULL AND carrier IS NULL")
    t.equal(calls, [None, first[0]["id"], first[0]["id"]], "one call carries the others")
    t.equal(len(store.rows("SELECT id FROM fax")), 1, "received faxes")
    arrived = t.wait(lambda: marks_of_mails(server), f"no mail: {server.log_tail()}", fax.SECONDS)
    t.equal(len(arrived), 1, "mails")
    documents = [document for document, _ in arrived[0]]
    t.equal(sorted(documents), [40, 41, 41, 42], "pages, each once")


@case.test
# proves: D5
def three_faxes_go_in_one_call_over_t38(t):
    three_go_in_one_call(t, house(t))


@case.test
def three_faxes_go_in_one_call_over_g711(t):
    three_go_in_one_call(t, house(t, t38=False))


case.main()
