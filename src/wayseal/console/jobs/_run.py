"""Runs one job that a worker has taken: what it is, what becomes of it, and what is said of it.

1. Whatever a kind raises ends the job with a text that holds nothing personal; what isn't an error of ours is told by
   its type alone, and its place goes to the log of the process.
2. A ledger that another process writes to, and a market that another job looks at, are tried again after a while, some
   times.
3. The end is kept, however long the database is away; a worker that can't wait any more leaves a job that broke off.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from huey.exceptions import RetryTask

from wayseal.console.errors import JobCancelledError, JobStoppedError, JobTurnError
from wayseal.console.jobs import _rows as rows
from wayseal.console.jobs._jobs import Jobs
from wayseal.console.jobs._told import message_of
from wayseal.console.jobs.kinds import KINDS, Kind
from wayseal.console.jobs.types import Job, JobState
from wayseal.console.jobs.work import Work
from wayseal.console.settings import ConsoleSettings
from wayseal.ledger.errors import LedgerBusyError
from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_, Message
from wayseal.model.times import set_clock
from wayseal.service.log import Log, where
from wayseal.store.database import DatabaseError
from wayseal.store.errors import JournalBusyError

BUSY_SECONDS, BUSY_TRIES = 60, 10
_WAIT = 5.0
_BUSY = N_("another process writes to the ledger: tried again in {seconds} seconds")
_TURN = N_("another job looks at the market: tried again in {seconds} seconds")
_UNKNOWN = N_("this version knows no such kind of job")
_BROKE = N_("something broke in it ({error}); the log of the console says where")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """What a worker runs jobs with.

    Attributes:
        jobs: All of them.
        settings: Of the console.
        worker: The name of the worker.
        log: Of the process.
        stopping: Set when the console stops.
        kinds: What there is.
    """

    jobs: Jobs
    settings: ConsoleSettings
    worker: str
    log: Log
    stopping: Event
    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS)

    def run(self, number: int) -> None:
        """Runs a job, if it is this worker's. RetryTask: it is to be tried again (rule 2)."""
        job = self.jobs.database.look(rows.find, number)
        if job is None or job.state is not JobState.RUNNING:
            return
        set_clock(self.settings.utc_offset_hours)
        self.log.info("job_began", request=job.id, group=job.kind)
        state, result, error = self._try(job, number)
        if state is None:
            raise RetryTask(delay=BUSY_SECONDS)
        with suppress(OSError):
            self.jobs.folder_of(job.id).rmdir()  # of what made nothing
        self._keep(lambda: self._end(number, state, result, error))
        self.log.info("job_ended", request=job.id, group=state.value)

    def _try(self, job: Job, number: int) -> tuple[JobState | None, Mapping[str, str], Message | None]:
        """What becomes of it; no state: it is to be tried again."""
        kind = self.kinds.get(job.kind)
        if kind is None:
            return JobState.FAILED, {}, Message(_UNKNOWN)
        try:
            return JobState.DONE, kind.run(job.values, self._work(job, number)), None
        except JobCancelledError:
            return JobState.CANCELLED, {}, None
        except JobStoppedError as error:
            return JobState.BROKEN_OFF, {}, error.message
        except (LedgerBusyError, JournalBusyError, JobTurnError) as error:
            if job.tries < BUSY_TRIES:
                said = Message(_TURN if isinstance(error, JobTurnError) else _BUSY, {"seconds": BUSY_SECONDS})
                self._keep(lambda: self._say(number, said))
                return None, {}, None
            return JobState.FAILED, {}, message_of(error)
        except WaysealError as error:
            return JobState.FAILED, {}, message_of(error)
        except OSError as error:
            return JobState.FAILED, {}, disk_says(error)
        except Exception as error:
            self.log.error("job_broke", request=job.id, **where(error))
            return JobState.FAILED, {}, Message(_BROKE, {"error": type(error).__name__})

    def _work(self, job: Job, number: int) -> Work:
        return Work(
            id_=job.id,
            who=job.who,
            folder=_empty(self.jobs.folder_of(job.id)),
            settings=self.settings,
            at=self.jobs.now(),
            telling=_Teller(runner=self, number=number),
            stopping=self.stopping,
            now=self.jobs.now,
        )

    def _say(self, number: int, text: Message) -> None:
        self.jobs.database.write(rows.say, number, text, self.jobs.now())

    def _end(self, number: int, state: JobState, result: Mapping[str, str], error: Message | None) -> None:
        self.jobs.database.write(rows.end, number, self.worker, state, now=self.jobs.now(), result=result, error=error)

    def _keep(self, act: Callable[[], None]) -> None:
        """Rule 3."""
        while True:
            try:
                return act()
            except DatabaseError:
                if self.stopping.wait(_WAIT):
                    raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    runner: Runner
    number: int

    def progress(self, stage: str, done: int, total: int) -> bool:
        return self.runner.jobs.database.write(rows.progress, self.number, self.runner.worker, stage, done, total)

    def say(self, text: Message) -> None:
        self.runner._say(self.number, text)


def _empty(folder: Path) -> Path:
    """A job's folder, without what an earlier try left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder
