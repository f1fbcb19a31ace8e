"""Entries as lines, and lines as entries (rule 3)."""

import json
import math
from collections.abc import Mapping
from typing import Any

from wayseal.market.errors import EntryError
from wayseal.market.log.types import BODIES, Entry, EntryKind, Line
from wayseal.merkle.hashing import leaf_hash

_MOST = 1 << 63
_MOST_BYTES = 1 << 22
_DEEPEST = 12


def to_text(seq: int, entry: Entry) -> str:
    """The line of an entry: JSON in ASCII, names sorted, no spaces. EntryError: it can't be one."""
    for name, wanted in BODIES[entry.kind].items():
        value = entry.body.get(name)
        if name not in entry.body or not isinstance(value, wanted) or isinstance(value, bool):
            raise EntryError("a line of the market's record lacks this, or it is of another type", key=name)
    content = {"at": entry.at, "body": dict(entry.body), "kind": entry.kind.value, "seq": seq, "who": entry.who}
    _check(content, 0)
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(text) > _MOST_BYTES:
        raise EntryError("a line of the market's record is too long")
    return text


def _check(value: object, depth: int) -> None:
    """What wouldn't be read again as it was written is refused before it is written."""
    if depth > _DEEPEST:
        raise EntryError("a line of the market's record is nested too deeply")
    match value:
        case None | bool() | str():
            return
        case int():
            if not -_MOST <= value < _MOST:
                raise EntryError("a number in a line of the market's record is too large")
        case float():
            if not math.isfinite(value):
                raise EntryError("a number in a line of the market's record is none")
        case dict():
            for name, inner in value.items():
                if not isinstance(name, str):
                    raise EntryError("a name in a line of the market's record is no text")
                _check(inner, depth + 1)
        case list():
            for inner in value:
                _check(inner, depth + 1)
        case _:
            raise EntryError("a line of the market's record holds what JSON doesn't know")


def read_text(text: str) -> Line:
    """The entry of a line. ValueError: it is none."""
    try:
        content: Mapping[str, Any] = json.loads(text)
        entry = Entry(at=content["at"], kind=EntryKind(content["kind"]), who=content["who"], body=content["body"])
        return Line(seq=content["seq"], entry=entry)
    except (KeyError, TypeError, RecursionError, json.JSONDecodeError):
        raise ValueError("line") from None


def leaf_of(text: str) -> bytes:
    """The leaf of a line (RFC 9162): over the bytes of its JSON."""
    return leaf_hash(text.encode())
