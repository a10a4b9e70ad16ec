"""The fleet's folder is read again while nodes run, under a load that must not notice.

    reload_test.py TROUPE [SCENARIO...]

Every session sends one message after the other; what a reload may not do is lose, double or refuse one of them, or let a task
that has begun by one version end by another.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
from cluster_kit import Cluster, until

FLEET = """fleet: shop
entry: desk
shards: 8
data: troupe-data
door: {host: 127.0.0.1, port: 7420}
humans:
  people: {answer_timeout: 24h}
"""
# The first step waits for a person, so that a task can be held between two versions.
DOMAIN = """domain: desk
description: Greets people.
plans:
  greet.carefully:
    sequence:
      steps:
        - human: {name: approve, queue: people}
        - call: {name: hello, skill: greet}
"""


def greeter(says):
    return f"""agent: greeter
description: Greets.
kind: rules
skills: [greet]
rules:
  rules:
    - text: "{says}"
"""


def agent(name, says, skill):
    return greeter(says).replace("agent: greeter", f"agent: {name}").replace("[greet]", f"[{skill}]")


FILES = {"fleet.yaml": FLEET, "desk/domain.yaml": DOMAIN, "desk/agents/greeter.yaml": greeter("hello 1")}


def write(folder, path, text):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


class Greetings:
    """A load that asks for greetings all the time, through all the nodes that it is given."""

    def __init__(self, nodes, sessions=6):
        self.nodes = nodes
        self.ended, self.wrong, self.refused, self.texts = [], [], 0, set()
        self.over, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.talk, args=(i,)) for i in range(sessions)]
        for t in self.threads:
            t.start()

    def talk(self, i):
        turn = 0
        while not self.over.is_set():
            node = self.nodes[(i + turn) % len(self.nodes)]
            turn += 1
            try:
                status, said = node.post({"skill": "greet", "text": "hi", "context_id": f"s{i}"})
                good = status == 200 and said["status"]["state"] == "completed"
            except OSError as e:
                status, said, good = 0, repr(e), False
            with self.lock:
                if good:
                    self.ended.append(said["id"])
                    self.texts.add(text_of(said))
                elif status in (429, 503):
                    self.refused += 1
                else:
                    self.wrong.append((node.name, status, said))

    def more(self, n):
        goal = len(self.ended) + n
        until(lambda: len(self.ended) >= goal or self.wrong)

    def new_texts(self):
        """What has been said since the last look, over a few answers."""
        with self.lock:
            self.texts.clear()
        self.more(60)
        with self.lock:
            return set(self.texts)

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()
        assert not self.wrong, f"{len(self.wrong)} went wrong: {self.wrong[:3]}"
        assert self.refused == 0, f"{self.refused} were refused"


def text_of(said):
    return said["result"]["text"]


def ask_carefully(node):
    status, said = node.request("POST", "/v1/tasks", {"skill": "greet.carefully", "text": "hi"})
    assert status in (200, 202), (status, said)
    return said["id"]


def approve(node, task):
    question = until(lambda: [q for q in node.get("/v1/human")["questions"] if q["task"] == task])[0]
    status, said = node.request("POST", f"/v1/human/{urllib.parse.quote(question['id'], safe='')}/answer", {"by": "ann", "text": "yes"})
    assert status == 200, (status, said)
    done = until(lambda: [t for t in [node.get(f"/v1/tasks/{task}")] if t["status"]["state"] == "completed"])[0]
    return text_of(done), node.get(f"/v1/tasks/{task}/trace")["fleet_version"]


def troupe(node, *words, code=0):
    done = subprocess.run([node.troupe, *words, "--url", f"http://127.0.0.1:{node.port}"], capture_output=True, text=True)
    assert done.returncode == code, f"troupe {' '.join(words)}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout + done.stderr


def versions(node):
    return {v["version"]: v["state"] for v in node.get("/v1/fleet/versions")["versions"]}


def change_everything(nodes, folder, load):
    """An agent is changed, added and removed, a bad folder is refused, and a task in between ends as it began."""
    first = nodes[0]
    held = ask_carefully(first)
    load.more(50)
    write(folder, "desk/agents/greeter.yaml", greeter("hello 2"))
    print("   ", troupe(nodes[-1], "reload", folder).strip().replace("\n", "; "))
    assert load.new_texts() <= {"hello 1", "hello 2"}
    assert load.new_texts() == {"hello 2"}
    write(folder, "desk/agents/waiter.yaml", agent("waiter", "coming", "serve"))
    troupe(first, "reload", folder)
    joined = time.monotonic()
    for node in nodes:
        status, said = node.post({"skill": "serve", "text": "hi"})
        assert status == 200 and text_of(said) == "coming", (node.name, status, said)
    took = time.monotonic() - joined
    print(f"    an agent that joined was asked through each of {len(nodes)} nodes {took * 1000:.0f} ms later")
    assert took < 1, took
    # Everywhere with the place of what is wrong, and nothing changes.
    write(folder, "desk/agents/waiter.yaml", agent("waiter", "coming", "serve").replace("kind: rules", "kind: magic"))
    for node in nodes:
        said = troupe(node, "reload", folder, code=1)
        assert "desk/agents/waiter.yaml:3" in said and "kind" in said, said
    assert load.new_texts() == {"hello 2"}
    os.remove(os.path.join(folder, "desk/agents/waiter.yaml"))
    troupe(first, "reload", folder)
    status, said = first.post({"skill": "serve", "text": "hi"})
    assert said["status"]["state"] == "failed", said
    # A domain's folder alone, and one that is new.
    write(folder, "bar/domain.yaml", "domain: bar\n")
    write(folder, "bar/agents/keeper.yaml", agent("keeper", "cheers", "pour"))
    troupe(first, "reload", folder)
    write(folder, "bar/agents/keeper.yaml", agent("keeper", "santé", "pour"))
    said = troupe(nodes[-1], "reload", os.path.join(folder, "bar"), "--domain", "bar")
    assert "changed agent bar/keeper" in said, said
    for node in nodes:
        status, said = node.post({"domain": "bar", "skill": "pour", "text": "hi"})
        assert status == 200 and text_of(said) == "santé", (node.name, status, said)
    said = troupe(first, "reload", folder)
    assert "nothing has changed" in said, said
    write(folder, "fleet.yaml", FLEET.replace("shards: 8", "shards: 4"))
    said = troupe(first, "reload", folder, code=1)
    assert "fleet.yaml" in said and "shards" in said and "restart" in said, said
    write(folder, "fleet.yaml", FLEET)
    return held


def three(troupe_path):
    """Three nodes: all of it under load; then nodes die between preparing and activating."""
    cluster = Cluster(troupe_path, ["a", "b", "c"], files=FILES)
    try:
        nodes = list(cluster.nodes.values())
        for node in nodes:
            node.troupe = cluster.troupe
        until(cluster.all_up)
        folder = os.path.join(cluster.dir, "edited")
        for path, text in FILES.items():
            write(folder, path, text)
        load = Greetings(nodes)
        try:
            held = change_everything(nodes, folder, load)
        finally:
            load.stop()
        text, version = approve(nodes[1], held)
        assert "hello 1" in text and version == 1, (text, version)
        print(f"    {len(load.ended)} tasks under way meanwhile; none lost, refused or mixed")
        until(lambda: list(versions(nodes[0]).values()).count("former") == 0)
        killed_member(cluster, folder)
        killed_proposer(cluster, folder)
        codes = cluster.stop()
        assert set(codes.values()) == {0}, codes
    except BaseException:
        print(cluster.kill(), file=sys.stderr)
        raise
    cluster.forget()


def active(node):
    return max(v for v, state in versions(node).items() if state == "active")


def proposed(cluster):
    return cluster.store.ask("SELECT count(*) FROM troupe.fleet_versions WHERE state = 0") == "1"


def killed_member(cluster, folder):
    """One that dies while it prepares is not waited for, and takes what is active when it is back."""
    a, b, c = (cluster.nodes[n] for n in "abc")
    write(folder, "desk/agents/greeter.yaml", greeter("hello 3"))
    c.signal(signal.SIGSTOP)
    done = []
    asked = threading.Thread(target=lambda: done.append(troupe(a, "reload", folder)))
    asked.start()
    until(lambda: proposed(cluster) or done)
    assert not done, "it was decided without the one that is frozen"
    c.signal(signal.SIGKILL)
    asked.join(60)
    assert done and "is active" in done[0], done
    c.process.wait()
    c.start()
    c.wait_ready()
    until(lambda: cluster.members().get("c") == "up")
    status, said = c.post({"skill": "greet", "text": "hi"})
    assert status == 200 and text_of(said) == "hello 3", said
    shown = until(lambda: [x for x in [b.get("/v1/nodes")["nodes"]] if all(n.get("fleetVersion") == active(b) for n in x)])
    assert len(shown[0]) == 3
    print("    a member was killed between being asked and answering: the others went on, and it came back to the same")


def killed_proposer(cluster, folder):
    """The one that has proposed dies: it is refused, and nothing has changed."""
    a, b, c = (cluster.nodes[n] for n in "abc")
    before = active(b)
    write(folder, "desk/agents/greeter.yaml", greeter("hello 4"))
    b.signal(signal.SIGSTOP)  # so that it cannot be decided

    def wish():
        try:
            a.request("POST", "/v1/fleet/reload", {"files": {p: open(os.path.join(folder, p)).read() for p in
                                                            [*FILES, "bar/domain.yaml", "bar/agents/keeper.yaml"]}})
        except (OSError, ValueError, EOFError):
            pass
        except Exception as e:  # the connection ends somewhere in the answer
            assert "RemoteDisconnected" in type(e).__name__ or "Incomplete" in type(e).__name__, e

    asked = threading.Thread(target=wish)
    asked.start()
    until(lambda: proposed(cluster))
    a.signal(signal.SIGKILL)
    b.signal(signal.SIGCONT)
    asked.join(60)
    a.process.wait()
    until(lambda: "refused" in versions(c).values() and "proposed" not in versions(c).values())
    assert active(c) == before
    until(lambda: cluster.members().get("b") == "up")
    a.start()
    a.wait_ready()
    until(cluster.all_up)
    for node in (a, b, c):
        until(lambda: text_of(node.post({"skill": "greet", "text": "hi"})[1]) == "hello 3")
    troupe(b, "reload", folder)
    until(lambda: text_of(a.post({"skill": "greet", "text": "hi"})[1]) == "hello 4")
    print("    the proposer was killed before it could decide: refused by the others; the next one went through")


class Alone:
    """`troupe dev` on a folder."""

    def __init__(self, troupe_path, folder):
        self.troupe, self.folder, self.name = os.path.abspath(troupe_path), folder, "local"
        self.data = os.path.join(folder, "troupe-data")
        self.start()

    def start(self):
        port_file = os.path.join(self.folder, ".port")
        if os.path.exists(port_file):
            os.remove(port_file)
        self.log = open(os.path.join(self.folder, ".log"), "ab")
        self.process = subprocess.Popen([self.troupe, "dev", self.folder, "--port", "0", "--port-file", port_file, "--data",
                                         self.data], stderr=self.log, stdin=subprocess.DEVNULL)
        until(lambda: os.path.exists(port_file) or self.process.poll() is not None)
        self.port = int(open(port_file).read())

    def said(self):
        return open(self.log.name).read()

    from cluster_kit import Node
    request, post, get = Node.request, Node.post, Node.get
    cluster = type("none", (), {"hosts": None})


def one(troupe_path):
    """One node: all of it under load, by SIGHUP as well, and across a kill."""
    with tempfile.TemporaryDirectory(prefix="troupe-reload-") as folder:
        own = os.path.join(folder, "fleet")
        for path, text in FILES.items():
            write(own, path, text)
        node = Alone(troupe_path, own)
        try:
            load = Greetings([node])
            try:
                held = change_everything([node], own, load)
                write(own, "desk/agents/greeter.yaml", greeter("hello 3"))
                node.process.send_signal(signal.SIGHUP)
                until(lambda: load.new_texts() == {"hello 3"})
            finally:
                load.stop()
            node.process.kill()
            node.process.wait()
            # The folder is another one at the next start: that is a version too.
            write(own, "desk/agents/greeter.yaml", greeter("hello 4"))
            node.start()
            assert text_of(node.post({"skill": "greet", "text": "hi"})[1]) == "hello 4"
            text, version = approve(node, held)
            assert "hello 1" in text and version == 1, (text, version)
            until(lambda: list(versions(node).values()).count("former") == 0)
            print(f"    {len(load.ended)} tasks meanwhile; the one that was held ended by version 1 after kill -9")
            node.process.send_signal(signal.SIGTERM)
            assert node.process.wait(30) == 0
        except BaseException:
            node.process.kill()
            print(node.said()[-6000:], file=sys.stderr)
            raise


# A server of the Model Context Protocol with one tool, which says a word.
SERVER = """import json, os, sys
for line in sys.stdin:
    x = json.loads(line)
    if "id" not in x:
        continue
    result = {}
    if x["method"] == "initialize":
        result = {"protocolVersion": x["params"]["protocolVersion"], "capabilities": {"tools": {}},
                  "serverInfo": {"name": "words", "version": "1"}}
    elif x["method"] == "tools/list":
        result = {"tools": [{"name": "say", "inputSchema": {"type": "object"}}]}
    elif x["method"] == "tools/call":
        result = {"content": [{"type": "text", "text": f"WORD {os.environ.get('LOUDLY', '')} {os.getpid()}"}]}
    print(json.dumps({"jsonrpc": "2.0", "id": x["id"], "result": result}), flush=True)
"""
SERVERS = """mcp:
  words: {command: [python3, words/say.py], effects: none}
  others: {command: [python3, others/say.py], effects: none}
"""


def speaker(name, server):
    return f"""agent: {name}
description: Says a word.
kind: mcp
skills: [{name}]
mcp: {{server: {server}, tool: say}}
"""


def servers(troupe_path):
    """One node: MCP servers are connected to anew when they are others, and go on as they are otherwise."""
    with tempfile.TemporaryDirectory(prefix="troupe-reload-") as folder:
        own = os.path.join(folder, "fleet")
        for path, text in {**FILES, "fleet.yaml": FLEET + SERVERS, "words/say.py": SERVER.replace("WORD", "one"),
                           "others/say.py": SERVER.replace("WORD", "other"), "desk/agents/speak.yaml": speaker("speak", "words"),
                           "desk/agents/mumble.yaml": speaker("mumble", "others")}.items():
            write(own, path, text)
        node = Alone(troupe_path, own)
        try:
            def says(skill):
                status, said = node.post({"skill": skill, "text": "go"})
                assert status == 200 and said["status"]["state"] == "completed", said
                word, pid = text_of(said).rsplit(" ", 1)
                return word.strip(), int(pid)
            first, beside = says("speak"), says("mumble")
            assert first[0] == "one" and beside[0] == "other", (first, beside)
            # Its program is another one.
            write(own, "words/say.py", SERVER.replace("WORD", "two"))
            told = troupe(node, "reload", own)
            assert "changed agent desk/speak" in told and "mumble" not in told, told
            second = says("speak")
            assert second[0] == "two" and says("mumble") == beside, second
            # It is started in another way, and one more comes.
            write(own, "fleet.yaml", FLEET + SERVERS.replace("words/say.py]", "words/say.py], environment: {LOUDLY: '!'}") +
                  "  more: {command: [python3, words/say.py], effects: none}\n")
            write(own, "desk/agents/shout.yaml", speaker("shout", "more"))
            troupe(node, "reload", own)
            third = says("speak")
            assert third[0] == "two !" and says("shout")[0] == "two" and says("mumble") == beside, third
            # A former one ends when no agent is left that began with its version: `mumble` is as it was in the first.
            until(lambda: not os.path.exists(f"/proc/{second[1]}"))
            assert os.path.exists(f"/proc/{first[1]}")
            node.process.send_signal(signal.SIGTERM)
            assert node.process.wait(30) == 0
            assert not any(os.path.exists(f"/proc/{pid}") for _, pid in (first, third, beside))
        except BaseException:
            node.process.kill()
            print(node.said()[-6000:], file=sys.stderr)
            raise


SCENARIOS = {f.__name__: f for f in (one, servers, three)}


def main():
    for name in sys.argv[2:] or list(SCENARIOS):
        print(f"{name}: {SCENARIOS[name].__doc__}", flush=True)
        SCENARIOS[name](sys.argv[1])


main()
