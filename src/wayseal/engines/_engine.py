"""What all engines share: how work travels, what it costs, and what is said of tasks that were run again."""

import hashlib
import json
import pickle
import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

import wayseal
from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_, Message

ATTEMPTS = 4
_ROOMS = ("ledger", "merkle", "model", "store")
"""Rooms whose source must be the same with driver and workers."""
_LIBRARIES = ("numpy", "pyarrow")
_IO = Path("/proc/self/io")
_A = TypeVar("_A")
_B = TypeVar("_B")


class EngineError(WaysealError):
    """Tasks can't be run, or not to their end; says why, never what was in them."""

    exit_code: ClassVar[int] = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What was used up.

    Attributes:
        core_seconds: Seconds of a processor's time.
        read: Bytes that were read, also from memory that the system kept of a file; 0 where it doesn't count them.
        written: The same of written ones.
    """

    core_seconds: float = 0.0
    read: int = 0
    written: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Both together."""
        return Cost(
            core_seconds=self.core_seconds + other.core_seconds,
            read=self.read + other.read,
            written=self.written + other.written,
        )

    @classmethod
    def so_far(cls) -> "Cost":
        """Count what this process has used up, with all its threads.

        Returns:
            The cost since its start.
        """
        counted = {}
        with suppress(OSError):
            counted = dict(line.split(": ") for line in _IO.read_text().splitlines())
        return cls(
            core_seconds=time.process_time(), read=int(counted.get("rchar", 0)), written=int(counted.get("wchar", 0))
        )

    def since(self, before: "Cost") -> "Cost":
        """Take an earlier count away.

        Args:
            before: The earlier count.

        Returns:
            What came on top of it.
        """
        return Cost(
            core_seconds=self.core_seconds - before.core_seconds,
            read=self.read - before.read,
            written=self.written - before.written,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Tasks that were run again.

    Attributes:
        work: The function's name.
        places: Which tasks, in the order in which they were given.
        reason: Why.
    """

    work: str
    places: tuple[int, ...]
    reason: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker sends back of a task: a result or an error, and the cost. attempt: 0 for the first."""

    place: int
    cost: Cost
    result: Any = None
    error: WaysealError | None = None
    attempt: int = 0


class Engine(ABC):
    """Runs tasks; to be entered first. An instance is a `Run`.

    Attributes:
        cost: What all tasks cost up to now, those that were lost apart.
        tasks: How many have ended.
        retries: What was run again.
    """

    def __init__(self) -> None:
        """An engine that has run nothing."""
        self.cost = Cost()
        self.tasks = 0
        self.retries: list[Retry] = []
        self._work = ""

    def __enter__(self) -> Self:
        """Starts what it needs."""
        return self

    def __exit__(  # noqa: B027 - not every engine has something to end
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Ends it."""

    def __call__(self, work: Callable[[_A], _B], tasks: Sequence[_A]) -> Iterator[tuple[int, _B]]:
        """Run tasks.

        Args:
            work: A function of a module.
            tasks: What it is called with.

        Yields:
            A task's place and what was made of it, as they end.

        Raises:
            WaysealError: What a task raised.
            EngineError: A task was lost too often, or a worker is another than this process.
        """
        self._work = work.__name__
        for outcome in self._run([pack(place, work, task) for place, task in enumerate(tasks)]):
            self.cost += outcome.cost
            self.tasks += 1
            if outcome.error is not None:
                raise outcome.error
            yield outcome.place, outcome.result

    @abstractmethod
    def _run(self, calls: Sequence[bytes]) -> Iterator[Outcome]:
        """Yields what `perform` makes of each, once."""

    def _run_again(self, places: Iterable[int], reason: Message) -> None:
        self.retries.append(Retry(work=self._work, places=tuple(places), reason=reason))


@cache
def environment() -> str:
    """What must be the same with a driver and its workers, for people: versions, and a hash of the source."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((Path(wayseal.__file__).parent / room).rglob("*.py")):
            digest.update(path.read_bytes())
    python = f"Python {platform.python_version()}"
    return ", ".join(
        [f"Wayseal {version('wayseal')} ({digest.hexdigest()[:8]})", python, *(f"{n} {version(n)}" for n in _LIBRARIES)]
    )


def pack(place: int, work: Callable[[Any], Any], task: Any) -> bytes:
    """A call as it travels: a line that any version can read, and behind it what only an equal one should."""
    head = json.dumps({"place": place, "environment": environment()}).encode()
    return head + b"\n" + pickle.dumps((work, task))


_OTHER = N_("a worker has {theirs}, and this is {mine}: they must be the same")


def perform(call: bytes, attempt: int = 0) -> Outcome:
    """Does what a call says. What the code can say of it is in the outcome; anything else is raised."""
    head, content = call.split(b"\n", 1)
    said = json.loads(head)
    place = said["place"]
    if said["environment"] != environment():
        error = EngineError(_OTHER, theirs=environment(), mine=said["environment"])
        return Outcome(place=place, cost=Cost(), error=error, attempt=attempt)
    before = Cost.so_far()
    result, failed = None, None
    try:
        work, task = pickle.loads(content)  # noqa: S301 - the driver's own
        result = work(task)
    except WaysealError as error:
        failed = error
    cost = Cost.so_far().since(before)
    return Outcome(place=place, cost=cost, result=result, error=failed, attempt=attempt)
