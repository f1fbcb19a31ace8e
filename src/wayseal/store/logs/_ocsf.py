"""OCSF events as JSON Lines: Web Resources Activity (6001), API Activity (6003), Datastore Activity (6005).

What was read stands in the statement (`query_info.query_string`), in the request's URL, or among the resources; the
first of the three that is there counts.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from wayseal.store._jsonl import find
from wayseal.store.logs._bind_values import Filter, LeftOutError
from wayseal.store.logs._json_requests import JsonRequestBlocks, Row, text_of
from wayseal.store.logs._outcomes import DroppedCondition, NoRead, Outcome, Why
from wayseal.store.logs._url_paths import Asked

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
        """What an event comes to."""
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
