"""Jobs as values, what a job is given while it runs, and messages as rows keep them, worded when somebody reads them.

All times are microseconds after 1970, UTC.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath
from threading import Event, Lock
from typing import Any, Protocol

from wayseal.console.errors import ConsoleError, JobCancelledError, JobError, JobStoppedError
from wayseal.console.settings import ConsoleSettings
from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_, Message


class JobState(StrEnum):
    """Where a job stands. broken_off: its worker died, or the console was stopped, before it came to its end."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BROKEN_OFF = "broken_off"


_PREFIX = "j-"
WAITING = frozenset({JobState.QUEUED, JobState.RUNNING})
"""States that a worker will change."""
AGAIN = frozenset({JobState.FAILED, JobState.CANCELLED, JobState.BROKEN_OFF})
"""States from which a job can be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job.

    Attributes:
        id: Such as j-17.
        kind: A kind of `console.jobs.kinds`.
        values: What it was asked to do.
        subject: What it is about, such as a case; empty for the ledger as a whole.
        who: The login of whoever asked for it.
        state: Where it stands.
        stage: What it does now, in the engine's own word; empty before it begins.
        done: Of `total`, in that stage.
        total: 0: it can't be told.
        result: What came of it, if it is done.
        error: Why it failed or broke off.
        tries: How often a worker has taken it.
        cancelling: Somebody wants it to end.
        created_at: When it was asked for.
        started_at: When it was taken the last time.
        ended_at: When it came to its end.
    """

    id: str
    kind: str
    values: Mapping[str, str]
    subject: str
    who: str
    state: JobState
    stage: str
    done: int
    total: int
    result: Mapping[str, str]
    error: Message | None
    tries: int
    cancelling: bool
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A line of a job's log."""

    at: int
    text: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A job that is started each day, or each hour, by itself.

    Attributes:
        kind: A kind of `console.jobs.kinds`.
        hour: On the console's clock; None: each hour.
        who: The login of whoever set it.
        set_at: When.
        last: The last day on which it was started, or hour, as days or hours after 1970 on that clock; None: it never
            was.
    """

    kind: str
    hour: int | None
    who: str
    set_at: int
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInput:
    """A log, and how it is to be read: by a text, by columns, by a mapping of the folder, or as a table.

    Attributes:
        upload: It was sent (`console.jobs.logs`).
        file: It lies in the settings' folder.
        sha256: Of what was sent.
        mapping: A mapping of the folder.
        table: Of the contract.
        offset: From UTC, of times without one.
        toml: The text of a mapping.
        origin: Where that text comes from; "sent": from a browser.
        columns: Column of the contract → place of the log's, as JSON.
        words: Column of the contract → what words of the log are called there, as JSON.
        lang: In which a proposal is made.
        look: The job that looked at it before.
    """

    upload: str = ""
    file: str = ""
    sha256: str = ""
    mapping: str = ""
    table: str = ""
    offset: str = ""
    toml: str = ""
    origin: str = "sent"
    columns: str = ""
    words: str = ""
    lang: str = "en"
    look: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawInput:
    """A file that goes out of the ledger: its place among the ledger's sources, its SHA-256, and why."""

    place: int
    sha256: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersInput:
    """Numbers to be traced. leaks: they, as a leaks file; offset: of times without one; seed: of all randomness."""

    leaks: str
    offset: str
    seed: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInput:
    """A case. why: it is needed; to: for whom, if that is said. trace: the run that made it, as `Traced` tells it."""

    case: str
    why: str = ""
    to: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampInput:
    """Packs that are to be stamped. of: the job that made one; "": all that wait."""

    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInput:
    """A source of the market.

    Attributes:
        source: Its name.
        form: Of what is brought into it.
        upload: Where that lies (`console.jobs.imports`).
        files: What it is, as JSON.
        fields: Of a table, field of an offer → heading, as JSON; empty: by its headings.
        look: The job that looked at it before.
    """

    source: str
    form: str = ""
    upload: str = ""
    files: str = "[]"
    fields: str = ""
    look: str = ""


def id_of(number: int) -> str:
    """A job's id."""
    return f"{_PREFIX}{number}"


def number_of(id_: str) -> int | None:
    """The number in an id; None: this is none."""
    digits = id_.removeprefix(_PREFIX)
    right = id_.startswith(_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 16
    return int(digits) if right else None


_MOST = 400
_PLACED, _IN_MAPPING = N_("{place}: {text}"), N_("line {line} of the mapping: {text}")


def message_of(error: WaysealError) -> Message:
    """An error as a message, its place before it: of a file the name alone, of a form (an error of ours) no field.

    Of a mapping it is the line: keys are for those who write mappings, and few who read this do.
    """
    name = "" if error.file is None else PurePath(error.file).name
    if name.endswith(".toml") and error.line is not None:
        return Message(_IN_MAPPING, {"line": error.line, "text": error.message})
    line = "" if error.line is None else str(error.line)
    place = ":".join(part for part in (name, line, "" if isinstance(error, ConsoleError) else error.key) if part)
    return Message(_PLACED, {"place": place, "text": error.message}) if place else error.message


def to_text(message: Message) -> str:
    """A message as JSON."""
    return json.dumps(_plain(message), ensure_ascii=False)


def from_text(text: str | None) -> Message | None:
    """The message again; None for none."""
    return None if text is None else _message(json.loads(text))


def _plain(value: object) -> Any:
    if isinstance(value, WaysealError):
        return _plain(message_of(value))
    if isinstance(value, Message):
        return {"text": value.text, "values": {name: _plain(one) for name, one in value.values.items()}}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, PurePath):
        return value.name
    return value if isinstance(value, int | float) else str(value)[:_MOST]


def _message(content: Any) -> Message:
    return Message(content["text"], {name: _value(one) for name, one in content["values"].items()})


def _value(content: Any) -> object:
    if isinstance(content, dict):
        return _message(content)
    return [_value(one) for one in content] if isinstance(content, list) else content


_EVERY = 0.5


class ProgressSink(Protocol):
    """Where a job's progress and log are kept."""

    def progress(self, stage: str, done: int, total: int) -> bool:
        """Keeps how far it is; whether it may go on."""

    def say(self, text: Message) -> None:
        """Adds a line to its log."""


@dataclass(slots=True, kw_only=True)
class JobContext:
    """A job as its kind sees it.

    Attributes:
        id: Of the job.
        who: The login of whoever asked for it.
        folder: Empty at first, the job's own; what is left in it can be downloaded by what `result` names.
        settings: Of the console.
        at: When this try began, microseconds after 1970.
        sink: Keeps its progress and log.
        stopping: Set when the console stops.
        now: Microseconds after 1970.
        clock: Seconds, to tell how long ago something was.
    """

    id: str
    who: str
    folder: Path
    settings: ConsoleSettings
    at: int
    sink: ProgressSink
    stopping: Event
    now: Callable[[], int] = lambda: time.time_ns() // 1000
    clock: Callable[[], float] = time.monotonic
    _stage: str = field(default="", init=False)
    _told_at: float = field(default=0.0, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    @property
    def ledger(self) -> Path:
        """The ledger. JobError: none is set, or its folder isn't there any more."""
        ledger = self.settings.ledger
        if ledger is None:
            raise JobError("no ledger is set: an administrator names one where the console is started")
        if not ledger.is_dir():
            raise JobError("the ledger's folder isn't there any more: bring it back, and try again", file=ledger)
        return ledger

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
        if self.stopping.is_set():
            raise JobStoppedError("the console was stopped while this ran: nothing half done was left; try again")
        with self._lock:
            now = self.clock()
            if stage == self._stage and now - self._told_at < _EVERY:
                return
            self._stage, self._told_at = stage, now
        if not self.sink.progress(stage, done, total):
            raise JobCancelledError("this was cancelled")

    def say(self, text: str, /, **values: object) -> None:
        """Adds a line to the job's log.

        Args:
            text: English, marked with `N_`, with named blanks; nothing personal.
            **values: What fills them.
        """
        self.sink.say(Message(text, values))
