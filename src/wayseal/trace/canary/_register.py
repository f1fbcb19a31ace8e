"""The register on disk: a journal (`wayseal.journal.files`), whose rules hold for it, of JSON Lines.

A line that a crash cut off stays, ended by a line break, so that it swallows nothing of what comes after.

The lines of a register, to and from what they mean.

1. The first line says what the file is. Every other one is an object of one `kind`: round, canary, hit or silent.
2. A line that is no JSON was cut off when a process or the machine died: it is told by its number, the others count.
3. A line that is JSON and not what it should be is an error that names the line, never its content.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wayseal.journal.files import LockedJournal, lock_journal, read_journal
from wayseal.model.messages import N_
from wayseal.model.rows import json_line
from wayseal.model.schema import CLOSED, parse_json, parsed_by
from wayseal.model.times import iso, micros
from wayseal.store.errors import JournalBusyError, StoreError
from wayseal.trace.errors import CanaryError, RegisterBusyError

Moment = Annotated[int, parsed_by(micros, str)]
"""UTC microseconds; in a register a time with an offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of `waybills`; "" and None for what is not known."""

    waybill: str
    issued_at: Moment
    channel: str
    origin_outlet: str
    destination_outlet: str
    customer: str = ""
    goods_class: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCanary(Row):
    """A canary: the row to create, the accounts to show it to, and how likely its leaker's sale of it is seen.

    round: which planning it is of, from 1.
    """

    __pydantic_config__: ClassVar = CLOSED
    kind: Literal["canary"] = "canary"
    id: str
    pool: tuple[str, ...]
    sensitivity: Annotated[float, Field(gt=0, le=1)]
    planned_at: Moment
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The fate of a canary: it came out, or its wait was closed without."""

    __pydantic_config__: ClassVar = CLOSED
    id: str
    kind: Literal["hit", "silent"]
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of planning. belief: None where it goes on from the one before."""

    __pydantic_config__: ClassVar = CLOSED
    kind: Literal["round"] = "round"
    round: int
    at: Moment
    belief: Mapping[str, Annotated[float, Field(ge=0, le=1)]] | None


Line = PlannedCanary | Answer | Round


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContents:
    """The contents of a register. belief: of the last round that brought one; unread: lines that could not be read."""

    belief: Mapping[str, float] = field(default_factory=dict)
    canaries: tuple[PlannedCanary, ...] = ()
    answers: tuple[Answer, ...] = ()
    rounds: int = 0
    unread: tuple[int, ...] = ()

    def answer(self, id_: str) -> Answer | None:
        """The answer that counts: a hit, else a silence, else none."""
        found = [a for a in self.answers if a.id == id_]
        return next((a for a in found if a.kind == "hit"), found[0] if found else None)


HEADER: Mapping[str, object] = {"wayseal": "canaries", "version": 1}
NO_REGISTER = N_("this is no register of canaries")
_TIMES = ("issued_at", "planned_at", "at")
_MOST = 1 + 1e-6
"""Probabilities that make up a belief come to 1, but for what was rounded."""
_ANY: Any = Annotated[Line, Field(discriminator="kind")]


def line_of(said: Line) -> dict[str, object]:
    """A canary, an answer or a round as an object, for the register and for programs."""
    content = {"kind": said.kind, **asdict(said)}
    return {name: iso(value) if name in _TIMES else value for name, value in content.items()}


def bytes_of(lines: Iterable[Mapping[str, object]]) -> bytes:
    """Objects as lines."""
    return "".join(json_line(line, ascii_only=True) for line in lines).encode()


def parse(content: bytes, file: Path) -> RegisterContents:
    """Parse a register (rules 1 to 3); CanaryError names the line that is wrong."""
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if not lines or _object(lines[0]) != HEADER:
        raise CanaryError(NO_REGISTER, file=file)
    belief: Mapping[str, float] = {}
    canaries: dict[str, PlannedCanary] = {}
    answers: list[Answer] = []
    rounds, unread = 0, []
    for number, line in enumerate(lines[1:], start=2):
        found = _object(line)
        if found is None:
            unread.append(number)
            continue
        try:
            match parse_json(line, _ANY):
                case PlannedCanary() as canary:
                    canaries[canary.id] = canary
                case Answer() as answer if answer.id in canaries:
                    answers.append(answer)
                case Round() as said if sum((said.belief or {}).values()) <= _MOST:
                    rounds, belief = said.round, belief if said.belief is None else said.belief
                case _:
                    raise ValueError("line")
        except ValueError:
            raise CanaryError("this line is none of a register's", file=file, line=number) from None
    return RegisterContents(
        belief=belief, canaries=tuple(canaries.values()), answers=tuple(answers), rounds=rounds, unread=tuple(unread)
    )


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def read_register(path: Path) -> RegisterContents:
    """Read a register. CanaryError if it is none; OSError if it can't be read."""
    with _as_canary_errors(path):
        content = read_journal(path)
    return parse(content, path)


class RegisterWriter:
    """A register that is held for writing. watch: what it says so far."""

    def __init__(self, held: LockedJournal, path: Path) -> None:
        content = held.content
        self._held = held
        self._start = b"" if content else bytes_of([HEADER])
        if content and not content.endswith(b"\n"):
            self._start = b"\n"
        self.watch = parse(content, path) if content else RegisterContents()

    def add(self, lines: Iterable[Line]) -> None:
        """Adds lines, and makes them durable; OSError leaves what was there."""
        self._held.add(self._start + bytes_of(map(line_of, lines)))
        self._start = b""


@contextmanager
def writing(path: Path, *, new: bool) -> Iterator[RegisterWriter]:
    """Holds a register for writing. new: it may be made. RegisterBusyError: another process does."""
    with ExitStack() as stack:
        with _as_canary_errors(path):
            held = stack.enter_context(lock_journal(path, new=new))
        if not held.content and not new:
            raise CanaryError(NO_REGISTER, file=path)
        yield RegisterWriter(held, path)


@contextmanager
def _as_canary_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except JournalBusyError:
        raise RegisterBusyError("another process is writing to it", file=path) from None
    except StoreError:
        raise CanaryError(NO_REGISTER, file=path) from None
