"""Texts that people write on cases: what they may hold, tags, and whom they mention."""

import re
import unicodedata
from typing import Any

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import MOST_TAG

MOST_LINE, MOST_STATEMENT = 500, 20_000
_BREAKS = "\n\t"
_CONTROLS = ("Cc", "Cs")
_MENTION = re.compile(r"(?<![A-Za-z0-9._%+@-])@([a-z0-9][a-z0-9._@-]{1,63})")


def one_line(text: str, field: str) -> str:
    """A text that can say who or why: one line of up to MOST_LINE characters. CasebookUsageError names the field."""
    if not text.strip() or len(text) > MOST_LINE or not text.isprintable():
        raise CasebookUsageError("one line of up to {most} characters", key=field, most=MOST_LINE)
    return text


def reasoned(who: str, why: str) -> dict[str, Any]:
    """Who does something and why, as an act has it. CasebookUsageError: one of them can't be."""
    return {"who": one_line(who, "who"), "why": one_line(why, "why")}


def several_lines(text: str, field: str) -> str:
    """A text of several lines; CasebookUsageError names the field."""
    hidden = any(unicodedata.category(char) in _CONTROLS for char in text if char not in _BREAKS)
    if not text.strip() or len(text) > MOST_STATEMENT or hidden:
        raise CasebookUsageError("a text of up to {most} characters", key=field, most=MOST_STATEMENT)
    return text


def clean_tag(text: str) -> str:
    """The one spelling of a tag: small letters, full width as half, single spaces. CasebookUsageError: it can't be one.

    Args:
        text: The tag as it was typed; a # before it is dropped.
    """
    tag = " ".join(unicodedata.normalize("NFKC", text).casefold().lstrip("#").split())
    if not tag or len(tag) > MOST_TAG or not tag.isprintable() or "," in tag:
        raise CasebookUsageError("a tag of up to {most} characters, without commas", key="tag", most=MOST_TAG)
    return tag


def mentions_of(text: str) -> tuple[str, ...]:
    """The logins that a text mentions by @, each once, in their order; whether there are such people isn't known here.

    Args:
        text: A note, a comment.
    """
    return tuple(dict.fromkeys(login for _, _, login in mentions_in(text)))


def mentions_in(text: str) -> tuple[tuple[int, int, str], ...]:
    """The places of such mentions in a text: where each begins and ends, and the login."""
    found = ((one.start(), one[1].rstrip("._@-")) for one in _MENTION.finditer(text))
    return tuple((at, at + 1 + len(login), login) for at, login in found if len(login) > 1)
