import json
import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from tests.store.helpers import mapping_of, put, read
from tests.tables import each
from wayseal.page.languages import translator
from wayseal.store import load_mapping, propose_mapping
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


LEAKS = """运单号,卖家,购买时间,发现时间,备注
YT1234567890123,小店,2026/3/2 9:05,2026/3/3 15:38,x
YT1234567890124,小店,2026/3/2 9:06,2026/3/3 15:40,
"""


def device_row(more: int, n: int) -> str:
    return f"2026-03-04 09:{n:02}:00,u{n % 3},YT{8_800_000_000_000 + n}" + f",86{n:013}" * more


PEOPLE = "时间,工号,操作人,备注结果,单号\n" + rows_of(
    20, lambda n: f"2026-03-04 09:{n:02}:00,u{n % 3},张三,给李四送,YT{8_800_000_000_000 + n}"
)
LISTS = rows_of(
    20,
    lambda n: json.dumps(
        {
            "w": 1_772_500_000_000 + 60_000 * n, "who": {"login": f"u{n % 3}"},
            "out": {"rows": [{"no": f"YT{8_800_000_000_000 + n}"}, {"no": f"YT{8_900_000_000_000 + n}"}]},
        }
    ),
)  # fmt: skip
DEVICES = (
    "ts,user,waybill_no,client.device,client", "ts,user,waybill_no,access_device", "ts,user,waybill_no,imei",
    "时间,工号,单号,操作设备,操作", "时间,工号,单号,终端编号,终端类型",
)  # fmt: skip
SAMPLES: dict[str, tuple[str, str | bytes, str]] = {
    "chinese": ("log.csv", CHINESE, "accesses"),
    "chinese in gb18030": ("log.csv", CHINESE.encode("gb18030"), "accesses"),
    "chinese in utf-16": ("log.csv", CHINESE.encode("utf-16"), "accesses"),
    "calls of an interface": ("log.csv", CHINESE.replace("导出", "接口调用"), "accesses"),
    "without a header": ("log.txt", ENGLISH, "accesses"),
    "nested json": ("log.json", NESTED, "accesses"),
    "lists of numbers and counted times": ("log.jsonl", LISTS, "accesses"),
    "date and time of day": ("log.tsv", TWO.replace(",", "\t"), "accesses"),
    "a day": ("log.csv", "day,user,no\n2024/1/5,u1,YT1234567890123\n", "accesses"),
    "a day of digits": ("log.csv", "date,user,no\n20240105,u1,YT1234567890123\n", "accesses"),
    "digits that are no day": ("log.csv", "n,user,no\n20240105,u1,YT1234567890123\n", "accesses"),
    "a count by its name": (
        "log.csv", "ts,when,user,no\n1704441600,2024-01-05 08:00:00,u1,YT1234567890123\n", "accesses"
    ),
    "a count without one": (
        "log.csv", "x,when,user,no\n1704441600,2024-01-05 08:00:00,u1,YT1234567890123\n", "accesses"
    ),
    "no time of day": ("log.csv", "date,time,user,no\n2024-01-05,25:00:00,u1,YT1234567890123\n", "accesses"),
    "nothing found": ("log.csv", "colour,size\nred,1\nblue,2\n", "accesses"),
    "times in two ways and unknown words": ("log.csv", MIXED, "accesses"),
    "a sum at the end": ("log.csv", MIXED + "合计,40,,,,,\n", "accesses"),
    "days alone": (
        "log.csv", "日期,工号,单号\n" + rows_of(9, lambda n: f"2026/3/{n + 1},u1,YT{8_800_000_000_000 + n}"), "accesses"
    ),
    "names of people": ("log.csv", PEOPLE, "accesses"),
    **{
        f"device {n}": ("log.csv", f"{head}\n" + rows_of(20, partial(device_row, head.count(",") - 2)), "accesses")
        for n, head in enumerate(DEVICES)
    },
    "leaks": ("bought.csv", LEAKS, "leaks"),
    "leaks by other names": (
        "bought.csv",
        LEAKS.replace("购买时间", "下单时间").replace("发现时间", "看到时间").replace("卖家", "店铺"),
        "leaks",
    ),
    "leaks in english": (
        "bought.csv", "Tracking No,shop,order_time,Seen\nYT1,s,2026-03-02T01:00:00Z,2026-03-03\n", "leaks"
    ),
    "leaks with two columns": ("bought.csv", "number,when\nYT1234567890123,2026-03-03 10:00\n", "leaks"),
    "leaks not seen": ("bought.csv", "单号,时间,未见时间\nYT1,2026-03-03,2026-03-02\n", "leaks"),
    "leaks of the contract": ("bought.csv", "waybill,seen_at\nYT1,1772000000\n", "leaks"),
    "leaks that lack a time": ("bought.csv", "单号,一,二\nYT1,2026-03-03,2026-03-02\n", "leaks"),
    "words of leaks": (
        "b.csv", "单号,发现时间,发现方式\nYT1234567890123,2026/3/3,购买\nYT1234567890124,2026/3/3,朋友圈\n", "leaks"
    ),
}  # fmt: skip


def reading(path: Path, proposed: str) -> list[Any] | str:
    """How many rows a proposal reads of its sample, the first two, and what it rejects; or why it can't be used."""
    try:
        whole = read(path, mapping=mapping_of(proposed))
    except StoreError as error:
        return str(error)
    return [len(whole.lines), whole.rows[:2], [(n, c, r.value) for n, c, r in whole.rejected]]


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_proposed_and_what_it_reads(name: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """No name of a person and no phone stands in it; what it reads is what the sample says."""
    file, content, table = SAMPLES[name]
    path = put(tmp_path / file, content)
    for lang in ("en", "zh"):
        text = propose_mapping(path, table=table, translate=translator(lang))
        assert not re.search("张三|李四|138", text)
        assert text == snapshot(name=lang)
    assert reading(path, text) == snapshot(name="read")
