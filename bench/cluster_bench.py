"""Benchmarks of a cluster of real processes, a JSON line per figure: {"name","value","unit","floor","ratio","note"}.

    cluster_bench.py TROUPE NAME...

The floor is what is wanted, except for `scale`, whose floor is the same on one node. TROUPE_KILLS says how often a node is
killed; what takes longer is done a third as often.
"""

import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "cluster"))
from cluster_kit import Cluster, Node, Postgres, until
from load_kit import Load, verdict
from namespaces import Hosts
from postgres_pair import Pair
from regions_kit import Regions, Talks

KILLS = int(os.environ.get("TROUPE_KILLS", "30"))


def report(name, value, unit, floor, note):
    ratio = round(value / floor, 4) if floor else None
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "floor": floor, "ratio": ratio, "note": note}),
          flush=True)


def quantile(xs, q):
    xs = sorted(xs)
    return xs[min(len(xs) - 1, int(len(xs) * q))]


def strikes(cluster, load, how, back, times):
    """Does it to node c again and again. How long requests waited around each strike: of each session that c had worked on the
    longest, and the longest of all."""
    moved, longest = [], []
    for _ in range(times):
        load.more(100)
        there = load.at("c", ask="a")
        moment = time.monotonic()
        how()
        until(lambda: cluster.members().get("c") == "down", pause=0.1)
        load.more(200)
        waits = load.each_after(moment)
        moved += [waits[i] * 1000 for i in there if i in waits]
        longest.append(max(waits.values()) * 1000)
        back()
        until(lambda: cluster.members().get("c") == "up", pause=0.1)
        load.more(200)
    return moved, longest


def failover():
    """A node of three is killed, and one is cut off, again and again under load."""
    lost = doubled = refused = 0
    what = "sessions that had been its own, until their first answer elsewhere; half of all 24 sessions write free text"
    c = running(lambda: Cluster(sys.argv[1], ["a", "b", "c"]))
    with c as cluster:
        def again():
            cluster.nodes["c"].process.wait()
            cluster.nodes["c"].start()
            cluster.nodes["c"].wait_ready()
        load = Load(cluster, ["a", "b"], sessions=24)
        try:
            waits, longest = strikes(cluster, load, lambda: cluster.nodes["c"].signal(signal.SIGKILL), again, KILLS)
        finally:
            load.stop()
        a, b = verdict(cluster, load)
        lost, doubled, refused, count = lost + a, doubled + b, refused + load.refused, load.count()
    note = f"{KILLS} times kill -9 of one of three nodes: {len(waits)} {what}"
    report("failover/kill_p50_ms", quantile(waits, 0.5), "ms", 300, note)
    report("failover/kill_p99_ms", quantile(waits, 0.99), "ms", 1000, note)
    report("failover/kill_longest_p50_ms", quantile(longest, 0.5), "ms", 1000,
           f"the longest wait of any session after each of these {KILLS} kills, the middle one")

    hosts = Hosts.possible()
    c = running(lambda: Cluster(sys.argv[1], ["a", "b", "c"], hosts=hosts))
    with c as cluster:
        load = Load(cluster, ["a", "b"], sessions=24)
        try:
            freezes, _ = strikes(cluster, load, lambda: cluster.nodes["c"].signal(signal.SIGSTOP),
                              lambda: cluster.nodes["c"].signal(signal.SIGCONT), max(1, KILLS // 3))
            cuts, _ = strikes(cluster, load, lambda: cluster.hosts.cut("c"), lambda: cluster.hosts.heal("c"),
                              max(1, KILLS // 3)) if hosts else ([], [])
        finally:
            load.stop()
        a, b = verdict(cluster, load)
        lost, doubled, refused, count = lost + a, doubled + b, refused + load.refused, count + load.count()
    if cuts:
        report("failover/cut_p99_ms", quantile(cuts, 0.99), "ms", 2500,
               f"{max(1, KILLS // 3)} times the network of one of three hosts taken away, its store left: {len(cuts)} {what}")
    report("failover/freeze_p99_ms", quantile(freezes, 0.99), "ms", 2500,
           f"{max(1, KILLS // 3)} times SIGSTOP to one of three nodes: {len(freezes)} {what}")
    for name, value in (("lost", lost), ("doubled", doubled), ("refused", refused)):
        report(f"failover/{name}", value, "tasks" if name != "refused" else "requests", 0, f"of {count}")


COUNTERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "cluster", "counters")
BACKUPS = "regions:\n  backups: {near: [far], far: [near]}\n  return: manual\n"


def two_regions(store):
    files = {}
    for folder, _, names in os.walk(COUNTERS):
        for name in names:
            with open(os.path.join(folder, name)) as f:
                files[os.path.relpath(f.name, COUNTERS)] = f.read()
    files["fleet.yaml"] = files["fleet.yaml"].replace("shards: 16", "shards: 8") + BACKUPS
    return Regions(sys.argv[1], {"a": "near", "b": "near", "c": "far", "d": "far", "e": "near"}, files, store=store)


def region_strikes(cluster, talks, strike, times):
    """Does it to the region far again and again: how long each session at home there waited, at the longest."""
    waits = []
    for _ in range(times):
        talks.more(100)
        moment = time.monotonic()
        strike()
        until(lambda: all(cluster.members().get(n.name) == "down" for n in cluster.of("far")), pause=0.1)
        talks.more(200)
        waits += [x * 1000 for x in talks.each_after(moment).values()]
        for node in cluster.of("far"):
            node.signal(signal.SIGKILL)
            node.process.wait()
            node.start()
        for node in cluster.of("far"):
            node.wait_ready()
        until(cluster.all_up)
        assert cluster.nodes["a"].request("POST", "/v1/regions/far/return")[0] == 200
        until(lambda: cluster.region("far", "a")["servedBy"] == "far")
    return waits


def region():
    """A region of two nodes is lost, again and again, while sessions that are at home there are asked in the other one."""
    what = "of each session at home there, asked at the three nodes of the other region; 40 ms each way between them"
    times, few = max(1, KILLS // 3), max(1, KILLS // 6)
    lost = doubled = count = 0

    def tell(name, waits, floor, how):
        report(f"failover/{name}", quantile(waits, 0.99), "ms", floor, f"{how}; p50 {quantile(waits, 0.5):.0f} ms of "
               f"{len(waits)} waits, {what}")

    def all_far(cluster, which):
        for node in cluster.of("far"):
            node.signal(which)

    with running(lambda: two_regions(Postgres)) as cluster:
        talks = Talks(cluster.of("near"), "far", 16)
        try:
            waits = region_strikes(cluster, talks, lambda: all_far(cluster, signal.SIGKILL), times)
            waits += region_strikes(cluster, talks, lambda: all_far(cluster, signal.SIGSTOP), times)
        finally:
            talks.stop()
        a, b = verdict(cluster, talks)
        lost, doubled, count = lost + a, doubled + b, count + talks.count()
    tell("region_p99_ms", waits, 3000, f"both nodes of a region {times} times killed and {times} times frozen, the store in a "
         "third place")

    with running(lambda: two_regions(Pair)) as cluster:
        took = []

        def strike():
            cluster.store.lose()
            all_far(cluster, signal.SIGKILL)
            began = time.monotonic()
            cluster.store.promote()
            took.append((time.monotonic() - began) * 1000)
        talks = Talks(cluster.of("near"), "far", 16)
        waits = []
        try:
            for _ in range(few):
                waits += region_strikes(cluster, talks, strike, 1)
                cluster.store.mend()
        finally:
            talks.stop()
        a, b = verdict(cluster, talks)
        lost, doubled, count = lost + a, doubled + b, count + talks.count()
    tell("region_with_store_p99_ms", waits, 3000, f"both killed {few} times together with the store's primary, whose synchronous "
         f"standby is told at once to take its place and does in {max(took):.0f} ms")
    for name, value in (("region_lost", lost), ("region_doubled", doubled)):
        report(f"failover/{name}", value, "tasks", 0, f"of {count}")


def join():
    """A sixth node joins five under load."""
    c = running(lambda: Cluster(sys.argv[1], ["a", "b", "c", "d", "e"], later=["f"]))
    with c as cluster:
        load = Load(cluster, ["a", "b", "c", "d", "e"], sessions=12)
        try:
            load.more(200)
            began = time.monotonic()
            cluster.nodes["f"] = node = Node(cluster, "f")
            node.wait_ready()
            until(lambda: cluster.members().get("f") == "up")
            up = time.monotonic()
            seen = []
            while time.monotonic() - up < 6:
                seen.append((time.monotonic(), node.orchestrators()))
                time.sleep(0.02)
            share = seen[-1][1]
            took = next(at for at, n in seen if n == share) - up
            whole = next(at for at, n in seen if n == share) - began
            load.more(100)
        finally:
            load.stop()
        verdict(cluster, load)
        refused = load.refused
    report("join/share_ms", took * 1000, "ms", 2000,
           f"from when a sixth node is up to when it serves its {share} of 16 shards, under load; "
           f"{whole * 1000:.0f} ms from the start of its process; {refused} of {load.count()} requests refused, none failed")


def idle():
    """Five nodes that have nothing to do."""
    c = running(lambda: Cluster(sys.argv[1], ["a", "b", "c", "d", "e"]))
    with c as cluster:
        time.sleep(5)
        seconds = 20
        before = {n: x.cpu() for n, x in cluster.nodes.items()}
        time.sleep(seconds)
        each = [100 * (x.cpu() - before[n]) / seconds for n, x in cluster.nodes.items()]
    report("idle/cpu_percent", max(each), "% of a core", 2,
           f"the busiest of five idle nodes over {seconds} s; the mean is {sum(each) / len(each):.2f}; without the "
           "database server")


def scale():
    """Tasks a second of one domain on one, two and three nodes."""
    base = None
    cores = os.cpu_count()
    for nodes in (["a"], ["a", "b"], ["a", "b", "c"]):
        pin = {name: ["taskset", "-c", str(i % cores)] for i, name in enumerate(nodes)}
        c = running(lambda: Cluster(sys.argv[1], nodes, wrap=lambda name: pin[name]))
        with c as cluster:
            load = Load(cluster, nodes, sessions=48)
            try:
                load.more(300)
                cpu = sum(x.cpu() for x in cluster.nodes.values())
                count, began = load.count(), time.monotonic()
                time.sleep(8)
                rate = (load.count() - count) / (time.monotonic() - began)
                spent = (sum(x.cpu() for x in cluster.nodes.values()) - cpu) / max(1, load.count() - count)
            finally:
                load.stop()
            verdict(cluster, load)
        base = base or rate
        report(f"scale/{len(nodes)}", rate, "tasks/s", round(base, 3),
               f"durable tasks of one domain over HTTP from 48 sessions, each node pinned to one of {cores} cores, which "
               f"the client and the database server share; {spent * 1000:.2f} ms of processor time per task in all nodes")


class running:
    """A cluster for the time of a `with`; everything ends with it."""

    def __init__(self, make):
        self.make = make

    def __enter__(self):
        self.cluster = self.make()
        return self.cluster

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.cluster.stop()
        else:
            print(self.cluster.kill(), file=sys.stderr)
        self.cluster.forget()


BENCHES = {f.__name__: f for f in (failover, region, join, idle, scale)}

if __name__ == "__main__":
    for name in sys.argv[2:] or list(BENCHES):
        BENCHES[name]()
