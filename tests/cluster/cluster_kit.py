"""What tests and benchmarks of a cluster of real processes share: nodes with TLS links and a PostgreSQL of
their own."""

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
import time

from namespaces import Hosts

POSTGRES = "/usr/lib/postgresql/15/bin"
READY_MOST = 60  # seconds; a slow machine is no failure
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def until(what, most=READY_MOST, pause=0.02):
    """Waits for `what` to give something true, and returns that. It is asked again after a pause of so many seconds: what
    starts a process needs a longer one, or the question takes up what it asks about."""
    end = time.monotonic() + most
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {most} s: {what.__doc__ or what}")
        time.sleep(pause)


def chosen(*scenarios):
    """Those that the command line names, or all of them; what each is about is told first."""
    known = {f.__name__: f for f in scenarios}
    for name in sys.argv[2:] or known:
        print(f"{name}: {known[name].__doc__}", flush=True)
        yield known[name]


class Postgres:
    """A server on a socket in a folder. As root it runs as somebody else, which it insists on."""

    def __init__(self, folder, more=()):
        self.more = list(more)
        self.dir = os.path.join(folder, "pg")
        os.mkdir(self.dir)
        self.drop = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            self.drop = {"user": user.pw_uid, "group": user.pw_gid}
        subprocess.run([f"{POSTGRES}/initdb", "-D", self.data(), "-A", "trust", "-U", "troupe"], check=True,
                       cwd=self.dir, stdout=subprocess.DEVNULL, **self.drop)
        self.url = f"postgresql://troupe@/postgres?host={self.dir}"
        self.start()

    def data(self):
        return os.path.join(self.dir, "data")

    def start(self):
        def answers():
            """the store answers"""
            # After a kill a server ends at once as long as the one before has a process left that has not noticed.
            if not self.server or self.server.poll() is not None:
                self.server = subprocess.Popen(
                    [f"{POSTGRES}/postgres", "-D", self.data(), "-k", self.dir, "-c", "listen_addresses=", *self.more],
                    cwd=self.dir, **QUIET, **self.drop)
            return self.ask("SELECT 1") == "1"
        self.server = None
        until(answers)

    def ask(self, sql):
        done = subprocess.run(["psql", "-AtX", "-h", self.dir, "-U", "troupe", "postgres", "-c", sql],
                              capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def stop(self):
        self.server.send_signal(signal.SIGINT)
        self.server.wait(30)

    def kill(self):
        self.server.kill()
        self.server.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    """A process of `troupe node`, with `more` words, its links at port `link`."""

    def __init__(self, cluster, name, more=(), link=0):
        self.cluster, self.name, self.more, self.link = cluster, name, list(more), link or free_port()
        self.port_file = os.path.join(cluster.dir, f"{name}.port")
        self.log = os.path.join(cluster.dir, f"{name}.log")
        self.start()

    def command(self):
        hosts = self.cluster.hosts
        where = hosts.address(self.name) if hosts else "127.0.0.1"
        return [self.cluster.troupe, "node", self.cluster.fleet, "--id", self.name, "--listen", f"{where}:{self.link}",
                "--certs", self.cluster.certs, "--port", "0", "--port-file", self.port_file,
                "--data", os.path.join(self.cluster.dir, self.name), *self.more]

    def start(self):
        if os.path.exists(self.port_file):
            os.remove(self.port_file)
        env = dict(os.environ, TROUPE_STORE=self.cluster.store.url)
        hosts = self.cluster.hosts
        into = ["ip", "netns", "exec", hosts.space(self.name)] if hosts else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                into + self.cluster.wrap(self.name) + self.command(), env=env, stderr=log)

    def wait_ready(self):
        def port():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended:\n" + open(self.log).read()[-3000:])
            return os.path.exists(self.port_file) and int(open(self.port_file).read() or 0)
        self.port = until(port)

    def signal(self, which):
        self.process.send_signal(which)

    def request(self, method, path, body=None, timeout=40):
        if self.cluster.hosts:
            self.cluster.hosts.enter(self.name)
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, path, json.dumps(body) if body else None, {"content-type": "application/json"})
            r = c.getresponse()
            return r.status, json.loads(r.read())
        finally:
            c.close()

    def post(self, body, wait="30s"):
        return self.request("POST", f"/v1/tasks?wait={wait}", body)

    def orchestrators(self):
        """How many shards this node serves."""
        def count(x):
            return (x["kind"] == "orchestrator" and x["state"] == "up") + sum(count(c) for c in x.get("children", []))
        return count(self.request("GET", f"/v1/tree?node={self.name}", timeout=5)[1])

    def agents(self):
        return {a["name"]: a for a in self.get("/v1/agents")["agents"]}

    def get(self, path):
        status, said = self.request("GET", path)
        assert status == 200, f"{path} at {self.name}: {status} {said}"
        return said

    def run(self, *words):
        """The command line, against this node."""
        done = subprocess.run([self.cluster.troupe, *words, "--url", f"http://127.0.0.1:{self.port}"], capture_output=True,
                              text=True)
        assert done.returncode == 0, f"troupe {' '.join(words)}: {done.stderr}"
        return done.stdout

    def programs(self):
        """The processes that this node has started: its agents, where each is a program of its own."""
        found = set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    who, rest = f.read().rsplit(")", 1)
            except OSError:
                continue  # it has ended meanwhile
            state, parent = rest.split()[:2]
            # The guard ends them if the node is killed; it is none of them.
            if int(parent) == self.process.pid and state != "Z" and not who.endswith("(troupe-guard"):
                found.add(int(pid))
        return found

    def cpu(self):
        """Seconds of processor time so far."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster:
    """Nodes of these names, all of them members; `later` have certificates, and can be started. The fleet is the one that
    `troupe init` writes, or has these `files`; `more` are further ones beside them."""

    def __init__(self, troupe, names, later=(), hosts=False, wrap=lambda name: [], files=None, store=Postgres, more={}):
        self.troupe, self.wrap = os.path.abspath(troupe), wrap
        self.dir = tempfile.mkdtemp(prefix="troupe-cluster-")
        os.chmod(self.dir, 0o755)
        self.nodes, self.store = {}, None
        self.hosts = Hosts([*names, *later]) if hosts else None
        self.files, self.kind_of_store = files or {}, store
        self.store = self.make_store()
        self.fleet = os.path.join(self.dir, "fleet")
        self.certs = os.path.join(self.dir, "certs")
        authority = os.path.join(self.dir, "ca")
        quiet = {"stdout": subprocess.DEVNULL, "check": True}
        self.make_fleet()
        self.write_files(more)
        subprocess.run([self.troupe, "certs", "init", "--out", authority], **quiet)
        for name in [*names, *later]:
            subprocess.run([self.troupe, "certs", "node", name, "--ca", authority, "--out", self.certs], **quiet)
        self.nodes = {name: Node(self, name) for name in names}
        for node in self.nodes.values():
            node.wait_ready()
        # A node answers before it is a member.
        until(self.all_up)

    def make_store(self):
        # Where nobody kills the server, its disk need not slow the nodes' start down.
        return self.kind_of_store(self.dir, ("-c", "fsync=off") if self.files else ())

    def make_fleet(self):
        files = self.files
        if not files:
            subprocess.run([self.troupe, "init", self.fleet], check=True, stdout=subprocess.DEVNULL)
            with open(os.path.join(self.fleet, "fleet.yaml")) as f:
                files = {"fleet.yaml": f.read().replace("shards: 2 ", "shards: 16")}
        self.write_files(files)

    def write_files(self, files):
        for path, text in files.items():
            path = os.path.join(self.fleet, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)

    def members(self):
        rows = self.store.ask("SELECT convert_from(node, 'UTF8'), state FROM troupe.members ORDER BY 1") or ""
        states = ["joining", "up", "leaving", "down"]
        return {name: states[int(state)] for name, state in (line.split("|") for line in rows.splitlines())}

    def all_up(self):
        """all nodes are members"""
        return all(self.members().get(name) == "up" for name in self.nodes)

    def stop(self):
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.signal(signal.SIGCONT)
                node.signal(signal.SIGTERM)
        codes = {name: node.process.wait(60) for name, node in self.nodes.items()}
        self.store.stop()
        return codes

    def kill(self):
        """Ends everything at once, and tells what the nodes have said."""
        said = ""
        for node in self.nodes.values():
            node.process.kill()
            said += f"--- {node.name}\n" + open(node.log).read()[-4000:]
        if self.store:
            self.store.kill()
        if self.hosts:
            self.hosts.forget()
        return said

    def play(self, scenario):
        """Plays it, and ends: in order, or at once and with what the nodes have said."""
        try:
            scenario(self)
            codes = self.stop()
            assert set(codes.values()) == {0}, f"a node did not end in order: {codes}"
        except BaseException:
            print(self.kill(), file=sys.stderr)
            raise
        self.forget()

    def forget(self):
        if self.hosts:
            self.hosts.forget()
        shutil.rmtree(self.dir, ignore_errors=True)
