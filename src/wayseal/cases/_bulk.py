"""One decision on many cases, or things in the queue, as they were seen (rule 22)."""

from collections.abc import Sequence

from wayseal.cases._casework import Casework
from wayseal.cases._decisions import change_state, dismiss_item, promote_item, set_field
from wayseal.cases._desk import Desk
from wayseal.cases._tables import CASES, QUEUE, THINGS
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError
from wayseal.cases.types import one_line
from wayseal.cases.views import Decided, Decision, Deed
from wayseal.model.times import iso
from wayseal.store.database import query

MOST_AT_ONCE = 1000
"""Cases and items of one batch; as many acts are taken back together."""
_MOST_VALUES = 500
"""Values in one statement."""
_NEEDS = {Deed.STATE: "state", Deed.PRIORITY: "priority"}


class Bulk(Casework):
    """Decisions on many at once."""

    def decide_all(self, ids: Sequence[str], decision: Decision, seen: int, who: str, at: int) -> Decided:
        """Decides on each of some cases and items, in one transaction and at one moment (rule 22).

        What changed behind the line `seen` is left as it is and told, and so is what can't be done to one of them.
        CasebookUsageError: there are more than MOST_AT_ONCE, or the decision lacks something; nothing was done.
        """
        chosen = tuple(dict.fromkeys(ids))
        if len(chosen) > MOST_AT_ONCE:
            raise CasebookUsageError("up to {most} cases at once", key="ids", most=MOST_AT_ONCE)
        _check(decision, who)

        def decide(desk: Desk) -> Decided:
            _load(desk, chosen)
            done, changed = [], []
            refused: list[tuple[str, CaseStateError | NoSuchCaseError]] = []
            for id_ in chosen:
                if desk.line_of(id_) > seen:
                    changed.append(id_)
                    continue
                line = desk.head[0]
                try:
                    _decide(desk, id_, decision, who, at)
                except (CaseStateError, NoSuchCaseError) as error:
                    refused.append((id_, error))
                else:
                    done += [id_] if desk.head[0] > line else []
            same = len(chosen) - len(done) - len(changed) - len(refused)
            return Decided(done=tuple(done), changed=tuple(changed), refused=tuple(refused), same=same)

        return self._act(decide)


def _load(desk: Desk, ids: Sequence[str]) -> None:
    """Loads what decisions look at, of all of them at once."""
    for table in (CASES, QUEUE, THINGS):
        for start in range(0, len(ids), _MOST_VALUES):
            some = ids[start : start + _MOST_VALUES]
            text = f"SELECT {', '.join(table.names)} FROM {table.full_name} WHERE {table.key[0]} IN "
            desk.rows.fill(table, some, query(desk.connection, f"{text}({', '.join('?' for _ in some)})", some))


def _check(decision: Decision, who: str) -> None:
    """What every one of them would be refused for, before anything is done."""
    one_line(who, "who")
    if decision.why or decision.deed not in (Deed.ASSIGN, Deed.PRIORITY):
        one_line(decision.why, "why")
    if decision.owner is not None:
        one_line(decision.owner, "owner")
    needed = _NEEDS.get(decision.deed)
    if needed is not None and getattr(decision, needed) is None:
        raise CasebookUsageError("say what it is to become", key=needed)


def _decide(desk: Desk, id_: str, decision: Decision, who: str, at: int) -> None:
    match decision.deed:
        case Deed.PROMOTE:
            promote_item(desk, id_, who, decision.why, at)
        case Deed.DISMISS:
            dismiss_item(desk, id_, who, decision.why, at)
        case Deed.ASSIGN:
            set_field(desk, id_, "owner", decision.owner, who, decision.why, at)
        case Deed.SNOOZE:
            until = None if decision.until is None else iso(decision.until)
            set_field(desk, id_, "snoozed", until, who, decision.why, at)
        case Deed.PRIORITY if decision.priority is not None:
            set_field(desk, id_, "priority", decision.priority.value, who, decision.why, at)
        case Deed.STATE if decision.state is not None:
            change_state(desk, id_, decision.state, who, decision.why, at)
