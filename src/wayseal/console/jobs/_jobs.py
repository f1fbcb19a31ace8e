"""Jobs as pages see them: asked for, looked at, ended, tried again."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wayseal.console.errors import JobError
from wayseal.console.jobs import _rows as rows
from wayseal.console.jobs._alive import lives
from wayseal.console.jobs._queue import run_message
from wayseal.console.jobs.types import Job, JobLine, JobState, Schedule, id_of, number_of
from wayseal.console.settings import ConsoleSettings
from wayseal.model.messages import N_, Message
from wayseal.model.times import clock_us
from wayseal.store.database import Connection, Database

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

        Returns:
            Its id.
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

        Returns:
            They.
        """
        number = number_of(before)
        wanted = [state.value for state in states]
        return self.database.look(rows.page, before=number, limit=limit, states=wanted, kind=kind, subject=subject)

    def waiting(self) -> Mapping[str, int]:
        """State → jobs that are queued or running."""
        return self.database.look(rows.counts)

    def lines(self, id_: str) -> tuple[JobLine, ...]:
        """A job's log."""
        number = number_of(id_)
        return () if number is None else self.database.look(rows.lines, number)

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
        """What runs, and the worker that has it."""
        held = self.database.look(rows.running)
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
        """What is started each day, or each hour, by itself."""
        return self.database.look(rows.schedules)

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
        return turn - 1 if _missed(one, turn) else None

    def mark_broken(self) -> tuple[str, ...]:
        """Says of jobs whose worker died that they broke off, or were cancelled where somebody wanted that.

        Returns:
            Their ids.
        """
        held = self.database.look(rows.running)
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

        Returns:
            Microseconds after 1970.
        """
        return self.database.look(rows.day_run, self.now() // DAY, days) * DAY

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

    def _clock(self, hour: int | None) -> tuple[int, int]:
        """Day after 1970 and hour, on the console's clock; of what is started each hour the hour after 1970, and 0."""
        local = self.now() + clock_us()
        return (local // HOUR, 0) if hour is None else (local // DAY, local % DAY // HOUR)

    def _start(self, connection: Connection, kind: str, values: Mapping[str, str], who: str, subject: str) -> int:
        now = self.now()
        number = rows.add(connection, kind, values, subject=subject, who=who, now=now)
        rows.say(connection, number, Message(N_("asked for by {who}"), {"who": who}), now)
        rows.put_message(connection, run_message(number), job=number, due_at=now)
        return number

    def _start_scheduled(self, connection: Connection, schedule: Schedule, turn: int) -> int | None:
        if schedule.hour is None and rows.waits(connection, schedule.kind):
            return None
        if not rows.claim(connection, schedule.kind, turn):
            return None
        number = self._start(connection, schedule.kind, {}, schedule.who, "")
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


def _missed(schedule: Schedule, day: int) -> bool:
    """Whether yesterday's is owed."""
    return schedule.last is not None and schedule.last < day - 1
