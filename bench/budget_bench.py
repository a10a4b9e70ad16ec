"""A thousand tasks at once on three nodes against one limit, a JSON line per figure.

    budget_bench.py TROUPE
"""

import json
import os
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "llm"))
from budget_kit import Fleet

TASKS = 1000
LIMIT = 400


def report(name, value, unit, floor, note):
    ratio = round(value / floor, 4) if floor else None
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "floor": floor, "ratio": ratio, "note": note}),
          flush=True)


def metric(node, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics", timeout=30) as answer:
        return sum(float(line.rsplit(" ", 1)[1]) for line in answer.read().decode().splitlines()
                   if line.startswith(name + "{"))


def main():
    with tempfile.TemporaryDirectory(prefix="troupe-budget-") as folder:
        with Fleet(os.path.abspath(sys.argv[1]), folder, f"{{day: {{calls: {LIMIT}}}}}") as fleet:
            began = time.monotonic()
            ids = fleet.submit_all(TASKS, ["a", "b", "c"], workers=64)
            states, reasons = fleet.ended(ids)
            took = time.monotonic() - began
            calls = fleet.models.stats()["requests"]
            claims = sum(metric(node, "troupe_budget_claims_total") for node in fleet.cluster.nodes.values())
    what = f"{TASKS} tasks at once at three nodes on one PostgreSQL, one limit of {LIMIT} calls a day"
    report("budget/overshoot", max(0, calls - LIMIT), "calls", 0, f"{what}; {len(ids)} accepted, {states}, {took:.1f} s")
    report("budget/used", calls, "calls", LIMIT, f"{what}; what the provider has counted")
    report("budget/store_claims", claims, "claims", calls, f"{what}; accounts that were asked for or told to the store")


if __name__ == "__main__":
    main()
