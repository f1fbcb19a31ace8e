"""Runs the service: opens what it needs, answers until it is told to stop, and closes everything.

1. Told to stop (SIGTERM, SIGINT), it says that it isn't ready, takes nothing new, finishes what it began, and closes
   its databases then.
2. Secrets that came by the environment are gone from it before anything else is done.
3. Logs go to standard error as JSON, those of libraries too, without what was put into their texts.
"""

from contextlib import ExitStack

from wayseal.server._async_vault import LocalDiscloser
from wayseal.server._metrics import Metrics
from wayseal.server._processes import run_several
from wayseal.server._resources import bind_sockets, open_keyring, open_vault
from wayseal.server._signer import Signer
from wayseal.server._worker import compile_kernels, freeze_collector, make_config, open_server
from wayseal.server.settings import SECRETS, Settings
from wayseal.service.environment import forget
from wayseal.service.log import Log, forward_library_logs, make_log
from wayseal.vault.committer import Committer


def run(settings: Settings) -> None:
    """Serves until a signal ends it.

    SettingsError, KeyringError, VaultError, DatabaseError: what it can't start with; ProcessError: one of several
    processes ended by itself.
    """
    forget(SECRETS)
    log = make_log()
    forward_library_logs(log)
    if settings.processes == 1:
        _run_one(settings, log)
    else:
        _check(settings)
        with ExitStack() as listening:
            run_several(settings, [listening.enter_context(place) for place in bind_sockets(settings)], log)
    log.info("stopped")


def _run_one(settings: Settings, log: Log) -> None:
    """Everything in this process."""
    keyring = open_keyring(settings)
    with open_vault(settings, keyring) as vault:
        metrics = Metrics()
        committer = Committer(vault.commit_group, vault.answer_group, seen=metrics.group)
        with (
            Signer(vault, settings, metrics, log),
            open_server(settings, keyring, vault, LocalDiscloser(committer), metrics, log) as server,
        ):
            (place,) = bind_sockets(settings)
            with place:
                compile_kernels()
                freeze_collector()
                server.run_until_signal(place)


def _check(settings: Settings) -> None:
    """Says what several processes couldn't start with while there is one that can say it."""
    make_config(settings, None)
    open_vault(settings, open_keyring(settings)).close()
