# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several servers on one PostgreSQL: each takes work, and what one had under way when it died goes on at another."""

import case
import mail
import pdf
import provision
from cluster import Cluster

SECONDS = 240


def send(node, number, document, pages=1):
    parts = [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=2))]
    mail.send(node.port("smtp"), mail.make(provision.FRONT, f"{number}@front.{provision.DOMAIN}", parts, message_id=f"<{document}@test.invalid>"))


@case.test
# proves: S2.13
def fax_goes_on_at_another_node_when_its_own_dies(t):
    c = Cluster(t, 2)
    c.apply()
    t.wait(lambda: c.alive() == ["n1", "n2"], f"not both are alive: {c.rows('SELECT * FROM node')}", SECONDS)
    for n in range(6):
        send(c.nodes[n % 2], 500 + n, 100 + n, pages=3)
    t.wait(lambda: c.one("SELECT count(*) FROM attempt WHERE state < 2 AND answered_ms IS NOT NULL AND node = (SELECT id FROM node WHERE name = 'n2')"),
           f"no call at n2; {c.nodes[1].log_tail()}", SECONDS)
    c.nodes[1].kill("parent")
    t.wait(lambda: c.one("SELECT count(*) FROM job WHERE state = 3") == 6,
           f"not all are delivered: {c.rows('SELECT number, state, code, reason FROM job')}; {c.nodes[0].log_tail()}", SECONDS)
    t.note(f"took over: {[line for line in c.nodes[0].log.read_text().splitlines() if 'not been heard' in line]}")
    t.wait(lambda: len(c.world.mails(provision.BACK)) >= 6, "the world has not got all", SECONDS)
    for n in range(6):
        for page in range(3):
            t.true(c.arrived()[(100 + n, page)] >= 1, f"page {page} of fax {n} never came: {c.arrived()}")


case.main()
