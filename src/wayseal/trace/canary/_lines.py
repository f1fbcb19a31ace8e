"""The lines of a register, to and from what they mean.

1. The first line says what the file is. Every other one is an object of one `kind`: round, canary, hit or silent.
2. A line that is no JSON was cut off when a process or the machine died: it is told by its number, the others count.
3. A line that is JSON and not what it should be is an error that names the line, never its content.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wayseal.model.messages import N_
from wayseal.model.times import iso, micros
from wayseal.trace.canary._errors import CanaryError
from wayseal.trace.canary._types import Answer, PlannedCanary, RegisterContents, Row

HEADER: Mapping[str, object] = {"wayseal": "canaries", "version": 1}
NO_REGISTER = N_("this is no register of canaries")
_TEXTS = ("channel", "origin_outlet", "destination_outlet", "customer", "goods_class")


def canary_line(canary: PlannedCanary) -> dict[str, object]:
    """A canary as an object, for the register and for programs."""
    row = canary.row
    return {
        "kind": "canary",
        "id": canary.id,
        "round": canary.round,
        "waybill": row.waybill,
        "pool": list(canary.pool),
        **{name: getattr(row, name) for name in _TEXTS},
        "weight_g": row.weight_g,
        "issued_at": iso(row.issued_at),
        "planned_at": iso(canary.planned_at),
        "sensitivity": canary.sensitivity,
    }


def answer_line(answer: Answer) -> dict[str, object]:
    """An answer as an object."""
    return {"kind": answer.kind, "id": answer.id, "at": iso(answer.at)}


def round_line(number: int, belief: Mapping[str, float] | None, at: int) -> dict[str, object]:
    """A round as an object. belief: None where it goes on from the one before."""
    return {"kind": "round", "round": number, "at": iso(at), "belief": None if belief is None else dict(belief)}


def bytes_of(lines: Iterable[Mapping[str, object]]) -> bytes:
    """Objects as lines."""
    return b"".join(json.dumps(line, ensure_ascii=True).encode() + b"\n" for line in lines)


def parse(content: bytes, file: Path) -> RegisterContents:
    """What a register says (rules 1 to 3); CanaryError names the line that is wrong."""
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if not lines or _object(lines[0]) != HEADER:
        raise CanaryError(NO_REGISTER, file=file)
    belief: dict[str, float] = {}
    canaries: dict[str, PlannedCanary] = {}
    answers: list[Answer] = []
    rounds, unread = 0, []
    for number, line in enumerate(lines[1:], start=2):
        found = _object(line)
        if found is None:
            unread.append(number)
            continue
        try:
            if found["kind"] == "round":
                rounds = int(found["round"])
                belief = belief if found["belief"] is None else _belief(found["belief"])
            elif found["kind"] == "canary":
                made = _canary(found)
                canaries[made.id] = made
            else:
                answers.append(_answer(found, canaries))
        except (KeyError, ValueError, TypeError, OverflowError):
            raise CanaryError("this line is none of a register's", file=file, line=number) from None
    return RegisterContents(
        belief=belief, canaries=tuple(canaries.values()), answers=tuple(answers), rounds=rounds, unread=tuple(unread)
    )


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _belief(found: Mapping[str, Any]) -> dict[str, float]:
    belief = {_text(name): float(p) for name, p in dict(found).items()}
    if not all(0 <= p <= 1 for p in belief.values()) or sum(belief.values()) > 1 + 1e-6:
        raise ValueError("no belief")
    return belief


def _canary(found: Mapping[str, Any]) -> PlannedCanary:
    row = Row(
        waybill=_text(found["waybill"]),
        issued_at=micros(found["issued_at"]),
        weight_g=None if found["weight_g"] is None else int(found["weight_g"]),
        **{name: _text(found[name]) for name in _TEXTS},
    )
    sensitivity = float(found["sensitivity"])
    if not 0 < sensitivity <= 1 or not isinstance(found["pool"], list):
        raise ValueError("no canary")
    return PlannedCanary(
        id=_text(found["id"]),
        row=row,
        pool=tuple(_text(name) for name in found["pool"]),
        sensitivity=sensitivity,
        planned_at=micros(found["planned_at"]),
        round=int(found["round"]),
    )


def _answer(found: Mapping[str, Any], canaries: Mapping[str, PlannedCanary]) -> Answer:
    if found["kind"] not in ("hit", "silent"):
        raise ValueError("unknown kind")
    return Answer(id=canaries[found["id"]].id, kind=found["kind"], at=micros(found["at"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
