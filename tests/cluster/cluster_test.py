"""One fleet over several real processes, links with TLS, and a PostgreSQL of its own, while nodes are killed and frozen.

    cluster_test.py TROUPE [SCENARIO...]

A load runs all the time, through the nodes that live: every session sends one message after the other. At the end the
store is asked what became of each task. Whatever was accepted must have ended once, and completed, and nothing may have
been refused because of a move.
"""

import signal
import sys
import time

sys.dont_write_bytecode = True
from cluster_kit import Cluster, chosen, until
from load_kit import Load, verdict


def strike(cluster, name, how, back, tasks=200):
    """Does it to a node under load, and waits until the others have gone on without it, and then with it again."""
    others = [n for n in cluster.nodes if n != name]
    before = int(cluster.store.ask("SELECT count(*) FROM troupe.tasks"))
    load = Load(cluster, others)
    try:
        load.more(tasks // 2)
        how()
        until(lambda: cluster.members().get(name) == "down")
        load.more(tasks)
        back()
        until(lambda: cluster.members().get(name) == "up")
        load.more(tasks)
    finally:
        load.stop()
    verdict(cluster, load, before)
    assert load.refused == 0, f"{load.refused} requests were refused while shards moved"
    print(f"  {load.count()} tasks, none lost, doubled or refused; the slowest took {load.slowest():.2f} s")


def killed(cluster):
    """Each node is killed under load in turn, with the orchestrators that it has, and comes back."""
    def back(node):
        node.process.wait()
        node.start()
        node.wait_ready()
    for name, node in cluster.nodes.items():
        # The domain is served by all of them: none has all of its 16 shards, none has nothing to lose.
        def shared():
            """all shards are served, by all nodes"""
            shares = {n: x.orchestrators() for n, x in cluster.nodes.items()}
            return sum(shares.values()) == 16 and all(shares.values()) and shares
        shares = until(shared)
        print(f"  {name} is killed, which has {shares[name]} of 16 orchestrators")
        strike(cluster, name, lambda: node.signal(signal.SIGKILL), lambda: back(node), tasks=80)


def frozen(cluster):
    """A node is frozen under load, and wakes up when others have taken its place."""
    strike(cluster, "c", lambda: cluster.nodes["c"].signal(signal.SIGSTOP),
           lambda: cluster.nodes["c"].signal(signal.SIGCONT))


def shared(cluster):
    """Three nodes are to do 2.2 times the tasks of one: none of them serves more of the domain than that leaves it."""
    def served():
        """all 16 shards are served"""
        shares = {n: x.orchestrators() for n, x in cluster.nodes.items()}
        return sum(shares.values()) == 16 and shares
    shares = until(served)
    # The store says it as well as the tree: sessions are spread over the shards evenly, and tasks go with them.
    load = Load(cluster, list(cluster.nodes), sessions=48)
    try:
        load.more(200)
        there = {n: len(load.at(n, ask="a")) for n in cluster.nodes}
    finally:
        load.stop()
    print(f"  shards {shares}, sessions {there}")
    verdict(cluster, load)
    assert max(shares.values()) * 2.2 <= 16, f"with {shares} three nodes do at most {16 / max(shares.values()):.1f} times as much"


def store_restarted(cluster):
    """The store is killed and comes back: members do not declare each other dead, and work goes on."""
    load = Load(cluster, list(cluster.nodes), sessions=3)
    try:
        load.more(50)
        cluster.store.kill()
        time.sleep(1)  # the outage itself
        cluster.store.start()
        ended = load.count()
        until(lambda: load.count() > ended + 50)
        assert cluster.all_up(), f"members lost one another: {cluster.members()}"
    finally:
        load.stop()
    # What was refused while nothing could be stored is no loss; what was accepted has ended.
    assert not load.wrong, load.wrong[:3]
    stored = int(cluster.store.ask("SELECT count(*) FROM troupe.tasks"))
    until(lambda: int(cluster.store.ask("SELECT count(*) FROM troupe.ends")) == stored)
    print(f"  {stored} tasks stored and ended; {load.refused} refused meanwhile")


for scenario in chosen(killed, frozen, shared, store_restarted):
    Cluster(sys.argv[1], ["a", "b", "c"]).play(scenario)
