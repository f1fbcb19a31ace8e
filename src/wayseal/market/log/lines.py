"""Lines of the record: what can stand in it, and how a line is written.

1. A line's text is one JSON object with sorted names and nothing between them: the same line is the same bytes, which
   are the data of its leaf.
2. A line says all that tables are made of; what linking or reading found is in it, so that another version of either
   doesn't change what was recorded.
3. Whoever acts by hand is named, and says why; the watch itself is `WATCH`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wayseal.market.errors import RecordError

WATCH = "wayseal"
ORIGIN = "wayseal-market"
"""Under what the tree is signed, and proofs are handed out."""
MOST_LINE = 4 << 20
"""Bytes of a line."""
MOST_WHO, MOST_WHY = 200, 2000


class LineKind(StrEnum):
    """The kind of a line. Lines of people (`BY_HAND`) name them and their reason."""

    SOURCE = "source"
    """A source is watched, or watched in another way from now on."""
    CAPTURED = "captured"
    LOOKED = "looked"
    OFFERED = "offered"
    """An offer that is new, or says something else than before."""
    READ = "read"
    """An offer reads otherwise by what people accepted since; without one: that all were read by it."""
    LINKED = "linked"
    """What speaks for offers being one seller's, and who is taken for one now."""
    SHOP = "shop"
    """A shop is in another state."""
    BACK = "back"
    """A seller whose shop was gone or removed is back."""
    MATCHED = "matched"
    """Numbers of an offer are the courier's own."""
    TRIAGED = "triaged"
    JOINED = "joined"
    SPLIT = "split"
    TAKEN_BACK = "taken_back"
    """A join or a split is undone."""
    ASKED = "asked"
    """A site was asked to remove a shop or an offer; this and what follows are the acts of `market.takedown`."""
    REMINDED = "reminded"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    ACCUSED = "accused"
    """Whoever is accused says something."""
    HEARD = "heard"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    """What a site was asked to remove was seen to be gone."""
    WORD = "word"
    """A word is taken for one of the trade, or refused, or neither any more."""
    LEARNT = "learnt"
    """What decisions teach the reading holds from now on (`market.reading.learning`)."""
    UNLEARNT = "unlearnt"
    """That is taken back, and what held before holds again."""
    PURGED = "purged"


_OF_THE_WATCH = frozenset(
    (
        *(LineKind.SOURCE, LineKind.CAPTURED, LineKind.LOOKED, LineKind.OFFERED, LineKind.READ, LineKind.LINKED),
        *(LineKind.SHOP, LineKind.BACK, LineKind.MATCHED, LineKind.REMOVED, LineKind.PURGED),
    )
)
BY_HAND = frozenset(LineKind) - _OF_THE_WATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line before it has its place.

    Attributes:
        kind: What it records.
        at: When that was, microseconds since 1970.
        body: What is to be said of it.
        who: Whose act it is.
        why: For what reason; "" where the watch acts.
    """

    kind: LineKind
    at: int
    body: Mapping[str, Any] = field(repr=False)
    who: str = WATCH
    why: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Rule 3. RecordError: a field that is needed, or too long; names it."""
        if self.kind in BY_HAND:
            for name in ("who", "why"):
                if not getattr(self, name).strip():
                    raise RecordError("this is needed", key=name)
        for name, most in (("who", MOST_WHO), ("why", MOST_WHY)):
            if len(getattr(self, name)) > most:
                raise RecordError("is longer than {most} characters", key=name, most=most)


def write_line(seq: int, line: Line) -> str:
    """The text of a line (rule 1). RecordError: it can't be written as JSON, or is too long."""
    whole = {"seq": seq, "kind": line.kind, "at": line.at, "who": line.who, "why": line.why, "body": line.body}
    try:
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError):
        raise RecordError("what is to be recorded can't be written", key=line.kind) from None
    if size > MOST_LINE:
        raise RecordError("is longer than {most} bytes", key=line.kind, most=MOST_LINE)
    return text


def read_line(text: str) -> Line:
    """A line out of its text. RecordError: it is none."""
    try:
        whole = json.loads(text)
        return Line(
            kind=LineKind(whole["kind"]), at=whole["at"], body=whole["body"], who=whole["who"], why=whole["why"]
        )
    except (ValueError, KeyError, TypeError):
        raise RecordError("a line of the record can't be read") from None
