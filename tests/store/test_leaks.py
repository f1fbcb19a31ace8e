from pathlib import Path

import pytest

from tests.store.helpers import mapping_of, put
from wayseal.store import read_leaks
from wayseal.store.errors import StoreError
from wayseal.store.tables import arrow_schema
from wayseal.store.types import NoticeCode, Reason


def test_leaks_in_any_format(tmp_path: Path) -> None:
    text = (
        'waybill,seen_at,found_by,asked\nｙｔ 1,2024-01-05 16:00,purchase,"{""origin_city"":""杭州""}"\n,2024-01-05,,\n'
    )
    leaks = read_leaks(put(tmp_path / "bought.csv", text), offset="+08:00")
    assert leaks.rows.schema == arrow_schema("leaks")
    assert leaks.rows.column("waybill").to_pylist() == ["YT1"]
    assert leaks.rows.column("asked").to_pylist() == ['{"origin_city":"杭州"}']
    assert str(leaks.rows.column("seen_at")[0]) == "2024-01-05 08:00:00+00:00"
    assert leaks.line.tolist() == [2]
    assert [(r.line, r.reason) for r in leaks.rejected] == [(3, Reason.EMPTY)]
    assert len(leaks.notices) == 1
    line = '{"waybill":"YT1","seen_at":"2024-01-05T08:00:00Z"}'
    assert read_leaks(put(tmp_path / "leaks.jsonl", line)).rows.num_rows == 1


def test_a_mapping_may_say_which_column_is_which(tmp_path: Path) -> None:
    mapping = mapping_of('table = "leaks"\n[columns]\nwaybill = "no"\nseen_at = "day"\n')
    leaks = read_leaks(put(tmp_path / "x.csv", "no,day\nYT1,2024-01-05\n"), mapping=mapping)
    assert leaks.rows.num_rows == 1


def test_a_day_without_a_time_is_told(tmp_path: Path) -> None:
    text = "waybill,seen_at\nYT1,2026-03-05\n,2026-03-05\nYT2,2026-03-05 00:00\nYT3,2026/3/5\n"
    leaks = read_leaks(put(tmp_path / "bought.csv", text), offset="+08:00")
    assert leaks.by_day.tolist() == [True, False, True]
    assert {str(t) for t in leaks.rows["seen_at"]} == {"2026-03-04 16:00:00+00:00"}
    mapping = mapping_of(
        'table = "leaks"\n[columns]\nwaybill = "no"\nseen_at = { column = "d", formats = ["%Y年%m月%d日", "iso"] }\n'
    )
    mixed = read_leaks(put(tmp_path / "x.csv", "no,d\nYT1,2026年3月5日\nYT2,2026-03-05 09:00\n"), mapping=mapping)
    assert mixed.by_day.tolist() == [True, False]
    assert read_leaks(put(tmp_path / "none.csv", "")).by_day.tolist() == []


def test_a_mapping_for_another_table_is_refused(tmp_path: Path) -> None:
    mapping = mapping_of('[columns]\nwaybill = "no"\nat = "day"\nactor = "u"\n')
    with pytest.raises(StoreError, match="leaks"):
        read_leaks(put(tmp_path / "x.csv", "no,day,u\n"), mapping=mapping)


def test_a_bare_list_of_numbers_lacks_its_times(tmp_path: Path) -> None:
    for text in ("YT1234567890123\nYT1234567890124\n", "waybill\nYT1\n"):
        with pytest.raises(StoreError, match="seen_at says when each number was seen") as caught:
            read_leaks(put(tmp_path / "list.txt", text))
        assert "seen_at" in str(caught.value)
        assert "YT12345" not in str(caught.value)


def test_an_empty_file_has_no_leaks(tmp_path: Path) -> None:
    leaks = read_leaks(put(tmp_path / "leaks.csv", ""))
    assert (leaks.rows.num_rows, leaks.line.size) == (0, 0)


def test_asked_that_is_no_object_costs_only_itself(tmp_path: Path) -> None:
    text = "waybill,seen_at,asked\nYT1,2024-01-05Z,from Hangzhou\nYT2,2024-01-05Z,{}\nYT3,2024-01-05Z,[1]\n"
    leaks = read_leaks(put(tmp_path / "bought.csv", text))
    assert leaks.rejected == ()
    assert leaks.rows.column("asked").to_pylist() == [None, "{}", None]
    assert [(e.column, e.reason, e.lines.tolist()) for e in leaks.emptied] == [("asked", Reason.NOT_AN_OBJECT, [2, 4])]
    assert [n.values["rows"] for n in leaks.notices if n.code is NoticeCode.EMPTIED_CELLS] == [2]


def test_other_names_of_columns_are_said_with_the_command_that_helps(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="wayseal map SAMPLE --table leaks"):
        read_leaks(put(tmp_path / "bought.csv", "no,day\nYT1,2024-01-05\n"))
