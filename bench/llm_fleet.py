"""512 agents on three nodes with one key at 600 requests a minute, against `troupe sim-llm`, which counts in a sliding
window: a JSON line per figure, as the other benchmarks.

    llm_fleet.py TROUPE

TROUPE_LLM_SECONDS says for how long is measured after the warm-up of 120 s (300). The floor is what is wanted.
"""

import json
import os
import sys
import tempfile
import time

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


def p99(took, begin, end):
    """Of those that were asked for and answered in this time; and how many they are."""
    xs = sorted(t for began, t in took if began >= begin - 120 and begin <= began + t <= end)
    return xs[min(len(xs) - 1, int(len(xs) * 0.99))], len(xs)


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
            found["begin"], found["before"] = time.monotonic(), models.stats()
            time.sleep(SECONDS)
            found["end"], found["after"] = time.monotonic(), models.stats()
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
    report("used_share", passed / (A_MINUTE * (end - begin) / 60), "of the limit", 0.95, where)
    report("over_limit", after["over_limit"], "requests", 0, f"of {after['requests']} since the start, as the provider counts "
           "in any 60 s")
    batch, many = p99(callers.took["batch"], begin, end)
    urgent, few = p99(callers.took["urgent"], begin, end)
    report("urgent_p99_s", urgent, "s", batch / 10,
           f"from submitting a task to its answer, {few} urgent ones; the floor is a tenth of the {batch:.1f} s of {many} batch "
           "ones at the same time")


main()
