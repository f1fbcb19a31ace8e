"""The service as a process that can be killed, starved of room on its disk, and cut off from its database."""

import asyncio
import os
import resource
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg

from benchmarks.shared.forked import Forked, free_port

_LOAD = """
import importlib
import wayseal.server.serve
wayseal.server.serve.compile_kernels()
# Loaded once; what is ours is loaded anew in each process, as some of it must differ (ids of requests).
for name in [name for name in sys.modules if name.startswith("wayseal.server")]:
    del sys.modules[name]
"""
_SERVE = """
settings = importlib.import_module("wayseal.server.settings").read_settings(os.environ)
importlib.import_module("wayseal.server.serve").run(settings)
"""


class Service(Forked):
    """The process that serves."""

    def __init__(self, main_url: str, keys_url: str, keyring: Path, processes: int = 1) -> None:
        port = free_port()
        environment = {
            **os.environ,
            "WAYSEAL_DATABASE": main_url,
            "WAYSEAL_KEY_DATABASE": keys_url,
            "WAYSEAL_KEYRING_FILE": str(keyring),
            "WAYSEAL_PORT": str(port),
            "WAYSEAL_PROCESSES": str(processes),
        }
        super().__init__(_LOAD, _SERVE, environment, port)
        self._kills = 0

    def start(self, path: str = "/healthz") -> float:
        """Serves, and returns when it answers; how long that took."""
        return super().start(path)

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is closed. Of several processes one after the other; all must end."""
        everyone = self.everyone()
        if everyone:
            with suppress(ProcessLookupError):
                os.kill(everyone[self._kills % len(everyone)], signal.SIGKILL)
            self._kills += 1
        self.await_end(everyone)

    def ready(self) -> bool:
        """Whether it says that requests should be sent to it."""
        return self.answers("/readyz")

    def room(self, size: int) -> None:
        """No file of the processes can grow beyond `size` bytes from now on; -1: any may."""
        for pid in self.everyone():
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))


class Server:
    """The PostgreSQL server beside the service; touches connections of the given databases alone."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._server = urls[0].rpartition("/")[0]
        self._names = [url.rpartition("/")[2] for url in urls]

    def cut(self) -> None:
        """Ends every connection to the databases."""
        asyncio.run(self._say(self._cut))

    def close(self) -> None:
        """Lets nobody connect, and ends who is."""
        asyncio.run(self._say(*self._allow("false"), self._cut))

    def open(self) -> None:
        """Lets everybody connect again."""
        asyncio.run(self._say(*self._allow("true")))

    @property
    def _cut(self) -> str:
        names = ", ".join(f"'{name}'" for name in self._names)
        return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({names})"

    def _allow(self, what: str) -> list[str]:
        return [f"ALTER DATABASE {name} ALLOW_CONNECTIONS {what}" for name in self._names]

    async def _say(self, *statements: str) -> None:
        connection = await asyncpg.connect(f"{self._server}/postgres")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()
