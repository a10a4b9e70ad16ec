"""Limits on what is spent on models, with real processes and a provider that counts.

    budget_test.py TROUPE limit|killed|cost|simple

limit: many tasks at once on three nodes, one limit on calls: exactly so many are made.
killed: the same while one of the nodes is killed: never one too many.
cost: what `troupe cost` adds up is what the provider has counted, in every way of adding it up.
simple: what a small model that is asked first saves of a mixed load.
"""

import csv
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time

from budget_kit import Fleet, until

TROUPE = os.path.abspath(sys.argv[1])


def limit(folder):
    with Fleet(TROUPE, folder, "{day: {calls: 120}}") as fleet:
        ids = fleet.submit_all(300, ["a", "b", "c"])
        assert len(ids) == 300, len(ids)
        states, reasons = fleet.ended(ids)
        calls = fleet.models.stats()["requests"]
        assert calls == 120, f"{calls} calls, {states}, {reasons}"
        assert states == {"completed": 120, "failed": 180}, states
        paused = [a for a in fleet.cluster.nodes["a"].get("/v1/agents")["agents"] if a.get("paused")]
        assert paused, "nobody is shown as paused"


def killed(folder):
    with Fleet(TROUPE, folder, "{day: {calls: 150}}") as fleet:
        def kill():
            until(lambda: fleet.models.stats()["requests"] > 40)
            fleet.cluster.nodes["c"].signal(signal.SIGKILL)
        killer = threading.Thread(target=kill)
        killer.start()
        ids = fleet.submit_all(400, ["a", "b"])
        killer.join()
        states, reasons = fleet.ended(ids)
        calls = fleet.models.stats()["requests"]
        assert calls <= 150, f"{calls} calls, {states}, {reasons}"
        assert calls > 75, f"only {calls} calls, {states}, {reasons}"
        fleet.cluster.nodes["c"].process.wait()
        fleet.cluster.nodes["c"].start()
        fleet.cluster.nodes["c"].wait_ready()


def cost(folder):
    with Fleet(TROUPE, folder, "{}") as fleet:
        ids = fleet.submit_all(60, ["a", "b", "c"])
        states, _ = fleet.ended(ids)
        assert states == {"completed": 60}, states
        counted = fleet.models.stats()
        node = fleet.cluster.nodes["b"]

        def total():
            return json.loads(node.run("cost", "-o", "json"))["total"]
        until(lambda: total()["calls"] == counted["requests"], 20, pause=0.2)
        said = total()
        assert said["input_tokens"] == counted["input_tokens"], (said, counted)
        assert said["output_tokens"] == counted["output_tokens"], (said, counted)
        price = counted["input_tokens"] * 3e-6 + counted["output_tokens"] * 15e-6
        assert abs(said["cost"] - price) < 0.005, (said, price)
        for by in ("agent", "task", "workflow", "customer", "model", "day", "domain", "customer,model"):
            rows = json.loads(node.run("cost", "--by", by, "-o", "json"))["rows"]
            assert sum(r["calls"] for r in rows) == counted["requests"], (by, rows)
            assert abs(sum(r["cost"] for r in rows) - said["cost"]) < 1e-6, (by, rows)
        rows = list(csv.DictReader(io.StringIO(node.run("cost", "--by", "customer", "--csv"))))
        assert {r["customer"] for r in rows} == {f"c{i}" for i in range(7)}, rows
        assert abs(sum(float(r["cost"]) for r in rows) - said["cost"]) < 1e-6
        assert "desk/writer" in node.run("cost", "--by", "agent")


# A mixed load: requests that a small model answers well, some of which it is not sure, and some that it must not answer.
EASY = ["Where is my parcel?", "What are your opening hours?", "Do you ship to France?", "Cancel order LF-1."]
UNSURE = ["My parcel LF-7 has not come and I want to change my address."]
HARD = ["Why was I billed twice for LF-10200 and LF-10201? If the second one is a mistake, refund it; unless it has been sent.",
        "Compare the two plans and explain which is best if we add 20 seats in March."]


def simple(folder):
    with Fleet(TROUPE, folder, "{}", nodes=("a",)) as fleet:
        saved_by_simple_model(fleet, fleet.cluster.nodes["a"])


def saved_by_simple_model(fleet, node):
    """Simple requests cost what the small model costs, hard ones get the large one: two fifths saved, and no answer is worse."""
    asked, lock, todo = {}, threading.Lock(), 9 * EASY + 6 * UNSURE + 9 * HARD

    def ask():
        while True:
            with lock:
                if not todo:
                    return
                text = todo.pop()
            status, said = node.post({"skill": "advise", "text": text})
            assert status == 200 and said["status"]["state"] == "completed", said
            with lock:
                asked[said["id"]] = text
    whole = len(todo)
    threads = [threading.Thread(target=ask) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(asked) == whole, len(asked)

    def told():
        """the report has what the provider has counted"""
        report = json.loads(node.run("cost", "--by", "task,model", "-o", "json", "--limit", "1000"))
        return report["total"]["calls"] == fleet.models.stats()["requests"] and [r for r in report["rows"] if r["task"] in asked]
    rows = until(told, 20, pause=0.2)
    models, spent, alone = {}, 0.0, 0.0
    for r in rows:
        models.setdefault(r["task"], set()).add(r["model"])
        spent += r["cost"]
    for r in rows:
        # What the large model would have cost: itself where it was asked, its price for the same tokens where it was not.
        if r["model"] == "large" or "large" not in models[r["task"]]:
            alone += r["input_tokens"] * 3e-6 + r["output_tokens"] * 15e-6
    worse = [text for task, text in asked.items() if text not in EASY and "large" not in models[task]]
    print(f"{100 * (1 - spent / alone):.0f} % saved; {len(worse)} of {whole} answered by a model that should not")
    assert spent <= 0.6 * alone, (spent, alone)
    assert len(worse) <= 0.02 * whole, worse


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="troupe-budget-") as where:
        globals()[sys.argv[2]](where)
    print("ok")
