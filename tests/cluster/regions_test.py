"""Where agents and sessions live: labels, regions, loads, on real processes.

    regions_test.py TROUPE [SCENARIO...]
"""

import collections
import http.client
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from cluster_kit import Cluster, Node, submit_all, until  # noqa: E402
from postgres_pair import Pair  # noqa: E402
from regions_kit import Regions  # noqa: E402

TROUPE = sys.argv[1]
SESSIONS, TURNS = int(os.environ.get("TROUPE_SESSIONS", "200")), int(os.environ.get("TROUPE_TURNS", "8"))

COUNTER = '''import json, os, sys, time
for line in sys.stdin:
    call = json.loads(line)
    asked = call["input"] or {}
    while "held_until" in asked and not os.path.exists(asked["held_until"]):
        time.sleep(0.02)
    time.sleep(asked.get("work_ms", 0) / 1000)
    count = (call["context"] or {}).get("count", 0) + 1
    said = {"id": call["id"], "text": str(count), "data": {"context": {"count": count}}}
    print(json.dumps(said), flush=True)
'''

DOMAIN = "domain: desk\ncontext: {count: integer}\n"


def agent(name, skill, more="", kind=None):
    kind = kind or "kind: subprocess\nreads: [count]\nwrites: [count]\nsubprocess: {command: [python3, counter.py]}\n"
    return f"agent: {name}\nskills: [{skill}]\n{kind}{more}"


def rules(text):
    return f"kind: rules\nrules: {{rules: [{{text: '{text}'}}]}}\n"


def fleet_of(agents, top=""):
    """A fleet's files, for `Cluster`."""
    files = {"fleet.yaml": f"fleet: little\nentry: desk\nshards: 8\n{top}", "desk/domain.yaml": DOMAIN,
             "counter.py": COUNTER}
    for name, text in agents.items():
        files[f"desk/agents/{name}.yaml"] = text
    return files


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


def written(cluster):
    """Where each replica of the entry's agents runs: its node, the incarnation of that, how often it was started elsewhere."""
    body = json.loads(cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements"))
    return {r: tuple(x) for r, x in body["runs"].items()}


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


REGIONS = "regions:\n  backups: {eu: [us], us: [eu]}\n  return: %s\n"


def two_regions(back="manual", **more):
    """a, b in eu and c, d in us; 40 ms each way between them."""
    return Regions(TROUPE, {"a": "eu", "b": "eu", "c": "us", "d": "us"},
                   fleet_of({"counter": agent("counter", "count.up", "replicas: 4\n")}, REGIONS % back), **more)


def count_up(node, session, most=40, **more):
    """One turn, asked again as a client does when it is told to come back; gives the count and how long it took."""
    began = time.monotonic()
    key = f"{session}-{began}"
    while True:
        try:
            c = http.client.HTTPConnection("127.0.0.1", node.port, timeout=40)
            c.request("POST", "/v1/tasks?wait=30s",
                      json.dumps({"skill": "count.up", "text": "x", "context_id": session, **more}),
                      {"content-type": "application/json", "idempotency-key": key})
            r = c.getresponse()
            status, said = r.status, json.loads(r.read())
            retry = r.getheader("retry-after")
            c.close()
        except (OSError, http.client.HTTPException, ValueError) as e:
            status, said, retry = 0, repr(e), None
        if status == 200:
            assert said["status"]["state"] == "completed", said
            return int(said["result"]["text"]), time.monotonic() - began
        assert status in (0, 429, 503) and time.monotonic() - began < most, (status, said)
        assert status == 0 or retry, "a refusal without Retry-After"
        time.sleep(0.05)


def regions():
    """A session stays in its region while that lives, goes on in the next one with its context, and returns when told."""
    two = two_regions()
    try:
        nodes = two.nodes
        eu, us = two.of("eu"), two.of("us")
        for n in (*eu, *us):
            count_up(n, f"warm-{n.name}")
        # Within a region nothing waits for the other one.
        took = []
        crossed = two.relays.carried()
        for i in range(100):
            n, took_now = count_up(eu[i % 2], f"eu-{i % 10}")
            assert n == i // 10 + 1, (i, n)
            took.append(took_now)
        crossed = two.relays.carried() - crossed
        took.sort()
        print(f"  100 turns within eu, 80 ms from us: p50 {took[50] * 1000:.1f} ms, p99 {took[98] * 1000:.1f} ms; "
              f"{crossed} bytes crossed meanwhile")
        assert took[50] < 0.04, took
        # Through the other region's door it is the same session, and the way is paid for.
        n, far = count_up(us[0], "eu-0")
        assert n == 11 and far >= 0.08, (n, far)
        # A session that asks for a home gets it.
        n, _ = count_up(eu[0], "asked", home_region="us")
        assert n == 1
        homes = dict(line.split("|") for line in two.store.ask(
            "SELECT convert_from(key, 'UTF8'), convert_from(home, 'UTF8') FROM troupe.homes").splitlines())
        assert homes["asked"] == "us" and homes["eu-0"] == "eu", homes
        assert two.region("us", "c")["carried"], two.region("us", "c")
        # The whole region is lost.
        for n in eu:
            n.process.send_signal(signal.SIGKILL)
        lost = time.monotonic()
        n, _ = count_up(us[0], "eu-1")
        gap = time.monotonic() - lost
        assert n == 11, n
        assert two.region("eu", "c")["servedBy"] == "us"
        print(f"  the region was killed: its session went on elsewhere after {gap:.2f} s")
        for i in range(2, 10):
            assert count_up(us[i % 2], f"eu-{i}")[0] == 11
        assert gap < 5, gap
        # It comes back, and works for itself again when it is told to.
        for n in eu:
            n.process.wait()
            n.start()
        for n in eu:
            n.wait_ready()
        until(lambda: set(two.members().values()) == {"up"})
        assert count_up(eu[0], "eu-1")[0] == 12
        assert two.region("eu", "c")["servedBy"] == "us"
        # It hears within half a second that they are up.
        until(lambda: nodes["c"].request("POST", "/v1/regions/eu/return")[0] == 200)
        until(lambda: two.region("eu", "c")["servedBy"] == "eu")
        assert nodes["c"].request("POST", "/v1/regions/eu/return")[0] == 409
        assert nodes["c"].request("POST", "/v1/regions/mars/return")[0] == 404
        assert count_up(eu[0], "eu-1")[0] == 13
        finish(two)
    except BaseException:
        give_up(two)
        raise


def region_cut():
    """The regions cannot see each other any more: exactly one of them goes on with each session."""
    two = two_regions("{after: 2s}")
    try:
        eu, us = two.of("eu"), two.of("us")
        counts = {}
        for i in range(6):
            counts[f"s-{i}"] = count_up((eu if i % 2 else us)[0], f"s-{i}")[0]
        two.relays.cut()
        until(lambda: sum(s == "up" for s in two.members().values()) == 2)
        up = {name for name, s in two.members().items() if s == "up"}
        side = two.at[next(iter(up))]
        assert {two.at[n] for n in up} == {side}, up
        winner, loser = two.of(side), two.of("us" if side == "eu" else "eu")
        for s in counts:
            n, _ = count_up(winner[0], s)
            assert n == counts[s] + 1, (s, n)
            counts[s] = n
        # The other side takes nothing: it says when to come again.
        c = http.client.HTTPConnection("127.0.0.1", loser[0].port, timeout=40)
        c.request("POST", "/v1/tasks?wait=1s", json.dumps({"skill": "count.up", "text": "x", "context_id": "s-0"}),
                  {"content-type": "application/json"})
        r = c.getresponse()
        assert r.status in (429, 503) and r.getheader("retry-after"), (r.status, r.read())
        r.read()
        c.close()
        two.relays.cut(False)
        until(lambda: set(two.members().values()) == {"up"})
        for s in counts:
            n, _ = count_up(loser[0], s)
            assert n == counts[s] + 1, (s, n)
        until(lambda: all(two.region(r, "c")["servedBy"] == r for r in ("eu", "us")))
        print(f"  {side} went on with all sessions while they were cut; both work for themselves again")
        finish(two)
    except BaseException:
        give_up(two)
        raise


def store_lost():
    """A region is lost together with the store's primary: its sessions go on with the promoted standby."""
    two = two_regions(store=Pair)
    try:
        eu, us = two.of("eu"), two.of("us")
        for i in range(6):
            assert count_up(eu[i % 2], f"s-{i}")[0] == 1
        two.store.lose()
        for n in eu:
            n.process.kill()
        lost = time.monotonic()
        two.store.promote()
        promoted = time.monotonic()
        assert count_up(us[0], "s-0")[0] == 2
        gone = time.monotonic()
        print(f"  the standby was promoted after {promoted - lost:.2f} s, the first session went on {gone - promoted:.2f} s later")
        for i in range(1, 6):
            assert count_up(us[i % 2], f"s-{i}")[0] == 2
        assert two.region("eu", "c")["servedBy"] == "us"
        two.store.mend()
        for n in eu:
            n.process.wait()
            n.start()
        for n in eu:
            n.wait_ready()
        until(two.all_up)
        assert count_up(eu[0], "s-1")[0] == 3
        finish(two)
    except BaseException:
        give_up(two)
        raise


def sticky():
    """Sessions count their turns through join, drain and kill: no number is skipped or said twice."""
    sessions, turns = SESSIONS, TURNS
    cluster = Cluster(TROUPE, [], files=fleet_of({"counter": agent("counter", "count.up", "replicas: 4\n")}), later="abcd")
    try:
        for name in "abc":
            cluster.nodes[name] = Node(cluster, name)
            cluster.nodes[name].wait_ready()
        until(lambda: set(cluster.members().values()) == {"up"})
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


def hierarchy():
    """Three teams, one above the other, on three nodes: the one in the middle is killed in mid-task, and the answer is the same."""
    def team(path, plan):
        name = path.rsplit("/", 1)[-1]
        worker = agent(f"{name}_worker", f"{name}.work", "effects: none\n").replace("reads: [count]\nwrites: [count]\n", "")
        return {f"{path}/domain.yaml": f"domain: {name}\nplans:\n  {name}.do:\n    sequence:\n{plan}",
                f"{path}/agents/{name}_worker.yaml": worker.replace("counter.py", "team.py")}

    def call(name):
        return f"      - call: {{name: own, skill: {name}.work}}\n"

    def down(path):
        return f"      - domain: {{name: below, domain: {path}, skill: {path.rsplit('/', 1)[-1]}.do}}\n"
    # What the work of each level costs, so that every sum of some of them is another number.
    costs = {"desk": 500, "team": 70, "crew": 9}
    files = {"fleet.yaml": "fleet: deep\nentry: desk\nshards: 8\n", "team.py": COUNTER.replace(
        'str(count)', 'call["skill"] + " did it"').replace('"data": {"context": {"count": count}}', '"data": {}, '
        f'"usage": {{"cost_micros": {costs}[call["skill"].split(".")[0]]}}')}
    files |= team("desk", call("desk") + down("desk/team"))
    files |= team("desk/team", call("team") + down("desk/team/crew"))
    files |= team("desk/team/crew", call("crew"))
    cluster = Cluster(TROUPE, [], files=files, later="abc")
    try:
        for name in "abc":
            cluster.nodes[name] = Node(cluster, name)
            cluster.nodes[name].wait_ready()
        until(lambda: set(cluster.members().values()) == {"up"})
        # The first node had all of them; they are evened out when nobody has come or gone for a while.
        where = until(lambda: len(set(all_runs(cluster).values())) == 3 and all_runs(cluster))
        middle = where["desk/team/team_worker"]
        door = cluster.nodes[next(n for n in cluster.nodes if n != middle)]
        ask = {"skill": "desk.do", "text": "x", "data": {"work_ms": 1000}}
        status, calm = door.post(ask)
        assert status == 200 and calm["status"]["state"] == "completed", calm
        # Each level has cost what it did itself and what it had others do.
        levels = {"desk": 579, "desk/team": 79, "desk/team/crew": 9}
        assert level_costs(door, calm) == levels, level_costs(door, calm)
        said = []
        asking = threading.Thread(target=lambda: said.append(door.post(ask)))
        asking.start()
        time.sleep(1.5)  # the first second is the upper team's, the second one the middle's
        lose(cluster.nodes[middle])
        asking.join()
        status, shaken = said[0]
        assert status == 200 and shaken["status"]["state"] == "completed", shaken
        assert answer(shaken) == answer(calm), (answer(shaken), answer(calm))
        # What came of the lost attempt nobody knows; what was done again is charged once, at its level.
        assert level_costs(door, shaken) == levels, level_costs(door, shaken)
        print(f"  {middle} was killed while its team worked: {answer(shaken)!r}, as without, at the same cost of every level")
        del cluster.nodes[middle]
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


def answer(task):
    return task["result"]["text"]


def level_costs(node, task):
    """What the task and those that were delegated for it have cost, by domain, in millionths."""
    def look(span):
        if span["op"] == "task":
            yield span["domain"], span.get("cost_micros", 0)
        for child in span.get("spans", []):
            yield from look(child)
    trace = node.get(f"/v1/tasks/{task['id']}/trace")
    assert trace["usage"]["cost_micros"] == task["result"]["usage"]["cost_micros"], trace["usage"]
    return dict(look(trace["root"]))


def all_runs(cluster):
    out = {}
    for line in cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements").splitlines():
        out |= {r: x[0] for r, x in json.loads(line)["runs"].items()}
    return out


def runs(cluster):
    return {r: node for r, (node, _, _) in written(cluster).items()}


def owners(cluster, known=()):
    """The instance of each session that has one, as the sessions say it; those that are `known` have one."""
    def instance(session):
        status, said = cluster.nodes["a"].request("GET", f"/v1/sessions/{session}")
        return said["instances"][0] if status == 200 and said["instances"] else None
    seen = {f"s-{i}": until(lambda: instance(f"s-{i}")) if f"s-{i}" in known else instance(f"s-{i}") for i in range(SESSIONS)}
    return {session: x for session, x in seen.items() if x}


WAITING = 5000  # tasks at once


def scaled():
    """Replicas follow the queue over the cluster, none is lost when there are fewer, the urgent pass thousands that wait."""
    files = fleet_of({
        "counter": agent("counter", "count.up", "replicas: {min: 1, max: 6, cool_down: 1s, stable: 3s}\nslots: 2\n"
                         f"queue: {WAITING}\ntimeout: 5m\n")})
    # However slow the machine is, nobody gives up what waits.
    files["desk/domain.yaml"] += "timeout: 5m\nstep_timeout: 5m\n"
    cluster = Cluster(TROUPE, [], files=files, later="ab")
    try:
        for name in "ab":
            cluster.nodes[name] = Node(cluster, name)
            cluster.nodes[name].wait_ready()
        until(lambda: set(cluster.members().values()) == {"up"})

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
        for name in "ab":
            cluster.nodes[name] = Node(cluster, name)
            cluster.nodes[name].wait_ready()
        until(cluster.all_up)
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


def lose(node):
    node.process.kill()
    node.process.wait()


def finish(cluster):
    codes = cluster.stop()
    assert set(codes.values()) == {0}, f"a node did not end in order: {codes}"
    cluster.forget()


def give_up(cluster):
    print(cluster.kill(), file=sys.stderr)
    cluster.forget()


SCENARIOS = {f.__name__: f for f in (labelled, regions, region_cut, store_lost, sticky, scaled, hierarchy, moving)}

for name in sys.argv[2:] or list(SCENARIOS):
    print(f"{name}: {SCENARIOS[name].__doc__}", flush=True)
    SCENARIOS[name]()
