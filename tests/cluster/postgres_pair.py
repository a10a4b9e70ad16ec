"""A PostgreSQL server with a synchronous standby, which can take its place."""

import os
import shutil
import subprocess

from cluster_kit import POSTGRES, Postgres, until


class Pair:
    """Nodes get an address that names both servers. What is confirmed is on both."""

    def __init__(self, folder, more=()):
        self.folder = folder
        self.primary = Postgres(self.room("first"), more)
        self.standby = None
        self.copy("second")
        self.url = f"postgresql://troupe@/postgres?host={self.primary.dir},{self.standby.dir}"

    def room(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o755)
        return path

    def copy(self, name):
        """Makes a standby in this folder. From then on the primary confirms nothing without it."""
        made = Postgres.__new__(Postgres)
        made.more, made.drop, made.dir = self.primary.more, self.primary.drop, os.path.join(self.room(name), "pg")
        shutil.rmtree(made.dir, ignore_errors=True)
        os.mkdir(made.dir)
        if made.drop:
            os.chown(made.dir, made.drop["user"], made.drop["group"])
        subprocess.run([f"{POSTGRES}/pg_basebackup", "-h", self.primary.dir, "-U", "troupe", "-D", made.data(), "-R", "-X",
                        "stream", "-c", "fast", "--no-sync"], check=True, cwd=made.dir, **made.drop)
        made.start()
        self.standby = made
        # Of the copy this is no part: whoever is promoted waits for nobody.
        self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.ask("SELECT pg_reload_conf()")
        until(lambda: self.primary.ask("SELECT sync_state FROM pg_stat_replication") == "sync")

    def lose(self):
        """The primary is killed, and is not coming back by itself."""
        self.primary.kill()

    def promote(self):
        """The standby takes the place of the primary that was lost."""
        assert self.standby.ask("SELECT pg_promote()") == "t"
        self.primary, self.standby = self.standby, None

    def mend(self):
        """A new standby, where the lost primary was."""
        first = os.path.join(self.folder, "first", "pg")
        self.copy("second" if self.primary.dir == first else "first")

    def ask(self, sql):
        return self.primary.ask(sql)

    def stop(self):
        # The standby last, or the primary could not confirm what is still written.
        self.primary.stop()
        if self.standby:
            self.standby.stop()

    def kill(self):
        for server in (self.primary, self.standby):
            if server and server.server.poll() is None:
                server.kill()
