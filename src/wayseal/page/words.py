"""The catalogue of texts, one file per language, and the translator that fills them.

A report never builds a sentence by hand: it says a key with values. What a value looks like (an id, a probability, a
time) is decided here, once, so that nothing hostile in an id reaches a page or a terminal.
"""

import importlib
import math
import string
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Protocol

from markupsafe import Markup, escape

from wayseal.model.kinds import SourceKind
from wayseal.model.times import clock_name
from wayseal.page import numbers
from wayseal.page.languages import Lang, in_language, translated
from wayseal.page.visible import cells, shorten, visible

_LONG_ID = 160
_LONG_ID_TEXT = 44
_WHOLE_ID = 24


_GAP = {"en": " ", "zh": ""}
"""What stands between two sentences; a catalogue of gettext can't hold a text that is empty."""


@cache
def catalogue(lang: Lang, package: str = __package__) -> Mapping[str, str]:
    """All texts of a language under their codes ("unit.and"). package: whose module `texts` holds them."""
    texts: Mapping[str, str] = importlib.import_module(f"{package}.texts").TEXTS
    found = in_language(texts, lang)
    return {**found, "unit.gap": _GAP[lang]} if package == __package__ else found


@cache
def words(lang: Lang, of: str) -> Mapping[str, str]:
    """Parse the names of codes: "unit.values" lists those of tables, "unit.columns" heads; some as `code=name`."""
    english = (one.partition("=")[0].strip() for one in catalogue("en")[of].split(","))
    named = dict(one.strip().split("=", 1) for one in catalogue(lang)[of].split(",") if "=" in one)
    return {code: named.get(code, code.replace("_", " ")) for code in english}


def headings(names: Iterable[str], lang: Lang) -> list[str]:
    """Names of columns as the first line of a list for people."""
    return [words(lang, "unit.columns").get(name, name) for name in names]


def times(nats: float, lang: Lang) -> str:
    """Word the weight of evidence: how many times as likely it makes what it speaks for."""
    return numbers.ratio(nats / math.log(10), catalogue(lang)["unit.scales"].split(","))


def reason_text(reason: str, lang: Lang) -> str:
    """Why a row was turned away (a code of the store's) in words; the code itself where there are none."""
    return words(lang, "unit.values").get(reason, reason)


def blanks(text: str) -> frozenset[str]:
    """The names of the blanks in a text."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


class _Filler(string.Formatter):
    """Fills blanks; a value that is missing or does not suit its blank is shown as well as it can be."""

    def __init__(self, write: Callable[[Any, str], str]) -> None:
        self._write = write

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), clock_name() if key == "zone" else numbers.DASH)

    def format_field(self, value: Any, format_spec: str) -> str:
        return self._write(value, format_spec)


class Remark(Protocol):
    """Something to say: a code of a catalogue, and what fills its blanks."""

    @property
    def code(self) -> str:
        """The code of its text."""
        ...

    @property
    def values(self) -> Mapping[str, str | int | float]:
        """The values of the blanks, by name."""
        ...


class Translator:
    """Give texts in one language, as plain text or (html) as markup with everything escaped."""

    def __init__(self, lang: Lang, *, html: bool = False, more: Mapping[str, str] | None = None) -> None:
        """more: texts beside those that all reports share, under codes of their own."""
        self.lang = lang
        self.html = html
        self._texts = {**catalogue(lang), **(more or {})}
        self._filler = _Filler(self._write)

    def say(self, code: str, /, **values: Any) -> str:
        """The text of `code` with its blanks filled; the code itself where there is no text."""
        text = self._texts.get(code)
        if text is None:
            return self._safe(visible(code))
        filled = self._filler.vformat(text, (), values)
        return self._trusted(filled)

    def gettext(self, text: str, /, *, context: str = "", **values: Any) -> str:
        """An English text in this language, its blanks filled. context: what tells it from the same text elsewhere."""
        return self._trusted(self._filler.vformat(translated(text, self.lang, context), (), values))

    def note(self, note: Remark) -> str:
        """A remark in words."""
        return self.say(note.code, **note.values)

    def has(self, code: str) -> bool:
        """True if the catalogue has a text for `code`."""
        return code in self._texts

    def id(self, text: str) -> str:
        """An id as it can be shown in a sentence or a cell."""
        shown = visible(text)
        if self.html:
            shown = shorten(shown, _LONG_ID)
            style = "id whole" if cells(shown) <= _WHOLE_ID else "id"
            return Markup('<bdi class="{}">{}</bdi>').format(style, shown)
        return shorten(shown, _LONG_ID_TEXT)

    def value(self, text: str | None, empty: str = "unit.none") -> str:
        """Word a column's value where a word is known: "customer_service", "print". empty: the text for none."""
        if not text:
            return self.say(empty)
        known = words(self.lang, "unit.values").get(text)
        return self.id(text) if known is None else self._safe(known)

    def values(self, *texts: str | None) -> str:
        """Several of them, one after the other; what is empty is left out."""
        return self.joined(self.value(text) for text in texts if text)

    def all_values(self, texts: Iterable[str]) -> str:
        """The same in one sentence."""
        return self.all_of(map(self.value, texts))

    def styled(self, style: str, text: str) -> str:
        """A text that a page shows in a style of its own; elsewhere the text as it is."""
        return Markup('<span class="{}">{}</span>').format(style, text) if self.html else text

    def named(self, source: str, kind: SourceKind) -> str:
        """A source with its kind: "account u-1042"."""
        return self.say(f"named.{kind}", id=self.id(source))

    def all_of(self, parts: Iterable[str]) -> str:
        """Several things in one sentence: "a, b and c"."""
        items = list(parts)
        if len(items) < 2:
            return self.joined(items)
        return self.joined((self.joined(items[:-1], self.say("unit.comma")), items[-1]), self.say("unit.and"))

    def joined(self, parts: Iterable[str], between: str = " · ") -> str:
        """Several things one after the other; on a page, with what hides in them made visible."""
        if not self.html:
            return between.join(parts)
        return Markup(between).join(p if isinstance(p, Markup) else visible(p) for p in parts)  # noqa: S704 (our own)

    def _safe(self, text: str) -> str:
        return escape(text) if self.html else text

    def _trusted(self, text: str) -> str:
        """Our own words around values that `_write` made safe."""
        return Markup(text) if self.html else text  # noqa: S704 (nothing unescaped gets here)

    def _write(self, value: Any, spec: str) -> str:
        if isinstance(value, Markup):
            return value
        return self._safe(self._spoken(value, spec))

    def _spoken(self, value: Any, spec: str) -> str:
        if isinstance(value, str):
            if spec == "value":
                return words(self.lang, "unit.values").get(value, visible(value))
            moment = numbers.parse(value) if spec == "time" else None
            return numbers.clock(moment) if moment else shorten(visible(value), 10 * _LONG_ID)
        if not isinstance(value, int | float):
            return numbers.DASH
        if "|" in spec:
            one, many = spec.split("|", 1)
            return one if value == 1 else many
        return self._number(value, spec)

    def _number(self, value: float, spec: str) -> str:
        match spec:
            case "%":
                return numbers.percent(value)
            case "share":
                return numbers.share(value)
            case "expected":
                return numbers.expected(value)
            case "p":
                return numbers.p_value(value)
            case "hours":
                return self.hours(value)
            case "ratio":
                return numbers.ratio(value, self._texts["unit.scales"].split(","))
            case "times":
                return times(value, self.lang)
            case "n" if isinstance(value, int):
                return f"{value:,}"
            case _:
                return f"{value:.6g}" if isinstance(value, float) else str(value)

    def hours(self, hours: float, *, keep: bool = False) -> str:
        """A length of time: minutes below one and a half hours, days from three days on. keep: one decimal, always."""
        if not -1e9 < hours < 1e9:
            return numbers.DASH
        if abs(hours) < 1.5:
            return self._texts["unit.minutes"].format(x=f"{60 * hours:.0f}")
        unit, x = ("hours", hours) if abs(hours) < 72 else ("days", hours / 24)
        text = f"{x:,.1f}" if abs(x) < 100 else f"{x:,.0f}"
        return self._texts[f"unit.{unit}"].format(x=text if keep else text.removesuffix(".0"))


class AreaTranslator:
    """Give texts of one area: those of a report, or of a part of it.

    Attributes:
        area: What the codes of its texts begin with.
        translator: Gives them.
    """

    area: ClassVar[str]

    def __init__(self, translator: Translator) -> None:
        """By this translator."""
        self.translator = translator

    def say(self, key: str, /, **values: object) -> str:
        """A text of the area.

        Args:
            key: Its code there.
            **values: What fills its blanks.

        Returns:
            The text.
        """
        return self.translator.say(f"{self.area}.{key}", **values)
