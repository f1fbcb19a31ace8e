"""The part of CommonMark that people write in: no HTML, no pictures; entities aren't read, lines break as typed."""

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

_RULES = (
    *("fence", "blockquote", "list", "paragraph", "newline", "escape", "backticks", "emphasis", "strikethrough"),
    *("balance_pairs", "fragments_join", "link", "autolink", "code", "hr"),
)


def make_markdown(may_lead_to: Callable[[str], bool], *more: str) -> MarkdownIt:
    """Makes what turns it into HTML. may_lead_to: says where links may lead. more: "heading", below the page's own."""
    made = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False}).enable([*_RULES, *more])
    made.validateLink = may_lead_to  # type: ignore[method-assign, assignment]
    made.core.ruler.push("below", _put_below)
    return made


def _put_below(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
