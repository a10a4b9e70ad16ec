"""One fleet over five hosts in two regions, and a store on a sixth: network namespaces of this machine, joined by a bridge.

    hosts_test.py TROUPE SKEW [SCENARIO...]      without names: one of each kind

SKEW is a library that shifts the wall clock of the process it is loaded into.

A load runs all the time. Its sessions count their messages in their context, and each client knows what the next answer has
to say. At the end the store is asked what became of each task, and compared with what the clients have written down.

Needs root and the permission to make network namespaces; where those are missing it says so and ends with code 77.
"""

import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
from hosts_kit import NORTH, SOUTH, STORE, Cluster, Load, permitted, run, until

SKIP = 77
CUT_BOUND = 5  # seconds until the smaller side of a cut is out: 2.5 on a calm machine


def killed(cluster, load):
    """kill -9 of a node"""
    node = cluster.nodes["n2"]
    node.process.kill()
    node.process.wait()
    cluster.down("n2")
    load.more(60)
    node.start()
    node.wait_ready()


def frozen(cluster, load):
    """kill -STOP of a node, which wakes up when others have taken its place"""
    cluster.nodes["n4"].process.send_signal(signal.SIGSTOP)
    cluster.down("n4")
    load.more(60)
    cluster.nodes["n4"].process.send_signal(signal.SIGCONT)


def unplugged(cluster, load):
    """a node's cable is out: no other node and no store can be reached from it"""
    cluster.network.unplug("n3")
    cluster.down("n3")
    load.more(60)
    cluster.network.unplug("n3", on=False)


def cut(cluster, load):
    """every packet between two nodes is dropped; both reach the store and all others"""
    cluster.network.drop(["n1"], ["n5"])
    load.more(150)
    cluster.network.mend()


def one_side_goes_on(cluster, load, side, out, knows=False):
    """After a cut: one side is the cluster soon, and whoever is out takes nothing and says when to come again. If it `knows` that
    it is out, because it reaches the store, it serves nothing either."""
    began = time.monotonic()

    def side_alone():
        """one side is the cluster"""
        return {n for n, state in cluster.states().items() if state == "up"} == set(side)
    until(side_alone)
    took = time.monotonic() - began
    print(f"  the other side was out after {took:.2f} s", flush=True)
    assert took < CUT_BOUND, took
    if knows:
        until(lambda: all(cluster.nodes[n].shards() == 0 for n in out))
    for name in out:
        def refuses():
            """who is out says so; until it has noticed that the store does not answer, nothing at all"""
            try:
                status, said = cluster.nodes[name].ask("POST", "/v1/tasks?wait=5s", {"skill": "session.count", "text": "x"})
            except OSError:
                return False
            assert status in (429, 503), (name, status, said)
            return True
        until(refuses)
    load.more(60)
    cluster.network.mend()


def regions_cut(cluster, load):
    """every packet between the regions is dropped; the store is in a third place that both reach"""
    cluster.network.drop(NORTH, SOUTH)
    one_side_goes_on(cluster, load, NORTH, SOUTH, knows=True)


def store_in_region(cluster, load):
    """every packet between the regions is dropped, and the store stands in the smaller one"""
    load.away = set(NORTH)
    cluster.network.drop(NORTH, (*SOUTH, STORE))
    one_side_goes_on(cluster, load, SOUTH, NORTH)
    load.away = set()


def store_restarted(cluster, load):
    """the store crashes and comes back; members do not declare each other dead"""
    def all_up():
        return set(cluster.states().values()) == {"up"}
    until(all_up)
    before = cluster.states()
    cluster.store.crash()
    time.sleep(1.5)  # the outage itself
    cluster.store.start()
    load.more(60)
    assert cluster.states() == before, cluster.states()


def full_disk(cluster, load):
    """the disk that a node keeps its logs on is full from its start to its end"""
    node = cluster.nodes["n5"]
    node.process.send_signal(signal.SIGTERM)
    assert node.process.wait(60) == 0
    shutil.rmtree(node.data)
    node.data.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=2m", "none", node.data)
    cluster.mounts.append(node.data)
    node.start()
    node.wait_ready()
    try:
        with open(node.data / "ballast", "wb") as f:
            while True:
                f.write(b"x" * 65536)
                f.flush()
    except OSError:
        pass  # full; perhaps before the first byte of ours, as the node logs as well
    cluster.whole()
    load.more(150)
    assert node.process.poll() is None, "a full disk of its own ended the node"
    (node.data / "ballast").unlink(missing_ok=True)


def store_full(cluster, load):
    """the store's disk fills up under load, and has room again later"""
    ballast = cluster.store.dir / "data/ballast"
    with open(ballast, "wb") as f:
        try:
            while True:
                f.write(b"x" * (1 << 20))
                f.flush()
        except OSError:
            pass
    time.sleep(8)  # the outage itself: nothing can be stored, or the server is down
    ballast.unlink()
    if cluster.store.server.poll() is not None:
        cluster.store.start()
    load.more(100)


NORMAL = (killed, frozen, unplugged, cut, regions_cut, store_in_region, store_restarted, full_disk)
ALL = {f.__name__: f for f in (*NORMAL, store_full)}


def verdict(cluster, load):
    assert not load.wrong, f"{len(load.wrong)} went wrong: {load.wrong[:5]}"
    rows = cluster.store.ask("SELECT convert_from(t.idempotency, 'UTF8'), encode(t.id, 'escape'), e.id IS NOT NULL"
                             " FROM troupe.tasks t LEFT JOIN troupe.ends e ON e.key = t.key AND e.id = t.id")
    stored = [line.split("|") for line in rows.splitlines()]
    keys = [key for key, _, _ in stored]
    assert len(set(keys)) == len(keys), "two tasks for one message"
    assert set(keys) == set(load.ended), set(keys) ^ set(load.ended)
    assert all(ended == "t" for _, _, ended in stored), "a task has not ended"
    assert len(load.failed) <= len(stored) // 100, f"{len(load.failed)} of {len(stored)} failed: {load.failed[:5]}"
    load.waits.sort()
    half, worst = load.waits[len(load.waits) // 2], load.waits[len(load.waits) * 99 // 100]
    print(f"  {len(stored)} messages counted, none skipped, repeated or lost; {len(load.failed)} failed; {load.refused} sent again; waits: half within "
          f"{half * 1000:.0f} ms, 99 % within {worst * 1000:.0f} ms, the longest {load.waits[-1]:.1f} s", flush=True)


def main():
    why = permitted()
    if why:
        print("skipped: " + why)
        sys.exit(SKIP)
    wanted = [ALL[name] for name in sys.argv[3:]] or list(NORMAL)
    # One node's clock is an hour ahead, another's ten minutes behind, all the time.
    cluster = None
    try:
        cluster = Cluster()
        cluster.begin({"n3": 3600, "n5": -600})
        load = Load(cluster)
        try:
            load.more(60)
            for scenario in wanted:
                began = time.monotonic()
                print(f"{scenario.__name__}: {scenario.__doc__}", flush=True)
                scenario(cluster, load)
                cluster.whole()
                load.more(60)
                print(f"  {time.monotonic() - began:.1f} s", flush=True)
        finally:
            load.stop()
        verdict(cluster, load)
        codes = cluster.stop()
        assert set(codes.values()) == {0}, f"a node did not end in order: {codes}"
    except BaseException:
        if cluster:
            for node in cluster.nodes.values():
                print(f"--- {node.name}\n" + node.log.read_text()[-3000:], file=sys.stderr)
        raise
    finally:
        if cluster:
            cluster.forget()


main()
