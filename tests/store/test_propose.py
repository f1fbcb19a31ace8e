import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import mapping_of, put, read
from tests.tables import each
from wayseal.page.languages import translator
from wayseal.store import load_mapping, propose_mapping, read_leaks
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LogMapping
from wayseal.store.types import NoticeCode, Reason

CHINESE = """序号,操作时间,操作人工号,操作人,快递单号,操作类型,IP地址,会话号,来源系统
1,2024/1/5 8:03:00,10021,张三,YT1234567890123,查询,10.1.2.3,s1,网关
2,2024/1/5 8:04:00,10022,李四,YT1234567890124,导出,10.1.2.4,s2,网关
"""
ENGLISH = """2024-01-05T08:00:00Z;u-17;10.0.0.1;73123456789012
2024-01-05T08:00:01Z;u-18;10.0.0.2;73123456789013
"""
NESTED = """{"ts":1704441600123,"user":{"id":"u1","name":"x"},"req":{"tracking_no":"SF1234567890123","ok":true}}
{"ts":1704441600124,"user":{"id":"u2","name":"y"},"req":{"tracking_no":"SF1234567890124"},"client_ip":"10.0.0.1"}
"""
TWO = """day,hour,login,parcel
2024-01-05,08:00:00,u1,77123456789012
2024-01-05,08:00:01,u2,77123456789013
"""


def propose(tmp_path: Path, name: str, content: str | bytes, lang: str = "en") -> tuple[Path, str]:
    path = put(tmp_path / name, content)
    return path, propose_mapping(path, translate=translator(lang))


def sources(mapping: LogMapping) -> dict[str, tuple[str, ...]]:
    return {f.name: f.columns for f in mapping.fields}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_chinese_log(tmp_path: Path, encoding: str) -> None:
    path, text = propose(tmp_path, "log.csv", CHINESE.encode(encoding), "zh")
    mapping = load_mapping(put(tmp_path / "m.toml", text))
    assert sources(mapping) == {
        "at": ("操作时间",),
        "actor": ("操作人工号",),
        "waybill": ("快递单号",),
        "action": ("操作类型",),
        "via": ("来源系统",),
        "session": ("会话号",),
        "ip": ("IP地址",),
    }
    whole = read(path, mapping=mapping)
    assert whole.rows[1] == {
        "at": "2024-01-05 00:04:00+00:00",
        "actor": "10022",
        "waybill": "YT1234567890124",
        "action": "export",
        "via": "网关",
        "session": "s2",
        "ip": "10.1.2.4",
    }
    assert "按列名猜测" in text
    assert "张三" not in text


def test_a_log_without_a_header(tmp_path: Path) -> None:
    path, text = propose(tmp_path, "log.txt", ENGLISH)
    mapping = load_mapping(put(tmp_path / "m.toml", text.replace("[columns]\n", '[columns]\nsession = "2"\n', 1)))
    assert (mapping.header, mapping.delimiter) == (False, ";")
    found = sources(mapping)
    assert (found["at"], found["waybill"], found["ip"], found["actor"]) == (("1",), ("4",), ("3",), ("3",))
    assert "the address stands in" in text
    assert read(path, mapping=mapping).lines == [1, 2]


def test_nested_json(tmp_path: Path) -> None:
    path, text = propose(tmp_path, "log.json", NESTED)
    mapping = load_mapping(put(tmp_path / "m.toml", text))
    found = sources(mapping)
    assert found["actor"] == ("user.id",)
    assert found["waybill"] == ("req.tracking_no",)
    assert found["ip"] == ("client_ip",)
    assert read(path, mapping=mapping).rows[0]["at"] == "2024-01-05 08:00:00.123000+00:00"


def test_date_and_time_of_day(tmp_path: Path) -> None:
    path, text = propose(tmp_path, "log.tsv", TWO.replace(",", "\t"))
    mapping = load_mapping(put(tmp_path / "m.toml", text))
    assert sources(mapping)["at"] == ("day", "hour")
    assert sources(mapping)["actor"] == ("login",)
    assert '# offset = "+08:00"' in text
    assert read(path, mapping=mapping).lines == [2, 3]


DAYS = [
    ("day,user,no\n2024/1/5,u1,YT1234567890123\n", "day", "%Y/%m/%d"),
    ("date,user,no\n20240105,u1,YT1234567890123\n", "date", "%Y%m%d"),
    ("n,user,no\n20240105,u1,YT1234567890123\n", None, None),
    ("ts,when,user,no\n1704441600,2024-01-05 08:00:00,u1,YT1234567890123\n", "ts", "epoch_s"),
    ("x,when,user,no\n1704441600,2024-01-05 08:00:00,u1,YT1234567890123\n", "when", "iso"),
    ("date,time,user,no\n2024-01-05,25:00:00,u1,YT1234567890123\n", "date", "iso"),
]


@pytest.mark.parametrize(("content", "column", "form"), DAYS)
def test_the_time_may_be_a_day_or_a_count(tmp_path: Path, content: str, column: str | None, form: str | None) -> None:
    _, text = propose(tmp_path, "log.csv", content)
    if column is None:
        assert "NOT FOUND" in text
        return
    mapping = mapping_of(text)
    (at,) = (f for f in mapping.fields if f.name == "at")
    assert (at.columns, at.formats) == ((column,), (form,))


def test_what_is_not_found_is_left_to_the_person(tmp_path: Path) -> None:
    _, text = propose(tmp_path, "log.csv", "colour,size\nred,1\nblue,2\n")
    for name in ("at", "actor", "waybill"):
        assert f'# {name} = "…"  # NOT FOUND' in text
    assert "left out: colour, size" in text
    with pytest.raises(StoreError, match="needs this column"):
        mapping_of(text)


def test_parquet_and_quotes(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {'the "time"\x7f': ["2024-01-05 08:00:00"], "user": ["u1"], "运单号": ["YT1234567890123"], "n": [None]}
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    mapping = load_mapping(put(tmp_path / "m.toml", propose_mapping(tmp_path / "log.parquet")))
    assert sources(mapping)["at"] == ('the "time"\x7f',)
    assert read(tmp_path / "log.parquet", mapping=mapping).lines == [1]


@pytest.mark.parametrize(("name", "content"), [("log.csv", ""), ("log.csv", "a,b\n"), ("log.jsonl", "nothing\n")])
def test_a_sample_without_rows_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(StoreError, match="no rows"):
        propose(tmp_path, name, content)


def test_the_edgar_log(shared_data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared_data / "edgar" / "server_log.zip") as archive:
        archive.extract("rows.csv", tmp_path)
    text = propose_mapping(tmp_path / "rows.csv")
    mapping = load_mapping(put(tmp_path / "m.toml", text))
    found = sources(mapping)
    assert found == {"at": ("date", "time"), "actor": ("ip",), "waybill": ("accession",), "ip": ("ip",)}
    whole = read(tmp_path / "rows.csv", mapping=mapping)
    assert whole.table.num_rows == 174_856
    assert len(whole.table.column("actor").unique()) == 2_499
    assert len(whole.table.column("waybill").unique()) == 116_270


CELLS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["2024-01-05", "YT1234567890123", "10.0.0.1"]
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=5), st.sampled_from([".csv", ".jsonl", ".log"]))
def test_a_proposal_is_toml_whatever_the_sample(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], suffix: str
) -> None:
    import tomllib

    path = put(tmp_path_factory.mktemp("map") / f"log{suffix}", "\n".join(",".join(r) for r in rows))
    try:
        text = propose_mapping(path)
    except StoreError:
        return
    assert tomllib.loads(text)["wayseal"] == 1


LEAKS = """运单号,卖家,购买时间,发现时间,备注
YT1234567890123,小店,2026/3/2 9:05,2026/3/3 15:38,x
YT1234567890124,小店,2026/3/2 9:06,2026/3/3 15:40,
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (LEAKS, {"waybill": "运单号", "seller": "卖家", "asked_at": "购买时间", "seen_at": "发现时间"}),
        (
            LEAKS.replace("购买时间", "下单时间").replace("发现时间", "看到时间").replace("卖家", "店铺"),
            {"waybill": "运单号", "seller": "店铺", "asked_at": "下单时间", "seen_at": "看到时间"},
        ),
        (
            "Tracking No,shop,order_time,Seen\nYT1,s,2026-03-02T01:00:00Z,2026-03-03\n",
            {"waybill": "Tracking No", "seller": "shop", "asked_at": "order_time", "seen_at": "Seen"},
        ),
        ("number,when\nYT1234567890123,2026-03-03 10:00\n", {"waybill": "number", "seen_at": "when"}),
        (
            "单号,时间,未见时间\nYT1,2026-03-03,2026-03-02\n",
            {"waybill": "单号", "seen_at": "时间", "absent_at": "未见时间"},
        ),
        ("waybill,seen_at\nYT1,1772000000\n", {"waybill": "waybill", "seen_at": "seen_at"}),
    ],
)
def test_a_list_of_leaks(tmp_path: Path, text: str, found: dict[str, str]) -> None:
    path = put(tmp_path / "bought.csv", text)
    mapping = load_mapping(put(tmp_path / "m.toml", propose_mapping(path, table="leaks")))
    assert mapping.table == "leaks"
    assert sources(mapping) == {name: (column,) for name, column in found.items()}
    leaks = read_leaks(path, mapping=mapping)
    assert leaks.rejected == ()
    assert leaks.rows.num_rows > 0


def test_a_list_of_leaks_says_what_it_lacks(tmp_path: Path) -> None:
    path = put(tmp_path / "bought.csv", "单号,一,二\nYT1,2026-03-03,2026-03-02\n")
    text = propose_mapping(path, table="leaks", translate=translator("zh"))
    assert '# seen_at = "…"' in text
    assert "[[drop]]" not in text


def test_calls_of_an_interface(tmp_path: Path) -> None:
    _, text = propose(tmp_path, "log.csv", CHINESE.replace("导出", "接口调用"))
    assert '"接口调用" = "api"' in text


def rows_of(count: int, row: Callable[[int], str]) -> str:
    return "\n".join(row(n) for n in range(count)) + "\n"


MIXED = "操作时间,操作终端,操作人,收件电话,快件编号,动作,结果\n" + rows_of(
    40,
    lambda n: (
        f"{f'2026/3/{n % 9 + 1} 9:{n:02}' if n % 3 else f'2026-03-0{n % 9 + 1} 09:{n:02}:12'},PC-{n % 7},u{n % 5},"
        f"1380000{n:04},YT{8_800_000_000_000 + n},{('查询', '批量拉取')[n % 2]},{('成功', '无权限', '排队中')[n % 3]}"
    ),
)


def test_a_column_that_mixes_two_ways_to_write_a_time(tmp_path: Path) -> None:
    path, text = propose(tmp_path, "log.csv", MIXED + "合计,40,,,,,\n")
    assert 'at = { column = "操作时间", formats = ["%Y/%m/%d %H:%M", "iso"] }' in text
    assert "written in several ways" in text
    assert '\noffset = "+08:00"\n' in text
    whole = read(path, mapping=mapping_of(text))
    assert len(whole.lines) == 27
    assert whole.rejected == [(42, "at", Reason.NOT_A_TIME)]
    assert [row["at"] for row in whole.rows[:2]] == ["2026-03-01 01:00:12+00:00", "2026-03-03 01:02:00+00:00"]


# How one moment is written, and what is proposed of a column of them.
WAYS = [
    (("2026.03.0{d} 09:{m:02}", "2026030{d}09{m:02}12"), ["%Y.%m.%d %H:%M", "%Y%m%d%H%M%S"]),
    (("2026年3月{d}日,9:{m:02}", "2026-03-0{d},9:{m:02}:12"), ["%Y年%m月%d日 %H:%M", "%Y-%m-%d %H:%M:%S"]),
    (("2026.3.{d},9:{m:02}", "2026/3/{d},9:{m:02}"), ["%Y.%m.%d %H:%M", "%Y/%m/%d %H:%M"]),
]


@each(("ways", "formats"), WAYS)
def test_a_time_in_two_ways_is_read_whole_in_one_column_and_in_two(
    ways: tuple[str, str], formats: list[str], tmp_path: Path
) -> None:
    head = "日期,时刻,工号,单号\n" if "," in ways[0] else "时间,工号,单号\n"
    rows = rows_of(40, lambda n: f"{ways[n % 3 > 1].format(d=n % 9 + 1, m=n)},u{n % 5},YT{8_800_000_000_000 + n}")
    path, text = propose(tmp_path, "log.csv", head + rows)
    mapping = mapping_of(text)
    (at,) = (field for field in mapping.fields if field.name == "at")
    assert (at.columns, list(at.formats)) == (tuple(head.split(",")[: head.count(",") - 1]), formats)
    whole = read(path, mapping=mapping)
    assert (len(whole.lines), whole.rejected) == (40, [])
    assert NoticeCode.DAYS_ALONE not in whole.notices


def test_a_proposal_says_what_of_the_times_is_lost(tmp_path: Path) -> None:
    _, text = propose(tmp_path, "log.csv", MIXED + "合计,40,,,,,\n")
    assert re.search(r"^at = .*known: 1$", text, re.MULTILINE)
    days = rows_of(9, lambda n: f"2026/3/{n + 1},u1,YT{8_800_000_000_000 + n}")
    _, text = propose(tmp_path, "log.csv", f"日期,工号,单号\n{days}")
    assert re.search(r"^at = .*each read counts as at the first moment of its day$", text, re.MULTILINE)


def test_words_that_nobody_knows_are_listed_with_counts(tmp_path: Path) -> None:
    _, text = propose(tmp_path, "log.csv", MIXED)
    assert re.search(r'# action: words that are not known.*: "批量拉取" \(20\)\n', text)
    assert '# 结果: "成功" (14), "无权限" (13), "排队中" (13)\n' in text
    assert re.search(r'# not known: .*: "排队中" \(13\)\n', text)
    assert '\n[[drop]]\ncolumn = "结果"\nequals = ["无权限"]\n' in text


def test_phones_are_no_waybills_and_a_device_is_one(tmp_path: Path) -> None:
    _, text = propose(tmp_path, "log.csv", MIXED)
    found = sources(mapping_of(text))
    assert (found["waybill"], found["device"], found["actor"]) == (("快件编号",), ("操作终端",), ("操作人",))
    assert "138" not in text


# The headings of a log, and the one that is its device.
DEVICES = [
    ("ts,user,waybill_no,client.device,client", "client.device"),
    ("ts,user,waybill_no,access_device", "access_device"),
    ("ts,user,waybill_no,imei", "imei"),
    ("时间,工号,单号,操作设备,操作", "操作设备"),
    ("时间,工号,单号,终端编号,终端类型", "终端编号"),
]


@each(("head", "device"), DEVICES)
def test_a_device_is_proposed_as_one(head: str, device: str, tmp_path: Path) -> None:
    more = head.count(",") - 2
    text = (
        head
        + "\n"
        + rows_of(20, lambda n: f"2026-03-04 09:{n:02}:00,u{n % 3},YT{8_800_000_000_000 + n}" + f",86{n:013}" * more)
    )
    _, proposed = propose(tmp_path, "log.csv", text)
    assert sources(mapping_of(proposed))["device"] == (device,)


def test_lists_of_numbers_and_counted_times_without_a_name(tmp_path: Path) -> None:
    lines = rows_of(
        20,
        lambda n: json.dumps(
            {
                "w": 1_772_500_000_000 + 60_000 * n, "who": {"login": f"u{n % 3}"},
                "out": {"rows": [{"no": f"YT{8_800_000_000_000 + n}"}, {"no": f"YT{8_900_000_000_000 + n}"}]},
            }
        ),
    )  # fmt: skip
    path, text = propose(tmp_path, "log.jsonl", lines)
    mapping = mapping_of(text)
    assert sources(mapping) == {"at": ("w",), "actor": ("who.login",), "waybill": ("out.rows.no",)}
    assert "each of their numbers is a read" in text
    whole = read(path, mapping=mapping)
    assert (len(whole.lines), whole.rejected) == (40, [])


def test_words_of_a_list_of_leaks(tmp_path: Path) -> None:
    path = put(
        tmp_path / "b.csv", "单号,发现时间,发现方式\nYT1234567890123,2026/3/3,购买\nYT1234567890124,2026/3/3,朋友圈\n"
    )
    text = propose_mapping(path, table="leaks")
    assert '"购买" = "purchase"' in text
    assert '"朋友圈" (1)' in text


def test_no_names_of_people_are_listed_as_words(tmp_path: Path) -> None:
    text = "时间,工号,操作人,备注结果,单号\n" + rows_of(
        20, lambda n: f"2026-03-04 09:{n:02}:00,u{n % 3},张三,给李四送,YT{8_800_000_000_000 + n}"
    )
    _, proposed = propose(tmp_path, "log.csv", text)
    assert "张三" not in proposed
    assert "李四" not in proposed
