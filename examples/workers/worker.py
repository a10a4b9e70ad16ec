"""A worker that asks a node for work: the smallest there is, with nothing but Python itself.

    TROUPE_URL=http://127.0.0.1:7420 [TROUPE_KEY=trp_...] python3 worker.py DOMAIN AGENT

The agent is of kind `worker`. A call is worked on while a thread keeps its lease; a program that dies lets the lease run
out, and the node tries the call again as the domain's failure table says.
"""

import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ.get("TROUPE_URL", "http://127.0.0.1:7420")


def post(path, body, timeout=30):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if key := os.environ.get("TROUPE_KEY"):
        request.add_header("Authorization", "Bearer " + key)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def answer(call):
    """What this worker can do: upper case."""
    return {"text": call["text"].upper(), "confidence": 1.0}


def keep(work, done):
    """Renews the lease until the work is done; the node may have given up on it meanwhile."""
    while not done.wait(work["lease_ms"] / 3000):
        try:
            post(f"/v1/work/{work['id']}/heartbeat", {"lease": work["lease"]})
        except urllib.error.HTTPError:
            return


def do(work):
    done = threading.Event()
    threading.Thread(target=keep, args=(work, done), daemon=True).start()
    try:
        end, said = "complete", {"result": answer(work["call"])}
    except Exception as problem:
        end, said = "fail", {"reason": "crash", "detail": str(problem)}
    finally:
        done.set()
    try:
        post(f"/v1/work/{work['id']}/{end}", {"lease": work["lease"], **said})
    except urllib.error.HTTPError as problem:
        print(f"{work['id']}: {problem}: {problem.read().decode()}", file=sys.stderr)


def main():
    domain, agent = (urllib.parse.quote(x, safe="") for x in sys.argv[1:3])
    while True:
        try:
            for work in post(f"/v1/work/{domain}/{agent}/poll", {"wait_ms": 20000})["work"]:
                do(work)
        except (urllib.error.URLError, OSError) as problem:
            print(f"no work to be had: {problem}", file=sys.stderr)
            time.sleep(1)


main()
