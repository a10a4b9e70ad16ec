"""Secrets that everybody who knows them tells, around an agent with a language model: the node must not pass them on.

    secrets_test.py TROUPE

The provider's key, a tool's secret and an MCP server's are planted. The provider tells its key when it fails, and in what it
says; the tool and the server tell theirs in whatever they can say something in: descriptions, schemas, results, failures,
and on standard error. Nothing of it may be in what the provider is sent, in the log, the trace, the store, the cost report
or the metrics. The provider is `troupe sim-llm`, behind a door that writes down what it is sent.
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocols"))
import kit  # noqa: E402

KEY, TOOL, SERVER = "sk-S3cret-aa11bb22", "tool-S3cret-cc33dd44", "server-S3cret-ee55ff66"
SECRETS = (KEY, TOOL, SERVER)

SCRIPT = """answers:
  - {match: 'look (\\w+)', call: [{tool: look, arguments: {how: "${1}"}}]}
  - {match: 'serve (\\w+)', call: [{tool: serve, arguments: {how: "${1}"}}]}
  - {after: look, text: "The tool said: ${result}"}
  - {after: serve, text: "The server said: ${result}"}
  - {match: 'tell', text: "My key is sk-S3cret-aa11bb22.", data: {sk-S3cret-aa11bb22: sk-S3cret-aa11bb22}}
  - {match: '.', text: "Well."}
"""

LOOK = """import json, os, sys
secret = os.environ["TOOL_SECRET"]
for line in sys.stdin:
    call = json.loads(line)
    how = (call["input"] or {}).get("how", "")
    print("about to use " + secret, file=sys.stderr, flush=True)
    if how == "dying":
        raise RuntimeError("no route to " + secret)
    if how == "garbage":
        print("garbage " + secret, flush=True)
        continue
    said = {"error": {"reason": "policy_denied", "detail": "401 for " + secret}} if how == "failing" else \\
        {"text": "I know " + secret, "data": {secret: [secret]}}
    print(json.dumps({"id": call["id"], **said}), flush=True)
"""

SERVE = """import json, os, sys
secret = os.environ["SERVER_SECRET"]
print("begins with " + secret, file=sys.stderr, flush=True)
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m:
        continue
    out = {"jsonrpc": "2.0", "id": m["id"]}
    if m["method"] == "initialize":
        out["result"] = {"protocolVersion": m["params"]["protocolVersion"], "capabilities": {"tools": {}},
                         "instructions": "use " + secret, "serverInfo": {"name": "of " + secret, "version": "1"}}
    elif m["method"] == "tools/list":
        how = {"type": "string", "description": "how, with " + secret, "default": secret}
        out["result"] = {"tools": [{"name": "serve", "description": "Serves with " + secret,
                                    "inputSchema": {"type": "object", "properties": {"how": how}}}]}
    else:
        how = m["params"]["arguments"].get("how", "")
        if how == "dying":
            sys.exit("no route to " + secret)
        if how == "error":
            out["error"] = {"code": -32000, "message": "401 for " + secret, "data": secret}
        else:
            out["result"] = {"content": [{"type": "text", "text": "I know " + secret}], "isError": how == "failing",
                             "structuredContent": {secret: [secret]}}
    print(json.dumps(out), flush=True)
"""


class Door(http.server.ThreadingHTTPServer):
    """Before the simulated provider: it keeps what is sent, and refuses with the key what is to be refused."""

    daemon_threads = True

    def __init__(self, models):
        super().__init__(("127.0.0.1", 0), Sent)
        self.models, self.lock, self.sent, self.keys = models, threading.Lock(), [], set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Sent(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.sent.append(self.path + " " + body.decode())
            self.server.keys.add(self.headers["authorization"])
        asked = urllib.request.Request(self.server.models + self.path, body, {"content-type": "application/json"})
        if b"please refuse" in body:
            status, kind, said = 401, "application/json", json.dumps(
                {"error": {"message": f"Incorrect API key provided: {KEY}.", "type": "invalid_request_error"}}).encode()
        else:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                status, kind, said = answer.status, answer.headers["content-type"], answer.read()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


def files(port):
    return {
        "fleet.yaml": f"""fleet: talkers
entry: desk
shards: 1
humans: {{people: {{answer_timeout: 24h}}}}
log: {{level: trace}}
mcp:
  tools: {{command: [python3, serve.py], environment: {{SERVER_SECRET: "${{secret:PLANTED_SERVER}}"}}, effects: none}}
providers:
  main: {{api: openai, url: "http://127.0.0.1:{port}/v1", key: "${{secret:PLANTED_KEY}}", breaker: {{failures: 0, rate: 0}}}}
models:
  small: {{provider: main, model: sim-small, context: 32000, max_output: 500, input_price: 0.15, output_price: 0.6}}
""",
        "desk/domain.yaml": "domain: desk\nretry: {max_retries: 0}\nbreaker: {failures: 0, rate: 0}\n",
        "desk/agents/thinker.yaml": """agent: thinker
kind: llm
skills: [think]
effects: none
timeout: 30s
llm:
  model: small
  prompt: [says.md]
  servers: [tools]
  tools:
    look:
      description: Looks it up.
      effects: none
      takes: {type: object, properties: {how: {type: string}}}
      subprocess: {command: [python3, look.py], environment: {TOOL_SECRET: "${secret:PLANTED_TOOL}"}}
""",
        "desk/says.md": "You do what you are told.\n",
        "look.py": LOOK,
        "serve.py": SERVE,
    }


def leaks(where, text):
    """Where a secret stands in `text`, with what is around it."""
    out = []
    for secret in SECRETS:
        at = text.find(secret)
        if at >= 0:
            out.append(f"{where}: ...{text[max(0, at - 100):at + 60]}...")
    return out


def in_files(folder):
    return [x for path in folder.rglob("*") if path.is_file()
            for x in leaks(path.name, path.read_bytes().decode(errors="replace"))]


TEXTS = ["look plainly", "look failing", "look garbage", "look dying", "serve plainly", "serve failing", "serve error",
         "serve dying", "please tell", "please refuse", f"look after {KEY} and {TOOL} and {SERVER}"]


def main():
    program = os.path.abspath(sys.argv[1])
    os.environ.update(PLANTED_KEY=KEY, PLANTED_TOOL=TOOL, PLANTED_SERVER=SERVER)
    found = []
    with kit.models(program, SCRIPT) as models:
        door = Door(models)
        with kit.node(program, files(door.server_port)) as n:
            said = {}
            for text in TEXTS:
                status, _, task = n.ask("POST", "/v1/tasks?wait=40s", {"skill": "think", "text": text, "customer": {"id": "acme"}})
                assert status == 200, (text, task)
                said[text] = json.dumps(task)
                for verb in ("task", "trace", "explain"):
                    for more in ((), ("-o", "json")):
                        found += leaks(f"{verb} of {text}", n.troupe(verb, task["id"], *more))
            # Or else nothing was ever told, and nothing of it is proven.
            assert door.keys == {f"Bearer {KEY}"}, door.keys
            sent = "\n".join(door.sent)
            for what in ("I know [redacted]", "401 for [redacted]", "Serves with [redacted]", "how, with [redacted]"):
                assert what in sent, (what, sent)
            assert "The tool said: I know [redacted]" in said["look plainly"], said["look plainly"]
            assert "The server said: I know [redacted]" in said["serve plainly"], said["serve plainly"]
            assert "My key is [redacted]." in said["please tell"], said["please tell"]
            assert "[redacted]" in said["please refuse"], said["please refuse"]
            for text, answer in said.items():
                found += leaks(f"answer to {text}", answer)
            found += leaks("prompts", sent)
            cost = kit.until(lambda: (lambda x: "acme" in x and x)(n.troupe("cost", "--by", "customer,agent,task", "-o", "json")))
            found += leaks("cost", cost)
            metrics = n.ask("GET", "/metrics")[2]
            assert "troupe_model_tokens_total" in metrics, metrics
            found += leaks("metrics", metrics)
            for verb in ("logs", "agents", "tree", "sessions"):
                found += leaks(verb, n.troupe(verb, "-o", "json"))
            # What is on disk while the node runs: the write-ahead log is not folded in yet.
            data = n.folder / "data"
            assert any(data.rglob("*")), "nothing is stored"
            found += in_files(data)
            n.stop()
            found += leaks("log", (n.folder / "node.log").read_text(errors="replace"))
            found += in_files(pathlib.Path(data))
    assert not found, "told of secrets:\n" + "\n".join(found)
    print("ok")


main()
