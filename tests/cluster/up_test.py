"""`troupe up`: several nodes on one machine under one parent, with a store of their own.

    up_test.py TROUPE
"""

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

TROUPE = os.path.abspath(sys.argv[1])
PATIENCE = 60  # seconds; a slow machine is no failure


def until(what, most=PATIENCE):
    end = time.monotonic() + most
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {most} s: {what.__doc__ or what}")
        time.sleep(0.02)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Up:
    def __init__(self, folder, *words):
        self.folder = folder
        self.state_file = folder / "data/cluster/cluster.json"
        self.log = folder / "log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([TROUPE, "up", folder / "fleet", "--data", folder / "data", "--port", "0",
                                             *words], stderr=log)

    def state(self):
        try:
            return json.loads(self.state_file.read_text())
        except (OSError, ValueError):
            return {"ready": False, "nodes": []}

    def ready(self):
        def up():
            """all nodes are up"""
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            state = self.state()
            return state["ready"] and all(n["state"] == "up" for n in state["nodes"]) and state
        return until(up)

    def node(self, id):
        return next(n for n in self.state()["nodes"] if n["id"] == id)

    def ask(self, id, method, path, body=None):
        c = http.client.HTTPConnection(self.node(id)["url"].removeprefix("http://"), timeout=40)
        try:
            c.request(method, path, json.dumps(body) if body else None, {"content-type": "application/json"})
            r = c.getresponse()
            return r.status, json.loads(r.read())
        finally:
            c.close()

    def submit(self, id, text):
        status, said = self.ask(id, "POST", "/v1/tasks?wait=30s", {"skill": "hours.tell", "text": text})
        assert status == 200 and said["status"]["state"] == "completed", (status, said)
        return said["id"]

    def members(self, id):
        return {n["id"]: (n["state"], n["region"]) for n in self.ask(id, "GET", "/v1/nodes")[1]["nodes"]}

    def stop(self, code=0):
        pids = [n["pid"] for n in self.state()["nodes"] if "pid" in n]
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE) == code, self.log.read_text()[-3000:]
        assert not any(alive(p) for p in pids), "a node outlives its parent"


def goes_on(folder):
    """Three nodes in two regions; one is killed and comes back; all end in order, and begin again where they were."""
    up = Up(folder, "--regions", "north,south")
    up.ready()
    until(lambda: up.members("n1") == {"n1": ("up", "north"), "n2": ("up", "south"), "n3": ("up", "north")})
    task = up.submit("n2", "when are you open")
    second = subprocess.run([TROUPE, "up", folder / "fleet", "--data", folder / "data", "--port", "0"],
                            capture_output=True, text=True)
    assert second.returncode == 1 and "another process runs a cluster" in second.stderr, second

    before = up.node("n3")
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: up.node("n3").get("pid", before["pid"]) != before["pid"] and up.node("n3")["state"] == "up")
    until(lambda: up.members("n1")["n3"][0] == "up")
    up.submit("n3", "when are you open")

    # It cannot write down how it stands, as on a full disk: that ends nobody, and it is done later.
    beside = pathlib.Path(f"{up.state_file}.new")
    beside.mkdir()
    before = up.node("n3")
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: "cannot be written" in up.log.read_text() and up.log.read_text().count("n3 is up again") == 2)
    assert up.node("n3")["pid"] == before["pid"] and up.process.poll() is None
    beside.rmdir()
    until(lambda: up.node("n3").get("pid", before["pid"]) != before["pid"] and up.node("n3")["state"] == "up")
    up.stop()
    assert not up.state_file.exists()

    again = Up(folder)
    assert len(again.ready()["nodes"]) == 3, "as many nodes as there were"
    status, known = again.ask("n1", "GET", f"/v1/tasks/{task}")
    assert status == 200 and known["status"]["state"] == "completed", known
    again.stop()


def parent_killed(folder):
    """With the parent everything ends that it has started, and the next start finds nothing in its way."""
    up = Up(folder, "--nodes", "2")
    pids = [n["pid"] for n in up.ready()["nodes"]]
    up.process.kill()
    up.process.wait()
    until(lambda: not any(alive(p) for p in pids))
    again = Up(folder)
    until(lambda: again.state().get("pid") == again.process.pid)
    again.ready()
    again.submit("n1", "when are you open")
    again.stop()


def refused(folder):
    """What cannot run says why and leaves nothing behind."""
    with open(folder / "fleet/fleet.yaml", "a") as f:
        f.write("nonsense: true\n")
    up = subprocess.run([TROUPE, "dev", folder / "fleet", "--nodes", "2", "--data", folder / "data"], capture_output=True,
                        text=True)
    assert up.returncode == 1 and "nonsense" in up.stderr, up
    assert not (folder / "data").exists()


def main():
    for scenario in (goes_on, parent_killed, refused):
        print(f"{scenario.__name__}: {scenario.__doc__}", flush=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-up-"))
        folder.chmod(0o755)  # for the server's user, when this is root
        subprocess.run([TROUPE, "init", folder / "fleet"], check=True, stdout=subprocess.DEVNULL)
        try:
            scenario(folder)
        except BaseException:
            if (folder / "log").exists():
                print((folder / "log").read_text()[-6000:], file=sys.stderr)
            # The parent takes its children along.
            state = folder / "data/cluster/cluster.json"
            if state.exists():
                os.kill(json.loads(state.read_text())["pid"], signal.SIGKILL)
            raise
        shutil.rmtree(folder, ignore_errors=True)


main()
