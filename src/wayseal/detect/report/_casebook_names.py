"""What a casebook adds to a result: ids of cases, how they stand, and whose names a reader sees."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from wayseal.detect._result import Case, DetectResult, Person


def with_casebook_names(
    result: DetectResult, ids: Sequence[str], states: Sequence[str], name: Callable[[str], str]
) -> DetectResult:
    """The result with the cases' ids and states, and each account under the name that its reader may see."""

    def person(one: Person) -> Person:
        reasons = tuple(replace(r, reads=tuple(replace(x, actor=name(x.actor)) for x in r.reads)) for r in one.reasons)
        return replace(one, actor=name(one.actor), reasons=reasons)

    def case(one: Case, id_: str, state: str) -> Case:
        return replace(one, id=id_, state=state, people=tuple(person(p) for p in one.people))

    missing = tuple(replace(m, lone=name(m.lone)) if m.lone else m for m in result.missing_work)
    cases = tuple(case(*each) for each in zip(result.cases, ids, states, strict=True))
    return replace(result, cases=cases, missing_work=missing)
