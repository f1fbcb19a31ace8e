"""What people who work on offers ask beyond lists: readings, words, and what was done by hand; a statement each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wayseal.database import query
from wayseal.market.log import _tables as t
from wayseal.market.log._market import Market
from wayseal.market.log.lines import LineKind, read_line
from wayseal.market.log.views import Page, WordRow, place_of
from wayseal.market.types import read_text

_SUBJECTS = ("offer", "request", "seq", "word")
_MOST = 200
_DECIDED = ("kept", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """Something that was done by hand.

    Attributes:
        seq: The line's place.
        kind: What it was.
        at: When.
        who: Whose act it is.
        why: The reason that was given.
        subjects: Ids of what it is about.
        state: What became of it, where the act says so: an offer's state, a site's answer.
    """

    seq: int
    kind: LineKind
    at: int
    who: str
    why: str = field(repr=False)
    subjects: tuple[str, ...]
    state: str


def acts(market: Market, *, after: str | None = None, limit: int = 50) -> Page[ActRow]:
    """List what was done by hand, the latest first.

    Args:
        market: The record.
        after: Where the last part ended.
        limit: At most so many.

    Returns:
        A part of the list.

    Raises:
        RecordError: `after` is none.
    """
    most = max(1, min(limit, _MOST))
    before = (1 << 62) if after is None else place_of(after)
    text = f"SELECT seq, content FROM {t.LINES} WHERE {t.BY_HAND} AND seq<? ORDER BY seq DESC LIMIT ?"
    found = market.read(lambda c: query(c, text, (before, most + 1)))
    rows = tuple(_act(seq, content) for seq, content in found[:most] if content is not None)
    return Page(rows=rows, after=str(found[most - 1][0]) if len(found) > most else None)


def readings(market: Market, offers: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """How offers were read, by their ids; those that aren't there are left out."""
    if not offers:
        return {}
    marks = ", ".join("?" * len(offers))
    text = f"SELECT offer, reading FROM {t.OFFERS.full_name} WHERE offer IN ({marks})"
    return {row[0]: json.loads(row[1]) for row in market.read(lambda c: query(c, text, list(offers)))}


def words(market: Market) -> tuple[WordRow, ...]:
    """Words that people decided on, the latest first; those that were taken back are left out."""
    text = f"SELECT {', '.join(t.WORDS.columns)} FROM {t.WORDS.full_name} WHERE state<>'new' ORDER BY at DESC, word"
    rows = market.read(lambda c: query(c, text))
    return tuple(WordRow(**dict(zip(t.WORDS.columns, row, strict=True))) for row in rows)


def decided(market: Market) -> tuple[tuple[tuple[str, str, str, bool], ...], int]:
    """List people's decisions on offers, as offers were at that time.

    Returns:
        Ids, sellers (shops where none is known), texts, and whether they were kept; how many have lost their text.
    """
    last = {line.body["offer"]: (seq, line.body["state"]) for seq, line in market.lines(LineKind.TRIAGED)}
    wanted = {offer: seq for offer, (seq, state) in last.items() if state in _DECIDED}
    texts: dict[str, str] = {}
    for seq, line in market.lines(LineKind.OFFERED):
        if seq < wanted.get(line.body["offer"], 0):
            texts[line.body["offer"]] = read_text(line.body["title"], line.body["text"])
    text = f"SELECT offer, coalesce(seller, shop) FROM {t.OFFERS.full_name}"
    sellers = dict(market.read(lambda c: query(c, text)))
    there = [offer for offer in wanted if offer in texts and offer in sellers]
    rows = tuple((offer, sellers[offer], texts[offer], last[offer][1] == "kept") for offer in there)
    return rows, len(wanted) - len(rows)


def _act(seq: int, content: str) -> ActRow:
    line = read_line(content)
    body = line.body
    pair = tuple(str(body[name]) for name in ("a", "b") if name in body)
    one = tuple(str(body[name]) for name in _SUBJECTS if name in body)
    state = str(body.get("state") or body.get("answer") or "")
    return ActRow(
        seq=seq, kind=line.kind, at=line.at, who=line.who, why=line.why, subjects=pair or one[:1], state=state
    )
