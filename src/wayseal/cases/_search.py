"""What is found in a casebook by words, however many cases there are: 2 statements.

1. Each kind is looked up along its own range of the index (`_terms`), up to `_LOOKED` rows of the narrowest word,
   whole words first, the newest cases first; the other words are asked of these alone.
2. What is shown is held against its text again: pairs of signs may stand apart, or words be cut.
3. People are found by their pseudonyms; by a name only where its reader may see it now, by a look on record.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wayseal.cases._project_records import ITEM_PREFIX, PREFIX
from wayseal.cases._tables import CASES, FILES, NOTES, QUEUE, TERMS, THINGS, marks
from wayseal.cases._terms import Span, folded, spans_of, words_of
from wayseal.cases._unit_of_work import UnitOfWork
from wayseal.cases.book import LOOKS
from wayseal.cases.types import NamesShown, ObservableKind
from wayseal.cases.views import Hit
from wayseal.database import query

_LOOKED = 2000
_EACH = 60
"""Rows of a kind that are told."""
_ID = re.compile(r"(?:([a-z])-)?([1-9][0-9]{0,8})")
_SHORT = re.compile(r"[a-z]-[0-9]+|[0-9]{1,2}")
"""An id, here or elsewhere, or so few digits that they are one: no words."""
THINGS_FOUND = tuple(kind.value for kind in ObservableKind if kind is not ObservableKind.CASE)
_KINDS = (*THINGS_FOUND, "title", "reason", "note", "file")
_TEXTS = {
    "note": (f"SELECT 'note', case_id, note, text, '' FROM {NOTES.full_name} WHERE", "case_id = ? AND note = ?"),
    "file": (f"SELECT 'file', case_id, digest, name, '' FROM {FILES.full_name} WHERE", "case_id = ? AND digest = ?"),
    "case": (f"SELECT 'case', case_id, '', title, state FROM {CASES.full_name} WHERE", "case_id = ?"),
    "item": (f"SELECT 'item', item, '', reason, state FROM {QUEUE.full_name} WHERE", "item = ?"),
}


def search(unit: UnitOfWork, text: str, most: int) -> tuple[Hit, ...]:
    """What fits, up to `most` of a kind and one more, which says that there are more; the best first."""
    spans, wanted = spans_of(text), folded(text.strip())
    rows = [] if not spans or _SHORT.fullmatch(wanted) else _select(unit, spans)
    rows.sort(key=lambda row: (row[3] != spans[0][0], -row[4]))
    places: dict[str, dict[tuple[str, ...], None]] = {what: {} for what in _TEXTS}
    if (by_id := _ID.fullmatch(wanted)) is not None:
        for what, own in (("case", PREFIX), ("item", ITEM_PREFIX)):
            if by_id[1] in (None, own[0]):
                places[what][own + by_id[2],] = None
    things: dict[tuple[str, str], list[str]] = {}
    for id_, what, ref, _, _ in rows:
        if what in THINGS_FOUND:
            things.setdefault((what, ref), []).append(id_)
        elif what in _TEXTS:
            places[what][id_, ref] = None
        else:
            places["case" if what == "title" else "item"][id_,] = None
    told = _tell(unit, {what: list(keys)[: 3 * most] for what, keys in places.items()})
    found = [hit for hit in told if _fits(wanted, hit)]
    found += [Hit(what=what, id=ids[0], ref=ref, more=len(set(ids)) - 1) for (what, ref), ids in things.items()]
    return tuple(_first(found, most))


def search_named(unit: UnitOfWork, text: str, looks: Mapping[str, int], who: str) -> tuple[Hit, ...]:
    """Accounts whose names somebody may see, by parts of these: 2 statements.

    looks: case → the moment from which somebody's recorded look at its names counts.
    """
    wanted, cases = folded(text.strip()), sorted(looks)
    if not wanted or not cases:
        return ()
    acts = f"a.case_id IN ({marks(cases)}) AND a.who = ? AND a.act IN ({marks(LOOKS)}) AND a.at >= ?"
    seen = {
        (case, actor)
        for _, act in unit.acts(acts, (*cases, who, *LOOKS, min(looks.values())))
        if isinstance(act, NamesShown)
        for case in looks.keys() & act.cases.keys()
        if act.at >= looks[case]
        for actor in act.cases[case]
    }
    rest = f"WHERE case_id IN ({marks(cases)}) AND kind = ? AND named = 1 ORDER BY place"
    things = unit.select(THINGS, rest, (*cases, ObservableKind.ACCOUNT.value))
    return tuple(
        Hit(what=one["kind"], id=one["case_id"], ref=one["alias"], text=one["value"])
        for one in things
        if (one["case_id"], one["value"]) in seen and wanted in folded(one["value"])
    )


def _select(unit: UnitOfWork, spans: Sequence[Span]) -> list[tuple[Any, ...]]:
    """Rule 1."""
    # By `+ 0`, and asked of each row by itself, PostgreSQL looks into the words of that text; else it goes along all
    # that have the other word.
    also = "".join(
        f" AND (SELECT 1 FROM {TERMS.full_name} AS o WHERE o.case_id = t.case_id AND o.what = t.what "
        "AND o.ref = t.ref AND o.term >= ? AND o.term + 0 < ? LIMIT 1) = 1"
        for _ in spans[1:]
    )
    inner = (
        f"SELECT case_id, what, ref, term, number FROM {TERMS.full_name} WHERE what = ? AND term >= ? AND term < ? "
        "ORDER BY what, term, number DESC LIMIT ?"
    )
    parts, values = [], []
    for place, what in enumerate(_KINDS):
        part = f"SELECT t.case_id, t.what, t.ref, t.term, t.number FROM ({inner}) AS t WHERE 1 = 1{also} LIMIT ?"
        parts.append(f"SELECT case_id, what, ref, term, number FROM ({part}) AS p{place}")
        looked = _LOOKED if also else _EACH
        values += [what, *spans[0], looked, *(end for span in spans[1:] for end in span), _EACH]
    return list(query(unit.connection, " UNION ALL ".join(parts), values))


def _tell(unit: UnitOfWork, places: dict[str, list[tuple[str, ...]]]) -> list[Hit]:
    """The texts of what was found, in its order."""
    parts = [
        f"{_TEXTS[what][0]} {' OR '.join([f'({_TEXTS[what][1]})'] * len(keys))}"
        for what, keys in places.items()
        if keys
    ]
    values = [value for keys in places.values() for key in keys for value in key]
    rows = query(unit.connection, " UNION ALL ".join(parts), values) if parts else []
    by_key = {(what, id_, ref): (text or "", state) for what, id_, ref, text, state in rows}
    hits = []
    for what, keys in places.items():
        for id_, *ref in keys:
            key = what, id_, "".join(ref)
            if key in by_key:
                hits.append(Hit(what=what, id=id_, ref=key[2], text=by_key[key][0], state=by_key[key][1]))
    return hits


def _fits(wanted: str, hit: Hit) -> bool:
    """Rule 2."""
    by_id = hit.what in ("case", "item") and _ID.fullmatch(wanted) is not None
    text = folded(hit.text)
    return by_id or all(word in text for word in words_of(wanted))


def _first(hits: Sequence[Hit], most: int) -> Iterator[Hit]:
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit.what] = counts.get(hit.what, 0) + 1
        if counts[hit.what] <= most + 1:
            yield hit
