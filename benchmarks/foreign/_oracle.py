"""An old system on Oracle: spools of SQL*Plus, fixed widths, bars, and codes that a note explains."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.foreign._files import text
from benchmarks.foreign._world import DAY, START, Shape, Truth, World, clock

NAME = "06-oracle"
_NOTE = """数据说明                                               2026-11-26  系统维护室 老于

一、SCAN_2026*.lst 是 sqlplus spool 出来的，库的字符集 ZHS16GBK。
    OP_CODE：10 收件  20 到件  30 发件  40 派件  50 签收  60 退回  70 问题件  （90 以上是内部用的，不用管）
    OP_TM 格式 YYYYMMDDHH24MISS
二、WAYBILL_MAIN.txt 竖线分隔，CRT_TM 是毫秒数（从 1970 年算），WT 单位是克，CHNL：1 网站 2 电话 3 大客户
三、EMP.txt 定长，没有表头：
      1- 8  工号
      9-28  姓名（按字节，汉字两个字节）
     29-32  岗位代码 0101 柜台 0102 快递员 0201 客服 0301 系统
     33-40  网点
     41-48  入职日期 YYYYMMDD
     49-56  离职日期，99999999 表示在职
四、QRY_LOG_日期.txt 查询日志，FUNC：F0101 单票查询 F0102 面单打印 F0201 条件查询 F0901 登录
    KEYVAL 单票的是单号，条件查询的是条件。TM 也是毫秒数。
五、SITE.csv 网点表。WB_CHG.txt 改单记录，COL_NM：DEST 目的网点 WT 重量 CONS 收件人
"""
_SCAN = {
    "pickup": 10,
    "arrive": 20,
    "depart": 30,
    "out_for_delivery": 40,
    "delivered": 50,
    "returned": 60,
    "problem": 70,
}
_ROLE = ("0101", "0102", "0201", "0301")


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"{500_000_000_000 + n * 3001 % 10**11}",
            lambda n: f"{n + 10_300:08}",
            lambda c, n: f"{c:0<4}{n:04}",
            _ROLE,
            ("Q",),
            ("1", "2", "3"),
            60,
            500,
            38_000,
        ),
        scale,
    )
    truth = Truth(
        NAME,
        "12 digits, beginning with 5",
        "none written in YYYYMMDDHH24MISS, +08:00 is meant; else milliseconds since 1970",
    )
    folder.mkdir(parents=True, exist_ok=True)
    text(folder / "说明.txt", _NOTE.splitlines(), encoding="gb18030", end="\r\n")
    text(folder / "SITE.csv", _sites(world, truth), encoding="gb18030", end="\r\n")
    (folder / "EMP.txt").write_bytes(b"".join(_staff(world, truth)))
    text(folder / "WAYBILL_MAIN.txt", _waybills(world, truth), encoding="gb18030")
    text(folder / "WB_CHG.txt", _changes(world, truth), encoding="gb18030")
    text(folder / "SCAN_202611.lst", _scans(world, truth), encoding="gb18030", end="\r\n")
    _reads(folder, world, truth, max(300, int(150_000 * scale)))
    return truth


def _sites(world: World, truth: Truth) -> Iterator[str]:
    kinds = {"outlet": "3", "hub": "2", "head_office": "1"}
    told = truth.table(
        "outlets", {"outlet": "SITE_ID", "kind": "SITE_LVL", "city": "CITY_NM", "region": "AREA_NM", "name": "SITE_NM"}
    )
    told.notes.append(f"codes of kind, which the note doesn't explain: {kinds}; names are padded with blanks")
    yield '"SITE_ID","SITE_NM","SITE_LVL","CITY_NM","AREA_NM"'
    for o in world.outlets:
        yield f'"{o.code}","{o.name:<20}",{kinds[o.kind]},"{o.city}","{o.region}"'
        told.row("SITE.csv", o.code)
        told.word("kind", o.kind)


def _staff(world: World, truth: Truth) -> Iterator[bytes]:
    columns = {
        "actor": "bytes 1-8",
        "kind": "none: 0301 are services, all else persons",
        "role": "bytes 29-32",
        "outlet": "bytes 33-40",
        "valid_from": "bytes 41-48",
        "valid_to": "bytes 49-56",
    }
    told = truth.table(
        "actors", columns, notes=["fixed widths in bytes of GB 18030, without headings; 99999999 means none"]
    )
    for p in world.staff:
        name = p.name.encode("gb18030").ljust(20)
        until = clock(p.until, "%Y%m%d") if p.until else "99999999"
        yield p.no.encode() + name + f"{p.role}{p.outlet.code:<8}{clock(p.since, '%Y%m%d')}{until}\r\n".encode()
        told.row("EMP.txt", p.no, None, valid_to=p.until)
        told.spoiled["valid_to: 99999999"] += p.until is None
        told.word("kind", "service" if p.role == "0301" else "person")
        told.word("role", p.role)


def _waybills(world: World, truth: Truth) -> Iterator[str]:
    columns = {
        "waybill": "BILL_CODE",
        "issued_at": "CRT_TM",
        "channel": "CHNL",
        "origin_outlet": "SND_SITE",
        "destination_outlet": "DST_SITE",
        "customer": "CUST_ID",
        "weight_g": "WT",
        "goods_class": "GDS",
    }
    told = truth.table(
        "waybills",
        columns,
        zone="milliseconds since 1970",
        notes=["bars, cells padded with blanks, a bar at the end of each line"],
    )
    yield f"{'BILL_ID':<10}|{'BILL_CODE':<14}|{'CRT_TM':<14}|CHNL|SND_SITE|DST_SITE|CUST_ID |{'WT':>8}|GDS   |CONS_NM   |CONS_TEL   |"
    for place, w in enumerate(world.waybills):
        grams = None if place % 37 == 0 else 0 if place % 301 == 1 else w.grams
        cut = place % 1409 == 11
        line = f"{place + 1:<10}|{w.no:<14}|{w.issued * 1000 + place % 1000:<14}|{w.channel:<4}|{w.origin.code}|{w.destination.code}|{w.customer:<8}|{'' if grams is None else grams:>8}|{w.goods}|{w.receiver:<6}|{w.phone}|"
        yield line[:60].rsplit("|", 2)[0] if cut else line
        if cut:
            told.file("WAYBILL_MAIN.txt").broken["the line ends in the middle"] += 1
        else:
            told.row("WAYBILL_MAIN.txt", w.no, w.issued, {"weight_g": grams}, customer=w.customer, goods_class=w.goods)
    yield ""
    yield f"-- {len(world.waybills)} rows unloaded"
    told.file("WAYBILL_MAIN.txt").other["how many, at the end"] += 1


def _changes(world: World, truth: Truth) -> Iterator[str]:
    columns = {
        "waybill": "BILL_CODE",
        "at": "CHG_TM",
        "column": "COL_NM: DEST destination_outlet, WT weight_g",
        "value": "NEW_VAL",
    }
    told = truth.table("changes", columns, notes=["COL_NM CONS is a name: no column of the contract"])
    yield "BILL_CODE|CHG_TM|COL_NM|OLD_VAL|NEW_VAL|OPR"
    for place, w in enumerate(world.waybills):
        if place % 25 != 3:
            continue
        at = w.issued + 1800 + place % 9000
        kind = ("DEST", "WT", "CONS")[place % 3]
        old, new = {
            "DEST": (w.destination.code, world.pick(world.outlets).code),
            "WT": (w.grams, w.grams + 200),
            "CONS": (w.receiver, world.name()),
        }[kind]
        yield f"{w.no}|{clock(at, '%Y%m%d%H%M%S')}|{kind}|{old}|{new}|{world.pick(world.staff).no}"
        if kind == "CONS":
            told.file("WB_CHG.txt").other["changes a field that the contract doesn't have"] += 1
        else:
            told.row("WB_CHG.txt", f"{w.no}{at}", at)
            told.word("column", "destination_outlet" if kind == "DEST" else "weight_g")


def _scans(world: World, truth: Truth) -> Iterator[str]:
    columns = {
        "waybill": "BILL_CODE",
        "at": "OP_TM",
        "kind": "OP_CODE",
        "outlet": "OP_SITE",
        "operator": "OPR_ID",
        "weight_g": "WT",
    }
    told = truth.table(
        "scans",
        columns,
        notes=[f"codes of kind, in the note: {_SCAN}", "headings and rules come again every 2,000 rows"],
    )
    file, many, dead = "SCAN_202611.lst", 0, "rows of inner codes (95), which the note says to leave"
    yield from (
        "SQL> set linesize 200 pagesize 2003 trimspool on",
        "SQL> select BILL_CODE, OP_TM, OP_CODE, OP_SITE, OPR_ID, WT from T_SCAN where OP_TM >= '20261102' order by ID;",
        "",
    )
    for place, s in enumerate(world.scans()):
        if place % 2000 == 0:
            if place:
                yield ""
                told.file(file).other["headings again"] += 2
            yield f"{'BILL_CODE':<14} {'OP_TM':<14} {'OP_CODE':>7} {'OP_SITE':<8} {'OPR_ID':<8} {'WT':>8}"
            yield f"{'-' * 14} {'-' * 14} {'-' * 7} {'-' * 8} {'-' * 8} {'-' * 8}"
        code = 95 if place % 503 == 2 else _SCAN[s.kind]
        overflow = place % 1511 == 4 and s.grams is not None
        weight = "#" * 8 if overflow else "" if s.grams is None else str(s.grams)
        yield f"{s.waybill.no:<14} {clock(s.at, '%Y%m%d%H%M%S')} {code:>7} {s.outlet.code:<8} {s.operator.no} {weight:>8}".rstrip()
        many += 1
        if code == 95:
            told.file(file).broken[dead] += 1
            continue
        told.row(file, str(place), s.at, {"weight_g": None if overflow else s.grams}, operator=s.operator.no)
        told.word("kind", s.kind)
        told.spoiled["WT: ########"] += overflow
    yield from ("", f"已选择 {many} 行。", "", "SQL> spool off")


def _reads(folder: Path, world: World, truth: Truth, many: int) -> None:
    columns = {
        "at": "TM",
        "actor": "OPR",
        "waybill": "KEYVAL where FUNC is F0101 or F0102",
        "action": "FUNC",
        "access": "LOG_ID",
        "device": "TERM",
    }
    told = truth.table("accesses", columns, zone="milliseconds since 1970")
    asked = truth.table(
        "queries",
        columns
        | {
            "request": "LOG_ID",
            "filter": "KEYVAL where FUNC is F0201: SND_SITE=…;DST_SITE=…;DT=…, or TEL=…",
            "rows": "CNT",
        },
        zone="milliseconds since 1970",
    )
    told.notes.append("codes: F0101 view, F0102 print; RC 0000 is success, 9001 no right, 1403 not found")
    pages: dict[str, list[str]] = {}
    for place, read in enumerate(world.reads(many)):
        at, w = read.ms // 1000, read.waybill
        file = f"QRY_LOG_{clock(START + (at - START) // DAY * DAY, '%Y%m%d')}.txt"
        pages.setdefault(file, ["LOG_ID|OPR|TM|FUNC|KEYVAL|CNT|RC|TERM"])
        roll, code, count = world.rng.random(), "0000", "1"
        if roll < 0.66:
            done, key, kind = ("F0102" if read.action == "print" else "F0101"), w.no, "reads"
        elif roll < 0.72:
            done, key, kind, code, count = (
                "F0101",
                w.no,
                "noise: refused or not found (RC)",
                "9001" if roll < 0.69 else "1403",
                "0",
            )
        elif roll < 0.82:
            kind, done, key, count = (
                "lists",
                "F0201",
                f"SND_SITE={w.origin.code};DT={clock(at, '%Y%m%d')}",
                str(int(roll * 1000) % 200),
            )
        elif roll < 0.86:
            kind, done, key = "searches by phone", "F0201", f"TEL={w.phone}"
        elif roll < 0.96:
            kind, done, key, count = "noise: signs in", "F0901", "", ""
        elif roll < 0.995:
            kind, done, key = "unknown: a function that the note doesn't explain", "F0777", f"{w.no[-5:]}"
        else:
            kind, done, key = "either: a name where the number belongs", "F0101", w.receiver
        pages[file].append(f"{place + 1}|{read.who.no}|{read.ms}|{done}|{key}|{count}|{code}|T{read.who.place:04}")
        truth.line(file, kind)
        if kind == "reads":
            told.row(file, str(place), at, who=read.who.no)
            told.word("action", "print" if done == "F0102" else "view")
        elif kind.startswith(("lists", "searches")):
            asked.row(file, str(place), at, who=read.who.no, rows=count)
        elif kind.startswith("either"):
            told.either += 1
    for file, lines in pages.items():
        text(folder / file, lines, encoding="gb18030")
