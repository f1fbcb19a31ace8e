"""An order system on MySQL and MariaDB: general query logs, dumps, a list of outlets in GB 18030."""

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

from benchmarks.foreign._files import guarded, text
from benchmarks.foreign._world import DAY, START, Read, Shape, Truth, World, clock

NAME = "02-orders-mysql"
_NOTE = """说明

general-mysql8.log  订单库（8.0，新机房）的 general log，11月5日起；
db03.log            老库（MariaDB 10.3）的 general log，11月2日到4日，之后迁移到新库。
语句里 op_no 是操作员编号，由订单后台带进来（11月3日上线）；直接连库的是数据组和报表的个人账号。
scan_record.sql     mysqldump 导出的扫描记录。
express_order.tsv   mysql -B 导出的运单主表，重量单位：克。
网点资料.csv         网点部给的，GBK。
字段含义见建表语句的注释。有问题请找订单组。
"""
_SCAN = {"pickup": 1, "arrive": 2, "depart": 3, "out_for_delivery": 4, "delivered": 5, "returned": 6, "problem": 7}
_ANALYSTS = ("zhangmin", "report_ro", "liq", "dba_wang")
_KIND = {"outlet": "加盟网点", "hub": "转运中心", "head_office": "总公司"}


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"KF{n * 6007 % 10**11:011}",
            lambda n: f"{n + 3000}",
            lambda c, n: f"{c}{n:04}",
            ("打单", "查件", "派送", "仓管"),
            ("查询",),
            ("h5", "miniapp", "erp", "pdd"),
            80,
            600,
            40_000,
        ),
        scale,
    )
    truth = Truth(NAME, "KF and 11 digits", "the 8.0 log is in UTC (Z), all else +08:00")
    folder.mkdir(parents=True, exist_ok=True)
    text(folder / "说明.txt", _NOTE.splitlines(), encoding="gb18030", end="\r\n")
    _outlets(folder / "网点资料.csv", world, truth)
    text(folder / "express_order.tsv", _orders(world, truth))
    text(folder / "scan_record.sql", _scans(world, truth))
    _logs(folder, world, truth, max(400, int(170_000 * scale)))
    return truth


def _outlets(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "outlets",
        {
            "outlet": "网点编码",
            "kind": "类型",
            "city": "城市",
            "region": "大区",
            "name": "网点名称",
            "latitude": "纬度",
            "longitude": "经度",
        },
    )
    told.notes += ["GB 18030; two lines of headings, of which the second names the columns", f"words of kind: {_KIND}"]
    lines = ["基本信息,,,所在地,,,坐标,,联系方式,", "网点编码,网点名称,类型,省份,城市,大区,经度,纬度,负责人,电话"]
    for place, o in enumerate(world.outlets):
        east = "待补" if place % 13 == 11 else str(o.longitude)
        north = "" if east == "待补" else str(o.latitude)
        name = f"{o.name}(含“代收点”,{place}处)" if place % 10 == 3 else o.name
        lines.append(
            guarded(
                (o.code, name, _KIND[o.kind], o.province, o.city, o.region, east, north, world.name(), world.phone())
            )
        )
        told.row(path.name, o.code, None, latitude=north, longitude=None if east == "待补" else east)
        told.spoiled["longitude: a word"] += east == "待补"
        told.word("kind", o.kind)
    text(path, lines, encoding="gb18030", end="\r\n")


def _orders(world: World, truth: Truth) -> Iterator[str]:
    told = truth.table(
        "waybills",
        {
            "waybill": "waybill_no",
            "issued_at": "gmt_create",
            "channel": "src",
            "origin_outlet": "send_site",
            "destination_outlet": "dispatch_site",
            "customer": "merchant_id",
            "order_ref": "out_order_no",
            "weight_g": "weight",
            "goods_class": "goods_name",
        },
    )
    told.notes.append("tab separated; NULL is written as the word")
    yield "id\tout_order_no\twaybill_no\tgmt_create\tsrc\tmerchant_id\tsend_site\tdispatch_site\tweight\tgoods_name\tconsignee\tconsignee_mobile\tstatus"
    for place, w in enumerate(world.waybills, 70_001):
        weight = None if place % 41 == 0 else w.grams
        number = "NULL" if place % 701 == 3 else w.no
        made = "0000-00-00 00:00:00" if place % 1303 == 5 and number != "NULL" else clock(w.issued)
        yield "\t".join(
            (
                str(place),
                w.order,
                number,
                made,
                w.channel,
                w.customer,
                w.origin.code,
                w.destination.code,
                "NULL" if weight is None else str(weight),
                w.goods,
                w.receiver,
                w.phone,
                "20",
            )
        )
        if number == "NULL":
            told.file("express_order.tsv").broken["no number yet (NULL)"] += 1
        elif made[0] == "0":
            told.file("express_order.tsv").broken["time 0000-00-00"] += 1
        else:
            told.row(
                "express_order.tsv",
                w.no,
                w.issued,
                {"weight_g": weight},
                customer=w.customer,
                order_ref=w.order,
                goods_class=w.goods,
            )


def _scans(world: World, truth: Truth) -> Iterator[str]:
    told = truth.table(
        "scans",
        {
            "waybill": "waybill_no",
            "at": "scan_time",
            "kind": "scan_type",
            "outlet": "site_code",
            "operator": "operator_no",
            "weight_g": "weight (kg) × 1000",
        },
    )
    told.notes += [f"codes of kind, in the comment of the column: {_SCAN}", "extended INSERTs of up to 200 rows a line"]
    yield from (
        "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)",
        "--",
        "-- Host: 10.31.4.9    Database: express",
        "-- ------------------------------------------------------",
        "-- Server version\t8.0.36",
        "",
        "/*!40101 SET NAMES utf8mb4 */;",
        "DROP TABLE IF EXISTS `scan_record`;",
    )
    yield from (
        "CREATE TABLE `scan_record` (",
        "  `id` bigint unsigned NOT NULL AUTO_INCREMENT,",
        "  `waybill_no` varchar(20) NOT NULL COMMENT '运单号',",
        "  `scan_type` tinyint NOT NULL COMMENT '1揽收 2到件 3发件 4派件 5签收 6退回 7问题件 9留仓',",
        "  `scan_time` datetime NOT NULL COMMENT '扫描时间',",
        "  `site_code` varchar(12) NOT NULL COMMENT '扫描网点',",
        "  `operator_no` varchar(12) DEFAULT NULL COMMENT '操作员编号',",
        "  `weight` decimal(8,2) DEFAULT NULL COMMENT '重量kg',",
        "  `remark` varchar(200) DEFAULT NULL,",
        "  PRIMARY KEY (`id`),",
        "  KEY `idx_waybill` (`waybill_no`)",
        ") ENGINE=InnoDB AUTO_INCREMENT=990001 DEFAULT CHARSET=utf8mb4 COMMENT='扫描记录';",
        "LOCK TABLES `scan_record` WRITE;",
    )
    held: list[str] = []
    file = "scan_record.sql"
    for place, s in enumerate(world.scans(), 1):
        kind = 9 if place % 997 == 1 else _SCAN[s.kind]
        grams = None if s.grams is None else s.grams // 10 * 10
        remark = r"'客户说\'放驿站\'; 已放(3号柜),请查'" if place % 67 == 0 else "NULL"
        weight = "NULL" if grams is None else f"{grams / 1000:.2f}"
        held.append(
            f"({place},'{s.waybill.no}',{kind},'{clock(s.at)}','{s.outlet.code}','{s.operator.no}',{weight},{remark})"
        )
        if kind == 9:
            told.file(file).broken["code 9, which the contract has no word for (留仓)"] += 1
        else:
            told.row(file, str(place), s.at, {"weight_g": grams}, operator=s.operator.no)
            told.word("kind", s.kind)
        if len(held) == 200:
            yield f"INSERT INTO `scan_record` VALUES {','.join(held)};"
            held = []
    if held:
        yield f"INSERT INTO `scan_record` VALUES {','.join(held)};"
    yield from ("UNLOCK TABLES;", "-- Dump completed on 2026-11-26 10:21:03")


def _logs(folder: Path, world: World, truth: Truth, many: int) -> None:
    columns = {
        "at": "the time before the command",
        "actor": "op_no in the statement's comment, else the user of the connection's Connect line",
        "waybill": "express_order.waybill_no or scan_record.waybill_no",
        "session": "Id",
        "ip": "host of the Connect line",
    }
    truth.table(
        "accesses",
        columns,
        zone="8.0: Z written; MariaDB: none written, +08:00 is meant, and only where the second changes",
    )
    truth.table(
        "queries",
        columns | {"filter": "WHERE: send_site, dispatch_site, src, merchant_id, gmt_create"},
        zone="as accesses",
    )
    reads = world.reads(many)
    turn = (START + 3 * DAY) * 1000
    old = _General(world, truth, "db03.log")
    text(folder / "db03.log", _maria(old, [r for r in reads if r.ms < turn]))
    new = _General(world, truth, "general-mysql8.log")
    text(folder / "general-mysql8.log", _eight(new, [r for r in reads if r.ms >= turn]))


def _maria(log: "_General", reads: list[Read]) -> Iterator[str]:
    yield from (
        "/usr/sbin/mysqld, Version: 10.3.39-MariaDB-log (MariaDB Server). started with:",
        "Tcp port: 3306  Unix socket: /var/lib/mysql/mysql.sock",
        "Time\t\t    Id Command\tArgument",
    )
    last = 0
    for read in reads:
        for number, command, said in log.records(read):
            now = read.ms // 1000
            moment = (
                f"{clock(now, '%y%m%d')} {int(clock(now, '%H')):2}:{clock(now, '%M:%S')}\t" if now != last else "\t\t"
            )
            last = now
            yield f"{moment}{number:6} {command}\t{said}"


def _eight(log: "_General", reads: list[Read]) -> Iterator[str]:
    yield from (
        "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:",
        "Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock",
        "Time                 Id Command    Argument",
    )
    for read in reads:
        for place, (number, command, said) in enumerate(log.records(read)):
            yield f"{clock(read.ms / 1000, '%Y-%m-%dT%H:%M:%S', UTC)}.{read.ms % 1000:03}{place:03}Z\t{number:5} {command}\t{said}"


class _General:
    """What one server was asked: (connection, command, argument) of each look at a waybill, and all around it."""

    def __init__(self, world: World, truth: Truth, file: str) -> None:
        self.world, self.truth, self.file = world, truth, file
        self.open: dict[str, int] = {}
        self.last = 30

    def records(self, read: Read) -> Iterator[tuple[int, str, str]]:
        """Those of one read's moment."""
        rng = self.world.rng
        person = rng.random() < 0.12
        user = self.world.pick(_ANALYSTS) if person else f"order_app{read.who.place % 8}"
        if user not in self.open or rng.random() < 0.01:
            if user in self.open:
                self._noise("noise: sessions")
                yield self.open[user], "Quit", ""
            self.last += 1
            self.open[user] = self.last
            self._noise("noise: sessions")
            yield (
                self.last,
                "Connect",
                f"{user.rstrip('01234567')}@10.31.{self.last % 7}.{self.last % 200} on express using TCP/IP",
            )
            self._noise("noise: sessions")
            yield self.last, "Query", "SET NAMES utf8mb4"
        early = not person and read.ms < (START + DAY) * 1000
        comment = "" if person or early else f"/* op_no={read.who.no} */ "
        who = user if person else "order_app" if early else read.who.no
        for command, said in self._said(read, comment, who, rng.random()):
            yield self.open[user], command, said

    def _noise(self, kind: str) -> None:
        self.truth.line(self.file, kind)

    def _said(self, read: Read, comment: str, who: str, roll: float) -> list[tuple[str, str]]:
        no, at, file, truth = read.waybill.no, read.ms // 1000, self.file, self.truth
        accesses, queries = truth.tables["accesses"], truth.tables["queries"]
        serial = f"{file}{sum(truth.logs.get(file, {}).values())}"
        if roll < 0.45:
            accesses.row(file, serial, at, who=who)
            truth.line(file, "reads of one number")
            return [("Query", f"{comment}SELECT * FROM express_order WHERE waybill_no = '{no}' LIMIT 1")]
        if roll < 0.60:
            accesses.row(file, serial, at, who=who)
            truth.line(file, "reads of one number, prepared")
            self._noise("noise: Prepare, and Close stmt")
            self._noise("noise: Prepare, and Close stmt")
            ask = f"{comment}SELECT consignee, consignee_mobile FROM express_order WHERE waybill_no = "
            return [("Prepare", ask + "?"), ("Execute", f"{ask}'{no}'"), ("Close stmt", "")]
        if roll < 0.66:
            accesses.row(file, serial, at, who=who)
            truth.line(file, "reads of one number, joined")
            return [
                (
                    "Query",
                    f"{comment}SELECT o.waybill_no, s.scan_time\n  FROM express_order o\n  LEFT JOIN scan_record s ON s.waybill_no = o.waybill_no\n WHERE o.waybill_no = '{no}'",
                )
            ]
        if roll < 0.70:
            numbers = list(
                dict.fromkeys(self.world.pick(self.world.waybills).no for _ in range(2 + int(roll * 1000) % 7))
            )
            for number in numbers:
                accesses.row(file, f"{serial}-{number}", at, who=who)
            truth.line(file, "reads of several numbers")
            truth.line(file, "numbers of those", len(numbers))
            return [
                (
                    "Query",
                    f"{comment}SELECT waybill_no,consignee_mobile FROM `express`.`express_order` WHERE `waybill_no` IN ({','.join(repr(n) for n in numbers)})",
                )
            ]
        if roll < 0.77:
            queries.row(file, serial, at, who=who)
            truth.line(file, "lists")
            return [
                (
                    "Query",
                    f"{comment}SELECT * FROM express_order WHERE send_site='{read.who.outlet.code}' AND gmt_create >= '{clock(at - 7200)}' ORDER BY id DESC LIMIT {int(roll * 100) % 3 * 50}, 50",
                )
            ]
        if roll < 0.82:
            queries.row(file, serial, at, who=who)
            truth.line(file, "searches by phone or name")
            return [
                (
                    "Query",
                    f"{comment}SELECT waybill_no,consignee FROM express_order WHERE consignee_mobile = '{read.waybill.phone}'",
                )
            ]
        return self._rest(read, comment, roll, no)

    def _rest(self, read: Read, comment: str, roll: float, no: str) -> list[tuple[str, str]]:
        kinds: tuple[tuple[float, str, Callable[[], tuple[str, str]]], ...] = (
            (
                0.86,
                "noise: writes",
                lambda: ("Query", f"{comment}UPDATE express_order SET status=30 WHERE waybill_no='{no}'"),
            ),
            (
                0.89,
                "noise: writes",
                lambda: ("Query", f"INSERT INTO scan_record (waybill_no,scan_type) VALUES ('{no}',2)"),
            ),
            (
                0.91,
                "noise: counts",
                lambda: ("Query", f"SELECT COUNT(*) FROM express_order WHERE merchant_id='{read.waybill.customer}'"),
            ),
            (
                0.94,
                "noise: other tables",
                lambda: ("Query", "SELECT site_name FROM site WHERE site_code='" + read.who.outlet.code + "'"),
            ),
            (0.97, "noise: the connection's own", lambda: ("Query", "commit" if roll < 0.955 else "SET autocommit=1")),
            (
                1.01,
                "noise: the connection's own",
                lambda: ("Ping", "") if roll < 0.985 else ("Query", "SHOW GLOBAL STATUS"),
            ),
        )
        for most, kind, said in kinds:
            if roll < most:
                self._noise(kind)
                return [said()]
        return []
