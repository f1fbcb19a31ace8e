"""Texts of requests (rule 6): templates as data, with what is cited."""

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wayseal.market.errors import RemovalError
from wayseal.market.removals.types import LANGS, RULES, Asked
from wayseal.model.times import clock_us, time_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A text that somebody sends."""

    subject: str
    body: str


def write_letter(asked: Asked, *, name: str, contact: str, reminder: bool = False, lang: str | None = None) -> Letter:
    """The text of a request, or of a reminder.

    Args:
        asked: What is asked.
        name: In whose name.
        contact: Where an answer goes.
        reminder: Whether it was asked before.
        lang: Its language; None: the one in which it was asked.

    Returns:
        The text.

    Raises:
        RemovalError: There is no such rule or language.
    """
    templates = _templates()
    lang = lang or asked.lang
    if asked.rule not in RULES or lang not in LANGS:
        raise RemovalError("there is no text for this rule in this language", key="rule")
    words = templates[lang]
    values = {
        "url": _one_line(asked.url),
        "target": _one_line(asked.target.removeprefix(f"{asked.source}/")),
        "captures": "\n".join(f"- {capture}" for capture in asked.captures),
        "rule": words["rules"][asked.rule],
        "at": time_at(asked.at + clock_us()).date().isoformat(),
        "name": _one_line(name),
        "contact": _one_line(contact),
        "request": _one_line(asked.request),
    }
    kind = words["reminder" if reminder else "request"]
    return Letter(
        subject=string.Template(kind["subject"]).substitute(values),
        body=string.Template(kind["body"]).substitute(values),
    )


def _one_line(text: str) -> str:
    """A value that can't bring lines of its own into a text or a header."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


@cache
def _templates() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("letters.toml").read_text("utf-8"))
