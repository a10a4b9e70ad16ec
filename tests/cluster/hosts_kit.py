"""One fleet over five hosts in two regions, and a store on a sixth: network namespaces of this machine, joined by a bridge."""

import ctypes
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import cluster_kit
from cluster_kit import POSTGRES

TROUPE, SKEW = (os.path.abspath(x) for x in sys.argv[1:3])
COUNTERS = pathlib.Path(__file__).resolve().parent / "counters"
PATIENCE = 90  # seconds; a slow machine is no failure
ANSWER = 7  # seconds that a client waits for one attempt; it asks for at most 5
TAG = f"tr{os.getpid() % 100000}"
NORTH, SOUTH = ("n1", "n2", "n3"), ("n4", "n5")
NODES = NORTH + SOUTH
STORE = "st"
LINKS, DOOR = 7946, 7420
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


def until(what, most=PATIENCE):
    return cluster_kit.until(what, most, pause=0.05)


def permitted():
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "nft", "setpriv"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    probe = run("ip", "netns", "add", f"{TAG}-probe", check=False)
    if probe.returncode != 0:
        return "network namespaces are not permitted here: " + probe.stderr.strip()
    inside = run("ip", "netns", "exec", f"{TAG}-probe", "nft", "list", "tables", check=False)
    run("ip", "netns", "del", f"{TAG}-probe", check=False)
    return "" if inside.returncode == 0 else "packet filters are not permitted here: " + inside.stderr.strip()


class Network:
    """A bridge in a namespace of its own, and a namespace per host."""

    def __init__(self):
        self.hosts = {}
        self.switch = f"{TAG}-sw"

    def make(self):
        run("ip", "netns", "add", self.switch)
        run("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", self.switch, "link", "set", "br0", "up")
        for number, name in enumerate((*NODES, STORE), 1):
            ns, near, far = f"{TAG}-{name}", f"{name}h", f"{TAG}{name}"[:15]
            run("ip", "netns", "add", ns)
            self.hosts[name] = (ns, f"10.77.{2 if name in SOUTH else 1}.{number}")
            run("ip", "-n", self.switch, "link", "add", far, "type", "veth", "peer", "name", near)
            run("ip", "-n", self.switch, "link", "set", near, "netns", ns)
            run("ip", "-n", self.switch, "link", "set", far, "master", "br0", "up")
            run("ip", "-n", ns, "addr", "add", f"{self.hosts[name][1]}/16", "dev", near)
            run("ip", "-n", ns, "link", "set", near, "up")
            run("ip", "-n", ns, "link", "set", "lo", "up")

    def address(self, name):
        return self.hosts[name][1]

    def inside(self, name):
        return ["ip", "netns", "exec", self.hosts[name][0]]

    def unplug(self, name, on=True):
        """As if the cable were out."""
        run("ip", "-n", self.switch, "link", "set", f"{TAG}{name}"[:15], "down" if on else "up")

    def drop(self, some, others):
        """Every packet between these hosts and those is lost, both ways; nobody hears of it."""
        for here, there in ((some, others), (others, some)):
            lost = ", ".join(self.address(name) for name in there)
            for name in here:
                run(*self.inside(name), "nft", "add table inet cut; add chain inet cut in { type filter hook input priority 0; };"
                    f" add rule inet cut in ip saddr {{ {lost} }} drop")

    def mend(self):
        for name in self.hosts:
            run(*self.inside(name), "nft", "delete", "table", "inet", "cut", check=False)

    def connect(self, name):
        """A connection from within a host to its own loopback, where its door is."""
        with open(f"/run/netns/{self.hosts[name][0]}") as ns:
            if LIBC.setns(ns.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        return socket.create_connection(("127.0.0.1", DOOR), timeout=ANSWER)

    def forget(self):
        for ns in [h[0] for h in self.hosts.values()] + [self.switch]:
            run("ip", "netns", "del", ns, check=False)


class Store:
    def __init__(self, network, folder):
        self.network, self.dir = network, folder / "pg"
        self.dir.mkdir()
        user = pwd.getpwnam("postgres")
        os.chown(self.dir, user.pw_uid, user.pw_gid)
        self.drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        run(*self.drop, f"{POSTGRES}/initdb", "-D", f"{self.dir}/data", "-A", "trust", "-U", "troupe")
        (self.dir / "data/pg_hba.conf").open("a").write("host all troupe 10.77.0.0/16 trust\n")
        self.url = f"postgresql://troupe@{network.address(STORE)}/postgres"
        self.start()

    def start(self):
        def answers():
            """the store answers"""
            # After a kill a server ends at once as long as the one before has a process left that has not noticed.
            if not self.server or self.server.poll() is not None:
                self.server = subprocess.Popen(
                    [*self.network.inside(STORE), *self.drop, f"{POSTGRES}/postgres", "-D", f"{self.dir}/data", "-k",
                     self.dir, "-c", "listen_addresses=*"],
                    stdout=subprocess.DEVNULL, stderr=(self.dir / "log").open("ab"), cwd=self.dir)
            return self.ask("SELECT 1") == "1"
        self.server = None
        until(answers)

    def ask(self, sql):
        done = subprocess.run(["psql", "-AtX", "-h", self.dir, "-U", "troupe", "postgres", "-c", sql],
                              capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def crash(self):
        self.server.kill()
        self.server.wait()

    def stop(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait(30)


class Node:
    def __init__(self, cluster, name, skew):
        self.cluster, self.name, self.skew = cluster, name, skew
        self.data = cluster.dir / name
        self.data.mkdir()
        self.log = cluster.dir / f"{name}.log"
        self.start()

    def start(self):
        self.port_file = self.cluster.dir / f"{self.name}.port"
        self.port_file.unlink(missing_ok=True)
        network = self.cluster.network
        # The process that is started becomes the node: none of these stays in between.
        words = [*network.inside(self.name), TROUPE, "node", COUNTERS, "--id", self.name, "--region",
                 "north" if self.name in NORTH else "south", "--listen", f"{network.address(self.name)}:{LINKS}", "--certs",
                 self.cluster.dir / "certs", "--port", str(DOOR), "--port-file", self.port_file, "--data", self.data]
        env = dict(os.environ, TROUPE_STORE=self.cluster.store.url)
        if self.skew:
            env.update(LD_PRELOAD=SKEW, SKEW_SECONDS=str(self.skew))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(words, env=env, stderr=log, stdout=log)

    def wait_ready(self):
        def up():
            """the node takes tasks"""
            assert self.process.poll() is None, f"{self.name} ended:\n" + self.log.read_text()[-3000:]
            return self.port_file.exists()
        until(up)

    def ask(self, method, path, body=None, key=None):
        c = http.client.HTTPConnection("127.0.0.1", DOOR, timeout=ANSWER)
        c.sock = self.cluster.network.connect(self.name)
        try:
            headers = {"content-type": "application/json"}
            if key:
                headers["idempotency-key"] = key
            c.request(method, path, json.dumps(body) if body else None, headers)
            r = c.getresponse()
            return r.status, json.loads(r.read())
        finally:
            c.close()

    def shards(self):
        """How many this node serves."""
        def count(x):
            return (x["kind"] == "orchestrator" and x["state"] == "up") + sum(count(c) for c in x.get("children", []))
        return count(self.ask("GET", f"/v1/tree?node={self.name}")[1])


class Cluster:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="troupe-hosts-"))
        self.dir.chmod(0o755)
        self.network, self.store, self.nodes, self.mounts = Network(), None, {}, []

    def begin(self, skews):
        self.network.make()
        self.store = Store(self.network, self.dir)
        run(TROUPE, "certs", "init", "--out", self.dir / "ca")
        for name in NODES:
            run(TROUPE, "certs", "node", name, "--ca", self.dir / "ca", "--out", self.dir / "certs")
        for name in NODES:
            self.nodes[name] = Node(self, name, skews.get(name))
        for node in self.nodes.values():
            node.wait_ready()
        until(lambda: sorted(self.states().values()) == ["up"] * len(NODES))

    def states(self):
        rows = self.store.ask("SELECT convert_from(node, 'UTF8'), state FROM troupe.members") or ""
        words = ["joining", "up", "leaving", "down"]
        return {name: words[int(state)] for name, state in (line.split("|") for line in rows.splitlines())}

    def down(self, *names):
        until(lambda: all(self.states().get(n) == "down" for n in names))

    def whole(self):
        until(lambda: sorted(self.states().values()) == ["up"] * len(NODES))

    def stop(self):
        self.network.mend()
        for node in self.nodes.values():
            node.process.send_signal(signal.SIGCONT)
            node.process.send_signal(signal.SIGTERM)
        codes = {n.name: n.process.wait(60) for n in self.nodes.values()}
        self.store.stop()
        return codes

    def forget(self):
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.process.kill()
                node.process.wait()
        if self.store and self.store.server.poll() is None:
            self.store.server.kill()
            self.store.server.wait()
        for where in self.mounts:
            run("umount", "-l", where, check=False)
        self.network.forget()
        shutil.rmtree(self.dir, ignore_errors=True)


class Load:
    """Sessions that send one message after the other. What is refused or breaks off is sent again, under the same key."""

    def __init__(self, cluster, sessions=10):
        self.cluster, self.over, self.lock = cluster, threading.Event(), threading.Lock()
        self.away, self.ended, self.wrong, self.refused, self.waits = set(), {}, [], 0, []
        self.failed, self.counters = [], {}
        self.threads = [threading.Thread(target=self.talk, args=(i,)) for i in range(sessions)]
        for t in self.threads:
            t.start()

    def talk(self, session):
        turn = 0
        while not self.over.is_set():
            turn += 1
            if not self.say(session, turn):
                return
            time.sleep(0.03)

    def say(self, session, turn):
        key, began, attempt = f"{session}-{turn}", time.monotonic(), 0
        while time.monotonic() < began + PATIENCE:
            # Clients know which doors answer; a door whose host is cut off from the store may not.
            names = [n for n in NODES if n not in self.away]
            node = self.cluster.nodes[names[(session + turn + attempt) % len(names)]]
            attempt += 1
            try:
                status, said = node.ask("POST", "/v1/tasks?wait=5s",
                                        {"skill": "session.count", "text": "one more", "context_id": f"s{session}"}, key)
            except (OSError, http.client.HTTPException, ValueError):
                status, said = 0, {}
            if status == 200 and said["status"]["state"] not in ("submitted", "working"):
                with self.lock:
                    self.ended[key] = said["id"]
                    self.waits.append(time.monotonic() - began)
                    if said["status"]["state"] != "completed":
                        self.failed.append((key, said["status"]))
                        return True
                    count, before = said["result"]["data"]["count"], self.counters.get(session, 0)
                    if count != before + 1:
                        self.wrong.append((node.name, key, f"counted as {count} behind {before}"))
                    self.counters[session] = count
                return True
            with self.lock:
                if status not in (0, 200, 202, 429, 503):
                    self.wrong.append((node.name, key, status, said))
                self.refused += 1
            time.sleep(0.05)
        with self.lock:
            self.wrong.append((key, "was never answered"))
        return False

    def count(self):
        with self.lock:
            return len(self.ended)

    def more(self, n):
        goal = self.count() + n
        def enough():
            """the load goes on"""
            return self.count() >= goal
        until(enough)

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()
