"""Figures that bulletins quote: counted in the casebook, never typed, and small ones held back.

1. A text quotes a figure by name and whole months that are over: `{opened:2026-10}`,
   `{closed.true:2026-07..2026-09}`. All else in braces is refused.
2. No count from 1 to 4 is given, nor anything it could be worked out from. Of cases, opened or closed, what is given
   counts sets of (part, month) of which any two are apart or one within the other; what is left of each without those
   within it is 0 or `K` and more. So all that is known is the sum of each such rest: a set of which less than `K` were
   counted cuts through one, and may be anything from 0 to `K` for all that anybody can tell.
3. Accounts, sellers and parcels are counted once however often they come, so that sums of months tell nothing certain:
   of such figures no two that are given share a month.
4. Zero is given: it is nobody, and what is held back is 1 to 4, or more, however it is read.
5. How a figure was published holds for all bulletins until a correction of one that published it says otherwise.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import Field

from wayseal.cases import Cases
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError
from wayseal.cases.types import CLOSED_STATES, Source
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED
from wayseal.model.times import clock, micros_of, time_at

K: Final = 5
MOST: Final = 40
"""Figures of a text."""
FIGURES: Mapping[str, tuple[str, ...]] = {
    "opened": tuple(Source), "closed": tuple(sorted(CLOSED_STATES)), "accounts": (), "sellers": (), "parcels": (),
}  # fmt: skip
"""What is counted, and into what it parts: `opened.trace`. The casebook says how (`Cases.figure`)."""
_BRACES = re.compile(r"\{[^{}\n]*\}?|\}")
_QUOTED = re.compile(r"\{((\w+)(?:\.(\w+))?):([0-9]{4})-(0[1-9]|1[0-2])(?:\.\.([0-9]{4})-(0[1-9]|1[0-2]))?\}", re.ASCII)
Cells = frozenset[tuple[str, int]]
"""Parts, and months as numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a figure, as texts quote it, came to, as of a line of the casebook's chain. given: rule 2 lets it be."""

    __pydantic_config__: ClassVar = CLOSED
    asked: Annotated[str, Field(pattern=_QUOTED.pattern)]
    count: Annotated[int, Field(ge=0)]
    given: bool
    line: Annotated[int, Field(ge=0)]
    sum: str

    @property
    def cells(self) -> Cells:
        """The parts and months that it counts."""
        _, family, part, first, last = _read(self.asked)
        parts = (part,) if part else FIGURES[family] or ("",)
        return frozenset((one, n) for one in parts for n in range(first, last + 1))


def _read(asked: str) -> tuple[str, str, str, int, int]:
    """Name, family, part, first and last month of a figure. ValueError: it is none."""
    found = _QUOTED.fullmatch(asked)
    if not found or found[2] not in FIGURES or (found[3] and found[3] not in FIGURES[found[2]]):
        raise ValueError("figure")
    first = int(found[4]) * 12 + int(found[5]) - 1
    return found[1], found[2], found[3] or "", first, int(found[6]) * 12 + int(found[7]) - 1 if found[6] else first


def last_month(now: int) -> str:
    """The last month that is over: 2026-10."""
    at = time_at(now).astimezone(clock())
    return f"{at.year}-{at.month - 1:02}" if at.month > 1 else f"{at.year - 1}-12"


def figures_in(text: str, key: str, now: int) -> tuple[str, ...]:
    """The figures that a text quotes, each once. CasebookUsageError (rule 1)."""
    found, over = dict[str, None](), _read(f"{{opened:{last_month(now)}}}")[4]
    for one in _BRACES.findall(text):
        try:
            _, _, _, first, last = _read(one)
        except ValueError:
            text = N_("{quoted} is no figure: look at the list beside the text")
            raise CasebookUsageError(text, key=key, quoted=one[:60]) from None
        if not 1971 * 12 <= first <= last <= over:
            raise CasebookUsageError(N_("{quoted}: only whole months that are over count"), key=key, quoted=one)
        found[one] = None
    if len(found) > MOST:
        raise CasebookUsageError(N_("a text quotes up to {most} figures"), key=key, most=MOST)
    return tuple(found)


def count(cases: Cases | None, asked: Iterable[str]) -> list[Figure]:
    """Counts figures as the casebook stands; whether they are given is `settle`'s to say. NoSuchCaseError: none is."""
    counted = []
    for one in asked:
        name, _, _, first, last = _read(one)
        if cases is None:
            raise NoSuchCaseError(N_("no case has been registered yet"))
        ends = (micros_of(datetime(n // 12, n % 12 + 1, 1, tzinfo=clock())) for n in (first, last + 1))
        number, head = cases.figure(name, *ends)
        counted.append(Figure(asked=one, count=number, given=False, line=head.lines, sum=head.sum))
    return counted


def settle(figures: Iterable[Figure], published: Sequence[Figure], own: Collection[str] = ()) -> tuple[Figure, ...]:
    """Says which of some figures are given, one after the other (rules 2 and 5). CaseStateError: published otherwise.

    published: all that ever were, in their order. own: those of the bulletin that is corrected.
    """
    told = {one.asked: one for one in published if one.given}
    last = {one.asked: one for one in published if one.asked not in own}
    settled = []
    for one in figures:
        before, others = last.get(one.asked), [each for asked, each in told.items() if asked != one.asked]
        if before is not None and before.given and before.count != one.count:
            raise CaseStateError(
                N_("{figure} was published as {then:n} and comes to {now:n} now: correct that bulletin first"),
                figure=one.asked, then=before.count, now=one.count,
            )  # fmt: skip
        settled.append(replace(one, given=_tells_nothing(one, others) if before is None else before.given))
        if settled[-1].given:
            told[one.asked] = one
    return tuple(settled)


def _tells_nothing(new: Figure, told: Iterable[Figure]) -> bool:
    """Check rules 2 and 3 of what is given together with a new figure."""
    family, own = _read(new.asked)[1], new.cells
    sets = {one.cells: one.count for one in told if _read(one.asked)[1] == family} | {own: new.count}
    meets = [one for one in sets if one & own and one != own]
    if any(not (FIGURES[family] and (one < own or one > own)) for one in meets):
        return False
    for whole in (one for one in sets if one >= own):
        inner = [one for one in sets if one < whole]
        rest = sets[whole] - sum(sets[one] for one in inner if not any(one < other for other in inner))
        if rest != 0 and rest < K:
            return False
    return True
