"""Several regions on one machine: what goes from one to another passes through relays, which are slow and can be cut."""

import asyncio
import http.client
import json
import threading
import time

from cluster_kit import Cluster, Node, free_port, until
from load_kit import Sessions


class Relay:
    """Carries what comes to a port of its own to another port, each way later by `delay` seconds."""

    def __init__(self, loop, to, delay):
        self.to, self.delay, self.carried, self.loop = to, delay, 0, loop
        self.open = asyncio.Event()
        self.open.set()

    async def listen(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def accept(self, reader, writer):
        try:
            await self.open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self.pipe(reader, far_writer), self.pipe(far_reader, writer))

    async def pipe(self, reader, writer):
        line = asyncio.Queue()

        async def write():
            while True:
                due, data = await line.get()
                await asyncio.sleep(max(0, due - self.loop.time()))
                # The end of a connection gets no farther than its bytes.
                await self.open.wait()
                if not data or writer.transport.is_closing():
                    return
                writer.write(data)
        late = self.loop.create_task(write())
        try:
            while data := await reader.read(65536):
                self.carried += len(data)
                line.put_nowait((self.loop.time() + self.delay, data))
        except OSError:
            pass
        line.put_nowait((self.loop.time() + self.delay, b""))
        try:
            await late
        except OSError:
            pass
        writer.close()


class Relays:
    """Relays, in a thread of their own."""

    def __init__(self):
        self.loop, self.all = asyncio.new_event_loop(), []
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def add(self, to, delay):
        async def make():
            return await Relay(self.loop, to, delay).listen()
        relay = asyncio.run_coroutine_threadsafe(make(), self.loop).result(10)
        self.all.append(relay)
        return relay

    def carried(self):
        return sum(r.carried for r in self.all)

    def cut(self, on=True):
        """Nothing passes any more, and neither side is told; when it is over, what was under way arrives."""
        for r in self.all:
            self.loop.call_soon_threadsafe(r.open.clear if on else r.open.set)


class Regions(Cluster):
    """The nodes `at` = {name: region}, with `delay` seconds each way between regions."""

    def __init__(self, troupe, at, files, delay=0.04, **more):
        super().__init__(troupe, [], later=list(at), files=files, **more)
        self.at, self.relays = at, Relays()
        ports = {name: free_port() for name in at}
        try:
            for name, region in at.items():
                more = ["--region", region]
                # Of two nodes the one with the smaller name dials.
                for other in at:
                    if name < other and at[other] != region:
                        more += ["--reach", f"{other}=127.0.0.1:{self.relays.add(ports[other], delay).port}"]
                self.nodes[name] = Node(self, name, more, ports[name])
            for node in self.nodes.values():
                node.wait_ready()
            until(self.all_up)
            until(lambda: all(len(r["nodes"]) == list(at.values()).count(r["name"]) for n in self.nodes.values()
                              for r in n.get("/v1/regions")["regions"]))
        except BaseException:
            print(self.kill())
            raise

    def of(self, region):
        return [node for name, node in self.nodes.items() if self.at[name] == region]

    def region(self, name, by):
        return next(r for r in self.nodes[by].get("/v1/regions")["regions"] if r["name"] == name)


class Talks(Sessions):
    """Sessions at home in one region that count their messages. Each goes on at the next door, under the same key, when one
    does not answer or refuses; what it is told has to be the next number."""

    def __init__(self, doors, home, sessions, name="s", attempt=5.0, patience=60.0):
        self.doors, self.home, self.name, self.attempt, self.patience = doors, home, name, attempt, patience
        super().__init__(sessions)

    def talk(self, i):
        turn, door = 0, i
        while not self.over.is_set():
            turn += 1
            began = time.monotonic()
            while True:
                node = self.doors[door % len(self.doors)]
                status, said = self.ask(node, i, turn)
                if status == 200 and said["status"]["state"] not in ("submitted", "working"):
                    break
                with self.lock:
                    self.refused += 1
                    if status not in (0, 200, 202, 429, 503) or time.monotonic() > began + self.patience:
                        self.wrong.append((node.name, f"{self.name}-{i}-{turn}", status, said))
                        return
                door += 1
                time.sleep(0.05)
            with self.lock:
                self.ended.append(said["id"])
                self.times.append((began, time.monotonic(), i))
                if said["status"]["state"] != "completed" or said["result"]["text"] != str(turn):
                    self.wrong.append((node.name, f"{self.name}-{i}-{turn}", said))
                    return
            self.over.wait(0.02)

    def ask(self, node, i, turn):
        c = http.client.HTTPConnection("127.0.0.1", node.port, timeout=self.attempt)
        try:
            c.request("POST", "/v1/tasks?wait=30s", json.dumps(
                {"skill": "session.count", "text": "one more", "context_id": f"{self.name}-{i}", "home_region": self.home}),
                {"content-type": "application/json", "idempotency-key": f"{self.name}-{i}-{turn}"})
            r = c.getresponse()
            return r.status, json.loads(r.read())
        except (OSError, http.client.HTTPException, ValueError) as e:
            return 0, repr(e)
        finally:
            c.close()
