"""What comes into the queue: from people by hand, and from wherever something is found by itself, once (rule 17)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wayseal.cases._casework import Casework
from wayseal.cases._project_records import ITEM_PREFIX
from wayseal.cases._tables import QUEUE, THINGS, marks
from wayseal.cases._unit_of_work import UnitOfWork
from wayseal.cases.decisions import Lead
from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import UNDECIDED, Linked, Observable, ObservableKind, Queued, Source
from wayseal.cases.writing import one_line
from wayseal.database import query

MOST_THINGS = 1000
CODES = ", "
"""Between codes of a reason."""
_SEVERAL = re.compile(f"[a-z_.]+({CODES}[a-z_.]+)+")
_AT_ONCE = 400


class Arrivals(Casework):
    """The methods that put items into the queue."""

    def enqueue(
        self,
        source: Source,
        things: Sequence[Observable],
        reason: str,
        who: str,
        at: int,
        *,
        score: float = 0.5,
        since: int | None = None,
        until: int | None = None,
    ) -> str:
        """Puts something that wants a decision into the queue; its id. reason: a line, without names of people."""
        known = at if since is None else since
        lead = _checked(Lead(source=source, things=tuple(things), reason=reason, score=score, since=known, until=until))
        return self._act(lambda unit: _put(unit, lead, one_line(who, "who"), at))

    def enqueue_once(self, leads: Sequence[Lead], who: str, at: int) -> tuple[str, ...]:
        """Puts in what never stood in the queue; the ids of what came in, or came to what stands there."""
        return tuple(item for item, new in self.enqueue_or_find(leads, who, at).items() if new)

    def enqueue_or_find(self, leads: Sequence[Lead], who: str, at: int) -> Mapping[str, bool]:
        """Puts in what never stood in the queue; the id of each lead → whether something of it came in just now.

        What has the same source, and is about the same, is known by its codes and things, also after it was decided on;
        what is new of it comes to the entry that isn't decided on yet, or is an entry of its own.
        """
        chosen = _all_checked(leads)

        def put(unit: UnitOfWork) -> Mapping[str, bool]:
            found: dict[str, bool] = {}
            stands = _standing(unit, chosen)
            for lead in chosen:
                some = [one for one in stands if one.is_about(lead)]
                new = _new_of(lead, some)
                if new is None:
                    last = [one for one in some if set(one.codes).intersection(_codes_of(lead.reason))][-1]
                    found.setdefault(last.id, False)
                    continue
                open_ = next((one for one in some if one.takes(new)), None)
                if open_ is None:
                    item = _put(unit, new, one_line(who, "who"), at)
                    open_ = _Standing(id=item, source=new.source, open=True, codes=_codes_of(new.reason))
                    stands.append(open_)
                else:
                    _add(unit, open_, new, one_line(who, "who"), at)
                open_.things |= set(new.things)
                found[open_.id] = True
            return found

        return self._act(put) if chosen else {}

    def preview(self, leads: Sequence[Lead]) -> tuple[int, ...]:
        """Of each lead how many things are new, were it put into the queue: a statement for each source."""
        chosen = _all_checked(leads)

        def ask(unit: UnitOfWork) -> tuple[int, ...]:
            stands = _standing(unit, chosen)
            new = [_new_of(lead, [one for one in stands if one.is_about(lead)]) for lead in chosen]
            return tuple(0 if one is None else len(one.things) for one in new)

        return self._look(ask) if chosen else ()


@dataclass(slots=True, kw_only=True)
class _Standing:
    """Something that stands or stood in the queue. open: it isn't decided on yet."""

    id: str
    source: Source
    open: bool
    codes: tuple[str, ...]
    things: set[Observable] = field(default_factory=set)

    def is_about(self, lead: Lead) -> bool:
        return self.source is lead.source and self.things.issuperset(_subject(lead))

    def takes(self, new: Lead) -> bool:
        """Whether what is new of a lead comes to it: then it says no more than that there are more things."""
        room = len(self.things | set(new.things)) <= MOST_THINGS
        return self.open and room and new.about is not None and set(self.codes).issuperset(_codes_of(new.reason))


def _codes_of(reason: str) -> tuple[str, ...]:
    """The codes of a reason; what somebody wrote is one, commas and all."""
    return tuple(dict.fromkeys(reason.split(CODES))) if _SEVERAL.fullmatch(reason) else (reason,)


def _subject(lead: Lead) -> tuple[Observable, ...]:
    return lead.things[: lead.about]


def _all_checked(leads: Iterable[Lead]) -> list[Lead]:
    chosen = [_checked(lead) for lead in dict.fromkeys(leads)]
    if any(not lead.things for lead in chosen):
        raise CasebookUsageError("what comes by itself is known by its things", key="things")
    return chosen


def _checked(lead: Lead) -> Lead:
    if lead.source is Source.DETECTION:
        raise CasebookUsageError("what detection found becomes a case by itself", key="source")
    if len(lead.things) > MOST_THINGS or not 0 <= lead.score <= 1:
        raise CasebookUsageError("up to {most} things, and a score from 0 to 1", key="things", most=MOST_THINGS)
    said = tuple(Observable(kind=t.kind, value=one_line(t.value, "thing")) for t in dict.fromkeys(lead.things))
    return replace(lead, things=said, reason=one_line(lead.reason, "reason"))


def _put(unit: UnitOfWork, lead: Lead, who: str, at: int) -> str:
    item = f"{ITEM_PREFIX}{unit.last('item') + 1}"
    said = {name: getattr(lead, name) for name in ("source", "things", "score", "reason", "since", "until")}
    unit.add(Queued(item=item, at=at, who=who, **said))
    return item


def _add(unit: UnitOfWork, to: _Standing, new: Lead, who: str, at: int) -> None:
    for thing in new.things:
        if thing not in to.things:
            unit.add(Linked(case=to.id, at=at, who=who, why="", thing=thing, on=True))


def _new_of(lead: Lead, some: Sequence[_Standing]) -> Lead | None:
    """What of a lead never stood in the queue: codes, and of those that did, things. None: nothing."""
    subject = _subject(lead)
    codes, fresh = [], dict.fromkeys(subject)
    for code in _codes_of(lead.reason):
        known = [one for one in some if code in one.codes]
        things = set[Observable]().union(*(one.things for one in known))
        rest = [thing for thing in lead.things[len(subject) :] if thing not in things]
        if not known or rest:
            codes.append(code)
            fresh |= dict.fromkeys(rest)
    return replace(lead, things=tuple(fresh), reason=CODES.join(codes)) if codes else None


def _standing(unit: UnitOfWork, leads: Sequence[Lead]) -> list[_Standing]:
    """What stood in the queue of what leads may be about, in the order in which it came."""
    found: dict[str, _Standing] = {}
    for source in dict.fromkeys(lead.source for lead in leads):
        some = [lead for lead in leads if lead.source is source]
        first = dict.fromkeys(_subject(lead)[0] for lead in some if _subject(lead))
        if any(not _subject(lead) for lead in some):
            _read(unit, source, None, (), found)
            continue
        for kind in dict.fromkeys(thing.kind for thing in first):
            values = [thing.value for thing in first if thing.kind is kind]
            for start in range(0, len(values), _AT_ONCE):
                _read(unit, source, kind, values[start : start + _AT_ONCE], found)
    return sorted(found.values(), key=lambda one: int(one.id.removeprefix(ITEM_PREFIX)))


def _read(
    unit: UnitOfWork, source: Source, kind: ObservableKind | None, values: Sequence[str], found: dict[str, _Standing]
) -> None:
    """Entries of a source that name one of some things; kind None: all of them."""
    text = (
        f"SELECT q.item, q.state, q.reason, t.kind, t.value FROM {QUEUE.full_name} AS q "
        f"JOIN {THINGS.full_name} AS t ON t.case_id = q.item WHERE q.source = ?"
    )
    given: list[str] = [source.value]
    if kind is not None:
        having = f"SELECT s.case_id FROM {THINGS.full_name} AS s WHERE s.kind = ? AND s.value IN ({marks(values)})"
        text, given = f"{text} AND q.item IN ({having})", [source.value, kind.value, *values]
    for item, state, reason, what, value in query(unit.connection, text, given):
        one = found.get(item)
        if one is None:
            here, codes = state in UNDECIDED, _codes_of(reason)
            one = found[item] = _Standing(id=item, source=source, open=here, codes=codes)
        one.things.add(Observable(kind=ObservableKind(what), value=value))
