"""Rights against use for programs. Its keys are public interface; docs/rights.md lists them."""

from dataclasses import asdict
from typing import Any

from wayseal.detect.rights._result import (
    AccountUse,
    Dormant,
    Mandate,
    Overlap,
    Period,
    RightsResult,
    RightUse,
    RoleUse,
    Shared,
    Untrained,
)
from wayseal.model.times import day_name, iso


def document(result: RightsResult) -> dict[str, Any]:
    """The whole as JSON can hold it; times in UTC."""
    r = result
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "days": r.days,
        "period": None if r.period is None else _period(r.period),
        "reads": r.reads,
        "accounts": r.accounts,
        "not_judged": list(r.not_judged),
        "rights": [_right(x) for x in r.rights],
        "roles": [_role(x) for x in r.roles],
        "people": [_person(x) for x in r.people],
        "dormant": [_dormant(x) for x in r.dormant],
        "wider": [{**asdict(x), "why": x.why.value} for x in r.wider],
        "shared": [_shared(x) for x in r.shared],
        "untrained": [_untrained(x) for x in r.untrained],
        "mandates": [_mandate(x) for x in r.mandates],
        "beyond": [asdict(x) for x in r.beyond],
    }


def _period(p: Period) -> dict[str, Any]:
    return {
        "from": day_name(p.first),
        "to": day_name(p.last),
        "covered": p.covered,
        "silent": p.silent,
        "whole": p.whole,
    }


def _right(x: RightUse) -> dict[str, Any]:
    return {**asdict(x), "actions": list(x.actions)}


def _role(x: RoleUse) -> dict[str, Any]:
    return {
        "role": x.role,
        "accounts": x.accounts,
        "judged": x.judged,
        "smallest": None if x.smallest is None else list(x.smallest),
        "missing": [{"action": n.action, "scope": n.scope.value} for n in x.missing],
        "rights": [_right(r) for r in x.rights],
    }


def _person(x: AccountUse) -> dict[str, Any]:
    return {
        **asdict(x),
        "state": x.state.value,
        "used": list(x.used),
        "unused": list(x.unused),
        "unjudged": list(x.unjudged),
        "smallest": None if x.smallest is None else list(x.smallest),
    }


def _dormant(x: Dormant) -> dict[str, Any]:
    return {**asdict(x), "why": x.why.value, "last": _moment(x.last), "closed": _moment(x.closed)}


def _shared(x: Shared) -> dict[str, Any]:
    parts = {n: _overlap(getattr(x, n)) for n in ("devices", "addresses", "sessions")}
    return {"actor": x.actor, "role": x.role, **parts}


def _overlap(x: Overlap | None) -> dict[str, Any] | None:
    if x is None:
        return None
    return {**asdict(x), "a_day": round(x.a_day, 2), "peers": None if x.peers is None else round(x.peers, 2)}


def _untrained(x: Untrained) -> dict[str, Any]:
    return {**asdict(x), "until": _moment(x.until), "last": _moment(x.last)}


def _mandate(x: Mandate) -> dict[str, Any]:
    return {**asdict(x), "rights": list(x.rights), "needless": x.needless}


def _moment(us: int | None) -> str | None:
    return None if us is None else iso(us)
