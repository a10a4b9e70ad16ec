"""The whole way down when agents fail, on a real node: each rung is forced in turn, helps, and is seen in the trace.

    ladder_test.py TROUPE

The ladder of the specialist is: its other instance, another specialist, a model of another provider, a general agent that is
told less, fixed rules, a cheaper model, a person. A task names the rung that is to help it; whoever stands above fails.
"""

import http.server
import json
import os
import sys
import threading
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocols"))
import kit  # noqa: E402

# What each rung says where it helps, in the order of the ladder; the last one is said by the person of this test.
RUNGS = {"instance": "The specialist's other instance says so.", "other": "Another specialist says so.",
         "provider": "A model of the other provider says so.", "general": "Somebody who knows a little of all says so.",
         "rules": "The house rules say so.", "cheap": "The cheaper model says so.", "person": "A person says so."}

# What the specialist is left for, one after the other, and who is asked: the first step down is within the same agent.
LADDER = ["skill:solve.too", "agent:desk/thinker", "agent:desk/general", "agent:desk/house", "agent:desk/cheap", "human:people"]
AGENTS = ["desk/specialist", "desk/other", "desk/thinker", "desk/general", "desk/house", "desk/cheap", "human"]
# What is known of the customer; the general agent reads the first of it only.
KNOWN = {"order": "LF-1", "card": "1234"}

# What the models answer where one of them is to help.
SCRIPT = "".join(f"  - {{match: 'helped by {rung}', text: \"{RUNGS[rung]}\"}}\n" for rung in ("provider", "cheap"))


class Services(http.server.ThreadingHTTPServer):
    """The services behind the agents, and the doors of two providers before one `troupe sim-llm`."""

    daemon_threads = True

    def __init__(self, models):
        super().__init__(("127.0.0.1", 0), Service)
        self.models, self.lock, self.told = models, threading.Lock(), {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def files(self):
        here = f"http://127.0.0.1:{self.server_port}"
        provider = "api: openai, key: \"${secret:MODELS_KEY:-}\", breaker: {failures: 0, rate: 0}"
        price = "context: 32000, max_output: 200"

        def agent(name, kind, more=""):
            return f"agent: {name}\nkind: {kind}\neffects: none\n{more}"

        def service(name, reads, more=""):
            return agent(name, "http", f"reads: {reads}\nhttp: {{url: '{here}/{name}'}}\n{more}")
        return {
            "fleet.yaml": f"""fleet: ladder
entry: desk
shards: 2
humans: {{people: {{answer_timeout: 24h}}}}
providers:
  away: {{url: "{here}/away/v1", {provider}}}
  there: {{url: "{here}/there/v1", {provider}}}
models:
  first: {{provider: away, model: sim-large, {price}, input_price: 3, output_price: 15}}
  second: {{provider: there, model: sim-large, {price}, input_price: 3, output_price: 15}}
  small: {{provider: there, model: sim-small, {price}, input_price: 0.15, output_price: 0.6}}
""",
            "desk/domain.yaml": "domain: desk\ncontext: {order: string, card: string}\n"
                                "retry: {max_retries: 1}\non_failure: {unavailable: fall_back}\n"
                                "breaker: {failures: 0, rate: 0}\n",
            "desk/agents/specialist.yaml": service("specialist", "[order, card]", "skills: [solve]\nreplicas: 2\nfallback:\n"
                                                   "  - skill:solve.too\n  - agent:thinker\n  - agent:general\n"
                                                   "  - agent:house\n  - agent:cheap\n  - human:people\n"),
            "desk/agents/other.yaml": service("other", "[order, card]", "skills: [solve.too]\n"),
            "desk/agents/thinker.yaml": agent("thinker", "llm", "skills: [think]\nslots: 8\nllm: {model: first, "
                                              "fallback_models: [second], prompt: [says.md]}\n"),
            "desk/agents/general.yaml": service("general", "[order]", "skills: [anything]\n"),
            "desk/agents/house.yaml": agent("house", "rules", "skills: [house]\nrules: {rules: [{any: ['helped by rules'], "
                                            f"text: \"{RUNGS['rules']}\"}}]}}\n"),
            "desk/agents/cheap.yaml": agent("cheap", "llm", "skills: [cheap]\nslots: 8\n"
                                           "llm: {model: small, prompt: [says.md]}\n"),
            "desk/says.md": "You say who helps.\n",
        }


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        name = self.path.split("/")[1]
        status, kind, said = self.provider(name, body) if name in ("away", "there") else self.agent(name, json.loads(body))
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def agent(self, name, call):
        with self.server.lock:
            self.server.told.setdefault((call["text"], name), []).append(call["context"])
        rung = "instance" if (name, call["attempt"]) == ("specialist", 2) else name
        if call["text"] != f"helped by {rung}":
            return 500, "text/plain", b"not today"
        return 200, "application/json", json.dumps({"text": RUNGS[rung]}).encode()

    def provider(self, name, body):
        if name == "away" or not any(f"helped by {rung}".encode() in body and model in body
                                     for rung, model in (("provider", b"sim-large"), ("cheap", b"sim-small"))):
            return 503, "text/plain", b"away"
        asked = urllib.request.Request(self.server.models + self.path[len("/there"):], body,
                                       {"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.headers["content-type"], answer.read()

    def log_message(self, *_):
        pass


def spans(x):
    yield x
    for child in x.get("spans", []):
        yield from spans(child)


def answered(n, task):
    """The task when it has ended; at the last rung the person of this test answers first."""
    for question in n.ask("GET", "/v1/human")[2]["questions"]:
        said = {"by": "ann", "text": RUNGS["person"]}
        assert n.ask("POST", f"/v1/human/{urllib.parse.quote(question['id'], safe='')}/answer", said)[0] == 200, question
    seen = n.ask("GET", f"/v1/tasks/{task}")[2]
    return seen["status"]["state"] in ("completed", "failed") and seen


def way_of(n, task):
    """Who was asked, one after the other, and what each was left for, as the trace has it."""
    status, _, trace = n.ask("GET", f"/v1/tasks/{task}/trace")
    assert status == 200, trace
    attempts = [x for x in spans(trace["root"]) if "attempt" in x]
    asked = [x["agent"] if x["op"] == "call" else x["op"] for x in attempts]
    return asked, [x["fallback"] for x in attempts if "fallback" in x], json.dumps(trace)


def check(n, services, rung, task):
    ended = kit.until(lambda: answered(n, task))
    assert ended["status"]["state"] == "completed" and ended["result"]["text"] == RUNGS[rung], (rung, ended)
    asked, left, trace = way_of(n, task)
    down = list(RUNGS).index(rung)
    assert left == LADDER[:down], (rung, left)
    # The first step down is to the specialist's other instance, before anybody else is asked.
    assert {asked[0], asked[1]} == {"desk/specialist#1", "desk/specialist#2"}, (rung, asked)
    agents = list(dict.fromkeys(x.split("#")[0] for x in asked))
    assert agents == AGENTS[:down + 1], (rung, asked)
    # What the models were asked is seen as well: those of the first provider fail, then one of the other does it.
    if down >= AGENTS.index("desk/thinker"):
        assert "model second" in trace and "first: overloaded" in trace, (rung, trace)
    if rung == "cheap":
        assert "model small: 1 answer" in trace, trace
    # A general agent knows less of the customer than a specialist: so much, and no more, is it told.
    told = services.told
    assert all(x == KNOWN for x in told[ended["text"], "specialist"]), told
    if down >= AGENTS.index("desk/general"):
        assert all(x == {"order": KNOWN["order"]} for x in told[ended["text"], "general"]), told
    return asked


def main():
    program = os.path.abspath(sys.argv[1])
    with kit.models(program, "answers:\n" + SCRIPT) as models:
        services = Services(models)
        with kit.node(program, services.files()) as n:
            ids = {}
            # All at once, because those who wait for a provider that is away wait side by side.
            for rung in RUNGS:
                status, _, said = n.ask("POST", "/v1/tasks", {"skill": "solve", "text": f"helped by {rung}", "context": KNOWN})
                assert status in (200, 202), said
                ids[rung] = said["id"]
            for rung, task in ids.items():
                asked = check(n, services, rung, task)
                print(f"  {rung}: after {len(asked) - 1} attempts elsewhere")
            # The command line tells the same of the one that went all the way.
            said = n.troupe("trace", ids["person"])
            assert all(f"falls back to {x}" in said for x in LADDER), said
    print("ok")


main()
