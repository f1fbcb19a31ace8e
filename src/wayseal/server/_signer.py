"""Signs the log every so many seconds, and keeps what was seen of it: whoever shortens it later is found out.

1. Nothing is signed where nothing was added, nor behind what was seen or signed before.
2. What fails is tried again the next time, and told in the log of the service and in a metric.
3. What was signed is exported before a witness is asked, and what it cosigned takes the place of nothing else.
"""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from wayseal.merkle import Checkpoint
from wayseal.model.errors import WaysealError
from wayseal.server._metrics import Metrics
from wayseal.server._witness import Witness
from wayseal.server.errors import WitnessError
from wayseal.server.settings import Settings
from wayseal.service.log import Log, where
from wayseal.store.durable import replace_file
from wayseal.vault import Vault
from wayseal.vault.log.proofs import path_of_growth


class Signer:
    """A thread that signs. A context manager: at its end it signs once more."""

    def __init__(self, vault: Vault, settings: Settings, metrics: Metrics, log: Log) -> None:
        self._vault, self._metrics, self._log = vault, metrics, log
        self._seconds, self._folder = settings.sign_seconds, settings.checkpoint_folder
        url, key = settings.witness, settings.witness_key
        self._witness = None if url is None or key is None else Witness(url, key)
        self._end = threading.Event()
        self._signed = self._cosigned = ""
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
        """Signs now (rules 1 to 3)."""
        try:
            note = self._vault.checkpoint(now=time.time_ns() // 1000)
            self._vault.memory.save()
            if self._folder is not None and note != self._signed:
                _export(self._folder, "checkpoint", note)
            self._signed = note
            if self._vault.memory.trouble is not None:
                self._log.error("log_memory_unsaved", reason=self._vault.memory.trouble)
            if self._folder is not None and self._witness is not None and note != self._cosigned:
                self._have_cosigned(self._witness, self._folder, note)
        except WitnessError as error:
            self._metrics.signing_failed()
            self._log.error("uncosigned", rule=error.trouble, status=error.status, **where(error))
        except (WaysealError, OSError) as error:
            self._metrics.signing_failed()
            self._log.error("unsigned", **where(error))

    def _have_cosigned(self, witness: Witness, folder: Path, note: str) -> None:
        """Rule 3."""

        def grow(old: int) -> Sequence[bytes]:
            return self._vault.main.read(path_of_growth, old, note.encode())

        memory, size = self._vault.memory, Checkpoint.claimed(note.encode()).size
        _export(folder, "cosigned", witness.cosign(note, min(memory.seen.cosigned_size, size), grow))
        self._cosigned = note
        self._metrics.witnessed(size)
        memory.learn_cosigned(size)
        memory.save()

    def _work(self) -> None:
        while not self._end.wait(self._seconds):
            self.sign()


def _export(folder: Path, kind: str, note: str) -> None:
    """Puts the newest checkpoint of today in the place of an earlier one of its kind."""
    replace_file(folder / f"{datetime.now(UTC):%Y-%m-%d}.{kind}", note.encode())
