"""Wrapped keys as their table has them, whatever somebody put there: a row that can't be a key is none."""

from collections.abc import Mapping, Sequence
from typing import Any

from wayseal.database import Connection
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen

DataKeys = Mapping[str, Mapping[bytes, Any]]
"""Rows of keys by number and id."""


def data_keys_of(connection: Connection, numbers: Sequence[str]) -> DataKeys:
    """The keys of numbers. One that has rows alone that are no keys has {}, and isn't left out like an erased one."""
    found: dict[str, dict[bytes, Any]] = {}
    for row in chosen(connection, t.data_keys, "waybill", numbers):
        keys = found.setdefault(row.waybill, {})
        if can_be_key(row):
            keys[row.key_id] = row
    return found


def can_be_key(row: Any) -> bool:
    """Check whether the columns of a row have types that they can have."""
    return (
        type(row.waybill) is str
        and type(row.key_id) is bytes
        and type(row.key_version) is int
        and type(row.wrapped) is bytes
        and (row.superseded_by is None or type(row.superseded_by) is int)
    )
