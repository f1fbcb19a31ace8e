import csv
import gzip
import io
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import emptied, put, read
from tests.tables import each
from wayseal.store.errors import StoreError
from wayseal.store.types import NoticeCode, Reason

HEAD = "at,actor,waybill\n"
GOOD = "2024-01-05T08:00:00Z,u1,YT1234567890123\n"


def access(tmp_path: Path, content: str | bytes, name: str = "accesses.csv") -> Path:
    return put(tmp_path / name, content)


def test_a_plain_file(tmp_path: Path) -> None:
    whole = read(access(tmp_path, HEAD + GOOD + "2024-01-05 16:00:01+08:00,u2, yt 12-34 \n"))
    assert whole.rows == [
        {"at": "2024-01-05 08:00:00+00:00", "actor": "u1", "waybill": "YT1234567890123"},
        {"at": "2024-01-05 08:00:01+00:00", "actor": "u2", "waybill": "YT1234"},
    ]
    assert (whole.lines, whole.rejected, whole.notices) == ([2, 3], [], {})


# content after the header → lines kept, rejections
DAMAGE: list[tuple[str | bytes, list[int], list[tuple[int, str, Reason]]]] = [
    (GOOD + "2024-01-05T08:00:00Z,u1\n" + GOOD, [2, 4], [(3, "", Reason.TOO_FEW_FIELDS)]),
    (GOOD + GOOD[:-1] + ",x\n" + GOOD, [2, 4], [(3, "", Reason.TOO_MANY_FIELDS)]),
    ("\n\n" + GOOD + "\r\n" + GOOD, [4, 6], []),
    (GOOD.replace("\n", "\r\n") * 2, [2, 3], []),
    (GOOD.rstrip("\n"), [2], []),
    ('"2024-01-05T08:00:00Z","u\n1"," YT1 "\n' + GOOD, [4], [(2, "actor", Reason.CONTROL_CHARACTER)]),
    (GOOD + '2024-01-05T08:00:00Z,"u ""x"" 1",YT1\n', [2, 3], []),
    ('2024-01-05T08:00:00Z,"u ""x""",YT1\n' + GOOD.replace("u1", "u\0"), [2], [(3, "", Reason.NUL_BYTE)]),
    (GOOD + '2024-01-05T08:00:00Z,u"1,YT1\n' + GOOD, [2, 4], [(3, "", Reason.STRAY_QUOTE)]),
    (GOOD + '2024-01-05T08:00:00Z,"u"1,YT1\n' + GOOD, [2, 4], [(3, "", Reason.STRAY_QUOTE)]),
    (GOOD + '2024-01-05T08:00:00Z,"u1,YT1\n' + GOOD * 3, [2, 4, 5, 6], [(3, "", Reason.UNTERMINATED_QUOTE)]),
    (
        GOOD + '2024-01-05T08:00:00Z,"u1,YT1\n' + '2024-01-05T08:00:00Z,"u1",YT1\n',
        [2, 4],
        [(3, "", Reason.STRAY_QUOTE)],
    ),
    (GOOD + "2024-01-05T08:00:00Z,u\x001,YT1\n" + GOOD, [2, 4], [(3, "", Reason.NUL_BYTE)]),
    (GOOD + "2024-01-05T08:00:00Z,u\r1,YT1\n" + GOOD, [2, 4], [(3, "", Reason.STRAY_CARRIAGE_RETURN)]),
    (GOOD + '"2024-01-05T08:00:00Z",u\r1,YT1\n' + GOOD, [2, 4], [(3, "", Reason.STRAY_CARRIAGE_RETURN)]),
    (GOOD + '2024-01-05T08:00:00Z,"u1",YT\r1\n' + GOOD, [2, 4], [(3, "", Reason.STRAY_CARRIAGE_RETURN)]),
    (GOOD + '2024-01-05T08:00:00Z,"u1",YT1\r\n\n' + GOOD, [2, 3, 5], []),
    (GOOD + '2024-01-05T08:00:00Z,u1,"YT1"\r\n\n' + GOOD, [2, 3, 5], []),
    (
        (GOOD * 2).encode() + b"2024-01-05T08:00:00Z,\xff,YT1\n" + GOOD.encode(),
        [2, 3, 5],
        [(4, "", Reason.UNDECODABLE)],
    ),
    *(
        (f"2024-01-05T08:00:00Z,u1,{cell}\n" + GOOD, [3], [(2, "waybill", reason)])
        for reason, cells in {
            Reason.NOT_A_WAYBILL: (
                "张三",
                "ABC",
                "无",
                "运单YT123",
                "N/A",
                "NULL",
                "=1+1",
                "TEL=13900001234",
                "SITE=S1;DT=20261101",
                "[YT1]",
                "é1",
                "合计",
                "共 12 条",
            ),
            Reason.ROUNDED_NUMBER: ("7.7E+12", "1.23457E+13", "7.712345678901E12", '"7,7E+12"', "7E+12", '="7.7E+12"'),
        }.items()
        for cell in cells
    ),
    (GOOD + "2024-01-05T08:00:00Z,u1,HAN\n" + GOOD, [2, 4], [(3, "waybill", Reason.NOT_A_WAYBILL)]),
    (GOOD + "2024-01-05T08:00:00Z,u1,YT/1#2\n2024-01-05T08:00:00Z,u1,１２３\n", [2, 3, 4], []),
    (GOOD + "合计,,\n共 1 条\n", [2], [(3, "at", Reason.NOT_A_TIME), (4, "", Reason.TOO_FEW_FIELDS)]),
    (GOOD + "2024-01-05T08:00:00Z,,YT1\n", [2], [(3, "actor", Reason.EMPTY)]),
    (GOOD + "2024-01-05T08:00:00Z,u1, - \n", [2], [(3, "waybill", Reason.EMPTY)]),
    (GOOD + " ,u1,YT1\n", [2], [(3, "at", Reason.EMPTY)]),
    (GOOD + "yesterday,u1,YT1\n", [2], [(3, "at", Reason.NOT_A_TIME)]),
    (GOOD + "2024-02-30T08:00:00Z,u1,YT1\n", [2], [(3, "at", Reason.NOT_A_TIME)]),
    (GOOD + "1989-12-31T23:59:59Z,u1,YT1\n", [2], [(3, "at", Reason.TIME_OUT_OF_RANGE)]),
    (GOOD + "2100-01-01T00:00:00Z,u1,YT1\n", [2], [(3, "at", Reason.TIME_OUT_OF_RANGE)]),
    (GOOD + f"2024-01-05T08:00:00Z,{'u' * 513},YT1\n", [2], [(3, "actor", Reason.TOO_LONG)]),
    (GOOD + "bad,,\n", [2], [(3, "at", Reason.NOT_A_TIME)]),
    ("", [], []),
]


GUARDS = [
    ('="7712345678901"', "7712345678901"),
    ('"=""7712345678901"""', "7712345678901"),
    ("'7712345678901", "7712345678901"),
    ('"\'7712345678901"', "7712345678901"),
    ('="00 12"', "0012"),
]


@each("block_bytes", [1 << 20, 16])
@each("end", ["\n", "\r\n"])
@each(("cell", "number"), GUARDS)
def test_a_guarded_number_is_what_stands_in_the_guard(
    tmp_path: Path, cell: str, number: str, end: str, block_bytes: int
) -> None:
    row = f'="2024-01-05T08:00:00Z",{cell},="u1"'
    body = end.join(["at,waybill,actor,session", f'{row},=""', f'{row},="s,"', f'{row},="s1"', ""])
    whole = read(access(tmp_path, body), block_bytes=block_bytes)
    found = [(r["waybill"], r["actor"], r.get("session")) for r in whole.rows]
    assert found == [(number, "u1", None), (number, "u1", "s1")]
    assert whole.rejected == [(3, "", Reason.STRAY_QUOTE)], "only a whole cell is guarded"


def test_nothing_else_that_begins_with_an_equals_sign_is_read(tmp_path: Path) -> None:
    cells = ["=1+1", '"=HYPERLINK(""x"")"', '"a,="",b"', "'a' b"]
    whole = read(access(tmp_path, HEAD + "".join(f"2024-01-05T08:00:00Z,{cell},YT1\n" for cell in cells)))
    assert [r["actor"] for r in whole.rows] == ["=1+1", '=HYPERLINK("x")', 'a,=",b', "'a' b"]


@each("block_bytes", [1 << 20, 16])
@each(("content", "kept", "rejected"), DAMAGE)
def test_damage_costs_only_its_own_line(
    tmp_path: Path, content: str | bytes, kept: list[int], rejected: list[tuple[int, str, Reason]], block_bytes: int
) -> None:
    body = content if isinstance(content, bytes) else content.encode()
    whole = read(access(tmp_path, HEAD.encode() + body), block_bytes=block_bytes)
    assert (whole.lines, whole.rejected) == (kept, rejected)
    assert whole.table.num_rows == len(kept)


def test_a_quote_that_is_never_closed_swallows_nothing(tmp_path: Path) -> None:
    path = access(tmp_path, HEAD + GOOD + '2024-01-05T08:00:00Z,"u1,YT1\n' + GOOD * 40_000)
    for block_bytes in (1 << 18, 1 << 24):
        whole = read(path, block_bytes=block_bytes)
        assert whole.rejected == [(3, "", Reason.UNTERMINATED_QUOTE)]
        assert whole.table.num_rows == 40_001
        assert whole.lines[-1] == 40_003


def test_a_byte_order_mark_in_the_middle_is_part_of_a_value(tmp_path: Path) -> None:
    path = access(tmp_path, HEAD + GOOD + "\ufeff" + GOOD + "\ufeff\n" + GOOD)
    whole = read(path, block_bytes=len(GOOD))
    assert whole.lines == [2, 5]
    assert whole.rejected == [(3, "at", Reason.NOT_A_TIME), (4, "", Reason.TOO_FEW_FIELDS)]


def test_rows_that_do_not_fit_their_lines_stop_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.store._csv.RecordSplitter.feed", lambda *_, **__: MISCOUNTED)
    with pytest.raises(StoreError, match="don't agree"):
        read(access(tmp_path, HEAD + GOOD))


def test_a_line_without_end_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.store._text_file.LONGEST_LINE", 100)
    path = access(tmp_path, HEAD + GOOD + "x" * 200)
    with pytest.raises(StoreError, match="no text file") as caught:
        read(path, block_bytes=32)
    assert caught.value.line == 3


def test_a_nul_in_a_utf16_text_costs_only_its_line(tmp_path: Path) -> None:
    whole = read(access(tmp_path, (HEAD + GOOD + "\0\n" + GOOD).encode("utf-16")))
    assert (whole.lines, whole.rejected) == ([2, 4], [(3, "", Reason.NUL_BYTE)])


def test_the_raw_text_comes_only_on_request(tmp_path: Path) -> None:
    bad = ["2024-01-05T08:00:00Z,u1", 'x,"u\n1",YT1', 'x,u"1,YT1']
    path = access(tmp_path, HEAD + "\n".join(bad) + "\n" + GOOD)
    assert read(path).raws == [None] * 3
    whole = read(path, keep=True)
    assert whole.raws == bad
    assert [r[0] for r in whole.rejected] == [2, 3, 5]
    assert "u1" not in repr(whole.batches[0].rejected)


# file → the line and the column that the error names
REFUSED: list[tuple[str | bytes, int | None, str | None, str]] = [
    ("at,actor\n", None, "waybill", "the file has at, actor"),
    ("time,user,no\n1,2,3\n", None, "at", "wayseal map SAMPLE --table accesses"),
    ("at,actor,actor,waybill\n", None, "actor", "there twice"),
    ("13800138000,2024-01-05,YT1\n", None, "at", "#1, #2"),
    ('at,"actor\n' + GOOD, 1, None, "quote"),
    (b"at,actor,waybill," + b"\xff\n", 1, None, "UTF-8"),
    ("\n" + "x" * 200_000 + ",at\n", None, "actor", "the file has #1, at"),
]


@pytest.mark.parametrize(("content", "line", "column", "text"), REFUSED)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: str | bytes, line: int | None, column: str | None, text: str
) -> None:
    path = access(tmp_path, content)
    with pytest.raises(StoreError, match=text) as caught:
        read(path)
    assert (caught.value.file, caught.value.line, caught.value.key) == (path, line, column)
    assert str(path) in str(caught.value)
    assert "13800138000" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_has_no_rows_and_says_so(tmp_path: Path, content: str) -> None:
    whole = read(access(tmp_path, content))
    assert whole.table.num_rows == 0
    assert NoticeCode.EMPTY_FILE in whole.notices


def test_headings_may_be_in_other_case_order_and_company(tmp_path: Path) -> None:
    whole = read(access(tmp_path, "x,Waybill, ACTOR ,y,at\n1,YT1,u1,2,2024-01-05T08:00:00Z\n"))
    assert whole.rows == [{"at": "2024-01-05 08:00:00+00:00", "actor": "u1", "waybill": "YT1"}]
    assert whole.notices[NoticeCode.UNKNOWN_COLUMNS].values == {"columns": 2}


def test_headings_may_be_quoted(tmp_path: Path) -> None:
    whole = read(access(tmp_path, '"at","a ""note"", of sorts","actor","waybill"\n2024-01-05T08:00:00Z,x,u1,YT1\n'))
    assert whole.lines == [2]
    assert whole.notices[NoticeCode.UNKNOWN_COLUMNS].values == {"columns": 1}


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_another_delimiter_is_seen_and_said(tmp_path: Path, mark: str) -> None:
    whole = read(access(tmp_path, (HEAD + GOOD).replace(",", mark)))
    assert whole.lines == [2]
    assert whole.notices[NoticeCode.DELIMITER].values == {"delimiter": "tab" if mark == "\t" else mark}


ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_are_found(tmp_path: Path, encoding: str, packed: bool) -> None:
    text = "at,actor,waybill,purpose\n" + "2024-01-05T08:00:00Z,张三,YT1,客户查询|投诉\n" * 50
    data = text.encode(encoding)
    path = access(tmp_path, gzip.compress(data) if packed else data, "accesses.csv.gz" if packed else "accesses.csv")
    for block_bytes in (1 << 20, 97):
        whole = read(path, block_bytes=block_bytes)
        assert whole.rows[49]["actor"] == "张三"
        assert whole.rows[0]["purpose"] == "客户查询|投诉"
        assert (NoticeCode.ENCODING in whole.notices) is not encoding.startswith("utf-8")


def test_chinese_after_a_long_stretch_of_ascii_is_found(tmp_path: Path) -> None:
    body = HEAD + GOOD * 200 + "2024-01-05T08:00:00Z,张三,YT1\n"
    whole = read(access(tmp_path, body.encode("gb18030")), block_bytes=512)
    assert whole.rows[-1]["actor"] == "张三"
    assert whole.notices[NoticeCode.ENCODING].values == {"encoding": "GB18030"}


def test_a_broken_line_in_gb18030_costs_only_itself(tmp_path: Path) -> None:
    line = "2024-01-05T08:00:00Z,张三,YT1\n".encode("gb18030")
    broken = b"2024-01-05T08:00:00Z,\xff\xff,YT1\n"
    whole = read(access(tmp_path, HEAD.encode() + line * 3 + broken + line))
    assert whole.lines == [2, 3, 4, 6]
    assert whole.rejected == [(5, "", Reason.UNDECODABLE)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_cut_short_costs_only_the_last_line(tmp_path: Path, encoding: str) -> None:
    data = (HEAD + GOOD * 2).encode(encoding)[:-3]
    whole = read(access(tmp_path, data))
    assert whole.lines[:1] == [2]
    assert whole.rejected == [(3, "", Reason.UNDECODABLE)] or whole.lines == [2, 3]


def test_old_mac_line_ends(tmp_path: Path) -> None:
    whole = read(access(tmp_path, (HEAD + GOOD * 2).replace("\n", "\r")))
    assert whole.lines == [2, 3]


def test_a_compressed_file_cut_short_names_the_place(tmp_path: Path) -> None:
    data = gzip.compress((HEAD + GOOD * 9000).encode())
    path = access(tmp_path, data[:-40], "accesses.csv.gz")
    with pytest.raises(StoreError, match="cut short") as caught:
        read(path, block_bytes=1 << 12)
    assert caught.value.line is not None
    path.write_bytes(b"\x1f\x8b not")
    with pytest.raises(StoreError):
        read(path)


def test_times_without_offset_are_said(tmp_path: Path) -> None:
    path = access(tmp_path, HEAD + "2024-01-05 08:00:00,u1,YT1\n2024-01-05T08:00:00.5+08:00,u1,YT1\n")
    whole = read(path)
    assert whole.notices[NoticeCode.TIMES_WITHOUT_OFFSET].values == {"column": "at", "offset": "+00:00", "assumed": 1}
    assert [r["at"] for r in whole.rows] == ["2024-01-05 08:00:00+00:00", "2024-01-05 00:00:00.500000+00:00"]
    whole = read(path, offset="+08:00")
    assert whole.notices[NoticeCode.TIMES_WITHOUT_OFFSET].values["assumed"] == 0
    assert [r["at"] for r in whole.rows] == ["2024-01-05 00:00:00+00:00", "2024-01-05 00:00:00.500000+00:00"]


def test_days_without_a_time_are_counted_where_something_happened_on_them(tmp_path: Path) -> None:
    rows = "2024-01-05,u1,YT1\n2024/1/6,,YT1\n2024/1/6,u1,YT1\n2024-01-05T08:00:00Z,u1,YT1\n"
    whole = read(access(tmp_path, HEAD + rows))
    assert whole.notices[NoticeCode.DAYS_ALONE].values == {"column": "at", "rows": 2}
    leaks = put(tmp_path / "leaks.csv", "waybill,seen_at\nYT1,2024-01-05\n")
    assert NoticeCode.DAYS_ALONE not in read(leaks, table="leaks").notices, "there a day is a span"


def test_an_unknown_word_in_an_optional_enum_is_emptied_and_counted(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-05T08:00:00Z,u1,YT1,{a}\n" for a in ("view", "VIEW ", "poke", ""))
    whole = read(access(tmp_path, "at,actor,waybill,action\n" + rows))
    assert [r.get("action") for r in whole.rows] == ["view", "view", None, None]
    assert emptied(whole) == [("action", Reason.UNKNOWN_VALUE, [4])]


def test_an_unknown_word_in_a_required_enum_goes_to_quarantine(tmp_path: Path) -> None:
    path = put(tmp_path / "scans.csv", "waybill,at,kind,outlet\nYT1,2024-01-05T08:00:00Z,teleported,o1\n")
    assert read(path).rejected == [(2, "kind", Reason.UNKNOWN_VALUE)]


NUMBERS = [
    ("100", 100, None),
    ("+1e3", 1000, None),
    ("12.0", 12, None),
    ("12.5", None, Reason.NOT_WHOLE),
    ("0x10", None, Reason.NOT_A_NUMBER),
    ("nan", None, Reason.NOT_A_NUMBER),
    ("1e999", None, Reason.NOT_A_NUMBER),
    ("-1", None, Reason.NUMBER_OUT_OF_RANGE),
    ("9" * 40, None, Reason.NUMBER_OUT_OF_RANGE),
]


@pytest.mark.parametrize(("text", "value", "reason"), NUMBERS)
def test_numbers(tmp_path: Path, text: str, value: int | None, reason: Reason | None) -> None:
    head = "waybill,at,kind,outlet,weight_g\n"
    whole = read(put(tmp_path / "scans.csv", f"{head}YT1,2024-01-05T08:00:00Z,pickup,o1,{text}\n"))
    assert [r.get("weight_g") for r in whole.rows] == [value]
    assert emptied(whole) == ([] if reason is None else [("weight_g", reason, [2])])


LISTS = [
    ("a;b|c", ["a", "b", "c"], None),
    ("姓名、电话", ["姓名", "电话"], None),
    ('["a","b;c"]', ["a", "b;c"], None),
    ("[]", [], None),
    ("[1]", None, Reason.NOT_A_LIST),
    ("[", None, Reason.NOT_A_LIST),
    ('["\\ud800"]', None, Reason.NOT_A_LIST),
]


@pytest.mark.parametrize(("text", "value", "reason"), LISTS)
def test_lists(tmp_path: Path, text: str, value: list[str] | None, reason: Reason | None) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(
        [["at", "actor", "waybill", "fields"], ["2024-01-05T08:00:00Z", "u1", "YT1", text]],
    )
    whole = read(access(tmp_path, out.getvalue()))
    assert [r.get("fields") for r in whole.rows] == [value]
    assert emptied(whole) == ([] if reason is None else [("fields", reason, [2])])


_BARE = Reason.STRAY_CARRIAGE_RETURN
MISCOUNTED = SimpleNamespace(data=GOOD.encode(), line=np.arange(2), rejected=[])
CELLS = st.text(
    st.one_of(st.sampled_from(',"\n\r;|= aé运'), st.characters(codec="utf-8", exclude_characters="\0'")), max_size=8
)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS), max_size=12),
    block_bytes=st.sampled_from([1, 7, 64, 1 << 20]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_the_csv_module_writes_is_read_with_its_line(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    block_bytes: int,
    quoting: int,
    end: str,
) -> None:
    out = io.StringIO()
    sheet = csv.writer(out, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    sheet.writerow(["waybill", "at", "column", "value", "x"])
    expected, rest = [], {}
    for text, extra in rows:
        line = out.getvalue().count("\n") + 1
        sheet.writerow(["YT1", "2024-01-05T08:00:00Z", "channel", text, extra])
        expected.append((line, re.sub(r'^\s*="([^"]*)"\s*$', r"\1", text)))
        rest[line] = range(line + 1, out.getvalue().count("\n") + 1)
    path = put(tmp_path_factory.mktemp("csv") / "changes.csv", out.getvalue())
    whole = read(path, block_bytes=block_bytes)
    kept = {line: str(row["value"]) for line, row in zip(whole.lines, whole.rows, strict=True)}
    lost = {line: reason for line, _, reason in whole.rejected}
    # Without quotes around everything the csv module leaves a lone carriage return bare: no reader could tell.
    for line, text in expected:
        if line in lost:
            assert lost[line] in {Reason.EMPTY, Reason.STRAY_CARRIAGE_RETURN}
            assert lost[line] is not Reason.EMPTY or text == ""
        else:
            assert kept[line] == text
    # Of a record of several lines that is given up for such a return, the lines after it are given up on their own.
    given_up = {more for line in rest if lost.get(line) is _BARE for more in rest[line]} & set(lost)
    assert (set(kept) | set(lost)) - given_up == {line for line, _ in expected}
