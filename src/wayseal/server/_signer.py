"""Signs the log every so many seconds, and keeps what was seen of it: whoever shortens it later is found out.

1. Nothing is signed where nothing was added, nor behind what was seen or signed before.
2. What fails is tried again the next time, and told in the log of the service and in a metric.
"""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from wayseal.model.errors import WaysealError
from wayseal.server._logging import Log, where
from wayseal.server._metrics import Metrics
from wayseal.server.settings import Settings
from wayseal.store.durable import replace_file
from wayseal.vault import Vault


class Signer:
    """A thread that signs. A context manager: at its end it signs once more."""

    def __init__(self, vault: Vault, settings: Settings, metrics: Metrics, log: Log) -> None:
        self._vault, self._metrics, self._log = vault, metrics, log
        self._seconds, self._folder = settings.sign_seconds, settings.checkpoint_folder
        self._end = threading.Event()
        self._signed = ""
        self._thread = threading.Thread(target=self._work, name="wayseal-signer", daemon=True)

    def __enter__(self) -> "Signer":
        """Begins, where it is set to."""
        if self._seconds:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Ends the thread."""
        self._end.set()
        if self._seconds:
            self._thread.join()
            self.sign()

    def sign(self) -> None:
        """Signs now (rules 1 and 2)."""
        try:
            note = self._vault.checkpoint(now=time.time_ns() // 1000)
            self._vault.memory.save()
            if self._folder is not None and note != self._signed:
                _export(self._folder, note)
            self._signed = note
            if self._vault.memory.trouble is not None:
                self._log.error("log_memory_unsaved", reason=self._vault.memory.trouble)
        except (WaysealError, OSError) as error:
            self._metrics.signing_failed()
            self._log.error("unsigned", **where(error))

    def _work(self) -> None:
        while not self._end.wait(self._seconds):
            self.sign()


def _export(folder: Path, note: str) -> None:
    """Puts the newest checkpoint of today in the place of an earlier one."""
    replace_file(folder / f"{datetime.now(UTC):%Y-%m-%d}.checkpoint", note.encode())
