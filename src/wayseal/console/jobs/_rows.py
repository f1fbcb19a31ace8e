"""The tables of jobs, as `console.serve` has them made; what is asked of them and what changes them."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from wayseal.console.jobs.types import AGAIN, WAITING, Job, JobState, Schedule, from_text, id_of, to_text
from wayseal.database import Connection
from wayseal.database.raw import record_of
from wayseal.model.messages import Message

METADATA = sa.MetaData()

jobs = sa.Table(
    "jobs",
    METADATA,
    sa.Column("job", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("given", sa.Text, nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("stage", sa.String(40), nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("cancelling", sa.Boolean, nullable=False),
    sa.Column("worker", sa.String(40)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("scheduled", sa.Boolean, server_default=sa.false(), nullable=False),
    sa.Index("ix_jobs_who", "who", "ended_at"),
    sa.Index("ix_jobs_state", "state", "job"),
    sa.Index("ix_jobs_subject", "subject", "job"),
)
lines = sa.Table(
    "job_lines",
    METADATA,
    sa.Column("job", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
schedules = sa.Table(
    "job_schedules",
    METADATA,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("set_at", sa.BigInteger, nullable=False),
    sa.Column("last_day", sa.Integer),
    sa.Column("each_hour", sa.Boolean, server_default=sa.false(), nullable=False),
)
messages = sa.Table(
    "job_messages",
    METADATA,
    sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("job", sa.BigInteger),
    sa.Column("content", sa.Text, nullable=False),
    sa.Index("ix_job_messages_due_at", "due_at", "message"),
)
days_run = sa.Table(
    "days_run",
    METADATA,
    sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
)


_LINES = 500
_FURTHEST = 600_000_000
"""Microseconds: nothing is put further ahead into the queue."""
_FRESH = {
    "state": JobState.QUEUED.value, "stage": "", "done": 0, "total": 0, "result": "{}", "error": None, "worker": None,
    "cancelling": False, "started_at": None, "ended_at": None,
}  # fmt: skip


def note_who_and_schedule(connection: Connection) -> None:
    """Brings jobs of the version before to this one: they are found by who asked, and none is known as scheduled."""
    column = sa.schema.CreateColumn(jobs.c.scheduled).compile(dialect=connection.dialect)
    connection.execute(sa.text(f"ALTER TABLE jobs ADD COLUMN {column}"))
    next(index for index in jobs.indexes if index.name == "ix_jobs_who").create(connection)


def add(
    connection: Connection,
    kind: str,
    values: Mapping[str, str],
    *,
    subject: str,
    who: str,
    now: int,
    scheduled: bool = False,
) -> int:
    """A new job's number."""
    number = _next(connection, jobs.c.job)
    row = {"job": number, "kind": kind, "given": _json(values), "subject": subject, "who": who, "tries": 0}
    connection.execute(jobs.insert().values(**row, created_at=now, scheduled=scheduled, **_FRESH))
    return number


def find(connection: Connection, number: int) -> Job | None:
    """A job."""
    row = connection.execute(sa.select(jobs).where(jobs.c.job == number)).first()
    return None if row is None else job_of(row)


def note_day(connection: Connection, day: int) -> None:
    """Notes a day on which the console ran."""
    if connection.execute(sa.select(days_run).where(days_run.c.day == day)).first() is None:
        connection.execute(days_run.insert().values(day=day))


def say(connection: Connection, number: int, text: Message, now: int) -> None:
    """Adds a line to a job's log, as long as there is room."""
    line = _next(connection, lines.c.line, lines.c.job == number)
    if line <= _LINES:
        connection.execute(lines.insert().values(job=number, line=line, at=now, text=to_text(text)))


def progress(connection: Connection, number: int, worker: str, stage: str, done: int, total: int) -> bool:
    """Keeps how far a job is. Whether it may go on: nobody wants it to end, and it is still this worker's."""
    mine = sa.and_(jobs.c.job == number, jobs.c.worker == worker, jobs.c.state == "running")
    connection.execute(jobs.update().where(mine).values(stage=stage[:40], done=done, total=total))
    row = connection.execute(sa.select(jobs.c.cancelling).where(mine)).first()
    return row is not None and not row.cancelling


def end(
    connection: Connection,
    number: int,
    worker: str,
    state: JobState,
    *,
    now: int,
    result: Mapping[str, str] | None = None,
    error: Message | None = None,
) -> None:
    """A job's end, by the worker whose it is."""
    mine = sa.and_(jobs.c.job == number, jobs.c.worker == worker)
    told = None if error is None else to_text(error)
    connection.execute(
        jobs.update()
        .where(mine)
        .values(state=state.value, result=_json(result or {}), error=told, ended_at=now, worker=None)
    )


def cancel(connection: Connection, number: int, now: int) -> JobState | None:
    """Ends what waits, and marks what runs; the state before, None: there was nothing to end."""
    row = connection.execute(sa.select(jobs.c.state).where(jobs.c.job == number)).first()
    state = None if row is None else JobState(row.state)
    this = jobs.c.job == number
    if state is JobState.QUEUED:
        connection.execute(messages.delete().where(messages.c.job == number))
        connection.execute(jobs.update().where(this).values(state=JobState.CANCELLED.value, ended_at=now))
        return state
    if state is JobState.RUNNING:
        connection.execute(jobs.update().where(this).values(cancelling=True))
        return state
    return None


def renew(connection: Connection, number: int) -> bool:
    """Makes a job wait again. Whether it could be."""
    again = jobs.c.state.in_([state.value for state in AGAIN])
    this = sa.and_(jobs.c.job == number, again)
    return bool(connection.execute(jobs.update().where(this).values(**_FRESH)).rowcount)


def set_schedule(connection: Connection, schedule: Schedule) -> None:
    """Sets what is started by itself, instead of what was set; up to `last` nothing is started."""
    end_schedule(connection, schedule.kind)
    hour = {"hour": schedule.hour or 0, "each_hour": schedule.hour is None}
    row = {"kind": schedule.kind, **hour, "who": schedule.who, "set_at": schedule.set_at, "last_day": schedule.last}
    connection.execute(schedules.insert().values(**row))


def end_schedule(connection: Connection, kind: str) -> None:
    """Ends what is started by itself."""
    connection.execute(schedules.delete().where(schedules.c.kind == kind))


def set_back(connection: Connection, kind: str, turn: int) -> None:
    """Has a schedule that was started on days to come count as started up to this one: the clock was ahead."""
    this = sa.and_(schedules.c.kind == kind, schedules.c.last_day > turn + 1)
    connection.execute(schedules.update().where(this).values(last_day=turn))


def claim(connection: Connection, kind: str, turn: int) -> bool:
    """Marks a day, or hour, of a schedule as started. Whether nobody did before."""
    earlier = sa.or_(schedules.c.last_day.is_(None), schedules.c.last_day < turn)
    this = sa.and_(schedules.c.kind == kind, earlier)
    return bool(connection.execute(schedules.update().where(this).values(last_day=turn)).rowcount)


def waits(connection: Connection, kind: str) -> bool:
    """Return whether a job of this kind waits or runs."""
    waiting = jobs.c.state.in_([state.value for state in WAITING])
    asked = sa.select(jobs.c.job).where(waiting, jobs.c.kind == kind).limit(1)
    return connection.execute(asked).first() is not None


def put_message(connection: Connection, content: str, *, job: int | None, due_at: int) -> None:
    """Puts a message into the queue; one that is of no job only where none like it waits."""
    if job is None:
        there = sa.select(messages.c.message).where(messages.c.job.is_(None)).limit(1)
        if connection.execute(there).first() is not None:
            return
    number = _next(connection, messages.c.message)
    row = {"message": number, "due_at": due_at, "job": job, "content": content}
    connection.execute(messages.insert().values(**row))


def wait_again(connection: Connection, number: int) -> None:
    """A job that a worker gives back to the queue."""
    this = jobs.c.job == number
    values = {"state": JobState.QUEUED.value, "worker": None, "stage": "", "done": 0, "total": 0}
    connection.execute(jobs.update().where(this).values(**values))


def _due(now: int) -> sa.ColumnElement[bool]:
    """Return what is due; also what lies further ahead than anything is put: the clock was ahead when it was."""
    at = messages.c.due_at
    return sa.or_(at <= now, at > now + _FURTHEST)


def take_message(connection: Connection, worker: str, now: int) -> str | None:
    """Takes the first message that is due, and its job with it (rule 2 of the room); None: none is."""
    asked = sa.select(messages).where(_due(now)).order_by(messages.c.due_at, messages.c.message).limit(1)
    row = connection.execute(asked).first()
    if row is None:
        return None
    connection.execute(messages.delete().where(messages.c.message == row.message))
    if row.job is not None:
        this = sa.and_(jobs.c.job == row.job, jobs.c.state == JobState.QUEUED.value)
        taken = {"state": JobState.RUNNING.value, "worker": worker, "started_at": now}
        connection.execute(jobs.update().where(this).values(**taken, tries=jobs.c.tries + 1))
    return str(row.content)


def any_message(connection: Connection, now: int) -> bool:
    """Return whether a message is due: a look, so that an idle worker writes nothing."""
    asked = sa.select(messages.c.message).where(_due(now)).limit(1)
    return connection.execute(asked).first() is not None


def _next(connection: Connection, column: Any, *where: Any) -> int:
    """The number after the highest; only inside a write, where nobody adds beside it."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0)).where(*where)).scalar_one()) + 1


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True)


def job_of(row: Any) -> Job:
    """A job out of a row."""
    values, result, error = json.loads(row.given), json.loads(row.result), from_text(row.error)
    state, cancelling = JobState(row.state), bool(row.cancelling)
    told = {"values": values, "result": result, "error": error}
    return record_of(Job, row._mapping, id=id_of(row.job), state=state, cancelling=cancelling, **told)
