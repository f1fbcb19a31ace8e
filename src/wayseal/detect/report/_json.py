"""The result for programs: JSON, a public interface (docs/reference/detect-json.md), findings in OCSF, and metrics."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from wayseal.detect._result import Case, DetectResult, MissingWork, Person, Read, Reason, strength_of
from wayseal.detect._score import base_of
from wayseal.detect.report.ocsf import Finding
from wayseal.model.times import day_name
from wayseal.page.programs import dump_row


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
        "territory": [dump_row(one) for one in person.territory],
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
        "against": dump_row(reason.against),
        "from": moment(reason.since),
        "to": moment(reason.until),
        "text": reason.values.get("text", ""),
        "reads": [_read(r) for r in reason.reads],
        "reads_in_all": reason.total_reads,
    }


def _read(read: Read) -> dict[str, object]:
    return {"waybill": read.waybill, "at": moment(read.at), **({"note": read.why} if read.why else {})}


def ocsf_lines(result: DetectResult) -> Iterator[str]:
    """A finding for each case. What OCSF has no attribute for stands in `unmapped`."""
    told = document(result)["cases"]
    assert isinstance(told, list)  # noqa: S101 (the shape of our own document)
    for case, row in zip(result.cases, told, strict=True):
        yield json.dumps(_finding(result, case, row), sort_keys=True)


def _finding(result: DetectResult, case: Case, row: dict[str, object]) -> dict[str, object]:
    reasons = [r for p in case.people for r in p.reasons]
    id_ = case.id or f"{result.digest[:12]}-{moment(case.alerted_at)}"
    return Finding(
        id=id_,
        event=id_,
        score=case.score,
        alert=case.worth,
        at=case.alerted_at,
        since=min((r.since for r in reasons), default=case.alerted_at),
        until=max((r.until for r in reasons), default=case.alerted_at),
        message=str(reasons[0].values.get("text", reasons[0].detector)) if reasons else "linked accounts",
        analytic="wayseal detect",
        rules=[r.detector for r in reasons],
        accounts=case.actors,
        data={"waybills": row["waybills"]},
        unmapped=row,
        version=result.wayseal,
    ).document()


def metrics(result: DetectResult) -> str:
    """A textfile for node_exporter's textfile collector."""
    r = result
    rows = [
        ("wayseal_detect_cases", "Cases of the window.", {"": len(r.cases)}),
        ("wayseal_detect_cases_worth", "Of these, cases that are worth acting on.", {"": len(r.worth)}),
        (
            "wayseal_detect_expected_loss",
            "Parcels a day that are expected to be lost by all cases together.",
            {"": round(sum(c.expected_loss for c in r.cases))},
        ),
        ("wayseal_detect_cases_held", "Cases that found no room in the budget.", {"": r.held}),
        ("wayseal_detect_accounts", "Accounts that read.", {"": r.accounts}),
        ("wayseal_detect_reads", "Reads of the window.", {"": r.reads}),
        (
            "wayseal_detect_first_reads",
            "First reads of the window, by what explains them.",
            {
                f'{{by="{name}"}}': n
                for name, n in (
                    ("work", r.first_reads.explained),
                    ("mandate", r.first_reads.mandate),
                    ("territory", r.first_reads.learnt),
                    ("responsibility", r.first_reads.weak),
                    ("unknown_waybill", r.first_reads.unknown),
                    ("nothing", r.first_reads.unexplained),
                )
            },
        ),
        ("wayseal_detect_enough_judged", "1 where enough could be judged, else 0.", {"": int(r.judged.enough)}),
        ("wayseal_detect_not_judged", "Things that could not be judged.", {"": len(r.not_judged)}),
    ]
    if r.until > r.since:
        end = {"": r.until // 1_000_000}
        rows.append(("wayseal_detect_window_end_seconds", "End of the window, seconds since 1970.", end))
    lines = []
    for name, help_, values in rows:
        lines += [f"# HELP {name} {help_}", f"# TYPE {name} gauge"]
        lines += [f"{name}{labels} {value}" for labels, value in values.items()]
    return "\n".join(lines) + "\n"
