"""A case's reads as rows of a page, and as a file for a spreadsheet.

1. Sessions, addresses and devices are numbers that count within the case; those of an account that may be named stand
   there as they are, on pages alone.
2. A file is made some thousand rows at a time, of columns: its memory doesn't grow with the case.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.console.reading import numbers_of
from wayseal.console.web._reads_view import View
from wayseal.detect.lanes import CaseLanes
from wayseal.model.times import HOUR_US, offset_text

FILE_COLUMNS = (
    "at", "waybill", "account", "action", "via", "purpose", "session", "address", "device", "verdict", "template",
    "reasons", "first", "read",
)  # fmt: skip
_BLOCK = 8192
_SECOND = 1_000_000
_HIDDEN = {"session": "session", "address": "ip", "device": "device"}


def rows_of(view: View, reads: pa.Table, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Reads as a page shows them (rule 1). words: of detectors."""
    head = view.lanes.head
    number = _Numbers(view.lanes)
    out = []
    for row in reads.to_pylist():
        actor = head.people[row["person"]].about.actor
        named = actor in view.shown
        codes = _codes(head.detectors, row["counted"])
        out.append(
            {
                "at": view.clock.words(row["at"], "%Y-%m-%d %H:%M:%S"),
                "us": row["at"],
                "waybill": row["waybill"],
                "account": view.name(actor),
                "action": row["action"],
                "via": row["via"],
                "purpose": row["purpose"],
                **{name: row[kept] if named else number.of(kept, row[kept]) for name, kept in _HIDDEN.items()},
                "verdict": row["verdict"],
                "template": row["template"],
                "reasons": [words.get(f"detector.{name}", name) for name in codes],
                "first": row["first"],
                "read": f"{row['source']}:{row['row']}",
                "link": view.read(row["source"], row["row"]),
            }
        )
    return out


def file_blocks(
    view: View, reads: pa.Table, values: Mapping[str, str], detectors: Mapping[str, str]
) -> Iterator[list[pa.Array]]:
    """Reads as columns of a file (`FILE_COLUMNS`), some thousand at a time; nobody is named (rule 2).

    values: what actions, systems and the like are called; detectors: what they are called, by `detector.` and name.
    """
    reasons = [detectors.get(f"detector.{name}", name) for name in view.lanes.head.detectors]
    numbers = {name: numbers_of(view.lanes, kept) for name, kept in _HIDDEN.items()}
    accounts = pa.array(view.names, pa.string())
    for start in range(0, len(reads), _BLOCK):
        block = reads.slice(start, _BLOCK).combine_chunks()
        column = {name: _whole(block[name]) for name in block.schema.names}
        made = {
            "waybill": column["waybill"],
            **{name: _called(column[name], values) for name in ("action", "via", "purpose", "verdict", "template")},
            **{name: _numbered(column[kept], numbers[name]) for name, kept in _HIDDEN.items()},
            "at": _clock(column["at"], view.clock.offset),
            "account": accounts.take(column["person"]),
            "reasons": _reasons(reasons, column["counted"]),
            "first": pc.if_else(column["first"], "1", "0"),
            "read": pc.binary_join_element_wise(*(column[n].cast(pa.string()) for n in ("source", "row")), ":"),
        }
        yield [made[name] for name in FILE_COLUMNS]


class _Numbers:
    """Numbers of sessions, addresses and devices of a case."""

    def __init__(self, lanes: CaseLanes) -> None:
        self._lanes = lanes
        self._known: dict[str, dict[str, int]] = {}

    def of(self, column: str, text: str) -> str:
        """The number of one; "" for none."""
        if column not in self._known:
            texts = numbers_of(self._lanes, column).to_pylist()
            self._known[column] = {one: place for place, one in enumerate(texts, 1)}
        return str(self._known[column].get(text, 0)) if text else ""


def _codes(detectors: Sequence[str], counted: int) -> list[str]:
    return [name for place, name in enumerate(detectors) if counted >> place & 1]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _called(texts: pa.Array, known: Mapping[str, str]) -> pa.Array:
    coded = texts.dictionary_encode()
    return pa.array([known.get(text, text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _numbered(texts: pa.Array, numbers: pa.Array) -> pa.Array:
    place = pc.add(pc.index_in(texts, numbers), 1)
    return place.cast(pa.string()).fill_null("")


def _clock(at: pa.Array, offset: int) -> pa.Array:
    seconds = (at.to_numpy() + offset) // _SECOND
    local = pc.replace_substring(pa.array(seconds.astype("datetime64[s]")).cast(pa.string()), " ", "T")
    return pc.binary_join_element_wise(local, offset_text(offset // HOUR_US), "")


def _reasons(detectors: Sequence[str], counted: pa.Array) -> pa.Array:
    masks, place = np.unique(counted.to_numpy(), return_inverse=True)
    texts = pa.array([";".join(_codes(detectors, mask)) for mask in masks.tolist()], pa.string())
    return texts.take(pa.array(place))
