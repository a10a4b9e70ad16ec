"""A2A 1.0: the door, with a client of a few lines and with the SDK's.

    a2a_test.py PROGRAM [wire|keys|push|slow|peers]
"""

import http.server
import json
import threading

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


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes notifications, but the first time."""
    heard = []
    refused = 0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not Hook.refused:
            Hook.refused = 1
            self.send_response(503)
        else:
            Hook.heard.append((self.headers.get("X-A2A-Notification-Token"), self.headers.get("Authorization"), body))
            self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def push(program):
    """Notifications: sent again when they do not arrive, in order, with their token, and to nobody who is not listed."""
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{hook.server_port}/in?x=1"
    fleet = ("fleet: door\nentry: desk\nshards: 2\ndata: troupe-data\nhumans:\n  people: {answer_timeout: 24h}\n"
             "door: {push_hosts: [127.0.0.1, hooks.example]}\n")
    with kit.node(program, {"fleet.yaml": fleet}) as n:
        assert n.ask("GET", "/.well-known/agent-card.json")[2]["capabilities"]["pushNotifications"] is True
        # A task that waits for a person: its states come one by one.
        sent = rpc(n, "SendMessage", {**message("get me a human"), "configuration": {
            "returnImmediately": True,
            "taskPushNotificationConfig": {"id": "mine", "url": url, "token": "t-1",
                                           "authentication": {"scheme": "Bearer", "credentials": "c-1"}}}})
        task = sent["result"]["task"]["id"]
        of = {"taskId": task}
        mine = kit.until(lambda: rpc(n, "GetTaskPushNotificationConfig", {**of, "id": "mine"}).get("result"))
        # What proves a notification is told to whoever makes the configuration, once.
        assert mine == {"id": "mine", "taskId": task, "url": url, "authentication": {"scheme": "Bearer"}}, mine
        away = {**of, "url": "https://a.hooks.example/x", "token": "t-2"}
        second = rpc(n, "CreateTaskPushNotificationConfig", away)["result"]
        assert second["id"] and second["taskId"] == task and second["token"] == "t-2", second
        assert rpc(n, "CreateTaskPushNotificationConfig", away)["result"] == second
        for unknown in ("UpdateTaskPushNotificationConfig", "TaskPushNotificationConfig"):
            assert rpc(n, unknown, {**of, "id": "mine"})["error"]["code"] == -32601, unknown
        listed = rpc(n, "ListTaskPushNotificationConfigs", of)["result"]["configs"]
        assert {x["id"] for x in listed} == {"mine", second["id"]}, listed
        status, _, _ = n.ask("DELETE", f"/a2a/tasks/{task}/pushNotificationConfigs/{second['id']}", headers=V1)
        assert status == 200
        assert len(n.ask("GET", f"/a2a/tasks/{task}/pushNotificationConfigs", headers=V1)[2]["configs"]) == 1
        # Whoever may submit must not make the node speak to whatever it reaches.
        for bad in ("http://hooks.example/", "https://evil.example/", "https://hooks.example.evil.example/", "file:///etc/passwd",
                    "https://hooks.example@evil.example/", "http://169.254.169.254/latest", "https://evil.example#hooks.example"):
            no = rpc(n, "CreateTaskPushNotificationConfig", {**of, "url": bad})
            assert no["error"]["code"] == -32602, (bad, no)
        assert rpc(n, "CreateTaskPushNotificationConfig", {"taskId": "nope", "url": url})["error"]["code"] == -32001
        assert rpc(n, "GetTaskPushNotificationConfig", {**of, "id": "nope"})["error"]["code"] == -32001
        rpc(n, "CancelTask", {"id": task})
        kit.until(lambda: any("task" in x[2] for x in Hook.heard))
        states = [x[2]["statusUpdate"]["status"]["state"] for x in Hook.heard if "statusUpdate" in x[2]]
        assert states and states == list(dict.fromkeys(states)), states
        assert Hook.heard[-1][2]["task"]["status"]["state"] == "TASK_STATE_CANCELED", Hook.heard[-1]
        assert all(x[:2] == ("t-1", "Bearer c-1") for x in Hook.heard), Hook.heard
        assert Hook.refused == 1
    hook.shutdown()
    # Nobody listed: none are sent, and the card says so.
    with kit.node(program) as n:
        assert n.ask("GET", "/.well-known/agent-card.json")[2]["capabilities"]["pushNotifications"] is False
        no = rpc(n, "SendMessage", {**message("hello"), "configuration": {"taskPushNotificationConfig": {"url": url}}})
        assert no["error"]["code"] == -32003, no


def slow(program):
    """A configuration that is made anew while a notification of the one before it is still on its way."""
    waits, got = threading.Event(), []

    class Slow(Hook):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            waits.wait(20)
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    config = {"id": "a", "url": f"http://127.0.0.1:{hook.server_port}/"}
    fleet = ("fleet: door\nentry: desk\nshards: 2\ndata: troupe-data\nhumans:\n  people: {answer_timeout: 24h}\n"
             "door: {push_hosts: [127.0.0.1]}\n")
    with kit.node(program, {"fleet.yaml": fleet}) as n:
        sent = rpc(n, "SendMessage", {**message("get me a human"), "configuration": {
            "returnImmediately": True, "taskPushNotificationConfig": config}})
        of = {"taskId": sent["result"]["task"]["id"]}
        kit.until(lambda: got)
        assert rpc(n, "DeleteTaskPushNotificationConfig", {**of, "id": "a"})["result"] == {}
        assert rpc(n, "CreateTaskPushNotificationConfig", {**of, **config})["result"]["id"] == "a"
        waits.set()
        rpc(n, "CancelTask", {"id": of["taskId"]})
        kit.until(lambda: any("task" in x for x in got))
        assert n.ask("GET", "/readyz")[0] == 200
    hook.shutdown()


def peers(program):
    folder = kit.packages()
    if not folder:
        return "skipped"
    with kit.node(program) as n:
        kit.run_peer(folder, "a2a.js", n.url)


if __name__ == "__main__":
    kit.main({"wire": wire, "keys": keys, "push": push, "slow": slow, "peers": peers})
