"""Small ledgers with staff, and the facts of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.ledger.helpers import at, put, write
from wayseal import ledger
from wayseal.detect.explain import Template, load_templates
from wayseal.detect.facts import Facts, update_facts
from wayseal.ledger import IngestReport

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
CHINA = 8 * 3_600_000_000
HOUR = 60
DAY = 24 * HOUR
OUTLETS: list[dict[str, Any]] = [
    {"outlet": "o-1", "kind": "outlet", "city": "city-1", "region": "north"},
    {"outlet": "o-2", "kind": "outlet", "city": "city-2", "region": "north"},
    {"outlet": "o-3", "kind": "outlet", "city": "city-3", "region": "south"},
]
ACTORS: list[dict[str, Any]] = [
    {"actor": "u-1", "kind": "person", "role": "clerk", "outlet": "o-1"},
    {"actor": "u-2", "kind": "person", "role": "clerk", "outlet": "o-1"},
    {"actor": "u-3", "kind": "person", "role": "clerk", "outlet": "o-3"},
    {"actor": "u-4", "kind": "person", "role": "agent", "region": "north"},
    {"actor": "all", "kind": "service", "role": "system", "rights": ["waybill.all"]},
]
ASSIGNMENTS: list[dict[str, Any]] = [
    {"actor": "u-4", "scope": "region", "value": "north", "from": at(-DAY), "to": at(20 * DAY)},
    {"actor": "u-3", "scope": "channel", "value": "c-1", "from": at(DAY)},
    {"actor": "u-2", "scope": "customer", "value": "shop", "from": at(-DAY)},
]
STAFF: dict[str, list[dict[str, Any]]] = {"actors": ACTORS, "outlets": OUTLETS, "assignments": ASSIGNMENTS}


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody hears."""


def commit(folder: Path, into: Path, tables: Rows | Mapping[str, pa.Table], name: str = "step") -> IngestReport:
    """Brings some rows into a ledger in one commit. The folder is made, and must not be there."""
    source = folder / name
    for table, rows in tables.items():
        if isinstance(rows, pa.Table):
            source.mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, source / f"{table}.parquet")
        else:
            write(source, table, rows)
    return put(source, into)


def facts(
    path: Path, folder: Path | None = None, templates: Sequence[Template] | None = None, offset: int = CHINA
) -> Facts:
    """The facts of a ledger; those of `folder` brought up to date."""
    with ledger.open_ledger(path) as snapshot:
        return update_facts(snapshot, folder, load_templates(None) if templates is None else templates, offset, quiet)


def same(left: Facts, right: Facts) -> None:
    """Fails unless both are the same, row for row."""
    assert left.offset == right.offset
    for name in ("hours", "uses", "shown", "suspects"):
        mine, theirs = getattr(left, name), getattr(right, name)
        assert mine.schema.equals(theirs.schema), name
        assert mine.to_pylist() == theirs.to_pylist(), name
