"""Waybills as they stood: one state for each stretch of time in which nothing changed.

1. A row of `waybills` is the waybill as it was issued; a change holds from its own moment on (that moment included).
2. Changes count in the order of their times, whatever the order in which they came; of two of one column at the same
   moment the later row (source, then line) counts, and the other never shows.
3. A waybill is there from its issue on. One without a row in `waybills` is known by its number and its changes
   alone, always was there, and fits no other condition.
4. A condition on a place looks the outlet up in `outlets`; an outlet that isn't there lies nowhere.
5. A change of `waybill`, of `issued_at`, of a column that `waybills` lacks, or of a weight to something that is no
   whole number can't be replayed: it is left out and counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.ledger._types import Ints, Longs, Words
from wayseal.model.predicate import CONDITIONS, PLACES
from wayseal.store.columns import microseconds

ALWAYS = -np.iinfo(np.int64).max
FOREVER = np.iinfo(np.int64).max
CHANGING = tuple(c for c in CONDITIONS if c not in PLACES and c != "waybill")
"""Columns that a change may name."""

_Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """S states of W waybills.

    item[S]: place of the waybill. since[S] (included), until[S] (not included): when it stood so, µs since 1970.
    issued[S]: time of its issue, `ALWAYS` where it isn't known. codes[len(CONDITIONS), S]: what each condition finds
    there, as a place in `words`; -1 for nothing. words: value → code for each condition. left_out: changes of rule 5.
    """

    item: Ints
    since: Longs
    until: Longs
    issued: Longs
    codes: Ints
    words: tuple[Mapping[str, int], ...]
    left_out: int


def build_states(keys: Words, numbers: list[str], waybills: pa.Table, changes: pa.Table, outlets: pa.Table) -> States:
    """The states of some waybills (rules 1 to 5).

    keys: theirs, distinct; numbers: their texts, in that order. waybills, changes, outlets: rows of the contract;
    changes of one waybill stand in order of (at, source, row).
    """
    place = {text: n for n, text in enumerate(numbers)}
    columns: dict[str, _Texts] = {name: np.full(len(keys), None, object) for name in CHANGING}
    issued = np.full(len(keys), ALWAYS, np.int64)
    rows = np.array([place[text] for text in waybills["waybill"].to_pylist()], np.int64)
    issued[rows] = microseconds(waybills["issued_at"])
    for name in CHANGING:
        values = waybills[name].cast(pa.string())
        columns[name][rows] = values.to_numpy(zero_copy_only=False)
    base, since, until, later, left_out = _stretches(issued, changes, place)
    item = base.astype(np.int32)
    shown: dict[str, _Texts] = {name: column[base] for name, column in columns.items()}
    for state, name, value in later:
        shown[name][state] = value
    shown["waybill"] = np.array(numbers, object)[base]
    for name, (column, what) in PLACES.items():
        where = dict(zip(outlets["outlet"].to_pylist(), outlets[what].to_pylist(), strict=True))
        shown[name] = np.array([where.get(outlet) for outlet in shown[column]], object)
    coded = [_coded(shown[name]) for name in CONDITIONS]
    return States(
        item=item,
        since=since,
        until=until,
        issued=issued[base],
        codes=np.stack([codes for codes, _ in coded]),
        words=tuple(words for _, words in coded),
        left_out=left_out,
    )


def _stretches(
    issued: Longs, changes: pa.Table, place: Mapping[str, int]
) -> tuple[Longs, Longs, Longs, list[tuple[int, str, str]], int]:
    """Waybill, since and until of each state; (state, column, value) where it differs from the issue; changes left out.

    A later value of the same state comes later in the list.
    """
    base, since = list(range(len(issued))), issued.tolist()
    until = [FOREVER] * len(since)
    held: dict[int, tuple[int, dict[str, str]]] = {}
    later: list[tuple[int, str, str]] = []
    left_out = 0
    times = microseconds(changes["at"]).tolist()
    rows = zip(changes["waybill"].to_pylist(), times, changes["column"].to_pylist(), _texts(changes), strict=True)
    for waybill, at, column, value in rows:
        if column not in CHANGING or (column == "weight_g" and not _whole(value)):
            left_out += 1
            continue
        item = place[waybill]
        state, values = held.get(item, (item, {}))
        if at > since[state]:
            until[state] = at
            state = len(base)
            base.append(item)
            since.append(at)
            until.append(FOREVER)
            later += [(state, name, text) for name, text in values.items()]
        values = values | {column: _spelt(column, value)}
        later.append((state, column, values[column]))
        held[item] = state, values
    return np.array(base, np.int64), np.array(since, np.int64), np.array(until, np.int64), later, left_out


def _texts(changes: pa.Table) -> list[str]:
    out: list[str] = changes["value"].to_pylist()
    return out


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _spelt(column: str, value: str) -> str:
    """A value as `waybills` would spell it."""
    return (value.lstrip("0") or "0") if column == "weight_g" else value


def _coded(values: _Texts) -> tuple[Ints, dict[str, int]]:
    coded = pa.array(values, pa.string()).dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy().astype(np.int32)
    return codes, {text: n for n, text in enumerate(coded.dictionary.to_pylist())}
