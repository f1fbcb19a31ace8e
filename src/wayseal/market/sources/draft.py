"""A draft of a source out of one page: where its offers seem to stand. A person corrects it before anything is watched.

1. Offers are what is repeated: elements of one tag, and mostly of one class, below parents that are alike. Of such
   patterns the one with the most text counts, more so with a link of its own in each, and with prices.
2. A part of an offer is where most offers have one: links that differ, short texts with a price, times, pictures.
3. What isn't found is left out. Fewer than three offers, or offers without an address or id of their own, are none.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wayseal.market.sources._encoding import decode
from wayseal.market.sources._html import DEEPEST, nested, visible_text

LEAST = 3
"""Offers that make a list."""
_MOST_NODES, _MOST_ITEMS, _MOST_PLACES = 20_000, 40, 60
_LONGEST = 400
"""Characters of an offer that count."""
_NO_TEXT = ["script", "style", "noscript", "template", "head"]
_NO_ITEMS = frozenset({"html", "body", "br", "option", "path", "svg", "b", "i", "em", "strong", "font"})
_PRICE = re.compile(r"[¥￥$]\s?\d|\d(?:\.\d+)?\s?(?:元|块|CNY|RMB)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,60}")
_NEXT = re.compile(r"下一?页|后一?页|next( page)?|[›»>]{1,2}", re.IGNORECASE)
_TIMES = (
    (re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\S*"), ""),
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}"), "%Y-%m-%d %H:%M"),
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}"), "%Y/%m/%d %H:%M"),
    (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"), "%Y年%m月%d日"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), ""),
)
Values = Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Where offers seem to stand. keys: those of a source, but for name, contact and address; fields: of an offer."""

    keys: Mapping[str, str]
    fields: Mapping[str, str]
    offers: int


def draft_source(body: bytes, media_type: str) -> Draft | None:
    """Looks for a list of offers on a page (rules 1 to 3); None: there is none that is sure enough.

    Args:
        body: The page, unpacked.
        media_type: As the answer said, with its parameters.

    Returns:
        The draft.
    """
    text, _, _ = decode(body, media_type)
    if nested(text) > DEEPEST:
        return None
    page = LexborHTMLParser(text)
    page.strip_tags(_NO_TEXT)
    if page.body is None:
        return None
    patterns = sorted(_patterns(page.body), key=lambda one: -one[0])
    for _, items in patterns[:5]:
        fields, more = _fields(_whole(items)[:_MOST_ITEMS])
        selector = _selector(page, items)
        if selector is not None and ("url" in fields or "key" in fields):
            keys = {"items": selector, **_usual(page, items[0]), **_next(page), **more}
            return Draft(keys=keys, fields=fields, offers=len(items))
    return None


def _patterns(body: LexborNode) -> Iterator[tuple[float, list[LexborNode]]]:
    """Elements that are repeated, with how much speaks for them (rule 1)."""
    buckets: dict[tuple[str, tuple[str, ...], str], list[LexborNode]] = {}
    for number, node in enumerate(body.traverse()):
        if number > _MOST_NODES:
            break
        parent = node.parent
        if parent is None or node.tag in _NO_ITEMS or not _NAME.fullmatch(node.tag or ""):
            continue
        buckets.setdefault((parent.tag or "", tuple(_classes(parent)), node.tag or ""), []).append(node)
    for some in buckets.values():
        counts = Counter(name for node in some for name in _classes(node))
        shared = [[one for one in some if name in _classes(one)] for name, count in counts.items() if count >= LEAST]
        for items in [*shared, some]:
            if len(items) >= LEAST and (found := _weight(items)) > 0:
                yield found, items


def _weight(items: Sequence[LexborNode]) -> float:
    texts = [visible_text(one) for one in items]
    said = sum(min(len(text), _LONGEST) for text in texts)
    links = {link for one in items if (link := _href(one))}
    linked = min(len(links) / len(items), 1.0)
    priced = sum(bool(_PRICE.search(text)) for text in texts) / len(items)
    full = sum(len(text) >= 8 for text in texts) / len(items)
    distinct = len(set(texts)) / len(items)
    return said * full * distinct * (0.2 + linked) * (1 + priced)


def _whole(items: Sequence[LexborNode]) -> Sequence[LexborNode]:
    """Those with a link, where most have one: the head of a table is no offer."""
    linked = [one for one in items if _href(one)]
    return linked if len(linked) >= 0.6 * len(items) else items


def _href(node: LexborNode) -> str | None:
    if node.tag == "a":
        return node.attributes.get("href")
    found = node.css_first("a[href]")
    return None if found is None else found.attributes.get("href")


def _classes(node: LexborNode) -> list[str]:
    return [one for one in sorted((node.attributes.get("class") or "").split()) if _NAME.fullmatch(one)]


def _spelled(node: LexborNode, shared: Iterable[str] = ()) -> str:
    """A node as a selector: by its id if it has one that isn't numbered, else by its tag and a class."""
    id_ = node.attributes.get("id") or ""
    if not shared and _NAME.fullmatch(id_) and not id_[-1].isdigit():
        return f"{node.tag}#{id_}"
    classes = list(shared) or _classes(node)
    return f"{node.tag}.{classes[0]}" if classes else str(node.tag)


def _selector(page: LexborHTMLParser, items: Sequence[LexborNode]) -> str | None:
    """What finds these elements, and as few others as can be."""
    first, wanted = items[0], {one.mem_id for one in items}
    shared = [name for name in _classes(first) if all(name in _classes(one) for one in items)]
    plain = _spelled(first, shared) if shared else str(first.tag)
    found, above = plain, first.parent
    for _ in range(4):
        if {one.mem_id for one in page.css(found)} == wanted:
            return found
        if above is None or above.tag in {"html", "-document"}:
            break
        found = f"{_spelled(above)} > {found}"
        above = above.parent
    extra = len({one.mem_id for one in page.css(found)} - wanted)
    return found if extra <= len(items) // 4 else None


def _usual(page: LexborHTMLParser, item: LexborNode) -> dict[str, str]:
    parent = item.parent
    if parent is None or parent.tag == "body":
        return {}
    spelled = _spelled(parent)
    return {"usual": spelled} if spelled != parent.tag and page.css_matches(spelled) else {}


def _next(page: LexborHTMLParser) -> dict[str, str]:
    if page.css_matches("a[rel=next]"):
        return {"next": "a[rel=next]@href"}
    for one in page.css("a[href]"):
        if _NEXT.fullmatch(one.text(strip=True)):
            spelled = _spelled(one)
            return {"next": f"{spelled}@href"} if spelled != "a" and len(page.css(spelled)) == 1 else {}
    return {}


def _fields(items: Sequence[LexborNode]) -> tuple[dict[str, str], dict[str, str]]:
    """Fields of an offer, and keys of the source that go with them (rule 2)."""
    places = _places(items)
    out: dict[str, str] = {}
    more: dict[str, str] = {}
    key = _key(items)
    if key:
        out["key"] = key
    links = {where: [_attribute(one, where, "href") for one in items] for where in _linked(items, places)}
    sure = [where for where in links if _own(links[where]) >= 0.9]
    url = max(sure, key=lambda where: (_own(links[where]), _length(items, where)), default=None)
    if url is not None:
        out["url"] = f"{url}@href" if url else "@href"
    if url and _share(_texts(items, url), lambda text: len(text) >= 2) >= 0.8:
        out["title"] = url
    shop = next((where for where in links if where != url and _is_shop(items, where)), None)
    if shop:
        out |= {"shop": f"{shop}@href", "shop_name": shop}
    out |= _by_text(items, places, "price", lambda text: len(text) <= 40 and bool(_PRICE.search(text)))
    text = _text(items, places)
    if text:
        out["text"] = text
    for where in places:
        if found := _time(items, where):
            out["posted_at"], pattern = found
            more |= {"time_format": pattern} if pattern else {}
            break
    if sum(one.css_first("img[src]") is not None for one in items) >= len(items) / 3:
        out["pictures"] = "img@src"
    return out, more


def _places(items: Sequence[LexborNode]) -> list[str]:
    """Selectors below offers that most offers have, those that have it most first, the more exact before."""
    counts: Counter[str] = Counter()
    for item in items:
        here = dict.fromkeys(
            spelled
            for node in item.traverse()
            if node.mem_id != item.mem_id and _NAME.fullmatch(node.tag or "")
            for spelled in (*(f"{node.tag}.{name}" for name in _classes(node)), *_numbered(item, node), str(node.tag))
        )
        counts.update(here.keys())
    often = [where for where, count in counts.items() if count >= 0.6 * len(items)]
    return sorted(often, key=lambda where: (-counts[where], not {".", ":"} & set(where)))[:_MOST_PLACES]


def _numbered(item: LexborNode, node: LexborNode) -> list[str]:
    """A part right below an offer that has no class: by its place among the others."""
    if node.parent is None or node.parent.mem_id != item.mem_id or _classes(node):
        return []
    place = 1 + sum(1 for _ in _before(node))
    return [f"{node.tag}:nth-child({place})"]


def _before(node: LexborNode) -> Iterator[LexborNode]:
    while (before := node.prev) is not None:
        node = before
        if not (node.tag or "-").startswith("-"):
            yield node


def _key(items: Sequence[LexborNode]) -> str | None:
    names = sorted({name for one in items for name in one.attributes}, key=lambda name: (name == "id", name))
    for name in names:
        values = [one.attributes.get(name) for one in items]
        if (name == "id" or re.fullmatch(r"data-[a-z0-9-]*(id|key|no|code)", name)) and _own(values) == 1.0:
            return f"@{name}"
    return None


def _linked(items: Sequence[LexborNode], places: Iterable[str]) -> list[str]:
    here = [""] if all(one.tag == "a" for one in items) else []
    return here + [where for where in places if where == "a" or where.startswith("a.")]


def _own(values: Values) -> float:
    """In which part of offers a value stands that no other has."""
    counts = Counter(value for value in values if value)
    return sum(count == 1 for count in counts.values()) / len(values)


def _attribute(item: LexborNode, where: str, name: str) -> str | None:
    node = item.css_first(where) if where else item
    return None if node is None else node.attributes.get(name)


def _texts(items: Sequence[LexborNode], where: str) -> list[str]:
    return [visible_text(item if where == "." else item.css_first(where)) for item in items]


def _length(items: Sequence[LexborNode], where: str) -> int:
    return sum(map(len, _texts(items, where or ".")))


def _share(texts: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, texts)) / len(texts)


def _is_shop(items: Sequence[LexborNode], where: str) -> bool:
    """A short link: who offers it."""
    return "." in where and _share(_texts(items, where), lambda text: 1 < len(text) <= 40) >= 0.8


def _by_text(
    items: Sequence[LexborNode], places: Iterable[str], name: str, fits: Callable[[str], bool]
) -> dict[str, str]:
    found = next((where for where in places if _share(_texts(items, where), fits) >= 0.6), None)
    return {} if found is None else {name: found}


def _text(items: Sequence[LexborNode], places: Sequence[str]) -> str | None:
    """The part that says most of an offer; None: the whole offer is its text."""
    whole = _length(items, ".")
    lengths = {where: _length(items, where) for where in places if not where.startswith("a")}
    most = max(lengths.values(), default=0)
    if most < 0.4 * whole or most == whole:
        return None
    return min((where for where in lengths if lengths[where] == most), key=lambda where: "." not in where)


def _time(items: Sequence[LexborNode], where: str) -> tuple[str, str] | None:
    """Where times stand, and how they are written."""
    said = [_attribute(one, where, "datetime") or "" for one in items]
    for told, place in ((said, f"{where}@datetime"), (_texts(items, where), where)):
        for known, pattern in _TIMES:
            if _share(told, lambda text, known=known: bool(known.fullmatch(text))) >= 0.8:  # type: ignore[misc]
                return place, pattern
    return None
