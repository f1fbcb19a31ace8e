"""The lines of a casebook: how they are written, hang together, and what is wrong with which (rule 4).

A line is a JSON object whose second last member `before` is the SHA-256 of the line before it, and whose last member
`sum` is the SHA-256 of the line up to itself. The first line is the header, whose `before` is "".
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayseal.cases.errors import CasebookError
from wayseal.cases.findings import Code, Fault

VERSION = 2
_KIND = "casebook"
_START = '{"wayseal":"casebook",'
_WHOLE = re.compile(r'(\{.*),"sum":"([0-9a-f]{64})"\}', re.DOTALL)
Line = tuple[int, str]
"""A line with its number, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The lines of a casebook. secret: the header's check of it. entries: number and content of each line.

    sums: the SHA-256 of each line.
    """

    secret: str
    entries: tuple[tuple[int, Mapping[str, Any]], ...]
    faults: tuple[Fault, ...]
    sums: tuple[str, ...]


def header(secret: str) -> Mapping[str, object]:
    """What the first line says."""
    return {"wayseal": _KIND, "version": VERSION, "secret": secret}


def chain_line(content: Mapping[str, object], before: str) -> str:
    """An object as a line that goes on from one whose SHA-256 is `before`."""
    body = json.dumps({**content, "before": before}, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return f'{body[:-1]},"sum":"{sum_of(body[:-1])}"}}'


def check(lines: Sequence[Line], place: Path | str) -> Chain:
    """The lines, and what is wrong with each. CasebookError: this is no casebook, or one of another version."""
    first = read_line(lines[0][1]) if lines else None
    if not lines or lines[0][0] != 1 or not lines[0][1].startswith(_START):
        raise CasebookError("this is no casebook", file=place, line=1)
    if first is not None and first.get("version") != VERSION:
        raise CasebookError("this casebook is of another version", file=place, line=1)
    entries, faults, sums = check_after(lines, 1, "")
    if first is not None:
        entries = entries[1:]
    return Chain(
        secret=str(first.get("secret")) if first is not None else "",
        entries=tuple(entries),
        faults=tuple(faults),
        sums=tuple(sums),
    )


def check_after(
    lines: Iterable[Line], number: int, before: str, *, sure: bool = True
) -> tuple[list[tuple[int, Mapping[str, Any]]], list[Fault], list[str]]:
    """Whole lines, what is wrong, and the sum of each, of lines from `number` on behind one whose sum is `before`.

    sure: that one was whole.
    """
    entries: list[tuple[int, Mapping[str, Any]]] = []
    faults, sums = [], []
    for at, line in lines:
        found = read_line(line)
        if found is None:
            faults.append(Fault(line=at, code=Code.CHANGED))
        else:
            if at != number or (sure and found["before"] != before):
                faults.append(Fault(line=at, code=Code.MISSING))
            entries.append((at, found))
        number = at + 1
        sure = found is not None
        before = sum_of(line)
        sums.append(before)
    return entries, faults, sums


_SUM_SIZE = 74
"""Characters of the last member, with what stands around it."""


def find_last_sum(lines: Iterable[Line], number: int, before: str) -> str | None:
    """The sum of the last of some lines that go on from `before`; None where one is wrong, which `check_after` names.

    Looks at sums alone, not at what a line says: a tenth of the time.
    """
    for expected, (at, line) in enumerate(lines, start=number):
        start = line[:-_SUM_SIZE]
        if (
            at != expected
            or line[-_SUM_SIZE:] != f',"sum":"{sum_of(start)}"}}'
            or not start.endswith(f'"before":"{before}"')
        ):
            return None
        before = sum_of(line)
    return before


def read_line(line: str) -> dict[str, Any] | None:
    """What a whole line says; None where it is not as it was written."""
    found = _WHOLE.fullmatch(line)
    if found is None or sum_of(found[1]) != found[2]:
        return None
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if "before" in content else None


def sum_of(line: str) -> str:
    """The SHA-256 of a line."""
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
