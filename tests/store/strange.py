"""Files as couriers, partners and investigators have them: each laid out in a way of its own, none by the contract."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from tests.store.workbooks import Cell, workbook

_START = datetime(2026, 3, 2, 8, 0, 3)  # noqa: DTZ001
_PEOPLE = ("王小明", "李四", "欧阳雪", "赵敏")
PHONES = tuple(f"139{n:08}" for n in range(40))
PERSONAL = (*_PEOPLE, "139000000", "幸福路", "zhangsan")
"""What must stand in no draft."""


def _when(n: int, form: str = "%Y-%m-%d %H:%M:%S", step: int = 211) -> str:
    return (_START + timedelta(seconds=step * n)).strftime(form)


def _number(n: int) -> str:
    return f"YT{8_800_000_000_000 + 7_919 * n}"


def _csv(head: str, count: int, row: Callable[[int], str]) -> str:
    return head + "\n" + "\n".join(row(n) for n in range(count)) + "\n"


def counter(path: Path) -> Path:
    """A counter's book of look-ups: a title and a line of who exported it above the headings; GB 18030."""
    rows = _csv(
        "序号,查询时间,员工编号,员工姓名,寄件人电话,运单编号,查询方式,备注", 300,
        lambda n: f"{n + 1},{_when(n, '%Y/%m/%d %H:%M')},0{1000 + n % 9},{_PEOPLE[n % 4]},{PHONES[n % 40]},"
        f"{_number(n)},{('前台电脑', '手持终端')[n % 2]},{('', '幸福路3号')[n % 2]}",
    )  # fmt: skip
    return _put(
        path, f"城西营业部单号查询登记台账,,,,,,,\n导出人：李四,导出时间：2026-03-03,,,,,,\n{rows}".encode("gb18030")
    )


def scans(path: Path) -> Path:
    """Scans exported by the sorting system, with the courier that scanned."""
    words = ("收件", "发件", "到件", "派件", "签收", "问题件", "退件")
    head = ("扫描单号", "扫描类型", "扫描时间", "扫描网点", "扫描员工号", "上一站", "重量(kg)", "车签号")
    rows: list[list[Cell]] = [
        [_number(n // 5), words[n % 7], _START + timedelta(minutes=n), f"5710{n % 6}", f"57{n % 13:04}",
         f"5710{(n + 1) % 6}", round(0.3 + n % 17 / 10, 2), f"CQ{n % 50:05}"]
        for n in range(400)
    ]  # fmt: skip
    return workbook(path, {"扫描明细": [list(head), *rows]})


def staff(path: Path) -> Path:
    """A list of staff as personnel has it: most columns are no table's."""
    head = (
        "序号",
        "工号",
        "姓名",
        "性别",
        "身份证号",
        "手机",
        "岗位",
        "所属网点",
        "入职日期",
        "离职日期",
        "紧急联系人",
    )
    rows = [
        [n + 1, f"57{n:04}", _PEOPLE[n % 4], "男", f"33010619900101{n:03}X", PHONES[n % 40],
         ("快递员", "仓管", "客服")[n % 3],
         f"5710{n % 6}", "2021-05-0" + str(n % 9 + 1), "" if n % 7 else "2026-01-31", _PEOPLE[(n + 1) % 4]]
        for n in range(80)
    ]  # fmt: skip
    return workbook(path, {"Sheet1": [["员工花名册"], list(head), *rows]})


def outlets(path: Path) -> Path:
    """Outlets, by tabs."""
    kinds = ("一级网点", "分拨中心", "总部")
    return _put(path, _csv(
        "网点编码\t网点名称\t网点类型\t省份\t城市\t区县\t大区\t经度\t纬度\t负责人\t联系电话", 60,
        lambda n: f"5710{n}\t杭州{n}部\t{kinds[0 if n > 3 else n % 3]}\t浙江省\t杭州市\t西湖区\t华东\t120.{n}\t30.{n}\t"
        f"{_PEOPLE[n % 4]}\t{PHONES[n % 40]}",
    ))  # fmt: skip


def tickets(path: Path) -> Path:
    """What a service desk exports."""
    return _put(path, _csv(
        "工单编号,工单类型,运单号码,客户来电,创建时间,受理人工号,处理状态,完结时间,问题描述", 200,
        lambda n: f"GD2026{n:06},{('催件', '改址', '投诉')[n % 3]},{_number(n)},{PHONES[n % 40]},{_when(n)},"
        f"KF{n % 8:03},{('已完结', '处理中')[n % 2]},{_when(n + 9) if n % 2 == 0 else ''},请尽快派送",
    ))  # fmt: skip


def assignments(path: Path) -> Path:
    """Who answers for which outlet."""
    return _put(path, _csv(
        "负责人工号;责任网点;生效日期;失效日期", 50,
        lambda n: f"57{n % 30:04};5710{n % 6};2025-0{n % 9 + 1}-01;{'' if n % 5 else '2026-01-31'}",
    ))  # fmt: skip


def partner(path: Path) -> Path:
    """A platform's own log of calls, one object a line."""
    return _put(path, "".join(
        json.dumps({"appKey": f"shop{n % 4}", "apiName": "logistics.trace.get", "callTime": _when(n) + ".120",
                    "mailNo": _number(n), "traceId": f"{n:016x}", "clientIp": f"10.9.0.{n % 9}", "costMs": n}) + "\n"
        for n in range(250)
    ))  # fmt: skip


def leaks(path: Path) -> Path:
    """An investigator's sheet, behind a cover."""
    rows = [
        [n + 1, _number(40 + n), ("QQ群", "闲鱼")[n % 2], f"卖家{n % 3}", 1 + n % 2, f"2026/3/{n + 2} 10:0{n % 9}",
         f"2026/3/{n + 3} 16:20", ("购买", "举报")[n % 2]]
        for n in range(12)
    ]  # fmt: skip
    head = ["编号", "快递单号", "来源渠道", "卖家昵称", "单价(元)", "下单时间", "收到单号时间", "获取方式"]
    return workbook(path, {"封面": [["外泄单号登记"], ["调查组"]], "取证": [head, *rows]})


def waybills(path: Path) -> Path:
    """Waybills out of the order system, packed; English abbreviations."""
    text = _csv(
        "WAYBILL_NO|CREATE_TM|ORDER_SRC|SEND_SITE_CODE|DISP_SITE_CODE|CUST_CODE|SEND_MAN|SEND_MOBILE|WEIGHT_KG|GOODS_TYPE",
        500,
        lambda n: (
            f"{_number(n)}|{_when(n, '%Y%m%d%H%M%S')}|{('TAOBAO', 'PDD', 'WX')[n % 3]}|5710{n % 6}|2101{n % 5}|"
            f"C{n % 70:05}|{_PEOPLE[n % 4]}|{PHONES[n % 40]}|{0.5 + n % 9:.2f}|{('日用品', '文件')[n % 2]}"
        ),
    )
    return _put(path, gzip.compress(text.encode(), mtime=0))


def pda(path: Path) -> Path:
    """Handhelds of couriers: looks at numbers, with the time as a count; no quotes, no headings."""
    return _put(
        path,
        _csv("", 300, lambda n: f"{1772409603 + 60 * n}000|PDA{n % 11:04}|57{n % 13:04}|QUERY|{_number(n)}").lstrip(),
    )


def nested(path: Path) -> Path:
    """Events of a gateway: who it was stands under `user` or, for machines, under `client`."""

    def event(n: int) -> dict[str, object]:
        who = (
            {"user": {"loginName": f"hz{n % 9:03}", "realName": _PEOPLE[n % 4]}}
            if n % 3
            else {"client": {"appId": f"app-{n % 2}"}}
        )
        return {
            "@timestamp": _when(n, "%Y-%m-%dT%H:%M:%S") + ".003+08:00",
            **who,
            "req": {"uri": f"/waybill/detail/{_number(n)}", "ip": f"172.16.3.{n % 20}"},
            "data": {"waybillNo": _number(n), "receiverMobile": PHONES[n % 40]},
            "resp": {"code": "0" if n % 20 else "E403"},
        }

    return _put(path, "".join(json.dumps(event(n), ensure_ascii=False) + "\n" for n in range(300)))  # fmt: skip


def log4j(path: Path) -> Path:
    """An application's own log, which nothing reads."""
    return _put(path, "".join(
        f"{_when(n)},{n % 999:03} INFO  [http-nio-8080-exec-{n % 9}] c.e.w.WaybillController - query by user "
        f"zhangsan{n % 5}, no={_number(n)}, cost {n % 70}ms\n"
        + ("java.lang.IllegalStateException: x\n\tat a.b.C(D.java:1)\n" if n % 9 == 0 else "")
        for n in range(200)
    ))  # fmt: skip


def web(path: Path) -> Path:
    """A web server that knows an account or finds it in a parameter; lists and searches beside reads."""
    targets = ("/api/waybill/{no}", "/api/orders?page={n}&size=20", "/search?phone={phone}",
               "/api/order/list?startSite=5710&pageNo={n}", "/static/app.js",
               "/u/zhangsan{n}/home", "/api/waybill/{no}/print?opId=57{p:04}")  # fmt: skip
    return _put(path, "".join(
        f'10.2.0.{n % 30} - {f"57{n % 13:04}" if n % 2 else "-"} [02/Mar/2026:08:{n // 60:02}:{n % 60:02} +0800] "GET '
        f'{targets[n % 7].format(no=_number(n), n=n, phone=PHONES[n % 40], p=n % 13)} HTTP/1.1" 200 512 "-" "x"\n'
        for n in range(700)
    ))  # fmt: skip


def changes(path: Path) -> Path:
    """What was altered on waybills."""
    return _put(path, _csv(
        "运单号,修改时间,修改字段,修改前,修改后,修改人", 60,
        lambda n: f"{_number(n)},{_when(n)},{('目的网点', '重量')[n % 2]},1,{n % 6},57{n % 9:04}",
    ))  # fmt: skip


def menu(path: Path) -> Path:
    """A table that is no table of the contract."""
    return _put(path, _csv("菜品,价格,辣度", 40, lambda n: f"菜{n},{n % 30},{n % 3}"))


def _put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
