r"""Requests as JSON Lines, under names of the company's choosing: nginx with `escape=json`, gateways, cloud exports.

A mapping says in `[request]` which field holds what; else names that such logs usually have are tried in order. A
statement (`statement`) goes before a request. Where nginx wrote without `escape=json`, \xE5 stands for a byte.

OCSF events as JSON Lines: Web Resources Activity (6001), API Activity (6003), Datastore Activity (6005).

What was read stands in the statement (`query_info.query_string`), in the request's URL, or among the resources; the
first of the three that is there counts.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from wayseal.store._jsonl import find, read_line, scalar_text
from wayseal.store.logs._bind_values import Filter, LeftOutError
from wayseal.store.logs._combined import QUERY, REQUEST, Found, LineBlocks
from wayseal.store.logs._row_builder import MADE, DroppedCondition, NoRead, Outcome, Unreadable, Why
from wayseal.store.logs._statements import Statements
from wayseal.store.logs._url_paths import Asked, parted
from wayseal.store.mapping import LogMapping
from wayseal.store.types import ReadOptions, Reason, SourceFile

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
