"""The languages of screens and reports: English stands in the code, other languages in gettext's catalogues."""

import gettext
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

from wayseal.model.errors import WaysealError
from wayseal.model.messages import Message, Translate

Lang = Literal["zh", "en"]

LANGS: tuple[Lang, ...] = ("zh", "en")
HTML_LANG = {"zh": "zh-CN", "en": "en"}
"""What pages call them."""


def known_lang(lang: str) -> Lang:
    """`lang` if reports are written in it. Raises ValueError otherwise."""
    for known in LANGS:
        if lang == known:
            return known
    raise ValueError("lang must be one of " + ", ".join(LANGS))


@cache
def translator(lang: str) -> Translate:
    """Return the translation into a language; a text that the catalogue lacks stays English."""
    if lang == "en":
        return str
    compiled = resources.files("wayseal").joinpath("locale", known_lang(lang), "LC_MESSAGES", "wayseal.mo")
    with compiled.open("rb") as file:
        return gettext.GNUTranslations(file).gettext


@cache
def translated(text: str, lang: str, context: str = "") -> str:
    """An English text in a language: as it is called in a context, or everywhere."""
    translate, here = translator(lang), f"{context}\x04{text}"
    other = translate(here) if context else here
    return translate(text) if other == here else other


def in_language(texts: Mapping[str, str], lang: str) -> dict[str, str]:
    """English texts under codes, in a language; a text's context is its code."""
    return {code: translated(text, lang, code) for code, text in texts.items()}


class ByLanguage(dict[str, Mapping[str, str]]):
    """Texts under codes, in each language once it is asked for: `TEXTS[lang][code]`."""

    def __init__(self, english: Mapping[str, str]) -> None:
        """Takes the English texts; a code may be a text's context in the catalogues."""
        super().__init__(en=english)

    def __missing__(self, lang: str) -> Mapping[str, str]:
        """The texts in a language that is asked for the first time."""
        found = self[lang] = in_language(self["en"], lang)
        return found


def in_both(text: str) -> tuple[str, str]:
    """A text in Chinese and in English, for records that carry both."""
    return translator("zh")(text), text


def word(what: "Message | WaysealError | str", lang: str) -> str:
    """A message, an error or a plain text in a language."""
    translate = translator(lang)
    if isinstance(what, WaysealError):
        return what.worded(translate)
    return what.fill(translate) if isinstance(what, Message) else translate(what)


def pick_lang(wanted: str | None, accepted: str, default: Lang = "en") -> Lang:
    """The language of a page: what was chosen, else the first that the browser asks for and that there is.

    Args:
        wanted: A language that somebody chose, or anything else.
        accepted: The header Accept-Language.
        default: Where it asks for none that there is.
    """
    if wanted in LANGS:
        return known_lang(wanted)
    asked: list[tuple[float, int, str]] = []
    for part in accepted.split(",")[:20]:
        name, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        asked.append((-weight, len(asked), name.strip().lower().partition("-")[0]))
    for _, _, name in sorted(asked):
        if name in LANGS:
            return known_lang(name)
    return default
