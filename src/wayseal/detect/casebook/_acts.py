"""Recorded acts to objects of a casebook's lines, and back."""

import math
from collections.abc import Mapping
from typing import Any

from wayseal.detect.casebook.types import Act, Alert, Forgotten, Heard, NamesShown, Registered, Verdict
from wayseal.model.times import iso, micros


def to_object(act: Act) -> dict[str, object]:
    """An act as an object."""
    head: dict[str, object] = {"at": iso(act.at)}
    match act:
        case Registered():
            return {"act": "case" if act.first else "alert", **head, "case": act.case, **_alert(act.alert)}
        case NamesShown():
            cases = {case: list(actors) for case, actors in act.cases.items()}
            return {"act": "unmasked" if act.together else "opened", **head, "cases": cases, **_by(act)}
        case Heard():
            said = {"who": act.who, "statement": act.statement, "actor": act.actor}
            return {"act": "heard", **head, "case": act.case, **said}
        case Verdict():
            return {"act": "verdict", **head, "case": act.case, "true": act.true, **_by(act)}
        case Forgotten():
            numbers = {name: getattr(act, name) for name in ("cases", "acts", "cut", "lines", "head", "last")}
            return {"act": "forgotten", **head, "before_at": iso(act.before), **numbers, **_by(act)}


def to_act(found: Mapping[str, Any]) -> Act:
    """An act from an object; KeyError, TypeError, ValueError or OverflowError where it is none."""
    at = _time(found["at"])
    match found["act"]:
        case "case" | "alert":
            alert = Alert(
                actors=_texts(found["actors"]),
                alerted_at=_time(found["alerted_at"]),
                score=_score(found["score"]),
                detectors=_texts(found["detectors"]),
                read_until=None if found.get("read_until") is None else _time(found["read_until"]),
            )
            return Registered(case=_text(found["case"]), at=at, alert=alert, first=found["act"] == "case")
        case "opened" | "unmasked":
            return NamesShown(cases=_cases(found["cases"]), at=at, together=found["act"] == "unmasked", **_who(found))
        case "heard":
            actor = None if found["actor"] is None else _text(found["actor"])
            case, who = _text(found["case"]), _text(found["who"])
            return Heard(case=case, at=at, who=who, statement=_text(found["statement"]), actor=actor)
        case "verdict":
            true = found["true"]
            if not isinstance(true, bool):
                raise TypeError("verdict")
            return Verdict(case=_text(found["case"]), at=at, true=true, **_who(found))
        case "forgotten":
            return _forgotten(found, at)
        case _:
            raise ValueError("act")


def _forgotten(found: Mapping[str, Any], at: int) -> Forgotten:
    return Forgotten(
        at=at,
        before=_time(found["before_at"]),
        cases=_count(found["cases"]),
        acts=_count(found["acts"]),
        cut=_count(found["cut"]),
        lines=_count(found["lines"]),
        head=_text(found["head"]),
        last=_count(found["last"]),
        **_who(found),
    )


def _alert(alert: Alert) -> dict[str, object]:
    until = {} if alert.read_until is None else {"read_until": iso(int(alert.read_until))}
    return {
        "actors": list(alert.actors),
        "alerted_at": iso(int(alert.alerted_at)),
        "score": float(alert.score),
        "detectors": list(alert.detectors),
        **until,
    }


def _by(act: NamesShown | Verdict | Forgotten) -> dict[str, object]:
    return {"who": act.who, "why": act.why}


def _who(found: Mapping[str, Any]) -> dict[str, str]:
    return {"who": _text(found["who"]), "why": _text(found["why"])}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _time(value: object) -> int:
    at = micros(_text(value))
    iso(at)  # what can't be said is refused: with an offset a time may lie outside of all years
    return at


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("list")
    return tuple(map(_text, value))


def _cases(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise TypeError("object")
    return {case: _texts(actors) for case, actors in value.items()}


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("number")
    return value


def _score(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(score := float(value)):  # type: ignore[arg-type]
        raise TypeError("score")
    return score
