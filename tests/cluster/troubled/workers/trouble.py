"""Gets into the trouble that a call asks for: `crash FILE` and `hang FILE` once, for whoever comes first to take the file
away; `away FILE` each time, and notes in the file that it was asked; `work SECONDS` is none."""

import json
import os
import sys
import threading
import time

saying = threading.Lock()


def taken(path):
    try:
        os.remove(path)
        return True
    except FileNotFoundError:
        return False


def answer(call):
    what, _, rest = call["text"].partition(" ")
    reply = {"text": "done", "confidence": 1.0}
    if what == "crash" and taken(rest):
        os._exit(1)
    if what == "hang" and taken(rest):
        time.sleep(3600)
    if what == "work":
        time.sleep(float(rest))
    if what == "away":
        with open(rest, "a") as f:
            f.write("asked\n")
        reply = {"error": {"reason": "unavailable", "detail": "the provider is away"}}
    with saying:
        print(json.dumps({"id": call["id"], **reply}), flush=True)


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
