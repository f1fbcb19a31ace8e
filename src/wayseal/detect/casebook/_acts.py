"""Recorded acts to objects of a casebook's lines, and back."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from wayseal.detect.casebook.types import Act, Alert, Forgotten, Heard, NamesShown, Registered, Verdict
from wayseal.model.schema import parse_json
from wayseal.model.times import iso

A = TypeVar("A")


def to_object(act: Act) -> dict[str, object]:
    """An act as an object."""
    head: dict[str, object] = {"at": iso(act.at)}
    match act:
        case Registered():
            return {"act": "case" if act.first else "alert", **head, "case": act.case, **_alert(act.alert)}
        case NamesShown():
            cases = {case: list(actors) for case, actors in act.cases.items()}
            return {"act": act.look.value, **head, "cases": cases, **_by(act)}
        case Heard():
            said = {"who": act.who, "statement": act.statement, "actor": act.actor}
            return {"act": "heard", **head, "case": act.case, **said}
        case Verdict():
            return {"act": "verdict", **head, "case": act.case, "true": act.true, **_by(act)}
        case Forgotten():
            numbers = {name: getattr(act, name) for name in ("cases", "acts", "cut", "lines", "head", "last")}
            return {"act": "forgotten", **head, "before_at": iso(act.before), **numbers, **_by(act)}


def to_act(found: Mapping[str, Any]) -> Act:
    """An act from an object; ValueError where it is none."""
    match found.get("act"):
        case "case" | "alert" as act:
            return _read(Registered, {**found, "alert": found, "first": act == "case"})
        case "opened" | "unmasked" | "reads" as act:
            return _read(NamesShown, {**found, "look": act})
        case "heard":
            return _read(Heard, found)
        case "verdict":
            return _read(Verdict, found)
        case "forgotten":
            return _read(Forgotten, found)
        case _:
            raise ValueError("act")


def _read(kind: Callable[..., A], found: Mapping[str, Any]) -> A:
    return parse_json(json.dumps(found), kind)


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
