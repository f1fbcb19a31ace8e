"""JSON answers, by dotted paths: `data.list`, `seller.id`, `images.*.url` (all of a list), `rows.0.text`.

1. `usual` and `items` are paths; a sign is a path, or a path and what stands there (`code=401`).
2. A number of over 99 digits is text, and what is nested deeper than any offer is nothing: one offer that has such
   makes those beside it no less readable.
3. An answer that is no JSON is looked at for what HTML pages say that come in its place.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from wayseal.market.sources._build import MOST_PICTURES, Builder
from wayseal.market.sources._encoding import decode
from wayseal.market.sources._html import html_text, parse_html
from wayseal.market.sources.source import Source
from wayseal.market.sources.types import Flaw, Problem, Seen, unseen
from wayseal.market.types import Hindrance, Sight

_DEEPEST = 20
_NESTED = 100
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]|[^"\[\]{}]++', re.DOTALL)


def parse_json_answer(source: Source, body: bytes, media_type: str, url: str) -> Seen:
    """What an answer in JSON shows (rules 1 to 3)."""
    text, _, unreadable = decode(body, media_type)
    flaws = [Problem(flaw=Flaw.ENCODING, count=unreadable)] if unreadable else []
    try:
        try:
            content = json.loads(text, parse_int=_number)
        except RecursionError:
            content = json.loads(_shallow(text), parse_int=_number)
            flaws.append(Problem(flaw=Flaw.CUT_TEXT))
    except (ValueError, RecursionError):
        if text.lstrip()[:1] == "<":
            found = parse_html(source_of_html(source), body, "text/html; " + media_type.partition(";")[2], url)
            return unseen(found.hindrance or Hindrance.CHANGED, flaws, found.text)
        return unseen(Hindrance.UNREADABLE, flaws)
    sign = source.signs.found(lambda wanted: _says(content, wanted))
    if sign is Sight.GONE:
        return Seen(sight=Sight.GONE, problems=tuple(flaws))
    if isinstance(sign, Hindrance):
        return unseen(sign, flaws)
    items = value_at(content, source.items or "")
    usual = not source.usual or value_at(content, source.usual) is not None
    if not usual or not isinstance(items, list):
        return unseen(Hindrance.CHANGED, flaws)
    builder = Builder(source=source, base=url)
    builder.take(items, take_record)
    if items and not builder.listings:
        return unseen(Hindrance.CHANGED, [*flaws, *builder.finish()])
    next_page = value_at(content, source.next) if source.next else None
    further = builder.further([next_page] if isinstance(next_page, str) else ())
    return Seen(
        sight=Sight.SEEN,
        listings=tuple(builder.listings),
        next_pages=further,
        problems=(*flaws, *builder.finish()),
    )


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) < 100 else digits


def _shallow(text: str) -> str:
    """JSON with null in the place of what is nested too deep (rule 2)."""
    depth, kept = 0, list[str]()
    for one in _TOKEN.findall(text):
        opens = one in {"[", "{"}
        if depth < _NESTED or (depth == _NESTED and not opens):
            kept.append(one)
        elif depth == _NESTED:
            kept.append("null")
        depth += opens - (one in {"]", "}"})
    return "".join(kept)


def source_of_html(source: Source) -> Source:
    """A source whose every page is in another shape than usual, so that what such pages say is found."""
    return Source(name=source.name, kind=source.kind, usual="wayseal-none", items="wayseal-none")


def take_record(builder: Builder, number: int, item: Any) -> None:
    """Adds one object, by the source's fields."""
    said = builder.source.fields.said()
    pictures = said.pop("pictures", None)
    parts = {name: as_text(value_at(item, where)) for name, where in said.items()}
    builder.add(number, {k: v for k, v in parts.items() if v}, _texts(item, pictures) if pictures else ())


def value_at(content: Any, path: str) -> Any:
    """What stands at a dotted path; None for nothing. With `*` a list of what stands in each; "" is the whole."""
    parts = path.split(".") if path else []
    for n, part in enumerate(parts):
        if part == "*":
            inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
            rest = ".".join(parts[n + 1 :])
            return [found for one in inner if (found := value_at(one, rest)) is not None]
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and part.isdecimal() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content


def as_text(value: Any, draw: Callable[[str], str] = html_text, depth: int = 0) -> str:
    """A value as the text that it is to a reader; HTML in it is drawn. What is nested deeper than any text is none."""
    if value is None or isinstance(value, bool | dict) or depth > _DEEPEST:
        return ""
    if isinstance(value, list):
        return "\n".join(part for one in value if (part := as_text(one, draw, depth + 1)))
    text = str(value)
    return draw(text) if "</" in text or "<br" in text else text


def _texts(item: Any, path: str) -> list[str]:
    found = value_at(item, path)
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str) and value][:MOST_PICTURES]


def _says(content: Any, sign: str) -> bool:
    path, equal, wanted = sign.partition("=")
    found = value_at(content, path.strip())
    return str(found) == wanted.strip() if equal and found is not None else not equal and found is not None
