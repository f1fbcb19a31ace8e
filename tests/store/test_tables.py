import numpy as np
import pyarrow as pa
import pytest

from wayseal.store import TABLES
from wayseal.store.tables import arrow_schema, microseconds

# The data contract, version 1: this list changes only with a migration.
CONTRACT = """
actors: actor! kind! role! outlet region rights valid_from valid_to trained_until
outlets: outlet! kind! city! region! name latitude longitude
waybills: waybill! issued_at! channel! origin_outlet! destination_outlet! customer order_ref weight_g goods_class
changes: waybill! at! column! value!
scans: waybill! at! kind! outlet! operator weight_g entered device trip
accesses: at! actor! waybill! access action via fields request session ip device purpose
queries: request! at! actor! filter! via rows session ip
tickets: ticket! waybill! opened_at! actor! closed_at kind
assignments: actor! scope! value! from! to
partner_calls: partner! at! waybill! request operation fields ip
leaks: waybill! seen_at! asked_at absent_at found_by seller asked
"""


def test_the_contract() -> None:
    spelt = [f"{t.name}: " + " ".join(c.name + "!" * c.required for c in t.columns) for t in TABLES.values()]
    assert spelt == CONTRACT.strip().split("\n")


def test_schemas_hold_all_columns_in_order() -> None:
    for table in TABLES.values():
        schema = arrow_schema(table)
        assert schema == arrow_schema(table.name)
        assert tuple(schema.names) == table.names
        assert [f.nullable for f in schema] == [not c.required for c in table.columns]
    assert arrow_schema("accesses").field("at").type == pa.timestamp("us", tz="UTC")
    assert arrow_schema("accesses").field("fields").type == pa.list_(pa.string())
    assert arrow_schema("scans").field("weight_g").type == pa.int64()


def test_columns_are_found_by_name() -> None:
    table = TABLES["leaks"]
    assert table.required == ("waybill", "seen_at")
    assert table.column("found_by").values[0] == "purchase"
    with pytest.raises(KeyError):
        table.column("actor")


def test_times_of_any_unit_and_none() -> None:
    seconds = pa.chunked_array([pa.array([1, None], pa.timestamp("s")), pa.array([], pa.timestamp("s"))])
    assert microseconds(seconds).tolist() == [1_000_000, np.iinfo(np.int64).min]
    assert microseconds(pa.chunked_array([pa.array([7], pa.timestamp("us", tz="UTC"))])).tolist() == [7]
    assert microseconds(pa.chunked_array([], pa.timestamp("us", tz="UTC"))).tolist() == []
