"""Workers: processes beside the console that take jobs and run them, one after the other.

A console starts them, watches them, and ends them when it ends.

1. Whatever a kind raises ends the job with a text that holds nothing personal; what isn't an error of ours is told by
   its type alone, and its place goes to the log of the process.
2. A ledger that another process writes to, and a market that another job looks at, are tried again after a while, some
   times.
3. The end is kept, however long the database is away; a worker that can't wait any more leaves a job that broke off.
4. Its settings come by standard input, a line of JSON, so that no secret is among its arguments or in its environment.
5. Standard input stays open as long as the console lives: at its end the worker begins nothing new, has what it runs
   end at its next step, and goes.
6. A job that was told to end, by somebody or since its kind may run no longer, and doesn't within `GRACE` seconds is
   ended with its process, whatever it does: it may be in a pattern that gives nothing of ours a turn.
"""

import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from threading import Event, Thread
from typing import Self, TextIO

from huey.consumer import Consumer
from huey.exceptions import RetryTask

from wayseal.console.errors import JobCancelledError, JobStoppedError, JobTurnError
from wayseal.console.jobs import _rows as rows
from wayseal.console.jobs._jobs import Jobs, jobs_of, living, make_queue
from wayseal.console.jobs.kinds import KINDS, Kind
from wayseal.console.jobs.logs import drop_old_uploads
from wayseal.console.jobs.personal import PersonalNotices
from wayseal.console.jobs.types import Job, JobContext, JobState, message_of
from wayseal.console.settings import PREFIX, ConsoleSettings, read_console_settings
from wayseal.database import DatabaseError, open_database
from wayseal.ledger.errors import LedgerBusyError
from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_, Message
from wayseal.model.runtime import Closing
from wayseal.model.times import set_clock
from wayseal.service import forward_library_logs, make_log
from wayseal.service.log import LibraryLogHandler, Log, where
from wayseal.store.errors import JournalBusyError

COMMAND = (sys.executable, "-P", "-m", "wayseal.console.jobs.worker")
GRACE = 15.0
_TOO_LONG = N_("this ran for longer than its kind may, and was ended")
_LOOK, _QUICK, _SLOWEST = 0.5, 5.0, 60.0
_OF_PAGES = {"oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_only", "second_person", "task_lists"} | {
    one.name for one in fields(ConsoleSettings) if one.name.startswith("hotline")
}
"""What a worker has no use for, among it a secret, and where the hotline's keys are."""


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
        """Rule 6."""
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
    """Settings as a worker is given them, and its name (rule 4)."""
    values = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name not in _OF_PAGES}
    said = {name: str(value) for name, value in values.items() if value is not None}
    return json.dumps(said | {"worker": worker}) + "\n"


def _let_go(process: subprocess.Popen[str]) -> None:
    """Closes what tells a worker that we live."""
    with suppress(BrokenPipeError):
        assert process.stdin is not None  # noqa: S101 (a pipe was asked for)
        process.stdin.close()


BUSY_SECONDS, BUSY_TRIES = 60, 10
_WAIT = 5.0
_BUSY = N_("another process writes to the ledger: tried again in {seconds} seconds")
_TURN = N_("another job looks at the market: tried again in {seconds} seconds")
_UNKNOWN = N_("this version knows no such kind of job")
_BROKE = N_("something broke in it ({error}); the log of the console says where")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The means by which a worker runs jobs.

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
        """Return what becomes of it; no state: it is to be tried again."""
        kind = self.kinds.get(job.kind)
        if kind is None:
            return JobState.FAILED, {}, Message(_UNKNOWN)
        try:
            return JobState.DONE, kind.do(job.values, self._work(job, number)), None
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

    def _work(self, job: Job, number: int) -> JobContext:
        return JobContext(
            id=job.id,
            who=job.who,
            folder=_empty(self.jobs.folder_of(job.id)),
            settings=self.settings,
            at=self.jobs.now(),
            sink=_Teller(runner=self, number=number),
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


class _Consumer(Consumer):  # type: ignore[misc]
    """Huey's loop, which leaves signals alone: standard input tells when to go (rule 5)."""

    def _set_signal_handlers(self) -> None:
        """None."""


def look_around(jobs: Jobs, settings: ConsoleSettings, told: PersonalNotices | None = None) -> None:
    """Return what is due once a minute: jobs of dead workers, schedules, notices, files that nobody needs any more."""
    jobs.mark_broken()
    jobs.start_due()
    if told is not None:
        told.send_due()
    jobs.note_day()
    oldest = jobs.days_ago(settings.job_days)
    jobs.forget_files(oldest)
    drop_old_uploads(jobs.folder, oldest / 1e6)


def run_worker(source: TextIO, log: Log) -> None:
    """Takes jobs and runs them, until the source ends.

    Args:
        source: A line with the settings and its name, then nothing until it ends (rules 4 and 5).
        log: Of the process.
    """
    said = json.loads(source.readline())
    worker, stopping = said.pop("worker"), Event()
    settings = read_console_settings({}, **said)
    with open_database(settings.database_address) as database:
        jobs = jobs_of(settings, database)
        runner = Runner(jobs=jobs, settings=settings, worker=worker, log=log, stopping=stopping)
        with living(jobs.folder, worker), PersonalNotices(settings, jobs, log) as told:
            queue = make_queue(
                database, worker, now=jobs.now, run=runner.run, look_around=lambda: look_around(jobs, settings, told)
            )
            consumer = _Consumer(queue, workers=1, initial_delay=0.1, max_delay=1.0, check_worker_health=False)
            _until_end(source, stopping, consumer.start)
            consumer.stop(graceful=True)


def _until_end(source: TextIO, stopping: Event, start: Callable[[], None]) -> None:
    def wait() -> None:
        source.read()
        stopping.set()

    Thread(target=wait, daemon=True).start()
    start()
    stopping.wait()


def main() -> None:
    """A worker as a process."""
    log = make_log()
    forward_library_logs(log)
    logger = logging.getLogger("huey")
    logger.handlers, logger.propagate = [LibraryLogHandler(log)], False
    run_worker(sys.stdin, log)


if __name__ == "__main__":
    main()
