"""Drafts of mappings: which table a file is, which columns it has, what a draft is not sure of."""

import gzip
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store import strange
from tests.store.helpers import mapping_of, put, read
from tests.store.workbooks import Cell, workbook
from tests.tables import each
from wayseal.model.predicate import parse_predicate
from wayseal.page.languages import translator
from wayseal.store import open_source, propose_mapping, read_batches
from wayseal.store.drafts import Draft, NoDraftError, draft_mappings
from wayseal.store.errors import StoreError
from wayseal.store.tables import TABLES

LAYOUTS = [
    (strange.counter, "counter.csv", "accesses", "at=查询时间 actor=员工编号 waybill=运单编号 via=查询方式", ""),
    (strange.scans, "export.xlsx", "scans",
     ("waybill=扫描单号 at=扫描时间 kind=扫描类型 outlet=扫描网点 operator=扫描员工号 weight_g=重量(kg) "
     "trip=车签号"), ""),
    (strange.staff, "Sheet.xlsx", "actors",
     "actor=工号 kind= role=岗位 outlet=所属网点 valid_from=入职日期 valid_to=离职日期", ""),
    (strange.outlets, "wd.tsv", "outlets",
     "outlet=网点编码 kind=网点类型 city=城市 region=大区 name=网点名称 latitude=纬度 longitude=经度", ""),
    (strange.tickets, "gd.csv", "tickets",
     "ticket=工单编号 waybill=运单号码 opened_at=创建时间 actor=受理人工号 closed_at=完结时间 kind=工单类型", ""),
    (strange.assignments, "resp.csv", "assignments",
     "actor=负责人工号 scope= value=责任网点 from=生效日期 to=失效日期", ""),
    (strange.partner, "calls.jsonl", "partner_calls",
     "partner=appKey at=callTime waybill=mailNo request=traceId operation=apiName ip=clientIp", "offset"),
    (strange.leaks, "qz.xlsx", "leaks",
     "waybill=快递单号 seen_at=收到单号时间 asked_at=下单时间 found_by=获取方式 seller=卖家昵称", ""),
    (strange.waybills, "orders.csv.gz", "waybills",
     ("waybill=WAYBILL_NO issued_at=CREATE_TM channel=ORDER_SRC origin_outlet=SEND_SITE_CODE "
      "destination_outlet=DISP_SITE_CODE customer=CUST_CODE weight_g=WEIGHT_KG goods_class=GOODS_TYPE"), ""),
    (strange.pda, "pda.log", "accesses", "at=1 waybill=5", "`actor`: nothing was found"),
    (strange.nested, "gw.jsonl", "accesses",
     "at=@timestamp actor=user.loginName,client.appId waybill=data.waybillNo ip=req.ip", "`partner_calls` is nearly"),
    (strange.changes, "gai.csv", "changes", "waybill=运单号 at=修改时间 column=修改字段 value=修改后", ""),
]  # fmt: skip


WEIGHTS = {"scans": 436_400, "waybills": 2_240_000}
"""Grams of all rows together, where a file has kilograms."""


def columns_of(draft: Draft) -> dict[str, str]:
    """Column of the contract → the file's, joined by commas."""
    said = tomllib.loads(draft.text).get("columns", {})
    return {
        name: one
        if isinstance(one, str)
        else one.get("column") or ",".join(one.get("columns", one.get("first_of", [])))
        for name, one in said.items()
    }


@each(("make", "name", "table", "columns", "doubt"), LAYOUTS)
def test_each_table_is_known_by_what_it_holds(
    make: Callable[[Path], Path], name: str, table: str, columns: str, doubt: str, tmp_path: Path
) -> None:
    """All but four were drafted as `accesses`, with the scanner, the outlet's clerk or a day as what they are not."""
    path = make(tmp_path / name)
    (draft,) = draft_mappings(path)
    assert draft.table == table
    found = columns_of(draft)
    assert {n: c for n, c in found.items() if n in TABLES[table].names} == dict(
        pair.split("=") for pair in columns.split()
    )
    assert bool(draft.doubts) == bool(doubt)
    assert all(f"# NOT SURE: {one}" in draft.text for one in draft.doubts)
    assert doubt in " ".join(draft.doubts)
    for value in strange.PERSONAL:
        assert value not in draft.text
    if doubt.startswith("`actor`"):
        return
    mapping = mapping_of(draft.text)
    whole = read(path, mapping=mapping)
    assert len(whole.lines) >= 12
    assert not whole.rejected
    assert sum(row.get("weight_g", 0) for row in whole.rows) == WEIGHTS.get(table, 0)


@each(("make", "name"), [(strange.log4j, "app.log"), (strange.log4j, "app.csv"), (strange.menu, "menu.csv")])
def test_what_is_no_table_gets_no_draft(make: Callable[[Path], Path], name: str, tmp_path: Path) -> None:
    with pytest.raises(NoDraftError) as caught:
        draft_mappings(make(tmp_path / name))
    assert caught.value.exit_code == 17


def test_lists_and_searches_are_offered_and_the_rest_is_named(tmp_path: Path) -> None:
    """They were said to be no reads; the account stands with the server or in a parameter."""
    path = strange.web(tmp_path / "web.log")
    (draft,) = draft_mappings(path)
    mapping = mapping_of(draft.text)
    assert 'actor = { first_of = ["user", "query.opId"] }' in draft.text
    assert 'offset = "+08:00"' in draft.text
    for line in ('path = "/api/orders"', 'path = "/search"', 'query = { origin_outlet = "startSite" }',
                 'ignore = ["pageNo"]', "#   /static/app.js (100)", "#   /u/*/home (100)"):  # fmt: skip
        assert line in draft.text, line
    assert draft.doubts == (
        "/search: nothing is drafted for phone (100): such a search counts as wider than it was",
        "`actor`: 200 requests of the sample name no account",
    )
    for value in strange.PERSONAL:
        assert value not in draft.text
    asked = [row for batch in read_batches(open_source(path, mapping=mapping).files[1], mapping=mapping)
             for row in batch.rows.column("filter").to_pylist()]  # fmt: skip
    assert len(asked) == 150
    # None of them counts as a look at everything.
    assert all(found.unknown or found.any_of for found in map(parse_predicate, asked))


def test_a_list_that_is_asked_for_without_a_condition_is_a_comment(tmp_path: Path) -> None:
    line = '10.1.2.3 - u [02/Mar/2026:08:00:00 +0800] "GET {} HTTP/1.1" 200 1 "-" "x"\n'
    text = "".join(line.format(p) for p in ("/api/waybill/YT1234567890123", "/api/orders", "/api/orders?page=2"))
    (draft,) = draft_mappings(put(tmp_path / "a.log", text))
    assert '# path = "/api/orders"' in draft.text


def scan(n: int, kind: str = "收件", who: str = "57001") -> str:
    return f"YT{8_800_000_000_000 + n},{datetime(2026, 3, 2) + timedelta(seconds=n)},{kind},5710{n % 5},{who}\n"  # noqa: DTZ001


HEAD = "单号,扫描时间,扫描类型,扫描网点,扫描员\n"


@pytest.mark.parametrize("packed", [False, True])
def test_all_of_a_file_is_sampled(packed: bool, tmp_path: Path) -> None:
    """The first 2,000 lines alone were looked at: a word that comes later was not listed."""
    rows = [scan(n, "转寄件" if n > 30_000 else "收件") for n in range(50_000)]
    text = (HEAD + "".join(rows)).encode()
    path = put(tmp_path / ("a.csv.gz" if packed else "a.csv"), gzip.compress(text, 1) if packed else text)
    (draft,) = draft_mappings(path)
    assert draft.table == "scans"
    assert '"转寄件" (' in draft.text
    assert any("`kind`" in doubt for doubt in draft.doubts)


def test_a_file_with_headings_in_two_languages(tmp_path: Path) -> None:
    text = "单号,扫描时间,扫描类型,扫描网点,扫描员\nbill_code,scan_date,scan_type,scan_site,scan_man\n"
    path = put(tmp_path / "a.csv", text + "".join(map(scan, range(30))))
    (draft,) = draft_mappings(path)
    assert "header = 2" in draft.text
    assert columns_of(draft)["waybill"] == "bill_code"
    whole = read(path, mapping=mapping_of(draft.text))
    assert (whole.lines[0], len(whole.lines), whole.rejected) == (3, 30, [])


@each(
    ("zone", "line"),
    [("+0800", 'offset = "+08:00"'), ("Asia/Shanghai", 'offset = "+08:00"'), ("UTC+9", 'offset = "+09:00"'),
     ("-05:30", 'offset = "-05:30"')],
)  # fmt: skip
def test_a_column_that_says_the_offset(zone: str, line: str, tmp_path: Path) -> None:
    """The times were read as UTC."""
    rows = "".join(f"2026-03-02 08:00:{n:02},{zone},u{n % 3},YT{8_800_000_000_000 + n},10.0.0.1\n" for n in range(20))
    (draft,) = draft_mappings(put(tmp_path / "a.csv", "logtime,tz,userid,waybill_no,ip\n" + rows))
    assert f"\n{line}\n" in draft.text
    assert draft.doubts == ()


def test_zones_that_differ_are_read_with_the_times(tmp_path: Path) -> None:
    rows = "".join(
        f"2026-03-02 08:00:{n:02},{'+0800' if n % 2 else '+0900'},u{n % 3},YT{8_800_000_000_000 + n},10.0.0.1\n"
        for n in range(20)
    )
    path = put(tmp_path / "a.csv", "logtime,tz,userid,waybill_no,ip\n" + rows)
    (draft,) = draft_mappings(path)
    whole = read(path, mapping=mapping_of(draft.text))
    assert [row["at"] for row in whole.rows[:2]] == ["2026-03-01 23:00:00+00:00", "2026-03-02 00:00:01+00:00"]


def test_each_sheet_gets_a_draft_and_like_ones_share_it(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["运单号", "扫描时间", "扫描类型", "扫描网点"]]
    rows += [[f"YT{8_800_000_000_000 + n}", f"2026-03-02 08:{n:02}", "收件", "A"] for n in range(20)]
    staff: list[list[Cell]] = [["工号", "岗位"]]
    staff += [[f"57{n:04}", "客服"] for n in range(20)]
    menu: list[list[Cell]] = [["菜品", "价格"], ["鱼", 3]]
    path = workbook(tmp_path / "book.xlsx", {"说明": menu, "1月": rows, "2月": rows, "人": staff})
    drafts = draft_mappings(path)
    assert [draft.table for draft in drafts] == ["scans", "actors"]
    assert 'sheet = ["1月", "2月"]' in drafts[0].text
    assert all("说明" in draft.text for draft in drafts[1:])
    (only,) = draft_mappings(path, sheet="人")
    assert only.table == "actors"
    (forced,) = draft_mappings(path, table="leaks", sheet="1月")
    assert forced.table == "leaks"


def test_scans_whose_words_are_codes_are_not_taken_for_reads(tmp_path: Path) -> None:
    """They became reads with the scanner as their actor, without a word."""
    rows = "".join(
        f"YT{8_800_000_000_000 + n},{(50, 30, 80)[n % 3]},2026-03-02 08:00:{n:02},571{n % 4},E{n % 5}\n"
        for n in range(60)
    )
    (draft,) = draft_mappings(put(tmp_path / "a.csv", "运单号,操作码,操作时间,网点代码,操作员\n" + rows))
    assert draft.table == "scans"
    assert "`kind`: 60 rows" in draft.doubts[0]
    (draft,) = draft_mappings(put(tmp_path / "b.csv", "运单号,操作时间,操作员\n" + "".join(
        f"YT{8_800_000_000_000 + n},2026-03-02 08:00:{n:02},E{n % 5}\n" for n in range(60))))  # fmt: skip
    assert any("whether this is the table" in doubt for doubt in draft.doubts)


def test_a_unit_is_told(tmp_path: Path) -> None:
    def made(head: str, cell: str) -> str:
        rows = "".join(scan(n)[:-1] + f",{cell}\n" for n in range(20))
        return draft_mappings(put(tmp_path / "a.csv", HEAD[:-1] + f",{head}\n" + rows))[0].text

    for head, cell in (("重量(kg)", "1"), ("重量（千克）", "0.5"), ("重量", "1.25")):
        assert "factor = 1000" in made(head, cell), head
    for head, cell in (("重量(g)", "500"), ("重量", "350"), ("重量", "1.5kg"), ("重量", "350.5")):
        assert "factor" not in made(head, cell), head


def test_a_dump_and_mysql_are_drafted(tmp_path: Path) -> None:
    dump = (
        "-- MySQL dump 10.19\nCREATE TABLE `site` (\n  `site_code` varchar(9),\n  `site_type` varchar(9),\n"
        "  `city` varchar(9),\n  `area` varchar(9)\n);\n"
        "INSERT INTO `site` VALUES ('A','网点','杭州','华东'),('B','网点','杭州','华东');\n"
        "CREATE TABLE `emp` (\n  `emp_no` varchar(9),\n  `post` varchar(9)\n);\n"
        "INSERT INTO `emp` VALUES ('1','客服'),('2','客服');\n"
        "CREATE TABLE `menu` (\n  `dish` varchar(9),\n  `hot` varchar(9)\n);\nINSERT INTO `menu` VALUES ('fish','3');\n"
    )
    drafts = draft_mappings(put(tmp_path / "d.sql", dump))
    assert [(draft.table, "menu" in draft.text) for draft in drafts] == [("outlets", True), ("actors", True)]
    assert 'format = "sql-dump"\nsheet = "site"' in drafts[0].text


# Headings as other systems have them, a row, and the table that it is; "" where it is none. None of them may be wrong
# without a doubt.
HEADINGS = [
    ("QRY_TIME,USER_CODE,BILL_CODE,QRY_TYPE,CLIENT_IP", "{t},E{m},{w},{v},10.1.1.{m}", "accesses", True),
    ("query_start,usename,application_name,client_addr,waybill_no", "{t},E{m},psql,10.1.1.{m},{w}", "accesses", True),
    ("日期,时刻,坐席工号,查询单号,查询结果", "{d},{c},KF{m},{w},有结果", "accesses", True),
    ("gmt_create,operator_no,operator_name,mail_no,remote_addr", "{t},{m},张三,{w},10.0.0.{m}", "accesses", True),
    ("bill_code,scan_date,scan_type,scan_site,scan_man", "{w},{t},{s},杭州{m}部,张{m}", "scans", True),
    ("运单号,操作环节,操作时间,操作机构,操作员编码,下一机构", "{w},{s},{t},31{m},U{m},32", "scans", True),
    ("巴枪号,单号,类型,时间,站点,下一站,工号", "P{m},{w},{s},{t},571{m},572,{m}", "scans", True),
    ("账号,账号类型,角色,所属机构,启用时间,数据权限", "u{n},员工,客服,J{m},{t},本网点", "actors", True),
    ("uid,uname,utype,role_name", "{n},u{n},{m},admin", "actors", False),
    ("员工编号,系统账号,职务", "{n},zs{n},坐席", "actors", False),
    ("机构代码,机构名称,机构类型,所在城市,所属省区", "J{n},第{n}部,营业部,宁波,浙江省区", "outlets", True),
    ("网点号;网点;网点类型;地市;省区", "{n};城{n}部;加盟网点;杭州;浙北", "outlets", True),
    ("订单编号,运单编号,下单时间,寄件网点,派件网点,订单来源", "O{n},{w},{t},W{m},W2,抖音", "waybills", True),
    ("受理单号,受理时间,客服工号,业务类型,快件单号,结案时间", "S{n},{t},K{m},催派,{w},{t}", "tickets", True),
    ("业务员工号,业务员姓名,客户编码,开始日期,结束日期", "E{m},张三,C{n},2025-01-01,", "assignments", True),
    ("片区,负责人工号,负责人,起始日期", "片{n},E{n},张三,2025/1/1", "assignments", True),
    ("合作方编码,调用时间,接口名称,运单号,请求IP", "P{m},{t},q,{w},10.0.0.{m}", "partner_calls", True),
    ("单号,发现日期,发现平台,店铺名称,售价", "{w},2026/3/{k},闲鱼,小{m}店,1.5", "leaks", True),
    ("时间,谁查的,单号", "{t},小王,{w}", "accesses", False),
    ("waybill_no,field_name,old_value,new_value,modify_time", "{w},dest_site,A,B,{t}+08:00", "changes", True),
    ("请求号,查询时间,查询人,查询条件,返回条数", 'R{n},{t},E{m},"{{""origin_city"":""杭州""}}",{n}', "queries", True),
    ("商品编号,商品名称,库存,单价", "{n},苹果{n},{m},9.5", "", True),
    ("time,level,thread,message", "{t},INFO,main-{m},started {n}", "", True),
    ("车牌号,司机,出发时间,到达时间", "浙A{n},张师傅,{t},{t}", "", True),
    ("发票号,开票日期,金额,购方名称", "{n},2026-03-01,{n}.5,某公司", "", True),
]


def row_of(form: str, n: int) -> str:
    at = datetime(2026, 3, 2, 8) + timedelta(seconds=97 * n)  # noqa: DTZ001
    return form.format(
        n=10_000 + n, m=n % 7, k=n % 20 + 1, t=at, d=at.date(), c=at.time(), w=f"SD{10**12 + 7919 * n}",
        v=("VIEW", "EXPORT", "PRINT")[n % 3], s=("揽收", "发件", "到件", "派件", "已签收")[n % 5],
    )  # fmt: skip


@each(("head", "form", "table", "sure"), HEADINGS)
def test_headings_of_other_systems(head: str, form: str, table: str, sure: bool, tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", head + "\n" + "".join(row_of(form, n) + "\n" for n in range(150)))
    try:
        (draft,) = draft_mappings(path)
    except NoDraftError:
        assert table == ""
        return
    assert draft.table == table
    asks = [one for one in draft.doubts if "offset" not in one]
    assert (not asks) == sure, asks
    if sure:
        mapping_of(draft.text)


def test_a_look_of_the_console_decides_alike(tmp_path: Path) -> None:
    """It took every log that wasn't named for reads."""
    path = put(tmp_path / "a.csv", HEAD + "".join(map(scan, range(30))))
    assert tomllib.loads(propose_mapping(path, table=None))["table"] == "scans"
    assert tomllib.loads(propose_mapping(strange.menu(tmp_path / "menu.csv"), table=None))["table"] == "accesses"


def test_in_chinese(tmp_path: Path) -> None:
    (draft,) = draft_mappings(strange.pda(tmp_path / "pda.log"), translate=translator("zh"))
    assert draft.doubts[0] in draft.text
    assert not any(word in draft.doubts[0] for word in ("nothing", "found"))


CELLS = st.sampled_from(
    ["运单号", "扫描时间", "工号", "2026-03-02 08:00", "YT1234567890123", "收件", "13800138000", "", "x", '"']
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=8), st.sampled_from([".csv", ".jsonl", ".log"]))
def test_a_draft_without_doubts_loads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], suffix: str
) -> None:
    path = put(tmp_path_factory.mktemp("map") / f"log{suffix}", "\n".join(",".join(r) for r in rows))
    try:
        drafts = draft_mappings(path)
    except StoreError:
        return
    for draft in drafts:
        assert "13800138000" not in draft.text
        if not draft.doubts:
            mapping_of(draft.text)


def test_a_draft_is_read_through_itself_before_it_is_handed_out(tmp_path: Path) -> None:
    """Its day is read by no way that is drafted for it, and nothing was said of it."""
    line = '{"time":"05.Nov.2026 00:00:%02d","user":"u1","uri":"/waybill/YT88000000%05d","status":200}\n'
    path = put(tmp_path / "a.log", "".join(line % (n, n) for n in range(40)))
    (draft,) = draft_mappings(path)
    assert draft.doubts == ("`at`: 40 of 40 values that were looked at can't be read as it says: not-a-time",)
    assert draft.text.split("\n")[1] == f"# NOT SURE: {draft.doubts[0]}"
    (draft,) = draft_mappings(path, translate=translator("zh"))
    assert "：不是时间" in draft.doubts[0]


GATE = '10.1.1.1 - u{m} [02/Mar/2026:08:00:00 +0800] "GET /api/waybill/{w} HTTP/1.1" 200 5 "-" "x"\n'
OBJECT = '{{"time":"{t}","user":"E{m}","waybill_no":"{w}"}}\n'
TABLE = "{t},E{m},{w},查看\n"
LATER: dict[str, tuple[str, str, str, str, str]] = {
    "csv": ("查询时间,工号,运单号,操作\n", TABLE, "{t},E{m},作废,查看\n", "utf-8", "waybill"),
    "gb18030": ("查询时间,工号,运单号,操作\n", TABLE, "{t},E{m},作废,查看\n", "gb18030", "waybill"),
    "title": ("三月查询登记,,,\n查询时间,工号,运单号,操作\n", TABLE, "{t},E{m},作废,查看\n", "utf-8", "waybill"),
    "quoted": ("查询时间,工号,运单号,操作\n", TABLE, '{t},E{m},{w},"查\n看"\n', "utf-8", ""),
    "json": ("", OBJECT, OBJECT.replace("{w}", "作废"), "utf-8", "waybill"),
    "combined": ("", GATE, GATE.replace(' HTTP/1.1"', ""), "utf-8", "*"),
}


@each("kind", LATER)
def test_a_draft_is_read_through_lines_from_all_of_the_file(kind: str, tmp_path: Path) -> None:
    """Only its beginning was: what most of the file loses was a surprise of the ingest."""
    head, first, later, encoding, column = LATER[kind]
    rows = [row_of(first if n % 2 or n < 24_000 else later, n) for n in range(32_000)]
    text = (head + "".join(rows)).encode(encoding)
    assert len(text) > 1 << 20
    for name, data in (("a.log", text), ("a.log.gz", gzip.compress(text, 1)))[: 1 + (kind == "csv")]:
        (draft,) = draft_mappings(put(tmp_path / name, data))
        lost = [doubt for doubt in draft.doubts if "values that were looked at" in doubt]
        assert [doubt.split("`")[1] for doubt in lost] == [column] * bool(column), draft.doubts


def test_a_column_whose_values_are_mostly_lost_is_a_doubt(tmp_path: Path) -> None:
    """Latitudes in seconds of arc were left out of each row, without a word."""
    rows = [f"W{n:04},网点{n},网点,杭州,华东,{112_000 + n}\n" for n in range(30)]
    (draft,) = draft_mappings(put(tmp_path / "a.csv", "网点编号,网点名称,网点类型,城市,大区,纬度\n" + "".join(rows)))
    assert draft.doubts == (
        "`latitude`: 30 of 30 values that were looked at can't be read as it says: number-out-of-range",
    )


GENERAL = "2026-11-04T16:06:{:02}.{:06}Z\t   31 {}\t{}\n"


def general(statements: list[str]) -> str:
    said = [("Connect", "order_app@10.31.3.31 on express using TCP/IP"), *(("Query", s) for s in statements)]
    return "".join(GENERAL.format(n // 60 % 60, n, command, text) for n, (command, text) in enumerate(said))


def test_who_stands_in_a_comment_under_few_logins_is_the_account(tmp_path: Path) -> None:
    """The login was drafted as the account, without a word."""
    text = "/* {}={}, trace={:08x} */ SELECT * FROM t_order WHERE waybill_no = 'YT88000000{:05}'"
    for key, doubts in (("op_no", 0), ("handled_for", 1)):
        path = put(tmp_path / "a.log", general([text.format(key, 3000 + n % 20, n, n) for n in range(80)]))
        (draft,) = draft_mappings(path)
        assert columns_of(draft)["actor"] == f"comment.{key},user"
        assert len(draft.doubts) == doubts
        assert all(
            f"`actor`: 20 values of `comment.{key}` under 1 login are taken for it" in one for one in draft.doubts
        )


def test_a_table_that_is_named_with_its_schema_and_without_has_one_section(tmp_path: Path) -> None:
    """The first of two sections, which knew the number alone, was used for all statements."""
    one = "SELECT * FROM x.t_order WHERE waybill_no = 'YT8800000000001'"
    more = "SELECT * FROM t_order WHERE send_site = '57001' AND gmt_create >= '2026-11-04 22:06:09'"
    (draft,) = draft_mappings(put(tmp_path / "a.log", general([one, more])))
    assert tomllib.loads(draft.text)["tables"] == {
        "x.t_order": {"waybill": "waybill_no", "origin_outlet": "send_site", "issued_at": "gmt_create"}
    }
    # The log's own times end in Z; what statements mean was not asked for.
    assert draft.doubts == ("the times carry no offset, and nothing says which it is",)


def test_a_parameter_is_a_waybill_only_if_it_is_like_the_numbers_of_the_log(tmp_path: Path) -> None:
    """A time in seconds and the number of an order were drafted as waybills, and who signed was not."""
    paths = ["/waybill/SD00010457859%02d", "/track?nos=SD00010457859%02d", "/waybills?from=17938044%02d&dst=N1",
             "/orders?app_order=DD202611040000%02d"]  # fmt: skip
    line = (
        '{"time":"05/Nov/2026:00:02:%02d +0800","remote_user":"","app_key":"%s","jwt_sub":"%s",'
        '"method":"GET","uri":"%s","status":200}\n'
    )
    text = "".join(
        line % (n, "ak_1" if n % 2 else "", "" if n % 2 else "u88", path % n) for n in range(40) for path in paths
    )
    (draft,) = draft_mappings(put(tmp_path / "a.log", text))
    assert [one.partition(":")[0] for one in draft.doubts] == ["/waybills", "/orders"]
    said = tomllib.loads(draft.text)
    assert said["columns"]["actor"]["first_of"] == ["app_key", "jwt_sub", "remote_user"]
    assert said["columns"]["at"] == {"column": "time", "formats": ["%d/%b/%Y:%H:%M:%S %z"]}
    assert {one["path"]: one.get("query", {}) for one in said["paths"]} == {
        "/waybill/{waybill}": {}, "/track": {"waybill": "nos"}, "/orders": {},
        "/waybills": {"destination_outlet": "dst", "issued_from": "from"},
    }  # fmt: skip


def test_issues_of_an_open_platform_are_waybills(tmp_path: Path) -> None:
    """They were drafted as calls of partners."""
    head = "waybillNo,issueTime,channel,appKey,srcNode,dstNode,customerCode,weightKg,receiverMobile\n"
    row = "SD00007577{0:05},2026-11-02 00:{1:02}:08,openapi,ak_{2},N0{2}20,N0{3}23,C000{2},0.{1},139****9585\n"
    text = head + "".join(row.format(n, n % 60, n % 7, n % 5) for n in range(200))
    (draft,) = draft_mappings(put(tmp_path / "issue_20261102.csv", text))
    assert draft.table == "waybills"
    assert columns_of(draft) == {
        "waybill": "waybillNo", "issued_at": "issueTime", "channel": "channel", "origin_outlet": "srcNode",
        "destination_outlet": "dstNode", "customer": "customerCode", "weight_g": "weightKg",
    }  # fmt: skip


SHEETS = [
    # What of 40 % of the cells is a word, an end without a date, and what is called by one word alone, were left out.
    ("运单号,下单时间,渠道,寄件网点,派件网点,重量(kg),品名", "{w},{t},柜面,5710,5711,{kg},衣物", "waybills",
     "weight_g=重量(kg) goods_class=品名", ""),
    ("序号,单号,扫描类型,扫描时间,扫描网点,操作员,重量(kg)", "{n},{w},{s},{t},571{m},U{m},{some}", "scans",
     "weight_g=重量(kg)", ""),
    ("运单编号,扫描类型,扫描时间,扫描站点,扫描人,录入方式,设备编号,集包号", "{w},{s},{t},571{m},U{m},{how},P{m},B{k}",
     "scans", "entered=录入方式 device=设备编号 trip=集包号 operator=扫描人", ""),
    ("工号,岗位,网点,入职,离职", "U{n},收银,571{m},2025.4.{k},{left}", "actors", "valid_from=入职 valid_to=离职", ""),
    ("账号,类型,对象,起,止", "U{n},城市,杭州,2025-01-01,{end}", "assignments", "to=止", ""),
    ("账号,角色,所属机构,合同日", "U{n},客服,571{m},2026-01-{k}", "actors", "", "`valid_to`: nothing was found"),
    ("SITE_ID,SITE_NM,SITE_TYPE,CITY_NM,AREA_NM", "S{n},杭州{n}部,网点,杭州,华东", "outlets", "name=SITE_NM", ""),
    # Accounts and numbers of rows look like waybills by what they hold.
    ("LOG_ID,OPR,TM,FUNC,KEYVAL", "{n},0001{p},{ms},F0101,{asked}", "accesses",
     "actor=OPR waybill=KEYVAL access=LOG_ID", "hold conditions of searches"),
    ("流水号,操作时间,工号,运单号,操作,终端", "57120261102{n},{t},U{m},{w},查询,LOGHOST", "accesses",
     "access=流水号 device= request=", ""),
    ("流水号,操作时间,工号,运单号,操作", "57120261102{m},{t},U{m},{w},查询", "accesses", "access= request=流水号", ""),
    # Tables that were taken for others.
    ("BILL_CODE,CRT_TM,CHNL,SND_SITE,DST_SITE,WT,GDS", "{w},{ms},{m},5710000{m},5720000{m},1200,数码", "waybills",
     "origin_outlet=SND_SITE destination_outlet=DST_SITE weight_g=WT", ""),
    ("BILL_CODE,CHG_TM,COL_NM,OLD_VAL,NEW_VAL,OPR", "{w},{t},DEST,5710000,5720000,0001{p}", "changes",
     "column=COL_NM value=NEW_VAL", ""),
]  # fmt: skip


@each(("head", "form", "table", "columns", "doubt"), SHEETS)
def test_columns_of_foreign_sheets(head: str, form: str, table: str, columns: str, doubt: str, tmp_path: Path) -> None:
    lines = [head]
    for n in range(150):
        words = {
            "{kg}": "未称" if n % 5 < 2 else f"0.{n + 10}",
            "{some}": "-" if n % 5 < 3 else "未称" if n % 5 < 4 else f"0.{n + 10}",
            "{left}": "2026.11.2" if n == 9 else "99999999" if n % 2 else "-",
            "{end}": "长期" if n % 2 else "2026-12-31",
            "{asked}": "SITE=571;DT=20261102" if n % 6 == 0 else f"5001{80392711 + n}",
            "{ms}": str(1793551847528 + 977 * n),
            "{p}": str(8000 + n % 40),
            "{how}": ("分拣机", "巴枪", "手工录入", "接口", "手持")[n % 5],
        }
        filled = form
        for word, text in words.items():
            filled = filled.replace(word, text)
        lines.append(row_of(filled, n))
    (draft,) = draft_mappings(put(tmp_path / "a.csv", "\n".join(lines) + "\n"))
    asks = [one for one in draft.doubts if "offset" not in one and "by what it holds" not in one]
    assert draft.table == table
    found = columns_of(draft)
    assert {one.partition("=")[0]: found.get(one.partition("=")[0], "") for one in columns.split()} == dict(
        pair.split("=") for pair in columns.split()
    )
    assert doubt in " ".join(asks) if doubt else not asks, asks


def test_events_and_tickets_in_json(tmp_path: Path) -> None:
    """They were drafted as reads: a path's last part may say nothing without the one before it."""
    marks = ("GOT", "ARRIVED", "LEFT", "DELIVERING", "SIGNED")
    events = (
        "".join(
            f'{{"id": "evt_{n:09}", "time": "2026-11-05T02:27:00Z", "data": {{"no": "ND{10**9 + 7919 * n}-1-1", '
            f'"status": "{marks[n % 5]}", "node": {{"code": "S{n % 9:03}"}}, "by": {{"account": "user{n % 40}"}}, '
            f'"weight": {{"value": {n / 10 if n % 2 else n * 100}, "unit": "{"kg" if n % 2 else "g"}"}}}}}}\n'
            for n in range(150)
        )
        + '{"id": "evt_1", "time": "2026-11-05T02:27:00Z", "data": {"amount": 12.5}}\n' * 20
    )
    (draft,) = draft_mappings(put(tmp_path / "events.jsonl", events))
    assert draft.table == "scans"
    found = columns_of(draft)
    assert found["waybill"] == "data.no"
    assert (found["outlet"], found["operator"]) == ("data.node.code", "data.by.account")
    assert found["weight_g"] == "data.weight.value,data.weight.unit"
    assert any("`waybill`: its name says nothing" in one for one in draft.doubts)
    assert any("`waybill`: 20 of 170 values" in one for one in draft.doubts)
    mapping = mapping_of(draft.text)
    (taken,) = read_batches(open_source(tmp_path / "events.jsonl", mapping=mapping).files[0], mapping=mapping)
    assert taken.rows["weight_g"].to_pylist()[:4] == [0, 100, 200, 300]
    tickets = "".join(
        f'{{"id": "{n}", "key": "CS-{n}", "fields": {{"created": "2026-11-06T21:50:08Z", "resolutiondate": null, '
        f'"issuetype": {{"name": "查件"}}, "assignee": {{"accountId": "u_{n % 30}"}}, '
        f'"customfield_10042": "JTX000{283014736 + 31 * n}"}}}}\n'
        for n in range(150)
    )
    (draft,) = draft_mappings(put(tmp_path / "issues.jsonl", tickets))
    assert draft.table == "tickets"
    assert columns_of(draft) | {"kind": ""} == {
        "ticket": "key", "waybill": "fields.customfield_10042", "opened_at": "fields.created",
        "actor": "fields.assignee.accountId", "closed_at": "fields.resolutiondate", "kind": "",
    }  # fmt: skip


def test_a_number_that_several_reads_share_is_their_request(tmp_path: Path) -> None:
    """Rows of one request lie together: of a sample that takes single ones each number would be unique."""
    lines = [f"R{n // 2:08},2026-11-02 08:{n % 60:02}:00,U{n % 7},7700{n * 7919 + 10**9},查询\n" for n in range(20_000)]
    (draft,) = draft_mappings(put(tmp_path / "a.csv", "流水号,操作时间,工号,运单号,操作\n" + "".join(lines)))
    assert columns_of(draft)["request"] == "流水号"
