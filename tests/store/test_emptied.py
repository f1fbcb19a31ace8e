"""What an optional cell that can't be read costs: itself, counted by column and reason; cells of lists and units."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import emptied, put, read
from wayseal.store import load_mapping
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LogMapping
from wayseal.store.types import NoticeCode, Reason, SourceFile, notice_message

STAFF = 'table = "actors"\n[columns]\nactor = "u"\nkind = { constant = "person" }\nrole = "r"\n'
PARCELS = (
    'table = "waybills"\n[columns]\nwaybill = "w"\nissued_at = "t"\nchannel = { constant = "app" }\n'
    'origin_outlet = { constant = "o1" }\ndestination_outlet = { constant = "o2" }\n'
)


def mapped(folder: Path, text: str) -> LogMapping:
    return load_mapping(put(folder / "m.toml", text))


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("session", "s\x011", Reason.CONTROL_CHARACTER),
        ("device", "d" * 513, Reason.TOO_LONG),
        ("action", "poke", Reason.UNKNOWN_VALUE),
        ("fields", "[1]", Reason.NOT_A_LIST),
        ("fields", "[", Reason.NOT_A_LIST),
    ],
)
def test_an_unreadable_optional_cell_never_costs_its_row(
    tmp_path: Path, column: str, text: str, reason: Reason
) -> None:
    rows = f"2024-01-05T08:00:00Z,u1,YT1,{text}\n2024-01-05T08:00:00Z,u2,YT2,\n,u3,YT3,{text}\n"
    whole = read(put(tmp_path / "accesses.csv", f"at,actor,waybill,{column}\n{rows}"))
    assert [r["actor"] for r in whole.rows] == ["u1", "u2"]
    assert column not in whole.rows[0]
    assert whole.rejected == [(4, "at", Reason.EMPTY)], "a row that went counts no cell"
    assert emptied(whole) == [(column, reason, [2])]


def test_signs_for_nothing_are_no_values(tmp_path: Path) -> None:
    signs = ["-", "--", "—", "——", "－", "\\N"]
    rows = "".join(f"2024-01-05T08:00:00Z,u1,YT1,{','.join([sign] * 4)}\n" for sign in signs)
    whole = read(put(tmp_path / "accesses.csv", f"at,actor,waybill,session,ip,action,fields\n{rows}"))
    assert [sorted(row) for row in whole.rows] == [["actor", "at", "waybill"]] * len(signs)
    assert (emptied(whole), whole.rejected) == ([], [])
    words = read(put(tmp_path / "actors.csv", "actor,kind,role,outlet,valid_to\n-,person,-,无,-\n"))
    assert words.rows == [{"actor": "-", "kind": "person", "role": "-", "outlet": "无"}], "required ones stay"
    assert emptied(words) == []


def test_an_empty_time_of_a_format_is_no_time_that_cannot_be_read(tmp_path: Path) -> None:
    staff = mapped(tmp_path, STAFF + 'valid_to = { column = "t", format = "%Y%m%d" }\n')
    whole = read(put(tmp_path / "s.csv", "u,r,t\nu1,a,\nu2,a,20260301\nu3,a,  \nu4,a,soon\n"), mapping=staff)
    assert emptied(whole) == [("valid_to", Reason.NOT_A_TIME, [5])]


def test_only_rows_that_stay_count_their_cells(tmp_path: Path) -> None:
    filters = '[[keep]]\ncolumn = "r"\nequals = ["a", "b"]\n[[drop]]\ncolumn = "u"\nequals = ["bot"]\n'
    staff = mapped(tmp_path, STAFF + 'valid_to = "t"\n' + filters)
    whole = read(put(tmp_path / "s.csv", "u,r,t\nu1,a,x\nu2,c,x\nbot,a,x\nu3,b,-\n"), mapping=staff)
    assert (whole.lines, emptied(whole)) == ([2, 5], [("valid_to", Reason.NOT_A_TIME, [2])])


def test_times_and_numbers_that_cannot_be_read(tmp_path: Path) -> None:
    rows = (
        "YT1,2024-01-05Z,app,a,b,0.52\nYT2,2024-01-05Z,app,a,b,heavy\nYT3,2024-01-05Z,app,a,b,-4\nYT4,never,app,a,b,7\n"
    )
    head = "waybill,issued_at,channel,origin_outlet,destination_outlet,weight_g\n"
    whole = read(put(tmp_path / "waybills.csv", head + rows))
    assert [r.get("weight_g") for r in whole.rows] == [None, None, None]
    assert whole.rejected == [(5, "issued_at", Reason.NOT_A_TIME)]
    assert sorted(emptied(whole)) == [
        ("weight_g", Reason.NOT_A_NUMBER, [3]),
        ("weight_g", Reason.NOT_WHOLE, [2]),
        ("weight_g", Reason.NUMBER_OUT_OF_RANGE, [4]),
    ]
    staff = read(put(tmp_path / "actors.csv", "actor,kind,role,valid_to\nu1,person,clerk,soon\n"))
    assert emptied(staff) == [("valid_to", Reason.NOT_A_TIME, [2])]


def test_a_value_of_a_wrong_type_in_json(tmp_path: Path) -> None:
    line = '{"at":"2024-01-05T08:00:00Z","actor":"u1","waybill":"YT1","device":{"id":1},"fields":["a"]}\n'
    whole = read(put(tmp_path / "accesses.jsonl", line + line.replace('"u1"', "true")))
    assert [r["actor"] for r in whole.rows] == ["u1"]
    assert whole.rows[0]["fields"] == ["a"]
    assert emptied(whole) == [("device", Reason.WRONG_TYPE, [1])]
    assert whole.rejected == [(2, "actor", Reason.WRONG_TYPE)]


def test_the_notice_says_how_many_why_where_and_what_it_may_hide(tmp_path: Path) -> None:
    rows = "".join(f"u{n},outlet,o1,2024-01-05Z,{'?' if n else ''}\n" for n in range(9))
    whole = read(put(tmp_path / "assignments.csv", "actor,scope,value,from,to\n" + rows))
    (one,) = whole.batches[0].emptied
    file = SourceFile(path=tmp_path / "assignments.csv", table="assignments", format="csv", size=0)  # type: ignore[arg-type]
    notice = one.notice(file)
    assert notice.code is NoticeCode.EMPTIED_CELLS
    assert str(notice_message(notice)) == (
        "8 cells of to can't be read and were left empty: not-a-time (lines from 3, 4, 5, 6, 7); these count as "
        "without an end, and may explain reads that they shouldn't"
    )


WORDS = 'rights = { column = "p", values = { "查询" = "waybill.view", "导出" = "waybill.export", "全部" = "a;b" } }\n'


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        *((f"查询{mark}导出", ["waybill.view", "waybill.export"]) for mark in ", ，、;；|/\t"),
        ("查询, 导出", ["waybill.view", "waybill.export"]),
        ("查询 / 导出", ["waybill.view", "waybill.export"]),
        ('["查询", "导出", "a b"]', ["waybill.view", "waybill.export", "a b"]),
        ("导出", ["waybill.export"]),
        ("打印，查询", ["打印", "waybill.view"]),
        ("read all, 查询", ["read all", "waybill.view"]),
        ("全部", ["a", "b"]),
        ("全部，导出", ["a", "b", "waybill.export"]),
        ("", None),
        ("[1]", None),
    ],
)
def test_cells_that_hold_lists_are_translated_item_by_item(tmp_path: Path, cell: str, wanted: list[str] | None) -> None:
    quoted = cell.replace('"', '""')
    whole = read(put(tmp_path / "s.csv", f'u,r,p\nu1,clerk,"{quoted}"\n'), mapping=mapped(tmp_path, STAFF + WORDS))
    assert whole.rows[0].get("rights") == wanted


def test_lists_of_parquet_and_json_are_translated_too(tmp_path: Path) -> None:
    rows = [{"u": "u1", "r": "clerk", "p": ["查询", "x y"]}, {"u": "u2", "r": "clerk", "p": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "s.parquet")
    made = read(tmp_path / "s.parquet", mapping=mapped(tmp_path, STAFF + WORDS))
    assert [r.get("rights") for r in made.rows] == [["waybill.view", "x y"], None]
    line = '{"u":"u1","r":"clerk","p":["导出","查询"]}\n'
    made = read(put(tmp_path / "s.jsonl", line), mapping=mapped(tmp_path, STAFF + WORDS))
    assert made.rows[0]["rights"] == ["waybill.export", "waybill.view"]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))), max_size=4))
def test_any_list_of_items_stays_one(tmp_path_factory: pytest.TempPathFactory, items: list[str]) -> None:
    """Whatever stands in a cell, its row is kept; nothing raises."""
    folder = tmp_path_factory.mktemp("lists")
    lines = [json.dumps({"u": "u", "r": "clerk", "p": p}) + "\n" for p in (str(items).replace("'", '"'), *items)]
    made = read(put(folder / "s.jsonl", "".join(lines)), mapping=mapped(folder, STAFF + WORDS))
    assert made.lines == list(range(1, len(lines) + 1))


@pytest.mark.parametrize(
    ("more", "cell", "grams"),
    [
        ("factor = 1000", "1.00", 1000),
        ("factor = 1000", "0.5205", 521),
        ("factor = 1000", "1.0005", 1001),  # exact: as floats it would be 1000
        ("factor = 1000", "2", 2000),
        ("factor = 0.001", "1500", 2),
        ("factor = 1000", "1.5KG", 1500),
        ("factor = 1000", "500克", 500),
        ("", "1.5kg", 1500),
        ("", "１.5 ㎏", 1500),
        ("", "2 斤", 1000),
        ("", "500 克", 500),
        ("", "500", 500),
        ("", "500.0", 500),
        ("", "1.00", None),
        ("", "3 stone", None),
        ("factor = 1000", "about 2", None),
        ("factor = 1000", "-2", None),
        ("factor = 1000", "1e999999999", None),
        ("factor = 1000", "999999999999999999", None),
    ],
)
def test_units_have_a_factor(tmp_path: Path, more: str, cell: str, grams: int | None) -> None:
    weight = f'weight_g = {{ column = "kg"{", " + more if more else ""} }}\n'
    log = put(tmp_path / "w.csv", f"w,t,kg\nYT1,2024-01-05Z,{cell}\n")
    whole = read(log, mapping=mapped(tmp_path, PARCELS + weight))
    assert whole.rows[0].get("weight_g") == grams
    assert bool(emptied(whole)) == (grams is None)


@given(st.decimals(0, 10**6, allow_nan=False, places=4))
def test_a_factor_is_exact(tmp_path_factory: pytest.TempPathFactory, value: Decimal) -> None:
    folder = tmp_path_factory.mktemp("factor")
    log = put(folder / "w.csv", f"w,t,kg\nYT1,2024-01-05Z,{value}\n")
    made = read(log, mapping=mapped(folder, PARCELS + 'weight_g = { column = "kg", factor = 1000 }\n'))
    assert abs(made.rows[0]["weight_g"] - value * 1000) <= Decimal("0.5")


def test_a_factor_of_numbers_in_a_file_of_their_own_type(tmp_path: Path) -> None:
    rows = [{"w": "YT1", "t": "2024-01-05Z", "kg": 0.52}, {"w": "YT2", "t": "2024-01-05Z", "kg": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "w.parquet")
    weight = 'weight_g = { column = "kg", factor = 1000 }\n'
    made = read(tmp_path / "w.parquet", mapping=mapped(tmp_path, PARCELS + weight))
    assert [r.get("weight_g") for r in made.rows] == [520, None]


@pytest.mark.parametrize("factor", ["0", "-1", '"1000"', "true", "nan", "inf"])
def test_a_factor_that_is_none(tmp_path: Path, factor: str) -> None:
    with pytest.raises(StoreError, match="a number above 0"):
        mapped(tmp_path, PARCELS + f'weight_g = {{ column = "kg", factor = {factor} }}\n')
    with pytest.raises(StoreError, match="only a number has a factor"):
        mapped(tmp_path, PARCELS + 'customer = { column = "c", factor = 10 }\n')


def test_a_mapping_without_a_factor_is_known_as_before(tmp_path: Path) -> None:
    weight = 'weight_g = "kg"\n'
    plain = mapped(tmp_path, PARCELS + weight).digest
    assert plain == "885a26c33065161c502a2a4754d48013438defb7651399804c525140ea044ea4"
    scaled = 'weight_g = { column = "kg", factor = %s }\n'
    assert mapped(tmp_path, PARCELS + scaled % "1000").digest == mapped(tmp_path, PARCELS + scaled % "1e3").digest
    assert mapped(tmp_path, PARCELS + scaled % "1000").digest != plain
