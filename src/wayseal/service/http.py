"""How a service that is one process listens and answers, until it is told to stop."""

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import uvicorn

from wayseal import __version__
from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_
from wayseal.service.log import Log
from wayseal.service.settings import ListenSettings


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


def make_config(
    settings: ListenSettings, app: object, protocol: object, error: type[WaysealError], **more: Any
) -> uvicorn.Config:
    """How uvicorn runs. protocol: makes connections; more: of uvicorn's; error: certificates or keys can't be used."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=protocol,  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.stop_seconds),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        **more,
    )
    try:
        config.load()
    except OSError:
        raise error(N_("tls_certificate, tls_key, tls_client_ca: one of them can't be read or used")) from None
    return config


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
