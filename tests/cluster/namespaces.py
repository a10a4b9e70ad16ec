"""Hosts that are network namespaces of this machine."""

import ctypes
import os
import shutil
import subprocess


class Hosts:
    """A network namespace for each node, as hosts are, joined by a bridge in one more. Needs root."""

    def __init__(self, names):
        self.prefix = f"tt{os.getpid()}"
        self.hub = f"{self.prefix}hub"
        self.names = list(names)
        self.made = []
        try:
            self.make()
        except BaseException:
            self.forget()
            raise

    def make(self):
        self.made.append(self.hub)
        self.ip("netns", "add", self.hub)
        self.ip("-n", self.hub, "link", "add", "hub", "type", "bridge")
        self.ip("-n", self.hub, "link", "set", "hub", "up")
        for name in self.names:
            self.made.append(self.space(name))
            self.ip("netns", "add", self.space(name))
            self.ip("-n", self.hub, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "net0", "netns",
                    self.space(name))
            self.ip("-n", self.hub, "link", "set", f"to-{name}", "master", "hub", "up")
            self.ip("-n", self.space(name), "addr", "add", f"{self.address(name)}/24", "dev", "net0")
            for link in ("lo", "net0"):
                self.ip("-n", self.space(name), "link", "set", link, "up")

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    @staticmethod
    def possible():
        """Whether this process may make network namespaces."""
        if os.geteuid() != 0 or not shutil.which("ip"):
            return False
        return subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0

    def space(self, name):
        return f"{self.prefix}{name}"

    def address(self, name):
        return f"10.231.7.{1 + self.names.index(name)}"

    def cut(self, name):
        self.ip("-n", self.hub, "link", "set", f"to-{name}", "down")

    def heal(self, name):
        self.ip("-n", self.hub, "link", "set", f"to-{name}", "up")

    def enter(self, name):
        """The thread that calls makes its sockets there from now on."""
        with open(f"/run/netns/{self.space(name)}") as f:
            if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def forget(self):
        for space in self.made:
            subprocess.run(["ip", "netns", "del", space], capture_output=True)
