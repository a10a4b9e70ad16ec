"""What becomes of sessions when their region is lost, cut off or left without its store, on real processes.

    regions_test.py TROUPE [SCENARIO...]
"""

import http.client
import json
import signal
import sys
import time

sys.dont_write_bytecode = True
from cluster_kit import chosen, until
from counting_kit import TROUPE, agent, count_up, finish, fleet_of, give_up
from postgres_pair import Pair
from regions_kit import Regions

REGIONS = "regions:\n  backups: {eu: [us], us: [eu]}\n  return: %s\n"


def two_regions(back="manual", **more):
    """a, b in eu and c, d in us; 40 ms each way between them."""
    return Regions(TROUPE, {"a": "eu", "b": "eu", "c": "us", "d": "us"},
                   fleet_of({"counter": agent("counter", "count.up", "replicas: 4\n")}, REGIONS % back), **more)


def regions():
    """A session stays in its region while that lives, goes on in the next one with its context, and returns when told."""
    two = two_regions()
    try:
        nodes = two.nodes
        eu, us = two.of("eu"), two.of("us")
        for n in (*eu, *us):
            count_up(n, f"warm-{n.name}")
        # Within a region nothing waits for the other one.
        took = []
        crossed = two.relays.carried()
        for i in range(100):
            n, took_now = count_up(eu[i % 2], f"eu-{i % 10}")
            assert n == i // 10 + 1, (i, n)
            took.append(took_now)
        crossed = two.relays.carried() - crossed
        took.sort()
        print(f"  100 turns within eu, 80 ms from us: p50 {took[50] * 1000:.1f} ms, p99 {took[98] * 1000:.1f} ms; "
              f"{crossed} bytes crossed meanwhile")
        assert took[50] < 0.04, took
        # Through the other region's door it is the same session, and the way is paid for.
        n, far = count_up(us[0], "eu-0")
        assert n == 11 and far >= 0.08, (n, far)
        # A session that asks for a home gets it.
        n, _ = count_up(eu[0], "asked", home_region="us")
        assert n == 1
        homes = dict(line.split("|") for line in two.store.ask(
            "SELECT convert_from(key, 'UTF8'), convert_from(home, 'UTF8') FROM troupe.homes").splitlines())
        assert homes["asked"] == "us" and homes["eu-0"] == "eu", homes
        assert two.region("us", "c")["carried"], two.region("us", "c")
        # The whole region is lost.
        for n in eu:
            n.process.send_signal(signal.SIGKILL)
        lost = time.monotonic()
        n, _ = count_up(us[0], "eu-1")
        gap = time.monotonic() - lost
        assert n == 11, n
        assert two.region("eu", "c")["servedBy"] == "us"
        print(f"  the region was killed: its session went on elsewhere after {gap:.2f} s")
        for i in range(2, 10):
            assert count_up(us[i % 2], f"eu-{i}")[0] == 11
        assert gap < 5, gap
        # It comes back, and works for itself again when it is told to.
        for n in eu:
            n.process.wait()
            n.start()
        for n in eu:
            n.wait_ready()
        until(lambda: set(two.members().values()) == {"up"})
        assert count_up(eu[0], "eu-1")[0] == 12
        assert two.region("eu", "c")["servedBy"] == "us"
        # It hears within half a second that they are up.
        until(lambda: nodes["c"].request("POST", "/v1/regions/eu/return")[0] == 200)
        until(lambda: two.region("eu", "c")["servedBy"] == "eu")
        assert nodes["c"].request("POST", "/v1/regions/eu/return")[0] == 409
        assert nodes["c"].request("POST", "/v1/regions/mars/return")[0] == 404
        assert count_up(eu[0], "eu-1")[0] == 13
        finish(two)
    except BaseException:
        give_up(two)
        raise


def region_cut():
    """The regions cannot see each other any more: exactly one of them goes on with each session."""
    two = two_regions("{after: 2s}")
    try:
        eu, us = two.of("eu"), two.of("us")
        counts = {}
        for i in range(6):
            counts[f"s-{i}"] = count_up((eu if i % 2 else us)[0], f"s-{i}")[0]
        two.relays.cut()
        until(lambda: sum(s == "up" for s in two.members().values()) == 2)
        up = {name for name, s in two.members().items() if s == "up"}
        side = two.at[next(iter(up))]
        assert {two.at[n] for n in up} == {side}, up
        winner, loser = two.of(side), two.of("us" if side == "eu" else "eu")
        for s in counts:
            n, _ = count_up(winner[0], s)
            assert n == counts[s] + 1, (s, n)
            counts[s] = n
        # The other side takes nothing: it says when to come again.
        c = http.client.HTTPConnection("127.0.0.1", loser[0].port, timeout=40)
        c.request("POST", "/v1/tasks?wait=1s", json.dumps({"skill": "count.up", "text": "x", "context_id": "s-0"}),
                  {"content-type": "application/json"})
        r = c.getresponse()
        assert r.status in (429, 503) and r.getheader("retry-after"), (r.status, r.read())
        r.read()
        c.close()
        two.relays.cut(False)
        until(lambda: set(two.members().values()) == {"up"})
        for s in counts:
            n, _ = count_up(loser[0], s)
            assert n == counts[s] + 1, (s, n)
        until(lambda: all(two.region(r, "c")["servedBy"] == r for r in ("eu", "us")))
        print(f"  {side} went on with all sessions while they were cut; both work for themselves again")
        finish(two)
    except BaseException:
        give_up(two)
        raise


def store_lost():
    """A region is lost together with the store's primary: its sessions go on with the promoted standby."""
    two = two_regions(store=Pair)
    try:
        eu, us = two.of("eu"), two.of("us")
        for i in range(6):
            assert count_up(eu[i % 2], f"s-{i}")[0] == 1
        two.store.lose()
        for n in eu:
            n.process.kill()
        lost = time.monotonic()
        two.store.promote()
        promoted = time.monotonic()
        assert count_up(us[0], "s-0")[0] == 2
        gone = time.monotonic()
        print(f"  the standby was promoted after {promoted - lost:.2f} s, the first session went on {gone - promoted:.2f} s later")
        for i in range(1, 6):
            assert count_up(us[i % 2], f"s-{i}")[0] == 2
        assert two.region("eu", "c")["servedBy"] == "us"
        two.store.mend()
        for n in eu:
            n.process.wait()
            n.start()
        for n in eu:
            n.wait_ready()
        until(two.all_up)
        assert count_up(eu[0], "s-1")[0] == 3
        finish(two)
    except BaseException:
        give_up(two)
        raise


for scenario in chosen(regions, region_cut, store_lost):
    scenario()
