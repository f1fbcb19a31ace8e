"""What comes into the queue: from people by hand, and from wherever something is found by itself, once (rule 17)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wayseal.cases._casework import Casework
from wayseal.cases._project_records import ITEM_PREFIX
from wayseal.cases._tables import QUEUE, THINGS
from wayseal.cases._unit_of_work import UnitOfWork
from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import Observable, Queued, Source, one_line
from wayseal.cases.views import Lead
from wayseal.database import query

MOST_THINGS = 1000


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
        """Puts in what never stood in the queue; the ids of what came in."""
        return tuple(item for item, new in self.enqueue_or_find(leads, who, at).items() if new)

    def enqueue_or_find(self, leads: Sequence[Lead], who: str, at: int) -> Mapping[str, bool]:
        """Puts in what never stood in the queue; the id of each lead → whether it came in just now.

        What has the same source and reason, and all things of a lead, is the same: also after it was decided on.
        """
        chosen = [_checked(lead) for lead in dict.fromkeys(leads)]
        if any(not lead.things for lead in chosen):
            raise CasebookUsageError("what comes by itself is known by its things", key="things")

        def put(unit: UnitOfWork) -> Mapping[str, bool]:
            found: dict[str, bool] = {}
            for lead in chosen:
                item = _find(unit, lead)
                if item is None:
                    found[_put(unit, lead, one_line(who, "who"), at)] = True
                else:
                    found.setdefault(item, False)
            return found

        return self._act(put) if chosen else {}


def _checked(lead: Lead) -> Lead:
    if lead.source is Source.DETECTION:
        raise CasebookUsageError("what detection found becomes a case by itself", key="source")
    if len(lead.things) > MOST_THINGS or not 0 <= lead.score <= 1:
        raise CasebookUsageError("up to {most} things, and a score from 0 to 1", key="things", most=MOST_THINGS)
    said = tuple(Observable(kind=t.kind, value=one_line(t.value, "thing")) for t in dict.fromkeys(lead.things))
    return replace(lead, things=said, reason=one_line(lead.reason, "reason"))


def _put(unit: UnitOfWork, lead: Lead, who: str, at: int) -> str:
    item = f"{ITEM_PREFIX}{unit.last('item') + 1}"
    unit.add(
        Queued(
            item=item,
            at=at,
            who=who,
            source=lead.source,
            things=lead.things,
            score=lead.score,
            reason=lead.reason,
            since=lead.since,
            until=lead.until,
        )
    )
    return item


def _find(unit: UnitOfWork, lead: Lead) -> str | None:
    """As what it came into the queue already."""
    first = lead.things[0]
    text = (
        f"SELECT q.item FROM {THINGS.full_name} AS t JOIN {QUEUE.full_name} AS q ON q.item = t.case_id "
        "WHERE t.kind = ? AND t.value = ? AND q.source = ? AND q.reason = ?"
    )
    wanted = {(thing.kind.value, thing.value) for thing in lead.things}
    values = (first.kind.value, first.value, lead.source.value, lead.reason)
    for (item,) in query(unit.connection, text, values):
        if wanted <= {(row["kind"], row["value"]) for row in unit.rows.group(THINGS, item).values()}:
            return str(item)
    return None
