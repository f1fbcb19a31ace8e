"""Datasets: the tables of the data contract, reading and writing them, mapping foreign logs to them.

The dataclasses that these functions hand on are in `wayseal.store.types`; the contract in `wayseal.store.tables`.
"""

from wayseal.store._batches import read_batches
from wayseal.store._leaks import read_leaks
from wayseal.store._source import open_source
from wayseal.store._write import write_table
from wayseal.store.errors import StoreError
from wayseal.store.tables import TABLES, arrow_schema

__all__ = [
    "TABLES",
    "StoreError",
    "arrow_schema",
    "open_source",
    "read_batches",
    "read_leaks",
    "write_table",
]
