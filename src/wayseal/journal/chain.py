"""Lines that hang together (rules 3 and 4 of `wayseal.journal`).

A line is a JSON object whose second last member `before` is the SHA-256 of the line before it, and whose last member
`sum` is the SHA-256 of the line up to itself. The first one's `before` is "".
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_WHOLE = re.compile(r'(\{.*),"sum":"([0-9a-f]{64})"\}', re.DOTALL)
_SUM_SIZE = 74
"""Characters of the last member, with what stands around it."""
MEMBERS = frozenset({"before", "sum"})
"""What the chain adds to each line."""
Line = tuple[int, str]
"""A line with its number, from 1."""


class Code(StrEnum):
    """A fault of a line: it was changed; before it one is missing, moved or put in; it says what can't be.

    tables: this and later lines are sound, and the tables say something else than they come to.
    """

    CHANGED = "changed"
    MISSING = "missing"
    ACT = "act"
    TABLES = "tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with a line.

    Attributes:
        line: Its number, from 1.
        code: What it is.
    """

    line: int
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain, to be written down elsewhere.

    Attributes:
        lines: How many there are.
        sum: The SHA-256 of the last.
    """

    lines: int
    sum: str

    def __str__(self) -> str:
        """Such as 17:3f… with all 64 digits."""
        return f"{self.lines}:{self.sum}"

    @staticmethod
    def parse(text: str) -> "Head":
        """A head that was written down.

        Args:
            text: What `str` gave.

        Returns:
            The head.

        Raises:
            ValueError: It is something else.
        """
        lines, _, sum_ = text.strip().partition(":")
        if not lines.isascii() or not lines.isdigit() or len(sum_) != 64 or not set(sum_) <= set("0123456789abcdef"):
            raise ValueError("head")
        return Head(lines=int(lines), sum=sum_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of checking lines. entries: number and content of each whole line; sums: the SHA-256 of each line."""

    entries: tuple[tuple[int, Mapping[str, Any]], ...]
    faults: tuple[Fault, ...]
    sums: tuple[str, ...]


def chain_line(content: Mapping[str, object], before: str, *, ensure_ascii: bool = True) -> str:
    """An object as a line that goes on from one whose SHA-256 is `before`. ValueError: it has a member of that name."""
    if not MEMBERS.isdisjoint(content):
        raise ValueError("before and sum are members of the chain")
    whole = {**content, "before": before}
    body = json.dumps(whole, ensure_ascii=ensure_ascii, separators=(",", ":"), allow_nan=False)[:-1]
    return f'{body},"sum":"{sum_of(body)}"}}'


def check_lines(lines: Iterable[Line], number: int = 1, before: str = "", *, sure: bool = True) -> Checked:
    """Lines from `number` on, behind one whose SHA-256 is `before`. sure: that one was whole."""
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
    return Checked(entries=tuple(entries), faults=tuple(faults), sums=tuple(sums))


def find_last_sum(lines: Iterable[Line], number: int, before: str) -> str | None:
    """The sum of the last of some lines that go on from `before`; None where one is wrong, which `check_lines` names.

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
    """Read a whole line; None where it is not as it was written."""
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
