"""The market's sites as its watchers would write them down: one TOML file a source, in the form of `market.sources`.

1. A source says what can be known by looking: selectors, signs, manners. Nothing of the truth is in it.
2. Sites lie on loopback, so each source allows inside addresses; a real one never needs to.
3. Classes are those of the pages at the given time; who writes sources anew after a page changed is the operator who
   mends them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from wayseal.model.errors import disk_says
from wayseal_sim._errors import SimulateError
from wayseal_sim.market._exports import GROUPS, PURCHASES
from wayseal_sim.market._pages import CLASSES
from wayseal_sim.market._plan import SITES
from wayseal_sim.market._types import MarketWorld

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a site may be looked at.

    Attributes:
        start: Path to begin with; of a search with blanks.
        pause_s: Seconds between two requests.
        budget: Requests a day.
        interval_h: Hours between looks.
        pages: Pages a look at most.
    """

    start: str
    pause_s: int
    budget: int
    interval_h: int
    pages: int = 20


TERMS: Mapping[str, Terms] = MappingProxyType(
    {
        "bazaar": Terms(start="/search?q={query}&page={page}", pause_s=2, budget=1_500, interval_h=6),
        "arcade": Terms(start="/list-{query}-{page}.htm", pause_s=1, budget=1_000, interval_h=6),
        "forum": Terms(start="/board?page=1", pause_s=5, budget=800, interval_h=6),
        "board": Terms(start="/feed.rss", pause_s=2, budget=800, interval_h=6),
        "openapi": Terms(start="/v1/offers?page=1", pause_s=1, budget=800, interval_h=6),
    }
)
QUERY = "快递"
_CONTACT = "mailto:watch@courier.example"
_LOG_LINE = r"(?P<posted_at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<shop_name>.*)\((?P<shop>\d+)\)(?P<text>)"
_HTML_SIGNS = {"captcha": ["#captcha"], "login": ["#login-form"], "error": [".error-box"], "gone": [".notice"]}
_JSON_SIGNS = {"captcha": ["code=4002"], "login": ["code=4001"], "error": ["code=5001"], "gone": ["code=404"]}
_JSON_FIELDS = {
    "key": "itemId",
    "url": "link",
    "shop": "seller.id",
    "shop_name": "seller.nick",
    "title": "subject",
    "text": "detail.body",
    "price": "price",
    "posted_at": "createdAt",
    "pictures": "detail.images.*",
}


def write_sources(world: MarketWorld, folder: Path, roots: Mapping[str, str], at: int) -> tuple[Path, ...]:
    """Writes a file for each source.

    Args:
        world: The market.
        folder: Where to; made if need be. Exports of chats are looked for in it (`write_exports`).
        roots: Where each site is, as `serve_market` says.
        at: When they are written: pages that change later are described as they are now.

    Returns:
        The files.

    Raises:
        SimulateError: One can't be written.
    """
    tables = [*(_site(world, name, root, at) for name, root in roots.items()), *_files()]
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            path = folder / f"{table['name']}.toml"
            path.write_text(_toml(table), "utf-8")
            written.append(path)
    except OSError as error:
        raise SimulateError("{out} can't be written ({reason})", out=folder, reason=disk_says(error)) from error
    return tuple(written)


def _site(world: MarketWorld, name: str, root: str, at: int) -> Table:
    terms = TERMS[name]
    kind = {"bazaar": "search", "arcade": "search", "forum": "page", "board": "feed", "openapi": "json"}[name]
    table: dict[str, object] = {
        "wayseal": 1,
        "name": name,
        "kind": kind,
        "contact": _CONTACT,
        "start": root + terms.start,
        "every": f"{terms.interval_h}h",
        "budget": terms.budget,
        "pause": terms.pause_s,
        "retention": "180d",
        "allow_inside": True,
    }
    if kind == "feed":
        return table
    table["pages"] = terms.pages
    if next(site.excerpt for site in SITES if site.name == name):
        table["details"] = True
    if kind == "json":
        shape = {"items": "data.list", "usual": "data.list", "next": "data.next"}
        return table | shape | {"fields": _JSON_FIELDS, "signs": _JSON_SIGNS}
    names = CLASSES[name][int(at >= world.layouts.get(name, at + 1))]
    if kind == "search":
        table["queries"] = [QUERY]
    else:
        table["next"] = f"a.{names['next']}@href"
    fields = {
        "key": "@data-key",
        "url": f".{names['title']}@href",
        "shop": f".{names['shop']}@href",
        "shop_name": f".{names['shop']}",
        "title": f".{names['title']}",
        "text": f".{names['text']}",
        "price": f".{names['price']}",
        "posted_at": "time",
        "pictures": f".{names['picture']}@src",
    }
    shape = {"items": f".{names['item']}", "usual": f".{names['list']}", "time_format": "%Y-%m-%d %H:%M"}
    return table | shape | {"fields": fields, "signs": _HTML_SIGNS}


def _files() -> list[Table]:
    """Sources that are files: chats, and what was bought."""
    out: list[Table] = []
    for k in range(len(GROUPS)):
        table: dict[str, object] = {"wayseal": 1, "name": f"chats-{k + 1}", "kind": "chat", "every": "1d"}
        if k == len(GROUPS) - 1:
            more = {"files": f"group-{k + 1}/*.txt", "format": "lines", "pattern": _LOG_LINE}
            out.append(table | more | {"time_format": "%Y-%m-%d %H:%M:%S"})
        else:
            out.append(table | {"files": f"group-{k + 1}/*.json", "format": "telegram"})
    out.append({"wayseal": 1, "name": "purchases", "kind": "folder", "every": "1d", "files": PURCHASES})
    return out


def _toml(table: Table) -> str:
    """A table as TOML: values of the top first, then its tables. A string of JSON is one of TOML as well."""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [_line(key, value) for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{key}]", *(_line(inner, one) for inner, one in value.items())]
    return "\n".join(lines) + "\n"


def _line(key: str, value: object) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
