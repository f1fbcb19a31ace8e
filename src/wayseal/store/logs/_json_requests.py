r"""Requests as JSON Lines, under names of the company's choosing: nginx with `escape=json`, gateways, cloud exports.

A mapping says in `[request]` which field holds what; else names that such logs usually have are tried in order. A
statement (`statement`) goes before a request. Where nginx wrote without `escape=json`, \xE5 stands for a byte.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from wayseal.store._jsonl import find, read_line, scalar_text
from wayseal.store.logs._combined import QUERY, REQUEST
from wayseal.store.logs._line_blocks import Found, LineBlocks
from wayseal.store.logs._outcomes import NoRead, Outcome, Unreadable, Why
from wayseal.store.logs._row_builder import MADE
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
        """What an object comes to."""
        statement = _said(row, self._fields["statement"])
        if statement and statement.strip() and self.settings.tables:
            return self.statements.outcome(self.statements.part(statement), None, None)
        method, target, status = asked_for(row, self._fields)
        return self.request(method, status, target, None)

    def request(
        self, method: str, status: str, target: str, otherwise: Callable[[], Outcome] | None
    ) -> Outcome | Asked:
        """What a request comes to. otherwise: where no rule fits its target, or it has none."""
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
