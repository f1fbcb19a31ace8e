"""A rented system: a workbook of several sheets, webhook events, and a log of the application for people to read."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.foreign._files import Cell, Sheet, text, workbook
from benchmarks.foreign._world import CHINA, START, Read, Scan, Shape, TableTruth, Truth, World, clock

NAME = "07-saas-tms"
_NOTE = """导出说明

1. 导出_20261109.xlsx：从后台“数据中心-导出”下载，含 运单、轨迹、用户、操作日志 四个表。轨迹每次最多导出六万行，其余的在 webhook 里。
2. webhook/events.jsonl：我方接收到的推送（TMS 厂家格式），time 是 UTC。
3. logs/tms-app.log：厂家给的应用日志，GMT+8。厂家说“查看运单”都有单号，其他的没有。
4. 运单号里的 -1-1 是子单，导出时请保留。
5. 重量单位：运单表是 kg，轨迹里没有重量，webhook 见 unit。
"""
_SCAN = {
    "pickup": "已揽收",
    "arrive": "到达",
    "depart": "离开",
    "out_for_delivery": "派送中",
    "delivered": "已签收",
    "returned": "退回",
    "problem": "异常",
}
_CODE = {
    "pickup": "GOT",
    "arrive": "ARRIVED",
    "depart": "LEFT",
    "out_for_delivery": "DELIVERING",
    "delivered": "SIGNED",
    "returned": "RETURNED",
    "problem": "EXCEPTION",
}
_MOST = 60_000


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"ND{n * 2003 % 10**10:010}-1-{1 + n % 2}",
            lambda n: f"user{n + 1:03}",
            lambda c, n: f"S{n + 1:03}",
            ("管理员", "客服", "司机", "财务"),
            ("查看", "导出", "打印"),
            ("API", "导入", "手工"),
            30,
            160,
            24_000,
        ),
        scale,
    )
    truth = Truth(
        NAME,
        "ND, 10 digits and -1-1 or -1-2, whose dashes are meant",
        "none written in the workbook and the log (+08:00); Z in the events",
    )
    folder.mkdir(parents=True, exist_ok=True)
    text(folder / "说明.txt", _NOTE.splitlines())
    scans = list(world.scans())
    book = folder / "导出_20261109.xlsx"
    reads = world.reads(max(300, int(80_000 * scale)))
    half = len(reads) // 4
    most = min(_MOST, len(scans) // 2)
    sheets = [
        Sheet(
            "首页", [["TMS 数据导出"], ["导出人", "admin"], ["导出时间", datetime(2026, 11, 9, 8, 30, tzinfo=CHINA)]]
        ),
        Sheet("运单", _waybills(world, truth, f"{book.name}#运单")),
        Sheet("轨迹", _scans(truth, f"{book.name}#轨迹", scans[:most])),
        Sheet("用户", _users(world, truth, f"{book.name}#用户")),
        Sheet("操作日志", _done(world, truth, f"{book.name}#操作日志", reads[:half])),
        Sheet("运单号缓存", [[w.no] for w in world.waybills[:50]], hidden=True),
    ]
    truth.distractors[f"{book.name}#运单号缓存"] = "a hidden sheet of numbers alone"
    workbook(book, sheets)
    text(folder / "webhook/events.jsonl", _events(world, truth, "webhook/events.jsonl", scans[most:]))
    text(folder / "logs/tms-app.log", _log(world, truth, "logs/tms-app.log", reads[half:]))
    return truth


def _waybills(world: World, truth: Truth, file: str) -> Iterator[list[Cell]]:
    columns = {
        "waybill": "运单号*",
        "issued_at": "创建时间",
        "channel": "来源",
        "origin_outlet": "发货站点",
        "destination_outlet": "收货站点",
        "customer": "客户编号",
        "order_ref": "客户单号",
        "weight_g": "重量（KG） × 1000",
        "goods_class": "货物名称",
    }
    told = truth.table(
        "waybills",
        columns,
        notes=[
            "创建时间 is a date of the spreadsheet in most rows, a text in some",
            "weights as numbers, some as texts with their unit",
        ],
    )
    yield ["运单数据（导出时间 2026-11-09 08:30）"]
    yield [
        "序号",
        "运单号*",
        "创建时间",
        "来源",
        "发货站点",
        "收货站点",
        "客户编号",
        "客户单号",
        "重量（KG）",
        "体积（m³）",
        "货物名称",
        "收货人",
        "收货电话",
        "签收人",
    ]
    for place, w in enumerate(world.waybills, 1):
        weight: Cell = round(w.grams / 1000, 3)
        grams: int | None = w.grams
        if place % 19 == 0:
            weight, grams = None, None
        elif place % 73 == 1:
            weight, grams = "/", None
            told.spoiled["weight: /"] += 1
        made: Cell = (
            clock(w.issued, "%Y-%m-%d %H:%M:%S") if place % 11 == 0 else datetime.fromtimestamp(w.issued, CHINA)
        )
        source: Cell = None if place % 907 == 6 else w.channel
        yield [
            place,
            w.no,
            made,
            source,
            w.origin.code,
            w.destination.code,
            w.customer,
            w.order,
            weight,
            0.01,
            w.goods,
            w.receiver,
            w.phone,
            None,
        ]
        if source is None:
            told.file(file).broken["no 来源"] += 1
        else:
            told.row(
                file, w.no, w.issued, {"weight_g": grams}, customer=w.customer, order_ref=w.order, goods_class=w.goods
            )
    yield ["合计", f"{len(world.waybills)}单"]
    told.file(file).other["total at the end"] += 1


def _scans(truth: Truth, file: str, scans: list[Scan]) -> Iterator[list[Cell]]:
    columns = {
        "waybill": "运单号 / data.no",
        "at": "发生时间 / time",
        "kind": "状态 / data.status",
        "outlet": "站点编码 / data.node.code",
        "operator": "操作人账号 / data.by.account",
        "weight_g": "none / data.weight by its unit (kg or g)",
    }
    told = truth.table("scans", columns, zone="none in the workbook (+08:00), Z in the events")
    told.notes.append(f"words of kind: {_SCAN}; in the events {_CODE}; 已录单 and CREATED are no scan of the contract")
    yield ["运单号", "状态", "发生时间", "站点编码", "站点名称", "操作人账号", "描述"]
    for place, s in enumerate(scans):
        other = place % 601 == 3
        word = "已录单" if other else _SCAN[s.kind]
        yield [
            s.waybill.no,
            word,
            datetime.fromtimestamp(s.at, CHINA),
            s.outlet.code,
            s.outlet.name,
            s.operator.no,
            f"【{s.outlet.city}】{s.outlet.name} {word}",
        ]
        if other:
            told.file(file).broken["a state that the contract doesn't know: 已录单"] += 1
        else:
            told.row(file, f"x{place}", s.at, operator=s.operator.no)
            told.word("kind", s.kind)


def _users(world: World, truth: Truth, file: str) -> Iterator[list[Cell]]:
    columns = {
        "actor": "账号",
        "kind": "账号类型",
        "role": "角色",
        "outlet": "所属站点",
        "rights": "权限, one a line of the cell",
        "valid_from": "创建日期",
        "valid_to": "停用日期",
    }
    told = truth.table(
        "actors", columns, notes=["words of kind: 员工 person, 接口 service, 司机终端 device", "权限 holds line breaks"]
    )
    words = {"员工": "person", "接口": "service", "司机终端": "device"}
    yield ["账号", "姓名", "账号类型", "角色", "所属站点", "权限", "创建日期", "停用日期", "最后登录"]
    for p in world.staff:
        kind = "接口" if p.place % 31 == 5 else "司机终端" if p.role == "司机" else "员工"
        until: Cell = datetime.fromtimestamp(p.until, CHINA).date() if p.until else None
        yield [
            p.no,
            p.name,
            kind,
            p.role,
            p.outlet.code,
            "\n".join(p.rights),
            datetime.fromtimestamp(p.since, CHINA).date(),
            until,
            clock(START + p.place * 3000),
        ]
        told.row(file, p.no, None, valid_to=p.until, valid_from=p.since)
        told.word("kind", words[kind])
        told.word("role", p.role)


def _done(world: World, truth: Truth, file: str, reads: list[Read]) -> Iterator[list[Cell]]:
    columns = {
        "at": "时间 / the line's time",
        "actor": "账号 / 用户[…] of the line",
        "waybill": "对象 where 模块 is 运单 / the number behind 查看运单",
        "action": "动作 (查看 view, 打印 print, 导出 export)",
        "ip": "IP",
    }
    told = truth.table(
        "accesses", columns, notes=["the log's other lines don't say which waybills were shown: honestly unknown"]
    )
    words = {"view": "查看", "print": "打印", "export": "导出"}
    yield ["时间", "账号", "模块", "动作", "对象", "IP", "结果"]
    for place, read in enumerate(reads):
        roll, at = world.rng.random(), read.ms // 1000
        module, done, thing, result, kind = "运单", words[read.action], read.waybill.no, "成功", "reads"
        if roll < 0.05:
            result, kind = "失败", "noise: failed"
        elif roll < 0.12:
            module, done, thing, kind = "系统", "登录", "", "noise: signs in"
        elif roll < 0.2:
            done, thing, kind = "列表查询", f"站点={read.who.outlet.code}", "lists"
        elif roll < 0.25:
            done, kind = "编辑", "either: edits a waybill"
        yield [
            datetime.fromtimestamp(at, CHINA),
            read.who.no,
            module,
            done,
            thing or None,
            f"192.168.{read.who.place % 9}.{read.who.place}",
            result,
        ]
        truth.line(file, kind)
        if kind == "reads":
            told.row(file, f"x{place}", at, who=read.who.no)
            told.word("action", read.action)
        elif kind.startswith("either"):
            told.either += 1
        elif kind == "lists":
            _queries(truth).row(file, f"x{place}", at, who=read.who.no)


def _queries(truth: Truth) -> TableTruth:
    columns = {
        "at": "时间 / the line's time",
        "actor": "账号 / 用户[…]",
        "filter": "对象: 站点 is origin_outlet / station of 参数",
        "request": "none: the line's place",
    }
    return truth.tables.get("queries") or truth.table("queries", columns)


def _events(world: World, truth: Truth, file: str, scans: list[Scan]) -> Iterator[str]:
    told = truth.tables["scans"]
    for place, s in enumerate(scans):
        head = {
            "id": f"evt_{place:09}",
            "time": f"{clock(s.at, '%Y-%m-%dT%H:%M:%S', UTC)}.{place % 1000:03}Z",
            "tenant": "t-88",
            "retry": 0,
        }
        if place % 9 == 0:
            truth.line(file, "noise: other events")
            yield json.dumps(
                head | {"type": "bill.settled", "data": {"amount": 12.5, "currency": "CNY"}}, ensure_ascii=False
            )
        pound = s.grams is not None and place % 2 == 0
        weight = (
            {"value": s.grams / 1000 if pound else s.grams, "unit": "kg" if pound else "g"}
            if s.grams is not None
            else None
        )
        data = {
            "no": s.waybill.no,
            "status": _CODE[s.kind],
            "node": {"code": s.outlet.code, "name": s.outlet.name},
            "by": {"account": s.operator.no},
            "weight": weight,
            "receiver": {"name": s.waybill.receiver, "mobile": s.waybill.phone},
        }
        if place % 401 == 2:
            data["node"] = None
            told.file(file).broken["node is null"] += 1
        else:
            told.row(file, f"e{place}", s.at, operator=s.operator.no)
            told.word("kind", s.kind)
        truth.line(file, "scans")
        line = json.dumps(head | {"type": "waybill.track", "data": data}, ensure_ascii=False)
        yield line
        if place % 700 == 5:
            told.file(file).broken["cut off in the middle"] += 1
            yield line[:70]


def _log(world: World, truth: Truth, file: str, reads: list[Read]) -> Iterator[str]:
    told = truth.tables["accesses"]
    for place, read in enumerate(reads):
        at, w, who = read.ms // 1000, read.waybill, read.who.no
        head = f"{clock(at)},{read.ms % 1000:03} [http-nio-8080-exec-{place % 40 + 1}] "
        roll = world.rng.random()
        if roll < 0.5:
            truth.line(file, "reads")
            told.row(file, f"l{place}", at, who=who)
            told.word("action", "view")
            yield f"{head}INFO  c.y.tms.waybill.WaybillController - 用户[{who}] 查看运单 {w.no} 耗时{place % 90}ms"
        elif roll < 0.6:
            truth.line(file, "lists: the question is in the line")
            _queries(truth).row(file, f"l{place}", at, who=who)
            yield f"{head}INFO  c.y.tms.waybill.WaybillController - 用户[{who}] 运单列表 参数{{station={read.who.outlet.code}, page={place % 5}}} 返回{place % 51}条"
        elif roll < 0.68:
            truth.line(file, "unknown: some waybills, nobody knows which")
            yield f"{head}INFO  c.y.tms.report.ExportService - 导出完成 任务{place} 共{place % 900}条"
        elif roll < 0.74:
            truth.line(file, "unknown: who is not written")
            yield f"{head}DEBUG c.y.tms.waybill.WaybillDao - ==> Parameters: {w.no}(String)"
        elif roll < 0.80:
            truth.line(file, "noise: refused")
            yield f"{head}WARN  c.y.tms.auth.Guard - 用户[{who}] 无权查看 {w.no}"
        elif roll < 0.84:
            truth.line(file, "noise: errors over several lines")
            yield f"{head}ERROR c.y.tms.waybill.WaybillController - 查询失败"
            yield "java.lang.NullPointerException: null"
            yield "\tat c.y.tms.waybill.WaybillService.load(WaybillService.java:118)"
            yield "\tat java.base/java.lang.Thread.run(Thread.java:833)"
        else:
            truth.line(file, "noise: the application's own lines")
            yield f"{head}INFO  c.y.tms.job.HeartBeat - ok {int(roll * 1000)}"
