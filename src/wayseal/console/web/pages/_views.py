"""Saved views of lists: what an address says of a list, under a name, for oneself or for all who work on cases.

1. What is kept is the part of the address that the list knows, and nothing else; "mine" stays whoever looks.
2. One's own views are one's own; those for all can be taken away by all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.responses import Response

from wayseal.cases.types import one_line
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web.pages._desk import EVERYBODY, with_query

KNOWN: Mapping[str, tuple[str, ...]] = {
    "queue": ("source", "who", "later", "sort"),
    "cases": ("state", "who", "source", "thing", "sort"),
}
"""What of its address a list knows."""
_BEGINNING = "view."
_LONG = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view. key: what names it in forms. shared: it is everybody's."""

    key: str
    name: str
    address: str
    shared: bool


def views_of(ask: Ask, place: str) -> tuple[View, ...]:
    """Views of a list: one's own and everybody's, by name."""
    beginning = f"{_BEGINNING}{place}."
    found = ask.access.marks.of(ask.whose.person.id, beginning)
    return tuple(
        View(
            key=name,
            name=name.removeprefix(beginning),
            address=with_query(f"/{place}", dict(parse_qsl(value))),
            shared=person == EVERYBODY,
        )
        for (person, name), value in found.items()
    )


def keep_view(ask: Ask) -> Response:
    """Keeps a view, or takes one away."""
    place = ask.field("place")
    if place not in KNOWN:
        raise AccessError("choose one of the list", key="place")
    whose = EVERYBODY if ask.field("shared") else ask.whose.person.id
    if ask.field("drop"):
        ask.access.marks.put(whose, ask.field("drop"), "")
        return ask.go(f"/{place}")
    name = one_line(ask.line("name")[:_LONG], "name")
    given = dict(parse_qsl(ask.field("query")))
    address = with_query("", {key: given[key] for key in KNOWN[place] if given.get(key)})
    ask.access.marks.put(whose, f"{_BEGINNING}{place}.{name}", address.removeprefix("?") or "sort=loss")
    return ask.go(f"/{place}{address}")


PAGES = (Page(method="POST", path="/views", act=keep_view, roles=CASE_ROLES),)
