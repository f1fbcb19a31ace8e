"""Where a thing that a page names leads: one place for accounts, numbers, reads, outlets, sellers, runs and cases.

1. People stand in addresses under pseudonyms alone, also where a page may name them: addresses are kept by browsers.
2. Whoever may not see where it leads gets the thing as it is, without a link.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from wayseal.cases.types import PERSONAL
from wayseal.console.roles import CASE_ROLES
from wayseal.page.visible import visible

_PSEUDONYM = re.compile(r"p-[0-9a-z]{4}(-[0-9a-z]{4}){2}")
_SELLER = re.compile(r"seller-[0-9a-f]{12}")
"""Sellers of the market's record; others are known by what somebody wrote."""
_PATHS = {"case": "/cases/", "run": "/trace/runs/", "basket": "/trace/baskets/", "item": "/queue?at="}
_PAGES = {"account", "device", "outlet"}
"""Kinds that have a page of their own; of others, their cases are listed."""
_ACCOUNTS = {"actor", "person", "service", "partner"}
"""Kinds of sources that are accounts."""


def href_of(kind: str, name: str) -> str:
    """Where a thing leads.

    Args:
        kind: Of a thing of a case, or of a source: account, device, address, outlet, seller, number, case, item,
            matter (one of these two), run or basket.
        name: Its id; of people and what is theirs, the pseudonym (rule 1).

    Returns:
        The address; "" where it leads nowhere.
    """
    kind = "account" if kind in _ACCOUNTS else kind
    if kind == "matter":
        kind = "case" if name.startswith("c-") else "item"
    if kind in _PATHS:
        return _PATHS[kind] + quote(name, safe="")
    if kind == "number":
        return f"/waybills?{urlencode({'number': name})}"
    if kind == "seller" and _SELLER.fullmatch(name):
        return f"/market/sellers/{name}"
    if kind in PERSONAL:
        name = name if _PSEUDONYM.fullmatch(name) else ""
    elif kind not in ("outlet", "seller"):
        return ""
    if kind in _PAGES and name:
        return f"/{kind}s/{quote(name, safe='')}"
    return f"/cases?{urlencode({'state': 'all', 'thing': name})}" if name else ""


@pass_context
def linked(context: Context, kind: str, name: str, shown: Any = None) -> Markup:
    """A thing as a link to where it leads (rule 2). shown: what stands there, such as its name; None: its id."""
    return _anchor(context, kind, name, context["translator"].id(name if shown is None else shown))


@pass_context
def linked_all(context: Context, kind: str, names: Iterable[str]) -> str:
    """Several things in a sentence, each as a link."""
    made: str = context["translator"].all_of(_anchor(context, kind, name, visible(name)) for name in names)
    return made


def _anchor(context: Context, kind: str, name: str, said: str) -> Markup:
    session = context.get("session")
    let_in = session is None or session.person.role in CASE_ROLES
    href = href_of(kind, name) if let_in else ""
    return Markup('<a href="{}">{}</a>').format(href, said) if href else Markup("{}").format(said)
