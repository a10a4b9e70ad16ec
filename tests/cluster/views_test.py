"""Any node of several shows the whole cluster, takes orders for all of it, and can be drained: real processes, see cluster_kit.

    views_test.py TROUPE [SCENARIO...]
"""

import http.server
import json
import os
import signal
import sys
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
from cluster_kit import Cluster, chosen, until
from load_kit import Load, verdict


def agents_in(tree):
    """`domain/agent#n` and its node, of every agent in a tree; nothing while one is there twice, on its way."""
    found, twice = {}, []

    def look(x, node, above):
        node = x.get("node", node)
        if x["kind"] == "agent":
            name = above.rsplit("/", 1)[0] + "/" + x["id"]
            if name in found:
                twice.append(name)
            found[name] = node
        for child in x["children"]:
            look(child, node, x["id"])
    look(tree, None, "")
    return None if twice else found


def same_everywhere(cluster, look):
    """What `look` gives at each node, once that is something and the same at all."""
    def agreed():
        seen = [look(node) for node in cluster.nodes.values()]
        return all(x and x == seen[0] for x in seen) and seen
    return until(agreed)[0]


def views(cluster):
    """Every node shows the whole cluster, and takes orders for all of it."""
    nodes = cluster.nodes
    until(lambda: set(cluster.members().values()) == {"up"})

    # The tree, the agents and where each of them lives.
    def living(node):
        tree = node.get("/v1/tree")
        listed = {a["name"]: a.get("node") for a in node.get("/v1/agents")["agents"]}
        return not tree["missing"] and agents_in(tree) == listed and listed
    where = same_everywhere(cluster, living)
    if len(set(where.values())) == 1:
        # Whoever was up first has them all, and those that live stay where they are: now they have to go to several.
        first = next(iter(where.values()))
        until(lambda: nodes["a"].request("POST", f"/v1/nodes/{first}/drain")[0] == 200)
        where = same_everywhere(cluster, lambda node: (lambda x: x and first not in x.values() and x)(living(node)))
        nodes["a"].run("nodes", "undrain", first)
    assert {x["id"] for x in nodes["a"].get("/v1/tree")["children"]} == set(nodes)
    assert len(set(where.values())) > 1, f"all agents live at one node: {where}"
    for name, node in nodes.items():
        only = node.get("/v1/agents?node=b")["agents"]
        assert {a["name"] for a in only if a.get("node") == "b"} == {x for x in where if where[x] == "b"}, name
    assert nodes["a"].request("GET", "/v1/tree?node=nobody")[0] == 404

    # A conversation: where it is worked on, what it counted, what was logged of it, wherever one asks.
    for turn in range(9):
        status, said = list(nodes.values())[turn % 3].post(
            {"skill": "hours.tell", "text": "when?", "context_id": "walk"})
        assert status == 200 and said["status"]["state"] == "completed", said
    task = said["id"]
    place = same_everywhere(cluster, lambda node: node.get("/v1/sessions/walk/where"))
    assert place["node"] in nodes and place["since"] and not place["missing"], place
    shards = [f"{d['id']}" for d in nodes[place["node"]].get(f"/v1/tree?node={place['node']}")["children"]]
    assert shards == [place["node"]]
    served = same_everywhere(cluster, lambda node: sum(t["served"] for t in node.get("/v1/agents")["totals"]))
    assert served >= 9, served
    lines = same_everywhere(cluster, lambda node: node.get(f"/v1/logs?task={task}")["lines"])
    assert lines and {x["node"] for x in lines} == {place["node"]}, lines
    merged = nodes["b"].get("/v1/logs?limit=20")
    assert {x["node"] for x in merged["lines"]} == set(nodes) and len(merged["lines"]) == 20
    times = [x["at"] for x in merged["lines"]]
    assert times == sorted(times, reverse=True)
    assert {x["node"] for x in nodes["b"].get("/v1/logs?node=c&limit=5")["lines"]} == {"c"}
    for words in (["tree"], ["agents"], ["logs", "--limit", "5"], ["sessions", "where", "walk"]):
        assert place["node"] in nodes["c"].run(*words) or words[0] == "logs"

    # Each step says where it was decided and where it ran.
    def attempts(span):
        return ([span] if "agent" in span and span["name"].startswith("attempt") else []) + [
            a for inner in span.get("spans", []) for a in attempts(inner)]
    def places(node):
        root = node.get(f"/v1/tasks/{task}/trace")["root"]
        return root["node"], [(a["agent"], a["node"], a["decided_at"]) for a in attempts(root)]
    owner, steps = same_everywhere(cluster, places)
    assert owner == place["node"], owner
    assert steps and all((ran, by) == (where[agent], owner) for agent, ran, by in steps), steps
    ran = steps[-1][1]
    told = nodes["b"].get(f"/v1/tasks/{task}/explain")["steps"]
    assert any(x.get("node") == ran for s in told for x in s["decisions"]), told
    assert f"at {ran}" in nodes["c"].run("trace", task)

    # Who sent what to whom, at whatever node one asks: what led to something comes before it.
    for i, (node, text) in enumerate((n, t) for n in nodes.values() for t in ("when are you open", "count the words: a b")):
        status, said = node.post({"text": text, "context_id": f"recorded {i}"})
        assert status == 200, said
    recorded = nodes["c"].get("/v1/recorder?last=5m&limit=10000")
    assert not recorded["missing"] and {x["node"] for x in recorded["messages"]} == set(nodes), recorded["missing"]
    crossed = {x["trace"] for x in recorded["messages"] if (x["what"], x["kind"]) == ("sent", "run_call")}
    assert crossed, "no call has gone to another node"
    task = next(x["task"] for x in recorded["messages"] if x["kind"] == "submit_task" and x.get("trace") in crossed
                and x["what"] == "told")
    told = same_everywhere(cluster, lambda node: [(x["node"], x["what"], x["kind"]) for x in
                                                  node.get(f"/v1/recorder?last=5m&task={task}")["messages"]])
    # The last one that was told: a shard that is just moving has it sent on.
    asking = [node for node, what, kind in told if (what, kind) == ("told", "submit_task")][-1]
    at = told.index((asking, "sent", "run_call"))
    called = next(node for node, what, kind in told[at:] if (what, kind) == ("arrived", "run_call"))
    way = [(asking, "sent", "run_call"), (called, "arrived", "run_call"), (called, "told", "run_call"),
           (asking, "told", "call_ended")]
    places = [told.index(x, at) for x in way]
    assert asking != called and places == sorted(places), told
    assert "arrived" in nodes["a"].run("recorder", "--last", "5m", "--task", task)

    # Orders from a node where the agent does not live.
    name = next(x for x in where if x.split("/")[1].split("#")[0] == "hours")
    agent, home = name.split("#")[0], where[name]
    other = next(n for n in nodes if n != home)
    replicas = {x: n for x, n in where.items() if x.split("#")[0] == agent}
    for verb, then in (("drain", "draining"), ("return", "up"), ("quarantine", "quarantined"), ("return", "up"),
                       ("restart", "up"), ("stop", "down"), ("start", "up")):
        status, said = nodes[other].request("POST", f"/v1/agents/{agent}/{verb}")
        assert status == 200 and not said["missing"], (verb, said)
        assert {a["name"]: a["node"] for a in said["agents"]} == replicas, (verb, said)

        def state(node):
            shown = {a["state"] for a in node.get("/v1/agents")["agents"] if a["name"] in replicas}
            return shown in ({then}, {"stopped"} if verb == "stop" else {then}) and then
        same_everywhere(cluster, state)
    assert nodes[other].request("POST", "/v1/agents/desk/nobody/drain")[0] == 404

    # What a node that does not answer has to say is named as missing, and nobody waits for it.
    nodes["c"].signal(signal.SIGSTOP)
    os.waitid(os.P_PID, nodes["c"].process.pid, os.WSTOPPED | os.WNOWAIT)  # until the last of its threads has stopped
    began = time.monotonic()
    tree = nodes["a"].get("/v1/tree")
    took = time.monotonic() - began
    nodes["c"].signal(signal.SIGCONT)
    assert [x["node"] for x in tree["missing"]] == ["c"], tree["missing"]
    assert took < 4, took
    until(lambda: set(cluster.members().values()) == {"up"})
    print(f"  {len(where)} agents at {len(set(where.values()))} nodes; a tree without one of the nodes took {took:.2f} s")


def drained(cluster):
    """A node is drained under load through any node, its own door included, and takes its share again."""
    load = Load(cluster, list(cluster.nodes))

    def left(node="c"):
        tree = cluster.nodes["a"].get(f"/v1/tree?node={node}")
        kinds = []

        def look(x):
            kinds.append(x["kind"])
            for child in x["children"]:
                look(child)
        look(tree)
        return kinds.count("agent") + kinds.count("orchestrator")
    try:
        load.more(100)
        assert left() > 0
        began = time.monotonic()
        cluster.nodes["b"].run("nodes", "drain", "c", "--wait", "60")
        took = time.monotonic() - began
        assert left() == 0, "something is left at a node that says it is drained"
        assert cluster.members()["c"] == "up"
        load.more(200)
        assert left() == 0
        # Somebody has to do the work.
        status, said = cluster.nodes["a"].request("POST", "/v1/nodes/b/drain")
        assert status == 200, said
        until(lambda: left("b") == 0)
        assert cluster.nodes["b"].request("POST", "/v1/nodes/a/drain")[0] == 409
        for name in ("b", "c"):
            cluster.nodes["a"].run("nodes", "undrain", name)
        until(lambda: left("b") > 0 and left("c") > 0)
        load.more(200)
    finally:
        load.stop()
    verdict(cluster, load)
    print(f"  {load.count()} tasks, none lost or doubled; {load.refused} refused; the slowest took {load.slowest():.2f} s")
    print(f"  the drain took {took:.1f} s")


class Shaky(http.server.ThreadingHTTPServer):
    """A service behind an agent: what it is asked with the skill `shaky.do` goes wrong until it `works`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.works, self.asked = False, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def files(self):
        return {"shaky/domain.yaml": "domain: shaky\nretry: {max_retries: 0}\n"
                                     "breaker: {failures: 6, rate: 0, cool_down: 2s}\n",
                "shaky/agents/service.yaml": "agent: service\nkind: http\nskills: [steady.do, shaky.do]\n"
                                             f"http: {{url: 'http://127.0.0.1:{self.server_port}/'}}\n"}


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        shaky = call["skill"] == "shaky.do"
        if shaky:
            self.server.asked.append(time.monotonic())
        body = json.dumps({"text": "done"}).encode()
        self.send_response(503 if shaky and not self.server.works else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def breakers(cluster):
    """A circuit breaker is one for all nodes: it counts the failures of all of them, and one probe closes it for all."""
    nodes, service = cluster.nodes, cluster.service
    until(lambda: set(cluster.members().values()) == {"up"})

    def ask(session, skill):
        status, said = nodes["a"].post({"domain": "shaky", "skill": skill, "text": "do", "context_id": session})
        assert status == 200, said
        return said

    # Two sessions that each node works on: none of them alone sees more failures than two.
    sessions = {name: [] for name in nodes}
    for i in range(60):
        said = ask(f"s{i}", "steady.do")
        assert said["status"]["state"] == "completed", said
        # Shards still even out: nobody who reads meanwhile sees that.
        status, trace = nodes["a"].request("GET", f"/v1/tasks/{said['id']}/trace")
        assert status == 200, trace
        at = trace["root"]["node"]
        if len(sessions[at]) < 2:
            sessions[at].append(f"s{i}")
        if all(len(x) == 2 for x in sessions.values()):
            break
    assert all(len(x) == 2 for x in sessions.values()), sessions
    for pair in zip(*sessions.values()):
        for session in pair:
            assert ask(session, "shaky.do")["status"]["state"] == "failed"
    assert len(service.asked) == 6

    def open_at(node):
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics", timeout=10) as r:
            return any(x.startswith("troupe_breaker_open{") and 'name="shaky/service' in x and x.endswith(" 1")
                       for x in r.read().decode().splitlines())
    until(lambda: all(open_at(node) for node in nodes.values()))
    took = time.monotonic() - service.asked[-1]
    assert took < 1, f"it was open everywhere after {took:.2f} s"

    # While it is open nobody asks the service; one call probes it then, and it is closed for all.
    service.works = True
    everybody = [session for pair in sessions.values() for session in pair]
    began = time.monotonic()
    while any(open_at(node) for node in nodes.values()):
        assert time.monotonic() - began < 20, "it does not close"
        for session in everybody:
            ask(session, "shaky.do")
    rested = service.asked[6] - service.asked[5]
    assert rested > 1.9, f"the service was asked after {rested:.2f} s"
    for session in everybody:
        assert ask(session, "shaky.do")["status"]["state"] == "completed"
    print(f"  open at {len(nodes)} nodes after {took:.2f} s, closed after {time.monotonic() - service.asked[5]:.1f} s")


for scenario in chosen(views, drained, breakers):
    service = Shaky() if scenario is breakers else None
    cluster = Cluster(sys.argv[1], ["a", "b", "c"], more=service.files() if service else {})
    cluster.service = service
    cluster.play(scenario)
