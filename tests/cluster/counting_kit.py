"""A little fleet whose agents count how often they were asked, where they run, and what scenarios do with it."""

import http.client
import json
import sys
import time

from cluster_kit import Node, until

TROUPE = sys.argv[1]

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


def written(cluster):
    """Where each replica of the entry's agents runs: its node, the incarnation of that, how often it was started elsewhere."""
    body = json.loads(cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements"))
    return {r: tuple(x) for r, x in body["runs"].items()}


def runs(cluster):
    return {r: node for r, (node, _, _) in written(cluster).items()}


def join(cluster, names):
    """They join one after the other, so that the first one had everything for a while."""
    for name in names:
        cluster.nodes[name] = Node(cluster, name)
        cluster.nodes[name].wait_ready()
    until(cluster.all_up)


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
