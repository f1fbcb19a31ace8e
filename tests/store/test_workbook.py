"""Workbooks: a sheet is read as the table that it shows, and known again by what it holds."""

import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.store.helpers import mapping_of, put, read
from tests.store.workbooks import Cell, workbook
from tests.tables import each
from wayseal import ledger
from wayseal.store import load_mapping, open_source, propose_mapping, read_leaks
from wayseal.store.drafts import draft_mappings
from wayseal.store.errors import StoreError
from wayseal.store.types import NoticeCode, Reason

NOON = datetime(2026, 3, 4, 12, 0, 5)  # noqa: DTZ001 (a spreadsheet's times have no offset)
HEAD = ("查询时间", "工号", "运单号\n(必填)", "操作")
TITLED: list[tuple[Cell, ...]] = [
    ("2026年3月查询记录",),
    ("导出人", "某人"),
    HEAD,
    (NOON, 10021, "YT1234567890123", "查询"),
    (),
    (datetime(2026, 3, 5), "wang", 77123456789012, "导\n出"),  # noqa: DTZ001
    (NOON, "li", 7.7123456789012345e17, "查询"),
    ("合计", None, None, 3),
]
SHEETS: dict[str, list[tuple[Cell, ...]]] = {
    "说明": [("谁导出的",), ("某人",)],
    "隐": [HEAD, HEAD],
    "查询记录": TITLED,
    "空": [],
}
MAPPING = """format = "xlsx"
sheet = "查询记录"
offset = "+08:00"
[columns]
at = "查询时间"
actor = "工号"
waybill = "运单号 (必填)"
action = { column = "操作", values = { "查询" = "search", "导 出" = "export" } }
"""


def test_a_sheet_with_a_title_and_a_total(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", SHEETS)
    whole = read(path, mapping=load_mapping(put(tmp_path / "m.toml", MAPPING)), keep=True)
    assert whole.lines == [4, 6]
    assert whole.rows == [
        {"at": "2026-03-04 04:00:05+00:00", "actor": "10021", "waybill": "YT1234567890123", "action": "search"},
        {"at": "2026-03-04 16:00:00+00:00", "actor": "wang", "waybill": "77123456789012", "action": "export"},
    ]
    assert whole.rejected == [(7, "waybill", Reason.ROUNDED_NUMBER), (8, "at", Reason.NOT_A_TIME)]
    assert whole.raws[1] == "合计,,,3"


def test_a_proposal_picks_the_sheet_that_is_a_table(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", SHEETS, hidden=["隐"])
    text = propose_mapping(path)
    assert 'sheet = "查询记录"  # Not read, unless it stands in a list here: 说明, 隐, 空' in text
    mapping = mapping_of(text)
    assert mapping.header
    assert read(path, mapping=mapping).lines == [4, 6]
    named = propose_mapping(path, sheet="隐")
    assert 'sheet = "隐"\n' in named


def test_without_a_mapping_the_sheet_called_like_the_table_is_read(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [("waybill", "seen_at"), ("YT1234567890123", date(2026, 3, 4))]
    path = workbook(tmp_path / "bought.xlsx", {"x": [("a", "b"), ("c", "d")], "Leaks": rows})
    leaks = read_leaks(path)
    assert leaks.rows["waybill"].to_pylist() == ["YT1234567890123"]
    (said,) = (n for n in leaks.notices if n.code is NoticeCode.OTHER_SHEETS)
    assert said.values == {"sheet": "Leaks", "names": "x"}
    same = read_leaks(workbook(tmp_path / "again.xlsx", {"Leaks": rows}))
    assert (same.rows, same.digest == leaks.digest) == (leaks.rows, False)


def test_several_sheets_are_sources_of_their_own(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [("at", "actor", "waybill"), *((NOON, f"u{n}", f"YT{n:013}") for n in range(3))]
    other = [*rows[:2], (NOON, "u9", "YT0000000000009")]
    path = workbook(tmp_path / "week.xlsx", {"周一": rows, "周二": other})
    mapping = mapping_of('sheet = ["周一", "周二"]\n[columns]\nat = "at"\nactor = "actor"\nwaybill = "waybill"\n')
    report = ledger.ingest(open_source(path, mapping=mapping), tmp_path / "L")
    assert [(e.name, e.rows) for e in report.ingested] == [("week.xlsx#周一", 3), ("week.xlsx#周二", 2)]


def test_a_workbook_that_was_saved_anew_or_has_grown_is_the_same(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [("at", "actor", "waybill"), (NOON, "u", "YT1"), (NOON, "u", "YT2")]
    ledger.ingest(open_source(workbook(tmp_path / "log.xlsx", {"a": rows})), tmp_path / "L")
    path = tmp_path / "log.xlsx"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("docProps/app.xml", "<Properties/>")
    report = ledger.ingest(open_source(path), tmp_path / "L")
    assert (report.ingested, len(report.skipped)) == ((), 1)
    report = ledger.ingest(open_source(workbook(path, {"a": [*rows, (NOON, "u", "YT3")]})), tmp_path / "L")
    assert [(e.rows, e.after) for e in report.ingested] == [(1, 3)]


def test_without_headings_and_beyond_z(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"a": [(NOON, "u", "YT1"), (NOON, "u", "YT2")]})
    told = load_mapping(path, 'header = false\n[columns]\nat = "1"\nactor = "2"\nwaybill = "3"\n')
    assert read(path, mapping=told).lines == [1, 2]
    head = ("at", "actor", None, None, *(f"h{n}" for n in range(22)), None, "waybill")
    wide = workbook(tmp_path / "b.xlsx", {"a": [head, (NOON, "u", *["x"] * 25, "YT1")]})
    source = open_source(wide)
    named = source.files[0].content.read_text().splitlines()[0].split(",")
    assert (named[2:4], named[26]) == (["C", "D"], "AA")
    assert read(wide).rows[0]["waybill"] == "YT1"


def test_headings_that_span_columns_are_called_by_the_row_below(tmp_path: Path) -> None:
    """The column under 归属 was called G, and the row of its names was a row of staff."""
    rows: list[tuple[Cell, ...]] = [
        ("员工花名册",),
        ("工号", "岗位", "归属", None, "入职日期"),
        (None, None, "所属网点", "大区", None),
        ("E1", "柜台", "571000", "华东", date(2026, 3, 4)),
        (None, None, "华东", "大区", None),
    ]
    source = open_source(workbook(tmp_path / "a.xlsx", {"a": rows}), table="actors")
    assert source.files[0].content.read_text().splitlines()[1:4] == [
        "工号,岗位,所属网点,大区,入职日期", "", "E1,柜台,571000,华东,2026-03-04"
    ]  # fmt: skip
    plain = open_source(workbook(tmp_path / "b.xlsx", {"a": [rows[1], rows[3], rows[3]]}), table="actors")
    assert plain.files[0].content.read_text().splitlines()[0] == "工号,岗位,归属,D,入职日期"


def test_the_text_of_a_sheet_is_its_owners_and_goes_with_the_source(tmp_path: Path) -> None:
    source = open_source(workbook(tmp_path / "a.xlsx", SHEETS))
    path = source.files[0].content
    assert path.stat().st_mode & 0o777 == 0o600
    del source
    assert not path.exists()


def _junk(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 no archive")


def _no_parts(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")


def _bomb(path: Path) -> None:
    workbook(path, SHEETS)
    data = path.read_bytes()
    # The size that the directory gives for one of the parts.
    place = data.rindex(b"PK\x01\x02") + 24
    path.write_bytes(data[:place] + b"\xff\xff\xff\xef" + data[place + 4 :])


def _nothing(path: Path) -> None:
    workbook(path, {"a": []}, hidden=["a"])


def _far(path: Path) -> None:
    _rewritten(path, b'<row r="3"><c r="C3"', b'<row r="1048576"><c r="XFD1048576"')


def _beyond(path: Path) -> None:
    """Rows of nine digits were no places to who looks, and places to who lays out: the process was gone."""
    _rewritten(path, b'<row r="3"><c r="C3"', b'<row r="999999999"><c r="XFD999999999"')


def _far_without_places(path: Path) -> None:
    _rewritten(
        path, b"</sheetData>", b"<row>" + b"<c/>" * 16_000 + b"</row>" + b"<row><c/></row>" * 9_000 + b"</sheetData>"
    )


def _endless(path: Path) -> None:
    """300 MB of one letter in one cell took gigabytes."""
    _rewritten(
        path, b"</sheetData>", b'<row r="4"><c r="A4" t="str"><v>' + b"x" * (3 << 20) + b"</v></c></row></sheetData>"
    )


def _rewritten(path: Path, old: bytes, new: bytes) -> None:
    """A workbook in whose sheet something else stands."""
    with zipfile.ZipFile(workbook(path, {"a": [HEAD, HEAD, (None, None, 1)]})) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert sum(part.count(old) for part in parts.values()) == 1
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part.replace(old, new))


@each(
    ("made", "message"),
    [
        (_far, "too far apart"),
        (_beyond, "too far apart"),
        (_far_without_places, "too far apart"),
        (_junk, "no workbook"),
        (_no_parts, "no workbook"),
        (_bomb, "2 GiB"),
        (_nothing, "no workbook"),
        (_endless, "more than a MiB"),
    ],
)
def test_what_is_no_workbook_is_named(made: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    made(path)
    with pytest.raises(StoreError, match=message) as caught:
        open_source(path)
    assert caught.value.file == path


def test_a_sheet_that_is_not_there_and_a_file_that_has_none(tmp_path: Path) -> None:
    mapping = load_mapping(put(tmp_path / "m.toml", MAPPING.replace('format = "xlsx"\n', "")))
    with pytest.raises(StoreError, match="no such sheet; the workbook has a") as caught:
        open_source(workbook(tmp_path / "log.xlsx", {"a": TITLED}), mapping=mapping)
    assert caught.value.key == "查询记录"
    with pytest.raises(StoreError, match="no workbook"):
        open_source(put(tmp_path / "log.csv", "a,b\n"), mapping=mapping)


@each("line", ['encoding = "gbk"', 'delimiter = ";"'])
def test_keys_without_use_are_refused(line: str) -> None:
    with pytest.raises(StoreError, match="no use for it"):
        mapping_of(f"{line}\n{MAPPING}")
    with pytest.raises(StoreError, match="no use for it"):
        mapping_of(MAPPING.replace('"xlsx"', '"csv"'))


def test_damaged_workbooks_are_errors_and_nothing_else(tmp_path: Path) -> None:
    good = workbook(tmp_path / "good.xlsx", SHEETS).read_bytes()
    chance = random.Random(7)
    for _ in range(150):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = put(tmp_path / "log.xlsx", bytes(data[: chance.choice([len(data), chance.randrange(len(data))])]))
        with suppress(StoreError):
            open_source(path)


def test_cells_that_are_merged_downwards_stand_in_each_row(tmp_path: Path) -> None:
    """Half of a duty sheet was rejected: an account stood beside the first of its rows alone."""
    rows: list[list[Cell]] = [["账号", "类型", "对象", "起"], ["u1", "网点", "S1", "2026-01-01"],
                              [None, "城市", "杭州", "2026-01-01"], ["u2", "城市", "宁波", "2026-01-01"]]  # fmt: skip
    path = workbook(tmp_path / "duty.xlsx", {"分工": rows}, merged=("A2:A3",))
    (draft,) = draft_mappings(path)
    assert not draft.doubts
    taken = read(path, mapping=load_mapping(path, draft.text))
    assert [row["actor"] for row in taken.rows] == ["u1", "u1", "u2"]
