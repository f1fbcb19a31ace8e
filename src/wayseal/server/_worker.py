"""One process that answers: the app under uvicorn with our protocol, and an end that loses nothing."""

import gc
import socket
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial

import uvicorn

from wayseal import __version__
from wayseal.merkle.bulk import WORTH, Messages
from wayseal.merkle.hashing import SIZE
from wayseal.server._async_vault import Discloser
from wayseal.server._http_protocol import Protocol
from wayseal.server._metrics import Metrics
from wayseal.server._middleware import RunningRequests
from wayseal.server._resources import OpenKeyring
from wayseal.server.app import RequestLimits, create_app
from wayseal.server.errors import SettingsError
from wayseal.server.settings import Settings
from wayseal.service.log import Log
from wayseal.service.signals import handle_signals
from wayseal.vault import Vault

_MANY = 100_000
"""More messages than are ever hashed at once: WORTH is beyond it where there is no compiler."""


class Server(uvicorn.Server):
    """uvicorn's server, which says first that it stops."""

    def __init__(self, config: uvicorn.Config, running: RunningRequests, log: Log) -> None:
        super().__init__(config)
        self._running = running
        self._log = log

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Says where it listens, once it does."""
        await super().startup(sockets)
        if self.started:
            port = sockets[0].getsockname()[1] if sockets else 0
            self._log.info("serving", port=port, version=__version__)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Says that it stops, and finishes."""
        self._log.info("stopping")
        await super().shutdown(sockets)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave signals to whoever runs this: uvicorn would raise them again at the end."""
        return nullcontext()

    def end(self) -> None:
        """Stops gently; told a second time, at once. Safe in any thread, and where a signal is handled.

        Nothing is logged here: a signal may come while a line is being written, and its lock held.
        """
        self._running.stopping = True
        self.force_exit = self.should_exit
        self.should_exit = True

    def run_until_signal(self, place: socket.socket) -> None:
        """Serves until SIGTERM or SIGINT ends it, and returns then."""
        with handle_signals(self.end):
            self.run(sockets=[place])


@contextmanager
def open_server(
    settings: Settings, keyring: OpenKeyring, vault: Vault, discloser: Discloser, metrics: Metrics, log: Log
) -> Iterator[Server]:
    """The server of a vault; in the end, what it began is finished, and `discloser` closed, which may be so already."""
    running = RunningRequests(settings.most_running)
    with closing(discloser):
        service = create_app(
            vault,
            discloser,
            keyring=keyring,
            issuer=settings.issuer,
            limits=RequestLimits(
                most_bytes=settings.most_bytes,
                body_seconds=settings.body_seconds,
                answer_seconds=settings.answer_seconds,
            ),
            metrics=metrics,
            log=log,
            running=running,
        )
        with closing(service.async_vault):
            yield Server(make_config(settings, service.asgi), running, log)


def make_config(settings: Settings, app: object) -> uvicorn.Config:
    """How uvicorn is to run; SettingsError where certificates or keys can't be used."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=partial(  # type: ignore[arg-type]
            Protocol, body_seconds=settings.body_seconds, most_connections=settings.most_connections
        ),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=settings.proxies is not None,
        forwarded_allow_ips=settings.proxies or "",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(settings.stop_seconds),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_ca_certs=None if settings.tls_client_ca is None else str(settings.tls_client_ca),
        # Whoever has no certificate may come, unless the client is bound to one (`_admission`, rule 3).
        ssl_cert_reqs=ssl.CERT_NONE if settings.tls_client_ca is None else ssl.CERT_OPTIONAL,
    )
    try:
        config.load()
    except OSError:
        raise SettingsError("tls_certificate, tls_key, tls_client_ca: one of them can't be read or used") from None
    return config


def freeze_collector() -> None:
    """Has the collector leave alone what lives as long as the process: looking through all modules took 200 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def compile_kernels() -> None:
    """Compiles the kernel that hashes many entries at once: the first request must not wait for it."""
    if WORTH < _MANY:
        Messages(WORTH, SIZE).hashes(WORTH)
