"""The part of CommonMark that people write in: no HTML, no pictures; entities aren't read, lines break as typed."""

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

_RULES = (
    *("fence", "blockquote", "list", "paragraph", "newline", "escape", "backticks", "emphasis", "strikethrough"),
    *("balance_pairs", "fragments_join", "link", "autolink", "code", "hr"),
)


def make_markdown(may_lead_to: Callable[[str], bool], *, headings: bool = False) -> MarkdownIt:
    """Makes what turns such a text into HTML.

    Args:
        may_lead_to: Whether a link may lead to an address; where it may not, it stays a text.
        headings: There may be some, below the page's own.
    """
    made = MarkdownIt("zero", {"html": False, "breaks": True, "linkify": False}).enable(list(_RULES))
    made.validateLink = may_lead_to  # type: ignore[method-assign, assignment]
    if headings:
        made.enable("heading").core.ruler.push("below", _put_below)
    return made


def _put_below(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
