"""Three nodes on one PostgreSQL whose agents ask a simulated provider of language models, within limits."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))
from cluster_kit import Cluster, until

OVER = ("completed", "failed", "canceled", "rejected")


class Models:
    """`troupe sim-llm`: it counts what it is asked."""

    def __init__(self, troupe, folder, script):
        self.port_file = os.path.join(folder, "models.port")
        path = os.path.join(folder, "models.yaml")
        with open(path, "w") as f:
            f.write(script)
        self.process = subprocess.Popen([troupe, "sim-llm", "--script", path, "--port", "0", "--port-file", self.port_file],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port = until(lambda: os.path.exists(self.port_file) and int(open(self.port_file).read().split(":")[-1] or 0))

    def stats(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats", timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def files(port, limits, models="", agent=""):
    return {
        "fleet.yaml": f"""fleet: budgets
entry: desk
shards: 8
providers:
  main: {{api: openai, url: "http://127.0.0.1:{port}/v1", key: "${{secret:MODELS_KEY:-}}"}}
models:
  large: {{provider: main, model: sim-large, context: 32000, max_output: 200, input_price: 3, output_price: 15}}
  small: {{provider: main, model: sim-small, context: 32000, max_output: 200, input_price: 0.15, output_price: 0.6}}
budgets: {limits}
""",
        "desk/domain.yaml": "domain: desk\ntimeout: 2m\nstep_timeout: 60s\nretry: {max_retries: 0}\n",
        "desk/agents/writer.yaml": "agent: writer\nkind: llm\nskills: [write]\nreplicas: 6\nslots: 200\nqueue: 5000\n"
                                   f"timeout: 60s\nllm: {{model: large, fallback_models: [small], prompt: [writer.md]}}\n{agent}",
        "desk/agents/clerk.yaml": "agent: clerk\nkind: llm\nskills: [advise]\nslots: 20\ntimeout: 60s\nllm: {model: large, "
                                  "prompt: [writer.md], simple: {model: small, below: 0.4, sure_at: 0.7}}\n",
        "desk/writer.md": "You write one sentence about what you are asked.\n",
    }


SCRIPT = """seed: 3
latency: {median: 150ms, p99: 900ms}
answers:
  - {match: 'my address', text: "Perhaps.", confidence: 0.4}
  - {match: '.', text: "That is a parcel.", confidence: 0.9}
"""


class Fleet:
    """Nodes and models; ends with a `with`."""

    def __init__(self, troupe, folder, limits, nodes=("a", "b", "c"), script=SCRIPT):
        self.troupe, self.folder, self.limits, self.names, self.script = troupe, folder, limits, nodes, script

    def __enter__(self):
        self.models = Models(self.troupe, self.folder, self.script)
        self.cluster = Cluster(self.troupe, list(self.names), files=files(self.models.port, self.limits))
        # Every replica has its place before the load comes.
        until(lambda: all(a["state"] == "up" for a in self.cluster.nodes["a"].get("/v1/agents")["agents"]))
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.cluster.stop()
        else:
            print(self.cluster.kill(), file=sys.stderr)
        self.cluster.forget()
        self.models.stop()

    def submit_all(self, count, at, workers=32):
        """Submits so many tasks at these nodes, as fast as they are accepted; their ids, each with its node."""
        ids, lock, todo = [], threading.Lock(), list(range(count))

        def worker():
            while True:
                with lock:
                    if not todo:
                        return
                    n = todo.pop()
                node = self.cluster.nodes[at[n % len(at)]]
                try:
                    status, said = node.request("POST", "/v1/tasks", {"skill": "write", "text": f"Parcel {n}, please.",
                                                                      "customer": {"id": f"c{n % 7}"}})
                except OSError:
                    continue
                if status in (200, 201, 202):
                    with lock:
                        ids.append(said["id"])
        threads = [threading.Thread(target=worker) for _ in range(workers)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return ids

    def ended(self, ids, at="a"):
        """How all of them have ended, by state; of those that failed the reasons."""
        states, reasons, left = {}, {}, set(ids)
        node = self.cluster.nodes[at]

        def look():
            """all tasks have ended"""
            for id in list(left):
                status, task = node.request("GET", f"/v1/tasks/{id}")
                if status != 200 or task["status"]["state"] not in OVER:
                    return False
                left.discard(id)
                state = task["status"]["state"]
                states[state] = states.get(state, 0) + 1
                why = ((task.get("result") or {}).get("error") or {}).get("reason", "")
                reasons[why] = reasons.get(why, 0) + 1
            return True
        until(look, 180, pause=0.2)
        return states, reasons
