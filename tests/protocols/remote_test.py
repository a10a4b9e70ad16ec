"""Agents and tools of others: `kind: a2a` and `kind: mcp`, against troupe itself, small servers, and those of others.

    remote_test.py PROGRAM [a2a|a2a_looks|stdio|a2a_sdk|everything|llm_servers|filesystem|conformance]
"""

import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

import kit


def a2a_agent(url, **more):
    settings = json.dumps({"url": url, **more})
    return f"agent: far\nkind: a2a\nskills: [far.ask]\ntimeout: 20s\na2a: {settings}\n"


def mcp_agent(name, tool, arguments=None):
    settings = json.dumps({"server": "tools", "tool": tool, **({"arguments": arguments} if arguments else {})})
    return f"agent: {name}\nkind: mcp\nskills: [tool.{name}]\ntimeout: 20s\nmcp: {settings}\n"


def ask(n, skill, text, data=None):
    return n.ask("POST", "/v1/tasks?wait=30s", {"domain": "desk", "skill": skill, "text": text,
                                                **({"data": data} if data else {})})[2]


def with_servers(servers):
    """The starter fleet's file, with MCP servers."""
    return ("fleet: door\nentry: desk\nshards: 2\ndata: troupe-data\nhumans:\n  people: {answer_timeout: 24h}\n"
            f"mcp: {json.dumps(servers)}\n")


def a2a(program):
    """One fleet asks another."""
    with kit.node(program) as far:
        agents = {"desk/agents/far.yaml": a2a_agent(far.url),
                  "desk/agents/near.yaml": a2a_agent(far.url, skill="desk/words.count").replace("far", "near", 1)
                  .replace("far.ask", "near.ask")}
        with kit.node(program, agents, "near") as n:
            done = ask(n, "far.ask", "count the words: one two three")
            assert done["result"]["text"] == "That is 3 words.", done
            done = ask(n, "near.ask", "one two")
            assert done["result"]["data"]["words"] == 2, done
            # One that waits for a person there is cancelled there when it is cancelled here.
            _, _, task = n.ask("POST", "/v1/tasks", {"domain": "desk", "skill": "far.ask", "text": "get me a human"})
            there = kit.until(lambda: far.ask("GET", "/v1/tasks?state=input_required")[2]["tasks"])[0]
            n.ask("POST", f"/v1/tasks/{task['id']}/cancel", {})
            kit.until(lambda: far.ask("GET", f"/v1/tasks/{there['id']}")[2]["status"]["state"] == "canceled")


class Far(http.server.ThreadingHTTPServer):
    """An A2A agent that takes every message, and meets each look at its task with what the message's text names in turn."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), FarDoor)
        self.asked, self.looks = [], {}

    def count(self, method, text):
        return sum(x == (method, text) for x in self.asked)


class FarDoor(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, body, **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.say(200, {"name": "far", "supportedInterfaces": [{
            "url": f"http://127.0.0.1:{self.server.server_port}/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]})

    def do_POST(self):
        what = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method, given = what["method"], what["params"]
        text = given["message"]["parts"][0]["text"] if method == "SendMessage" else given["id"]
        self.server.asked.append((method, text))
        if method != "GetTask":
            return self.answer(what, {"task": self.task(text, "WORKING")} if method == "SendMessage" else {})
        words = text.split()
        at = self.server.looks[text] = self.server.looks.get(text, -1) + 1
        trouble = words[min(at, len(words) - 1)]
        if trouble.isdigit():
            self.say(int(trouble), "", **{"Retry-After": "1"} if trouble == "429" else {})
        elif trouble == "hangs_up":
            self.close_connection = True
        elif trouble == "garbage":
            self.say(200, "{")
        elif trouble == "busy":
            self.say(200, {"jsonrpc": "2.0", "id": what["id"],
                           "error": {"code": -32000, "message": "no", "data": [{"reason": "BUSY"}]}})
        elif trouble == "forgotten":
            self.say(200, {"jsonrpc": "2.0", "id": what["id"], "error": {"code": -32001, "message": "there is no such task"}})
        else:
            self.answer(what, self.task(text, "COMPLETED", [{"parts": [{"text": "done after all"}]}]))

    @staticmethod
    def task(text, state, artifacts=None):
        return {"id": text, "status": {"state": f"TASK_STATE_{state}"}, **({"artifacts": artifacts} if artifacts else {})}

    def answer(self, what, result):
        self.say(200, {"jsonrpc": "2.0", "id": what["id"], "result": result})


def a2a_looks(program):
    """Looks at a task that goes on elsewhere fail, for a while or for good: nothing is sent twice for it."""
    with Far() as far:
        threading.Thread(target=far.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{far.server_port}"
        act = a2a_agent(url).replace("far", "act", 1).replace("far.ask", "far.act") + "effects: unsafe\n"
        late = a2a_agent(url).replace("far", "late", 1).replace("far.ask", "far.late").replace("20s", "1s")
        files = {"desk/agents/far.yaml": a2a_agent(url), "desk/agents/act.yaml": act, "desk/agents/late.yaml": late}
        with kit.node(program, files) as n:
            for skill in ("far.ask", "far.act"):
                text = f"503 502 hangs_up busy 429 504 well {skill}"
                done = ask(n, skill, text)
                assert done["result"]["text"] == "done after all", done
                assert far.count("SendMessage", text) == 1 and far.count("GetTask", text) == 7, far.asked
            # For good, after it was begun: nobody may guess whether it was done, and nobody does it again.
            for text in ("503 forgotten", "garbage", "busy 400"):
                done = ask(n, "far.act", text)
                assert done["status"]["state"] == "failed", done
                assert done["result"]["error"]["reason"] == ("invalid_output" if text == "garbage" else "crash"), done
                assert "may have acted" in done["result"]["error"]["detail"], done
                assert far.count("SendMessage", text) == 1, far.asked
            # Out of reach until its time is up: it is cancelled there.
            done = ask(n, "far.late", "503")
            assert done["status"]["state"] == "failed", done
            assert "could not be looked at" in done["result"]["error"]["detail"], done
            kit.until(lambda: far.count("CancelTask", "503"))
        far.shutdown()


SERVER = '''import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize":
        r = {"protocolVersion": m["params"]["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}}
    elif m.get("method") == "tools/list":
        r = {"tools": [{"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}}]}
    elif m.get("method") == "tools/call":
        a = m["params"]["arguments"]
        if a.get("die"):
            sys.exit(1)
        r = {"content": [{"type": "text", "text": str(a["a"] + a["b"])}]} if "b" in a else \\
            {"content": [{"type": "text", "text": "b is missing"}], "isError": True}
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}), flush=True)
'''


def stdio(program):
    """A server of a few lines as a child process; it dies and is started again."""
    files = {"fleet.yaml": with_servers({"tools": {"command": [sys.executable, "server.py"], "effects": "none"}}),
             "server.py": SERVER,
             "desk/agents/add.yaml": mcp_agent("add", "add"),
             "desk/agents/text.yaml": mcp_agent("text", "add", {"a": "${text}", "b": "!"})}
    with kit.node(program, files) as n:
        done = ask(n, "tool.add", "", {"a": 2, "b": 3})
        assert done["result"]["text"] == "5", done
        done = ask(n, "tool.text", "hello")
        assert done["result"]["text"] == "hello!", done
        done = ask(n, "tool.add", "", {"a": 2})
        assert done["status"]["state"] == "failed" and "b is missing" in done["result"]["error"]["detail"], done
        ask(n, "tool.add", "", {"die": True, "a": 1})
        kit.until(lambda: ask(n, "tool.add", "", {"a": 2, "b": 2}).get("result", {}).get("text") == "4")


def a2a_sdk(program):
    """The server of @a2a-js/sdk."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    for binding in ("JSONRPC", "HTTP+JSON"):
        with_sdk(program, folder, binding)


def with_sdk(program, folder, binding):
    server = subprocess.Popen([kit.node_js(folder), str(folder / "a2a_server.js"), binding], stdout=subprocess.PIPE,
                              text=True)
    try:
        url = server.stdout.readline().strip()
        with kit.node(program, {"desk/agents/far.yaml": a2a_agent(url)}) as n:
            done = ask(n, "far.ask", "hello")
            assert done["result"]["text"] == "you said: hello", done
            done = ask(n, "far.ask", "slowly")
            assert done["result"]["text"] == "you said: slowly", done
            done = ask(n, "far.ask", "fail")
            assert done["status"]["state"] == "failed", done
    finally:
        server.kill()
        server.wait()


def free_port():
    """For a server that cannot be asked which one it took."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def everything(program):
    """@modelcontextprotocol/server-everything over both transports."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    server = folder / "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    node = kit.node_js(folder)
    stdio_words = ["--command", node, str(server), "stdio"]
    port = free_port()
    http = subprocess.Popen([node, str(server), "streamableHttp"], env={**os.environ, "PORT": str(port)},
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for place in (stdio_words, ["--url", f"http://127.0.0.1:{port}/mcp"]):
            def troupe(*words, place=place):
                return subprocess.run([program, "mcp", *words, *place], capture_output=True, text=True, timeout=60)

            def listed():
                """the server's tools"""
                return "echo" in troupe("tools").stdout

            kit.until(listed)
            done = troupe("call", "--tool", "echo", "--arguments", '{"message": "hi"}')
            assert done.stdout.strip() == "Echo: hi", done
            done = troupe("call", "--tool", "get-sum", "--arguments", '{"a": 2, "b": 3}')
            assert "5" in done.stdout, done
            assert "demo://" in troupe("resources").stdout
            assert troupe("prompts").stdout.count("\n") > 1
            bad = troupe("call", "--tool", "nothing")
            assert bad.returncode == 1, bad
        files = {"fleet.yaml": with_servers({"tools": {"command": [node, str(server), "stdio"], "effects": "none"}}),
                 "desk/agents/echo.yaml": mcp_agent("echo", "echo", {"message": "${text}"})}
        with kit.node(program, files) as n:
            assert ask(n, "tool.echo", "hello")["result"]["text"] == "Echo: hello"
    finally:
        http.kill()
        http.wait()


def llm_servers(program):
    """An agent with a simulated model uses the tools of @modelcontextprotocol/server-everything."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    server = folder / "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    script = """answers:
  - {match: 'echo (\\w+)', call: [{tool: echo, arguments: {message: "${1}"}}]}
  - {match: 'add (\\d+) and', call: [{tool: get-sum, arguments: {a: 2, b: 3}}]}
  - {after: echo, text: "It said: ${result}"}
  - {after: get-sum, text: "${result}"}
"""
    with kit.models(program, script) as url:
        fleet = with_servers({"tools": {"command": [kit.node_js(folder), str(server), "stdio"], "effects": "none"}})
        files = {"fleet.yaml": fleet + f"providers:\n  sim: {{api: openai, url: '{url}/v1'}}\n"
                                       "models:\n  small: {provider: sim, model: sim-small}\n",
                 "desk/prompts/think.md": "You use the tools.\n",
                 "desk/agents/think.yaml": "agent: think\nkind: llm\nskills: [think]\ntimeout: 20s\n"
                                           "llm: {model: small, prompt: [prompts/think.md], servers: [tools], many_tools: true}\n"}
        with kit.node(program, files) as n:
            kit.until(lambda: ask(n, "think", "echo hello")["result"].get("text") == "It said: Echo: hello")
            done = ask(n, "think", "add 2 and 3")
            assert "5" in done["result"]["text"], done


def filesystem(program):
    """@modelcontextprotocol/server-filesystem as a tool of an agent."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    server = folder / "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"
    with tempfile.TemporaryDirectory() as shared:
        pathlib.Path(shared, "note.txt").write_text("remember the milk")
        files = {"fleet.yaml": with_servers({"tools": {"command": [kit.node_js(folder), str(server), shared],
                                                       "effects": "none"}}),
                 "desk/agents/read.yaml": mcp_agent("read", "read_text_file")}
        with kit.node(program, files) as n:
            done = ask(n, "tool.read", "", {"path": f"{shared}/note.txt"})
            assert done["result"]["text"] == "remember the milk", done
            done = ask(n, "tool.read", "", {"path": "/etc/passwd"})
            assert done["status"]["state"] == "failed", done


CLIENT = """import os, subprocess, sys
url = sys.argv[-1]
scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
calls = {"tools_call": ("add_numbers", '{"a": 5, "b": 3}'), "sse-retry": ("test_reconnection", "{}"),
         "elicitation-sep1034-client-defaults": ("test_client_elicitation_defaults", "{}")}
words = ["mcp", "tools"] if scenario not in calls else \
    ["mcp", "call", "--tool", calls[scenario][0], "--arguments", calls[scenario][1], "--questions", "defaults"]
sys.exit(subprocess.run([sys.argv[1], *words, "--url", url]).returncode)
"""


def conformance(program):
    """The client scenarios of @modelcontextprotocol/conformance, but for those of OAuth."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    client = folder / "conformance_client.py"
    client.write_text(CLIENT)
    tool = folder / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    for scenario in ("initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"):
        done = subprocess.run([kit.node_js(folder), str(tool), "client", "--scenario", scenario, "--command",
                               f"{sys.executable} {client} {program}"], capture_output=True, text=True, timeout=120,
                              cwd=folder)
        print(f"{scenario}: {done.returncode}")
        assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    kit.main({"a2a": a2a, "a2a_looks": a2a_looks, "stdio": stdio, "a2a_sdk": a2a_sdk, "everything": everything, "llm_servers": llm_servers, "filesystem": filesystem,
              "conformance": conformance})
