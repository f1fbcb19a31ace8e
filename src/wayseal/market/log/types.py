"""Lines of the record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EntryKind(StrEnum):
    """What a line tells. What its body must hold stands in `BODIES`."""

    BEGUN = "begun"
    """The record's first line."""
    SOURCE_ADDED = "source_added"
    SOURCE_CHANGED = "source_changed"
    CAPTURED = "captured"
    LOOKED = "looked"
    NOT_LOOKED = "not_looked"
    """A planned look that was not made, and why."""
    OFFERED = "offered"
    """A listing with its reading and what linking needs."""
    TRIAGED = "triaged"
    JOINED = "joined"
    """A person says that two offers are one seller's."""
    SPLIT = "split"
    """A person says that they are not."""
    UNDONE = "undone"
    """Takes back what a person said of two offers."""
    ASKED_REMOVAL = "asked_removal"
    ANSWERED = "answered"
    REMINDED = "reminded"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    ACCUSED_ANSWER = "accused_answer"
    HEARD = "heard"
    WORD_ACCEPTED = "word_accepted"
    """A word of the trade that a person took in."""
    TOLD = "told"
    """A notice that was given: what of, and its key, so that it isn't given twice."""
    PURGED = "purged"
    """Lines whose text is taken out, since their time is over."""


BODIES: Mapping[EntryKind, Mapping[str, type | tuple[type, ...]]] = {
    EntryKind.BEGUN: {"origin": str, "version": int},
    EntryKind.SOURCE_ADDED: {"source": str, "settings": dict},
    EntryKind.SOURCE_CHANGED: {"source": str, "settings": dict},
    EntryKind.CAPTURED: {
        "id": str,
        "source": str,
        "url": str,
        "at": int,
        "status": int,
        "media_type": str,
        "sha256": str,
        "size": int,
        "warc": str,
        "offset": int,
        "length": int,
    },
    EntryKind.LOOKED: {
        "source": str,
        "target": str,
        "way": str,
        "planned_at": int,
        "at": int,
        "sight": str,
        "hindrance": (str, type(None)),
        "captures": list,
        "offers": list,
    },
    EntryKind.NOT_LOOKED: {"source": str, "target": str, "way": str, "planned_at": int, "reason": str},
    EntryKind.OFFERED: {
        "offer": str,
        "capture": str,
        "at": int,
        "listing": dict,
        "reading": dict,
        "handles": list,
        "pictures": list,
    },
    EntryKind.TRIAGED: {"offer": str, "verdict": str, "note": str},
    EntryKind.JOINED: {"a": str, "b": str},
    EntryKind.SPLIT: {"a": str, "b": str},
    EntryKind.UNDONE: {"line": int},
    EntryKind.ASKED_REMOVAL: {
        "request": str,
        "source": str,
        "target": str,
        "url": str,
        "address": str,
        "rule": str,
        "captures": list,
        "lang": str,
    },
    EntryKind.ANSWERED: {"request": str, "answer": str, "note": str},
    EntryKind.REMINDED: {"request": str},
    EntryKind.REMOVED: {"request": str, "captures": list},
    EntryKind.WITHDRAWN: {"request": str, "why": str},
    EntryKind.ACCUSED_ANSWER: {"request": str, "said": str},
    EntryKind.HEARD: {"request": str, "why": str},
    EntryKind.WORD_ACCEPTED: {"word": str, "means": str, "source": str},
    EntryKind.TOLD: {"notice": str, "key": str},
    EntryKind.PURGED: {"lines": list, "why": str},
}
"""What each kind's body holds, and of which type; more may stand in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is to be recorded.

    Attributes:
        at: When it happened; microseconds.
        kind: What it tells.
        who: Who did it: a person, or the name of a part of the program.
        body: See `BODIES`. Of JSON's types alone, with whole numbers below 2^63.
    """

    at: int
    kind: EntryKind
    who: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that stands in the record. seq: its number, from 0, which is its leaf's place in the tree."""

    seq: int
    entry: Entry
