"""A2A 1.0: the door, with a client of a few lines and with the SDK's.

    a2a_test.py PROGRAM [wire|keys|peers]
"""

import json

import kit

V1 = {"A2A-Version": "1.0"}


def rpc(n, method, params, key=None):
    head = {**V1, **({"Authorization": f"Bearer {key}"} if key else {})}
    return n.ask("POST", "/a2a", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, head)[2]


def message(text, **more):
    return {"message": {"messageId": "1", "role": "ROLE_USER", "parts": [{"text": text}], **more}}


def wire(program):
    """What goes over the wire."""
    with kit.node(program) as n:
        status, _, card = n.ask("GET", "/.well-known/agent-card.json")
        assert status == 200 and card["supportedInterfaces"][0]["url"] == n.url + "/a2a", card
        task = rpc(n, "SendMessage", message("count the words: one two"))["result"]["task"]
        assert task["status"]["state"] == "TASK_STATE_COMPLETED", task
        assert task["artifacts"][0]["parts"][0]["text"] == "That is 2 words.", task
        status, head, got = n.ask("GET", f"/a2a/tasks/{task['id']}", headers=V1)
        assert status == 200 and head["Content-Type"] == "application/a2a+json" and got == task
        status, _, no = n.ask("GET", "/a2a/tasks/nope", headers=V1)
        assert status == 404 and no["error"]["details"][0]["reason"] == "TASK_NOT_FOUND", no
        _, _, stream = n.ask("POST", "/a2a/message:stream", message("count the words: one"), V1)
        events = [json.loads(x[6:]) for x in stream.split("\n\n") if x.startswith("data: ")]
        assert "task" in events[0] and events[-1]["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED", events


def keys(program):
    """The card tells a stranger nothing of the fleet; a key reaches its domains."""
    with kit.node(program) as n:
        root = n.troupe("keys", "create", "--name", "root", "--allow", "admin").split()[-1]
        shop = n.troupe("keys", "create", "--name", "shop", "--allow", "submit:desk", key=root).split()[-1]
        other = n.troupe("keys", "create", "--name", "other", "--allow", "submit:nowhere", key=root).split()[-1]
        card = n.ask("GET", "/.well-known/agent-card.json")[2]
        assert card["skills"] == [] and "securitySchemes" in card, card
        status, _, x = n.ask("POST", "/a2a", {"jsonrpc": "2.0", "id": 1, "method": "ListTasks"}, V1)
        assert status == 401 and x["error"]["data"][0]["reason"] == "UNAUTHENTICATED", x
        task = rpc(n, "SendMessage", message("count the words: one two"), shop)["result"]["task"]
        assert {x["id"] for x in rpc(n, "GetExtendedAgentCard", {}, shop)["result"]["skills"]} >= {"desk"}
        assert rpc(n, "GetExtendedAgentCard", {}, other)["result"]["skills"] == []
        # To submit is not to read.
        assert rpc(n, "GetTask", {"id": task["id"]}, shop)["error"]["code"] == -32001
        assert rpc(n, "ListTasks", {}, shop)["result"]["totalSize"] == 0
        assert rpc(n, "GetTask", {"id": task["id"]}, root)["result"]["id"] == task["id"]
        assert rpc(n, "SendMessage", message("hello"), other)["error"]["code"] == -32602
        assert rpc(n, "CancelTask", {"id": task["id"]}, other)["error"]["code"] == -32001
        if kit.packages():
            kit.run_peer(kit.packages(), "a2a.js", n.url, root)


def peers(program):
    folder = kit.packages()
    if not folder:
        return "skipped"
    with kit.node(program) as n:
        kit.run_peer(folder, "a2a.js", n.url)


if __name__ == "__main__":
    kit.main({"wire": wire, "keys": keys, "peers": peers})
