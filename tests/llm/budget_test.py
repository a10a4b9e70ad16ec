"""Limits on what is spent on models, with real processes and a provider that counts.

    budget_test.py TROUPE limit|killed|cost

limit: many tasks at once on three nodes, one limit on calls: exactly so many are made.
killed: the same while one of the nodes is killed: never one too many.
cost: what `troupe cost` adds up is what the provider has counted, in every way of adding it up.
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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="troupe-budget-") as where:
        globals()[sys.argv[2]](where)
    print("ok")
