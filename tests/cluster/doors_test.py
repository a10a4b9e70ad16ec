"""The doors for clients and agents of others (OpenAI, A2A, MCP, programs that ask for work) on a cluster of three nodes, over TLS
and with API keys: whichever node is asked answers. Work is lent by the node that the
agent lives on.

    doors_test.py TROUPE
"""

import http.client
import json
import os
import ssl
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
from cluster_kit import Cluster, Node, until

AGENT = "agent: remote\nkind: worker\nskills: [text.change]\ntimeout: 30s\nworker: {lease: 5s}\n"
V1 = {"A2A-Version": "1.0"}
MCP = {"Accept": "application/json, text/event-stream"}


class Door:
    """One node's door, by https and with a key."""

    def __init__(self, node, authority):
        self.node, self.context, self.key = node, ssl.create_default_context(cafile=authority), None

    def ask(self, method, path, body=None, headers=None, key="own"):
        c = http.client.HTTPSConnection("localhost", self.node.port, timeout=40, context=self.context)
        try:
            sent = {"Content-Type": "application/json"} if body is not None else {}
            if key == "own" and self.key:
                sent["Authorization"] = f"Bearer {self.key}"
            c.request(method, path, json.dumps(body) if body is not None else None, {**sent, **(headers or {})})
            r = c.getresponse()
            text = r.read().decode()
            if "event-stream" in r.getheader("Content-Type", ""):
                return r.status, [line[6:] for line in text.splitlines() if line.startswith("data: ")]
            return r.status, json.loads(text) if text else None
        finally:
            c.close()


def chat(door, text, session=None, stream=False):
    status, x = door.ask("POST", "/v1/chat/completions", {
        "model": "desk", "stream": stream, "messages": [{"role": "user", "content": text}]},
        {"X-Troupe-Session": session} if session else {})
    assert status == 200, x
    if not stream:
        return x["choices"][0]["message"]["content"]
    assert x[-1] == "[DONE]", x
    return "".join(json.loads(e)["choices"][0]["delta"].get("content", "") for e in x[:-1])


def openai(doors):
    """Chat completions and models; one session through all nodes."""
    for i, door in enumerate(doors):
        assert chat(door, "count the words: one two") == "That is 2 words."
        assert chat(door, "count the words: " + "a " * (i + 1), "S-1", stream=True).startswith("That is")
        assert [m["id"] for m in door.ask("GET", "/v1/models")[1]["data"]] == ["desk"]
        assert door.ask("GET", "/v1/models", key=None)[0] == 401
    turns = doors[0].ask("GET", "/v1/sessions/S-1")[1]["turns"]
    assert len(turns) == len(doors), turns


def a2a(doors):
    """A task that one node took is got, listed and cancelled at the others."""
    def rpc(door, method, params):
        return door.ask("POST", "/a2a", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, V1)[1]
    card = doors[1].ask("GET", "/.well-known/agent-card.json", key=None)[1]
    assert card["supportedInterfaces"][0]["url"] == f"https://localhost:{doors[1].node.port}/a2a", card
    for i, door in enumerate(doors):
        other = doors[(i + 1) % len(doors)]
        said = {"message": {"messageId": f"m{i}", "role": "ROLE_USER", "parts": [{"text": "count the words: one two"}]}}
        task = rpc(door, "SendMessage", said)["result"]["task"]
        assert task["status"]["state"] == "TASK_STATE_COMPLETED", task
        assert rpc(other, "GetTask", {"id": task["id"]})["result"]["artifacts"] == task["artifacts"]
        waits = {"message": {"messageId": f"w{i}", "role": "ROLE_USER", "parts": [{"text": "get me a human"}]},
                 "configuration": {"returnImmediately": True}}
        task = rpc(door, "SendMessage", waits)["result"]["task"]
        until(lambda: rpc(other, "GetTask", {"id": task["id"]}).get("result"))
        assert rpc(other, "CancelTask", {"id": task["id"]})["result"]["status"]["state"] == "TASK_STATE_CANCELED"


def mcp(doors):
    """The skills as tools of every node."""
    def rpc(door, method, params, key="own"):
        status, x = door.ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, MCP, key)
        return status, json.loads(x[-1]) if isinstance(x, list) else x
    for door in doors:
        names = {t["name"] for t in rpc(door, "tools/list", {})[1]["result"]["tools"]}
        assert "desk__words_count" in names, names
        x = rpc(door, "tools/call", {"name": "desk", "arguments": {"text": "count the words: one two"}})[1]
        assert x["result"]["content"][0]["text"] == "That is 2 words.", x
        assert rpc(door, "tools/list", {}, key=None)[0] == 401


def worker(doors):
    """What came in at any node is worked on by a program that asks the node where the agent lives."""
    for i, door in enumerate(doors):
        got = {}

        def submit(door=doors[(i + 1) % len(doors)], got=got, i=i):
            got["task"] = door.ask("POST", "/v1/tasks?wait=30s", {"domain": "desk", "skill": "text.change", "text": f"hi {i}"})
        asker = threading.Thread(target=submit)
        asker.start()
        home = until(lambda: where_works(doors))
        assert home.ask("POST", "/v1/work/desk/remote/poll", {"wait_ms": 10}, key=None)[0] == 401
        work = until(lambda: home.ask("POST", "/v1/work/desk/remote/poll", {"wait_ms": 2000})[1]["work"])[0]
        assert home.ask("POST", f"/v1/work/{work['id']}/complete", {
            "lease": work["lease"], "result": {"text": work["call"]["text"].upper()}})[0] == 200
        asker.join(30)
        assert got["task"][1]["result"]["text"] == f"HI {i}", got


def where_works(doors):
    """The door of the node that `desk/remote` works on: calls are lent there."""
    for a in doors[0].ask("GET", "/v1/agents")[1]["agents"]:
        if a["name"].startswith("desk/remote"):
            return next((d for d in doors if d.node.name == a.get("node")), None)
    return None


def main():
    cluster = Cluster(sys.argv[1], [], later=["a", "b", "c"], more={"desk/agents/remote.yaml": AGENT})
    try:
        door = os.path.join(cluster.dir, "door")
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        subprocess.run([cluster.troupe, "certs", "init", "--out", door], **quiet)
        subprocess.run([cluster.troupe, "certs", "node", "localhost", "--ca", door, "--out", door], **quiet)
        tls = ["--tls-cert", f"{door}/localhost.pem", "--tls-key", f"{door}/localhost.key"]
        for name in "abc":
            cluster.nodes[name] = Node(cluster, name, tls)
        for node in cluster.nodes.values():
            node.wait_ready()
        doors = [Door(node, f"{door}/ca.pem") for node in cluster.nodes.values()]
        until(cluster.all_up)
        until(lambda: all(d.ask("GET", "/readyz")[0] == 200 for d in doors))
        made = subprocess.run([cluster.troupe, "keys", "create", "--name", "root", "--allow", "admin", "--url",
                               f"https://localhost:{doors[0].node.port}", "--authority", f"{door}/ca.pem"],
                              capture_output=True, text=True, check=True).stdout
        for d in doors:
            d.key = made.split()[-1]
            # Every node learns of the key, and lets nobody in without one.
            until(lambda d=d: d.ask("GET", "/v1/models")[0] == 200 and d.ask("GET", "/v1/models", key=None)[0] == 401)
        for scenario in (openai, a2a, mcp, worker):
            print(f"-- {scenario.__name__}", flush=True)
            scenario(doors)
        codes = cluster.stop()
        assert set(codes.values()) == {0}, codes
    except BaseException:
        print(cluster.kill(), file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
