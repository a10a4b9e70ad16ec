"""openai_door: what the OpenAI-compatible door adds over asking the model's server directly, in requests a second and in
the time to the first token, with an agent that thinks with the simulated model.

    openai_door.py PROGRAM
"""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS, SECONDS, CONNECTIONS, FIRST = 3, 4, 32, 200
FLEET = """fleet: bench
entry: office
log: {level: warn}
providers:
  sim: {api: openai, url: "http://127.0.0.1:%d/v1"}
models:
  small: {provider: sim, model: sim-small}
"""
CLERK = """agent: clerk
kind: llm
skills: [help]
slots: 64
queue: 10000
llm: {model: small, prompt: [prompts/clerk.md]}
"""
SCRIPT = """%sanswers:
  - {text: "%s"}
"""
ANSWER = "We are open Monday to Friday from nine to six and on Saturday from ten to two " * 2


@contextlib.contextmanager
def started(words, port_file, ready):
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if port_file.exists() and port_file.read_text().strip():
                port = int(port_file.read_text())
                with contextlib.suppress(OSError):
                    c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                    c.request("GET", ready)
                    if c.getresponse().status == 200:
                        break
            time.sleep(0.02)
        else:
            raise SystemExit(f"{words[1]} did not come up")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.contextmanager
def fleet(program, folder, model_port, keep):
    at = folder / keep
    for path, text in {"fleet.yaml": FLEET % model_port,
                       "office/domain.yaml": f"domain: office\ndurability: {keep}\n"
                                             "plan: {call: {name: help, skill: help}}\n",
                       "office/prompts/clerk.md": "You are the clerk of the office.\n",
                       "office/agents/clerk.yaml": CLERK}.items():
        (at / path).parent.mkdir(parents=True, exist_ok=True)
        (at / path).write_text(text)
    with started([program, "dev", str(at), "--port", "0", "--port-file", str(at / "port"), "--data", str(at / "data"),
                  "--log-level", "critical"], at / "port", "/readyz") as port:
        yield port


@contextlib.contextmanager
def simulator(program, folder, name, speed):
    script, port_file = folder / f"{name}.yaml", folder / f"{name}.port"
    script.write_text(SCRIPT % (speed, ANSWER.strip()))
    with started([program, "sim-llm", "--script", str(script), "--port", "0", "--port-file", str(port_file)],
                 port_file, "/v1/models") as port:
        yield port


def body(model, stream):
    return json.dumps({"model": model, "stream": stream,
                       "messages": [{"role": "user", "content": "when are you open on Sunday"}]})


def rate(folder, port, model):
    """Requests a second under wrk."""
    script = folder / "post.lua"
    script.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                      f"wrk.body = [[{body(model, False)}]]\n")
    said = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script),
                           f"http://127.0.0.1:{port}/v1/chat/completions"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(said)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", said)[1])


def first_token(port, model):
    """Milliseconds from the request to the first piece of content."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    since = time.perf_counter()
    c.request("POST", "/v1/chat/completions", body(model, True), {"Content-Type": "application/json"})
    answer = c.getresponse()
    try:
        while line := answer.readline():
            if line.startswith(b"data: {") and any(x["delta"].get("content") for x in json.loads(line[6:])["choices"]):
                return 1000 * (time.perf_counter() - since)
        raise SystemExit("a stream without content")
    finally:
        c.close()


def tell(name, value, unit, floor, note):
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "floor": round(floor, 4),
                      "ratio": round(value / floor, 4), "note": note}), flush=True)


def main():
    program = os.path.abspath(sys.argv[1])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-openai-door-"))
    try:
        with simulator(program, folder, "fast", "") as model:
            for keep in ("none", "step"):
                with fleet(program, folder, model, keep) as door:
                    rates = [(rate(folder, model, "sim-small"), rate(folder, door, "office")) for _ in range(ROUNDS)]
                    tell(f"openai_door/{keep}/throughput", statistics.median(x[1] for x in rates), "requests/s",
                         statistics.median(x[0] for x in rates),
                         f"POST /v1/chat/completions with an LLM agent, durability {keep}, wrk -t1 -c{CONNECTIONS}, median of "
                         f"{ROUNDS} x {SECONDS} s, against the simulator asked directly")
        shutil.rmtree(folder / "none")
        shutil.rmtree(folder / "step")
        with simulator(program, folder, "paced", "latency: {median: 50ms, p99: 60ms, per_token: 5ms}\n") as model:
            with fleet(program, folder, model, "none") as door:
                times = [(first_token(model, "sim-small"), first_token(door, "office")) for _ in range(FIRST)]
                direct, through = (statistics.median(x[i] for x in times) for i in (0, 1))
                tell("openai_door/first_token", through, "ms", direct,
                     f"time to the first piece of content of a stream, p50 of {FIRST}, simulator with 50 ms to its first token "
                     "and 5 ms for each of some 40; against the simulator asked directly. Agents answer as a whole: what is "
                     "added is the rest of the model's answer, its checks and the door")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
