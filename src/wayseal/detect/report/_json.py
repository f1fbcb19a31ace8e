"""The result for programs: public interface, described in docs/detect-json.md."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from wayseal.detect._result import Case, DetectResult, MissingWork, Person, Read, Reason, strength_of
from wayseal.detect._score import base_of
from wayseal.model.times import day_name


def moment(us: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(result: DetectResult) -> Mapping[str, object]:
    """The whole result as JSON can hold it."""
    r = result
    return {
        "wayseal": r.wayseal,
        "ledger_digest": r.digest,
        "from": moment(r.since) if r.until > r.since else None,
        "to": moment(r.until) if r.until > r.since else None,
        "budget": r.budget,
        "false_alarm": r.false_alarm,
        "accounts": r.accounts,
        "reads": r.reads,
        "first_reads": {**asdict(r.first_reads), "unexplained": r.first_reads.unexplained},
        "judged": asdict(r.judged),
        "not_judged": [{"code": n.code.removeprefix("not."), **_plain(n.values)} for n in r.not_judged],
        "remarks": [{"code": n.code.removeprefix("remark."), **_plain(n.values)} for n in r.remarks],
        "missing_work": [_missing(m) for m in r.missing_work],
        "held": r.held,
        "peers_version": r.peers,
        "cases": [_case(c) for c in r.cases],
    }


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _missing(missing: MissingWork) -> dict[str, object]:
    m = missing
    who = {"role": m.role, "kind": m.kind, "accounts": m.accounts}
    reads = {"reads": m.reads, "first_reads": m.first, "table": m.table.value}
    return {**who, **reads, "lone": m.lone, "lone_reads": m.lone_reads}


def _case(case: Case) -> dict[str, object]:
    return {
        "case": case.id,
        "state": case.state,
        "actors": list(case.actors),
        "score": round(case.score, 6),
        "parcels_a_day": round(case.parcels_a_day, 3),
        "expected_loss": round(case.expected_loss, 3),
        "worth": case.worth,
        "strength": strength_of(case.evidence).value,
        "young": case.young,
        "evidence": round(case.evidence, 3),
        "alerted_at": moment(case.alerted_at),
        "course": [{"day": day_name(day), "score": round(score, 6)} for day, score in case.course],
        "linked_by": list(case.by),
        "reads": case.reads,
        "waybills": list(case.waybills),
        "reasons": [_reason(r, p) for p in case.people for r in p.reasons],
        "people": [_person(p) for p in case.people],
    }


def _person(person: Person) -> dict[str, object]:
    return {
        "actor": person.actor,
        "role": person.role,
        "kind": person.kind,
        "place": person.place,
        "base": round(base_of(person.signals), 3),
        "evidence": round(person.evidence, 3),
        "strength": strength_of(person.evidence).value,
        "alerted_at": None if person.alerted_at is None else moment(person.alerted_at),
        "territory": [{"ground": t.ground.value, "id": t.id, "reads": t.reads} for t in person.territory],
    }


def _reason(reason: Reason, person: Person) -> dict[str, object]:
    return {
        "detector": reason.detector,
        "actor": person.actor,
        "strength": strength_of(reason.weight).value,
        "weight": round(reason.weight, 3),
        "before": round(reason.before, 3),
        "value": reason.value,
        "peers": list(reason.peers),
        "against": {
            "others": reason.against.others.value,
            "accounts": reason.against.accounts,
            "own_days": reason.against.days,
            "own": reason.against.own,
            "unknown": round(reason.against.unknown, 3),
        },
        "from": moment(reason.since),
        "to": moment(reason.until),
        "text": reason.values.get("text", ""),
        "reads": [_read(r) for r in reason.reads],
        "reads_in_all": reason.total_reads,
    }


def _read(read: Read) -> dict[str, object]:
    return {"waybill": read.waybill, "at": moment(read.at), **({"note": read.why} if read.why else {})}
