"""Benchmarks as they are declared: their options, the tables that they yield, and the figures that are kept.

1. A benchmark is a module in a folder by area, found by its file. Its one function that is marked `@benchmark(…)`
   takes options and yields tables, and remarks between them.
2. Options are a frozen dataclass. The command line is made of its fields, here alone.
3. A cell begins with its figure ("0.981 ± 0.012", "3.85 (3.74–4.14)", "5 of 9"): that is what is kept of it.
4. What may be absent (requirements/bench.txt) is imported where it is used, so that every benchmark can be listed.
"""

import argparse
import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

HERE = Path(__file__).resolve().parent
AREAS = (
    "trace", "ledger", "foreign", "detect", "parcels", "live", "vault", "numbers", "labels", "gate", "market",
    "console", "portal",
)  # fmt: skip

_NUMBER = re.compile(r"[<≤≥]?\s*([−-]?(?:\d[\d,]*\.?\d*|\.\d+))( ?%| ?M\b)?")


class UnsoundError(Exception):
    """Something that must never happen did, such as an answer that was lost; raised after the last table."""


class Table:
    """A table: what a row is about stands in its first cell, figures in the others."""

    def __init__(self, head: Iterable[str], rows: Iterable[Iterable[str]], title: str = "") -> None:
        self.title = title
        self.head = tuple(head)
        self.rows = [tuple(row) for row in rows]
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"a row has another width than the head: {self.head}")

    def lines(self) -> Iterator[str]:
        """Lines of Markdown."""
        if self.title:
            yield f"{self.title}\n"
        yield "| " + " | ".join(self.head) + " |"
        yield "|" + "---|" * len(self.head)
        for row in self.rows:
            yield "| " + " | ".join(row) + " |"

    def cell(self, row: str, column: str) -> str | None:
        """The cell of a row, named by its first cell or its first two, and a column, if both are there."""
        if column not in self.head[1:]:
            return None
        place = self.head.index(column, 1)
        return next((one[place] for one in self.rows if row in (one[0], " · ".join(one[:2]))), None)


Said = Table | str
"""What a benchmark yields: a table, or a remark."""


def figure_of(cell: str) -> float | None:
    """The number with which a cell begins (rule 3); a share in percent as a share."""
    found = _NUMBER.match(cell.strip().strip("*"))
    if found is None:
        return None
    value = float(found[1].replace(",", "").replace("−", "-"))
    return {"%": value / 100, "M": value * 1e6}.get((found[2] or "").strip(), value)


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure that is stored: its cell in the tables, what was asked of it, and the baseline of the same run.

    Args:
        name: What the page of figures calls it.
        row, column: Its cell, as `Table.cell` finds it, in the last table that has it.
        unit: "s", "GB", "a second"; empty for shares and counts.
        least, most: What was asked of it.
        beside: The baseline: its name, row and column.
    """

    name: str
    row: str
    column: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    beside: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A benchmark that is there: `minutes` is about how long it takes at its usual size."""

    name: str
    area: str
    summary: str
    text: str
    minutes: float
    kept: tuple[Kept, ...]
    options: type[Any]
    measure: Callable[[Any], Iterator[Said]]


def option(default: Any = MISSING, text: str = "", **more: Any) -> Any:
    """A field of options with a line of help; without a default it must be given."""
    return field(default=default, metadata={"help": text}, **more)


_Measure = Callable[[Any], Iterator[Said]]


def benchmark(*, minutes: float, kept: Sequence[Kept] = ()) -> Callable[[_Measure], _Measure]:
    """Declare a benchmark: the function's only argument are its options."""

    def mark(function: _Measure) -> _Measure:
        function.__dict__["declared"] = (minutes, tuple(kept))
        return function

    return mark


def names() -> dict[str, str]:
    """Area of each benchmark, by name, without loading any."""
    return {path.stem: area for area in AREAS for path in sorted((HERE / area).glob("[a-z]*.py"))}


def load(name: str) -> Benchmark:
    """Load the benchmark of a name.

    Raises:
        KeyError: There is none.
    """
    area = names()[name]
    module = importlib.import_module(f"benchmarks.{area}.{name}")
    (measure,) = (
        one for one in vars(module).values() if hasattr(one, "declared") and one.__module__ == module.__name__
    )
    minutes, kept = measure.declared
    (options,) = (hint for key, hint in get_type_hints(measure).items() if key != "return")
    text = module.__doc__ or ""
    return Benchmark(
        name=name,
        area=area,
        summary=text.partition("\n")[0],
        text=text,
        minutes=minutes,
        kept=kept,
        options=options,
        measure=measure,
    )


def area_text(area: str) -> str:
    """What an area is about."""
    return importlib.import_module(f"benchmarks.{area}").__doc__ or ""


def add_options(parser: argparse.ArgumentParser, options: type[Any]) -> None:
    """Make the command line of options (rule 2)."""
    hints = get_type_hints(options)
    for one in fields(options):
        kind, many, missing = hints[one.name], False, one.default is MISSING
        if get_origin(kind) in (Union, UnionType):
            (kind,) = (part for part in get_args(kind) if part is not type(None))
        if get_origin(kind) is tuple:
            kind, many = get_args(kind)[0], True
        said: dict[str, Any] = {"help": one.metadata.get("help") or None, "required": missing}
        if kind is bool:
            said["action"] = "store_true"
        elif get_origin(kind) is Literal:
            said["choices"] = get_args(kind)
        else:
            said |= {"type": _several(kind) if many else kind, "metavar": one.name.upper()}
        if not missing:
            said["default"] = one.default
        parser.add_argument("--" + one.name.replace("_", "-"), **said)


def _several(kind: type[Any]) -> Callable[[str], tuple[Any, ...]]:
    """Read several values with commas between them."""

    def read(text: str) -> tuple[Any, ...]:
        return tuple(kind(part) for part in text.split(",") if part)

    read.__name__ = f"{kind.__name__}s, with commas between them"
    return read
