# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every role under AddressSanitizer and UndefinedBehaviorSanitizer: a mail in, a fax over T.38, one over G.711, mails
out, an orderly end, and not one complaint. Limits of memory are off in that build and a few more system calls allowed
(src/sandbox); leaks are the unit tests' business, for LeakSanitizer wants ptrace, which no role has in its sandbox."""

import case
import fax
import provision
from server import CHECKED, Server, complaints


def passes(t, *, t38, mode):
    server = t.enter(Server(t.folder(), build=CHECKED))
    server.apply(provision.example(server.port("sip")[1], t38=t38))
    before = dict(server.roles())
    _, attempts = fax.arrive(t, server, server, fax.mailed(t, server, 31, pages=2, lines=4))
    t.equal([x["mode"] for x in attempts], [mode], f"attempts: {[x['reason'] for x in attempts]}")
    t.wait(lambda: server.mails(provision.FRONT), f"no report came; log: {server.log_tail()}")
    t.equal(dict(server.roles()), before, "processes")
    t.true("this is a sanitizer build" in server.log.read_text(), "this is no sanitizer build")
    t.equal(server.stop(), 0, "exit status")
    t.equal(complaints(server), [], "complaints")


@case.test
def sanitizers_have_nothing_to_say_about_a_fax_over_t38(t):
    passes(t, t38=True, mode="t38")


@case.test
def sanitizers_have_nothing_to_say_about_a_fax_over_g711(t):
    passes(t, t38=False, mode="audio")


case.main()
