"""Notes as people write them: a part of CommonMark, with links to cases, waybills and people.

1. Nothing that was typed is markup of the page: HTML stays text, entities aren't read, there are no pictures and no
   headings, and what hides is made visible before anything else looks at it.
2. A link leads to a page of the console, or by https elsewhere, which learns nothing of where it was followed from.
3. People are those who work on cases; another @name stays a text. What a text mentions is `wayseal.cases.writing`'s
   to say.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from wayseal.cases.writing import mentions_in
from wayseal.page.markdown import make_markdown
from wayseal.page.visible import written

_KNOWN = re.compile(
    r"(?<![A-Za-z0-9-])(?:(?P<case>c-[1-9][0-9]{0,8})|[0-9]{12,15}|[A-Z]{1,4}[0-9]{8,15})(?![A-Za-z0-9-])"
)
"""Numbers as long as phone numbers, identity cards and bank cards aren't made addresses of."""
_OWN = re.compile(r"/(?![/\\])")
_PEOPLE = "people"
Link = tuple[int, int, str]
"""Where a link begins and ends in a text, and where it leads."""


def noted(text: str, people: Collection[str]) -> Markup:
    """A note as a page shows it (rules 1 to 3).

    Args:
        text: The note.
        people: Logins of those who work on cases.
    """
    return _noted(text, frozenset(people))


@lru_cache(maxsize=512)
def _noted(text: str, people: frozenset[str]) -> Markup:
    """A page with many notes is asked for again and again."""
    return Markup(_parser().render(written(text), {_PEOPLE: people}))  # noqa: S704 (rule 1)


@cache
def _parser() -> MarkdownIt:
    made = make_markdown(_may_lead_to)
    made.core.ruler.push("known", _link_known)
    return made


def _may_lead_to(url: str) -> bool:
    """Rule 2."""
    return url.startswith("https://") or _OWN.match(url) is not None


def _link_known(state: StateCore) -> None:
    """Links what texts name, outside of links, and guards those that lead elsewhere (rule 2)."""
    for block in state.tokens:
        if block.type == "inline":
            block.children = list(_linked(block.children or (), state.env.get(_PEOPLE, frozenset())))


def _linked(tokens: Sequence[Token], people: Collection[str]) -> Iterator[Token]:
    within = 0
    for token in tokens:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        token.attrs.pop("title", None)  # it may hide characters
        if token.type == "link_open" and not _OWN.match(str(token.attrGet("href"))):
            token.attrSet("rel", "noopener noreferrer nofollow")
            token.attrSet("target", "_blank")
        if token.type != "text" or within:
            yield token
            continue
        at = 0
        for start, end, address in sorted(_links_of(token.content, people)):
            yield _text(token.content[at:start])
            yield Token("link_open", "a", 1, attrs={"href": address})
            yield _text(token.content[start:end])
            yield Token("link_close", "a", -1)
            at = end
        yield _text(token.content[at:])


def _links_of(text: str, people: Collection[str]) -> Iterator[Link]:
    for one in _KNOWN.finditer(text):
        yield one.start(), one.end(), f"/cases/{one[0]}" if one["case"] else f"/waybills?number={one[0]}"
    for start, end, login in mentions_in(text):
        if login in people and not _KNOWN.search(text, start, end):
            yield start, end, f"/cases?state=all&who={quote(login)}"


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
