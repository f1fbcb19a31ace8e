"""What is left when closed cases are forgotten (rule 13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wayseal.detect.casebook.types import Act, Casebook, Forgotten, NamesShown


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """cases: ids of those that go. acts: how many recorded acts go. kept: those that stay, in their order."""

    cases: frozenset[str]
    acts: int
    kept: tuple[Act, ...]


def forget_cases(acts: Sequence[Act], book: Casebook, before: int) -> Remainder:
    """What is left without the cases closed before a moment; an act over several cases stays for those that stay."""
    gone = frozenset(case.id for case in book.closed_before(before))
    kept: list[Act] = []
    for act in acts:
        if isinstance(act, Forgotten):
            kept.append(act)
        elif isinstance(act, NamesShown):
            cases = {case: actors for case, actors in act.cases.items() if case not in gone}
            if cases:
                kept.append(replace(act, cases=cases))
        elif act.case not in gone:
            kept.append(act)
    return Remainder(cases=gone, acts=len(acts) - len(kept), kept=tuple(kept))
