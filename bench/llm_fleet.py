"""512 agents on three nodes with one key at 600 requests a minute, against `troupe sim-llm`, which counts in a sliding
window: a JSON line per figure, as the other benchmarks.

    llm_fleet.py TROUPE

TROUPE_LLM_SECONDS says for how long is measured after the warm-up of 120 s (300). The floor is what is wanted.
"""

import json
import os
import re
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "cluster"))
from cluster_kit import until
from crowd_kit import Callers, Crowd, Models

SECONDS = int(os.environ.get("TROUPE_LLM_SECONDS", "300"))
WARM_UP, AGENTS, A_MINUTE = 120, 512, 600


def report(name, value, unit, floor, note):
    ratio = round(value / floor, 4) if floor else None
    print(json.dumps({"name": f"llm_fleet/{name}", "value": round(value, 4), "unit": unit, "floor": round(floor, 4),
                      "ratio": ratio, "note": note}), flush=True)


def waits(cluster):
    """How many requests have waited for the limit, by urgency and the upper bound in seconds, at all nodes together."""
    found = {}
    for node in cluster.nodes.values():
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("troupe_quota_wait_seconds_bucket{"):
                    labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
                    key = labels["urgency"], float(labels["le"])
                    found[key] = found.get(key, 0) + float(line.rsplit(" ", 1)[1])
    return found


def p99(before, after, urgent):
    """The bounds between which the 99th percentile is, and of how many: of those that are urgent, or of all others."""
    sums = {}
    for (urgency, le), n in after.items():
        if (urgency == "urgent") == urgent:
            sums[le] = sums.get(le, 0) + n - before.get((urgency, le), 0)
    counts = sorted(sums.items())
    total, low = counts[-1][1], 0
    for le, n in counts:
        if n >= 0.99 * total:
            return low, le, int(total)
        low = le


def main():
    troupe = os.path.abspath(sys.argv[1])
    os.environ["CROWD_KEY"] = "crowd-key"
    with tempfile.TemporaryDirectory(prefix="troupe-quota-") as folder:
        models = Models(troupe, folder, f"requests_per_minute: {A_MINUTE}\nlatency: {{median: 300ms, p99: 1500ms}}\n"
                                        "answers:\n  - {text: Done.}\n")
        cluster = Crowd(troupe, models, f"{{requests_per_minute: {A_MINUTE}}}", AGENTS)
        callers = Callers(cluster)
        callers.add("batch", AGENTS - 12, "low", None)
        callers.add("urgent", 12, "urgent", "vip", pause=8)
        found = {}

        def script():
            until(cluster.all_up)
            time.sleep(WARM_UP)
            # While the nodes find their places a task may fail; what is measured begins here.
            callers.wrong.clear()
            found["begin"], found["before"], found["waited"] = time.monotonic(), models.stats(), waits(cluster)
            time.sleep(SECONDS)
            found["end"], found["after"], found["wait"] = time.monotonic(), models.stats(), waits(cluster)
        try:
            callers.run(script)
            cluster.stop()
        except BaseException:
            print(cluster.kill(), file=sys.stderr)
            raise
        finally:
            cluster.forget()
            models.stop()
    begin, end, before, after = (found[k] for k in ("begin", "end", "before", "after"))
    if callers.wrong:
        sys.exit(f"{len(callers.wrong)} tasks went wrong: {callers.wrong[:3]}")
    passed = (after["requests"] - after["over_limit"]) - (before["requests"] - before["over_limit"])
    where = (f"{AGENTS} agents with one key on 3 nodes, {A_MINUTE} requests a minute, {end - begin:.0f} s after "
             f"{WARM_UP} s of warm-up")
    used = passed / (A_MINUTE * (end - begin) / 60)
    report("used_share", used, "of the limit", 0.95, where)
    report("over_limit", after["over_limit"], "requests", 0, f"of {after['requests']} since the start, as the provider counts "
           "in any 60 s")
    batch, _, many = p99(found["waited"], found["wait"], False)
    _, urgent, few = p99(found["waited"], found["wait"], True)
    report("urgent_p99_s", urgent, "s", batch / 10,
           f"that {few} urgent requests waited for the limit, at most; the floor is a tenth of what {many} batch requests waited at "
           f"the same time, at least {batch:.0f} s; by the buckets of troupe_quota_wait_seconds")
    # What the limit promises, whatever the machine: it is never passed, and not left unused.
    sys.exit(1 if after["over_limit"] > 0 or used < 0.95 else 0)


main()
