import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.helpers import put, read
from wayseal.page.languages import translator
from wayseal.store import load_mapping, propose_mapping, read_leaks
from wayseal.store._load_mapping import parse_mapping
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LogMapping

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
    mapping = parse_mapping(text, Path("m.toml"))
    (at,) = (f for f in mapping.fields if f.name == "at")
    assert (at.columns, at.formats) == ((column,), (form,))


def test_what_is_not_found_is_left_to_the_person(tmp_path: Path) -> None:
    _, text = propose(tmp_path, "log.csv", "colour,size\nred,1\nblue,2\n")
    for name in ("at", "actor", "waybill"):
        assert f'# {name} = "…"  # NOT FOUND' in text
    assert "left out: colour, size" in text
    with pytest.raises(StoreError, match="needs this column"):
        parse_mapping(text, Path("m.toml"))


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
