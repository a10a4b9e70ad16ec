"""The Model Context Protocol: the door, with a client of a few lines and with the SDK's.

    mcp_test.py PROGRAM [wire|keys|peers|conformance]
"""

import json
import subprocess

import kit

BOTH = {"Accept": "application/json, text/event-stream"}


def rpc(n, method, params, key=None):
    head = {**BOTH, **({"Authorization": f"Bearer {key}"} if key else {})}
    status, _, x = n.ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, head)
    if isinstance(x, str):
        events = [json.loads(line[6:]) for line in x.splitlines() if line.startswith("data: ")]
        x = events[-1]
    return status, x


def wire(program):
    """What goes over the wire."""
    with kit.node(program) as n:
        _, x = rpc(n, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                     "clientInfo": {"name": "x", "version": "1"}})
        assert x["result"]["protocolVersion"] == "2025-06-18", x
        _, x = rpc(n, "tools/list", {})
        assert {t["name"] for t in x["result"]["tools"]} == {"desk", "desk__hours_tell", "desk__words_count"}, x
        _, x = rpc(n, "tools/call", {"name": "desk", "arguments": {"text": "count the words: one two"}})
        assert x["result"]["content"] == [{"type": "text", "text": "That is 2 words."}], x
        assert x["result"]["structuredContent"] == {"words": 2}, x


def keys(program):
    """A key sees the tools of its domains and no others."""
    with kit.node(program) as n:
        root = n.troupe("keys", "create", "--name", "root", "--allow", "admin").split()[-1]
        other = n.troupe("keys", "create", "--name", "other", "--allow", "submit:nowhere", key=root).split()[-1]
        status, x = rpc(n, "tools/list", {})
        assert status == 401 and "error" in x, x
        assert rpc(n, "tools/list", {}, other)[1]["result"]["tools"] == []
        call = {"name": "desk", "arguments": {"text": "count the words: one two"}}
        assert rpc(n, "tools/call", call, other)[1]["error"]["code"] == -32602
        assert "result" in rpc(n, "tools/call", call, root)[1]
        if kit.packages():
            kit.run_peer(kit.packages(), "mcp.js", n.url, root)


def peers(program):
    folder = kit.packages()
    if not folder:
        return "skipped"
    with kit.node(program) as n:
        kit.run_peer(folder, "mcp.js", n.url)


def conformance(program):
    """Those server scenarios of @modelcontextprotocol/conformance that ask for no tools of its own."""
    folder = kit.packages()
    if not folder:
        return "skipped"
    tool = folder / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    with kit.node(program) as n:
        for scenario in ("server-initialize", "ping", "tools-list", "dns-rebinding-protection", "server-sse-multiple-streams"):
            done = subprocess.run([kit.node_js(folder), str(tool), "server", "--url", n.url + "/mcp", "--scenario", scenario],
                                  capture_output=True, text=True, timeout=120, cwd=folder)
            print(f"{scenario}: {done.returncode}")
            assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    kit.main({"wire": wire, "keys": keys, "peers": peers, "conformance": conformance})
