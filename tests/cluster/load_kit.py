"""What runs through a cluster of real processes all the time, and what has to be true of it in the end."""

import http.client
import json
import threading
import time

from cluster_kit import until


def submit_all(nodes, count, body, clients=8):
    """Submits so many tasks through these nodes as fast as they are accepted, and waits for none of them; their ids."""
    ids, wrong, todo = [], [], list(range(count))

    def client(node):
        c = http.client.HTTPConnection("127.0.0.1", node.port, timeout=40)
        while todo and not wrong:
            try:
                todo.pop()
            except IndexError:
                break  # another client has taken the last one
            c.request("POST", "/v1/tasks", json.dumps(body), {"content-type": "application/json"})
            r = c.getresponse()
            said = json.loads(r.read())
            if r.status == 202:
                ids.append(said["id"])
            else:
                wrong.append((r.status, said))
        c.close()
    threads = [threading.Thread(target=client, args=(nodes[i % len(nodes)],)) for i in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[:3]
    return ids


class Sessions:
    """Sessions that ask one thing after the other until they are stopped, each on a thread of its own: `talk(i)` says what."""

    def __init__(self, sessions):
        self.ended, self.wrong, self.refused, self.times = [], [], 0, []
        self.over, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.talk, args=(i,)) for i in range(sessions)]
        for t in self.threads:
            t.start()

    def count(self):
        with self.lock:
            return len(self.ended)

    def each_after(self, moment):
        """How long after this moment each session's requests waited that were under way or came since, at the longest."""
        waits = {}
        with self.lock:
            for began, end, i in self.times:
                if end > moment:
                    waits[i] = max(waits.get(i, 0.0), end - max(began, moment))
        return waits

    def more(self, n):
        """Waits until so many more tasks have ended."""
        goal = self.count() + n
        until(lambda: self.wrong or self.count() >= goal)
        assert not self.wrong, self.wrong[:5]

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()


class Load(Sessions):
    """Sessions that send one message after the other, through the nodes named. Every other one says what it wants in
    free text, which an agent has to understand first."""

    def __init__(self, cluster, through, sessions=12):
        self.cluster, self.through = cluster, through
        super().__init__(sessions)

    def talk(self, i):
        turn = 0
        what = {"skill": "hours.tell", "text": "when?"} if i % 2 else {"text": "when are you open"}
        while not self.over.is_set():
            node = self.cluster.nodes[self.through[(i + turn) % len(self.through)]]
            turn += 1
            began = time.monotonic()
            try:
                status, said = node.post(dict(what, context_id=f"session-{i}"))
                good = status == 200 and said["status"]["state"] == "completed"
                outcome = said.get("id")
            except (OSError, http.client.HTTPException, ValueError) as e:
                good, outcome, status, said = False, None, 0, repr(e)
            if status in (429, 503):
                # Nothing was accepted: the client comes again, as it is told to.
                with self.lock:
                    self.refused += 1
                self.over.wait(0.05)
                continue
            with self.lock:
                self.times.append((began, time.monotonic(), i))
                if good:
                    self.ended.append(outcome)
                else:
                    self.wrong.append((node.name, status, said))

    def slowest(self):
        with self.lock:
            return max((end - began for began, end, _ in self.times), default=0.0)

    def longest_after(self, moment):
        """How long after this moment the last request waited that was under way or came since, at the longest."""
        return max(self.each_after(moment).values(), default=0.0)

    def at(self, node, ask):
        """The sessions that this node works on, as the node `ask` sees it."""
        return [i for i in range(len(self.threads))
                if self.cluster.nodes[ask].get(f"/v1/sessions/session-{i}/where").get("node") == node]


def verdict(cluster, load, before=0):
    """How many tasks were lost and doubled: none, or it is an error. So many were there before this load."""
    assert not load.wrong, f"{len(load.wrong)} of {len(load.wrong) + load.count()} went wrong: {load.wrong[:5]}"
    assert len(set(load.ended)) == len(load.ended), "a task was answered twice"
    stored = int(cluster.store.ask("SELECT count(*) FROM troupe.tasks"))
    ended = int(cluster.store.ask("SELECT count(*) FROM troupe.ends"))
    stored, ended = stored - before, ended - before
    assert stored == ended == len(load.ended), f"{stored} stored, {ended} ended, {len(load.ended)} answered"
    return stored - ended, len(load.ended) - len(set(load.ended))
