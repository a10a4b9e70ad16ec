"""One fleet over several real processes, links with TLS, and a PostgreSQL of its own, while nodes are killed and frozen.

    cluster_test.py TROUPE [SCENARIO...]

A load runs all the time, through the nodes that live: every session sends one message after the other. At the end the
store is asked what became of each task. Whatever was accepted must have ended once, and completed.
"""

import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TROUPE = os.path.abspath(sys.argv[1])
POSTGRES = "/usr/lib/postgresql/15/bin"
READY_MOST = 60  # seconds; a slow machine is no failure


def until(what, most=READY_MOST):
    """Waits for `what` to give something true, and returns that."""
    end = time.monotonic() + most
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {most} s: {what.__doc__ or what}")
        time.sleep(0.02)


class Postgres:
    """A server on a socket in a folder. As root it runs as somebody else, which it insists on."""

    def __init__(self, folder):
        self.dir = os.path.join(folder, "pg")
        os.mkdir(self.dir)
        self.drop = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.drop = {"user": user.pw_uid, "group": user.pw_gid}
        data = os.path.join(self.dir, "data")
        subprocess.run([f"{POSTGRES}/initdb", "-D", data, "-A", "trust", "-U", "troupe"], check=True, cwd=self.dir,
                       stdout=subprocess.DEVNULL, **self.drop)
        self.server = subprocess.Popen(
            [f"{POSTGRES}/postgres", "-D", data, "-k", self.dir, "-c", "listen_addresses="], cwd=self.dir,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.drop)
        self.url = f"postgresql://troupe@/postgres?host={self.dir}"
        until(lambda: os.path.exists(os.path.join(self.dir, ".s.PGSQL.5432")))
        until(lambda: self.ask("SELECT 1") == "1")

    def ask(self, sql):
        done = subprocess.run(["psql", "-AtX", "-h", self.dir, "-U", "troupe", "postgres", "-c", sql],
                              capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def stop(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait(30)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    def __init__(self, cluster, name):
        self.cluster, self.name, self.link = cluster, name, free_port()
        self.port_file = os.path.join(cluster.dir, f"{name}.port")
        self.log = os.path.join(cluster.dir, f"{name}.log")
        self.start()

    def start(self):
        if os.path.exists(self.port_file):
            os.remove(self.port_file)
        env = dict(os.environ, TROUPE_STORE=self.cluster.store.url)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [TROUPE, "node", self.cluster.fleet, "--id", self.name, "--listen", f"127.0.0.1:{self.link}",
                 "--certs", self.cluster.certs, "--port", "0", "--port-file", self.port_file,
                 "--data", os.path.join(self.cluster.dir, self.name)], env=env, stderr=log)

    def wait_ready(self):
        def port():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended:\n" + open(self.log).read()[-3000:])
            return os.path.exists(self.port_file) and int(open(self.port_file).read() or 0)
        self.port = until(port)

    def signal(self, which):
        self.process.send_signal(which)

    def post(self, body, wait="30s"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            c.request("POST", f"/v1/tasks?wait={wait}", json.dumps(body), {"content-type": "application/json"})
            r = c.getresponse()
            return r.status, json.loads(r.read())
        finally:
            c.close()


class Cluster:
    def __init__(self, names):
        self.dir = tempfile.mkdtemp(prefix="troupe-cluster-")
        os.chmod(self.dir, 0o755)
        self.nodes, self.store = {}, None
        self.store = Postgres(self.dir)
        self.fleet = os.path.join(self.dir, "fleet")
        self.certs = os.path.join(self.dir, "certs")
        authority = os.path.join(self.dir, "ca")
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        subprocess.run([TROUPE, "init", self.fleet], **quiet)
        with open(os.path.join(self.fleet, "fleet.yaml")) as f:
            text = f.read()
        with open(os.path.join(self.fleet, "fleet.yaml"), "w") as f:
            f.write(text.replace("shards: 2 ", "shards: 16"))
        subprocess.run([TROUPE, "certs", "init", "--out", authority], **quiet)
        for name in names:
            subprocess.run([TROUPE, "certs", "node", name, "--ca", authority, "--out", self.certs], **quiet)
        self.nodes = {name: Node(self, name) for name in names}
        for node in self.nodes.values():
            node.wait_ready()

    def members(self):
        rows = self.store.ask("SELECT convert_from(node, 'UTF8'), state FROM troupe.members ORDER BY 1") or ""
        states = ["joining", "up", "leaving", "down"]
        return {name: states[int(state)] for name, state in (line.split("|") for line in rows.splitlines())}

    def stop(self):
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.signal(signal.SIGCONT)
                node.signal(signal.SIGTERM)
        codes = {name: node.process.wait(60) for name, node in self.nodes.items()}
        self.store.stop()
        return codes

    def forget(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Load:
    """Sessions that send one message after the other, through the nodes named. They ask for a skill: a message that has to
    be understood goes to people when the agent that understands is lost with it."""

    def __init__(self, cluster, through, sessions=12):
        self.cluster, self.through = cluster, through
        self.ended, self.wrong, self.refused, self.slowest = [], [], 0, 0.0
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.talk, args=(i,)) for i in range(sessions)]
        for t in self.threads:
            t.start()

    def talk(self, i):
        turn = 0
        while not self.over.is_set():
            node = self.cluster.nodes[self.through[(i + turn) % len(self.through)]]
            turn += 1
            began = time.monotonic()
            try:
                status, said = node.post({"skill": "hours.tell", "text": "when?", "context_id": f"session-{i}"})
                good = status == 200 and said["status"]["state"] == "completed"
                outcome = said.get("id")
            except (OSError, http.client.HTTPException, ValueError) as e:
                good, outcome, status, said = False, None, 0, repr(e)
            if status in (429, 503):
                # Nothing was accepted: the client comes again, as it is told to.
                with self.lock:
                    self.refused += 1
                self.over.wait(0.05)
                continue
            with self.lock:
                self.slowest = max(self.slowest, time.monotonic() - began)
                if good:
                    self.ended.append(outcome)
                else:
                    self.wrong.append((node.name, status, said))

    def count(self):
        with self.lock:
            return len(self.ended)

    def more(self, n):
        """Waits until so many more tasks have ended."""
        goal = self.count() + n
        until(lambda: self.count() >= goal)

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()


def verdict(cluster, load):
    assert not load.wrong, f"{len(load.wrong)} of {len(load.wrong) + load.count()} went wrong: {load.wrong[:5]}"
    assert len(set(load.ended)) == len(load.ended), "a task was answered twice"
    stored = int(cluster.store.ask("SELECT count(*) FROM troupe.tasks"))
    ended = int(cluster.store.ask("SELECT count(*) FROM troupe.ends"))
    assert stored == ended == len(load.ended), f"{stored} stored, {ended} ended, {len(load.ended)} answered"
    print(f"  {stored} tasks, none lost or doubled; the slowest took {load.slowest:.2f} s; {load.refused} refused")


def strike(cluster, name, how, back):
    """Does it to a node under load, and waits until the others have gone on without it, and then with it again."""
    others = [n for n in cluster.nodes if n != name]
    load = Load(cluster, others)
    try:
        load.more(100)
        cluster.nodes[name].signal(how)
        until(lambda: cluster.members().get(name) == "down")
        load.more(200)
        back()
        until(lambda: cluster.members().get(name) == "up")
        load.more(200)
    finally:
        load.stop()
    verdict(cluster, load)


def killed(cluster):
    """A node is killed under load, and comes back."""
    def back():
        cluster.nodes["c"].process.wait()
        cluster.nodes["c"].start()
        cluster.nodes["c"].wait_ready()
    strike(cluster, "c", signal.SIGKILL, back)


def frozen(cluster):
    """A node is frozen under load, and wakes up when others have taken its place."""
    strike(cluster, "c", signal.SIGSTOP, lambda: cluster.nodes["c"].signal(signal.SIGCONT))


def store_restarted(cluster):
    """The store is killed and comes back: members do not declare each other dead, and work goes on."""
    load = Load(cluster, list(cluster.nodes), sessions=3)
    try:
        load.more(50)
        before = cluster.store.ask("SELECT count(*) FROM troupe.members WHERE state = 1")
        store = cluster.store
        store.server.kill()
        store.server.wait()
        time.sleep(1)  # the outage itself
        store.server = subprocess.Popen(
            [f"{POSTGRES}/postgres", "-D", os.path.join(store.dir, "data"), "-k", store.dir, "-c", "listen_addresses="],
            cwd=store.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **store.drop)
        until(lambda: store.ask("SELECT 1") == "1")
        ended = load.count()
        until(lambda: load.count() > ended + 50)
        assert cluster.store.ask("SELECT count(*) FROM troupe.members WHERE state = 1") == before
    finally:
        load.stop()
    # What was refused while nothing could be stored is no loss; what was accepted has ended.
    assert not load.wrong, load.wrong[:3]
    stored = int(cluster.store.ask("SELECT count(*) FROM troupe.tasks"))
    until(lambda: int(cluster.store.ask("SELECT count(*) FROM troupe.ends")) == stored)
    print(f"  {stored} tasks stored and ended; {load.refused} refused meanwhile")


def failover(cluster):
    """Kills, one after the other: how long the slowest request waits each time."""
    waits = []
    load = Load(cluster, ["a", "b"], sessions=24)
    try:
        for _ in range(int(os.environ.get("TROUPE_KILLS", "10"))):
            load.more(100)
            with load.lock:
                load.slowest = 0.0
            cluster.nodes["c"].signal(signal.SIGKILL)
            cluster.nodes["c"].process.wait()
            until(lambda: cluster.members().get("c") == "down")
            load.more(200)
            waits.append(load.slowest * 1000)
            cluster.nodes["c"].start()
            cluster.nodes["c"].wait_ready()
            until(lambda: cluster.members().get("c") == "up")
            load.more(200)
    finally:
        load.stop()
    verdict(cluster, load)
    waits.sort()
    note = (f"slowest request of 24 sessions around each of {len(waits)} kills of one of three nodes; "
            "the floor is what is wanted")
    p99 = waits[min(len(waits) - 1, len(waits) * 99 // 100)]
    print(json.dumps({"name": "failover/refused", "value": load.refused, "unit": "requests", "floor": 0, "ratio": None,
                      "note": f"of {len(load.ended)}, with 429 or 503, while their shard moved"}))
    for name, value, wanted in (("p50", waits[len(waits) // 2], 300), ("p99", p99, 1000)):
        print(json.dumps({"name": f"failover/kill_{name}_ms", "value": round(value, 1), "unit": "ms", "floor": wanted,
                          "ratio": round(value / wanted, 3), "note": note}))


SCENARIOS = {f.__name__: f for f in (killed, frozen, store_restarted, failover)}


def main():
    wanted = sys.argv[2:] or list(SCENARIOS)
    for name in wanted:
        print(f"{name}: {SCENARIOS[name].__doc__}", flush=True)
        cluster = Cluster(["a", "b", "c"])
        try:
            SCENARIOS[name](cluster)
            codes = cluster.stop()
            assert set(codes.values()) == {0}, f"a node did not end in order: {codes}"
        except BaseException:
            for node in cluster.nodes.values():
                node.process.kill()
                print(f"--- {node.name}\n" + open(node.log).read()[-4000:], file=sys.stderr)
            if cluster.store:
                cluster.store.server.kill()
            raise
        cluster.forget()


main()
