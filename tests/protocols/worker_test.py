"""Programs that ask a node for work: the examples, and what becomes of one that dies.

    worker_test.py PROGRAM [python|typescript|dies|killed|refused]
"""

import os
import pathlib
import subprocess
import sys

import kit

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "workers"
AGENT = """agent: remote
description: Works where programs ask for work.
kind: worker
skills: [text.change]
timeout: 30s
worker: {lease: 1s}
"""
FILES = {"desk/agents/remote.yaml": AGENT}


def start(words, n):
    return subprocess.Popen([*words, "desk", "remote"], env={**os.environ, "TROUPE_URL": n.url},
                            stdout=n.log, stderr=n.log)


def submit(n, text, wait="30s"):
    return n.ask("POST", f"/v1/tasks?wait={wait}", {"domain": "desk", "skill": "text.change", "text": text})[2]


def python(program):
    """The example in Python."""
    with kit.node(program, FILES) as n:
        worker = start([sys.executable, str(EXAMPLES / "worker.py")], n)
        try:
            assert submit(n, "hello")["result"]["text"] == "HELLO"
            assert submit(n, "again")["result"]["text"] == "AGAIN"
        finally:
            worker.kill()
            worker.wait()


def typescript(program):
    """The example in TypeScript, by a Node.js that takes it as it is."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    with kit.node(program, FILES) as n:
        worker = start([kit.node_js(folder), "--experimental-strip-types", str(EXAMPLES / "worker.ts")], n)
        try:
            assert submit(n, "hello")["result"]["text"] == "olleh"
        finally:
            worker.kill()
            worker.wait()


def dies(program):
    """A program that dies lets its lease run out; another one gets the call."""
    with kit.node(program, FILES) as n:
        _, _, task = n.ask("POST", "/v1/tasks", {"domain": "desk", "skill": "text.change", "text": "hello"})
        got = kit.until(lambda: n.ask("POST", "/v1/work/desk/remote/poll", {"wait_ms": 5000})[2]["work"])[0]
        assert got["call"]["text"] == "hello" and got["lease_ms"] == 1000, got
        beat = n.ask("POST", f"/v1/work/{got['id']}/heartbeat", {"lease": got["lease"]})
        assert beat[0] == 200 and beat[2]["deadline_ms"] > 0, beat
        # Silence from here on.
        again = kit.until(lambda: n.ask("POST", "/v1/work/desk/remote/poll", {"wait_ms": 5000})[2]["work"])[0]
        assert again["call"]["attempt"] == 2, again
        late = n.ask("POST", f"/v1/work/{got['id']}/complete", {"lease": got["lease"], "result": {"text": "late"}})
        assert late[0] == 404, late
        done = n.ask("POST", f"/v1/work/{again['id']}/complete", {"lease": again["lease"], "result": {"text": "done"}})
        assert done[0] == 200, done
        kit.until(lambda: n.ask("GET", f"/v1/tasks/{task['id']}")[2]["status"]["state"] == "completed")


def killed(program):
    """A program that is killed while it waits for work is lent nothing any more."""
    with kit.node(program, FILES) as n:
        worker = start([sys.executable, str(EXAMPLES / "worker.py")], n)
        try:
            assert submit(n, "hello")["result"]["text"] == "HELLO"
        finally:
            worker.kill()
            worker.wait()
        worker = start([sys.executable, str(EXAMPLES / "worker.py")], n)
        try:
            for text in ("one", "two", "three"):
                done = submit(n, text)
                assert done["result"]["text"] == text.upper(), done
                task = n.ask("GET", f"/v1/tasks/{done['id']}/trace")[2]
                assert "lease" not in str(task), task
        finally:
            worker.kill()
            worker.wait()


def refused(program):
    """What is refused, and to whom."""
    with kit.node(program, FILES) as n:
        assert n.ask("POST", "/v1/work/desk/words/poll", {})[0] == 404
        assert n.ask("POST", "/v1/work/desk/remote/poll", {"wait_ms": 60001})[0] == 400
        assert n.ask("POST", "/v1/work/desk/remote/poll", {"wait_ms": 10})[2] == {"work": []}
        assert n.ask("POST", "/v1/work/7/complete", {"lease": "x", "result": {"text": "y"}})[0] == 404
        root = n.troupe("keys", "create", "--name", "root", "--allow", "admin").split()[-1]
        other = n.troupe("keys", "create", "--name", "other", "--allow", "answer:nowhere", key=root).split()[-1]
        mine = n.troupe("keys", "create", "--name", "mine", "--allow", "answer:desk", key=root).split()[-1]

        def ask(path, body, key):
            return n.ask("POST", path, body, {"Authorization": f"Bearer {key}"})

        assert ask("/v1/work/desk/remote/poll", {}, other)[0] == 403
        n.ask("POST", "/v1/tasks", {"domain": "desk", "skill": "text.change", "text": "hello"},
              {"Authorization": f"Bearer {root}"})
        got = kit.until(lambda: ask("/v1/work/desk/remote/poll", {"wait_ms": 5000}, mine)[2]["work"])[0]
        said = {"lease": got["lease"], "result": {"text": "x"}}
        assert ask(f"/v1/work/{got['id']}/complete", said, other)[0] == 404
        assert ask(f"/v1/work/{got['id']}/complete", {**said, "lease": "guessed"}, mine)[0] == 404
        assert ask(f"/v1/work/{got['id']}/complete", {**said, "result": {"text": 5}}, mine)[0] == 400
        assert ask(f"/v1/work/{got['id']}/complete", said, mine)[0] == 200


if __name__ == "__main__":
    kit.main({"python": python, "typescript": typescript, "dies": dies, "killed": killed, "refused": refused})
