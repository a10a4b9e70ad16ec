"""Agents run where what they need is offered, and move when that is lost, on real processes.

    labels_test.py TROUPE
"""

import collections
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
from cluster_kit import Cluster, Node, chosen, until
from counting_kit import TROUPE, agent, finish, fleet_of, give_up, lose, rules, written


def leaves(tree):
    for child in tree["children"]:
        yield child
        yield from leaves(child)


def seated(tree, path=()):
    """Of every agent in a tree its supervisors, whatever node they are on, with its node and how often it was restarted."""
    for child in tree["children"]:
        where = (*path, child["id"])
        if child["kind"] == "agent":
            yield "/".join(where[1:]), (where[0], child["restarts"])
        yield from seated(child, where)


def lose_head(cluster):
    """The node is killed that writes down where agents run. What lives elsewhere is left as it is, what it had starts there."""
    nodes = {n: x for n, x in cluster.nodes.items() if cluster.members()[n] == "up"}
    a, b, c = nodes

    def spread():
        """two of six at each node: the first had all, and they are evened out when nobody has come or gone for a while"""
        return collections.Counter(node for r, (node, _, _) in written(cluster).items() if "plain" in r) == {a: 2, b: 2, c: 2}
    until(spread)

    def head_of():
        """the one that shows what has no place also writes down who has which"""
        trees = {n: x.get(f"/v1/tree?node={n}") for n, x in nodes.items()}
        return next((n for n, tree in trees.items() if any(x["state"] == "unplaced" for x in leaves(tree))), None)
    head = until(head_of)
    others = [n for n in nodes if n != head]
    until(lambda: all(len(x.programs()) == 2 for x in nodes.values()))
    # One of those that will live on has failed before, which is not to be forgotten.
    os.kill(min(nodes[others[0]].programs()), signal.SIGKILL)

    def seen(by, restarts):
        """six agents by their supervisors, together restarted so often"""
        tree = nodes[by].get("/v1/tree")
        found = [(x, y) for x, y in seated(tree) if "plain" in x]
        assert tree["missing"] or len(found) == len(dict(found)), f"somebody is there twice: {found}"
        return not tree["missing"] and len(found) == 6 and sum(n for _, (_, n) in found) == restarts and dict(found)
    before = until(lambda: seen(others[0], 1))
    until(lambda: all(len(nodes[n].programs()) == 2 for n in others))
    where, lives = written(cluster), {n: nodes[n].programs() for n in others}
    lost = [r for r, (node, _, _) in where.items() if node == head]
    lose(nodes[head])
    until(lambda: cluster.members().get(head) == "down")
    until(lambda: all(x["state"] == "up" for name, x in nodes[others[0]].agents().items() if "plain" in name), 5)
    until(lambda: all(written(cluster)[r][0] in others for r in lost), 5)
    for r, (node, incarnation, restarts) in written(cluster).items():
        if r in lost:
            assert restarts == where[r][2] + 1, (r, restarts)
        elif "plain" in r:
            assert (node, incarnation, restarts) == where[r], (r, node, where[r])
    # Every node sees each of them once, under the supervisors that it had.
    for by in others:
        after = until(lambda: seen(by, 1 + len(lost)))
        assert set(after) == set(before), (before, after)
        for path, (node, restarts) in before.items():
            if node == head:
                assert after[path][0] in others and after[path][1] == restarts + 1, (path, after[path])
            else:
                assert after[path] == (node, restarts), (path, before[path], after[path])
    # Those that lived on are the same processes still.
    until(lambda: sum(len(nodes[n].programs()) for n in others) == 6)
    for n in others:
        assert lives[n] <= nodes[n].programs(), (n, lives[n], nodes[n].programs())
    print(f"  {head}, which said who runs where, was killed: {len(lost)} of 6 started elsewhere, 4 were left as they were")
    return head


def labelled():
    """Agents run where their labels are offered, wait where none is, and move when their node is lost, whichever it is."""
    cluster = Cluster(TROUPE, [], files=fleet_of({
        "plain": agent("plain", "say.plain", "replicas: 6\n"),
        "heavy": agent("heavy", "say.heavy", "placement: {labels: [gpu], amounts: {memory_mb: 500}}\n", rules("heavy"))}),
        later="abcg")
    nodes = cluster.nodes
    try:
        for name in "abc":
            nodes[name] = Node(cluster, name, ["--label", "memory_mb=400"])
        for n in nodes.values():
            n.wait_ready()
        for n in nodes.values():
            until(lambda: n.agents()["desk/heavy"].get("why") == "3 nodes lack the label gpu")
            assert n.agents()["desk/heavy"]["state"] == "unplaced"
        for n in nodes.values():
            # Once all of them know the same members, one of them shows it.
            until(lambda: [x["id"] for x in leaves(n.get("/v1/tree")) if x["state"] == "unplaced"] == ["heavy"])
        assert any("agent desk/heavy runs nowhere" in open(n.log).read() for n in nodes.values())
        # It starts when somebody joins who offers what it needs.
        nodes["g"] = Node(cluster, "g", ["--label", "gpu=1", "--label", "memory_mb=900"])
        until(lambda: cluster.members().get("g") == "up")
        joined = time.monotonic()
        until(lambda: nodes["a"].agents()["desk/heavy"]["state"] == "up")
        took = time.monotonic() - joined
        status, said = nodes["a"].post({"skill": "say.heavy", "text": "x"})
        assert status == 200 and said["status"]["state"] == "completed", said
        print(f"  a fitting node joined: its agent was up elsewhere's view after {took:.2f} s")
        assert took < 2, took
        # With the node the agent is lost, and only that one.
        lose(nodes["g"])
        # Until it is known that the node is lost, nobody can say how its agent is.
        until(lambda: nodes["a"].agents().get("desk/heavy", {}).get("state") == "unplaced")

        del nodes["g"], nodes[lose_head(cluster)]
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


for scenario in chosen(labelled):
    scenario()
