"""Which column of a foreign log is which column of the contract: by its name and by what it holds.

Rules: a name that says it outright weighs most; then what the values look like; a column serves once, but the
address may stand in for an account where the log names none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from wayseal.model.numbers import candidates, clean_waybill
from wayseal.store._column_plan import parse_times
from wayseal.store.tables import EARLIEST, LATEST

# Numbers of accounts stand before names of people: a ledger needs no names.
_WORDS: Mapping[str, str] = {
    "at": "at time timestamp ts datetime accesstime accessedat logtime operatetime operationtime opttime optime "
    "createtime createdat eventtime requesttime querytime "
    "时间 操作时间 访问时间 查询时间 日志时间 请求时间 发生时间 记录时间",
    "waybill": "waybill waybillno waybillnumber waybillid mailno trackingnumber trackingno trackno expressno billcode "
    "billno shipmentno parcel "
    "运单号 运单 单号 快递单号 面单号 物流单号 运单编号 邮件号 快件号 运单号码",
    "actor": "actor userid accountid operatorid employeeid staffid empno uid user account login operator employee "
    "staff loginname username "
    "工号 员工号 操作人工号 操作员工号 员工编号 用户编号 账号 帐号 账户 登录名 用户 操作员 员工 操作人 用户名",
    "session": "session sessionid sid sessid 会话 会话号 会话编号",
    "ip": "ip ipaddr ipaddress clientip remoteaddr remoteip sourceip srcip ip地址 客户端ip 来源ip 登录ip 访问ip",
    "via": "via system app application interface apiname source platform module endpoint client "
    "系统 接口 来源 平台 模块 应用 接口名 来源系统 渠道 访问渠道 系统名称",
    "action": "action operation op optype operationtype 操作 动作 操作类型 行为",
    "device": "device deviceid imei terminal 设备 终端 设备号 设备编号",
    "request": "request requestid reqid traceid 请求号 请求编号 流水号",
    "purpose": "purpose reason scene 用途 目的 场景 原因 查询原因",
    "access": "access accessid logid 日志编号 日志号",
    "seen_at": "seenat seen foundat found founddate seendate listedat listed observedat "
    "发现时间 看到时间 出现时间 发现日期 看到日期 出现日期 上架时间 在售时间",
    "asked_at": "askedat orderedat ordertime orderdate ordered boughtat bought purchasedat purchasetime purchasedate "
    "购买时间 下单时间 购买日期 下单日期 订购时间 付款时间 购入时间",
    "absent_at": "absentat absent notyetat lastabsent 未见时间 未出现时间 最后未见",
    "seller": "seller sellerid shop shopname store vendor merchant 卖家 店铺 卖方 商家 卖家名 店铺名 店铺名称",
    "found_by": "foundby how 发现方式 获取方式",
    "asked": "asked 购买条件",
}
ACTIONS: Mapping[str, str] = {
    "查看": "view", "浏览": "view", "详情": "view", "查看详情": "view", "查询": "search",
    "搜索": "search", "检索": "search",
    "导出": "export", "下载": "export", "打印": "print", "接口": "api", "调用": "api", "接口调用": "api",
    "解密": "decrypt",
    "read": "view", "detail": "view", "get": "view", "query": "search", "find": "search", "list": "search",
    "download": "export", "call": "api",
}  # fmt: skip
FORMATS = (
    "iso",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %H:%M:%S.%f",
    "epoch_s",
    "epoch_ms",
    "epoch_us",
)
_IP = re.compile(r"(?:[0-9]{1,3}\.){3}\w{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:]+:[0-9a-fA-F]*")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?|[0-9]{6}")
_DATE = re.compile(r"[0-9]{4}[-/]?[0-9]{1,2}[-/]?[0-9]{1,2}")
_NUMBER = re.compile(r"[A-Z]{0,4}[0-9]{8,24}[A-Z]{0,2}")
_MOST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Columns of the log for one column of the contract; `by_name`: its name says so, else what it holds."""

    columns: tuple[str, ...]
    by_name: bool
    format: str = "iso"
    naive: bool = False
    share: float = 1.0
    values: Mapping[str, str] = field(default_factory=dict)


Columns = Mapping[str, list[str | None]]


def words_of(name: str) -> frozenset[str]:
    """Names, in lower case without signs, that say outright which column of the contract they are."""
    return frozenset(_WORDS[name].split())


def guess(columns: Columns) -> dict[str, Guess]:
    """What can be guessed of the `accesses` table; columns that nothing speaks for are left out."""
    found: dict[str, Guess] = {}
    moment = _guess_time(columns)
    if moment is not None:
        found["at"] = moment
    free = {n: v for n, v in columns.items() if moment is None or n not in moment.columns}
    for target, content in (("waybill", like_number), ("ip", _like_ip)):
        best = best_column(target, free, content)
        if best is not None:
            found[target] = best
            free.pop(best.columns[0])
    for target in ("actor", "session", "action", "via", "device", "request", "purpose", "access"):
        best = best_column(target, free, None)
        if best is not None:
            found[target] = best
            free.pop(best.columns[0])
    if "action" in found:
        found["action"] = _with_values(found["action"], columns)
    if "actor" not in found and "ip" in found:
        found["actor"] = Guess(columns=found["ip"].columns, by_name=False)
    return found


def best_column(target: str, columns: Columns, content: Callable[[Sequence[str]], float] | None) -> Guess | None:
    scored = []
    for index, (name, values) in enumerate(columns.items()):
        named = name_score(target, name)
        looks = content(present(values)) if content else 0.0
        if named or looks >= 0.5:
            scored.append((named + looks, -index, name, named > 0, looks))
    if not scored:
        return None
    _, _, name, by_name, looks = max(scored)
    return Guess(columns=(name,), by_name=by_name, share=looks)


def name_score(target: str, name: str) -> float:
    """How clearly a name says what the column is: 3 a known word, 1.5 a part of it (after a dot, too), else 0."""
    words = _WORDS[target].split()
    plain = re.sub(r"[\W_]+", "", name.casefold())
    last = re.sub(r"[\W_]+", "", name.rpartition(".")[2].casefold())
    if plain in words:
        return 3.0 + 1.0 / (1 + words.index(plain))
    if last in words:
        return 2.5
    if any(len(w) >= (2 if w > "\x7f" else 4) and w in plain for w in words):
        return 1.5
    return 0.0


def present(values: list[str | None]) -> list[str]:
    return [v.strip() for v in values if v is not None and v.strip()]


def like_number(values: Sequence[str]) -> float:
    """The share that could be waybill numbers, more for a courier's format and for many different ones."""
    if not values:
        return 0.0
    spread = len(set(values)) / len(values)
    clean = [clean_waybill(v) for v in values]
    shaped = sum(bool(_NUMBER.fullmatch(c)) for c in clean) / len(clean)
    known = sum(bool(candidates(c)) for c in clean) / len(clean)
    return 0.0 if _like_ip(values) > 0.5 or spread < 0.02 else shaped * (0.5 + 0.5 * spread) + known


def _like_ip(values: Sequence[str]) -> float:
    return sum(bool(_IP.fullmatch(v)) for v in values) / len(values) if values else 0.0


def _guess_time(columns: Columns) -> Guess | None:
    best: tuple[float, int, Guess] | None = None
    for index, (name, values) in enumerate(columns.items()):
        texts = present(values)
        if all(_DATE.fullmatch(v) for v in texts):
            continue
        made = time_format(texts)
        named = name_score("at", name)
        if made is None or (made[0].startswith("epoch") and not named):
            continue
        item = Guess(columns=(name,), by_name=named > 0, format=made[0], naive=made[1], share=made[2])
        if best is None or (named + made[2], -index) > best[:2]:
            best = (named + made[2], -index, item)
    return best[2] if best else _guess_two(columns)


def _guess_two(columns: Columns) -> Guess | None:
    """A date in one column and a time of day in another."""
    full = {n: present(v) for n, v in columns.items()}
    dates = [n for n, v in full.items() if v and all(_DATE.fullmatch(d) for d in v)]
    clocks = [n for n, v in full.items() if v and all(_CLOCK.fullmatch(c) for c in v)]
    pairs = [(d, c) for d in dates for c in clocks if d != c]
    # 20170101 is a date, a time of day 201701 could be one too: the name decides, then the order.
    pairs.sort(key=lambda p: -(_says(p[0], "date", "日期") + _says(p[1], "time", "时")))
    for date, clock in pairs:
        rows = zip(columns[date], columns[clock], strict=True)
        made = time_format([f"{d} {c}" for d, c in rows if d and c])
        if made is not None:
            named = _says(date, "date", "日期") > 0
            return Guess(columns=(date, clock), by_name=named, format=made[0], naive=made[1], share=made[2])
    return _guess_day(full, dates)


def _guess_day(full: Mapping[str, list[str]], dates: Sequence[str]) -> Guess | None:
    """A date alone; eight digits are one only where the name says so."""
    for name in dates:
        made = time_format(full[name])
        named = name_score("at", name) > 0 or _says(name, "date", "日期") > 0
        if made is not None and (named or made[0] != "%Y%m%d"):
            return Guess(columns=(name,), by_name=named, format=made[0], naive=made[1], share=made[2])
    return None


def _says(name: str, *words: str) -> int:
    return sum(w in name.casefold() for w in words)


def time_format(values: Sequence[str]) -> tuple[str, bool, float] | None:
    """The format that most values have, whether they lack an offset, and the share that has it."""
    texts = pa.array(values, pa.string())
    best: tuple[float, str, bool] | None = None
    for form in FORMATS:
        times = parse_times((form,), texts)
        good = times.ok & (times.us >= EARLIEST) & (times.us < LATEST)
        share = float(good.sum()) / max(len(values), 1)
        if share >= _MOST and (best is None or share > best[0]):
            best = (share, form, bool((times.naive & good).any()))
    return None if best is None else (best[1], best[2], best[0])


def _with_values(made: Guess, columns: Columns) -> Guess:
    seen = set(present(columns[made.columns[0]]))
    known = {w: ACTIONS[w.casefold()] for w in sorted(seen) if w.casefold() in ACTIONS}
    return Guess(columns=made.columns, by_name=made.by_name, values=known)


def guess_leaks(columns: Columns) -> dict[str, Guess]:
    """What can be guessed of the table `leaks`; columns that nothing speaks for are left out."""
    times = _leak_times(columns)
    found = _times_by_name(times)
    if "seen_at" not in found:
        rest = [g for n, g in times.items() if n not in {c for f in found.values() for c in f.columns}]
        if len(rest) == 1:
            found["seen_at"] = rest[0]
    free = {n: v for n, v in columns.items() if n not in times}
    for target, content in (("waybill", like_number), ("seller", None), ("found_by", None), ("asked", None)):
        best = best_column(target, free, content)
        if best is not None:
            found[target] = best
            free.pop(best.columns[0])
    return found


def _leak_times(columns: Columns) -> dict[str, Guess]:
    """Columns that hold times; counted ones (seconds since 1970) only where their name says so."""
    out = {}
    for name, values in columns.items():
        made = time_format(present(values))
        told = any(name_score(target, name) for target in ("seen_at", "asked_at", "absent_at"))
        if made is not None and (told or not made[0].startswith(("epoch", "%Y%m%d"))):
            out[name] = Guess(columns=(name,), by_name=False, format=made[0], naive=made[1], share=made[2])
    return out


def _times_by_name(times: Mapping[str, Guess]) -> dict[str, Guess]:
    out: dict[str, Guess] = {}
    free = dict(times)
    for target in ("asked_at", "absent_at", "seen_at"):
        scored = [(name_score(target, name), -place, name) for place, name in enumerate(free)]
        score, _, name = max(scored, default=(0.0, 0, ""))
        if score:
            made = free.pop(name)
            out[target] = Guess(columns=(name,), by_name=True, format=made.format, naive=made.naive, share=made.share)
    return out
