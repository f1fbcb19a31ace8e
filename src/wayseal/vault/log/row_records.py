"""Rows as entries tell them: what was put into a table, so that the table can be held to the log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wayseal.vault.errors import LogChangedError

Row = Mapping[str, Any]
_MOST_BYTES = 32_000
"""Of records in one entry: half of what an entry may have."""
_RECORDS = "records"


class ToldRows(NamedTuple):
    """Rows that one entry tells. more: how the entry has them."""

    rows: list[Row]
    more: dict[str, str | int]


def tell_rows(count: str, rows: Sequence[Row]) -> Iterator[ToldRows]:
    """So many rows in each entry as it has room for; at least one entry. count: what they are called there."""
    some, texts, size = list[Row](), list[str](), 0
    for row in rows:
        told = {name: value for name, value in row.items() if value is not None}
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        length = len(text.encode()) + len(", ")
        if some and size + length > _MOST_BYTES:
            yield _told(count, some, texts)
            some, texts, size = [], [], 0
        some.append(row)
        texts.append(text)
        size += length
    if some or not rows:
        yield _told(count, some, texts)


def _told(count: str, rows: list[Row], texts: Sequence[str]) -> ToldRows:
    return ToldRows(rows, {count: len(rows), _RECORDS: f"[{', '.join(texts)}]"})


def read_rows(more: Mapping[str, str | int]) -> list[dict[str, Any]]:
    """The rows that an entry tells, without what is null; LogChangedError where it tells none."""
    try:
        rows = json.loads(str(more[_RECORDS]))
    except (KeyError, ValueError):
        raise LogChangedError("an entry of the log doesn't say what was put") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LogChangedError("an entry of the log doesn't say what was put")
    return rows
