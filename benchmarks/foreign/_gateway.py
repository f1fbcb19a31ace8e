"""An interface for partners behind nginx: JSON access logs in gzip, and what two partners logged themselves."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.foreign._files import guarded, text
from benchmarks.foreign._world import DAY, START, Read, Shape, Truth, World, clock

NAME = "03-api-gateway"
_NOTE = """说明（开放平台组）

nginx/        网关的访问日志，log_format 用的 json（escape=json，老机器 gw-1 没开 escape），每天切一个 gz。
              app_key 是合作方应用，jwt_sub 是我们自己 App 的登录人，remote_user 是运维后台（basic auth）。
partners/     向两家合作方要来的他们自己的调用日志，格式是他们的，没有改动。
              kcd 是“快查达”（应用 ak_7f01），ylt 是“驿来通”（应用 ak_7f02）。
apps.csv      应用登记表。
issue_*.csv.gz 每天取号记录。
列表接口 /open/v2/waybills，查询接口 /open/v2/search，详情 /open/v2/waybill/{单号}，批量 /open/v2/track?nos=。
/internal 下面的是内部系统用的，含义请问各系统负责人。
"""
_APPS = [f"ak_7f{n:02}" for n in range(1, 31)]


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"SD{n * 8191 % 10**13:013}",
            lambda n: f"{n + 88001}",
            lambda c, n: f"N{n + 10:03}{c[-2:]}",
            ("courier", "clerk", "support"),
            ("read",),
            ("openapi", "app", "batch"),
            50,
            500,
            45_000,
        ),
        scale,
    )
    truth = Truth(
        NAME,
        "SD and 13 digits",
        "+08:00, written in the access log; partners: milliseconds since 1970, and none written",
    )
    (folder / "partners").mkdir(parents=True, exist_ok=True)
    text(folder / "README-说明.txt", _NOTE.splitlines(), bom=True)
    _apps(folder / "apps.csv", world, truth)
    _issued(folder, world, truth)
    _Nginx(world, truth).write(folder, max(400, int(230_000 * scale)))
    return truth


def _apps(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "actors",
        {
            "actor": "app_key",
            "kind": "类别",
            "role": "用途",
            "rights": "权限范围, joined by |",
            "valid_from": "开通时间",
            "valid_to": "到期时间",
        },
    )
    kinds = {"合作方": "partner", "内部服务": "service", "运维": "person"}
    told.notes.append(f"words of kind: {kinds}; UTF-8 with a mark, semicolons; 长期 in 到期时间 means no end")
    lines = ["app_key;应用名称;类别;用途;权限范围;开通时间;到期时间;联系人"]
    for place, key in enumerate([*_APPS, "svc-notify", "svc-bill", "ops_chen", "ops_lu"]):
        kind = "合作方" if place < 30 else "内部服务" if place < 32 else "运维"
        until = "长期" if place % 3 else clock(START + (place + 40) * DAY, "%Y-%m-%d")
        lines.append(
            ";".join(
                (
                    key,
                    f"应用{place}",
                    kind,
                    "轨迹查询" if place % 2 else "打单",
                    "waybill.read|track" if place % 4 else "waybill.all",
                    clock(START - place * 20 * DAY, "%Y-%m-%d"),
                    until,
                    world.name(),
                )
            )
        )
        told.row(path.name, key, None, valid_to=None if until == "长期" else until)
        told.spoiled["valid_to: 长期"] += until == "长期"
        told.word("kind", kinds[kind])
    text(path, lines, end="\r\n", bom=True)


def _issued(folder: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "waybills",
        {
            "waybill": "waybillNo",
            "issued_at": "issueTime",
            "channel": "channel",
            "origin_outlet": "srcNode",
            "destination_outlet": "dstNode",
            "customer": "customerCode",
            "weight_g": "weightKg × 1000",
        },
    )
    for day in range(world.shape.days):
        name = f"issue_{clock(START + day * DAY, '%Y%m%d')}.csv.gz"
        lines = ["waybillNo,issueTime,channel,appKey,srcNode,dstNode,customerCode,weightKg,receiverMobile"]
        for place, w in enumerate(world.waybills):
            if not START + day * DAY <= w.issued < START + (day + 1) * DAY:
                continue
            node = "" if place % 1501 == 2 else w.destination.code
            lines.append(
                guarded(
                    (
                        w.no,
                        clock(w.issued),
                        w.channel,
                        _APPS[place % 30],
                        w.origin.code,
                        node,
                        w.customer,
                        f"{w.grams / 1000:g}",
                        f"{w.phone[:3]}****{w.phone[-4:]}",
                    )
                )
            )
            if node:
                told.row(name, w.no, w.issued, {"weight_g": w.grams}, customer=w.customer)
            else:
                told.file(name).broken["no dstNode"] += 1
        text(folder / name, lines)


class _Nginx:
    """The access logs, and out of the same calls what the partners say."""

    def __init__(self, world: World, truth: Truth) -> None:
        self.world, self.truth, self.file = world, truth, ""
        columns = {
            "at": "time",
            "actor": "the first of app_key, jwt_sub, remote_user that is neither empty nor -",
            "waybill": "last piece of /open/v2/waybill/…; nos of /open/v2/track; no of /internal/label",
            "request": "request_id",
            "access": "request_id with the number",
            "ip": "xff",
        }
        self.accesses = truth.table(
            "accesses",
            columns,
            zone="+0800 written",
            notes=[
                "status and bytes are texts on one machine, numbers on the other",
                "jwt_sub and remote_user stand in no line of the first day",
            ],
        )
        self.queries = truth.table(
            "queries",
            columns
            | {"filter": "args: src, dst, channel, from, to (epoch seconds), limit; mobile is an unknown predicate"},
            zone="+0800 written",
        )
        self.calls: dict[str, list[tuple[int, str, str, str, str]]] = {"ak_7f01": [], "ak_7f02": []}

    def write(self, folder: Path, many: int) -> None:
        """Writes them."""
        reads = self.world.reads(many)
        for day in range(self.world.shape.days):
            low, high = START + day * DAY, START + (day + 1) * DAY
            self.file = f"nginx/access.log-{clock(high, '%Y%m%d')}.gz"
            text(
                folder / self.file,
                (line for read in reads if low <= read.ms // 1000 < high for line in self._lines(read)),
            )
        self._partners(folder)

    def _lines(self, read: Read) -> Iterator[str]:
        rng, truth, file, at = self.world.rng, self.truth, self.file, read.ms // 1000
        roll, asked = rng.random(), f"{rng.getrandbits(64):016x}"
        who = rng.random() * (0.6 if at < START + DAY else 1)
        key = self.world.pick(_APPS[:8] if who < 0.35 else _APPS) if who < 0.6 else ""
        sub = f"u{read.who.no}" if 0.6 <= who < 0.9 else ""
        user = self.world.pick(("ops_chen", "ops_lu", "svc-notify", "svc-bill")) if who >= 0.9 else ""
        uri, args, kind, numbers = self._asked(read, roll, at)
        status = 200
        if kind.startswith(("read", "list", "search")):
            again = rng.random()
            status = 200 if again < 0.93 else 404 if again < 0.96 else 403 if again < 0.98 else 429
        if status != 200:
            kind = f"noise: refused or not found ({status})"
        truth.line(file, kind)
        if kind.startswith("read"):
            truth.line(file, "numbers of all reads", len(numbers))
            for no in numbers:
                self.accesses.row(file, f"{asked}/{no}", at, who=key or sub or user)
                if key in self.calls and rng.random() > 0.01:
                    self.calls[key].append((read.ms + int(rng.gauss(0, 400)), no, asked, uri, f"10.9.{int(key[-1])}.7"))
        elif kind.startswith(("list", "search")):
            self.queries.row(file, asked, at, who=key or sub or user)
        old = rng.random() < 0.3
        row = {
            "time": clock(at, "%d/%b/%Y:%H:%M:%S +0800"),
            "host": "gw-1" if old else "gw-2",
            "remote_addr": "100.64.0.3",
            "xff": f"10.9.{int(key[-1]) if key else 0}.7"
            if key
            else f"172.16.{read.who.place % 9}.{read.who.place % 200}",
            "remote_user": user or ("-" if old else ""),
            "app_key": key or ("-" if old else ""),
            "jwt_sub": sub or ("-" if old else ""),
            "method": "GET",
            "uri": uri,
            "args": args or ("-" if old else ""),
            "status": str(status) if old else status,
            "bytes": str(300 + len(numbers) * 90) if old else 300 + len(numbers) * 90,
            "rt": f"{rng.random() / 9:.3f}",
            "ua": "okhttp/4.9" if key else "Mozilla/5.0",
            "request_id": asked,
        }
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        yield line
        if rng.random() < 0.0006:
            self.accesses.file(file).broken["escapes that JSON doesn't have"] += 1
            truth.line(file, "broken: escapes that JSON doesn't have, a line of a scanner")
            yield (
                '{"time":"'
                + str(row["time"])
                + '","host":"gw-1","uri":"/cgi-bin/\\x22\\x5C../etc","args":"-","status":"400"}'
            )
        if rng.random() < 0.0004:
            self.accesses.file(file).broken["cut off in the middle"] += 1
            truth.line(file, "broken: cut off in the middle")
            yield line[: len(line) // 2]

    def _asked(self, read: Read, roll: float, at: int) -> tuple[str, str, str, list[str]]:
        no, w = read.waybill.no, read.waybill
        if roll < 0.42:
            return f"/open/v2/waybill/{no}", "", "reads by path", [no]
        if roll < 0.56:
            many = (
                [no]
                if roll < 0.49
                else list(
                    dict.fromkeys(self.world.pick(self.world.waybills).no for _ in range(2 + int(roll * 900) % 18))
                )
            )
            return "/open/v2/track", f"nos={','.join(many)}&lang=zh", "reads by a parameter, batches too", many
        if roll < 0.60:
            return "/internal/label", f"no={no}&tpl=76x130", "reads: labels to print", [no]
        if roll < 0.70:
            return (
                "/open/v2/waybills",
                f"src={w.origin.code}&from={at - at % 3600 - 7200}&to={at}&page={1 + int(roll * 1000) % 4}&size=50",
                "lists",
                [],
            )
        if roll < 0.74:
            return "/open/v2/waybills", f"dst={w.destination.code}&channel={w.channel}&page=1&size=100", "lists", []
        if roll < 0.80:
            return "/open/v2/search", f"mobile={w.phone}", "searches by phone", []
        if roll < 0.84:
            return "/open/v2/search", f"receiver=%E7%8E%8B&src={w.origin.code}", "searches by name and place", []
        if roll < 0.88:
            return "/open/v2/orders", f"app_order={w.order}", "noise: creates or asks for orders", []
        if roll < 0.95:
            return "/healthz", "", "noise: health checks", []
        if roll < 0.97:
            return "/internal/q", f"t={no[-6:]}", "unknown: an internal path that the note doesn't explain", []
        return f"/static/app.{int(roll * 1000)}.js", "", "noise: files", []

    def _partners(self, folder: Path) -> None:
        told = self.truth.table(
            "partner_calls",
            {
                "partner": "none in the first (constant ak_7f01); data.app in the second",
                "at": "ts (ms) / callTime",
                "waybill": "mailNo / bill.no",
                "request": "traceId / rid",
                "operation": "api / op",
                "ip": "egress (first only)",
            },
            zone="kcd: milliseconds since 1970; ylt: none written, +08:00 is meant",
        )
        lines = []
        for place, (ms, no, asked, uri, ip) in enumerate(sorted(self.calls["ak_7f01"])):
            bare = place % 800 == 9
            row = {
                "ts": ms,
                "level": "INFO",
                "api": "track" if "track" in uri else "label" if "label" in uri else "waybill",
                "mailNo": None if bare else no,
                "traceId": asked,
                "egress": ip,
                "cost": 12,
            }
            lines.append(json.dumps(row, ensure_ascii=False))
            if bare:
                told.file("partners/kcd_calls.log").broken["mailNo is null"] += 1
            else:
                told.row("partners/kcd_calls.log", f"{asked}{no}", ms // 1000)
        text(folder / "partners/kcd_calls.log", lines)
        rows = []
        for ms, no, asked, uri, _ in sorted(self.calls["ak_7f02"]):
            rows.append(
                {
                    "callTime": clock(ms / 1000, "%Y/%m/%d %H:%M:%S"),
                    "op": "track" if "track" in uri else "detail",
                    "bill": {"no": no, "carrier": "SD"},
                    "rid": asked,
                }
            )
            told.row("partners/ylt_export.json", f"{asked}{no}", ms // 1000)
        document = {
            "code": 0,
            "msg": "ok",
            "data": {"app": "ak_7f02", "company": "驿来通", "total": len(rows), "records": rows},
        }
        text(folder / "partners/ylt_export.json", [json.dumps(document, ensure_ascii=False, indent=2)])
        told.notes.append("the second is one JSON document, not a line a record")
