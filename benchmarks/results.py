"""Results that are stored, and the page that is made of them.

A result is a file `benchmarks/results/NAME.json`: figures as one run had them, with what was asked of each and the
baseline of the same run, and the commit, machine, date and command. No name of a host and no path stands in it.
"""

import os
import platform
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter

from benchmarks.registry import AREAS, HERE, Benchmark, Table, area_text, figure_of, names

RESULTS = HERE / "results"
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What stood beside a figure in the same run."""

    name: str
    measured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure: `said` is its cell as it was printed, with error, spread or count; `least` or `most` what was asked."""

    figure: str
    measured: float
    unit: str = ""
    said: str = ""
    least: float | None = None
    most: float | None = None
    baseline: Baseline | None = None

    @property
    def holds(self) -> bool:
        """Whether it is what was asked."""
        return (self.least is None or self.measured >= self.least) and (self.most is None or self.measured <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where it was measured."""

    processor: str
    cores: int
    memory_gb: int
    python: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A run of a benchmark.

    `source` says where figures come from that no run of the runner stored; what isn't known of these is None.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    benchmark: str
    command: str
    figures: tuple[Figure, ...]
    date: str | None = None
    commit: str | None = None
    machine: Machine | None = None
    source: str | None = None
    note: str | None = None


_RESULT = TypeAdapter(Result)


def as_json(result: Result) -> dict[str, Any]:
    """Return a result as JSON has it, without what isn't known."""
    return dict(_RESULT.dump_python(result, mode="json", exclude_defaults=True))


def measured(one: Benchmark, tables: Sequence[Table], command: str) -> Result:
    """Return the figures that a benchmark keeps, out of its tables; those whose cells aren't there are left out."""
    figures = []
    for kept in one.kept:
        found = _cell(tables, kept.row, kept.column)
        if found is None:
            continue
        value, said = found
        beside = _cell(tables, *kept.beside[1:]) if kept.beside else None
        figures.append(
            Figure(
                figure=kept.name,
                measured=value,
                unit=kept.unit,
                said=said,
                least=kept.least,
                most=kept.most,
                baseline=Baseline(name=kept.beside[0], measured=beside[0]) if kept.beside and beside else None,
            )
        )
    return Result(
        benchmark=one.name,
        command=command,
        figures=tuple(figures),
        date=datetime.now(UTC).date().isoformat(),
        commit=_git("rev-parse", "--short=8", "HEAD") or None,
        machine=this_machine(),
    )


def _cell(tables: Sequence[Table], row: str, column: str) -> tuple[float, str] | None:
    """The last table's that has it: what comes first are parts, and then all together."""
    cells = (table.cell(row, column) for table in reversed(tables))
    found = ((value, cell) for cell in cells if cell is not None and (value := figure_of(cell)) is not None)
    return next(found, None)


def this_machine() -> Machine:
    """Describe the machine, without its name."""
    processor, memory = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    model = re.search(r"model name\s*: (.+)", processor.read_text()) if processor.exists() else None
    kilobytes = re.search(r"MemTotal:\s+(\d+)", memory.read_text()) if memory.exists() else None
    return Machine(
        processor=model[1] if model else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=round(int(kilobytes[1]) / 2**20) if kilobytes else 0,
        python=platform.python_version(),
    )


def require_clean() -> None:
    """End with a sentence unless everything is committed: a stored result names the commit that it is of."""
    if _git("status", "--porcelain"):
        raise SystemExit("there are changes that aren't committed: a result is stored from a clean tree only")


def store(result: Result) -> Path:
    """Write the file of a result, and return its path in the repository."""
    path = RESULTS / f"{result.benchmark}.json"
    path.write_bytes(_RESULT.dump_json(result, exclude_defaults=True, indent=1) + b"\n")
    return path.relative_to(HERE.parent)


def read_results() -> dict[str, Result]:
    """Read all stored results, by benchmark."""
    return {path.stem: _RESULT.validate_json(path.read_bytes()) for path in sorted(RESULTS.glob("*.json"))}


def render_markdown(language: Language) -> str:
    """Make the tables of the page of figures: one an area, and the machines."""
    results, machines = read_results(), _machines()
    lines: list[str] = []
    for area in AREAS:
        mine = [results[name] for name, its in names().items() if its == area and name in results]
        if not mine:
            continue
        lines += [f"\n## {say(area_text(area).partition(':')[0], language)}\n"]
        head = ("benchmark", "figure", "asked", "measured", "baseline", "commit", "machine")
        lines += Table((say(one, language) for one in head), _rows(mine, machines, language)).lines()
        lines += [f"\n`{one.benchmark}`: {say(one.note, language)}" for one in mine if one.note]
    lines += [f"\n## {say('Machines', language)}\n"]
    of_machine = ("machine", "processor", "cores", "memory, GB", "Python")
    rows = [(mark, m.processor, str(m.cores), str(m.memory_gb), m.python) for m, mark in machines.items()]
    lines += Table((say(one, language) for one in of_machine), rows).lines()
    return "\n".join(lines).strip() + "\n"


def _machines() -> dict[Machine, str]:
    """A letter for each machine, in the order of results."""
    there = dict.fromkeys(one.machine for one in read_results().values() if one.machine)
    return {machine: chr(ord("A") + place) for place, machine in enumerate(there)}


def _rows(results: Sequence[Result], machines: dict[Machine, str], language: Language) -> Iterator[tuple[str, ...]]:
    for result in results:
        for figure in result.figures:
            value = _number(figure.measured, figure.unit)
            if figure.said:
                value = figure.said if figure.unit else _shorten(figure.said)
            if not figure.holds:
                value = f"**{value}** ({say('short', language)})"
            beside = figure.baseline
            yield (
                f"`{result.benchmark}`",
                say(figure.figure, language) + (f" ({say(figure.unit, language)})" if figure.unit else ""),
                _asked(figure),
                value,
                f"{_number(beside.measured, figure.unit)} ({say(beside.name, language)})" if beside else "",
                f"`{result.commit}`" if result.commit else "",
                machines[result.machine] if result.machine else "",
            )


def _asked(figure: Figure) -> str:
    if figure.most == 0:
        return "0"
    least = "" if figure.least is None else f"≥ {_number(figure.least, figure.unit)}"
    most = "" if figure.most is None else f"≤ {_number(figure.most, figure.unit)}"
    return least or most


def _number(value: float, unit: str) -> str:
    """A share with a point in front, as the rest of the docs writes it; large figures with thousands."""
    if value == 0 or abs(value) >= 100 or (value == int(value) and (unit or abs(value) > 1)):
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return text if unit else _shorten(text)


def _shorten(text: str) -> str:
    """Leave out the nought in front of a point."""
    return re.sub(r"(?<![\d.])0\.", ".", text)


def say(text: str, language: Language) -> str:
    """Say a text; a label "what: of which" in two parts.

    Raises:
        KeyError: It has no Chinese in `results/chinese.tsv`.
    """
    if language == "en" or not re.search("[A-Za-z]", text) or _NAME.fullmatch(text):
        return text
    chinese = _chinese()
    what, mark, of_which = text.partition(": ")
    return f"{say(what, language)}：{say(of_which, language)}" if mark and text not in chinese else chinese[text]


_NAME = re.compile(
    r"[\w.-]+\.[ct]sv|`.*`|pgaudit-csvlog|combined|ocsf|csv|hashlib|Parquet|Arrow|CSV|JSON Lines|DuckDB|SQLite"
    r"|PostgreSQL|Presidio|Lincoln–Petersen|Python|GB|MB"
)
"""What is called the same in both languages."""


@cache
def _chinese() -> dict[str, str]:
    lines = (RESULTS / "chinese.tsv").read_text(encoding="utf-8").splitlines()
    return {english: chinese for english, _, chinese in (line.partition("\t") for line in lines)}


@cache
def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(HERE.parent), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()
