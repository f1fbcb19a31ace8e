"""OCSF events as JSON Lines: Web Resources Activity (6001), API Activity (6003), Datastore Activity (6005).

What was read stands in the statement (`query_info.query_string`), in the request's URL, or among the resources; the
first of the three that is there counts.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from wayseal.store._convert import dumps
from wayseal.store._jsonl import find, read_line
from wayseal.store.logs._bind_values import Filter, LeftOutError
from wayseal.store.logs._line_blocks import Found, LineBlocks
from wayseal.store.logs._outcomes import DroppedCondition, NoRead, Outcome, Unreadable, Why
from wayseal.store.logs._row_builder import MADE
from wayseal.store.logs._statements import Statements
from wayseal.store.logs._url_paths import Asked
from wayseal.store.mapping import LogMapping
from wayseal.store.types import ReadOptions, SourceFile

READING: Mapping[int, Mapping[int, str | None]] = {
    6001: {2: "view", 5: "search", 7: "export", 8: "export", 0: None, 99: None},
    6003: {2: "api", 0: None, 99: None},
    6005: {1: "view", 4: "search", 8: "search", 10: "decrypt", 0: None, 99: None},
}
"""Class → activities that read, and what the contract calls them; unknown and other ones may have."""
_LISTS = ("web_resources", "web_resources_result", "resources")
_Row = Mapping[str, Any]


class OcsfBlocks(LineBlocks):
    """A file of OCSF events, opened: its reads as raw rows of `accesses` or `queries`."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        super().__init__(file, mapping, options, keep_rejected)
        self._columns = sorted(self.wanted - {*MADE, "line_id"})
        self.names = (*self._columns, "line_id", *MADE)
        self._statements = Statements(self.settings.tables, self.offset)

    def record(self, data: bytes, number: int, found: Found) -> Outcome | Asked | None:
        """An event."""
        row = read_line(data)
        if row is None:
            return None
        event = row if isinstance(row, dict) else {}
        for name in self._columns:
            found[name].append(_text(find(event, name)))
        found["line_id"].append(f"{_text(event.get('time')) or ''}#{number}")
        return self._outcome(row) if isinstance(row, dict) else Unreadable(column="", reason=row)

    def _outcome(self, row: _Row) -> Outcome | Asked:
        activities = READING.get(_number(row.get("class_uid")))
        if activities is None:
            return NoRead(why=Why.OTHER_RECORD)
        activity = _number(row.get("activity_id"))
        if activity not in activities and "activity_id" in row:
            return NoRead(why=Why.NOT_A_READ)
        if _number(row.get("status_id")) == 2:
            return NoRead(why=Why.STATUS)
        statement = find(dict(row), "query_info.query_string")
        if isinstance(statement, str) and statement.strip() and self.settings.tables:
            return self._statements.outcome(self._statements.part(statement), None, None)
        return self._request(row, activities.get(activity))

    def _request(self, row: _Row, action: str | None) -> Outcome | Asked:
        method, code = find(dict(row), "http_request.http_method"), find(dict(row), "http_response.code")
        refused = self.requests.refused(_text(method) or "", _text(code) or "")
        if refused is not None:
            return refused
        target = target_of(dict(row))
        if target and self.settings.paths:
            return Asked(
                target=target, otherwise=partial(self._resources, row, action) if self.settings.resources else None
            )
        return self._resources(row, action)

    def _resources(self, row: _Row, action: str | None) -> Outcome:
        made = Filter(offset=self.offset)
        numbers = list(self._numbers(row))
        if not numbers:
            return NoRead(why=Why.OTHER_PATH if self.settings.paths else Why.OTHER_RECORD)
        try:
            made.permit("waybill", numbers)
        except LeftOutError as left:
            made.wider.append(DroppedCondition(why=left.why))
        return made.outcome(None, action)

    def _numbers(self, row: _Row) -> Iterator[str]:
        for name in _LISTS:
            items = row.get(name)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and _text(item.get("type")) in self.settings.resources:
                    found = _text(item.get("uid")) or _text(item.get("name"))
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


def _text(value: Any) -> str | None:
    """A scalar as text; None for anything else, and for a text that is no Unicode."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return dumps(value)
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeError:
        return None
    return value
