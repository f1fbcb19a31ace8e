"""Which templates mining tries: those there are with longer times or for more, kinds that no template uses, cities.

Two further ones are tried that no template can say, because judging a single parcel can't tell them: `colleague` and
`lane`. They show what is missing in the tables.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wayseal.detect.explain import TIMED, Template, TemplateKind, built_in
from wayseal.detect.reasons._block import readable

_WIDER = ((1, 2), (3, 1), (1, 3), (3, 3))
"""By what `before` and `after` are multiplied, narrow ones first."""
_DAY = 86_400_000_000
_CITY = ((1, 1), (1, 3), (4, 10))
COLLEAGUE, LANE = "colleague", "lane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What to try. kind: a `by`, or colleague or lane (template: None). family: of which only one is proposed."""

    kind: str
    family: str
    template: Template | None


def candidates(templates: Sequence[Template]) -> list[Candidate]:
    """All that are worth trying beside the given templates; of a family narrow ones first. None is a mandate."""
    out = [Candidate(kind=t.by, family=family, template=t) for family, t in _tried(templates)]
    return [*out, *(Candidate(kind=kind, family=kind, template=None) for kind in (COLLEAGUE, LANE))]


def _tried(templates: Sequence[Template]) -> Iterator[tuple[str, Template]]:
    for t in templates:
        if t.by is TemplateKind.MANDATE:
            continue
        wide = replace(t, roles=frozenset(), kinds=frozenset(), actions=frozenset(), strong=True)
        if wide != replace(t, strong=True):
            yield t.name, wide
        if t.by in TIMED:
            for before, after in _WIDER:
                yield t.name, replace(wide, before=readable(t.before * before), after=readable(t.after * after))
    used = {t.by for t in templates if not (t.roles or t.kinds or t.actions or t.rights)}
    for by in TemplateKind:
        if by in used or by in {TemplateKind.MANDATE, TemplateKind.CITY}:
            continue
        yield f"new {by}", _new(by)
    if TemplateKind.CITY not in used:
        for before, after in _CITY:
            yield (
                "new city",
                Template(
                    name=TemplateKind.CITY, by=TemplateKind.CITY, strong=True, before=before * _DAY, after=after * _DAY
                ),
            )


def _new(by: TemplateKind) -> Template:
    """As the built-in one of its kind is."""
    made = Template(name=by, by=by, strong=True)
    return next((replace(t, strong=True) for t in built_in() if t.by is by), made)
