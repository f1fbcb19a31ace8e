"""Rows and acts as pages are told them: under the names that may be shown (rule 7). Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from wayseal.cases._project_judging import lacking_of
from wayseal.cases._project_records import PRIORITIES, SEPARATOR, concerned, number_of
from wayseal.cases.book import act_name
from wayseal.cases.types import (
    PERSONAL,
    Act,
    Answered,
    CaseState,
    Changed,
    FileNamed,
    Heard,
    ItemChanged,
    ItemState,
    Linked,
    Merged,
    NamesShown,
    NoteWritten,
    Observable,
    ObservableKind,
    PackHeld,
    Promoted,
    Proposed,
    Queued,
    ReadMarked,
    Registered,
    Source,
    Split,
    Tagged,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.cases.verdicts import HearingPoint
from wayseal.cases.views import ActLine, CaseRow, Entry, ItemRow, ObservableRow, Proposal

_PLAIN = frozenset({"state", "priority", "owner", "snoozed"})
"""What of a change says nothing that somebody wrote."""
_FEW = 4
R = TypeVar("R")
Row = Mapping[str, Any]
Call = Callable[[Observable], str]
"""What a thing may be called."""


def thing_row(row: Row, names: bool) -> ObservableRow:
    """A thing. names: those may be shown of which an act says so."""
    kind = ObservableKind(row["kind"])
    hidden = kind in PERSONAL and not (names and row["named"])
    name, judged = row["alias"] if hidden else row["value"], row["guilty"]
    account = kind is ObservableKind.ACCOUNT
    return ObservableRow(
        kind=kind,
        name=name,
        hidden=hidden,
        alias=row["alias"],
        via=row["via"],
        guilty=None if judged is None else bool(judged),
        lacking=lacking_of((row,), row["value"]) if account else (),
    )


def proposals_of(acts: Iterable[Act], call: Call | None = None) -> tuple[Proposal, ...]:
    """What was proposed and answered by some acts of a case, the newest first. call: None: without accounts."""
    some = list(acts)
    answers = {act.proposal: act for act in some if isinstance(act, Answered)}
    made = sorted((act for act in some if isinstance(act, Proposed)), key=lambda act: -number_of(act.proposal, "p-"))
    names = ([Observable(kind=ObservableKind.ACCOUNT, value=one) for one in act.accounts if call] for act in made)
    return tuple(
        Proposal(made=replace(act, accounts=tuple(map(call or str, whose))), answer=answers.get(act.proposal))
        for act, whose in zip(made, names, strict=True)
    )


def row_of(kind: type[R], row: Row, /, **others: object) -> R:
    """A row as pages are told it: its fields are columns of the same name, but for some others."""
    names = (each.name for each in fields(kind))  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names if name not in others}, **others)


def case_row(row: Row, things: Sequence[ObservableRow] = ()) -> CaseRow:
    """A case in a list."""
    return row_of(
        CaseRow,
        row,
        id=row["case_id"],
        state=CaseState(row["state"]),
        source=Source(row["source"]),
        priority=PRIORITIES[row["priority"]],
        worth=bool(row["worth"]),
        tags=tuple(row["tags"].split(SEPARATOR)) if row["tags"] else (),
        detectors=tuple(row["detectors"].split(SEPARATOR)) if row["detectors"] else (),
        line=row["changed_line"],
        things=tuple(things),
    )


def item_row(row: Row, things: Sequence[ObservableRow] = ()) -> ItemRow:
    """Something in the queue."""
    stands = {"source": Source(row["source"]), "state": ItemState(row["state"]), "line": row["changed_line"]}
    return row_of(ItemRow, row, id=row["item"], case=row["case_id"], things=tuple(things), **stands)


def entry(line: int, case: str, act: Act, call: Call) -> Entry:
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


def act_line(line: int, act: Act) -> ActLine:
    """An act for whoever may see nothing of a case."""
    ids = concerned(act)
    plain = ActLine(
        line=line,
        at=act.at,
        who=getattr(act, "who", ""),
        act=act_name(act),
        ids=ids[:_FEW],
        others=max(0, len(ids) - _FEW),
        of_item=isinstance(act, ItemChanged),
    )
    if isinstance(act, Changed | ItemChanged) and act.field in _PLAIN:
        return replace(plain, field=act.field, before=act.before, after=act.after)
    return plain


def _told(act: Act, case: str, call: Call) -> dict[str, object]:
    def accounts(ids: Sequence[str]) -> list[str]:
        return [call(Observable(kind=ObservableKind.ACCOUNT, value=id_)) for id_ in ids]

    def things(some: Sequence[Observable]) -> list[tuple[str, str]]:
        return [(thing.kind.value, call(thing)) for thing in some]

    match act:
        case Registered():
            alert = act.alert
            said = {"score": alert.score, "parcels_a_day": alert.parcels_a_day, "detectors": list(alert.detectors)}
            return {"accounts": accounts(alert.actors), **said}
        case NamesShown():
            return {"accounts": accounts(act.cases.get(case, ()))}
        case Heard():
            return {"account": None if act.actor is None else accounts([act.actor])[0]}
        case Verdict():
            lacking = [point for point in HearingPoint if any(point in one.lacking for one in act.accounts)]
            whose = accounts([one.account for one in act.accounts])
            return {"true": act.true, "before": act.before.value, "accounts": whose, "lacking": lacking}
        case Proposed():
            about = {"true": act.true, "accounts": accounts(act.accounts), "to": act.to}
            return {"proposal": act.proposal, "kind": act.kind, **about}
        case Answered():
            return {"proposal": act.proposal, "yes": act.yes}
        case Changed() | ItemChanged():
            return {"field": act.field, "before": act.before, "after": act.after}
        case NoteWritten():
            return {"note": act.note, "version": act.version, "text": act.after}
        case TaskSet():
            return {"task": act.task, "before": act.before, "after": act.after}
        case ReadMarked():
            return {"read": act.read, "waybill": act.waybill, "before": act.before, "after": act.after}
        case Tagged():
            return {"tag": act.tag, "on": act.on}
        case Linked():
            return {"things": things([act.thing]), "on": act.on}
        case FileNamed():
            return {"digest": act.digest, "name": act.name, "size": act.size, "on": act.on}
        case PackHeld():
            held = {"seal": act.seal, "digest": act.digest, "size": act.size, "items": act.items}
            return {"step": act.step.value, "to": act.to, **held}
        case Merged():
            return {"case": act.case, "into": act.into, "on": act.on}
        case Split():
            return {"made": act.made, "things": things(act.things)}
        case Promoted():
            return {"item": act.item, "case": act.case, "things": things(act.things)}
        case Queued():
            return {"source": act.source.value, "reason": act.reason, "things": things(act.things)}
        case Undone():
            return {"line": act.line}
        case _:
            return {}
