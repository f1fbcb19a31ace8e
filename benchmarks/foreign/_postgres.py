"""A core system on PostgreSQL: the server's log with pgaudit, a dump, the staff as a workbook."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from benchmarks.foreign._files import Cell, Sheet, text, workbook
from benchmarks.foreign._world import CHINA, DAY, START, Read, Shape, Staff, Truth, World, clock

NAME = "01-core-pg"
_NOTE = """说明（信息技术部 数据库组）

1. log/ 下是主库 postgresql 的日志，每天一个文件，装了 pgaudit。log_line_prefix = '%m [%p] %q%u@%d/%a %r '。
2. 柜台程序连库用 app_counter，application_name 填的是登录人的工号；客服系统用 app_cs，工号在语句的注释里。
   其他是后台任务，没有具体的人。
3. waybill_core.sql 是 pg_dump 导出的，只导了相关的表。重量单位是公斤。
4. 员工花名册.xlsx 由人事提供，每月更新。
5. 11 月 6 日上午为了排查问题打开过一段时间的 log_statement，那一段日志会比较多。
"""
_SCAN = {
    "pickup": "GOT",
    "arrive": "ARRIVAL",
    "depart": "DEPARTURE",
    "out_for_delivery": "SENT_SCAN",
    "delivered": "SIGNED",
    "returned": "RETURN",
    "problem": "FAILED",
}
_ONE = (
    "SELECT w.mail_no, w.receiver_name, w.receiver_mobile, w.receiver_addr FROM public.t_waybill w WHERE w.mail_no = $1"
)
_TABLES = {
    "t_site": "site_code character varying(12) NOT NULL; site_name character varying(64); site_type character varying(16); city_name character varying(32); region_name character varying(32); lat numeric(9,5); lng numeric(9,5)",
    "t_tariff": "from_city character varying(32); to_city character varying(32); first_kg numeric(8,2); next_kg numeric(8,2)",
    "t_waybill": "id bigint NOT NULL; mail_no character varying(20) NOT NULL; created_at timestamp with time zone; source_code character varying(16); from_site character varying(12); to_site character varying(12); cust_code character varying(16); order_no character varying(32); weight numeric(10,3); goods_type character varying(16); receiver_name character varying(64); receiver_mobile character varying(20); receiver_addr character varying(200); remark text",
    "t_scan": "id bigint NOT NULL; mail_no character varying(20) NOT NULL; scan_time timestamp without time zone; scan_type character varying(16); site_code character varying(12); emp_no character varying(12); device_sn character varying(16)",
}
_KIND = {"outlet": "营业部", "hub": "分拨", "head_office": "总部"}


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"66{n * 7919 % 10**13:013}",
            lambda n: f"E{10200 + n * 3}",
            lambda c, n: f"{c.lstrip('0')}{n:03}",
            ("柜台", "派件员", "客服", "操作员", "网点负责人"),
            ("运单查询", "面单打印", "批量导出", "地址修改"),
            ("web", "app", "taobao_print", "edi"),
            60,
            900,
            42_000,
        ),
        scale,
    )
    truth = Truth(NAME, "15 digits, beginning with 66", "+08:00; the log says CST, the dump +08")
    (folder / "log").mkdir(parents=True, exist_ok=True)
    text(folder / "说明.txt", _NOTE.splitlines())
    text(folder / "waybill_core.sql", _dump(world, truth))
    _staff(folder / "员工花名册.xlsx", world, truth)
    _Log(world, truth, int(190_000 * scale)).write(folder / "log")
    return truth


def _staff(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "actors",
        {
            "actor": "工号",
            "kind": "none: all are persons",
            "role": "岗位",
            "outlet": "所属网点",
            "region": "大区",
            "rights": "系统权限, joined by ;",
            "valid_from": "入职日期",
            "valid_to": "离职日期",
            "trained_until": "培训有效期",
        },
    )
    head: list[Cell] = [
        "序号",
        "工号",
        "姓名",
        "手机号",
        "岗位",
        "归属",
        None,
        "系统权限",
        "入职日期",
        "离职日期",
        "培训有效期",
    ]
    below: list[Cell] = [None, None, None, None, None, "所属网点", "大区"]
    rows: list[list[Cell]] = [["员工花名册（2026年11月）"], head, below]
    file = f"{path.name}#花名册"
    for place, p in enumerate(world.staff, 1):
        until = _day(p.until) if p.until else None
        trained: Cell = _day(p.trained) if p.trained else "未培训" if place % 7 == 0 else None
        if trained == "未培训":
            truth.tables["actors"].spoiled["trained_until: a word"] += 1
        code = "" if place % 211 == 5 else p.no
        rows.append(
            [
                place,
                code or None,
                p.name,
                p.phone,
                p.role,
                p.outlet.code,
                p.outlet.region,
                ";".join(p.rights),
                _day(p.since),
                until,
                trained,
            ]
        )
        if not code:
            told.file(file).broken["no 工号"] += 1
        else:
            told.row(file, p.no, None, valid_to=p.until, trained_until=p.trained, rights=p.rights, valid_from=p.since)
    rows.append(["合计", None, f"{len(world.staff)}人"])
    told.file(file).other["total at the end"] += 1
    told.file(file).other["second row of headings"] += 1
    told.notes.append("the headings stand in two rows with merged cells; a cover sheet stands first")
    cover: list[list[Cell]] = [["制表：人力资源部"], ["日期：2026-11-25"], ["仅供内部使用"]]
    workbook(path, [Sheet("封面", cover), Sheet("花名册", rows, ("A1:K1", "F2:G2", "A2:A3", "B2:B3"))])


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, CHINA).date()


def _dump(world: World, truth: Truth) -> Iterator[str]:
    yield from (
        "--",
        "-- PostgreSQL database dump",
        "--",
        "",
        "-- Dumped from database version 13.14",
        "-- Dumped by pg_dump version 13.14",
        "",
    )
    yield from (
        "SET statement_timeout = 0;",
        "SET client_encoding = 'UTF8';",
        "SET standard_conforming_strings = on;",
        "SELECT pg_catalog.set_config('search_path', '', false);",
        "",
    )
    for table, columns in _TABLES.items():
        inner = ",\n".join(f"    {column}" for column in columns.split("; "))
        yield from (
            f"CREATE TABLE public.{table} (",
            *inner.split("\n"),
            ");",
            "",
            f"ALTER TABLE public.{table} OWNER TO core;",
            "",
        )
    yield from _sites(world, truth)
    yield from (
        "-- Data for Name: t_tariff; Type: TABLE DATA; Schema: public; Owner: core",
        "COPY public.t_tariff (from_city, to_city, first_kg, next_kg) FROM stdin;",
    )
    yield from (
        f"{a.city}\t{b.city}\t{8 + len(a.city)}.00\t{2 + len(b.city)}.00"
        for a in world.outlets[:16]
        for b in world.outlets[:16]
    )
    yield from ("\\.", "")
    truth.distractors["waybill_core.sql: t_tariff"] = "prices, no table of the contract"
    yield from _waybills(world, truth)
    yield from _scans(world, truth)
    yield from ("--", "-- PostgreSQL database dump complete", "--", "")


def _sites(world: World, truth: Truth) -> Iterator[str]:
    told = truth.table(
        "outlets",
        {
            "outlet": "site_code",
            "kind": "site_type",
            "city": "city_name",
            "region": "region_name",
            "name": "site_name",
            "latitude": "lat",
            "longitude": "lng",
        },
    )
    told.notes.append(f"words of kind: {_KIND}")
    yield from (
        "-- Data for Name: t_site; Type: TABLE DATA; Schema: public; Owner: core",
        "COPY public.t_site (site_code, site_name, site_type, city_name, region_name, lat, lng) FROM stdin;",
    )
    for o in world.outlets:
        spot = "\\N\t\\N" if o.kind == "hub" else f"{o.latitude}\t{o.longitude}"
        yield f"{o.code}\t{o.name}\t{_KIND[o.kind]}\t{o.city}\t{o.region}\t{spot}"
        told.row("waybill_core.sql: t_site", o.code, None, latitude=None if o.kind == "hub" else o.latitude)
        told.word("kind", o.kind)
    yield from ("\\.", "")


def _waybills(world: World, truth: Truth) -> Iterator[str]:
    told = truth.table(
        "waybills",
        {
            "waybill": "mail_no",
            "issued_at": "created_at",
            "channel": "source_code",
            "origin_outlet": "from_site",
            "destination_outlet": "to_site",
            "customer": "cust_code",
            "order_ref": "order_no",
            "weight_g": "weight × 1000",
            "goods_class": "goods_type",
        },
        zone="+08 written",
    )
    file = "waybill_core.sql: t_waybill"
    yield from (
        "-- Data for Name: t_waybill; Type: TABLE DATA; Schema: public; Owner: core",
        "COPY public.t_waybill (id, mail_no, created_at, source_code, from_site, to_site, cust_code, order_no, weight, goods_type, receiver_name, receiver_mobile, receiver_addr, remark) FROM stdin;",
    )
    for place, w in enumerate(world.waybills, 1):
        remark = "放\\t门口\\n勿按门铃" if place % 97 == 0 else "易碎 \\\\ 轻放" if place % 101 == 0 else "\\N"
        weight = None if place % 53 == 0 else w.grams
        mass = "\\N" if weight is None else f"{weight / 1000:.3f}"
        target = "\\N" if place % 1999 == 7 else w.destination.code
        yield (
            f"{place}\t{w.no}\t{clock(w.issued)}.{place % 1000:03}+08\t{w.channel}\t{w.origin.code}\t{target}\t{w.customer}\t{w.order}"
            f"\t{mass}\t{w.goods}\t{w.receiver}\t{w.phone}\t{w.destination.city}{w.receiver[0]}家路{place % 90}号\t{remark}"
        )
        if target == "\\N":
            told.file(file).broken["no destination"] += 1
        else:
            told.row(
                file, w.no, w.issued, {"weight_g": weight}, customer=w.customer, order_ref=w.order, goods_class=w.goods
            )
    yield from ("\\.", "")


def _scans(world: World, truth: Truth) -> Iterator[str]:
    told = truth.table(
        "scans",
        {"waybill": "mail_no", "at": "scan_time", "kind": "scan_type", "outlet": "site_code", "operator": "emp_no"},
    )
    told.notes.append(
        f"words of kind: {_SCAN}; the column is a timestamp without a time zone, in the server's (+08:00)"
    )
    file = "waybill_core.sql: t_scan"
    yield from (
        "-- Data for Name: t_scan; Type: TABLE DATA; Schema: public; Owner: core",
        "COPY public.t_scan (id, mail_no, scan_time, scan_type, site_code, emp_no, device_sn) FROM stdin;",
    )
    for place, s in enumerate(world.scans(), 1):
        operator = "\\N" if place % 31 == 0 else s.operator.no
        kind = "PRE_CHECK" if place % 1201 == 3 else _SCAN[s.kind]
        yield f"{place}\t{s.waybill.no}\t{clock(s.at)}\t{kind}\t{s.outlet.code}\t{operator}\tPDA{place % 400:04}"
        if kind == "PRE_CHECK":
            told.file(file).broken["a kind of scan that the contract doesn't know: PRE_CHECK"] += 1
            continue
        told.row(file, str(place), s.at, operator=None if operator == "\\N" else operator)
        told.word("kind", s.kind)
    yield from ("\\.", "")


class _Log:
    """The server's log, a file a day."""

    def __init__(self, world: World, truth: Truth, many: int) -> None:
        self.world, self.truth, self.many = world, truth, max(many, 400)
        self.file, self.serial = "", 0
        columns = {
            "at": "%m of the prefix",
            "actor": "application_name where the user is app_counter; comment emp where it is app_cs; else the user",
            "waybill": "t_waybill.mail_no, of the statement or its parameters",
            "session": "pid",
            "ip": "%r without the port",
        }
        zone = "CST written, which is +08:00 here"
        self.accesses = truth.table(
            "accesses", columns, zone=zone, notes=["statements may go on over several lines that begin with a tab"]
        )
        self.queries = truth.table(
            "queries",
            columns
            | {
                "filter": "WHERE of the statement: from_site, to_site, created_at, source_code; phones are unknown predicates"
            },
            zone=zone,
        )

    def write(self, folder: Path) -> None:
        """Writes them."""
        reads = self.world.reads(self.many)
        for day in range(self.world.shape.days):
            low, high = (START + day * DAY) * 1000, (START + (day + 1) * DAY) * 1000
            self.file = f"log/postgresql-{clock(low / 1000, '%Y-%m-%d')}.log"
            lines = (line for read in reads if low <= read.ms < high for line in self._lines(read, day))
            text(folder.parent / self.file, lines)

    def _prefix(self, ms: int, pid: int, user: str, app: str) -> str:
        return f"{clock(ms / 1000)}.{ms % 1000:03} CST [{pid}] {user}@waybill/{app} 10.{20 + pid % 5}.{pid % 17}.{pid % 211}({40000 + pid}) "

    def _audit(
        self,
        read: Read,
        user: str,
        app: str,
        statement: str,
        given: str = "<none>",
        kind: str = "READ,SELECT",
        table: str = "public.t_waybill",
    ) -> list[str]:
        self.serial += 1
        pid = 2000 + read.who.place * 7
        quoted = '"' + statement.replace('"', '""') + '"' if any(q in statement for q in ',"\n') else statement
        said = f"LOG:  AUDIT: SESSION,{self.serial % 900 + 1},1,{kind},TABLE,{table},{quoted},{given}"
        return (self._prefix(read.ms, pid, user, app) + said).replace("\n", "\n\t").split("\n")

    def _who(self, who: Staff) -> tuple[str, str, str]:
        if who.role == "客服":
            return "app_cs", "PostgreSQL JDBC Driver", f"/* emp={who.no}, trace={self.serial * 48271 % 2**31:08x} */ "
        return "app_counter", who.no, ""

    def _lines(self, read: Read, day: int) -> list[str]:
        rng, truth, file = self.world.rng, self.truth, self.file
        roll, (user, app, comment), at = rng.random(), self._who(read.who), read.ms // 1000
        if roll < 0.62:
            self.accesses.row(file, f"{self.serial}", at, who=read.who.no)
            truth.line(file, "reads of one number")
            lines = self._audit(read, user, app, comment + _ONE, read.waybill.no)
            if day == 4 and at % DAY < 3 * 3600 + 10_000:
                head = self._prefix(read.ms, 2000 + read.who.place * 7, user, app)
                lines += [
                    f"{head}LOG:  execute <unnamed>: {comment}{_ONE}",
                    f"{head}DETAIL:  parameters: $1 = '{read.waybill.no}'",
                ]
                truth.line(file, "noise: the same statement again by log_statement")
            return lines
        if roll < 0.68:
            numbers = list(
                dict.fromkeys(self.world.pick(self.world.waybills).no for _ in range(2 + int(rng.random() * 9)))
            )
            for number in numbers:
                self.accesses.row(file, f"{self.serial}-{number}", at, who=read.who.no)
            truth.line(file, "reads of several numbers")
            truth.line(file, "numbers of those", len(numbers))
            joined = ", ".join(f"'{n}'" for n in numbers)
            return self._audit(
                read,
                user,
                app,
                f"{comment}SELECT mail_no, receiver_mobile\nFROM t_waybill\nWHERE mail_no IN ({joined})\nORDER BY mail_no",
            )
        if roll < 0.76:
            self.queries.row(file, f"{self.serial}", at, who=read.who.no)
            truth.line(file, "lists")
            since = clock(at - at % 3600 - 7200)
            where = (
                f"from_site = '{read.who.outlet.code}' AND created_at >= '{since}'"
                if roll < 0.72
                else f"to_site = $1 AND source_code = '{read.waybill.channel}'"
            )
            return self._audit(
                read,
                user,
                app,
                f"{comment}SELECT * FROM public.t_waybill WHERE {where} ORDER BY created_at DESC LIMIT 50 OFFSET 0",
                "<none>" if roll < 0.72 else read.who.outlet.code,
            )
        if roll < 0.81:
            self.queries.row(file, f"{self.serial}", at, who=read.who.no)
            truth.line(file, "searches by phone or name")
            if roll < 0.79:
                return self._audit(
                    read,
                    user,
                    app,
                    f"{comment}SELECT mail_no, receiver_name FROM t_waybill WHERE receiver_mobile = $1 AND created_at > $2",
                    f'"{read.waybill.phone},{clock(at - 30 * DAY)}"',
                )
            return self._audit(
                read,
                user,
                app,
                f"{comment}SELECT mail_no FROM t_waybill WHERE receiver_name LIKE '{read.waybill.receiver[0]}%' LIMIT 20",
            )
        return self._noise(read, roll, user, app)

    def _noise(self, read: Read, roll: float, user: str, app: str) -> list[str]:
        truth, file, at = self.truth, self.file, read.ms // 1000
        head = self._prefix(read.ms, 2000 + read.who.place * 7, user, app)
        if roll < 0.83:
            self.accesses.row(file, f"{self.serial}", at, who="job_settle")
            truth.line(file, "reads of one number by a job")
            return self._audit(
                read, "job_settle", "psql", f"select mail_no, weight from t_waybill where mail_no='{read.waybill.no}'"
            )
        if roll < 0.86:
            truth.line(file, "noise: counts")
            return self._audit(
                read, user, app, f"SELECT count(*) FROM t_waybill WHERE from_site = '{read.who.outlet.code}'"
            )
        if roll < 0.90:
            truth.line(file, "noise: other tables")
            return self._audit(
                read, user, app, "SELECT first_kg FROM t_tariff WHERE from_city = $1", "杭州", table="public.t_tariff"
            )
        if roll < 0.94:
            truth.line(file, "noise: writes")
            return self._audit(
                read,
                user,
                app,
                "UPDATE t_waybill SET remark = $1 WHERE mail_no = $2",
                f'"已联系,{read.waybill.no}"',
                "WRITE,UPDATE",
            )
        if roll < 0.96:
            truth.line(file, "noise: refused")
            return [
                f"{head}ERROR:  permission denied for table t_waybill",
                f"{head}STATEMENT:  SELECT * FROM t_waybill WHERE mail_no = '{read.waybill.no}'",
            ]
        truth.line(file, "noise: the server's own lines")
        plain = f"{clock(at)}.{read.ms % 1000:03} CST [711] LOG:  "
        if roll < 0.98:
            return [f"{head}LOG:  duration: {roll * 9:.3f} ms"]
        return [
            plain
            + (
                "checkpoint starting: time"
                if roll < 0.99
                else 'automatic vacuum of table "waybill.public.t_scan": index scans: 0'
            )
        ]
