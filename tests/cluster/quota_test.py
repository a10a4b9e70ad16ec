"""Several nodes keep to a provider's limits together: real processes, against `troupe sim-llm`, which counts.

    quota_test.py TROUPE [SCENARIO...]
"""

import os
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from cluster_kit import until
from crowd_kit import Callers, Crowd, Models


def kept(cluster, callers):
    """Work for far more than the limit at three nodes, of which one is killed: none over the limit, and the limit is used."""
    def script():
        until(cluster.all_up)
        began = time.monotonic()
        until(lambda: cluster.limits()[0]["used"]["requests"] >= 90)
        # The first minute's beginning goes at once; after the second one requests are spread evenly.
        time.sleep(max(0, 125 - (time.monotonic() - began)))
        owner = cluster.limits()[0]["owner"]
        assert owner in cluster.nodes, cluster.limits()
        said = cluster.nodes["a"].run("limits")
        assert "main" in said and "of 120" in said and owner in said, said
        before, began = cluster.models.stats(), time.monotonic()
        time.sleep(25)
        asked = cluster.models.stats()["requests"] - before["requests"]
        share = asked / (120 * (time.monotonic() - began) / 60)
        assert share > 0.85, f"only {share:.2f} of the limit was used"
        # Its owner goes, with all that it knew.
        cluster.nodes[owner].signal(signal.SIGKILL)
        cluster.nodes[owner].process.wait()
        died, before = time.monotonic(), cluster.models.stats()
        time.sleep(30)
        went_on = cluster.models.stats()["requests"] - before["requests"]
        # The others go on with what they have; what the dead node had sent comes back as it leaves the minute.
        assert went_on > 120 * 0.4 * (time.monotonic() - died) / 60, f"only {went_on} after the owner's death"
        left = next(n for n in cluster.nodes if n != owner)
        until(lambda: cluster.limits(left)[0]["owner"] not in ("", owner))
        stats = cluster.models.stats()
        assert stats["over_limit"] == 0, stats
        urgent = sorted(t for _, t in callers.took["urgent"])
        assert urgent and urgent[len(urgent) // 2] < 5, urgent
        print(f"  {share:.3f} of the limit used, {went_on} requests in 30 s after its owner was killed, none over the limit")
    callers.add("batch", 120, "low", None)
    callers.add("urgent", 2, "urgent", "vip", pause=4)
    callers.run(script)


def frozen(cluster, callers):
    """A provider that allows half of what the fleet says: each 429 stops all nodes for as long as it says."""
    def script():
        until(cluster.all_up)
        until(lambda: cluster.models.stats()["over_limit"] > 0)
        # Those that were under way come to the same end. Then nobody asks until the provider takes requests again.
        node = cluster.nodes["a"]
        until(lambda: node.get("/v1/limits")["limits"][0]["frozenMs"] > 3000)
        time.sleep(1)
        state = node.get("/v1/limits")["limits"][0]
        before = cluster.models.stats()["requests"]
        time.sleep(max(0, state["frozenMs"] / 1000 - 1.5))
        assert cluster.models.stats()["requests"] == before, "somebody asked while the limit was frozen"
        first = cluster.models.stats()
        until(lambda: cluster.models.stats()["requests"] > before)
        time.sleep(20)
        # From then on it is asked evenly: what it refuses is what was on its way as it said so.
        stats = cluster.models.stats()
        asked, refused = (stats[k] - first[k] for k in ("requests", "over_limit"))
        assert asked > 20 and refused < asked / 3, f"of {asked} requests {refused} were refused"
        print(f"  frozen for {state['frozenMs']} ms; {stats['over_limit']} of {stats['requests']} requests were refused")
    callers.add("batch", 60, "medium", None)
    callers.run(script)


SCENARIOS = {"kept": (kept, 120, "{requests_per_minute: 120}"), "frozen": (frozen, 40, "{requests_per_minute: 120}")}


def main():
    troupe = os.path.abspath(sys.argv[1])
    os.environ["CROWD_KEY"] = "crowd-key"
    for name in sys.argv[2:] or list(SCENARIOS):
        scenario, most, limits = SCENARIOS[name]
        print(f"{name}: {scenario.__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="troupe-quota-") as folder:
            models = Models(troupe, folder, f"requests_per_minute: {most}\nlatency: {{median: 200ms, p99: 1s}}\n"
                                            "answers:\n  - {text: Done.}\n")
            try:
                # More than there are callers, also when a node has gone: what is to be waited for is the limit, not an agent
                # that waits for it with something less urgent.
                cluster = Crowd(troupe, models, limits, agents=200)
                try:
                    scenario(cluster, Callers(cluster))
                    cluster.stop()
                except BaseException:
                    print(cluster.kill(), file=sys.stderr)
                    raise
                finally:
                    cluster.forget()
            finally:
                models.stop()


main()
