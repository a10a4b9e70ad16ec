"""MCP servers are connected to anew when they are others, and go on as they are otherwise.

    reload_servers_test.py TROUPE
"""

import os
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
from cluster_kit import chosen, until
from reload_kit import FILES, FLEET, Alone, text_of, troupe, write

# A server of the Model Context Protocol with one tool, which says a word.
SERVER = """import json, os, sys
for line in sys.stdin:
    x = json.loads(line)
    if "id" not in x:
        continue
    result = {}
    if x["method"] == "initialize":
        result = {"protocolVersion": x["params"]["protocolVersion"], "capabilities": {"tools": {}},
                  "serverInfo": {"name": "words", "version": "1"}}
    elif x["method"] == "tools/list":
        result = {"tools": [{"name": "say", "inputSchema": {"type": "object"}}]}
    elif x["method"] == "tools/call":
        result = {"content": [{"type": "text", "text": f"WORD {os.environ.get('LOUDLY', '')} {os.getpid()}"}]}
    print(json.dumps({"jsonrpc": "2.0", "id": x["id"], "result": result}), flush=True)
"""
SERVERS = """mcp:
  words: {command: [python3, words/say.py], effects: none}
  others: {command: [python3, others/say.py], effects: none}
"""


def speaker(name, server):
    return f"""agent: {name}
description: Says a word.
kind: mcp
skills: [{name}]
mcp: {{server: {server}, tool: say}}
"""


def servers(troupe_path):
    """One node: MCP servers are connected to anew when they are others, and go on as they are otherwise."""
    with tempfile.TemporaryDirectory(prefix="troupe-reload-") as folder:
        own = os.path.join(folder, "fleet")
        for path, text in {**FILES, "fleet.yaml": FLEET + SERVERS, "words/say.py": SERVER.replace("WORD", "one"),
                           "others/say.py": SERVER.replace("WORD", "other"), "desk/agents/speak.yaml": speaker("speak", "words"),
                           "desk/agents/mumble.yaml": speaker("mumble", "others")}.items():
            write(own, path, text)
        node = Alone(troupe_path, own)
        try:
            def says(skill):
                status, said = node.post({"skill": skill, "text": "go"})
                assert status == 200 and said["status"]["state"] == "completed", said
                word, pid = text_of(said).rsplit(" ", 1)
                return word.strip(), int(pid)
            first, beside = says("speak"), says("mumble")
            assert first[0] == "one" and beside[0] == "other", (first, beside)
            # Its program is another one.
            write(own, "words/say.py", SERVER.replace("WORD", "two"))
            told = troupe(node, "reload", own)
            assert "changed agent desk/speak" in told and "mumble" not in told, told
            second = says("speak")
            assert second[0] == "two" and says("mumble") == beside, second
            # It is started in another way, and one more comes.
            write(own, "fleet.yaml", FLEET + SERVERS.replace("words/say.py]", "words/say.py], environment: {LOUDLY: '!'}") +
                  "  more: {command: [python3, words/say.py], effects: none}\n")
            write(own, "desk/agents/shout.yaml", speaker("shout", "more"))
            troupe(node, "reload", own)
            third = says("speak")
            assert third[0] == "two !" and says("shout")[0] == "two" and says("mumble") == beside, third
            # A former one ends when no agent is left that began with its version: `mumble` is as it was in the first.
            until(lambda: not os.path.exists(f"/proc/{second[1]}"))
            assert os.path.exists(f"/proc/{first[1]}")
            node.process.send_signal(signal.SIGTERM)
            assert node.process.wait(30) == 0
            assert not any(os.path.exists(f"/proc/{pid}") for _, pid in (first, third, beside))
        except BaseException:
            node.process.kill()
            print(node.said()[-6000:], file=sys.stderr)
            raise


for scenario in chosen(servers):
    scenario(sys.argv[1])
