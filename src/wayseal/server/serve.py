"""Runs the service: opens what it needs, answers until it is told to stop, and closes everything.

1. Told to stop (SIGTERM, SIGINT), it says that it isn't ready, takes nothing new, finishes what it began, and closes
   its databases then.
2. Logs go to standard error as JSON, those of libraries too, without what was put into their texts.
"""

import logging
import os
import ssl
from types import FrameType

import uvicorn

from wayseal.server._gate import Running
from wayseal.server._logs import Forward, Log, make_log
from wayseal.server._metrics import Metrics
from wayseal.server._tls import Protocol
from wayseal.server.app import Limits, create_app
from wayseal.server.settings import Settings
from wayseal.vault import Committer, Keyring, Vault, open_vault

_LIBRARIES = ("uvicorn", "uvicorn.error", "asyncio", "sqlalchemy")


class _Server(uvicorn.Server):
    """uvicorn's server, which says first that it stops (rule 1)."""

    def __init__(self, config: uvicorn.Config, running: Running, log: Log) -> None:
        super().__init__(config)
        self._running = running
        self._log = log

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal stops gently, a second one at once."""
        self._running.stopping = True
        self._log.info("stopping")
        super().handle_exit(sig, frame)


def run(settings: Settings) -> None:
    """Serves until a signal ends it. VaultError, DatabaseError: what it can't start with."""
    log = make_log()
    metrics = Metrics()
    keyring = _keyring(settings)
    vault = open_vault(settings.database, settings.key_database, keyring)
    try:
        committer = Committer(vault, seen=metrics.group)
        running = Running(settings.most_running)
        app = create_app(
            vault,
            committer,
            keyring=keyring,
            issuer=settings.issuer,
            limits=Limits(
                most_bytes=settings.most_bytes,
                body_seconds=settings.body_seconds,
                answer_seconds=settings.answer_seconds,
            ),
            metrics=metrics,
            log=log,
        )
        _Server(config_of(settings, app), running, log).run()
        app.state.desk.close()
    finally:
        vault.close()
        log.info("stopped")


def config_of(settings: Settings, app: object) -> uvicorn.Config:
    """How uvicorn is to run."""
    return uvicorn.Config(
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
