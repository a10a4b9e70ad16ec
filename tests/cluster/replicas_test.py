"""Replicas of an agent: their sessions stay with them, they follow the queue, and they move, on real processes.

    replicas_test.py TROUPE [SCENARIO...]
"""

import collections
import os
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
from cluster_kit import Cluster, Node, chosen, until
from counting_kit import TROUPE, agent, count_up, finish, fleet_of, give_up, join, lose, runs
from load_kit import submit_all

SESSIONS, TURNS = int(os.environ.get("TROUPE_SESSIONS", "200")), int(os.environ.get("TROUPE_TURNS", "8"))

WAITING = 5000  # tasks at once


def owners(cluster, known=()):
    """The instance of each session that has one, as the sessions say it; those that are `known` have one."""
    def instance(session):
        status, said = cluster.nodes["a"].request("GET", f"/v1/sessions/{session}")
        return said["instances"][0] if status == 200 and said["instances"] else None
    seen = {f"s-{i}": until(lambda: instance(f"s-{i}")) if f"s-{i}" in known else instance(f"s-{i}") for i in range(SESSIONS)}
    return {session: x for session, x in seen.items() if x}


def sticky():
    """Sessions count their turns through join, drain and kill: no number is skipped or said twice."""
    sessions, turns = SESSIONS, TURNS
    cluster = Cluster(TROUPE, [], files=fleet_of({"counter": agent("counter", "count.up", "replicas: 4\n")}), later="abcd")
    try:
        join(cluster, "abc")
        wrong, done, through, lock = [], [], ["a", "b"], threading.Lock()

        def talk(i):
            try:
                for turn in range(1, turns + 1):
                    n, _ = count_up(cluster.nodes[through[(i + turn) % 2]], f"s-{i}")
                    if n != turn:
                        raise AssertionError(f"session {i}: {n} instead of {turn}")
                    with lock:
                        done.append(i)
            except BaseException as e:  # noqa: B902
                wrong.append(repr(e))
        threads = [threading.Thread(target=talk, args=(i,)) for i in range(sessions)]
        for t in threads:
            t.start()
        whole = sessions * turns
        until(lambda: len(done) > whole // 5 or wrong)
        first = owners(cluster)
        cluster.nodes["d"] = Node(cluster, "d")
        cluster.nodes["d"].wait_ready()
        until(lambda: len(done) > whole * 2 // 5 or wrong)
        joined = owners(cluster, first)
        away = {r for r, node in runs(cluster).items() if node == "d"}
        cluster.nodes["d"].signal(signal.SIGTERM)
        assert cluster.nodes["d"].process.wait(60) == 0
        until(lambda: len(done) > whole * 3 // 5 or wrong)
        away |= {r for r, node in runs(cluster).items() if node == "c"}
        lose(cluster.nodes["c"])
        for t in threads:
            t.join()
        assert not wrong, wrong[:5]
        last = owners(cluster, joined)
        moved = [s for s in first if joined.get(s) != first[s]]
        changed = [s for s in joined if last.get(s) != joined[s] and joined[s] not in away]
        print(f"  {sessions} sessions of {turns} turns: no number skipped or repeated; {len(moved)} changed their instance "
              f"when a node joined, {len(changed)} later whose instance was on no node that left or was killed")
        assert len(last) == sessions, f"only {len(last)} sessions have an instance"
        assert not moved, moved
        assert not changed, [(s, joined[s], last.get(s)) for s in changed]
        del cluster.nodes["c"], cluster.nodes["d"]
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


def scaled():
    """Replicas follow the queue over the cluster, none is lost when there are fewer, the urgent pass thousands that wait."""
    files = fleet_of({
        "counter": agent("counter", "count.up", "replicas: {min: 1, max: 6, cool_down: 1s, stable: 3s}\nslots: 2\n"
                         f"queue: {WAITING}\ntimeout: 5m\n")})
    # However slow the machine is, nobody gives up what waits.
    files["desk/domain.yaml"] += "timeout: 5m\nstep_timeout: 5m\n"
    cluster = Cluster(TROUPE, [], files=files, later="ab")
    try:
        join(cluster, "ab")

        def replicas():
            return sum(a["state"] == "up" for a in cluster.nodes["a"].agents().values())

        def ended():
            return int(cluster.store.ask("SELECT count(*) FROM troupe.ends"))
        until(lambda: replicas() == 1)
        # They are held until all of them are there and have as many replicas as there may be.
        nodes = list(cluster.nodes.values())
        sent = submit_all(nodes, WAITING, {"skill": "count.up", "text": "x", "priority": "low",
                                           "data": {"held_until": "enough", "work_ms": 3}})
        until(lambda: replicas() == 6)
        spread = collections.Counter(runs(cluster).values())
        assert all(n >= 2 for n in spread.values()) and len(spread) == 2, spread
        # The urgent ones come last, when every slot is taken and thousands wait.
        urgent = submit_all(nodes, 100, {"skill": "count.up", "text": "x", "priority": "urgent", "data": {"work_ms": 3}})
        assert len(set(sent)) == WAITING and ended() == 0, ended()
        open(os.path.join(cluster.fleet, "enough"), "w").close()
        until(lambda: ended() == WAITING + len(urgent), pause=0.1)
        rows = cluster.store.ask("SELECT convert_from(id, 'UTF8'), at FROM troupe.ends ORDER BY at").splitlines()
        ids, times = zip(*(row.split("|") for row in rows))
        last = sorted(ids.index(x) for x in urgent)[98]
        took = [(int(times[i]) - int(times[0])) / 1e6 for i in (last, -1)]
        assert last < len(ids) / 5, f"{last - 98} of {WAITING} that are not urgent had ended before 99 of the urgent ones"
        # While they become fewer, others still ask.
        wrong, more, over = [], [], threading.Event()

        def talk():
            while not over.is_set():
                status, said = nodes[len(more) % 2].post({"skill": "count.up", "text": "x", "data": {"work_ms": 100}})
                if status == 200 and said["status"]["state"] == "completed":
                    more.append(said["id"])
                elif status not in (429, 503):
                    wrong.append((status, said))
        asking = threading.Thread(target=talk)
        asking.start()
        until(lambda: replicas() == 1)
        over.set()
        asking.join()
        assert not wrong, wrong[:3]
        # All that was accepted has ended once, and as those did whose end was seen: completed.
        until(lambda: ended() == WAITING + len(urgent) + len(more))
        assert cluster.store.ask("SELECT count(*) FROM troupe.tasks") == str(ended())
        assert cluster.store.ask("SELECT count(DISTINCT state) FROM troupe.ends") == "1"
        print(f"  1 to 6 replicas and back, {ended()} tasks, none lost; at most {dict(spread)} by node; 99 of 100 urgent ones "
              f"were done after {took[0]:.1f} s, the {WAITING} that had come before after {took[1]:.1f} s")
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


def moving():
    """A replica moves to a node that has joined while calls are under way: they end where they began, and count once."""
    files = fleet_of({"counter": agent("counter", "count.up", "effects: none\nreplicas: 2\nslots: 32\n")})
    # A call that is taken for lost is not made again, so that it shows.
    files["desk/domain.yaml"] += "retry: {max_retries: 0}\n"
    cluster = Cluster(TROUPE, [], files=files, later="ab")
    try:
        join(cluster, "ab")
        a, b = cluster.nodes.values()
        until(lambda: a.orchestrators() + b.orchestrators() == 8 and b.orchestrators())
        # The first node had both replicas; the orchestrators of the second one call them as well.
        assert set(runs(cluster).values()) == {"a"}, runs(cluster)
        sent = submit_all([a, b], 32, {"skill": "count.up", "text": "x", "data": {"held_until": "moved"}})
        until(lambda: set(runs(cluster).values()) == {"a", "b"})
        # For a moment both nodes have it; then it takes nothing new where it was, and ends what it has.
        until(lambda: "draining" in {x["state"] for x in a.get("/v1/agents?node=a")["agents"]})
        until(lambda: len(b.programs()) == 1)
        time.sleep(1)  # for everybody to notice who sits there now
        open(os.path.join(cluster.fleet, "moved"), "w").close()

        def ended():
            """all tasks have ended"""
            tasks = [a.get(f"/v1/tasks/{x}") for x in sent]
            return all(x["status"]["state"] in ("completed", "failed") for x in tasks) and tasks
        wrong = [x["result"]["error"] for x in until(ended) if x["status"]["state"] != "completed"]
        assert not wrong, f"{len(wrong)} of {len(sent)} failed because an agent moved: {wrong[0]}"
        print(f"  {len(sent)} calls were under way while a replica moved, and ended as if it had not")
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


for scenario in chosen(sticky, scaled, moving):
    scenario()
