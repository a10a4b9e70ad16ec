"""Sends customer messages to a running fleet and shows what becomes of them."""

import argparse
import collections
import csv
import http.client
import itertools
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLE = HERE / "examples" / "customer-support"
PATIENCE = 60  # seconds, for one message
ANSWER_MOST = 3  # seconds that a customer of the stream waits for an answer before the next one is asked
UNDER_WAY = ("submitted", "working")
ANSWERED = ("completed", "failed", "canceled", "rejected")
SEEDS = [
    ("I've been charged twice for my subscription and I want to upgrade to the enterprise plan.", "gold"),
    ("cancel my order {order} and issue a refund", "standard"),
    ("I've been charged twice for my subscription.", "free"),
]


def call(url, body=None, timeout=60, key=None):
    request = urllib.request.Request(url, headers={"Content-Type": "application/json"})
    if key:
        request.add_header("Idempotency-Key", key)
    if body is not None:
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


class Doors:
    """Where the fleet is asked: at one node, or at any of a cluster's."""

    def __init__(self, url, cluster):
        self.url, self.cluster, self.killed = url, pathlib.Path(cluster) if cluster else None, None
        self.next = itertools.count()

    def nodes(self):
        return json.loads(self.cluster.read_text())["nodes"]

    def any(self):
        if not self.cluster:
            return self.url
        up = [n["url"] for n in self.nodes() if "url" in n]
        return up[next(self.next) % len(up)] if up else self.url

    def ready(self):
        if self.cluster and not (self.cluster.exists() and json.loads(self.cluster.read_text())["ready"]):
            raise OSError("not all nodes are up")
        urllib.request.urlopen(self.url + "/readyz", timeout=2).close()

    def whole_again(self):
        """Waits until another process has taken the place of the one that was killed, and is up."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.killed and all("url" in n and n.get("pid") != self.killed for n in self.nodes()):
                return
            time.sleep(0.05)
        sys.exit("the node that was killed did not come back")

    def submit(self, body, wait, key):
        """As a client should: what is refused or breaks off is sent again, to another node, under the same key."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return call(f"{self.any()}/v1/tasks?wait={wait}", body, key=key)
            except urllib.error.HTTPError as error:
                if not self.cluster or error.code not in (429, 502, 503, 504) or time.monotonic() > end:
                    return {"id": "", "status": {"state": f"refused {error.code}"}}
            except (OSError, http.client.HTTPException):
                if not self.cluster or time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def ended(self, id, most=PATIENCE, step=0.1):
        """The task when it has ended, or waits for a person; it goes on at another node when its own dies."""
        end = time.monotonic() + most
        while True:
            try:
                task = call(f"{self.any()}/v1/tasks/{id}")
                if task["status"]["state"] not in UNDER_WAY or time.monotonic() > end:
                    return task
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
            time.sleep(step)


def wait_until_ready(doors, node):
    while True:
        try:
            doors.ready()
            return
        except OSError:
            if not pathlib.Path(f"/proc/{node}").exists():
                sys.exit("the fleet did not start")
            time.sleep(0.1)


def customers(data):
    with sqlite3.connect(f"file:{data}/support.db?mode=ro", uri=True) as db:
        return db.execute("SELECT id, tier FROM customers ORDER BY id").fetchall()


def one_of_each_kind(data):
    """Customers whose records hold what the seed messages are about."""
    with sqlite3.connect(f"file:{data}/support.db?mode=ro", uri=True) as db:
        twice = db.execute(
            """SELECT c.tier, c.id FROM payments a JOIN payments b ON a.customer_id = b.customer_id AND a.id < b.id
               AND a.amount_cents = b.amount_cents AND abs(a.at - b.at) <= 60 AND a.kind = 'subscription'
               AND a.status = 'captured' AND b.status = 'captured'
               JOIN customers c ON c.id = a.customer_id
               JOIN subscriptions s ON s.customer_id = c.id AND s.plan_id <> 'enterprise' ORDER BY c.id"""
        ).fetchall()
    found = {}
    for tier, who in twice:
        found.setdefault(tier, who)
    return found


def an_open_order(data, tier):
    with sqlite3.connect(f"file:{data}/support.db?mode=ro", uri=True) as db:
        return db.execute(
            """SELECT o.customer_id, o.id FROM orders o JOIN customers c ON c.id = o.customer_id
               WHERE c.tier = ? AND o.status IN ('placed', 'packed') ORDER BY o.id LIMIT 1""",
            (tier,),
        ).fetchone()


def suggest(data):
    """Leaves a customer and an order of theirs that the stream has left open, for the command that is shown at the end."""
    who, order = an_open_order(data, "gold") or ("C-1001", "LF-10200")
    (pathlib.Path(data) / "suggestion").write_text(f"{who} {order}\n")
    return who, order


def messages(count, outside):
    own = []
    with open(EXAMPLE / "support" / "messages.tsv", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            own.append((row["text"], row["customer"]))
    dice = random.Random(7)
    if not outside or not os.path.exists(outside):
        return [own[i % len(own)] for i in range(count)], "the example's own messages"
    with open(outside, newline="") as file:
        real = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    picked = [(text, None) for text in dice.sample(real, min(len(real), count * 3 // 4))]
    picked += dice.sample(own, min(len(own), count - len(picked)))
    dice.shuffle(picked)
    return picked[:count], "real customer messages and the example's own"


class Tally:
    """What became of the messages. A person's answer may take hours: what waits for one is handed over, not answered."""

    def __init__(self, total):
        self.lock = threading.Lock()
        self.total = total
        self.states = collections.Counter()
        self.agents = collections.Counter()
        self.took = []
        self.compound = 0
        self.ids = []

    def add(self, task, seconds):
        with self.lock:
            state = task["status"]["state"]
            self.states[state] += 1
            if state in ANSWERED:
                self.took.append(seconds)
            self.ids.append(task["id"])


def kill_one(doors, tally):
    """In the middle of the stream one node dies as a machine does."""
    while sum(tally.states.values()) < tally.total // 2:
        time.sleep(0.01)
    victim = [n for n in doors.nodes() if "pid" in n][1]
    os.kill(victim["pid"], signal.SIGKILL)
    sys.stderr.write(f"\n  kill -9 {victim['pid']}: node {victim['id']} is gone\n")
    doors.killed = victim["pid"]


def stream(doors, work, people, tally):
    dice = random.Random(11)
    queue = list(work)
    queue.reverse()
    lock = threading.Lock()

    def worker():
        while True:
            with lock:
                if not queue:
                    return
                number = len(queue)
                text, who = queue.pop()
                tier = people.get(who)
                if tier is None:
                    who, tier = dice.choice(sorted(people.items()))
            body = {"text": text, "customer": {"id": who, "tier": tier}}
            began = time.monotonic()
            # A wait in the request goes on while a person is asked, so that it is a short one.
            task = doors.submit(body, "50ms", f"demo-{number}")
            if task["status"]["state"] in UNDER_WAY:
                try:
                    task = doors.ended(task["id"], ANSWER_MOST, 0.01)
                except (OSError, http.client.HTTPException):
                    pass  # its node may have died just now: it is under way, and its end is looked for when all are sent
            tally.add(task, time.monotonic() - began)

    workers = [threading.Thread(target=worker) for _ in range(16)]
    if doors.cluster:
        threading.Thread(target=kill_one, args=(doors, tally), daemon=True).start()
    began = time.monotonic()
    for one in workers:
        one.start()
    while any(one.is_alive() for one in workers):
        show(tally, began)
        time.sleep(0.1)
    show(tally, began)
    sys.stderr.write("\n")
    return time.monotonic() - began


def show(tally, began):
    with tally.lock:
        done = sum(tally.states.values())
        bar = "#" * (30 * done // tally.total)
        states = ", ".join(f"{count} {state}" for state, count in tally.states.most_common())
    if sys.stderr.isatty() or done == tally.total:
        rate = done / max(time.monotonic() - began, 0.001)
        sys.stderr.write(f"\r  [{bar:<30}] {done}/{tally.total}  {rate:.0f}/s  {states}   ")
        sys.stderr.flush()


def troupe(url, *words):
    out = subprocess.run([str(HERE / "build/release/troupe"), *words, "--url", url], capture_output=True, text=True)
    return out.stdout.rstrip() or out.stderr.rstrip()


def models_had(models, url):
    """What the simulated models went through, if they are simulated, and what they cost."""
    try:
        stats = call(models.removesuffix("/v1") + "/stats")
        wrong = {kind: count for kind, count in stats["mishaps"].items() if count and kind != "none"}
        print(f"  {stats['requests']} requests, of which went wrong: "
              + (", ".join(f"{kind} {count}" for kind, count in sorted(wrong.items())) or "none"))
    except (OSError, ValueError, KeyError):
        print("  the models are not simulated")
    with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
        costs = [line for line in answer.read().decode().splitlines() if line.startswith("troupe_model_cost_total{")]
    for line in costs:
        name = line.split('model="')[1].split('"')[0]
        print(f"  {name} has cost {float(line.rsplit(' ', 1)[1]):.4f}")


def title(text):
    print(f"\n\033[1m{text}\033[0m", flush=True)


def main():
    options = argparse.ArgumentParser()
    for name in ("url", "data", "outside", "cluster", "models"):
        options.add_argument("--" + name, required=True)
    for name in ("messages", "node"):
        options.add_argument("--" + name, type=int, required=True)
    options = options.parse_args()
    url = options.url
    doors = Doors(url, options.cluster)
    wait_until_ready(doors, options.node)
    if doors.cluster:
        title("The nodes")
        print(troupe(url, "nodes"))
    people = dict(customers(options.data))
    affected = one_of_each_kind(options.data)

    title("Three messages and how they were answered")
    for text, tier in SEEDS:
        who = affected.get(tier) or next(k for k, v in people.items() if v == tier)
        if "{order}" in text:
            who, order = an_open_order(options.data, tier)
            text = text.format(order=order)
        task = doors.submit({"text": text, "customer": {"id": who, "tier": tier}}, "20s", f"demo-seed-{tier}")
        print(f"\n{tier} customer {who}: {text}")
        print(f"  -> {task['status']['state']}: {task.get('result', {}).get('text', '')}")
        print(troupe(url, "trace", task["id"]))
        last = task["id"]

    title("Why the last one went where it did")
    print(troupe(url, "explain", last))

    work, source = messages(options.messages, options.outside)
    title(f"A stream of {len(work)} messages ({source})")
    tally = Tally(len(work))
    seconds = stream(doors, work, people, tally)

    took = sorted(tally.took)
    agents = call(url + "/v1/agents")
    agents = agents.get("agents", agents) if isinstance(agents, dict) else agents
    waiting = call(url + "/v1/human")["waiting"]
    if doors.cluster or options.models:
        title("After the kill" if doors.cluster else "Everybody is answered")
        ends = collections.Counter(doors.ended(id)["status"]["state"] if id else "refused" for id in tally.ids)
        answered = sum(n for state, n in ends.items() if state != "refused" and state not in UNDER_WAY)
        print(f"  {answered} of {len(work)} customers are answered or with a person: "
              + ", ".join(f"{state} {count}" for state, count in ends.most_common()))
        print(f"  {len(set(tally.ids))} tasks for {len(work)} messages")
        if answered != len(work) or len(set(tally.ids)) != len(work):
            sys.exit("somebody was not answered, or twice")
        if doors.cluster:
            doors.whole_again()
            print(troupe(url, "nodes"))
    if options.models:
        title("The models")
        models_had(options.models, url)
    who, order = suggest(options.data)
    title("Summary")
    print(f"  {len(work)} messages in {seconds:.1f} s: {len(work) / seconds:.0f} a second, 16 at a time")
    if took:
        print(f"  answer times of the {len(took)} that were answered: half within {took[len(took) // 2] * 1000:.0f} ms, "
              f"95 % within {took[len(took) * 95 // 100] * 1000:.0f} ms")
    print("  ended as: " + ", ".join(f"{state} {count}" for state, count in tally.states.most_common()))
    print("  routed to: " + ", ".join(f"{a['name']} {a['served']}" for a in sorted(agents, key=lambda a: -a["served"]) if a["served"]))
    print(f"  waiting for a person: {waiting}")
    print(f"  still to be cancelled: order {order} of {who}, gold")
    print(f"\n  API on {url}, metrics on {url}/metrics. There is no web dashboard yet: `troupe tree`, `trace` and `explain` show what it will show.")


main()
