"""What a person reads, before it has a language: an English text with blanks, and what fills them.

1. The English text is the message's identity, as in gettext: catalogues are keyed by it, programs compare it, and code
   never builds a sentence from parts.
2. Blanks are named: {file}, {rows:,} with thousands, {rows:row|rows} one word for 1 and another for the rest. A
   language without plurals leaves such a blank out; a sentence may count several things.
3. A value that is itself a message is put into the same language; several of them, and lists of words, are joined.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wayseal.model.times import clock_name

Translate = Callable[[str], str]
"""An English text to the same text in another language, with the same blanks."""


def N_(text: str, *, context: str = "") -> str:  # noqa: N802 (gettext's own name for it)
    """Marks a text for the catalogues where it stands, and gives it back as it is.

    Args:
        text: English.
        context: What tells it from the same English text elsewhere, where another language needs two.

    """
    del context
    return text


_COMMA = N_(", ")


@dataclass(frozen=True, slots=True)
class Message:
    """A text and what fills its blanks.

    Attributes:
        text: The English text, its blanks named (rules 1 and 2).
        values: What fills the blanks; further messages among them are put into the same language (rule 3).

    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The message in English."""
        return self.fill(str)

    def fill(self, translate: Translate) -> str:
        """The message with its blanks filled.

        Args:
            translate: Puts a text into a language; `str` leaves it English.

        """
        return filled(translate(self.text), translate, **self.values)


def filled(text: str, translate: Translate = str, /, **values: object) -> str:
    """A text with its blanks filled (rules 2 and 3); one without values is taken as it stands.

    Args:
        text: In the language of its reader.
        translate: Puts messages among the values into that language too; `str` leaves them English.
        **values: What fills the blanks.

    """
    return _Filler(translate).vformat(text, (), {"zone": clock_name(), **values}) if values else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilingual:
    """A text that comes in both languages, as data: what a courier wrote, or a service said.

    The blank for it says which one is put there: `{words:en}`, in the Chinese catalogue `{words:zh}`.
    """

    zh: str
    en: str

    def __format__(self, spec: str) -> str:
        """The text in the language `spec`."""
        return self.zh if spec == "zh" else self.en


class _Filler(string.Formatter):
    def __init__(self, translate: Translate) -> None:
        self._translate = translate

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if bar:
            return one if value == 1 else many
        return format(self._worded(value), format_spec)

    def _worded(self, value: Any) -> Any:
        if isinstance(value, Message):
            return value.fill(self._translate)
        if isinstance(value, list | tuple):
            return self._translate(_COMMA).join(str(self._worded(one)) for one in value)
        return value.worded(self._translate) if hasattr(value, "worded") else value
