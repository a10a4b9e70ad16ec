"""Teams above teams, on real processes.

    hierarchy_test.py TROUPE
"""

import json
import sys
import threading
import time

sys.dont_write_bytecode = True
from cluster_kit import Cluster, chosen, until
from counting_kit import COUNTER, TROUPE, agent, finish, give_up, join, lose


def answer(task):
    return task["result"]["text"]


def level_costs(node, task):
    """What the task and those that were delegated for it have cost, by domain, in millionths."""
    def look(span):
        if span["op"] == "task":
            yield span["domain"], span.get("cost_micros", 0)
        for child in span.get("spans", []):
            yield from look(child)
    trace = node.get(f"/v1/tasks/{task['id']}/trace")
    assert trace["usage"]["cost_micros"] == task["result"]["usage"]["cost_micros"], trace["usage"]
    return dict(look(trace["root"]))


def all_runs(cluster):
    out = {}
    for line in cluster.store.ask("SELECT convert_from(body, 'UTF8') FROM troupe.placements").splitlines():
        out |= {r: x[0] for r, x in json.loads(line)["runs"].items()}
    return out


def hierarchy():
    """Three teams, one above the other, on three nodes: the one in the middle is killed in mid-task, and the answer is the same."""
    def team(path, plan):
        name = path.rsplit("/", 1)[-1]
        worker = agent(f"{name}_worker", f"{name}.work", "effects: none\n").replace("reads: [count]\nwrites: [count]\n", "")
        return {f"{path}/domain.yaml": f"domain: {name}\nplans:\n  {name}.do:\n    sequence:\n{plan}",
                f"{path}/agents/{name}_worker.yaml": worker.replace("counter.py", "team.py")}

    def call(name):
        return f"      - call: {{name: own, skill: {name}.work}}\n"

    def down(path):
        return f"      - domain: {{name: below, domain: {path}, skill: {path.rsplit('/', 1)[-1]}.do}}\n"
    # What the work of each level costs, so that every sum of some of them is another number.
    costs = {"desk": 500, "team": 70, "crew": 9}
    files = {"fleet.yaml": "fleet: deep\nentry: desk\nshards: 8\n", "team.py": COUNTER.replace(
        'str(count)', 'call["skill"] + " did it"').replace('"data": {"context": {"count": count}}', '"data": {}, '
        f'"usage": {{"cost_micros": {costs}[call["skill"].split(".")[0]]}}')}
    files |= team("desk", call("desk") + down("desk/team"))
    files |= team("desk/team", call("team") + down("desk/team/crew"))
    files |= team("desk/team/crew", call("crew"))
    cluster = Cluster(TROUPE, [], files=files, later="abc")
    try:
        join(cluster, "abc")
        # The first node had all of them; they are evened out when nobody has come or gone for a while.
        where = until(lambda: len(set(all_runs(cluster).values())) == 3 and all_runs(cluster))
        middle = where["desk/team/team_worker"]
        door = cluster.nodes[next(n for n in cluster.nodes if n != middle)]
        ask = {"skill": "desk.do", "text": "x", "data": {"work_ms": 1000}}
        status, calm = door.post(ask)
        assert status == 200 and calm["status"]["state"] == "completed", calm
        # Each level has cost what it did itself and what it had others do.
        levels = {"desk": 579, "desk/team": 79, "desk/team/crew": 9}
        assert level_costs(door, calm) == levels, level_costs(door, calm)
        said = []
        asking = threading.Thread(target=lambda: said.append(door.post(ask)))
        asking.start()
        time.sleep(1.5)  # the first second is the upper team's, the second one the middle's
        lose(cluster.nodes[middle])
        asking.join()
        status, shaken = said[0]
        assert status == 200 and shaken["status"]["state"] == "completed", shaken
        assert answer(shaken) == answer(calm), (answer(shaken), answer(calm))
        # What came of the lost attempt nobody knows; what was done again is charged once, at its level.
        assert level_costs(door, shaken) == levels, level_costs(door, shaken)
        print(f"  {middle} was killed while its team worked: {answer(shaken)!r}, as without, at the same cost of every level")
        del cluster.nodes[middle]
        finish(cluster)
    except BaseException:
        give_up(cluster)
        raise


for scenario in chosen(hierarchy):
    scenario()
