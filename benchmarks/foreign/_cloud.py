"""A system in two clouds: Aliyun's log service, CloudTrail, a service desk, a table of duties with merged cells."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.foreign._files import Cell, Sheet, text, workbook
from benchmarks.foreign._world import CHINA, DAY, START, Read, Shape, Staff, Truth, World, clock

NAME = "05-cloud"
_NOTE = """说明（云平台组）

sls/         日志服务投递到 OSS 的文件，一行一条。waybill-api 是业务日志，投递是“至少一次”，偶尔会重复（req_id 相同）。
AWSLogs/     海外仓和数据平台在 AWS 上，CloudTrail 开了 DynamoDB 和 S3 的数据事件。
servicedesk-export.json  工单系统导出。单号在“关联运单”字段（customfield_10042），可能填了不止一个。
责任分工.xlsx  各人负责的范围，运营部维护。
waybill_snapshot.parquet  运单快照，11 月 9 日零点。重量是字符串，公斤。
change_stream.jsonl 运单修改记录。
账号：人员是 u_ 开头，服务是 svc- 开头。
"""
_ZONE = "cn-north-1"
_ACCOUNT = "123456789012"


def make(folder: Path, scale: float, seed: int) -> Truth:
    """Writes the system, and says what is true of it."""
    world = World(
        Shape(
            seed,
            lambda n: f"JTX{n * 4001 % 10**12:012}",
            lambda n: f"u_{n + 1000}",
            lambda c, n: f"CN-{c}-{n:02}",
            ("客服", "运营", "数据", "仓库"),
            ("read",),
            ("global", "cn_app", "b2b"),
            70,
            400,
            45_000,
        ),
        scale,
    )
    truth = Truth(
        NAME,
        "JTX and 12 digits",
        "seconds since 1970 (SLS), Z (CloudTrail), +0800 written (tickets), none in the workbook (+08:00)",
    )
    folder.mkdir(parents=True, exist_ok=True)
    text(folder / "说明.txt", _NOTE.splitlines())
    _snapshot(folder / "waybill_snapshot.parquet", world, truth)
    _changes(folder / "change_stream.jsonl", world, truth)
    _duties(folder / "责任分工.xlsx", world, truth)
    _tickets(folder / "servicedesk-export.json", world, truth)
    columns = {
        "at": "__time__ / eventTime",
        "actor": "uid, else svc / userIdentity: userName, else the end of principalId",
        "waybill": "waybill_no, or each of waybill_nos (a list in a text) / requestParameters.key.waybill_no",
        "access": "req_id / eventID",
        "ip": "client_ip / sourceIPAddress",
    }
    truth.table("accesses", columns, zone="seconds since 1970; Z")
    truth.table(
        "queries",
        columns | {"filter": "SLS: query (origin=…&dest=…, mobile=…); CloudTrail's Query hides its values"},
        zone="seconds since 1970; Z",
    )
    _Sls(world, truth).write(folder, max(300, int(160_000 * scale)))
    _trail(folder, world, truth, max(200, int(60_000 * scale)))
    return truth


def _snapshot(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "waybills",
        {
            "waybill": "waybill_no",
            "issued_at": "created_ms",
            "channel": "channel",
            "origin_outlet": "origin",
            "destination_outlet": "dest",
            "customer": "merchant",
            "weight_g": "weight_kg × 1000",
            "goods_class": "category",
        },
        zone="milliseconds since 1970",
    )
    rows: list[dict[str, Any]] = []
    for place, w in enumerate(world.waybills):
        weight = "" if place % 29 == 0 else "N/A" if place % 61 == 1 else f"{w.grams / 1000:.3f}"
        grams = w.grams if weight not in ("", "N/A") else None
        channel = None if place % 1777 == 5 else w.channel
        rows.append(
            {
                "waybill_no": w.no,
                "created_ms": w.issued * 1000 + place % 1000,
                "channel": channel,
                "origin": w.origin.code,
                "dest": w.destination.code,
                "merchant": w.customer,
                "weight_kg": weight,
                "category": w.goods,
                "receiver_hash": f"{place:08x}",
            }
        )
        if channel is None:
            told.file(path.name).broken["no channel"] += 1
            continue
        told.row(path.name, w.no, w.issued, {"weight_g": grams}, customer=w.customer, goods_class=w.goods)
        told.spoiled["weight_kg: N/A"] += weight == "N/A"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=20_000)


def _changes(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "changes",
        {
            "waybill": "Keys.waybill_no",
            "at": "ApproximateCreationDateTime",
            "column": "NewImage's one key: dest is destination_outlet",
            "value": "NewImage.dest",
        },
        zone="Z written",
    )
    told.notes.append("a record that changes another field (remark) is none of the contract's columns")
    lines = []
    for place, w in enumerate(world.waybills):
        if place % 40 != 7:
            continue
        at = w.issued + 3600 + place % 5000
        key, value = ("remark", "改约") if place % 3 == 0 else ("dest", world.pick(world.outlets).code)
        lines.append(
            json.dumps(
                {
                    "eventName": "MODIFY",
                    "ApproximateCreationDateTime": clock(at, "%Y-%m-%dT%H:%M:%SZ", UTC),
                    "Keys": {"waybill_no": w.no},
                    "NewImage": {key: value},
                },
                ensure_ascii=False,
            )
        )
        if key == "dest":
            told.row(path.name, f"{w.no}{at}", at)
        else:
            told.file(path.name).other["changes a field that the contract doesn't have"] += 1
    text(path, lines)


def _duties(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "assignments",
        {"actor": "账号", "scope": "责任范围 类型", "value": "责任范围 对象", "from": "有效期 起", "to": "有效期 止"},
    )
    scopes = {"网点": "outlet", "城市": "city", "大区": "region", "客户": "customer", "渠道": "channel"}
    told.notes += [
        f"words of scope: {scopes}",
        "headings in two rows; 账号 and 姓名 are merged over the rows of one person: only the first is filled",
    ]
    rows: list[list[Cell]] = [
        ["责任分工表（2026年第四季度）"],
        ["账号", "姓名", "责任范围", None, "有效期", None, "备注"],
        [None, None, "类型", "对象", "起", "止"],
    ]
    merged = ["A1:G1", "C2:D2", "E2:F2", "A2:A3", "B2:B3"]
    file = f"{path.name}#分工"
    told.file(file).other["second row of headings"] += 1
    for p in world.staff:
        first = len(rows) + 1
        for n in range(1 + p.place % 3):
            kind = list(scopes)[(p.place + n) % 5]
            w = world.pick(world.waybills)
            value = {
                "网点": p.outlet.code,
                "城市": p.outlet.city,
                "大区": p.outlet.region,
                "客户": w.customer,
                "渠道": w.channel,
            }[kind]
            begin: Cell = date(2026, 10, 1) if n == 0 else datetime(2026, 10, 8, 9, 0, tzinfo=CHINA)
            until: Cell = date(2026, 12, 31) if p.place % 4 == 0 else "长期" if p.place % 4 == 1 else None
            rows.append([p.no if n == 0 else None, p.name if n == 0 else None, kind, value, begin, until])
            if n:
                told.file(file).broken["账号 stands in a merged cell above"] += 1
                continue
            told.row(file, f"{p.no}{kind}{value}", None, to=until if isinstance(until, date) else None)
            told.word("scope", scopes[kind])
            told.spoiled["to: 长期"] += until == "长期"
        if len(rows) > first:
            merged += [f"A{first}:A{len(rows)}", f"B{first}:B{len(rows)}"]
    old: list[list[Cell]] = [["账号", "类型", "对象"], ["u_1000", "城市", "杭州"]]
    truth.distractors[f"{path.name}#旧表"] = "a hidden sheet of last year"
    workbook(path, [Sheet("分工", rows, tuple(merged)), Sheet("旧表", old, hidden=True)])


def _tickets(path: Path, world: World, truth: Truth) -> None:
    told = truth.table(
        "tickets",
        {
            "ticket": "issues.key",
            "waybill": "issues.fields.customfield_10042",
            "opened_at": "issues.fields.created",
            "actor": "issues.fields.assignee.accountId",
            "closed_at": "issues.fields.resolutiondate",
            "kind": "issues.fields.issuetype.name",
        },
        zone="+0800 written",
    )
    told.notes.append(
        "one JSON document; `either`: tickets that name two numbers in one text (rejected, or two rows each)"
    )
    issues = []
    for place in range(max(60, len(world.waybills) // 5)):
        w, p = world.pick(world.waybills), world.pick(world.staff)
        at = w.issued + 7200 + int(world.rng.random() * 2 * DAY)
        closed = None if place % 6 == 0 else at + 3600 + place % 50_000
        number, who = w.no, p.no
        if place % 23 == 4:
            number = f"{w.no}、{world.pick(world.waybills).no}"
        elif place % 47 == 5:
            number = ""
        elif place % 89 == 6:
            who = ""
        stamp = "%Y-%m-%dT%H:%M:%S.000+0800"
        fields: dict[str, Any] = {
            "created": clock(at, stamp),
            "resolutiondate": clock(closed, stamp) if closed else None,
            "issuetype": {"name": ("查件", "催派", "理赔", "改址")[place % 4]},
            "assignee": {"accountId": who, "displayName": p.name} if who else None,
            "summary": f"客户来电 {w.phone[:3]}****{w.phone[-4:]}",
            "customfield_10042": number or None,
            "reporter": {"accountId": "u_0001"},
            "labels": [],
        }
        issues.append(
            {
                "id": str(50_000 + place),
                "key": f"CS-{place + 1}",
                "self": f"https://desk.example/rest/{place}",
                "fields": fields,
            }
        )
        if "、" in number:
            told.either += 2
            told.file(path.name).other["two numbers in one text"] += 1
        elif not number or not who:
            told.file(path.name).broken["no number" if not number else "nobody assigned"] += 1
        else:
            told.row(path.name, f"CS-{place + 1}", at, closed_at=closed, kind="x")
    document = {
        "expand": "schema,names",
        "startAt": 0,
        "maxResults": len(issues),
        "total": len(issues),
        "issues": issues,
    }
    text(path, [json.dumps(document, ensure_ascii=False)])


class _Sls:
    """The log service's lines: all values are texts."""

    def __init__(self, world: World, truth: Truth) -> None:
        self.world, self.truth, self.file = world, truth, ""

    def write(self, folder: Path, many: int) -> None:
        """Writes them, two files a day."""
        reads = self.world.reads(many)
        for half in range(self.world.shape.days * 2):
            low = START + half * DAY // 2
            self.file = f"sls/waybill-api/2026/11/{clock(low, '%d/%H_')}{low}053812893_{900 + half}.json"
            text(
                folder / self.file,
                (line for r in reads if low <= r.ms // 1000 < low + DAY // 2 for line in self._lines(r)),
            )

    def _lines(self, read: Read) -> Iterator[str]:
        rng, at = self.world.rng, read.ms // 1000
        about, numbers, kind = self._about(read, rng.random(), at)
        asked = f"{rng.getrandbits(60):015x}"
        service = rng.random() < 0.1
        base = {
            "__time__": str(at),
            "__topic__": "waybill-api",
            "__source__": f"10.66.{read.who.place % 4}.9",
            "__tag__:__hostname__": f"wb-{read.who.place % 6}",
            "__tag__:__receive_time__": str(at + 2),
            "level": "INFO",
            "uid": "" if service else read.who.no,
            "svc": self.world.pick(("svc-print", "svc-notify")) if service else "",
            "client_ip": f"172.20.{read.who.place % 30}.{read.who.place % 250}",
            "req_id": asked,
        }
        line = json.dumps(base | about, ensure_ascii=False, separators=(",", ":"))
        self._count(kind, numbers, asked, at, base["uid"] or base["svc"])
        yield line
        if rng.random() < 0.004:
            self.truth.line(self.file, "again: delivered twice (the same req_id)")
            if kind.startswith("reads"):
                self.truth.tables["accesses"].file(self.file).other["delivered twice"] += len(numbers)
            yield line

    def _count(self, kind: str, numbers: list[str], asked: str, at: int, who: str) -> None:
        self.truth.line(self.file, kind)
        if kind.startswith("reads"):
            self.truth.line(self.file, "numbers of all reads", len(numbers))
            for no in numbers:
                self.truth.tables["accesses"].row(self.file, asked + no, at, who=who)
        elif kind.startswith(("lists", "searches")):
            self.truth.tables["queries"].row(self.file, asked, at, who=who)

    def _about(self, read: Read, roll: float, at: int) -> tuple[dict[str, str], list[str], str]:
        w = read.waybill
        if roll < 0.52:
            event = ("waybill.detail", "waybill.print", "waybill.decrypt")[int(roll * 100) % 3]
            return {"event": event, "waybill_no": w.no, "code": "0"}, [w.no], "reads of one number"
        if roll < 0.56:
            return (
                {"event": "waybill.detail", "waybill_no": w.no, "code": "40301", "msg": "无权限"},
                [],
                "noise: refused (code is not 0)",
            )
        if roll < 0.62:
            many = list(
                dict.fromkeys(self.world.pick(self.world.waybills).no for _ in range(2 + int(roll * 1000) % 12))
            )
            return (
                {"event": "waybill.batch", "waybill_nos": json.dumps(many), "code": "0"},
                many,
                "reads of several numbers",
            )
        if roll < 0.70:
            return (
                {
                    "event": "waybill.list",
                    "query": f"origin={w.origin.code}&from={at - 7200}&size=50",
                    "rows": str(int(roll * 5000) % 51),
                    "code": "0",
                },
                [],
                "lists",
            )
        if roll < 0.75:
            return (
                {"event": "waybill.search", "query": f"mobile={w.phone}", "rows": "1", "code": "0"},
                [],
                "searches by phone",
            )
        if roll < 0.79:
            return (
                {"event": "waybill.export", "task": f"T{at}", "rows": "2000", "code": "0"},
                [],
                "unknown: exports of which neither numbers nor question are written",
            )
        if roll < 0.9:
            return {"event": "heartbeat", "code": "0"}, [], "noise: heartbeats"
        return {"event": "login" if roll < 0.95 else "tariff.get", "code": "0"}, [], "noise: other events"


def _trail(folder: Path, world: World, truth: Truth, many: int) -> None:
    reads = world.reads(many)
    for part in range(world.shape.days * 4):
        low = START + part * DAY // 4
        stamp = clock(low, "%Y%m%dT%H%MZ", UTC)
        file = f"AWSLogs/{_ACCOUNT}/CloudTrail/{_ZONE}/{clock(low, '%Y/%m/%d', UTC)}/{_ACCOUNT}_CloudTrail_{_ZONE}_{stamp}_{part:016x}.json.gz"
        records = [_event(world, truth, file, r) for r in reads if low <= r.ms // 1000 < low + DAY // 4]
        text(folder / file, [json.dumps({"Records": records}, separators=(",", ":"))])


def _identity(p: Staff, roll: float) -> dict[str, Any]:
    if roll < 0.4:
        return {
            "type": "IAMUser",
            "principalId": f"AIDA{p.place:012}",
            "arn": f"arn:aws-cn:iam::{_ACCOUNT}:user/{p.no}",
            "accountId": _ACCOUNT,
            "userName": p.no,
        }
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{7:012}:{p.no}",
        "arn": f"arn:aws-cn:sts::{_ACCOUNT}:assumed-role/waybill-ops/{p.no}",
        "accountId": _ACCOUNT,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "userName": "waybill-ops"},
            "attributes": {"mfaAuthenticated": "false"},
        },
    }


def _event(world: World, truth: Truth, file: str, read: Read) -> dict[str, Any]:
    rng, at, w = world.rng, read.ms // 1000, read.waybill
    roll, number = rng.random(), f"{rng.getrandbits(60):015x}"
    name, source, asked, kind, refused = (
        "GetItem",
        "dynamodb",
        {"tableName": "waybill", "key": {"waybill_no": w.no}},
        "reads of one number",
        False,
    )
    made: dict[str, Any] = {}
    if roll < 0.55:
        pass
    elif roll < 0.6:
        kind, refused = "noise: refused (errorCode)", True
    elif roll < 0.7:
        name, kind, made = (
            "Query",
            "lists",
            {"tableName": "waybill", "indexName": "gsi_origin", "keyConditionExpression": "origin = :o", "limit": 100},
        )
    elif roll < 0.72:
        name, kind, made = "Scan", "lists", {"tableName": "waybill", "limit": 1000}
    elif roll < 0.78:
        name, kind = "PutItem", "noise: writes"
    elif roll < 0.84:
        kind, made = "noise: other tables", {"tableName": "tariff", "key": {"city": w.origin.city}}
    elif roll < 0.88:
        name, source, kind, made = (
            "GetObject",
            "s3",
            "unknown: files of exports",
            {"bucketName": "wb-export", "key": f"daily/{clock(at, '%Y%m%d')}.csv.gz"},
        )
    elif roll < 0.94:
        name, source, kind, made = (
            "AssumeRole",
            "sts",
            "noise: other events",
            {"roleArn": f"arn:aws-cn:iam::{_ACCOUNT}:role/waybill-ops"},
        )
    else:
        name, kind, made = "DescribeTable", "noise: other events", {"tableName": "waybill"}
    truth.line("AWSLogs", kind)
    if kind.startswith("reads"):
        truth.tables["accesses"].row(file, number, at, who=read.who.no)
    elif kind == "lists":
        truth.tables["queries"].row(file, number, at, who=read.who.no)
    event = {
        "eventVersion": "1.08",
        "userIdentity": _identity(read.who, rng.random()),
        "eventTime": clock(at, "%Y-%m-%dT%H:%M:%SZ", UTC),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": _ZONE,
        "sourceIPAddress": f"172.31.{read.who.place % 30}.{read.who.place % 250}",
        "userAgent": "aws-sdk-java/2.20",
        "requestParameters": made or asked,
        "responseElements": None,
        "requestID": f"R{number}",
        "eventID": number,
        "readOnly": name not in ("PutItem",),
        "eventType": "AwsApiCall",
    }
    return event | ({"errorCode": "AccessDenied", "errorMessage": "User is not authorized"} if refused else {})
