"""Runs the service: opens what it needs, answers until it is told to stop, and closes everything.

1. Told to stop (SIGTERM, SIGINT), it says that it isn't ready, takes nothing new, finishes what it began, and closes
   its databases then.
2. Logs go to standard error as JSON, those of libraries too, without what was put into their texts.
"""

from contextlib import ExitStack

from wayseal.server._answering import answering, config_of, settle, warm
from wayseal.server._desk import CommitsHere
from wayseal.server._logs import Log, forward, make_log
from wayseal.server._metrics import Metrics
from wayseal.server._opening import keyring_of, places_of, vault_of
from wayseal.server._processes import run_several
from wayseal.server.settings import Settings
from wayseal.vault.committer import Committer


def run(settings: Settings) -> None:
    """Serves until a signal ends it.

    SettingsError, KeyringError, VaultError, DatabaseError: what it can't start with; ProcessError: one of several
    processes ended by itself.
    """
    log = make_log()
    forward(log)
    if settings.processes == 1:
        _run_one(settings, log)
    else:
        _check(settings)
        with ExitStack() as listening:
            run_several(settings, [listening.enter_context(place) for place in places_of(settings)], log)
    log.info("stopped")


def _run_one(settings: Settings, log: Log) -> None:
    """Everything in this process."""
    keyring = keyring_of(settings)
    with vault_of(settings, keyring) as vault:
        metrics = Metrics()
        committer = Committer(vault.commit_group, vault.answer_group, seen=metrics.group)
        with answering(settings, keyring, vault, CommitsHere(committer), metrics, log) as server:
            (place,) = places_of(settings)
            with place:
                warm()
                settle()
                server.run_until_signal(place)


def _check(settings: Settings) -> None:
    """Says what several processes couldn't start with while there is one that can say it."""
    config_of(settings, None)
    vault_of(settings, keyring_of(settings)).close()
