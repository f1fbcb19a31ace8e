"""Cases for programs: what was done with them, under the names that may be shown."""

import json

from wayseal.cases.acts import act_name
from wayseal.cases.ledger.casebook import Names
from wayseal.cases.types import (
    CaseAct,
    Casebook,
    CaseState,
    Changed,
    Forgotten,
    Heard,
    Merged,
    NamesShown,
    NoteWritten,
    PackHeld,
    RecordedCase,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.model.times import iso


def list_json(book: Casebook, names: Names, state: CaseState | None) -> str:
    """The same for programs. A statement is left out while a name of its case may not be shown."""
    content = {
        "cases": [_case_json(case, names) for case in book.cases if state in (None, case.state)],
        "forgotten": [forgotten_json(done) for done in book.forgotten],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _case_json(case: RecordedCase, names: Names) -> dict[str, object]:
    return {
        "case": case.id,
        "state": case.state,
        "actors": [names.of(actor) for actor in case.actors],
        "score": case.score,
        "parcels_a_day": case.parcels_a_day,
        "expected_loss": round(case.score * case.parcels_a_day, 3),
        "worth": case.worth,
        "alerted_at": iso(case.alerted_at),
        "last_alerted_at": iso(case.last_alerted_at),
        "detectors": case.detectors,
        "acts": [_act_json(act, case, names) for act in case.acts],
    }


def _act_json(act: CaseAct, case: RecordedCase, names: Names) -> dict[str, object]:
    """An act for programs: what says more than who, when and why stands there where no name can be in it."""
    head: dict[str, object] = {"act": act_name(act), "at": iso(act.at), "who": act.who}
    match act:
        case NamesShown():
            return {**head, "why": act.why, "actors": [names.of(actor) for actor in act.cases[case.id]]}
        case Heard():
            actor = None if act.actor is None else names.of(act.actor)
            return {**head, "actor": actor, "statement": act.statement if names.all_shown(case) else None}
        case Verdict():
            return {**head, "why": act.why, "true": act.true}
        case Changed():
            return {**head, "why": act.why, "field": act.field, "was": act.before, "now": act.after}
        case NoteWritten():
            return {**head, "note": act.note, "version": act.version}
        case TaskSet():
            return {**head, "task": act.task}
        case PackHeld():
            return {**head, "why": act.why, "step": act.step, "seal": act.seal, "to": act.to}
        case Merged():
            return {**head, "why": act.why, "case": act.case, "into": act.into, "on": act.on}
        case Undone():
            return {**head, "line": act.line}
        case _:
            return {**head, "why": act.why}


def forgotten_json(done: Forgotten) -> dict[str, object]:
    """An act of forgetting for programs."""
    numbers = {"cases": done.cases, "acts": done.acts, "head": f"{done.lines}:{done.head}"}
    return {"at": iso(done.at), "who": done.who, "why": done.why, "before": iso(done.before), **numbers}
