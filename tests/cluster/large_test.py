"""Answers that no frame between nodes takes: real processes, see cluster_kit.

    large_test.py TROUPE
"""

import re
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
from cluster_kit import Cluster, until

LARGE = 5 << 20
PROGRAM = f"import json, sys; sys.stdin.read(); print(json.dumps(dict(text='x' * {LARGE})))"
FILES = {"wordy/domain.yaml": "domain: wordy\nretry: {max_retries: 0}\nbreaker: {failures: 1000, rate: 0}\n",
         "wordy/agents/talker.yaml": "agent: talker\nkind: subprocess\nskills: [talk.long]\n"
                                     f'subprocess: {{command: [python3, -c, "{PROGRAM}"], mode: once, output_max: 8MiB}}\n'}


def losses(node):
    """How often a node has lost another with all that was under way."""
    with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics", timeout=10) as r:
        return sum(float(x) for x in re.findall(r"^troupe_post_peer_losses_total.* (\S+)$", r.read().decode(), re.M))


def large(cluster):
    nodes = cluster.nodes
    until(lambda: set(cluster.members().values()) == {"up"})
    home = until(lambda: next((a.get("node") for a in nodes["a"].get("/v1/agents")["agents"]
                               if a["name"].startswith("wordy/talker")), None))
    asked = next(node for name, node in nodes.items() if name != home)
    before = {name: losses(node) for name, node in nodes.items()}
    whole, failed = [], []
    for i in range(60):
        began = time.monotonic()
        status, said = asked.post({"domain": "wordy", "skill": "talk.long", "text": "talk", "context_id": f"talk {i}"})
        took = time.monotonic() - began
        assert status == 200 and took < 15, (status, took)
        if said["status"]["state"] == "completed":
            # Its shard is where the agent lives: the answer came from there by way of the store.
            assert len(said["result"]["text"]) == LARGE and "cut" not in said
            whole.append(said["id"])
        else:
            assert said["result"]["error"]["reason"] == "invalid_output", said["result"]["error"]
            failed.append(said["id"])
        if len(whole) > 1 and len(failed) > 1:
            break
    assert whole and failed, (len(whole), len(failed))
    for node in nodes.values():
        for task in whole:
            assert len(node.get(f"/v1/tasks/{task}")["result"]["text"]) == LARGE
            assert node.get(f"/v1/tasks/{task}/history")["events"][-1]["kind"] == "finished"
        for task in failed:
            assert node.get(f"/v1/tasks/{task}")["status"]["state"] == "failed"
        listed = {t["id"] for t in node.get("/v1/tasks?domain=wordy")["tasks"]}
        assert listed >= {*whole, *failed}
    assert {name: losses(node) for name, node in nodes.items()} == before
    print(f"  {len(whole)} answers came whole, {len(failed)} failed by name, and no node lost another")


def main():
    Cluster(sys.argv[1], ["a", "b", "c"], more=FILES).play(large)


main()
