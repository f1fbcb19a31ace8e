"""What a job is given while it runs: what it may use, and whom it tells how far it is."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Protocol

from wayseal.console.errors import JobCancelledError, JobError, JobStoppedError
from wayseal.console.settings import ConsoleSettings
from wayseal.model.messages import Message

_EVERY = 0.5


class Telling(Protocol):
    """Where a job's progress and log are kept."""

    def progress(self, stage: str, done: int, total: int) -> bool:
        """Keeps how far it is; whether it may go on."""

    def say(self, text: Message) -> None:
        """Adds a line to its log."""


class Work:
    """A job as its kind sees it.

    Attributes:
        id: Of the job.
        who: The login of whoever asked for it.
        folder: Empty at first, the job's own; what is left in it can be downloaded by what `result` names.
        settings: Of the console.
        at: When this try began, microseconds after 1970.
    """

    def __init__(
        self,
        *,
        id_: str,
        who: str,
        folder: Path,
        settings: ConsoleSettings,
        at: int,
        telling: Telling,
        stopping: Event,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = id_
        self.who = who
        self.folder = folder
        self.settings = settings
        self.at = at
        self._telling = telling
        self._stopping = stopping
        self._now = now
        self._clock = clock
        self._stage = ""
        self._told_at = 0.0
        self._lock = Lock()

    @property
    def ledger(self) -> Path:
        """The ledger. JobError: none is set, or its folder isn't there any more."""
        ledger = self.settings.ledger
        if ledger is None:
            raise JobError("no ledger is set: an administrator names one where the console is started")
        if not ledger.is_dir():
            raise JobError("the ledger's folder isn't there any more: bring it back, and try again", file=ledger)
        return ledger

    def now(self) -> int:
        """Microseconds after 1970."""
        return self._now()

    def step(self, stage: str, done: int, total: int) -> None:
        """Tells how far it is, and ends the job where somebody wants that; may be called from any thread, and often.

        Args:
            stage: The engine's own word for what it does.
            done: So much of it.
            total: All of it; 0: that can't be told.

        Raises:
            JobCancelledError: Somebody wants it to end.
            JobStoppedError: The console is stopping.
        """
        if self._stopping.is_set():
            raise JobStoppedError("the console was stopped while this ran: nothing half done was left; try again")
        with self._lock:
            now = self._clock()
            if stage == self._stage and now - self._told_at < _EVERY:
                return
            self._stage, self._told_at = stage, now
        if not self._telling.progress(stage, done, total):
            raise JobCancelledError("this was cancelled")

    def say(self, text: str, /, **values: object) -> None:
        """Adds a line to the job's log.

        Args:
            text: English, marked with `N_`, with named blanks; nothing personal.
            **values: What fills them.
        """
        self._telling.say(Message(text, values))
