"""Recorded acts to objects of a casebook's lines, and back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from wayseal.cases.types import (
    Act,
    Alert,
    Changed,
    FileNamed,
    Forgotten,
    Heard,
    ItemChanged,
    Linked,
    Merged,
    NamesShown,
    NoteWritten,
    PackHeld,
    Promoted,
    Queued,
    Registered,
    Split,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.model.schema import parse_json
from wayseal.model.times import iso

A = TypeVar("A")
_KINDS: Mapping[str, Callable[..., Act]] = {
    "heard": Heard,
    "verdict": Verdict,
    "forgotten": Forgotten,
    "changed": Changed,
    "note": NoteWritten,
    "task": TaskSet,
    "link": Linked,
    "file": FileNamed,
    "pack": PackHeld,
    "merge": Merged,
    "split": Split,
    "undone": Undone,
    "item": Queued,
    "item_changed": ItemChanged,
    "promoted": Promoted,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_TIMES = {"at", "since"}
_KEYS = {"before": "was"}
"""`before` is the chain's."""
LOOKS = ("opened", "unmasked", "reads")
UNDOABLE = frozenset({"changed", "verdict", "note", "task", "link", "file", "merge", "item_changed", "promoted"})
"""What can be taken back (rule 19)."""


def to_object(act: Act) -> dict[str, object]:
    """An act as an object."""
    head: dict[str, object] = {"at": iso(act.at)}
    match act:
        case Registered():
            return {"act": act_name(act), **head, "case": act.case, **_alert(act.alert)}
        case NamesShown():
            cases = {case: list(actors) for case, actors in act.cases.items()}
            return {"act": act_name(act), **head, "cases": cases, "who": act.who, "why": act.why}
        case Forgotten():
            numbers = {name: getattr(act, name) for name in ("cases", "acts", "lines", "head", "last", "last_item")}
            by = {"who": act.who, "why": act.why}
            return {"act": act_name(act), **head, "before_at": iso(act.before), **numbers, **by}
        case _:
            return {"act": act_name(act), **_plain(act)}


def act_name(act: Act) -> str:
    """Return the name that a line gives such an act."""
    match act:
        case Registered():
            return "case" if act.first else "alert"
        case NamesShown():
            return act.look.value
        case _:
            return _NAMES[type(act)]


def to_act(found: Mapping[str, Any]) -> Act:
    """An act from an object; ValueError where it is none."""
    name = found.get("act")
    inner = {key: value for key, value in found.items() if key not in {"before", "sum"}}
    if "was" in inner:
        inner["before"] = inner.pop("was")
    if name in {"case", "alert"}:
        return _read(Registered, {**inner, "alert": inner, "first": name == "case"})
    if name in LOOKS:
        return _read(NamesShown, {**inner, "look": name})
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError("act")
    return _read(kind, inner)


def _read(kind: Callable[..., A], found: Mapping[str, Any]) -> A:
    return parse_json(json.dumps(found), kind)


def _plain(record: Any) -> dict[str, object]:
    out: dict[str, object] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, Alert):
            value = _alert(value)
        elif isinstance(value, tuple):
            value = [_plain(one) if is_dataclass(one) else one for one in value]
        elif is_dataclass(value):
            value = _plain(value)
        out[_KEYS.get(each.name, each.name)] = iso(value) if each.name in _TIMES else value
    return out


def _alert(alert: Alert) -> dict[str, object]:
    until = {} if alert.read_until is None else {"read_until": iso(int(alert.read_until))}
    return {
        "actors": list(alert.actors),
        "alerted_at": iso(int(alert.alerted_at)),
        "score": float(alert.score),
        "detectors": list(alert.detectors),
        "parcels_a_day": float(alert.parcels_a_day),
        "worth": alert.worth,
        **until,
    }
