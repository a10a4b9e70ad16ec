"""The OpenAI-compatible door: with a client of a few lines, and with the clients of others.

    openai_test.py PROGRAM [wire|keys|tools|peers]
"""

import http.client
import json

import kit


def wire(program):
    """What goes over the wire, byte for byte where clients depend on it."""
    with kit.node(program) as n:
        status, head, x = n.ask("POST", "/v1/chat/completions", {
            "model": "desk", "messages": [{"role": "user", "content": "count the words: one two"}]})
        assert status == 200, x
        assert x["choices"][0]["message"] == {"role": "assistant", "content": "That is 2 words.", "refusal": None}, x
        task = head["x-request-id"]
        assert x["id"] == "chatcmpl-" + task
        assert n.ask("GET", f"/v1/tasks/{task}")[2]["domain"] == "desk"
        c = http.client.HTTPConnection("127.0.0.1", n.port, timeout=30)
        c.request("POST", "/v1/chat/completions", json.dumps({
            "model": "desk", "stream": True, "messages": [{"role": "user", "content": "count the words: one two"}]}),
            {"Content-Type": "application/json"})
        lines = [x for x in c.getresponse().read().decode().split("\n\n") if x.startswith("data: ")]
        assert lines[-1] == "data: [DONE]", lines
        chunks = [json.loads(x[6:]) for x in lines[:-1]]
        assert "".join(x["choices"][0]["delta"].get("content", "") for x in chunks) == "That is 2 words."
        assert [x["choices"][0]["finish_reason"] for x in chunks] == [None, None, "stop"]
        assert len({x["id"] for x in chunks}) == 1


def keys(program):
    """A key reaches the models of its domains and no others."""
    with kit.node(program) as n:
        root = n.troupe("keys", "create", "--name", "root", "--allow", "admin").split()[-1]
        shop = n.troupe("keys", "create", "--name", "shop", "--allow", "submit:desk", key=root).split()[-1]
        other = n.troupe("keys", "create", "--name", "other", "--allow", "submit:nowhere", key=root).split()[-1]
        asked = {"model": "desk", "messages": [{"role": "user", "content": "count the words: one two"}]}

        def ask(key, path="/v1/chat/completions", body=None):
            return n.ask("POST" if body else "GET", path, body, {"Authorization": f"Bearer {key}"} if key else {})

        status, _, x = ask(None, body=asked)
        assert (status, x["error"]["type"]) == (401, "authentication_error"), x
        assert ask(shop, body=asked)[0] == 200
        assert [m["id"] for m in ask(shop, "/v1/models")[2]["data"]] == ["desk"]
        assert ask(other, "/v1/models")[2]["data"] == []
        status, _, x = ask(other, body=asked)
        assert (status, x["error"]["code"]) == (404, "model_not_found"), x
        if kit.packages():
            kit.run_peer(kit.packages(), "openai.js", n.url, root)


MODELS = """providers:
  sim: {api: openai, url: "%s/v1"}
models:
  small: {provider: sim, model: sim-small}
"""
CLERK = """agent: clerk
kind: llm
skills: [time.tell]
llm: {model: small, prompt: [prompts/clerk.md]}
"""
SCRIPT = """answers:
  - {match: 'what time', call: [{tool: now, arguments: {zone: UTC}}]}
  - {after: now, text: "It is ${result}."}
"""


def with_model(program, run):
    """A node whose domain `office` has an agent with a simulated model, and takes tools of clients."""
    with kit.models(program, SCRIPT) as url:
        files = {"fleet.yaml": "fleet: door\nentry: desk\nshards: 2\ndata: troupe-data\n"
                               "humans:\n  people: {answer_timeout: 24h}\n" + MODELS % url,
                 "office/domain.yaml": "domain: office\nclient_tools: true\nplan: {call: {name: tell, skill: time.tell}}\n",
                 "office/prompts/clerk.md": "You are the clerk.\n",
                 "office/agents/clerk.yaml": CLERK}
        with kit.node(program, files) as n:
            run(n)


NOW = [{"type": "function", "function": {"name": "now", "description": "The time of a zone",
                                         "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}}}]


def tools(program):
    """Tools of the client: it is asked to use them, and what they have said is gone on with."""
    def run(n):
        said = [{"role": "user", "content": "what time is it"}]
        asked = {"model": "office", "tools": NOW, "messages": said}
        status, _, x = n.ask("POST", "/v1/chat/completions", asked)
        assert status == 200 and x["choices"][0]["finish_reason"] == "tool_calls", x
        call = x["choices"][0]["message"]["tool_calls"][0]
        assert call["function"] == {"name": "now", "arguments": '{"zone":"UTC"}'}, call
        said += [x["choices"][0]["message"], {"role": "tool", "tool_call_id": call["id"], "content": "nine"}]
        status, _, x = n.ask("POST", "/v1/chat/completions", asked)
        assert x["choices"][0]["message"]["content"] == "It is nine.", x
        # A domain that does not say so takes none.
        status, _, x = n.ask("POST", "/v1/chat/completions", {**asked, "model": "desk"})
        assert status == 400 and x["error"]["param"] == "tools", x
        if kit.packages():
            kit.run_peer(kit.packages(), "openai_tools.js", n.url)
    with_model(program, run)


def peers(program):
    folder = kit.packages()
    if not folder:
        return "skipped"
    with kit.node(program) as n:
        kit.run_peer(folder, "openai.js", n.url)
        kit.run_peer(folder, "langchain.js", n.url)


if __name__ == "__main__":
    kit.main({"wire": wire, "keys": keys, "tools": tools, "peers": peers})
