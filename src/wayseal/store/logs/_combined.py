r"""Logs of requests: the combined (and common) log of nginx and Apache, and JSON Lines.

`10.1.2.3 - u-17 [04/Mar/2026:11:02:31 +0800] "GET /api/waybill/YT1?x=1 HTTP/1.1" 200 512 "referer" "agent"`; what a
server adds at the end of a line is left alone. Quotes inside stand as \x22 (nginx) or \" (Apache).

The same as JSON Lines, under names of the company's choosing: nginx with `escape=json`, gateways, cloud exports. A
mapping says in `[request]` which field holds what; else names that such logs usually have are tried in order. A
statement (`statement`) goes before a request. Where nginx wrote without `escape=json`, \xE5 stands for a byte.

OCSF events as JSON Lines: Web Resources Activity (6001), API Activity (6003), Datastore Activity (6005). What was read
stands in the statement (`query_info.query_string`), in the request's URL, or among the resources; the first of the
three that is there counts.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from wayseal.store._jsonl import find, read_line, scalar_text
from wayseal.store.logs._bind_values import Filter, LeftOutError
from wayseal.store.logs._row_builder import (
    MADE,
    DroppedCondition,
    NoRead,
    Outcome,
    Unreadable,
    Why,
)
from wayseal.store.logs._statements import Statements
from wayseal.store.logs._url_paths import Asked, Found, LineBlocks, parted
from wayseal.store.mapping import LogMapping
from wayseal.store.types import ReadOptions, Reason, SourceFile

LINE = re.compile(
    r"(?P<client_ip>\S+) (?P<ident>\S+) (?P<user>.+?) \[(?P<time>[^\]]{1,40})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?(?: .*)?'
)
REQUEST = re.compile(r"(?P<method>[A-Za-z]{1,20}) (?P<target>.+?)(?: (?P<protocol>HTTP/[0-9.]+))?")
_USUAL = re.compile(
    r'([0-9a-fA-F.:]++) (-) ([^ \[]++) \[([^\]]{1,40}+)\] "([A-Za-z]{1,20}+) ([^ "\\]++) (?:HTTP/[0-9.]++)" '
    r"([0-9]{3}) ([0-9]++|-)"
    r'(?: "[^"\\]*+" "([^"\\]*+)"(?: .*)?)?'
).fullmatch
"""Most lines: of what `LINE` takes those without a quote, backslash or space where one could mislead."""
_GROUPS = ("client_ip", "ident", "user", "time", "method", "target", "status", "bytes", "agent")
_METHOD, _TARGET, _STATUS = 4, 5, 6
FIELDS = ("client_ip", "ident", "user", "time", "method", "status", "bytes", "agent", "line_id")
NAMES = (*FIELDS, *MADE)
QUERY = "query."
LONGEST = 64 << 10


class CombinedBlocks(LineBlocks):
    """A combined log, opened: its requests as raw rows of `accesses` or `queries`."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        super().__init__(file, mapping, options, keep_rejected)
        self._parameters = sorted(c.removeprefix(QUERY) for c in self.wanted if c.startswith(QUERY))
        self.names = (*NAMES, *(QUERY + p for p in self._parameters))
        self._refused: dict[tuple[str, str], Outcome | None] = {}

    def read(self, records: Sequence[tuple[int, str]], found: Found) -> list[Outcome | Asked]:
        """Requests."""
        fields: list[tuple[str | None, ...]] = []
        outcomes: list[Outcome | Asked] = []
        for number, text in records:
            match = _USUAL(text) if len(text) <= LONGEST else None
            made = match.groups() if match else _slow(text)
            fields.append(made)
            key = (made[_METHOD] or "-", made[_STATUS] or "")
            if key not in self._refused:
                self._refused[key] = self.requests.refused(*key) if made[_STATUS] else None
            outcomes.append(self._refused[key] or self._asked(number, text, made))
        columns = dict(zip(_GROUPS, zip(*fields, strict=True), strict=True)) if fields else {}
        for name, column in found.items():
            if name == "line_id":
                times = columns["time"]
                column += [f"{time or ''}#{number}" for time, (number, _) in zip(times, records, strict=True)]
            elif name in FIELDS:
                column += [None if value in {"-", ""} else value for value in columns[name]]
        if self._parameters:
            self._take_parameters([one[_TARGET] for one in fields], found)
        return outcomes

    def record(self, text: str, number: int, found: Found) -> Outcome | Asked:
        """A request."""
        return self.read([(number, text)], found)[0]

    def _asked(self, number: int, text: str, fields: tuple[str | None, ...]) -> Outcome | Asked:
        target = fields[_TARGET]
        if fields[_STATUS] is None:
            odd = text.replace("\\\\", "").replace('\\"', "").count('"') % 2
            reason = self.reason(number, text, Reason.UNTERMINATED_QUOTE if odd else Reason.TOO_FEW_FIELDS)
            return Unreadable(column="", reason=Reason.TOO_LONG if len(text) > LONGEST else reason)
        if target is None:
            return Unreadable(column="request", reason=Reason.TOO_FEW_FIELDS)
        return Asked(target=unescaped(target))

    def _take_parameters(self, targets: Sequence[str | None], found: Found) -> None:
        for target in targets:
            query = dict(parted(unescaped(target))[1] or ()) if target and "?" in target else {}
            for name in self._parameters:
                if (column := found.get(QUERY + name)) is not None:
                    value = query.get(name)
                    column.append(None if value in {"-", ""} else value)


def _slow(text: str) -> tuple[str | None, ...]:
    """The fields of a line that isn't written as most are; none of one that can't be read."""
    match = LINE.fullmatch(text) if len(text) <= LONGEST else None
    request = REQUEST.fullmatch(match["request"]) if match else None
    values = (match.groupdict() if match else {}) | (request.groupdict() if request else {})
    return tuple(values.get(name) for name in _GROUPS)


def unescaped(text: str) -> str:
    r"""A request as it was sent: \x22 and \" are the quote."""
    if "\\" not in text:
        return text
    data = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: "%" + m[1], text)
    return re.sub(r'\\(["\\])', r"\1", data)


class Request(NamedTuple):
    """A line of a combined log. user: "" where the server knew none."""

    target: str
    status: str
    user: str


def request_of(line: str) -> Request | None:
    """The request of a line of a combined log; None if it is none."""
    match = LINE.fullmatch(line) if len(line) < 16_384 else None
    request = REQUEST.fullmatch(match["request"]) if match else None
    if match is None or request is None:
        return None
    return Request(target=unescaped(request["target"]), status=match["status"], user=match["user"].strip("-"))


Row = dict[str, Any]
USUAL: Mapping[str, tuple[str, ...]] = {
    "line": ("request", "request_line"),
    "target": ("request_uri", "httpRequest.requestUrl", "uri", "url", "path", "request_url", "requestURI"),
    "query": ("args", "query_string", "query"),
    "method": ("request_method", "method", "httpRequest.requestMethod", "http_method", "verb"),
    "status": ("status", "httpRequest.status", "status_code", "response_code", "responseStatus.code"),
    "statement": (),
}
"""Fields of a request → the names under which they are looked for."""
TIMES: Mapping[str, tuple[str, ...]] = {"time_local": ("%d/%b/%Y:%H:%M:%S %z", "iso"), "msec": ("epoch_s",)}
"""How nginx writes times, by the variable's name; others are ISO 8601."""
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")


class JsonRequestBlocks(LineBlocks):
    """Such a log, opened: its reads as raw rows of `accesses` or `queries`."""

    mends = True
    """Whether "-" is nothing, and \\xE5 a byte, as nginx writes them."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        super().__init__(file, mapping, options, keep_rejected)
        self._columns = sorted(self.wanted - {*MADE, "line_id"})
        self.names = (*self._columns, "line_id", *MADE)
        self.statements = Statements(self.settings.tables, self.offset, self.settings.dialect)
        self._fields = {**USUAL, **self.settings.request}
        self._time = next((f.columns[0] for f in mapping.fields if f.name == "at" and f.columns), "time")

    def record(self, text: str, number: int, found: Found) -> Outcome | Asked:
        """A line."""
        row = read_line(text)
        if isinstance(row, Reason) and self.mends and "\\x" in text:
            row = read_line(_BYTES.sub(_as_json, text))
        reason = self.reason(number, "", row if isinstance(row, Reason) else Reason.NOT_JSON)
        event = row if isinstance(row, dict) and reason is not Reason.UNDECODABLE else None
        outcome = Unreadable(column="", reason=reason) if event is None else self.outcome(event)
        event = event or {}
        query: dict[str, str] = {}
        if isinstance(outcome, Asked) and any(c.startswith(QUERY) for c in self._columns):
            query = dict(parted(outcome.target)[1] or ())
        for name in self._columns:
            if name not in found:
                continue
            value = text_of(find(event, name))
            if value is None and name.startswith(QUERY):
                value = query.get(name.removeprefix(QUERY))
            found[name].append(None if value == "-" and self.mends else value)
        if "line_id" in found:
            found["line_id"].append(f"{text_of(find(event, self._time)) or ''}#{number}")
        return outcome

    def outcome(self, row: Row) -> Outcome | Asked:
        """Return the outcome of an object."""
        statement = _said(row, self._fields["statement"])
        if statement and statement.strip() and self.settings.tables:
            return self.statements.outcome(self.statements.part(statement), None, None)
        method, target, status = asked_for(row, self._fields)
        return self.request(method, status, target, None)

    def request(
        self, method: str, status: str, target: str, otherwise: Callable[[], Outcome] | None
    ) -> Outcome | Asked:
        """Return the outcome of a request. otherwise: where no rule fits its target, or it has none."""
        refused = self.requests.refused(method, status)
        if refused is not None:
            return refused
        if target and self.settings.paths:
            return Asked(target=target, otherwise=otherwise)
        return otherwise() if otherwise else NoRead(why=Why.OTHER_RECORD)


def asked_for(row: dict[str, Any], fields: Mapping[str, tuple[str, ...]] = USUAL) -> tuple[str, str, str]:
    """The method, target and status of the request that an object tells of; "" for what it doesn't say."""
    line, target, method, status = (_said(row, fields[n]) or "" for n in ("line", "target", "method", "status"))
    if request := REQUEST.fullmatch(line):
        method, target = request["method"], request["target"]
    elif not target and line.startswith("/"):
        target = line
    elif target and "?" not in target and (query := _said(row, fields["query"])):
        target = f"{target}?{query}"
    return method, target, status


def _said(row: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these names that says something."""
    for name in names:
        value = text_of(find(row, name))
        if value not in {None, "", "-"}:
            return value
    return None


def _as_json(found: "re.Match[str]") -> str:
    data = bytes.fromhex(found[0].replace("\\x", ""))
    return json.dumps(data.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]


def text_of(value: Any) -> str | None:
    """A scalar as text; None for anything else, and for a text that is no Unicode."""
    try:
        return scalar_text(value, isinstance(value, bool))
    except ValueError:
        return None


READING: Mapping[int, Mapping[int, str | None]] = {
    6001: {2: "view", 5: "search", 7: "export", 8: "export", 0: None, 99: None},
    6003: {2: "api", 0: None, 99: None},
    6005: {1: "view", 4: "search", 8: "search", 10: "decrypt", 0: None, 99: None},
}
"""Class → activities that read, and what the contract calls them; unknown and other ones may have."""
_LISTS = ("web_resources", "web_resources_result", "resources")


class OcsfBlocks(JsonRequestBlocks):
    """A file of OCSF events, opened: its reads as raw rows of `accesses` or `queries`."""

    mends = False

    def outcome(self, row: Row) -> Outcome | Asked:
        """Return the outcome of an event."""
        activities = READING.get(_number(row.get("class_uid")))
        if activities is None:
            return NoRead(why=Why.OTHER_RECORD)
        activity = _number(row.get("activity_id"))
        if activity not in activities and "activity_id" in row:
            return NoRead(why=Why.NOT_A_READ)
        if _number(row.get("status_id")) == 2:
            return NoRead(why=Why.STATUS)
        statement = find(row, "query_info.query_string")
        if isinstance(statement, str) and statement.strip() and self.settings.tables:
            return self.statements.outcome(self.statements.part(statement), None, None)
        action = activities.get(activity)
        method, code = find(row, "http_request.http_method"), find(row, "http_response.code")
        return self.request(
            text_of(method) or "",
            text_of(code) or "",
            target_of(row),
            partial(self._resources, row, action) if self.settings.resources or not self.settings.paths else None,
        )

    def _resources(self, row: Row, action: str | None) -> Outcome:
        made = Filter(offset=self.offset)
        numbers = list(self._numbers(row))
        if not numbers:
            return NoRead(why=Why.OTHER_PATH if self.settings.paths else Why.OTHER_RECORD)
        try:
            made.permit("waybill", numbers)
        except LeftOutError as left:
            made.wider.append(DroppedCondition(why=left.why))
        return made.outcome(None, action)

    def _numbers(self, row: Row) -> Iterator[str]:
        for name in _LISTS:
            items = row.get(name)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and text_of(item.get("type")) in self.settings.resources:
                    found = text_of(item.get("uid")) or text_of(item.get("name"))
                    if found:
                        yield found


def target_of(row: dict[str, Any]) -> str:
    """The request's path and parameters."""
    url = find(row, "http_request.url")
    if isinstance(url, str):
        return url
    if not isinstance(url, dict):
        return ""
    path, query = url.get("path"), url.get("query_string")
    if isinstance(path, str) and path:
        return f"{path}?{query}" if isinstance(query, str) and query else path
    whole = url.get("url_string")
    return whole if isinstance(whole, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
