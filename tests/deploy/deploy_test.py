"""The files in deploy/: whatever can be said of them without the machines they are for.

    deploy_test.py TROUPE
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
TROUPE = os.path.abspath(sys.argv[1])

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed")
    sys.exit(77)


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


NODE_OPTIONS = set(re.findall(r"--[a-z-]+", run(TROUPE, "node", "--help").stdout))
ROUTES = json.loads((ROOT / "docs/reference/openapi.json").read_text())["paths"]


def variables(text):
    return {line.split("=", 1)[0] for line in text.splitlines() if line and not line.startswith("#")}


def systemd():
    """the unit uses options that there are and variables that node.env sets, and systemd reads it"""
    text = (DEPLOY / "systemd/troupe@.service").read_text()
    start = re.search(r"^ExecStart=(.*)$", text, re.M).group(1)
    assert start.split()[:2] == ["/usr/bin/troupe", "node"], start
    assert set(re.findall(r" (--[a-z-]+)", start)) <= NODE_OPTIONS, start
    for env in ("systemd/node.env", "two-regions/north.env", "two-regions/south.env"):
        names = variables((DEPLOY / env).read_text())
        assert set(re.findall(r"\$\{(\w+)\}", text)) <= names and "TROUPE_STORE" in names, env
    if not shutil.which("systemd-analyze"):
        return "systemd-analyze is not installed"
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "troupe@n1.service"
        unit.write_text(text.replace("/usr/bin/troupe", TROUPE))
        done = run("systemd-analyze", "verify", "--man=no", unit)
        said = [x for x in done.stderr.splitlines() if "troupe" in x]
        assert done.returncode == 0 and not said, done.stderr


def container():
    """what the image copies and installs exists"""
    text = (DEPLOY / "container/Containerfile").read_text().replace("\\\n", " ")
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), f"COPY {source}"
    for source in re.findall(r"^COPY --from=build /src/(\S+)", text, re.M):
        assert source.startswith("build/release/"), source
    assert re.search(r"^USER 10001$", text, re.M) and "HEALTHCHECK" in text
    for path in re.findall(r"127\.0\.0\.1:7420(/\w+)", text):
        assert path in ROUTES, path
    packages = set()
    for line in re.findall(r"--no-install-recommends\s+((?:[a-z0-9.+-]+\s+)+)", text):
        packages |= set(line.split())
    assert "libcaf-core0.17" in packages, packages
    # What the program needs, as it was linked here, is among them.
    linked = re.findall(r"=> (/\S+)", run("ldd", TROUPE).stdout)
    if shutil.which("dpkg-query") and "bookworm" in pathlib.Path("/etc/os-release").read_text():
        direct = set(re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", TROUPE).stdout))
        needed = [os.path.realpath(x) for x in linked if os.path.basename(x) in direct]
        owners = {line.split(":")[0] for line in run("dpkg-query", "-S", *needed).stdout.splitlines()}
        missing = owners - packages - {"libc6", "libstdc++6", "libgcc-s1", "zlib1g"}
        assert owners and not missing, missing
    if shutil.which("apt-cache"):
        known = set(re.findall(r"^Package: (\S+)$", run("apt-cache", "show", "--no-all-versions", "cmake", *packages).stdout, re.M))
        # A machine of another release, or without its lists, knows nothing of them.
        assert packages <= known or "cmake" not in known, packages - known


def documents():
    files = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    there = {p.name for p in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(files) == there, there ^ set(files)
    return {d["kind"]: d for f in files for d in yaml.safe_load_all((DEPLOY / "kubernetes" / f).read_text())}


def kubernetes():
    """the manifests agree with each other and with the program"""
    all = documents()
    nodes, links = all["StatefulSet"]["spec"], all["Service"]
    labels = nodes["template"]["metadata"]["labels"]
    assert nodes["serviceName"] == links["metadata"]["name"] and links["spec"]["clusterIP"] == "None"
    for selector in (nodes["selector"]["matchLabels"], links["spec"]["selector"],
                     all["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
                     all["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]):
        assert selector.items() <= labels.items(), selector
    pod = nodes["template"]["spec"]
    box = pod["containers"][0]
    options = {a.split("=")[0] for a in box["args"] if a.startswith("--")}
    assert box["args"][0] == "node" and options <= NODE_OPTIONS, options - NODE_OPTIONS
    given = {e["name"] for e in box["env"]}
    assert set(re.findall(r"\$\((\w+)\)", " ".join(box["args"]))) <= given
    listen = next(a for a in box["args"] if a.startswith("--listen=")).rsplit(":", 1)[1]
    ports = {p["name"]: p["containerPort"] for p in box["ports"]}
    assert ports["links"] == int(listen) == links["spec"]["ports"][0]["port"]
    assert f"$(POD_NAME).{links['metadata']['name']}:{listen}" in " ".join(box["args"])
    for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        command = box[probe]["exec"]["command"]
        assert command[-1].endswith(path) and path in ROUTES, command
    volumes = {v["name"] for v in pod["volumes"]} | {c["metadata"]["name"] for c in nodes["volumeClaimTemplates"]}
    assert {m["name"] for m in box["volumeMounts"]} == volumes
    assert pod["terminationGracePeriodSeconds"] > 56, "a node takes up to 56 s"
    told = (DEPLOY / "README.md").read_text()
    secrets = [v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v]
    for name in secrets + [e["valueFrom"]["secretKeyRef"]["name"] for e in box["env"] if "secretKeyRef" in e.get("valueFrom", {})]:
        assert f"secret generic {name}" in told, name
    if not shutil.which("kubectl"):
        return "kubectl is not installed"
    built = run("kubectl", "kustomize", DEPLOY / "kubernetes")
    assert built.returncode == 0, built.stderr
    assert len(list(yaml.safe_load_all(built.stdout))) == len(all)


def main():
    for check in (systemd, container, kubernetes):
        missing = check()
        print(f"{check.__name__}: {check.__doc__}" + (f" (in part: {missing})" if missing else ""), flush=True)


main()
