"""Runs the commands of README.md, docs/guide and the examples' READMEs and compares what they print with what the documents say.

    readme_test.py BUILD_DIR [DOCUMENT...]

A document is read from top to bottom, and each has its own shell, home folder and nodes. What happens to a fenced
block depends on the words behind its fence:

    sh                run in the document's shell; a command that fails is an error
    sh foreground     one `troupe dev ...`; started on a free port with a data folder of its own, in place of the one before
    sh target         for another machine than this one: read by the shell, not run
    sh scripts        names scripts of the checkout, which have tests of their own: they have to exist
    text              lines that the commands before printed, in this order; `…` stands for lines that are left out
    yaml FILE ...     also python and so on, with a file: written to ~/my-fleet/FILE, or to FILE when it begins with ~/
    cpp FILE          a passage of this file of the checkout
    json              has to be JSON
    cmake             for the reader only

Anything else is an error, so that no command can stand in a document without being run. README.md makes ~/my-fleet;
every other document makes it only where it is missing, so that a reader can go from one to the next. Numbers that differ from run
to run (ids, times, the number of a replica, free ports) are compared as if they were alike. Links to files of the
checkout have to lead somewhere, in every document.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 60  # for one block, and for a node to come up: far more than either needs


class Wrong(Exception):
    pass


class Block:
    def __init__(self, line, info, body):
        self.line, self.words, self.body = line, info.split(), body
        self.kind = self.words[0] if self.words else ""


def blocks_of(text):
    out, inside = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if inside is None and line.startswith("```"):
            inside, first, body = line[3:].strip(), number, []
        elif inside is not None and line.startswith("```"):
            out.append(Block(first, inside, "\n".join(body)))
            inside = None
        elif inside is not None:
            body.append(line)
    if inside is not None:
        raise Wrong(f"line {first}: the block is never closed")
    return out


ALIKE = [
    (re.compile(r"^\|[ ━]+\|\s*"), "| "),  # the bars of a trace
    (re.compile(r"\b[0-9a-f]{28}\b"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "WHEN"),
    (re.compile(r"\b\d+(\.\d+)? (ms|us|µs|s)(?!\w)"), "TOOK"),
    (re.compile(r"(\w)#\d+"), r"\1#N"),
    (re.compile(r"127\.0\.0\.1:\d+"), "NODE"),
    (re.compile(r"billing cycle is \$[\d.]+"), "billing cycle is $N"),  # prorated by the days that are left of a month
    (re.compile(r'"duration_ms":\d+'), '"duration_ms":N'),
    (re.compile(r"\s+"), " "),
]


def alike(line):
    for pattern, to in ALIKE:
        line = pattern.sub(to, line)
    return line.strip()


def expect(block, printed):
    there = iter([alike(x) for x in printed.splitlines()])
    for line in block.body.splitlines():
        wanted = alike(line)
        if wanted and wanted != "…" and wanted not in there:
            raise Wrong(f"line {block.line}: this was not printed, or not in this order:\n    {line}\nbut:\n{printed}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])


class Shell:
    """A bash that keeps its variables from one block to the next and ends at the first command that fails."""

    MARK = "---- end of the block ----"

    def __init__(self, env):
        self.errors = tempfile.TemporaryFile("w+")
        self.bash = subprocess.Popen(
            ["bash", "--norc", "-euo", "pipefail"], cwd=ROOT, env=env, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)

    def run(self, commands):
        # With what it left in the background, which would keep its output open.
        guard = threading.Timer(SECONDS_MAX, os.killpg, (self.bash.pid, signal.SIGKILL))
        guard.start()
        try:
            # The block is read as a whole: no command of it can swallow the next as its input.
            self.bash.stdin.write("{\n%s\n} </dev/null\nprintf '\\n%%s\\n' '%s'\n" % (commands, self.MARK))
            self.bash.stdin.flush()
            out = []
            for line in self.bash.stdout:
                if line.rstrip("\n") == self.MARK:
                    return "".join(out)
                out.append(line)
        except BrokenPipeError:
            out = []
        finally:
            guard.cancel()
        self.errors.seek(0)
        raise Wrong(f"a command failed\n{commands}\nit printed:\n{''.join(out)}{self.errors.read()[-4000:]}")

    def close(self):
        self.bash.stdin.close()
        # What the document left running in the background is in the shell's own group.
        try:
            os.killpg(self.bash.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.bash.wait()
        self.bash.stdout.close()
        self.errors.close()


class Node:
    """`troupe dev`, as a document starts it in another terminal."""

    def __init__(self, build, folder, home, env):
        self.log = home / f"node{len(list(home.glob('node*')))}"
        port_file = self.log.with_name(self.log.name + ".port")
        folder = ROOT / os.path.expanduser(folder.replace("~", str(home)))
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [build / "troupe", "dev", folder, "--port", "0", "--port-file", port_file, "--data",
                 self.log.with_name(self.log.name + ".data")],
                cwd=ROOT, env=env, stderr=log, start_new_session=True)
        for _ in range(SECONDS_MAX * 20):
            if port_file.exists() and port_file.read_text().strip():
                self.url = "http://127.0.0.1:" + port_file.read_text().strip()
                return
            try:
                self.process.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                pass
        self.process.kill()
        self.process.wait()
        raise Wrong(f"troupe dev {folder} did not start:\n{self.log.read_text()[-4000:]}")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(SECONDS_MAX)
        if code != 0:
            raise Wrong(f"the node ended with {code}:\n{self.log.read_text()[-4000:]}")


def check_init(path, block):
    for line in block.body.splitlines():
        if path != "README.md" and line.split()[:3] == ["troupe", "init", "~/my-fleet"]:
            raise Wrong(f"line {block.line}: ~/my-fleet may be there from another page: [ -e ~/my-fleet ] || {line}")


def check_scripts(block):
    for line in block.body.splitlines():
        name = line.split()[0]
        if not name.startswith("scripts/") or not os.access(ROOT / name, os.X_OK):
            raise Wrong(f"line {block.line}: {name} is no script of the checkout")


def check_passage(block):
    squeeze = lambda text: " ".join(text.split())
    if squeeze(block.body) not in squeeze((ROOT / block.words[1]).read_text()):
        raise Wrong(f"line {block.line}: {block.words[1]} has no such passage")


def run_document(path, build):
    with tempfile.TemporaryDirectory(prefix="troupe-docs.") as folder:
        home = pathlib.Path(folder)
        env = dict(os.environ, HOME=folder, PATH=f"{build}:{os.environ['PATH']}", WAREHOUSE_PORT=free_port(),
                   UNITS_PORT=free_port(), LC_ALL="C.UTF-8")
        models = free_port()
        env["TROUPE_MODELS_URL"] = env["TROUPE_SECOND_URL"] = f"http://127.0.0.1:{models}/v1"
        for name in ("TROUPE_URL", "TROUPE_STORE", "TROUPE_PLUGIN_PATH", "TROUPE_EXTRA_EXAMPLES"):
            env.pop(name, None)
        shell, node, printed, ran = Shell(env), None, "", 0
        try:
            for block in blocks_of((ROOT / path).read_text()):
                kind, rest = block.kind, block.words[1:]
                if kind == "sh" and not rest:
                    check_init(path, block)
                    commands = block.body.replace("build/release", str(build)).replace("--port 7440", f"--port {models}")
                    if node:
                        commands = commands.replace("http://127.0.0.1:7420", node.url)
                    printed = shell.run(commands)
                    ran += len([x for x in block.body.splitlines() if x.strip()])
                elif kind == "sh" and rest == ["foreground"]:
                    command = block.body.split()
                    if command[:2] != ["troupe", "dev"] or len(command) != 3:
                        raise Wrong(f"line {block.line}: only `troupe dev FOLDER` can be started here")
                    if node:
                        node.stop()
                    node = Node(build, command[2], home, env)
                    shell.run(f"export TROUPE_URL={node.url}")
                    ran += 1
                elif kind == "sh" and rest == ["scripts"]:
                    check_scripts(block)
                elif kind == "sh" and rest == ["target"]:
                    read = subprocess.run(["bash", "-n"], input=block.body, text=True, capture_output=True)
                    if read.returncode != 0:
                        raise Wrong(f"line {block.line}: {read.stderr}")
                elif kind == "text" and not rest:
                    expect(block, printed)
                elif kind == "cpp" and len(rest) == 1:
                    check_passage(block)
                elif kind == "cmake" and not rest:
                    pass  # a fragment of another project
                elif kind == "json" and not rest:
                    json.loads(block.body)
                elif kind in ("yaml", "python", "js") and len(rest) == 1:
                    file = home / rest[0][2:] if rest[0].startswith("~/") else home / "my-fleet" / rest[0]
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(block.body + "\n")
                elif kind:
                    raise Wrong(f"line {block.line}: what is to be done with ```{' '.join(block.words)}?")
            if node:
                running, node = node, None
                running.stop()
        finally:
            shell.close()
            if node:
                node.process.kill()
                node.process.wait()
        return ran


def check_links(path):
    text = re.sub(r"```.*?```", "", (ROOT / path).read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target) and not ((ROOT / path).parent / target).exists():
            raise Wrong(f"the link to {target} leads nowhere")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    guides = ["README.md", "deploy/README.md"] + sorted(
        str(x.relative_to(ROOT)) for x in [*(ROOT / "docs/guide").glob("*.md"), *(ROOT / "examples").glob("*/README.md")])
    failed = 0
    for path in sys.argv[2:] or guides:
        try:
            print(f"{path}: {run_document(path, build)} commands work", flush=True)
        except Wrong as problem:
            failed += 1
            print(f"{path}: {problem}", flush=True)
    for path in sorted(str(x.relative_to(ROOT)) for x in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"),
                                                             *(ROOT / "examples").glob("*/README.md")]):
        try:
            check_links(path)
        except Wrong as problem:
            failed += 1
            print(f"{path}: {problem}", flush=True)
    sys.exit(1 if failed else 0)


main()
