"""Jobs as pages see them, and Huey's queue of them over the console's own database.

A worker lives as long as it holds a lock on a file, which the system lets go of when it dies, however it dies.

1. Messages are JSON of a task's name and its job: nothing in the table can run as code.
2. What waits for its time lies in the same table as what waits for a worker; nothing is ever between the two.
3. Of messages that are of no job one is enough; a worker that was busy for an hour looks around once, not sixty times.
"""

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from huey import Huey, crontab
from huey.storage import BaseStorage

from wayseal.console.errors import JobError
from wayseal.console.jobs import _rows as rows
from wayseal.console.jobs.types import Job, JobLine, JobState, Schedule, from_text, id_of, number_of
from wayseal.console.settings import ConsoleSettings
from wayseal.database import Connection, Database
from wayseal.database.raw import record_of
from wayseal.model.messages import N_, Message
from wayseal.model.times import clock_us

_WORKERS = "workers"


@contextmanager
def living(folder: Path, worker: str) -> Iterator[None]:
    """Says meanwhile that a worker lives."""
    place = folder / _WORKERS
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = place / worker
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
        file.unlink(missing_ok=True)


def lives(folder: Path, worker: str) -> bool:
    """Return whether a worker lives; the file of one that doesn't is removed."""
    file = folder / _WORKERS / worker
    try:
        with file.open("r") as looked:
            fcntl.flock(looked, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    with suppress(FileNotFoundError):
        file.unlink()
    return False


Now = Callable[[], int]
_RUN, _LOOK_AROUND = "run", "look_around"


class Queue(Huey):  # type: ignore[misc]
    """Who wants what run."""

    def serialize_task(self, task: Any) -> str:
        """A task as it is kept (rule 1)."""
        return content_of(task.name, *task.args)

    def deserialize_task(self, data: str) -> Any:
        """The task again."""
        content = json.loads(data)
        by_name = {task.__name__: task for task in self._registry._registry.values()}
        return by_name[content["task"]](tuple(content["args"]))


class Storage(BaseStorage):  # type: ignore[misc]
    """Huey's storage over the console's database; results and revoked tasks are our own tables' business."""

    priority = False

    def __init__(self, name: str, *, database: Database, worker: str, now: Now) -> None:
        super().__init__(name)
        self._database = database
        self._worker = worker
        self._now = now

    def enqueue(self, data: str, priority: float | None = None) -> None:
        """Puts a message in, to be taken at once."""
        self._database.write(_put, data, self._now())

    def dequeue(self) -> str | None:
        """Takes the first message, and its job with it."""
        if not self._database.look(rows.any_message, self._now()):
            return None
        return self._database.write(rows.take_message, self._worker, self._now())

    def add_to_schedule(self, data: str, ts: datetime) -> None:
        """Puts a message in, to be taken later (rule 2)."""
        self._database.write(_put, data, round(ts.replace(tzinfo=UTC).timestamp() * 1e6))

    def read_schedule(self, ts: datetime) -> list[str]:
        """Nothing: what is due is taken from where it lies (rule 2)."""
        return []

    def peek_many(self, keys: list[str]) -> dict[str, str]:
        """Nothing: nobody revokes a task."""
        return {}

    def delete_data(self, key: str) -> bool:
        """Nothing was there."""
        return False


def content_of(task: str, *values: int) -> str:
    """A message of the queue."""
    return json.dumps({"task": task, "args": values})


def run_message(job: int) -> str:
    """The message that has a job run."""
    return content_of(_RUN, job)


def make_queue(
    database: Database, worker: str, *, now: Now, run: Callable[[int], None], look_around: Callable[[], None]
) -> Queue:
    """The queue, as a worker sees it.

    Args:
        database: Where it lies.
        worker: Who takes from it.
        now: Microseconds after 1970.
        run: Runs a job that was taken.
        look_around: Is called once a minute.
    """
    queue = Queue("jobs", results=False, storage_class=Storage, database=database, worker=worker, now=now)
    queue.task(name=_RUN)(run)
    queue.periodic_task(crontab(minute="*"), name=_LOOK_AROUND)(look_around)
    return queue


def _put(connection: Connection, data: str, due_at: int) -> None:
    args = json.loads(data)["args"]
    job = int(args[0]) if args else None
    rows.put_message(connection, data, job=job, due_at=due_at)
    if job is not None:
        rows.wait_again(connection, job)


DAY, HOUR = 86_400_000_000, 3_600_000_000
_BROKE = N_("the process that ran this died before its end: nothing half done was left; try again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """All jobs.

    Attributes:
        database: The console's.
        folder: Where jobs keep what they make, and workers say that they live.
        now: Microseconds after 1970.
    """

    database: Database
    folder: Path
    now: Callable[[], int]

    def start(self, kind: str, values: Mapping[str, str], who: str, *, subject: str = "") -> str:
        """Asks for a job.

        Args:
            kind: A kind of `console.jobs.kinds`.
            values: What it is to do.
            who: The login of whoever asks.
            subject: What it is about, such as a case.
        """
        return id_of(self.database.write(self._start, kind, values, who, subject))

    def find(self, id_: str) -> Job | None:
        """A job; None: there is none of that id."""
        number = number_of(id_)
        return None if number is None else self.database.look(rows.find, number)

    def list(
        self,
        *,
        before: str = "",
        limit: int = 50,
        states: Sequence[JobState] = (),
        kind: str = "",
        subject: str = "",
    ) -> tuple[Job, ...]:
        """Jobs, the newest first.

        Args:
            before: Only those below this id.
            limit: So many at most.
            states: Only those in one of them; none: all.
            kind: Only those of this kind.
            subject: Only those about this.
        """
        t, number = rows.jobs.c, number_of(before)
        asked = sa.select(rows.jobs).order_by(t.job.desc()).limit(limit)
        if number is not None:
            asked = asked.where(t.job < number)
        if states:
            asked = asked.where(t.state.in_([state.value for state in states]))
        if kind:
            asked = asked.where(t.kind == kind)
        if subject:
            asked = asked.where(t.subject == subject)
        return tuple(map(rows.job_of, self._all(asked)))

    def ended(self, who: str, since: int, now: int, limit: int) -> tuple[Job, ...]:
        """Find jobs of somebody that ended after a moment, the last first; of scheduled ones those that went wrong.

        Args:
            who: The login of whoever asked for them.
            since: The moment.
            now: Up to when.
            limit: So many at most.
        """
        t = rows.jobs.c
        wrong = t.state.in_([JobState.FAILED.value, JobState.BROKEN_OFF.value])
        told = sa.or_(wrong, sa.and_(t.state == JobState.DONE.value, t.scheduled == sa.false()))
        asked = sa.select(rows.jobs).where(t.who == who, t.ended_at > since, t.ended_at <= now, told)
        return tuple(map(rows.job_of, self._all(asked.order_by(t.ended_at.desc(), t.job).limit(limit))))

    def waiting(self) -> Mapping[str, int]:
        """State → jobs that are queued or running."""
        column = rows.jobs.c.state
        waiting = column.in_([JobState.QUEUED.value, JobState.RUNNING.value])
        found = self._all(sa.select(column, sa.func.count()).where(waiting).group_by(column))
        return {str(state): int(count) for state, count in found}

    def lines(self, id_: str) -> tuple[JobLine, ...]:
        """A job's log."""
        t = rows.lines.c
        found = self._all(sa.select(rows.lines).where(t.job == number_of(id_)).order_by(t.line))
        return tuple(JobLine(at=row.at, text=from_text(row.text) or Message("")) for row in found)

    def cancel(self, id_: str, by: str, said: str = N_("{who} cancelled it")) -> bool:
        """Ends a job: one that waits at once, one that runs at its next step.

        Args:
            id_: Of the job.
            by: The login of whoever wants that.
            said: What its log says of it.

        Returns:
            Whether there was anything to end.
        """
        number = number_of(id_)
        return number is not None and self.database.write(self._cancel, number, Message(said, {"who": by}))

    def running(self) -> Sequence[tuple[Job, str]]:
        """Return what runs, and the worker that has it."""
        held = self._running()
        return [(job, held[number]) for number in held if (job := self.find(id_of(number))) is not None]

    def retry(self, id_: str, by: str) -> bool:
        """Has a job that failed, broke off or was cancelled run again.

        Args:
            id_: Of the job.
            by: The login of whoever wants that.

        Returns:
            Whether it was one.
        """
        number = number_of(id_)
        return number is not None and self.database.write(self._retry, number, by)

    def schedules(self) -> tuple[Schedule, ...]:
        """Return what is started each day, or each hour, by itself."""
        found = self._all(sa.select(rows.schedules).order_by(rows.schedules.c.kind))
        return tuple(
            record_of(Schedule, row._mapping, hour=None if row.each_hour else row.hour, last=row.last_day)
            for row in found
        )

    def set_schedule(self, kind: str, hour: int | None, by: str) -> None:
        """Has a job started each day at an hour, or each hour.

        Args:
            kind: Of the job.
            hour: On the console's clock; None: each hour.
            by: The login of whoever wants that.

        Raises:
            JobError: There is no such hour.
        """
        if hour is not None and not 0 <= hour < 24:
            raise JobError("an hour is 0 to 23", key="hour")
        turn, now_hour = self._clock(hour)
        past = hour is None or now_hour >= hour
        last = turn if past else turn - 1
        self.database.write(rows.set_schedule, Schedule(kind=kind, hour=hour, who=by, set_at=self.now(), last=last))

    def end_schedule(self, kind: str) -> None:
        """Has a job started by itself no more.

        Args:
            kind: Of the job.
        """
        self.database.write(rows.end_schedule, kind)

    def start_due(self) -> tuple[str, ...]:
        """Starts what is due by its schedule; of days, or hours, that were missed the last one alone.

        A clock that goes back by hours has nothing started twice; one that was days ahead has the day count on which it
        comes right, and goes on from there. What is started each hour waits for the one before to come to its end.

        Returns:
            The ids of what was started.
        """
        for one in self.schedules():
            turn, _ = self._clock(one.hour)
            if one.last is not None and one.last > turn + 1:
                self.database.write(rows.set_back, one.kind, turn)
        due = [(one, at) for one in self.schedules() if (at := self._due(one)) is not None]
        started = (self.database.write(self._start_scheduled, one, at) for one, at in due)
        return tuple(id_of(number) for number in started if number is not None)

    def _due(self, one: Schedule) -> int | None:
        """The day, or hour, for which it is to be started; None: it isn't due."""
        turn, hour = self._clock(one.hour)
        if one.last is not None and one.last >= turn:
            return None
        if one.hour is None or hour >= one.hour:
            return turn
        return turn - 1 if one.last is not None and one.last < turn - 1 else None

    def mark_broken(self) -> tuple[str, ...]:
        """Says of jobs whose worker died that they broke off, or were cancelled where somebody wanted that."""
        held = self._running()
        dead = {number: worker for number, worker in held.items() if not lives(self.folder, worker)}
        if dead:
            self.database.write(self._break, dead)
        return tuple(id_of(number) for number in sorted(dead))

    def folder_of(self, id_: str) -> Path:
        """Where a job keeps what it makes."""
        return self.folder / id_

    def note_day(self) -> None:
        """Notes that the console runs today."""
        self.database.write(rows.note_day, self.now() // DAY)

    def days_ago(self, days: int) -> int:
        """When the day began that lies so many days on which the console ran before today; 0: it hasn't run so long.

        What is removed by its age is removed by these: a clock that is ahead, or was, removes nothing before its time.

        Args:
            days: How many.
        """
        day = rows.days_run.c.day
        asked = sa.select(day).where(day < self.now() // DAY).order_by(day.desc()).offset(days - 1).limit(1)
        return DAY * int(sum(found for (found,) in self._all(asked)))

    def forget_files(self, oldest: int) -> int:
        """Removes what jobs made that ended long ago.

        Args:
            oldest: What ended since then stays.

        Returns:
            Of how many jobs.
        """
        gone = 0
        for place in self.folder.glob("j-*"):
            job = self.find(place.name)
            if job is None or (job.ended_at is not None and job.ended_at < oldest):
                shutil.rmtree(place, ignore_errors=True)
                gone += 1
        return gone

    def _all(self, asked: sa.Select[Any]) -> Sequence[Any]:
        return self.database.look(lambda connection: connection.execute(asked).all())

    def _running(self) -> Mapping[int, str]:
        """Job → the worker that has it."""
        t = rows.jobs.c
        found = self._all(sa.select(t.job, t.worker).where(t.state == JobState.RUNNING.value))
        return {int(job): str(worker) for job, worker in found}

    def _clock(self, hour: int | None) -> tuple[int, int]:
        """Day after 1970 and hour, on the console's clock; of what is started each hour the hour after 1970, and 0."""
        local = self.now() + clock_us()
        return (local // HOUR, 0) if hour is None else (local // DAY, local % DAY // HOUR)

    def _start(
        self,
        connection: Connection,
        kind: str,
        values: Mapping[str, str],
        who: str,
        subject: str,
        *,
        scheduled: bool = False,
    ) -> int:
        now = self.now()
        number = rows.add(connection, kind, values, subject=subject, who=who, now=now, scheduled=scheduled)
        rows.say(connection, number, Message(N_("asked for by {who}"), {"who": who}), now)
        rows.put_message(connection, run_message(number), job=number, due_at=now)
        return number

    def _start_scheduled(self, connection: Connection, schedule: Schedule, turn: int) -> int | None:
        if schedule.hour is None and rows.waits(connection, schedule.kind):
            return None
        if not rows.claim(connection, schedule.kind, turn):
            return None
        number = self._start(connection, schedule.kind, {}, schedule.who, "", scheduled=True)
        rows.say(connection, number, Message(N_("started by its schedule")), self.now())
        return number

    def _cancel(self, connection: Connection, number: int, said: Message) -> bool:
        before = rows.cancel(connection, number, self.now())
        if before is not None:
            rows.say(connection, number, said, self.now())
        return before is not None

    def _retry(self, connection: Connection, number: int, by: str) -> bool:
        if not rows.renew(connection, number):
            return False
        now = self.now()
        rows.say(connection, number, Message(N_("{who} had it tried again"), {"who": by}), now)
        rows.put_message(connection, run_message(number), job=number, due_at=now)
        return True

    def _break(self, connection: Connection, dead: Mapping[int, str]) -> None:
        for number, worker in dead.items():
            now, job = self.now(), rows.find(connection, number)
            if job is not None and job.cancelling:
                rows.end(connection, number, worker, JobState.CANCELLED, now=now)
                continue
            rows.say(connection, number, Message(_BROKE), now)
            rows.end(connection, number, worker, JobState.BROKEN_OFF, now=now, error=Message(_BROKE))


def jobs_of(settings: ConsoleSettings, database: Database) -> Jobs:
    """Jobs of the settings' folder."""
    return Jobs(database=database, folder=settings.folder.absolute() / "jobs", now=lambda: time.time_ns() // 1000)
