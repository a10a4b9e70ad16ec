"""Counts the messages of a session in its context, which travels with it. Knows nothing by itself."""

import json
import sys

for line in sys.stdin:
    call = json.loads(line)
    count = (call.get("context") or {}).get("count", 0) + 1
    print(json.dumps({"id": call["id"], "text": f"{count}", "data": {"count": count, "context": {"count": count}},
                      "confidence": 1.0}), flush=True)
