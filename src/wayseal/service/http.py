"""How a service that is one process listens and answers, until it is told to stop."""

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import uvicorn

from wayseal import __version__
from wayseal.model.errors import WaysealError, disk_says
from wayseal.service.log import Log


class Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, log: Log) -> None:
        super().__init__(config)
        self._log = log

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says where it listens, once it does."""
        await super().startup(sockets)
        if self.started and sockets:
            self._log.info("serving", port=sockets[0].getsockname()[1], version=__version__)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Uvicorn would raise them again at the end."""
        return nullcontext()

    def end(self) -> None:
        """Stops gently; told a second time, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


@contextmanager
def listen(host: str, port: int, error: type[WaysealError]) -> Iterator[socket.socket]:
    """A socket that listens. host, port: where; error: is raised where that can't be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        place = socket.create_server((host, port), family=family, backlog=512)
    except OSError as wrong:
        raise error("host and port: can't listen there ({reason})", reason=disk_says(wrong)) from None
    with place:
        yield place
