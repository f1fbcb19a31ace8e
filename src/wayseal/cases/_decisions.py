"""Decisions on one case, or one thing in the queue, within a transaction (rules 14 and 17)."""

from collections.abc import Callable

from wayseal.cases._desk import Desk, no_such_case
from wayseal.cases._project_records import ITEM_PREFIX, PREFIX, state_field
from wayseal.cases._records import refuse_merged
from wayseal.cases._tables import THINGS, Row
from wayseal.cases.errors import CaseStateError
from wayseal.cases.types import (
    CHANGES,
    Act,
    Alert,
    CaseState,
    Changed,
    ItemChanged,
    ItemState,
    Observable,
    ObservableKind,
    Promoted,
    one_line,
)
from wayseal.detect.policy import FALSE_ALARM, is_worth

_OF_ITEMS = ("owner", "snoozed")
"""What of something in the queue can be changed as of a case."""


def change_state(desk: Desk, case: str, state: CaseState, who: str, why: str, at: int) -> None:
    """Changes how a case stands. CaseStateError: not from how it stands now."""
    refuse_merged(desk, case)
    before = CaseState(desk.case(case)["state"])
    if state not in CHANGES[before]:
        raise CaseStateError("{id} is {before}, and can't become {after}", id=case, before=before, after=state)
    by = {"who": one_line(who, "who"), "why": one_line(why, "why")}
    desk.add(Changed(case=case, at=at, field="state", before=before.value, after=state.value, **by))


def set_field(desk: Desk, id_: str, field: str, after: str | None, who: str, why: str, at: int) -> None:
    """Changes a field of a case or an item, if it isn't so already."""
    by = {"who": one_line(who, "who"), "why": one_line(why, "why") if why else ""}
    row = _waiting(desk, id_) if id_.startswith(ITEM_PREFIX) else desk.case(id_)
    act: Callable[..., Act] = ItemChanged if id_.startswith(ITEM_PREFIX) else Changed
    about = {"item" if id_.startswith(ITEM_PREFIX) else "case": id_}
    if id_.startswith(ITEM_PREFIX) and field not in _OF_ITEMS:
        raise no_such_case(id_)
    before = state_field(row, field)
    if before != after:
        desk.add(act(**about, at=at, field=field, before=before, after=after, **by))


def promote_item(desk: Desk, item: str, who: str, why: str, at: int) -> str:
    """Makes a case of something in the queue; its id. A case of detection is one: somebody works on it now."""
    row = _waiting(desk, item)
    by = {"who": one_line(who, "who"), "why": one_line(why, "why")}
    if not item.startswith(ITEM_PREFIX):
        before, after = desk.case(item)["state"], CaseState.IN_PROGRESS.value
        desk.add(Changed(case=item, at=at, field="state", before=before, after=after, **by))
        return item
    things = sorted(desk.rows.group(THINGS, item).values(), key=lambda thing: thing["place"])
    accounts = tuple(thing["value"] for thing in things if thing["kind"] == ObservableKind.ACCOUNT)
    others = tuple(
        Observable(kind=ObservableKind(thing["kind"]), value=thing["value"])
        for thing in things
        if thing["kind"] != ObservableKind.ACCOUNT
    )
    case = f"{PREFIX}{desk.last('case') + 1}"
    score = row["score"]
    said = {"score": score, "parcels_a_day": 0.0, "worth": is_worth(score, 0, FALSE_ALARM)}
    alert = Alert(actors=accounts, alerted_at=row["since"], detectors=(row["source"],), **said)
    desk.add(Promoted(item=item, case=case, at=at, alert=alert, things=others, **by))
    return case


def dismiss_item(desk: Desk, item: str, who: str, why: str, at: int) -> None:
    """Takes something out of the queue, as nothing to act on. A case of detection is closed as no case."""
    _waiting(desk, item)
    by = {"who": one_line(who, "who"), "why": one_line(why, "why")}
    before: str = desk.item(item)["state"]
    if item.startswith(ITEM_PREFIX):
        after = ItemState.DISMISSED.value
        desk.add(ItemChanged(item=item, at=at, field="state", before=before, after=after, **by))
    else:
        was, no_case = desk.case(item)["state"], CaseState.NO_CASE.value
        desk.add(Changed(case=item, at=at, field="state", before=was, after=no_case, **by))


def _waiting(desk: Desk, item: str) -> Row:
    row = desk.item(item)
    if row["state"] != ItemState.WAITING:
        raise CaseStateError("{id} waits for no decision any more", id=item)
    return row
