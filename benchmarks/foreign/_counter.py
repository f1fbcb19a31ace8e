"""Counter software: exports of each outlet and week in GB 18030, as spreadsheets leave them, and a staff sheet saved anew."""

from pathlib import Path

from benchmarks.foreign._files import Cell, Sheet, text, workbook
from benchmarks.foreign._world import DAY, START, Read, Scan, Shape, Staff, Truth, Waybill, World, clock

NAME = "04-counter"
_NOTE = """说明

这些是各网点从柜面软件里导出来的，每周一导上一周的，目录按网点。导出工具每次会把前一周最后一天再带一遍。
台账和扫描是总部统一导的。重量都是公斤。没有的填“-”。
人员表每周更新，以最新的为准（文件名里有日期）。权限用顿号隔开。
外泄单号是安全部 11 月买来核对的。
Excel 打开以后有的单号会变成科学计数，请用原文件。
"""
_DONE = {"view": "查询", "print": "打印面单", "export": "导出"}
_SCAN = {
    "pickup": "收件扫描",
    "arrive": "到件扫描",
    "depart": "发件扫描",
    "out_for_delivery": "派件扫描",
    "delivered": "签收扫描",
    "returned": "退件扫描",
    "problem": "问题件登记",
}
_KIND = {"outlet": "网点", "hub": "中心", "head_office": "总部"}
_WEEKS = 4


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"77{n * 5003 % 10**11:011}",
            lambda n: f"{n * 7 + 12001:07}",
            lambda c, n: f"{c}{n:03}",
            ("收银", "柜员", "组长", "仓管"),
            ("查询", "打印", "导出", "改址"),
            ("柜面", "小程序", "月结"),
            24,
            220,
            34_000,
            7 * _WEEKS,
        ),
        scale,
    )
    truth = Truth(NAME, '13 digits, beginning with 77, often as ="…"', "none written; +08:00 is meant; minutes only")
    folder.mkdir(parents=True, exist_ok=True)
    text(folder / "说明.txt", _NOTE.splitlines(), encoding="gb18030", end="\r\n")
    _outlets(folder / "网点.csv", world, truth)
    for week in range(_WEEKS):
        _staff(folder / f"人员/人员表_{_name(week + 1)}.xlsx", world, truth, week)
        _ledger(folder / f"台账/运单台账_{_name(week)}.csv", world, truth, week)
    _reads(folder, world, truth, world.reads(max(400, int(150_000 * scale))))
    _scans(folder, world, truth)
    _bought(folder / "外泄单号.csv", world, truth)
    return truth


def _name(week: int) -> str:
    return clock(START + week * 7 * DAY, "%Y%m%d")


def _week(seconds: int) -> int:
    return (seconds - START) // (7 * DAY)


def _minute(seconds: int) -> str:
    year, month, day, hour, minute = clock(seconds, "%Y %m %d %H %M").split()
    return f"{year}/{int(month)}/{int(day)} {int(hour)}:{minute}"


def _outlets(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "outlets", {"outlet": "网点编号", "kind": "性质", "city": "所在城市", "region": "所属区", "name": "网点名称"}
    )
    told.notes += [f"words of kind: {_KIND}", 'GB 18030; codes as ="…"']
    lines = ["网点编号,网点名称,性质,所在城市,所属区,电话,"]
    for o in world.outlets:
        lines.append(f'="{o.code}",{o.name},{_KIND[o.kind]},{o.city},{o.region},-,')
        told.row(path.name, o.code)
        told.word("kind", o.kind)
    text(path, lines, encoding="gb18030", end="\r\n")


def _now(person: Staff, week: int) -> str:
    """What somebody is in a week: every ninth changes in the third, every twenty-third in the fourth."""
    if person.place % 23 == 6 and week >= 3:
        return "仓管" if person.role != "仓管" else "柜员"
    return "组长" if person.place % 9 == 4 and week >= 2 else person.role


def _staff(path: Path, world: World, truth: Truth, week: int) -> None:
    columns = {
        "actor": "工号",
        "kind": "none: all are persons",
        "role": "岗位",
        "outlet": "网点",
        "rights": "权限, joined by 、",
        "valid_from": "入职",
        "valid_to": "离职",
    }
    told = truth.tables.get("actors") or truth.table("actors", columns)
    rows: list[list[Cell]] = [["工号", "姓名", "岗位", "网点", "权限", "入职", "离职", "备注"]]
    for p in world.staff:
        if p.place % 17 == 3 and week < 1:
            continue
        role = _now(p, week)
        rights = "、".join(dict.fromkeys((*p.rights, "导出") if role == "组长" else p.rights))
        rows.append(
            [
                p.no,
                p.name,
                role,
                p.outlet.code,
                rights,
                clock(p.since, "%Y.%-m.%-d"),
                clock(p.until, "%Y.%-m.%-d") if p.until else "-",
                None,
            ]
        )
        told.row(f"人员/{path.name}", p.no)
        if week == _WEEKS - 1:
            told.word("role", role)
            told.filled["valid_to"] += p.until is not None
    told.notes.append(f"{path.name}: {len(rows) - 1} people; the newest sheet counts")
    workbook(path, [Sheet("Sheet1", rows), Sheet("Sheet2", [])])


def _weight(grams: int | None, place: int) -> tuple[str, int | None]:
    """How a weight is written, and what of it can be read."""
    if grams is None:
        return "-", None
    grams = max(10, grams // 10 * 10)
    if place % 5 < 2:
        return "未称", None
    if place % 211 == 3:
        return f"{grams / 1000:.2f}".replace("0", "O"), None
    return f"{grams / 1000:.2f}", grams


def _ledger(path: Path, world: World, truth: Truth, week: int) -> None:
    columns = {
        "waybill": "运单号",
        "issued_at": "下单时间",
        "channel": "渠道",
        "origin_outlet": "寄件网点",
        "destination_outlet": "派件网点",
        "customer": "客户编码",
        "weight_g": "重量(kg) × 1000",
        "goods_class": "品名",
    }
    told = truth.tables.get("waybills") or truth.table(
        "waybills", columns, notes=["two in five weights read 未称: the row is good"]
    )
    file, lines = (
        f"台账/{path.name}",
        ["运单号,下单时间,渠道,寄件网点,派件网点,客户编码,寄件人,收件人,收件电话,重量(kg),品名,代收货款"],
    )
    for place, w in enumerate(world.waybills):
        if _week(w.issued) != week:
            continue
        weight, grams = _weight(w.grams, place)
        spoiled = place % 1203 == 8
        no = f"{float(w.no):.5E}" if spoiled else f'="{w.no}"'
        customer = "-" if place % 3 == 0 else w.customer
        lines.append(
            f'{no},{_minute(w.issued)},{w.channel},="{w.origin.code}",="{w.destination.code}",{customer},{w.receiver[0]}**,{w.receiver[0]}**,{w.phone[:3]}****{w.phone[-4:]},{weight},{w.goods},-'
        )
        if spoiled:
            told.file(file).broken["the number was rounded by a spreadsheet"] += 1
            continue
        told.row(
            file,
            w.no,
            w.issued // 60 * 60,
            {"weight_g": grams},
            customer="" if customer == "-" else customer,
            goods_class=w.goods,
        )
        if weight != "-" and grams is None:
            told.spoiled["weight: 未称, or a letter O"] += 1
    lines.append(f"合计,,,,,,,,,{sum(w.grams for w in world.waybills) / 1000:.2f},共{len(lines) - 1}票,")
    told.file(file).other["total at the end"] += 1
    text(path, lines, encoding="gb18030", end="\r\n")


def _reads(folder: Path, world: World, truth: Truth, reads: list[Read]) -> None:
    columns = {
        "at": "操作时间",
        "actor": "工号",
        "waybill": "运单号",
        "action": "操作",
        "access": "流水号",
        "device": "终端",
        "via": "窗口",
    }
    told = truth.table("accesses", columns)
    words = {v: k for k, v in _DONE.items()} | {"补打": "print"}
    told.notes += [
        f"words of action: {words}; 修改地址 may count as a read or not; 登录 is none",
        "from the third week on some counters write the time as 2026-11-16 09:05:12",
        "each file begins with the last day of the week before: the same 流水号 again",
    ]
    pages: dict[str, list[str]] = {}
    head = "流水号,操作时间,工号,姓名,运单号,操作,收件人,手机,重量(kg),窗口,终端,备注"
    for place, read in enumerate(reads):
        at = read.ms // 1000
        line, kind = _line(world, read, place)
        site, week = read.who.outlet, _week(at)
        weeks = [week, week + 1] if (at - START) % (7 * DAY) >= 6 * DAY and week + 1 < _WEEKS else [week]
        for again, part in enumerate(weeks):
            file = f"网点/{site.code}_{site.name}/查询记录_{_name(part)}.csv"
            pages.setdefault(file, [head]).append(line)
            truth.line("网点/…", "again: the same row in the next file" if again and kind.startswith("reads") else kind)
            if kind.startswith("reads") and not again:
                told.row(file, str(place), at // 60 * 60, who=read.who.no)
                told.word("action", words[line.split(",")[5]])
            elif kind.startswith("reads"):
                told.file(file).other["the same row again (流水号)"] += 1
            elif kind.startswith("broken"):
                told.file(file).broken[kind] += 1
            elif kind.startswith("either") and not again:
                told.either += 1
    for file, lines in pages.items():
        lines.append(f"合计,,,,共 {len(lines) - 1} 条,,,,,,,")
        told.file(file).other["total at the end"] += 1
        text(folder / file, lines, encoding="gb18030", end="\r\n")


def _line(world: World, read: Read, place: int) -> tuple[str, str]:
    at, w, who = read.ms // 1000, read.waybill, read.who
    roll = world.rng.random()
    done, no, kind = _DONE[read.action], f'="{w.no}"', "reads"
    if roll < 0.03:
        done = "补打"
    elif roll < 0.06:
        done, no, kind = "登录", "-", "noise: signs in"
    elif roll < 0.08:
        done, kind = "修改地址", "either: changes an address"
    elif roll < 0.085:
        done, no, kind = "导出", f"共{3 + place % 90}票", "broken: an export of which only the count is written"
    elif roll < 0.088:
        no, kind = f"{float(w.no):.5E}", "broken: the number was rounded by a spreadsheet"
    elif roll < 0.0885:
        who, kind = who._replace(no=""), "broken: no 工号"
    person = f'="{who.no}"' if who.no else "-"
    weight = _weight(w.grams, place)[0]
    stamp = clock(at) if who.place % 5 == 0 and _week(at) >= 2 else _minute(at)
    serial = f"{who.outlet.code}{clock(at, '%Y%m%d')}{place:07}"
    line = f'="{serial}",{stamp},{person},{who.name},{no},{done},{w.receiver[0]}**,{w.phone[:3]}****{w.phone[-4:]},{weight},{1 + place % 4}号,POS{who.place:03},'
    if done == "登录":
        line = f'="{serial}",{stamp},{person},{who.name},-,登录,-,-,-,{1 + place % 4}号,POS{who.place:03},'
    return line + ("空" if place % 7 == 0 else "-"), kind


def _scans(folder: Path, world: World, truth: Truth) -> None:
    columns = {
        "waybill": "单号",
        "at": "扫描时间",
        "kind": "扫描类型",
        "outlet": "扫描网点",
        "operator": "操作员",
        "weight_g": "重量(kg) × 1000",
    }
    told = truth.table("scans", columns, notes=[f"words of kind: {_SCAN}; rows aren't sorted by time"])
    pages: dict[str, list[str]] = {}
    for place, s in enumerate(world.scans()):
        file = f"扫描/扫描记录_{_name(_week(s.at))}.csv"
        pages.setdefault(file, ["序号,单号,扫描类型,扫描时间,扫描网点,操作员,重量(kg),上一站,下一站"])
        line, grams, broken = _scan(s, place)
        pages[file].append(line)
        if broken:
            told.file(file).broken[broken] += 1
            continue
        told.row(file, str(place), s.at // 60 * 60, {"weight_g": grams}, operator=s.operator.no)
        told.word("kind", s.kind)
        told.spoiled["weight: 未称, or a letter O"] += s.grams is not None and grams is None
    for file, lines in pages.items():
        lines += ["", f"合计：{len(lines) - 1}条,,,,,,,,"]
        told.file(file).other["total at the end"] += 1
        text(folder / file, lines, encoding="gb18030", end="\r\n")


def _scan(s: Scan, place: int) -> tuple[str, int | None, str]:
    weight, grams = _weight(s.grams, place)
    broken = "no 扫描时间" if place % 4003 == 9 else ""
    at = "-" if broken else _minute(s.at)
    return (
        f'{place + 1},="{s.waybill.no}",{_SCAN[s.kind]},{at},="{s.outlet.code}",="{s.operator.no}",{weight},空,-',
        grams,
        broken,
    )


def _bought(path: Path, world: World, truth: Truth) -> None:
    told = truth.table("leaks", {"waybill": "单号", "seen_at": "发现日期", "found_by": "来源", "seller": "卖家"})
    told.notes.append(
        "days only; words of found_by: 购买 purchase, 举报 report, 查获 seizure; numbers with blanks between"
    )
    lines = ["序号,单号,发现日期,来源,卖家,备注"]
    chosen: list[Waybill] = [
        world.waybills[n] for n in range(20, len(world.waybills) - 20, max(1, len(world.waybills) // 40))
    ][:40]
    for place, w in enumerate(chosen, 1):
        day = clock(w.issued + DAY, "%Y年%-m月%-d日")
        lines.append(
            f"{place},{w.no[:4]} {w.no[4:8]} {w.no[8:]},{day},{('购买', '举报', '查获')[place % 3]},{'单号批发' if place % 2 else '-'},"
        )
        told.row(path.name, w.no)
        told.word("found_by", ("purchase", "report", "seizure")[place % 3])
    text(path, lines, encoding="gb18030", end="\r\n")
