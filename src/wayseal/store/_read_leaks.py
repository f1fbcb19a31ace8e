"""The leaks file: numbers seen outside, small enough to hold whole."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.store._batches import read_batches
from wayseal.store._open_source import open_source
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LogMapping
from wayseal.store.tables import arrow_schema
from wayseal.store.types import Leaks


def read_leaks(path: Path, *, mapping: LogMapping | None = None, offset: timedelta | str | None = None) -> Leaks:
    """Reads numbers that turned up outside.

    Args:
        path: A file in any of the three formats.
        mapping: Which column is what; None: the contract's names.
        offset: From UTC, of times without one.

    Returns:
        The leaks, and what was rejected.

    Raises:
        StoreError: As of `read_batches`.
    """
    if mapping is not None and mapping.table != "leaks":
        raise StoreError("this mapping is not for leaks", file=mapping.path, key="table")
    source = open_source(path, mapping=mapping, offset=offset, table="leaks")
    read = [(f, b) for f in source.files for b in read_batches(f, mapping=mapping, options=source.options)]
    batches = [b for _, b in read]
    return Leaks(
        digest=_digest(f.laid_out.origin if f.laid_out else f.path for f in source.files),
        rows=pa.Table.from_batches([b.rows for b in batches], schema=arrow_schema("leaks")),
        line=np.concatenate([b.line for b in batches]),
        by_day=np.concatenate([b.days.get("seen_at", np.zeros(len(b.line), np.bool_)) for b in batches]),
        rejected=tuple(r for b in batches for r in b.rejected),
        notices=(
            *source.notices,
            *(n for f, b in read for n in (*b.notices, *(one.notice(f) for one in b.emptied))),
        ),
        emptied=tuple(one for b in batches for one in b.emptied),
    )


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()
