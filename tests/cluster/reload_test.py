"""The fleet's folder is read again while nodes run, under a load that must not notice.

    reload_test.py TROUPE [SCENARIO...]

Every session sends one message after the other; what a reload may not do is lose, double or refuse one of them, or let a task
that has begun by one version end by another.
"""

import os
import signal
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
from cluster_kit import Cluster, chosen, until
from reload_kit import FILES, FLEET, Alone, Greetings, agent, greeter, text_of, troupe, write


def ask_carefully(node):
    status, said = node.request("POST", "/v1/tasks", {"skill": "greet.carefully", "text": "hi"})
    assert status in (200, 202), (status, said)
    return said["id"]


def approve(node, task):
    question = until(lambda: [q for q in node.get("/v1/human")["questions"] if q["task"] == task])[0]
    status, said = node.request("POST", f"/v1/human/{urllib.parse.quote(question['id'], safe='')}/answer", {"by": "ann", "text": "yes"})
    assert status == 200, (status, said)
    done = until(lambda: [t for t in [node.get(f"/v1/tasks/{task}")] if t["status"]["state"] == "completed"])[0]
    return text_of(done), node.get(f"/v1/tasks/{task}/trace")["fleet_version"]


def versions(node):
    return {v["version"]: v["state"] for v in node.get("/v1/fleet/versions")["versions"]}


def change_everything(nodes, folder, load):
    """An agent is changed, added and removed, a bad folder is refused, and a task in between ends as it began."""
    first = nodes[0]
    held = ask_carefully(first)
    load.more(50)
    write(folder, "desk/agents/greeter.yaml", greeter("hello 2"))
    print("   ", troupe(nodes[-1], "reload", folder).strip().replace("\n", "; "))
    assert load.new_texts() <= {"hello 1", "hello 2"}
    assert load.new_texts() == {"hello 2"}
    write(folder, "desk/agents/waiter.yaml", agent("waiter", "coming", "serve"))
    troupe(first, "reload", folder)
    joined = time.monotonic()
    for node in nodes:
        status, said = node.post({"skill": "serve", "text": "hi"})
        assert status == 200 and text_of(said) == "coming", (node.name, status, said)
    took = time.monotonic() - joined
    print(f"    an agent that joined was asked through each of {len(nodes)} nodes {took * 1000:.0f} ms later")
    assert took < 1, took
    # Everywhere with the place of what is wrong, and nothing changes.
    write(folder, "desk/agents/waiter.yaml", agent("waiter", "coming", "serve").replace("kind: rules", "kind: magic"))
    for node in nodes:
        said = troupe(node, "reload", folder, code=1)
        assert "desk/agents/waiter.yaml:3" in said and "kind" in said, said
    assert load.new_texts() == {"hello 2"}
    os.remove(os.path.join(folder, "desk/agents/waiter.yaml"))
    troupe(first, "reload", folder)
    status, said = first.post({"skill": "serve", "text": "hi"})
    assert status == 422 and "serve" in said["detail"], (status, said)
    # A domain's folder alone, and one that is new.
    write(folder, "bar/domain.yaml", "domain: bar\n")
    write(folder, "bar/agents/keeper.yaml", agent("keeper", "cheers", "pour"))
    troupe(first, "reload", folder)
    write(folder, "bar/agents/keeper.yaml", agent("keeper", "santé", "pour"))
    said = troupe(nodes[-1], "reload", os.path.join(folder, "bar"), "--domain", "bar")
    assert "changed agent bar/keeper" in said, said
    for node in nodes:
        status, said = node.post({"domain": "bar", "skill": "pour", "text": "hi"})
        assert status == 200 and text_of(said) == "santé", (node.name, status, said)
    said = troupe(first, "reload", folder)
    assert "nothing has changed" in said, said
    write(folder, "fleet.yaml", FLEET.replace("shards: 8", "shards: 4"))
    said = troupe(first, "reload", folder, code=1)
    assert "fleet.yaml" in said and "shards" in said and "restart" in said, said
    write(folder, "fleet.yaml", FLEET)
    return held


def three(troupe_path):
    """Three nodes: all of it under load; then nodes die between preparing and activating."""
    cluster = Cluster(troupe_path, ["a", "b", "c"], files=FILES)
    try:
        nodes = list(cluster.nodes.values())
        for node in nodes:
            node.troupe = cluster.troupe
        folder = os.path.join(cluster.dir, "edited")
        for path, text in FILES.items():
            write(folder, path, text)
        load = Greetings(nodes)
        try:
            held = change_everything(nodes, folder, load)
        finally:
            load.stop()
        text, version = approve(nodes[1], held)
        assert "hello 1" in text and version == 1, (text, version)
        print(f"    {len(load.ended)} tasks under way meanwhile; none lost, refused or mixed")
        until(lambda: list(versions(nodes[0]).values()).count("former") == 0)
        killed_member(cluster, folder)
        killed_proposer(cluster, folder)
        codes = cluster.stop()
        assert set(codes.values()) == {0}, codes
    except BaseException:
        print(cluster.kill(), file=sys.stderr)
        raise
    cluster.forget()


def active(node):
    return max(v for v, state in versions(node).items() if state == "active")


def proposed(cluster):
    return cluster.store.ask("SELECT count(*) FROM troupe.fleet_versions WHERE state = 0") == "1"


def killed_member(cluster, folder):
    """One that dies while it prepares is not waited for, and takes what is active when it is back."""
    a, b, c = (cluster.nodes[n] for n in "abc")
    write(folder, "desk/agents/greeter.yaml", greeter("hello 3"))
    c.signal(signal.SIGSTOP)
    done = []
    asked = threading.Thread(target=lambda: done.append(troupe(a, "reload", folder)))
    asked.start()
    until(lambda: proposed(cluster) or done)
    assert not done, "it was decided without the one that is frozen"
    c.signal(signal.SIGKILL)
    asked.join(60)
    assert done and "is active" in done[0], done
    c.process.wait()
    c.start()
    c.wait_ready()
    until(lambda: cluster.members().get("c") == "up")
    status, said = c.post({"skill": "greet", "text": "hi"})
    assert status == 200 and text_of(said) == "hello 3", said
    shown = until(lambda: [x for x in [b.get("/v1/nodes")["nodes"]] if all(n.get("fleetVersion") == active(b) for n in x)])
    assert len(shown[0]) == 3
    print("    a member was killed between being asked and answering: the others went on, and it came back to the same")


def killed_proposer(cluster, folder):
    """The one that has proposed dies: it is refused, and nothing has changed."""
    a, b, c = (cluster.nodes[n] for n in "abc")
    before = active(b)
    write(folder, "desk/agents/greeter.yaml", greeter("hello 4"))
    b.signal(signal.SIGSTOP)  # so that it cannot be decided

    def wish():
        try:
            a.request("POST", "/v1/fleet/reload", {"files": {p: open(os.path.join(folder, p)).read() for p in
                                                            [*FILES, "bar/domain.yaml", "bar/agents/keeper.yaml"]}})
        except (OSError, ValueError, EOFError):
            pass
        except Exception as e:  # the connection ends somewhere in the answer
            assert "RemoteDisconnected" in type(e).__name__ or "Incomplete" in type(e).__name__, e

    asked = threading.Thread(target=wish)
    asked.start()
    until(lambda: proposed(cluster))
    a.signal(signal.SIGKILL)
    b.signal(signal.SIGCONT)
    asked.join(60)
    a.process.wait()
    until(lambda: "refused" in versions(c).values() and "proposed" not in versions(c).values())
    assert active(c) == before
    until(lambda: cluster.members().get("b") == "up")
    a.start()
    a.wait_ready()
    until(cluster.all_up)
    for node in (a, b, c):
        until(lambda: text_of(node.post({"skill": "greet", "text": "hi"})[1]) == "hello 3")
    troupe(b, "reload", folder)
    until(lambda: text_of(a.post({"skill": "greet", "text": "hi"})[1]) == "hello 4")
    print("    the proposer was killed before it could decide: refused by the others; the next one went through")


def one(troupe_path):
    """One node: all of it under load, by SIGHUP as well, and across a kill."""
    with tempfile.TemporaryDirectory(prefix="troupe-reload-") as folder:
        own = os.path.join(folder, "fleet")
        for path, text in FILES.items():
            write(own, path, text)
        node = Alone(troupe_path, own)
        try:
            load = Greetings([node])
            try:
                held = change_everything([node], own, load)
                write(own, "desk/agents/greeter.yaml", greeter("hello 3"))
                node.process.send_signal(signal.SIGHUP)
                until(lambda: load.new_texts() == {"hello 3"})
            finally:
                load.stop()
            node.process.kill()
            node.process.wait()
            # The folder is another one at the next start: that is a version too.
            write(own, "desk/agents/greeter.yaml", greeter("hello 4"))
            node.start()
            assert text_of(node.post({"skill": "greet", "text": "hi"})[1]) == "hello 4"
            text, version = approve(node, held)
            assert "hello 1" in text and version == 1, (text, version)
            until(lambda: list(versions(node).values()).count("former") == 0)
            print(f"    {len(load.ended)} tasks meanwhile; the one that was held ended by version 1 after kill -9")
            node.process.send_signal(signal.SIGTERM)
            assert node.process.wait(30) == 0
        except BaseException:
            node.process.kill()
            print(node.said()[-6000:], file=sys.stderr)
            raise


for scenario in chosen(one, three):
    scenario(sys.argv[1])
