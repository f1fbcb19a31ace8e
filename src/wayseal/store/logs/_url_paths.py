"""Requests: which waybills a URL names, or what it asks for."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from wayseal.store.logs._bind_values import Filter, LeftOutError
from wayseal.store.logs._outcomes import DroppedCondition, NoRead, Outcome, Why
from wayseal.store.mapping import LogSettings, PathRule

_MOST_PARAMETERS = 1000
_TIMES = {"issued_from": ">=", "issued_to": "<"}


class Requests:
    """Reads requests by the rules of a mapping; the first rule whose path fits counts."""

    def __init__(self, settings: LogSettings, offset: timedelta) -> None:
        self._settings = settings
        self._offset = offset
        self._statuses = tuple(s.lower().removesuffix("xx") for s in settings.statuses)

    def refused(self, method: str, status: str) -> NoRead | None:
        """Why such a request showed nothing; None if it may have. An empty text is not looked at."""
        if method and method.upper() not in self._settings.methods:
            return NoRead(why=Why.METHOD)
        if status and not any(status.startswith(s) for s in self._statuses):
            return NoRead(why=Why.REDIRECTED if status.startswith("3") else Why.STATUS)
        return None

    def outcome(self, target: str, rows: int | None = None) -> Outcome:
        """What a request for this URL or path comes to."""
        path, query = parted(target)
        for rule in self._settings.paths:
            found = rule.pattern.fullmatch(path)
            if found is not None:
                return self._query_outcome(rule, found.groupdict(), query, rows)
        return NoRead(why=Why.OTHER_PATH)

    def _query_outcome(
        self, rule: PathRule, captured: Mapping[str, str | None], query: list[tuple[str, str]] | None, rows: int | None
    ) -> Outcome:
        made = Filter(offset=self._offset)
        texts: dict[str, list[str]] = {k: [v] for k, v in captured.items() if v}
        if query is None:
            made.wider.append(DroppedCondition(why=Why.UNREADABLE))
        for name, value in query or ():
            if name in rule.query:
                if value.strip():
                    texts.setdefault(rule.query[name], []).append(value)
            elif name not in rule.ignore:
                made.wider.append(DroppedCondition(why=Why.PARAMETER, name=name))
        for key, values in texts.items():
            try:
                _permit(made, key, values)
            except LeftOutError as left:
                made.wider.append(DroppedCondition(why=left.why))
        return made.outcome(rows, rule.action, strict=False)


def _permit(made: Filter, key: str, values: list[str]) -> None:
    if key in _TIMES:
        for value in values:
            made.bound(_TIMES[key], made.time(value))
    elif key == "limit":
        found = [int(v) for v in values if v.isascii() and v.isdecimal() and len(v) < 16]
        made.limit = max(found) if len(found) == len(values) else None
    elif key == "waybill":
        made.permit(key, [p for v in values for p in v.replace(";", ",").replace("，", ",").split(",") if p.strip()])
    else:
        made.permit(key, values)


def parted(target: str) -> tuple[str, list[tuple[str, str]] | None]:
    """The path, its percent signs decoded, and the parameters; None for the latter where they can't be read."""
    try:
        split = urlsplit(
            target if "://" in target[:16] else "//h" + target if target.startswith("/") else "//h/" + target
        )
        path, query = split.path, split.query
    except ValueError:
        path, _, query = target.partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS, encoding="latin-1")
    except ValueError:
        return decoded(path), None
    return decoded(path), [(_text(n.encode("latin-1", "replace")), _value(v)) for n, v in pairs]


def decoded(text: str) -> str:
    """Percent signs decoded: UTF-8, or GB18030 where it is none."""
    return _text(unquote_to_bytes(text))


def _value(text: str) -> str:
    """What `parse_qsl` has read byte by byte; a letter beyond Latin-1 stood in the log as it is."""
    try:
        return _text(text.encode("latin-1"))
    except UnicodeEncodeError:
        return text


def _text(data: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")
