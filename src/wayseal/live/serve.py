"""The watch as a service: it watches, answers gateways and Prometheus beside it, and ends in order.

1. What gateways need doesn't hang on the watch: where the disk refuses, the list goes on being served, and the watch is
   begun again after `PAUSE` seconds. What else it can't go on with (a gap, a changed record) ends the service.
2. It is ready while it takes events, by limits that aren't stale, and can write them down.
3. Told to stop (SIGTERM, SIGINT), it takes nothing new, brings what it has into the ledger, gives receivers their last
   seconds, and ends.
"""

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Final

from wayseal.ledger.errors import LedgerStorageError
from wayseal.live._blocked_subject import BlockedSubject
from wayseal.live._watch_metrics import WatchMetrics
from wayseal.live.blocks import TOKENS, Blocks, blocks_folder
from wayseal.live.errors import WatchSettingsError
from wayseal.live.http import MOST_WAITING, create_app
from wayseal.live.settings import WatchSettings
from wayseal.live.spool import Say
from wayseal.live.types import Source
from wayseal.live.watch import Watch, WatchOptions
from wayseal.model.errors import WaysealError
from wayseal.model.messages import Message
from wayseal.model.times import micros, now_us
from wayseal.service import forward_library_logs, handle_signals
from wayseal.service.connection import GuardedProtocol
from wayseal.service.http import Server, listen, make_config
from wayseal.service.log import Log, where
from wayseal.service.tokens import TokenFile

PAUSE: Final = 5.0
STUCK: Final = 120.0
"""Seconds after which a watch that says nothing of itself isn't ready."""
_DISK = LedgerStorageError.exit_code
_HOUR_US, _SECOND_US, _MEGABYTE = 3_600_000_000, 1_000_000, 1 << 20
_HEAD_SECONDS, _WRITE_SECONDS = 10.0, 30.0
_ODD = re.compile("[^a-z]+")


class WatchService:
    """A watch that is begun again (rule 1), and what may be known of it."""

    def __init__(
        self, settings: WatchSettings, make_source: Callable[[Say], Source], options: WatchOptions, log: Log
    ) -> None:
        """Makes it ready.

        Args:
            settings: How it runs.
            make_source: Makes the source anew, for each time that the watch is begun, with what is told of it.
            options: How it watches; what it says goes to the log.
            log: The service's.
        """
        self._settings, self._make, self._log = settings, make_source, log
        self._options = replace(options, say=self._say)
        self._end = threading.Event()
        self._source = make_source(self._say)
        self._watch = Watch(settings.ledger, self._source, self._options)
        self._refused = False
        self._blocks = Blocks(blocks_folder(settings.ledger))
        self.metrics = WatchMetrics(self._status, self._away, self._blocks)
        url = settings.blocked_subject
        self._subject = None if url is None else BlockedSubject(url, self._blocks.file, self._say)

    def app(self) -> Any:
        """The HTTP service; the list is brought up to its record. RecordError, OSError."""
        self._blocks.sync()
        tokens = TokenFile(blocks_folder(self._settings.ledger) / TOKENS)
        return create_app(self._blocks, tokens, metrics=self.metrics.text, trouble=self.trouble)

    def telling(self) -> AbstractContextManager[None]:
        """Tells the subject of the list meanwhile, where there is one."""
        return nullcontext() if self._subject is None else self._subject.telling()

    def run(self) -> None:
        """Watches until the source ends or `stop` is called. LiveError, LedgerError: it can't go on."""
        while not self._end.is_set():
            try:
                self._log.info("watching")
                self._watch.run()
                return
            except (OSError, WaysealError) as error:
                if isinstance(error, WaysealError) and error.exit_code != _DISK:
                    raise
                self._log.error("disk", **where(error))
            self._refused, self._source = True, self._make(self._say)
            self._watch = Watch(self._settings.ledger, self._source, self._options)
            self._end.wait(PAUSE)

    def stop(self) -> None:
        """Rule 3; safe where a signal is handled."""
        self._end.set()
        self._watch.stop()

    def trouble(self) -> list[str]:
        """Why it isn't ready (rule 2): `starting`, `stuck`, `source`, `disk`, `limits`; none: it is."""
        s, status, now = self._settings, self._status(), now_us()
        away = self._away()
        limits = status.get("limits_at")
        self._refused = self._refused and not status
        found = {
            "starting": not status.get("running"),
            "stuck": bool(status) and now - micros(status["at"]) > STUCK * _SECOND_US,
            "source": away is not None and away > s.source_seconds,
            "disk": self._refused or not self._room(),
            "limits": limits is not None and now - micros(limits) > s.limits_hours * _HOUR_US,
        }
        return [word for word, so in found.items() if so]

    def _room(self) -> bool:
        try:
            free = shutil.disk_usage(self._settings.ledger).free
        except OSError:
            return False
        return free >= self._settings.free_megabytes * _MEGABYTE and os.access(self._settings.ledger, os.W_OK)

    def _status(self) -> Mapping[str, Any]:
        return self._watch.status

    def _away(self) -> float | None:
        since = self._source.away
        return None if since is None else time.monotonic() - since

    def _say(self, message: Message) -> None:
        """Without what stands in texts: which message, and which source or receiver."""
        about = {key: message.values[key] for key in ("source", "receiver") if key in message.values}
        self._log.warning(_ODD.sub("_", message.text.lower()).strip("_")[:80], **about)


def run_service(settings: WatchSettings, make_source: Callable[[Say], Source], options: WatchOptions, log: Log) -> None:
    """Watches and answers until a signal ends it, or the source does.

    Args:
        settings: How it runs.
        make_source: Makes the source, with what is told of it.
        options: How it watches.
        log: Where lines go.

    Raises:
        LiveError: It can't start, or go on.
        LedgerError: The ledger is damaged.
        OSError: What others asked for can't be read.
    """
    forward_library_logs(log)
    service = WatchService(settings, make_source, options, log)
    with listen(settings.host, settings.port, WatchSettingsError) as place:
        protocol = partial(
            GuardedProtocol,
            head_seconds=_HEAD_SECONDS,
            write_seconds=_WRITE_SECONDS,
            most_connections=2 * MOST_WAITING,
        )
        server = Server(make_config(settings, service.app(), protocol, WatchSettingsError), log)
        thread = threading.Thread(target=_answer, args=(server, place, service), name="answer")
        thread.start()
        try:
            with service.telling(), handle_signals(service.stop):
                service.run()
        except Exception as error:
            log.error("failed", **where(error))
            raise
        finally:
            server.end()
            thread.join()
    log.info("stopped")


def _answer(server: Server, place: Any, service: WatchService) -> None:
    try:
        server.run(sockets=[place])
    finally:
        service.stop()
