"""Which column of a foreign log is which column of the contract: by its name and by what it holds.

Rules: a name that says it outright weighs most, and at its end more than elsewhere; then what the values look like.
What is clearest is settled first, and a column serves once; but the address may stand in for an account where the log
names none. What looks like a phone number or an identity card is never taken for a waybill number.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.model.numbers import candidates, clean_waybill
from wayseal.store._column_plan import parse_times
from wayseal.store.logs import looks_personal
from wayseal.store.tables import EARLIEST, LATEST, TABLES, Column, ColumnType, Table

# Numbers of accounts stand before names of people: a ledger needs no names.
_WORDS: Mapping[str, str] = {
    "at": "at time timestamp ts datetime accesstime accessedat logtime operatetime operationtime opttime optime "
    "createtime createdat eventtime requesttime querytime timems timestampms tsms epoch epochms "
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
    "系统 接口 来源 平台 模块 应用 接口名 来源系统 渠道 访问渠道 系统名称 方式 查询方式 访问方式 途径 入口",
    "action": "action operation op optype operationtype 操作 动作 操作类型 行为",
    "device": "device deviceid devicename imei terminal terminalid workstation hostname "
    "设备 终端 设备号 设备编号 设备标识 终端号 终端编号 机器码 设备名",
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
    "status": "status statuscode httpstatus result resultcode outcome responsecode respcode code "
    "状态码 状态 结果 返回码 响应码 响应状态 查询结果 操作结果 是否成功",
}
_FINE = frozenset(["ok", "success", "succeeded", "true", "yes", "y", "0", "1", "成功", "正常", "是", "通过"])
_REFUSED = frozenset(
    [
        "failed",
        "failure",
        "fail",
        "error",
        "denied",
        "refused",
        "forbidden",
        "rejected",
        "timeout",
        "false",
        "no",
        "n",
        "失败",
        "拒绝",
        "错误",
        "异常",
        "否",
        "超时",
        "无权限",
        "未授权",
        "不通过",
        "禁止",
    ]
)
_MOST_WORDS = 40
_PERSONAL = re.compile(r"phone|mobile|tel(?![a-z])|idcard|电话|手机|身份证|联系方式", re.IGNORECASE)
ACTIONS: Mapping[str, str] = {
    "查看": "view", "浏览": "view", "详情": "view", "查看详情": "view", "查询": "search",
    "搜索": "search", "检索": "search", "查件": "search", "查单": "search",
    "导出": "export", "下载": "export", "打印": "print", "打单": "print",
    "接口": "api", "调用": "api", "接口调用": "api", "解密": "decrypt",
    "read": "view", "detail": "view", "get": "view", "query": "search", "find": "search", "list": "search",
    "download": "export", "call": "api",
}  # fmt: skip
FOUND_BY: Mapping[str, str] = {
    "购买": "purchase", "购入": "purchase", "买入": "purchase", "举报": "report", "投诉": "report", "查获": "seizure",
    "缴获": "seizure", "骚扰电话": "spam_call", "骚扰短信": "spam_sms", "垃圾短信": "spam_sms", "诈骗": "fraud",
    "在售": "listing", "挂牌": "listing", "上架": "listing",
    "bought": "purchase", "reported": "report", "seized": "seizure", "call": "spam_call", "sms": "spam_sms",
    "listed": "listing", "offer": "listing",
}  # fmt: skip
FORMATS = (
    "iso",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日",
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
_DATE = re.compile(r"[0-9]{4}[-/.]?[0-9]{1,2}[-/.]?[0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")
# What every format of times has: a digit first, and six of them.
_TIMELIKE = re.compile(r"\s*[0-9](?:[^0-9]*[0-9]){5}.*", re.DOTALL)
_NUMBER = re.compile(r"[A-Z]{0,4}[0-9]{8,24}[A-Z]{0,2}")
_MOST = 0.9
_OUTRIGHT = 2.5
"""From this score on a name says what the column is, whatever it holds."""
_COUNTED = ("epoch", "%Y%m%d")
"""How formats of digits alone begin, which other numbers have too."""
_SECONDS = "%Y%m%d%H%M%S"
"""The one of them with too many digits for chance: beside other ways to write a time it is one more."""
_SPAN: Mapping[str, float] = {"epoch_s": 400 * 86400.0, "epoch_ms": 400 * 86_400_000.0}
"""What a log spans at most, in the units of each, where only its numbers say that it counts time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Columns of the log for one column of the contract; `by_name`: its name says so, else what it holds.

    formats, naive, share: of a time: how it is written, whether without an offset, and how much of the column is.
    unread, by_day: of a time: how many rows of the sample are written in none of the formats; whether a row gives a day
    and no time of it.
    values: known words of the log. unknown: the other words, and how many rows hold each. several: its values are
    lists. chosen: a person said so.
    """

    columns: tuple[str, ...]
    by_name: bool
    formats: tuple[str, ...] = ("iso",)
    naive: bool = False
    share: float = 1.0
    unread: int = 0
    by_day: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    several: bool = False
    chosen: bool = False


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
    found |= _assign(_CONTENT, free)
    if "action" in found:
        found["action"] = _with_values(found["action"], columns, ACTIONS, TABLES["accesses"].column("action").values)
    if "actor" not in found and "ip" in found:
        found["actor"] = Guess(columns=found["ip"].columns, by_name=False)
    return found


def _assign(targets: "_Content", columns: Columns) -> dict[str, Guess]:
    """A column for each of the targets that one speaks for: names that say it outright, then contents, then hints.

    Among these what is clearest is settled first, then what stands first among the targets.
    """
    scored = []
    for order, (target, content) in enumerate(targets.items()):
        for place, (name, values) in enumerate(columns.items()):
            named = name_score(target, name)
            looks = content(present(values)) if content and not _PERSONAL.search(name) else 0.0
            if named >= _OUTRIGHT or looks >= 0.5 or (named and (looks or content is None)):
                tier = 0 if named >= _OUTRIGHT else 1 if looks >= 0.5 else 2
                scored.append((tier, -named - looks, order, place, target, name, named > 0, looks))
    found: dict[str, Guess] = {}
    for *_, target, name, by_name, looks in sorted(scored):
        if target not in found and all(name not in made.columns for made in found.values()):
            found[target] = Guess(columns=(name,), by_name=by_name, share=looks)
    return found


def name_score(target: str, name: str) -> float:
    """How clearly a name says what the column is: 3 a known word, 2.5 one after a dot, 1.5 a part of it, else 0."""
    words = _WORDS[target].split()
    plain = re.sub(r"[\W_]+", "", name.casefold())
    last = re.sub(r"[\W_]+", "", name.rpartition(".")[2].casefold())
    if plain in words:
        return 3.0 + 1.0 / (1 + words.index(plain))
    if last in words:
        return 2.5
    parts = [w for w in words if len(w) >= (2 if w > "\x7f" else 4) and w in plain]
    if not parts:
        return 0.0
    return 1.5 + (0.5 if any(plain.endswith(w) for w in parts) else 0.0) + max(map(len, parts)) / 100


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
    personal = sum(looks_personal(v) for v in values) / len(values)
    return 0.0 if max(_like_ip(values), personal) > 0.5 or spread < 0.02 else shaped * (0.5 + 0.5 * spread) + known


def _like_ip(values: Sequence[str]) -> float:
    return sum(bool(_IP.fullmatch(v)) and not _CLOCK.fullmatch(v) for v in values) / len(values) if values else 0.0


def _like_words(words: Mapping[str, str], values: Sequence[str]) -> float:
    """The share that is a known word, as little as counts beside a name: words alone are no reason."""
    known = sum(v.casefold() in words or v.casefold() in words.values() for v in values)
    return 0.4 * known / len(values) if values else 0.0


_Content = Mapping[str, Callable[[Sequence[str]], float] | None]
_CONTENT: _Content = {
    "waybill": like_number, "ip": _like_ip, **dict.fromkeys(("actor", "session")),
    "action": partial(_like_words, ACTIONS), **dict.fromkeys(("via", "device", "request", "purpose", "access")),
}  # fmt: skip
_CONTENT_OF_LEAKS: _Content = {
    "waybill": like_number, "seller": None, "found_by": partial(_like_words, FOUND_BY), "asked": None,
}  # fmt: skip


def _guess_time(columns: Columns) -> Guess | None:
    best: tuple[float, int, Guess] | None = None
    for index, (name, values) in enumerate(columns.items()):
        texts = present(values)
        if _mostly(_DATE, texts):
            continue
        made = time_format(texts)
        named = name_score("at", name)
        if made is None or (made.formats[0].startswith("epoch") and not named):
            continue
        item = replace(made, columns=(name,), by_name=named > 0)
        if best is None or (named + made.share, -index) > best[:2]:
            best = (named + made.share, -index, item)
    return best[2] if best else _guess_two(columns) or _guess_counted(columns)


def _guess_counted(columns: Columns) -> Guess | None:
    """A count from 1970 whose name says nothing: whole seconds or thousandths of them, all of about one year."""
    for name, values in columns.items():
        if any(name_score(target, name) for target in _WORDS) or _PERSONAL.search(name):
            continue
        made = time_format(present(values))
        if made is not None and made.formats[0] in _SPAN and made.share == 1.0:
            numbers = [float(v) for v in present(values)]
            if max(numbers) - min(numbers) < _SPAN[made.formats[0]]:
                return replace(made, columns=(name,))
    return None


def _mostly(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    """Whether so many of the texts have this shape; none is no shape."""
    return _enough(sum(bool(pattern.fullmatch(text)) for text in texts), len(texts))


def _enough(good: int, count: int) -> bool:
    """Nine in ten; one odd row (a total at the end) is nothing."""
    return bool(good) and (good >= _MOST * count or (count - good == 1 and good > 1))


def _guess_two(columns: Columns) -> Guess | None:
    """A date in one column and a time of day in another."""
    full = {n: present(v) for n, v in columns.items()}
    dates = [n for n, v in full.items() if _mostly(_DATE, v)]
    clocks = [n for n, v in full.items() if _mostly(_CLOCK, v)]
    pairs = [(d, c) for d in dates for c in clocks if d != c]
    # 20170101 is a date, a time of day 201701 could be one too: the name decides, then the order.
    pairs.sort(key=lambda p: -(_says(p[0], "date", "日期") + _says(p[1], "time", "时")))
    for date, clock in pairs:
        rows = zip(columns[date], columns[clock], strict=True)
        made = time_format([f"{d} {c}" for d, c in rows if d and c])
        if made is not None:
            return replace(made, columns=(date, clock), by_name=_says(date, "date", "日期") > 0)
    return _guess_day(full, dates)


def _guess_day(full: Mapping[str, list[str]], dates: Sequence[str]) -> Guess | None:
    """A date alone; eight digits are one only where the name says so."""
    for name in dates:
        made = time_format(full[name])
        named = name_score("at", name) > 0 or _says(name, "date", "日期") > 0
        if made is not None and (named or made.formats[0] != "%Y%m%d"):
            return replace(made, columns=(name,), by_name=named)
    return None


def _says(name: str, *words: str) -> int:
    return sum(w in name.casefold() for w in words)


def time_format(values: Sequence[str]) -> Guess | None:
    """How most values are written: in one format, or in several; of no columns yet."""
    if not _mostly(_TIMELIKE, values):
        return None
    texts = pa.array(values, pa.string())
    read, naive, by_day = np.zeros(len(values), np.bool_), False, False
    formats: list[str] = []
    while not read.all():
        best = max((_fits(form, texts, ~read) for form in FORMATS if not formats or _joins(form)),
                   key=lambda fit: int(fit.good.sum()))  # fmt: skip
        if not best.good.any() or best.form in formats:
            break
        formats.append(best.form)
        read, naive, by_day = read | best.good, naive or best.naive, by_day or best.by_day
        if not _joins(best.form):
            break
    if not _enough(int(read.sum()), len(values)):
        return None
    return Guess(
        columns=(),
        by_name=False,
        formats=tuple(formats),
        naive=naive,
        share=float(read.mean()),
        unread=int((~read).sum()),
        by_day=by_day,
    )


def _joins(form: str) -> bool:
    """Whether a format may stand beside others in one column."""
    return form == _SECONDS or not form.startswith(_COUNTED)


class _Fit(NamedTuple):
    """Which of the values that are not read yet have a format; whether any of them has no offset, or no time of day."""

    form: str
    good: npt.NDArray[np.bool_]
    naive: bool
    by_day: bool


def _fits(form: str, texts: pa.Array, wanted: npt.NDArray[np.bool_]) -> _Fit:
    times = parse_times((form,), texts)
    good = times.ok & (times.us >= EARLIEST) & (times.us < LATEST) & wanted
    return _Fit(form, good, bool((times.naive & good).any()), bool((times.day & good).any()))


def _with_values(made: Guess, columns: Columns, words: Mapping[str, str], ours: Sequence[str]) -> Guess:
    """The same with its words: those that are known, and those that nobody knows. ours: what needs no translation."""
    seen = Counter(present(columns[made.columns[0]]))
    known = {w: words[w.casefold()] for w in sorted(seen) if w.casefold() in words}
    unknown = {w: n for w, n in seen.most_common() if w not in known and w.casefold() not in ours}
    return replace(made, values=known, unknown=unknown)


def status_words(columns: Columns) -> tuple[str, Mapping[str, int]] | None:
    """The column that says how each request ended, and its words with how many rows hold each; None without one."""
    scored = []
    for place, (name, values) in enumerate(columns.items()):
        words = Counter(present(values))
        told = sum(n for w, n in words.items() if _ended(w) is not None)
        if (name_score("status", name) >= _OUTRIGHT or (name_score("status", name) and told)) and is_list(words):
            scored.append((name_score("status", name) + told / max(sum(words.values()), 1), -place, name, words))
    if not scored:
        return None
    _, _, name, words = max(scored, key=lambda item: item[:2])
    return name, dict(words.most_common())


def is_list(words: Mapping[str, int]) -> bool:
    """Whether a column with these words holds words of a list, and not a text or a name of its own in each row."""
    return 0 < len(words) <= _MOST_WORDS


def showed_nothing(word: str) -> bool | None:
    """Whether what ended in this word was refused, failed or sent elsewhere; None for a word that nobody knows."""
    ended = _ended(word)
    return None if ended is None else not ended


def _ended(word: str) -> bool | None:
    plain = word.strip().casefold()
    if re.fullmatch("[1-5][0-9]{2}", plain):
        return plain[0] == "2" or plain == "304"
    return True if plain in _FINE else False if plain in _REFUSED else None


def guess_leaks(columns: Columns) -> dict[str, Guess]:
    """What can be guessed of the table `leaks`; columns that nothing speaks for are left out."""
    times = _leak_times(columns)
    found = _times_by_name(times)
    if "seen_at" not in found:
        rest = [g for n, g in times.items() if n not in {c for f in found.values() for c in f.columns}]
        if len(rest) == 1:
            found["seen_at"] = rest[0]
    found |= _assign(_CONTENT_OF_LEAKS, {n: v for n, v in columns.items() if n not in times})
    if "found_by" in found:
        ours = TABLES["leaks"].column("found_by").values
        found["found_by"] = _with_values(found["found_by"], columns, FOUND_BY, ours)
    return found


def guess_by_name(columns: Columns, table: Table) -> dict[str, Guess]:
    """What is called as the contract calls it, of any table."""
    names = {name.strip().casefold(): name for name in columns}
    return {c.name: describe_choice(columns, c, names[c.name]) for c in table.columns if c.name in names}


def describe_choice(columns: Columns, target: Column, name: str) -> Guess:
    """How a column is written that is known to be the one."""
    made = Guess(columns=(name,), by_name=True)
    if target.type is ColumnType.TIME and (written := time_format(present(columns[name]))) is not None:
        return replace(written, columns=(name,), by_name=True)
    words = {"action": ACTIONS, "found_by": FOUND_BY}.get(target.name)
    return made if words is None else _with_values(made, columns, words, target.values)


def _leak_times(columns: Columns) -> dict[str, Guess]:
    """Columns that hold times; counted ones (seconds since 1970) only where their name says so."""
    out = {}
    for name, values in columns.items():
        made = time_format(present(values))
        told = any(name_score(target, name) for target in ("seen_at", "asked_at", "absent_at"))
        if made is not None and (told or not made.formats[0].startswith(_COUNTED)):
            out[name] = replace(made, columns=(name,))
    return out


def _times_by_name(times: Mapping[str, Guess]) -> dict[str, Guess]:
    out: dict[str, Guess] = {}
    free = dict(times)
    for target in ("asked_at", "absent_at", "seen_at"):
        scored = [(name_score(target, name), -place, name) for place, name in enumerate(free)]
        score, _, name = max(scored, default=(0.0, 0, ""))
        if score:
            out[target] = replace(free.pop(name), by_name=True)
    return out
