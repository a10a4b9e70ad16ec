"""Where agents and sessions live: labels, regions, loads, on real processes.

    regions_test.py TROUPE [SCENARIO...]

Regions need two views of the same names, one for each side, so that what crosses between them goes through a proxy that
delays it: each region's nodes run in a mount namespace with a hosts file of its own. That takes root; without it the
scenarios of regions say so and end.
"""

import asyncio
import collections
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from cluster_kit import Cluster, Node, free_port, until  # noqa: E402

TROUPE = sys.argv[1]

COUNTER = '''import json, os, sys, time
for line in sys.stdin:
    call = json.loads(line)
    time.sleep((call["input"] or {}).get("work_ms", 0) / 1000)
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


class Place(Node):
    """A node with labels, a region, and perhaps a hosts file of its region's."""

    def __init__(self, cluster, name, more=(), region=None):
        self.more, self.region = list(more), region
        super().__init__(cluster, name)

    def command(self):
        line = super().command() + self.more
        if self.region is None:
            return line
        line += ["--region", self.region]
        line += ["--advertise", f"{self.name}.troupe.test:{self.link}"]
        hosts = os.path.join(self.cluster.dir, f"hosts.{self.region}")
        return ["unshare", "--mount", "sh", "-c", f"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh"] + line

    def ask(self, path, method="GET"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            c.request(method, path)
            r = c.getresponse()
            return r.status, json.loads(r.read())
        finally:
            c.close()

    def agents(self):
        return {a["name"]: a for a in self.ask("/v1/agents")[1]["agents"]}

    def kill(self):
        self.process.kill()
        self.process.wait()


def leaves(tree):
    for child in tree["children"]:
        yield child
        yield from leaves(child)


def labelled():
    """Agents run where their labels are offered, wait where none is, and move when their node is lost."""
    cluster = Cluster(TROUPE, [], files=fleet_of({
        "plain": agent("plain", "say.plain", "replicas: 6\n", rules("plain")),
        "heavy": agent("heavy", "say.heavy", "placement: {labels: [gpu], amounts: {memory_mb: 500}}\n", rules("heavy"))}),
        later="abcg")
    nodes = cluster.nodes
    try:
        for name in "abc":
            nodes[name] = Place(cluster, name, ["--label", "memory_mb=400"])
        for n in nodes.values():
            n.wait_ready()
        for n in nodes.values():
            until(lambda: n.agents()["desk/heavy"].get("why") == "3 nodes lack the label gpu")
            assert n.agents()["desk/heavy"]["state"] == "unplaced"
        shown = [x for n in nodes.values() for x in leaves(n.ask("/v1/tree")[1]) if x["state"] == "unplaced"]
        assert [x["id"] for x in shown] == ["heavy"], shown
        assert any("agent desk/heavy runs nowhere" in open(n.log).read() for n in nodes.values())
        # It starts when somebody joins who offers what it needs.
        nodes["g"] = Place(cluster, "g", ["--label", "gpu=1", "--label", "memory_mb=900"])
        until(lambda: cluster.members().get("g") == "up")
        joined = time.monotonic()
        until(lambda: nodes["a"].agents()["desk/heavy"]["state"] == "up")
        took = time.monotonic() - joined
        status, said = nodes["a"].post({"skill": "say.heavy", "text": "x"})
        assert status == 200 and said["status"]["state"] == "completed", said
        print(f"  a fitting node joined: its agent was up elsewhere's view after {took:.2f} s")
        assert took < 2, took
        # With the node the agent is lost, and only that one.
        nodes["g"].kill()
        until(lambda: nodes["a"].agents()["desk/heavy"]["state"] == "unplaced")
        where = json.loads(cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements"))["runs"]
        lost = [r for r, (node, _, _) in where.items() if node == "c"]
        assert lost, where
        nodes["c"].kill()
        until(lambda: cluster.members().get("c") == "down")
        until(lambda: all(a["state"] == "up" for name, a in nodes["a"].agents().items() if "plain" in name), 5)

        def written():
            return json.loads(cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements"))["runs"]
        until(lambda: all(written()[r][0] in "ab" for r in lost), 5)
        for r, (node, _, restarts) in written().items():
            if r in lost:
                assert restarts == where[r][2] + 1, (r, restarts)
            elif "plain" in r and where[r][0] in "ab":
                assert node == where[r][0] and restarts == where[r][2], (r, node, where[r])
        del nodes["g"], nodes["c"]
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


class Proxy:
    """Carries bytes to a port, each way later by `delay`, in a thread of its own."""

    def __init__(self, host, port, to, delay):
        self.delay, self.to, self.carried, self.loop = delay, to, 0, asyncio.new_event_loop()
        self.writers, self.cut = set(), False
        self.server = self.loop.run_until_complete(asyncio.start_server(self.accept, host, port))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def accept(self, reader, writer):
        if self.cut:
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        self.writers |= {writer, far_writer}
        await asyncio.gather(self.pipe(reader, far_writer), self.pipe(far_reader, writer))
        self.writers -= {writer, far_writer}

    async def pipe(self, reader, writer):
        line = asyncio.Queue()

        async def write():
            while True:
                due, data = await line.get()
                await asyncio.sleep(max(0, due - self.loop.time()))
                if not data:
                    return
                writer.write(data)
        late = self.loop.create_task(write())
        try:
            while data := await reader.read(65536):
                self.carried += len(data)
                line.put_nowait((self.loop.time() + self.delay, data))
        except OSError:
            pass
        line.put_nowait((self.loop.time() + self.delay, b""))
        try:
            await late
        except OSError:
            pass
        writer.close()

    def set_cut(self, cut):
        """Ends what goes through, and takes nothing new until it is healed."""
        def now():
            self.cut = cut
            if cut:
                for w in self.writers:
                    w.transport.abort()
        self.loop.call_soon_threadsafe(now)


REGIONS = "regions:\n  backups: {eu: [us], us: [eu]}\n  return: %s\n"


class TwoRegions:
    """a, b in eu and c, d in us; 40 ms each way between them."""

    def __init__(self, back="manual", delay=0.04):
        self.cluster = Cluster(TROUPE, [], files=fleet_of(
            {"counter": agent("counter", "count.up", "replicas: 4\n")}, REGIONS % back), later="abcd")
        self.at = {"a": "eu", "b": "eu", "c": "us", "d": "us"}
        places, self.proxies = {}, {}
        for name, region in self.at.items():
            places[name] = Place.__new__(Place)
            places[name].link = free_port()
        for region in ("eu", "us"):
            with open(os.path.join(self.cluster.dir, f"hosts.{region}"), "w") as f:
                f.write("127.0.0.1 localhost\n")
                for i, (name, home) in enumerate(self.at.items()):
                    f.write(f"{'127.0.0.1' if home == region else f'127.0.1.{i + 1}'} {name}.troupe.test\n")
        for i, name in enumerate(self.at):
            link = places[name].link
            self.proxies[name] = Proxy(f"127.0.1.{i + 1}", link, link, delay)
        for name, region in self.at.items():
            place = places[name]
            place.more, place.region = [], region
            place.prepare(self.cluster, name)
            self.cluster.nodes[name] = place
        try:
            for n in self.cluster.nodes.values():
                n.wait_ready()
            until(lambda: set(self.cluster.members().values()) == {"up"})
            until(lambda: len(self.region("eu")["nodes"]) == 2 and len(self.region("us")["nodes"]) == 2)
        except BaseException:
            give_up(self.cluster)
            raise

    def of(self, region):
        return [n for name, n in self.cluster.nodes.items() if self.at[name] == region]

    def region(self, name, by="c"):
        said = self.cluster.nodes[by].ask("/v1/regions")[1]
        return next(r for r in said["regions"] if r["name"] == name)


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


def root_only():
    if os.geteuid() != 0:
        print("  not tried: it takes root to give each region a hosts file of its own")
        return False
    return True


def regions():
    """A session stays in its region while that lives, goes on in the next one with its context, and returns when told."""
    if not root_only():
        return
    two = TwoRegions()
    try:
        nodes = two.cluster.nodes
        eu, us = two.of("eu"), two.of("us")
        for n in (*eu, *us):
            count_up(n, f"warm-{n.name}")
        # Within a region nothing waits for the other one.
        took = []
        crossed = sum(p.carried for p in two.proxies.values())
        for i in range(100):
            n, took_now = count_up(eu[i % 2], f"eu-{i % 10}")
            assert n == i // 10 + 1, (i, n)
            took.append(took_now)
        crossed = sum(p.carried for p in two.proxies.values()) - crossed
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
        homes = dict(line.split("|") for line in two.cluster.store.ask(
            "SELECT convert_from(key, 'UTF8'), convert_from(home, 'UTF8') FROM troupe.homes").splitlines())
        assert homes["asked"] == "us" and homes["eu-0"] == "eu", homes
        assert two.region("us")["carried"], two.region("us")
        # The whole region is lost.
        for n in eu:
            n.process.send_signal(signal.SIGKILL)
        lost = time.monotonic()
        n, _ = count_up(us[0], "eu-1")
        gap = time.monotonic() - lost
        assert n == 11, n
        assert two.region("eu")["servedBy"] == "us"
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
        until(lambda: set(two.cluster.members().values()) == {"up"})
        assert count_up(eu[0], "eu-1")[0] == 12
        assert two.region("eu")["servedBy"] == "us"
        status, said = nodes["c"].ask("/v1/regions/eu/return", "POST")
        assert status == 200, said
        until(lambda: two.region("eu")["servedBy"] == "eu")
        assert nodes["c"].ask("/v1/regions/eu/return", "POST")[0] == 409
        assert nodes["c"].ask("/v1/regions/mars/return", "POST")[0] == 404
        assert count_up(eu[0], "eu-1")[0] == 13
        finish(two.cluster)
    except BaseException:
        give_up(two.cluster)
        raise


def region_cut():
    """The regions cannot see each other any more: exactly one of them goes on with each session."""
    if not root_only():
        return
    two = TwoRegions("{after: 2s}")
    try:
        eu, us = two.of("eu"), two.of("us")
        counts = {}
        for i in range(6):
            counts[f"s-{i}"] = count_up((eu if i % 2 else us)[0], f"s-{i}")[0]
        for p in two.proxies.values():
            p.set_cut(True)
        until(lambda: sum(s == "up" for s in two.cluster.members().values()) == 2)
        up = {name for name, s in two.cluster.members().items() if s == "up"}
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
        for p in two.proxies.values():
            p.set_cut(False)
        until(lambda: set(two.cluster.members().values()) == {"up"})
        for s in counts:
            n, _ = count_up(loser[0], s)
            assert n == counts[s] + 1, (s, n)
        until(lambda: all(two.region(r)["servedBy"] == r for r in ("eu", "us")))
        print(f"  {side} went on with all sessions while they were cut; both work for themselves again")
        finish(two.cluster)
    except BaseException:
        give_up(two.cluster)
        raise


def sticky():
    """Sessions count their turns through join, drain and kill: no number is skipped or said twice."""
    sessions, turns = int(os.environ.get("TROUPE_SESSIONS", "40")), int(os.environ.get("TROUPE_TURNS", "20"))
    cluster = Cluster(TROUPE, [], files=fleet_of({"counter": agent("counter", "count.up", "replicas: 4\n")}), later="abcd")
    try:
        for name in "abc":
            cluster.nodes[name] = Place(cluster, name)
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
        cluster.nodes["d"] = Place(cluster, "d")
        cluster.nodes["d"].wait_ready()
        until(lambda: len(done) > whole * 2 // 5 or wrong)
        joined = owners(cluster)
        cluster.nodes["d"].signal(signal.SIGTERM)
        assert cluster.nodes["d"].process.wait(60) == 0
        until(lambda: len(done) > whole * 3 // 5 or wrong)
        lost = {r for r, node in runs(cluster).items() if node == "c"}
        cluster.nodes["c"].kill()
        for t in threads:
            t.join()
        assert not wrong, wrong[:5]
        last = owners(cluster)
        moved = [s for s in first if joined.get(s) != first[s]]
        changed = [s for s in joined if last.get(s) != joined[s] and joined[s] not in lost]
        print(f"  {sessions} sessions of {turns} turns: no number skipped or repeated; {len(moved)} changed their instance "
              f"when a node joined, {len(changed)} later whose instance was not on the killed node")
        assert not moved, moved
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
    files = {"fleet.yaml": "fleet: deep\nentry: desk\nshards: 8\n", "team.py": COUNTER.replace(
        'str(count)', 'call["skill"] + " did it"').replace('"data": {"context": {"count": count}}', '"data": {}')}
    files |= team("desk", call("desk") + down("desk/team"))
    files |= team("desk/team", call("team") + down("desk/team/crew"))
    files |= team("desk/team/crew", call("crew"))
    cluster = Cluster(TROUPE, [], files=files, later="abc")
    try:
        for name in "abc":
            cluster.nodes[name] = Place(cluster, name)
            cluster.nodes[name].wait_ready()
        until(lambda: set(cluster.members().values()) == {"up"})
        where = all_runs(cluster)
        assert len(set(where.values())) == 3, f"the three teams are not on three nodes: {where}"
        middle = where["desk/team/team_worker"]
        door = cluster.nodes[next(n for n in cluster.nodes if n != middle)]
        ask = {"skill": "desk.do", "text": "x", "data": {"work_ms": 1000}}
        status, calm = door.post(ask)
        assert status == 200 and calm["status"]["state"] == "completed", calm
        said = []
        asking = threading.Thread(target=lambda: said.append(door.post(ask)))
        asking.start()
        time.sleep(1.5)  # the first second is the upper team's, the second one the middle's
        cluster.nodes[middle].kill()
        asking.join()
        status, shaken = said[0]
        assert status == 200 and shaken["status"]["state"] == "completed", shaken
        assert answer(shaken) == answer(calm), (answer(shaken), answer(calm))
        print(f"  {middle} was killed while its team worked: {answer(shaken)!r}, as without")
        del cluster.nodes[middle]
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


def answer(task):
    return task["result"]["text"]


def all_runs(cluster):
    out = {}
    for line in cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements").splitlines():
        out |= {r: x[0] for r, x in json.loads(line)["runs"].items()}
    return out


def runs(cluster):
    body = json.loads(cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements"))
    return {r: x[0] for r, x in body["runs"].items()}


def owners(cluster):
    """The instance of each session, as the sessions say it."""
    out = {}
    node = cluster.nodes["a"]
    for i in range(int(os.environ.get("TROUPE_SESSIONS", "40"))):
        status, said = node.ask(f"/v1/sessions/s-{i}")
        if status == 200 and said["instances"]:
            out[f"s-{i}"] = said["instances"][0]
    return out


def scaled():
    """Replicas follow the queue over the cluster, and nothing is lost when there are fewer of them."""
    cluster = Cluster(TROUPE, [], files=fleet_of({
        "counter": agent("counter", "count.up", "replicas: {min: 1, max: 6, cool_down: 1s, stable: 3s}\nslots: 2\n")}),
        later="ab")
    try:
        for name in "ab":
            cluster.nodes[name] = Place(cluster, name)
            cluster.nodes[name].wait_ready()
        until(lambda: set(cluster.members().values()) == {"up"})

        def replicas():
            return sum(a["state"] == "up" for a in cluster.nodes["a"].agents().values())
        until(lambda: replicas() == 1)
        wrong, most, ended, over = [], [1], [], threading.Event()

        def talk(i):
            while not over.is_set():
                status, said = cluster.nodes["ab"[i % 2]].post(
                    {"skill": "count.up", "text": "x", "data": {"work_ms": 100}})
                if status == 200 and said["status"]["state"] == "completed":
                    ended.append(1)
                elif status not in (429, 503):
                    wrong.append((status, said))
        threads = [threading.Thread(target=talk, args=(i,)) for i in range(16)]
        for t in threads:
            t.start()
        until(lambda: replicas() == 6)
        spread = collections.Counter(runs(cluster).values())
        over.set()
        for t in threads:
            t.join()
        # While they become fewer, others still ask.
        over.clear()
        threads = [threading.Thread(target=talk, args=(0,))]
        threads[0].start()
        until(lambda: replicas() == 1)
        over.set()
        threads[0].join()
        assert not wrong, wrong[:3]
        assert all(n >= 2 for n in spread.values()) and len(spread) == 2, spread
        print(f"  1 to 6 replicas and back, {len(ended)} tasks, none lost; at most {dict(spread)} by node")
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


def finish(cluster):
    codes = cluster.stop()
    assert set(codes.values()) == {0}, f"a node did not end in order: {codes}"
    cluster.forget()


def give_up(cluster):
    for node in cluster.nodes.values():
        node.process.kill()
        print(f"--- {node.name}\n" + open(node.log).read()[-4000:], file=sys.stderr)
    if cluster.store:
        cluster.store.server.kill()


SCENARIOS = {f.__name__: f for f in (labelled, regions, region_cut, sticky, scaled, hierarchy)}

for name in sys.argv[2:] or list(SCENARIOS):
    print(f"{name}: {SCENARIOS[name].__doc__}", flush=True)
    SCENARIOS[name]()
