"""The check of partners for programs. Its keys are public interface; docs/partners.md lists them."""

from typing import Any

from wayseal.detect.partners._result import (
    Breach,
    Example,
    Misfit,
    OneSided,
    PartnerCheck,
    PartnersResult,
    Reconciliation,
    Skew,
)
from wayseal.model.times import day_name, iso


def document(result: PartnersResult) -> dict[str, Any]:
    """The whole result as JSON can hold it; times in UTC, days local to the contract."""
    r = result
    agreed = [p for p in r.partners if p.contract]
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "period": {"from": _moment(r.since), "to": _moment(r.until)},
        "partner_calls": r.has_calls,
        "tolerance_s": r.tolerance,
        "counts": {
            "with_contract": len(agreed),
            "in_breach": sum(bool(p.breaches) for p in agreed),
            "without_contract": len(r.partners) - len(agreed),
        },
        "misfits": [_misfit(m) for m in r.misfits],
        "partners": [_partner(p) for p in r.partners],
        "remarks": [{"code": remark.code, "values": dict(remark.values)} for remark in r.remarks],
    }


def _misfit(m: Misfit) -> dict[str, Any]:
    return {
        "id": m.id,
        "where": m.place.value,
        "count": m.count,
        "nearest": m.nearest or None,
        "contract": m.contract or None,
    }


def _partner(p: PartnerCheck) -> dict[str, Any]:
    sign = "-" if p.offset < 0 else "+"
    return {
        "partner": p.partner,
        "contract": p.contract or None,
        "actors": list(p.actors),
        "offset": f"{sign}{abs(p.offset) // 60:02d}:{abs(p.offset) % 60:02d}",
        "reads": p.reads,
        "waybills": p.waybills,
        "first": _moment(p.first),
        "last": _moment(p.last),
        "breaches": [_breach(b) for b in p.breaches],
        "not_judged": [{"code": u.code, "reads": u.reads, "of": u.of} for u in p.unjudged],
        "not_agreed": list(p.silent),
        "calls": None if p.calls is None else _calls(p.calls),
    }


def _breach(b: Breach) -> dict[str, Any]:
    return {
        "kind": b.kind.value,
        "reads": b.reads,
        "waybills": b.waybills,
        "days": b.days,
        "first": _moment(b.first),
        "last": _moment(b.last),
        "worst": {"at": _moment(b.worst.at), "value": b.worst.value, "agreed": b.worst.agreed},
        "agreed": list(b.agreed),
        "what": [{"name": c.name, "reads": c.reads} for c in b.what],
        "examples": [_example(e) for e in b.examples],
        "by_day": _by_day(b.by_day),
    }


def _calls(c: Reconciliation) -> dict[str, Any]:
    return {
        "ours": c.ours,
        "theirs": c.theirs,
        "from": _moment(c.since),
        "to": _moment(c.until),
        "outside": {"ours": c.outside[0], "theirs": c.outside[1]},
        "request_ids": c.ids,
        "skew": None if c.skew is None else _skew(c.skew),
        "matched": {"by_request": c.by_id, "by_time": c.by_time},
        "only_ours": {
            **_one_sided(c.only_ours),
            "from_new_addresses": c.new_addresses,
            "addresses": [{"address": a.name, "calls": a.reads, "known": a.known} for a in c.addresses],
            "by_day": _by_day(c.by_day),
        },
        "only_theirs": _one_sided(c.only_theirs),
        "waybills_differ": c.waybills_differ,
        "differing_waybills": [
            {"waybill": w.waybill, "ours": w.ours, "theirs": w.theirs} for w in c.differing_waybills
        ],
        "days_differ": c.days_differ,
        "days": [
            {
                "day": day_name(d.day),
                "ours": d.ours,
                "theirs": d.theirs,
                "both": d.both,
                "only_ours": d.only_ours,
                "only_theirs": d.only_theirs,
            }
            for d in c.days
        ],
        "fields": {
            "compared": c.fields_compared,
            "differ": c.fields_differ,
            "by_field": [{"field": f.name, "only_in": f.side, "calls": f.calls} for f in c.differing_fields],
        },
        "addresses": {
            "compared": c.addresses_compared,
            "differ": c.addresses_differ,
            "by_pair": [{"ours": a.ours, "theirs": a.theirs, "calls": a.calls} for a in c.differing_addresses],
        },
    }


def _skew(s: Skew) -> dict[str, Any]:
    return {
        "seconds": round(s.seconds, 3),
        "time_zone_minutes": s.zone,
        "waybills": s.waybills,
        "agreeing": round(s.agreeing, 4),
        "drift_s_per_day": None if s.drift is None else round(s.drift, 3),
        "jumps": [{"day": day_name(day), "seconds": round(seconds, 3)} for day, seconds in s.jumps],
    }


def _one_sided(one: OneSided) -> dict[str, Any]:
    return {
        "calls": one.calls,
        "repeats": one.repeats,
        "waybills": one.waybills,
        "first": _moment(one.first),
        "last": _moment(one.last),
        "examples": [_example(e) for e in one.examples],
    }


def _example(e: Example) -> dict[str, Any]:
    return {"waybill": e.waybill, "at": iso(e.at), "actor": e.actor}


def _by_day(rows: tuple[tuple[str, int, int], ...]) -> list[dict[str, Any]]:
    return [{"actor": actor, "day": day_name(day), "reads": n} for actor, day, n in rows]


def _moment(us: int | None) -> str | None:
    return None if us is None else iso(us)
