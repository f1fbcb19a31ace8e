"""The workers of a console: child processes that it starts, watches, and ends when it ends.

1. A job that was told to end, by somebody or since its kind may run no longer, and doesn't within `GRACE` seconds is
   ended with its process, whatever it does: it may be in a pattern that gives nothing of ours a turn.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from threading import Event, Thread
from typing import Self

from wayseal.console.jobs._jobs import Jobs, jobs_of
from wayseal.console.jobs.kinds import KINDS
from wayseal.console.settings import PREFIX, ConsoleSettings
from wayseal.database import DatabaseError
from wayseal.model.messages import N_
from wayseal.model.runtime import Closing
from wayseal.service.log import Log

__all__ = ["Workers", "jobs_of", "settings_line"]

COMMAND = (sys.executable, "-P", "-m", "wayseal.console.jobs.worker")
GRACE = 15.0
_TOO_LONG = N_("this ran for longer than its kind may, and was ended")
_LOOK, _QUICK, _SLOWEST = 0.5, 5.0, 60.0
_OF_PAGES = {"oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_only", "address"}
"""What a worker has no use for, among it a secret."""


@dataclass(slots=True, kw_only=True)
class _Child:
    process: subprocess.Popen[str]
    worker: str
    began: float
    misses: int = field(default=0)
    """How often in a row it died at once."""


class Workers(Closing):
    """So many workers, as long as it is open; one that dies is said, its job too, and another one takes its place.

    Args:
        settings: Of the console.
        jobs: What they work on.
        log: Gets a line for each that dies.
        command: What starts one.
    """

    def __init__(self, settings: ConsoleSettings, jobs: Jobs, log: Log, *, command: Sequence[str] = COMMAND) -> None:
        self._settings = settings
        self._jobs = jobs
        self._log = log
        self._command = command
        self._ending = Event()
        self._ending_since: dict[str, float] = {}
        """Jobs that were told to end."""
        self._children = [self._start() for _ in range(settings.workers)]
        self._watcher = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Says what broke off since the last time, and watches."""
        with suppress(DatabaseError):
            self._jobs.mark_broken()
        self._watcher.start()
        return self

    def pids(self) -> tuple[int, ...]:
        """The processes that there are now."""
        return tuple(child.process.pid for child in self._children)

    def close(self) -> None:
        """Has them go: gently at first, and those that don't within the settings' time, not so."""
        self._ending.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for child in self._children:
            _let_go(child.process)
        end = time.monotonic() + self._settings.stop_seconds
        for child in self._children:
            try:
                child.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        with suppress(DatabaseError):
            self._jobs.mark_broken()

    def _start(self) -> _Child:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        process = subprocess.Popen(  # noqa: S603 (our own command)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=environment,
            start_new_session=True,
        )
        worker = secrets.token_hex(8)
        with suppress(BrokenPipeError):
            assert process.stdin is not None  # noqa: S101 (a pipe was asked for)
            process.stdin.write(settings_line(self._settings, worker))
            process.stdin.flush()
        return _Child(process=process, worker=worker, began=time.monotonic())

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK):
            with suppress(DatabaseError):
                self._end_held()
            for n, child in enumerate(self._children):
                if child.process.poll() is not None:
                    self._replace(n, child)

    def _end_held(self) -> None:
        """Rule 1."""
        now, ours = time.monotonic(), {child.worker: child.process for child in self._children}
        held = [(job, ours[worker]) for job, worker in self._jobs.running() if worker in ours]
        self._ending_since = {job.id: self._ending_since.get(job.id, now) for job, _ in held if job.cancelling}
        for job, process in held:
            most = KINDS[job.kind].seconds if job.kind in KINDS else 0
            if job.cancelling and now - self._ending_since[job.id] >= GRACE:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            elif most and not job.cancelling and self._jobs.now() - (job.started_at or 0) > most * 1e6:
                self._jobs.cancel(job.id, "", _TOO_LONG)

    def _replace(self, n: int, child: _Child) -> None:
        self._log.error("worker_died", status=child.process.returncode)
        _let_go(child.process)
        with suppress(DatabaseError):
            self._jobs.mark_broken()
        misses = child.misses + 1 if time.monotonic() - child.began < _QUICK else 0
        if misses and self._ending.wait(min(_SLOWEST, 2.0**misses)):
            return
        self._children[n] = self._start()
        self._children[n].misses = misses


def settings_line(settings: ConsoleSettings, worker: str) -> str:
    """Settings as a worker is given them, and its name (rule 1 of a worker)."""
    values = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name not in _OF_PAGES}
    said = {name: str(value) for name, value in values.items() if value is not None}
    return json.dumps(said | {"worker": worker}) + "\n"


def _let_go(process: subprocess.Popen[str]) -> None:
    """Closes what tells a worker that we live."""
    with suppress(BrokenPipeError):
        assert process.stdin is not None  # noqa: S101 (a pipe was asked for)
        process.stdin.close()
