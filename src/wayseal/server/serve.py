"""Runs the service: opens what it needs, answers until it is told to stop, and closes everything.

1. Told to stop (SIGTERM, SIGINT), it says that it isn't ready, takes nothing new, finishes what it began, and closes
   its databases then.
2. Logs go to standard error as JSON, those of libraries too, without what was put into their texts.
"""

import gc
import logging
import signal
import socket
import ssl
from types import FrameType

import uvicorn

from wayseal import __version__
from wayseal.merkle.hashing import SIZE, WORTH, Messages
from wayseal.model.errors import disk_says
from wayseal.server._gate import Running
from wayseal.server._logs import Forward, Log, make_log
from wayseal.server._metrics import Metrics
from wayseal.server._tls import Protocol
from wayseal.server.app import Limits, create_app
from wayseal.server.errors import SettingsError
from wayseal.server.settings import Settings
from wayseal.store.database import open_database
from wayseal.store.database.migrations import check
from wayseal.vault._committer import Committer
from wayseal.vault._vault import Vault
from wayseal.vault.keyring import Keyring, KeyringFile
from wayseal.vault.keyring._keyring import ENVIRONMENT

_MANY = 100_000
"""More messages than are ever hashed at once: WORTH is beyond it where there is no compiler."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LIBRARIES = ("uvicorn", "asyncio", "sqlalchemy")


class _Server(uvicorn.Server):
    """uvicorn's server, which says first that it stops (rule 1)."""

    def __init__(self, config: uvicorn.Config, running: Running, log: Log) -> None:
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

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops gently, a second one at once.

        Nothing is logged here: a signal may come while a line is being written, and its lock held.
        """
        self._running.stopping = True
        super().handle_exit(sig, frame)

    def run_gently(self, place: socket.socket) -> None:
        """Serves until a signal ends it, and returns then: uvicorn would raise the signal again (rule 1)."""
        before = {sig: signal.signal(sig, self._ended) for sig in _SIGNALS}
        try:
            self.run(sockets=[place])
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def _ended(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            raise SystemExit(128 + sig)


def run(settings: Settings) -> None:
    """Serves until a signal ends it.

    SettingsError, KeyringError, VaultError, DatabaseError: what it can't start with.
    """
    log = make_log()
    _forward(log)
    keyring = _keyring(settings)
    metrics = Metrics()
    vault = _vault(settings, keyring)
    try:
        running = Running(settings.most_running)
        service = create_app(
            vault,
            Committer(vault, seen=metrics.group),
            keyring=keyring,
            issuer=settings.issuer,
            limits=Limits(
                most_bytes=settings.most_bytes,
                body_seconds=settings.body_seconds,
                answer_seconds=settings.answer_seconds,
            ),
            metrics=metrics,
            log=log,
            running=running,
        )
        try:
            server = _Server(config_of(settings, service.asgi), running, log)
            with _listening(settings) as place:
                _warm()
                _settle()
                server.run_gently(place)
        finally:
            service.desk.close()
    finally:
        vault.close()
    log.info("stopped")


def _vault(settings: Settings, keyring: Keyring | KeyringFile) -> Vault:
    """The vault, if its tables are those of this version."""
    main, keys = open_database(settings.database), open_database(settings.key_database)
    try:
        check(main, "main")
        check(keys, "keys")
        return Vault(main, keys, keyring, utc_offset=settings.utc_offset, backups=settings.backups)
    except BaseException:
        main.close()
        keys.close()
        raise


def _listening(settings: Settings) -> socket.socket:
    """Where it listens; SettingsError where it can't."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(f"host and port: can't listen there ({disk_says(error)})") from error


def _settle() -> None:
    """Has the collector leave alone what lives as long as the process: looking through all modules took 200 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _keyring(settings: Settings) -> Keyring | KeyringFile:
    """The keyring of the settings: a file may be rotated while the service runs."""
    if settings.keyring_file is not None:
        return KeyringFile(settings.keyring_file)
    return Keyring.from_environment({ENVIRONMENT: settings.keyring or ""})


def _warm() -> None:
    """Compiles the kernel that hashes many entries at once: the first request must not wait for it."""
    if WORTH < _MANY:
        Messages(WORTH, SIZE).hashes(WORTH)


def _forward(log: Log) -> None:
    """Rule 2."""
    handler = Forward(log)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False


def config_of(settings: Settings, app: object) -> uvicorn.Config:
    """How uvicorn is to run; SettingsError where certificates or keys can't be used."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Protocol,
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
