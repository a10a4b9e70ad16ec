"""What a cluster of real processes does about each failure of the table in docs/failures.md, measured: the lines of that table.

    failures.py TROUPE TROUPE_BENCH [ROW...]

A row fails, and with it the whole run, when something that was accepted is lost or done twice. Of several attempts the
slowest counts. TROUPE_STRIKES says how many those are (5).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "cluster")
sys.path.insert(0, TESTS)
from cluster_bench import region_strikes, two_regions
from cluster_kit import Cluster, Postgres, until
from load_kit import Load, verdict
from namespaces import Hosts
from postgres_pair import Pair
from regions_kit import Talks

TROUPE, BENCH = sys.argv[1:3]
STRIKES = int(os.environ.get("TROUPE_STRIKES", "5"))
ABC = ["a", "b", "c"]


class Troubled(Cluster):
    """Agents that get into the trouble that a task asks for."""

    def make_fleet(self):
        shutil.copytree(os.path.join(TESTS, "troubled"), self.fleet)

    def ask(self, skill, text, node="a", wait="?wait=30s"):
        began = time.monotonic()
        status, said = self.nodes[node].request("POST", f"/v1/tasks{wait}", {"skill": skill, "text": text})
        assert status in (200, 201, 202), (status, said)
        return said, (time.monotonic() - began) * 1000

    def once(self, what):
        """A file that the first who comes to it takes away."""
        path = os.path.join(self.dir, f"{what}-{time.monotonic_ns()}")
        open(path, "w").close()
        return path


def bench(name, figure):
    said = subprocess.run([BENCH, name], check=True, capture_output=True, text=True).stdout
    found = [json.loads(line) for line in said.splitlines()]
    return next(x for x in found if x["name"] == figure)["value"]


def running(cluster, work):
    """What `work` finds out about a cluster, which ends with it."""
    try:
        found = work(cluster)
        cluster.stop()
        return found
    except BaseException:
        print(cluster.kill(), file=sys.stderr)
        raise
    finally:
        cluster.forget()


def strikes(cluster, struck, how, back, times=STRIKES):
    """Does it again and again under load: after how many ms the members knew, and how long requests at the other nodes
    waited."""
    load = Load(cluster, [n for n in cluster.nodes if n not in struck], sessions=12)
    known, waits = [], []
    try:
        for _ in range(times):
            load.more(100)
            moment = time.monotonic()
            how()
            until(lambda: all(cluster.members().get(n) == "down" for n in struck), pause=0.1)
            known.append((time.monotonic() - moment) * 1000)
            load.more(150)
            waits.append(load.longest_after(moment) * 1000)
            back()
            until(cluster.all_up)
            load.more(100)
    finally:
        load.stop()
    verdict(cluster, load)
    return f"known after {max(known):.0f} ms, the last request goes on after {max(waits):.0f} ms, of {load.count()} none lost or doubled"


def each(cluster, names, which):
    for name in names:
        cluster.nodes[name].signal(which)


def begin_again(cluster, names):
    for name in names:
        cluster.nodes[name].process.wait()
        cluster.nodes[name].start()
    for name in names:
        cluster.nodes[name].wait_ready()


def agent_crashes():
    def work(c):
        took = [c.ask("clerk.work", f"crash {c.once('crash')}") for _ in range(STRIKES)]
        assert all(said["status"]["state"] == "completed" for said, _ in took), took
        return max(ms for _, ms in took)
    restart = bench("crash_restart", "crash_restart/p99") / 1000
    return f"an actor of the program again after {restart:.1f} ms; a task whose worker process exits is answered after {running(Troubled(TROUPE, ABC), work):.0f} ms"


def agent_hangs():
    def work(c):
        took = [c.ask("clerk.work", f"hang {c.once('hang')}") for _ in range(STRIKES)]
        assert all(said["status"]["state"] == "completed" for said, _ in took), took
        return max(ms for _, ms in took) - 1000
    return f"answered elsewhere {running(Troubled(TROUPE, ABC), work):.0f} ms after the deadline of 1 s"


def orchestrator_crashes():
    return f"10,000 open tasks taken up again from the journal in {bench('resume', 'resume/10000'):.0f} ms"


def node_dies():
    return running(Cluster(TROUPE, ABC), lambda c: strikes(
        c, ["c"], lambda: each(c, "c", signal.SIGKILL), lambda: begin_again(c, "c")))


def node_freezes():
    return running(Cluster(TROUPE, ABC), lambda c: strikes(
        c, ["c"], lambda: each(c, "c", signal.SIGSTOP), lambda: each(c, "c", signal.SIGCONT)))


def link_cut():
    if not Hosts.possible():
        return "not measured: network namespaces are not permitted here"
    return running(Cluster(TROUPE, ABC, hosts=True), lambda c: strikes(
        c, ["c"], lambda: c.hosts.cut("c"), lambda: c.hosts.heal("c")))


def region_lost():
    def work(c):
        talks = Talks(c.of("near"), "far", 16)
        try:
            waits = region_strikes(c, talks, lambda: each(c, [n.name for n in c.of("far")], signal.SIGKILL), min(3, STRIKES))
        finally:
            talks.stop()
        verdict(c, talks)
        return f"the last session goes on in the other region after {max(waits):.0f} ms, of {talks.count()} none lost or doubled"
    return running(two_regions(Postgres), work)


def outage(cluster, how):
    """Under load; `how` returns when there is a store again."""
    load = Load(cluster, ABC, sessions=12)
    try:
        load.more(100)
        before = cluster.members()
        how()
        back = time.monotonic()
        count = load.count()
        until(lambda: load.count() > count)
        first = (time.monotonic() - back) * 1000
        load.more(200)
        assert cluster.members() == before, cluster.members()
    finally:
        load.stop()
    # What was not accepted is no loss; a task whose acceptance could not be told is there and ends.
    stored = int(cluster.store.ask("SELECT count(*) FROM troupe.tasks"))
    until(lambda: int(cluster.store.ask("SELECT count(*) FROM troupe.ends")) == stored)
    assert stored >= len(set(load.ended)) == len(load.ended), (stored, len(load.ended))
    return f"{first:.0f} ms after that the first answer; {len(load.ended)} answered, {load.refused} refused, none lost or doubled, no member declared dead"


def store_away():
    def how(store):
        store.kill()
        time.sleep(2)  # the outage itself
        store.start()
    return "away for 2 s, then back: " + running(Cluster(TROUPE, ABC), lambda c: outage(c, lambda: how(c.store)))


def primary_lost():
    took = []

    def how(store):
        began = time.monotonic()
        store.lose()
        store.promote()
        took.append((time.monotonic() - began) * 1000)
    said = running(Cluster(TROUPE, ABC, store=Pair), lambda c: outage(c, lambda: how(c.store)))
    return f"the standby was primary {took[0]:.0f} ms after the loss; {said}"


def provider_away():
    def work(c):
        notes, tasks = os.path.join(c.dir, "asked"), 60
        slowest = 0
        for i in range(tasks):
            said, ms = c.ask("hosted.answer", f"away {notes}", node=ABC[i % 3])
            assert said["status"]["state"] == "completed", said
            slowest = max(slowest, ms)
        asked = sum(1 for _ in open(notes))
        return f"{tasks} of {tasks} answered by the next in line, the slowest after {slowest:.0f} ms; the provider was asked {asked} times"
    return running(Troubled(TROUPE, ABC), work)


def all_killed():
    def work(c):
        tasks = [c.ask("clerk.work", "work 0.5", node=ABC[i % 3], wait="")[0]["id"] for i in range(60)]
        each(c, ABC, signal.SIGKILL)
        before = int(c.store.ask("SELECT count(*) FROM troupe.ends"))
        began = time.monotonic()
        begin_again(c, ABC)
        ready = time.monotonic()
        until(lambda: int(c.store.ask("SELECT count(*) FROM troupe.ends")) == len(tasks))
        ends = [c.nodes["a"].get(f"/v1/tasks/{t}")["status"]["state"] for t in tasks]
        assert ends == ["completed"] * len(tasks), ends
        return (f"{len(tasks) - before} of {len(tasks)} accepted tasks were open; nodes ready {ready - began:.1f} s after their start, all "
                f"tasks completed {time.monotonic() - ready:.1f} s later")
    return running(Troubled(TROUPE, ABC), work)


# What the design promises, and what shows it.
ROWS = (
    (agent_crashes, "an agent throws or exits", "at once"),
    (agent_hangs, "an agent hangs", "the deadline"),
    (orchestrator_crashes, "an orchestrator crashes", "at once"),
    (node_dies, "the process of a node dies", "known in 1 s"),
    (node_freezes, "a node freezes", "known in 2 s"),
    (link_cut, "a node's network is cut", "known in 2 s"),
    (region_lost, "all nodes of a region die", "3 s"),
    (store_away, "the store cannot be reached", "at once"),
    (primary_lost, "the store's primary is lost", "promotion + 1 s"),
    (provider_away, "a provider is down", "the first answers"),
    (all_killed, "the whole cluster is killed", "the next start"),
)


def main():
    wanted = sys.argv[3:]
    unknown = set(wanted) - {f.__name__ for f, _, _ in ROWS}
    if unknown:
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(f.__name__ for f, _, _ in ROWS)}")
    print("| fails | at the latest after | measured | row |\n| --- | --- | --- | --- |", flush=True)
    wrong = False
    for f, what, bound in ROWS:
        if wanted and f.__name__ not in wanted:
            continue
        try:
            measured = f()
        except (AssertionError, subprocess.CalledProcessError, StopIteration) as e:
            measured, wrong = f"FAILED: {e!r}", True
        print(f"| {what} | {bound} | {measured} | `{f.__name__}` |", flush=True)
    sys.exit(1 if wrong else 0)


main()
