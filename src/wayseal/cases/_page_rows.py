"""Rows and acts as pages are told them: under the names that may be shown (rule 7). Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wayseal.cases import types
from wayseal.cases._project_judging import lacking_of
from wayseal.cases._project_records import PRIORITIES, SEPARATOR, concerned, number_of
from wayseal.cases.book import act_name
from wayseal.cases.verdicts import HearingPoint
from wayseal.cases.views import ActLine, CaseRow, Entry, ItemRow, ObservableRow, Proposal
from wayseal.database.raw import record_of

_PLAIN = frozenset({"state", "priority", "owner", "snoozed"})
"""What of a change says nothing that somebody wrote."""
_FEW = 4
_CHANGED = ("field", "before", "after")
_SAID: Mapping[type[types.Act], Sequence[str]] = {
    types.Answered: ("proposal", "yes"),
    types.Changed: _CHANGED,
    types.ItemChanged: _CHANGED,
    types.TaskSet: ("task", "before", "after"),
    types.ReadMarked: ("read", "waybill", "before", "after"),
    types.Tagged: ("tag", "on"),
    types.FileNamed: ("digest", "name", "size", "on"),
    types.PackHeld: ("step", "to", "seal", "digest", "size", "items"),
    types.Merged: ("case", "into", "on"),
    types.Undone: ("line",),
}
"""What a timeline tells of acts that name nobody."""
Row = Mapping[str, Any]
Call = Callable[[types.Observable], str]
"""What a thing may be called."""


def thing_row(row: Row, names: bool) -> ObservableRow:
    """A thing. names: those may be shown of which an act says so."""
    kind = types.ObservableKind(row["kind"])
    hidden = kind in types.PERSONAL and not (names and row["named"])
    name, judged = row["alias"] if hidden else row["value"], row["guilty"]
    account = kind is types.ObservableKind.ACCOUNT
    return ObservableRow(
        kind=kind,
        name=name,
        hidden=hidden,
        alias=row["alias"],
        via=row["via"],
        guilty=None if judged is None else bool(judged),
        lacking=lacking_of((row,), row["value"]) if account else (),
    )


def proposals_of(acts: Iterable[types.Act], call: Call | None = None) -> tuple[Proposal, ...]:
    """What was proposed and answered by some acts of a case, the newest first. call: None: without accounts."""
    some = list(acts)
    answers = {act.proposal: act for act in some if isinstance(act, types.Answered)}
    made = sorted(
        (act for act in some if isinstance(act, types.Proposed)), key=lambda act: -number_of(act.proposal, "p-")
    )
    names = (
        [types.Observable(kind=types.ObservableKind.ACCOUNT, value=one) for one in act.accounts if call] for act in made
    )
    return tuple(
        Proposal(made=replace(act, accounts=tuple(map(call or str, whose))), answer=answers.get(act.proposal))
        for act, whose in zip(made, names, strict=True)
    )


def case_row(row: Row, things: Sequence[ObservableRow] = ()) -> CaseRow:
    """A case in a list."""
    return record_of(
        CaseRow,
        row,
        id=row["case_id"],
        state=types.CaseState(row["state"]),
        source=types.Source(row["source"]),
        priority=PRIORITIES[row["priority"]],
        worth=bool(row["worth"]),
        tags=tuple(row["tags"].split(SEPARATOR)) if row["tags"] else (),
        detectors=tuple(row["detectors"].split(SEPARATOR)) if row["detectors"] else (),
        line=row["changed_line"],
        things=tuple(things),
    )


def item_row(row: Row, things: Sequence[ObservableRow] = ()) -> ItemRow:
    """Something in the queue."""
    stands = {
        "source": types.Source(row["source"]),
        "state": types.ItemState(row["state"]),
        "line": row["changed_line"],
    }
    return record_of(ItemRow, row, id=row["item"], case=row["case_id"], things=tuple(things), **stands)


def entry(line: int, case: str, act: types.Act, call: Call) -> Entry:
    """An act on a timeline."""
    return Entry(
        line=line,
        case=case,
        act=act_name(act),
        at=act.at,
        who=getattr(act, "who", ""),
        why=getattr(act, "why", ""),
        told=_told(act, case, call),
    )


def act_line(line: int, act: types.Act) -> ActLine:
    """An act for whoever may see nothing of a case."""
    ids = concerned(act)
    plain = ActLine(
        line=line,
        at=act.at,
        who=getattr(act, "who", ""),
        act=act_name(act),
        ids=ids[:_FEW],
        others=max(0, len(ids) - _FEW),
        of_item=isinstance(act, types.ItemChanged),
    )
    if isinstance(act, types.Changed | types.ItemChanged) and act.field in _PLAIN:
        return replace(plain, field=act.field, before=act.before, after=act.after)
    return plain


def _told(act: types.Act, case: str, call: Call) -> dict[str, object]:
    def accounts(ids: Sequence[str]) -> list[str]:
        return [call(types.Observable(kind=types.ObservableKind.ACCOUNT, value=id_)) for id_ in ids]

    def things(some: Sequence[types.Observable]) -> list[tuple[str, str]]:
        return [(thing.kind.value, call(thing)) for thing in some]

    match act:
        case types.Registered():
            alert = act.alert
            said = {"score": alert.score, "parcels_a_day": alert.parcels_a_day, "detectors": list(alert.detectors)}
            return {"accounts": accounts(alert.actors), **said}
        case types.NamesShown():
            return {"accounts": accounts(act.cases.get(case, ()))}
        case types.Heard():
            return {"account": None if act.actor is None else accounts([act.actor])[0]}
        case types.Verdict():
            lacking = [point for point in HearingPoint if any(point in one.lacking for one in act.accounts)]
            whose = accounts([one.account for one in act.accounts])
            return {"true": act.true, "before": act.before.value, "accounts": whose, "lacking": lacking}
        case types.Proposed():
            about = {"true": act.true, "accounts": accounts(act.accounts), "to": act.to}
            return {"proposal": act.proposal, "kind": act.kind, **about}
        case types.NoteWritten():
            return {"note": act.note, "version": act.version, "text": act.after}
        case types.Linked():
            return {"things": things([act.thing]), "on": act.on}
        case types.Split():
            return {"made": act.made, "things": things(act.things)}
        case types.Promoted():
            return {"item": act.item, "case": act.case, "things": things(act.things)}
        case types.Queued():
            return {"source": act.source.value, "reason": act.reason, "things": things(act.things)}
        case _:
            return {name: getattr(act, name) for name in _SAID.get(type(act), ())}
