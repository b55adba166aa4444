# SPDX-License-Identifier: AGPL-3.0-or-later
# long: begun first
"""Several servers on one PostgreSQL: what one had under way when it died, stood still or was cut off goes on at another, and no
fax goes twice. tests/crash/test_machines.py does it at random."""

import signal
import time

import case
import mail
import pdf
import provision
from cluster import Cluster
from server import Server, is_zombie

SECONDS = 240
ENDED = "state > 2"
DONE, UNKNOWN = "3", "5"
CALLERS = "mailin line mailout web"
FENCED = ("queue", "line", "call", "mailout", "archive")  # another node may do what they had under way


def send(node, number, document, pages=1):
    parts = [("a.pdf", "application/pdf", pdf.make(pages, document=document, lines=2))]
    mail.send(node.port("smtp"), mail.make(provision.FRONT, f"{number}@front.{provision.DOMAIN}", parts, message_id=f"<{document}@test.invalid>"))


def states(c):
    return {name: (state, calls) for name, state, calls in ((n["name"], n["state"], n["calls"]) for n in c.nodes[0].json("nodes")["items"])}


def judge(t, c, documents):
    """Each delivered once, or not known to be; none by mistake."""
    listed = ", ".join(f"'{d}@test.invalid'" for d in documents)
    ended = f"SELECT s.message_id, j.state FROM job AS j JOIN submission AS s ON s.id = j.submission WHERE s.message_id IN ({listed}) AND j.{ENDED}"
    t.wait(lambda: len(c.rows(ended)) == len(documents), "not all have ended", SECONDS)
    states_of = {int(name.split("@")[0]): state for name, state in c.rows(ended)}
    t.wait(lambda: all(c.arrived()[(d, 0)] for d, state in states_of.items() if state == DONE), "delivered, and never came", SECONDS)
    t.equal({d: state for d, state in states_of.items() if state not in (DONE, UNKNOWN)}, {}, "neither delivered nor uncertain")
    t.equal([d for d in documents if c.arrived()[(d, 0)] > 1], [], "came twice")
    return states_of


def drain(t, c, *names):
    """So that the others call."""
    for name in names:
        t.equal(c.nodes[0].cli("nodes", "drain", name)[::2], (0, ""), f"drain {name}")


def callers(c):
    """Names of the nodes with a call that was answered."""
    return [row[0] for row in c.rows("SELECT DISTINCT n.name FROM attempt AS t JOIN node AS n ON n.id = t.node WHERE t.state < 2"
                                     " AND t.answered_ms IS NOT NULL ORDER BY 1")]


def await_takeover(t, c, *names):
    began = time.monotonic()
    listed = ", ".join(f"'{name}'" for name in names)
    t.wait(lambda: c.one(f"SELECT count(*) FROM node WHERE taken = 1 AND name IN ({listed})") == len(names), f"{names} are not taken over", SECONDS)
    t.note(f"{' and '.join(names)} taken over after {time.monotonic() - began:.1f} s")


@case.test
# proves: S2.13
def fax_goes_on_at_another_node_when_its_own_stands_still_is_cut_off_or_dies(t):
    # n4 renders and does nothing else, n1 and n2 never do; what each may call is half of what there is
    c = Cluster(t, 4, settings={"max_calls": 3}, roles={0: CALLERS, 1: CALLERS, 3: "convert"}, relayed={2})
    n1, n2, n3, _ = c.nodes
    c.apply(calls=12)
    t.wait(lambda: c.alive() == ["n1", "n2", "n3", "n4"], "not all are alive", SECONDS)
    drain(t, c, "n1")
    first = range(100, 106)
    for document in first:
        send(n1, 400 + document, document)
    t.wait(lambda: callers(c) == ["n2", "n3"], "n2 and n3 do not both call", SECONDS)
    held = [pid for name, pid in n3.roles() if name.split(".")[0] in FENCED]
    t.later(n2.signal, signal.SIGCONT)
    n2.signal(signal.SIGSTOP)
    c.relay.stall()
    await_takeover(t, c, "n2", "n3")
    t.wait(lambda: all(is_zombie(pid) for pid in held), "n3 goes on with what others took over", SECONDS)
    t.true("calls, mails and copies end here" in n3.log.read_text(), n3.log_tail())
    t.equal(n1.cli("nodes", "resume", "n1")[0], 0, "resume")
    before = judge(t, c, first)
    t.wait(lambda: len(c.mails(provision.FRONT)) == len(first), "n4 alone does not make the reports", SECONDS)
    n2.signal(signal.SIGCONT)
    c.relay.go_on()
    t.wait(lambda: c.alive() == ["n1", "n2", "n3", "n4"], "not all come back", SECONDS)

    drain(t, c, "n1", "n3")
    second = range(106, 108)
    for document in second:
        send(n3, 400 + document, document)
    t.wait(lambda: callers(c) == ["n2"], "n2 does not call", SECONDS)
    n2.kill("parent")
    await_takeover(t, c, "n2")
    t.true(states(c)["n2"][0] == "gone", f"{states(c)}")
    t.wait(lambda: any(a["code"] == "node-gone" for a in n1.json("alarms")["items"]), "no alarm", SECONDS)
    t.equal(n3.cli("nodes", "resume", "n1")[0], 0, "resume")
    judge(t, c, second)
    t.equal(judge(t, c, first), before, "what was said of the first faxes has changed")
    t.equal(n1.cli("nodes", "remove", "n2")[0], 0, "remove")
    t.equal(list(states(c)), ["n1", "n3", "n4"], "nodes that are left")


@case.test
# proves: S2.13
def what_is_set_at_one_node_holds_at_the_next_call_of_another(t):
    c = Cluster(t, 2)
    n1, n2 = c.nodes
    attempts = "SELECT n.name, a.code FROM attempt AS a JOIN node AS n ON n.id = a.node"
    t.wait(lambda: c.alive() == ["n1", "n2"], "not all are alive", SECONDS)
    drain(t, c, "n1")
    c.apply(calls=8)
    for document in (100, 101):
        send(n2, 400 + document, document)
    judge(t, c, (100, 101))
    t.equal(c.rows(attempts), [["n2", ""]] * 2, "calls of n2, whose line had to know the new trunk")
    drain(t, c, "n2")
    for document in (102, 103):
        send(n2, 400 + document, document)
    t.wait(lambda: c.one("SELECT count(*) FROM job WHERE state = 0 AND pages > 0") == 2, "not all are rendered", SECONDS)
    t.equal(n1.cli("nodes", "resume", "n1")[0], 0, "resume")
    judge(t, c, (102, 103))
    t.equal(sorted(c.rows(attempts)), [["n1", ""]] * 2 + [["n2", ""]] * 2, "calls, none by who was drained")


@case.test
# proves: S2.13
def node_with_keys_of_its_own_does_not_join(t):
    c = Cluster(t, 1)
    stranger = Server(t.folder(), settings={"store": c.uri, "node": "stranger"})
    stranger.launch()
    t.later(stranger.stop, 3)
    t.equal(stranger.process.wait(SECONDS), 78, "exit status")
    t.true("copy the folder keys/ of another node" in stranger.log.read_text(), stranger.log_tail())
    t.equal(list(states(c)), ["n1"], "nodes")


case.main()
