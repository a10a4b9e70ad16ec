"""A crowd of agents with one language model behind one key, on three nodes, against `troupe sim-llm`."""

import asyncio
import json
import os
import subprocess
import time
import urllib.request

from cluster_kit import Cluster, until


class Models:
    """`troupe sim-llm` with these words more."""

    def __init__(self, troupe, folder, script, key="crowd-key"):
        self.key = key
        with open(os.path.join(folder, "answers.yaml"), "w") as f:
            f.write(script)
        port = os.path.join(folder, "models.port")
        with open(os.path.join(folder, "models.log"), "w") as log:
            self.process = subprocess.Popen([troupe, "sim-llm", "--script", f.name, "--port", "0", "--port-file", port],
                                            stdout=log, stderr=log)
        until(lambda: os.path.exists(port) and open(port).read().strip())
        self.port = int(open(port).read())

    def stats(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats", timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def fleet_files(port, limits, agents):
    return {
        "fleet.yaml": f"""fleet: crowd
entry: crowd
shards: 16
door: {{wait_max: 20m}}
providers:
  main: {{api: openai, url: "http://127.0.0.1:{port}/v1", key: "${{secret:CROWD_KEY}}", limits: {limits}, queue_limit: 5000}}
models:
  small: {{provider: main, model: sim-small}}
""",
        "crowd/domain.yaml": "domain: crowd\ndescription: Works.\ntimeout: 20m\nstep_timeout: 20m\n",
        "crowd/agents/worker.yaml": f"agent: worker\nkind: llm\nskills: [work.do]\nreplicas: {agents}\ntimeout: 20m\n"
                                    "llm: {model: small, prompt: [prompts/worker.md]}\n",
        "crowd/prompts/worker.md": "You say what there is to say.\n",
    }


class Crowd(Cluster):
    def __init__(self, troupe, models, limits, agents, names=("a", "b", "c")):
        self.models = models
        super().__init__(troupe, list(names), files=fleet_files(models.port, limits, agents))

    def limits(self, node="a"):
        return self.nodes[node].get("/v1/limits")["limits"]


class Callers:
    """Closed loops of tasks through the nodes: each waits for its answer, and for `pause` seconds, before it asks again.
    How long each took, with when it was sent, by kind."""

    def __init__(self, cluster):
        self.cluster, self.took, self.wrong, self.over = cluster, {}, [], False
        self.loops = []

    def add(self, kind, count, priority, customer, pause=0.0):
        self.took[kind] = []
        self.loops += [(kind, i, priority, customer, pause) for i in range(count)]

    async def once(self, port, body):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            text = json.dumps(body).encode()
            writer.write(b"POST /v1/tasks?wait=1200s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                         b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
            await writer.drain()
            said = await reader.read()
        finally:
            writer.close()
        head, _, answer = said.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(answer)

    async def talk(self, kind, i, priority, customer, pause):
        turn = 0
        while not self.over:
            up = [n for n in self.cluster.nodes.values() if n.process.poll() is None]
            node = up[(i + turn) % len(up)]
            turn += 1
            began = time.monotonic()
            try:
                status, said = await self.once(node.port, {
                    "skill": "work.do", "text": f"{kind} {i} {turn}", "priority": priority, "durability": "none",
                    "customer": {"id": customer if customer else f"{kind}-{i % 16}", "tier": "standard"}})
                good = status == 200 and said["status"]["state"] == "completed"
            except (OSError, ValueError, IndexError) as e:
                good, status, said = False, 0, repr(e)
            if good:
                self.took[kind].append((began, time.monotonic() - began))
            else:
                self.wrong.append((status, said))
                await asyncio.sleep(0.2)
            if pause:
                await asyncio.sleep(pause)

    async def all(self, script):
        tasks = [asyncio.create_task(self.talk(*x)) for x in self.loops]
        try:
            return await asyncio.get_running_loop().run_in_executor(None, script)
        finally:
            self.over = True
            for t in tasks:
                t.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def run(self, script):
        """The loops go on while `script` runs, on a thread of its own; what it returns."""
        return asyncio.run(self.all(script))
