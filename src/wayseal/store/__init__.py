"""Datasets: the tables of the data contract, reading and writing them, mapping foreign logs to them.

What these functions hand on is in `wayseal.store.types`, the contract in `wayseal.store.tables`, the errors in
`wayseal.store.errors`.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.store._batches import read_batches, read_leaks
    from wayseal.store._load_mapping import load_mapping
    from wayseal.store._open_source import open_source
    from wayseal.store._write_table import write_table
    from wayseal.store.drafts import propose_mapping
    from wayseal.store.tables import TABLES, arrow_schema

__all__ = [
    "TABLES",
    "arrow_schema",
    "load_mapping",
    "open_source",
    "propose_mapping",
    "read_batches",
    "read_leaks",
    "write_table",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "TABLES": "tables",
        "arrow_schema": "tables",
        "load_mapping": "_load_mapping",
        "open_source": "_open_source",
        "propose_mapping": "drafts",
        "read_batches": "_batches",
        "read_leaks": "_batches",
        "write_table": "_write_table",
    },
)
