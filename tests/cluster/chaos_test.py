"""`troupe chaos` against a cluster that `troupe up` runs: faults of all kinds under a load that counts, and a verdict.

    chaos_test.py TROUPE [SECONDS [SEED...]]

Without seeds one run with seed 3. TROUPE_CHAOS_LOG names a folder that keeps the clients' logs.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TROUPE = os.path.abspath(sys.argv[1])
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 25
SEEDS = sys.argv[3:] or ["3"]
COUNTERS = pathlib.Path(__file__).resolve().parent / "counters"
PATIENCE = 90


def chaos(*words, timeout=None):
    return subprocess.run([TROUPE, "chaos", *words], capture_output=True, text=True, timeout=timeout)


def nobody_else_is_touched(folder):
    """Without a cluster there is nothing to break, and a process that is no node is refused."""
    none = chaos("--data", folder / "nowhere", "--for", "2s")
    assert none.returncode == 3 and "no cluster" in none.stderr, none
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        done = chaos("--pid", str(stranger.pid), "--url", "http://127.0.0.1:1", "--for", "2s")
        assert done.returncode == 2 and "no troupe node" in done.stderr, done
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def stands_it(folder, seed):
    began = time.monotonic()
    log = pathlib.Path(os.environ.get("TROUPE_CHAOS_LOG", folder)) / f"clients-{seed}.log"
    done = chaos("--data", folder, "--for", f"{SECONDS}s", "--seed", seed, "--skill", "session.count", "--log", log, "-o",
                 "json", "one more", timeout=SECONDS + 180)
    sys.stdout.write(done.stderr)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    print(json.dumps({k: v for k, v in said.items() if k != "nodes"}), f"in {time.monotonic() - began:.0f} s", flush=True)
    assert done.returncode == 0 and said["good"], f"seed {seed} did not hold"
    assert said["counted"] == said["answered"] - said["failed"] > 100, "the answers have to count"
    assert sum(said["faults"].values()) >= min(3, SECONDS // 8), said["faults"]
    assert said["store"]["accepted"] == said["answered"] and said["store"]["doubled"] == 0
    assert said["not_done"] == {}, said["not_done"]
    attempts = [json.loads(line) for line in log.read_text().splitlines()]
    keys = {a["key"] for a in attempts if a["state"] not in ("", "submitted", "working")}
    assert len(keys) == said["answered"], "what the clients have written down is another number"


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-chaos-"))
    folder.chmod(0o755)  # for the server's user, when this is root
    nobody_else_is_touched(folder)
    print(f"nobody_else_is_touched: {nobody_else_is_touched.__doc__}", flush=True)
    state = folder / "cluster/cluster.json"
    with open(folder / "log", "ab") as log:
        parent = subprocess.Popen([TROUPE, "up", COUNTERS, "--data", folder, "--port", "0", "--regions", "north,south"],
                                  stderr=log)
    try:
        end = time.monotonic() + PATIENCE
        while not (state.exists() and json.loads(state.read_text())["ready"]):
            assert parent.poll() is None and time.monotonic() < end, "the cluster does not come up"
            time.sleep(0.1)
        for seed in SEEDS:
            stands_it(folder, seed)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(PATIENCE) == 0, "the cluster did not end in order"
    except BaseException:
        parent.kill()
        parent.wait()
        print((folder / "log").read_text()[-8000:], file=sys.stderr)
        raise
    shutil.rmtree(folder, ignore_errors=True)


main()
