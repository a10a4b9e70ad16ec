"""A fleet that greets, whose folder is read again while nodes run, and a load that must not notice."""

import os
import subprocess
import threading

from cluster_kit import Node, until

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


def troupe(node, *words, code=0):
    done = subprocess.run([node.troupe, *words, "--url", f"http://127.0.0.1:{node.port}"], capture_output=True, text=True)
    assert done.returncode == code, f"troupe {' '.join(words)}: {done.returncode} {done.stdout} {done.stderr}"
    return done.stdout + done.stderr


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

    request, post, get = Node.request, Node.post, Node.get
    cluster = type("none", (), {"hosts": None})
