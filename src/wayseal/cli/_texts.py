"""The language of this run, and what the command line says in it.

1. `--lang` decides the language, then `WAYSEAL_LANG`, then the locale: the first of `LOCALES` that is set.
2. A text stands where it is said, in English: `_("{id} is open", id=case)`. Labels of codes stand in tables of `N_(…)`.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Annotated

import typer

from wayseal.cli._options import Lang
from wayseal.model.messages import filled
from wayseal.page.languages import translator

LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name the locale of messages, as POSIX has it."""
_LANG: ContextVar[Lang] = ContextVar("lang", default=Lang.EN)


def language(words: Sequence[str], environment: Mapping[str, str]) -> Lang:
    """The language in which a command line asks to be answered, even if it is never understood (rule 1)."""
    lang = environment.get("WAYSEAL_LANG") or _language_of_locale(environment)
    for at, word in enumerate(words):
        if word == "--":
            break
        if word == "--lang" and at + 1 < len(words):
            lang = words[at + 1]
        elif word.startswith("--lang="):
            lang = word.removeprefix("--lang=")
    return Lang.ZH if lang == Lang.ZH else Lang.EN


def _language_of_locale(environment: Mapping[str, str]) -> str:
    locale = next((found for name in LOCALES if (found := environment.get(name))), "")
    return locale.partition(".")[0].partition("_")[0].lower()


def current_lang() -> Lang:
    """The language in which this run answers."""
    return _LANG.get()


def set_lang(lang: Lang) -> Lang:
    """Answer in a language from now on."""
    _LANG.set(lang)
    return lang


LangOption = Annotated[
    Lang,
    typer.Option(
        "--lang",
        envvar="WAYSEAL_LANG",
        help="Language of what is said or written: `zh` or `en`.",
        show_default="the locale's, or `en`",
        expose_value=False,
        callback=set_lang,
    ),
]
"""An option of every command, which none of them has to take."""


def _(text: str, /, **values: object) -> str:
    """A text in the language of this run, its named blanks filled (rule 2)."""
    translate = translator(current_lang())
    return filled(translate(text), translate, **values)


def echo(text: str, /, **values: object) -> None:
    """Print a text in the language of this run."""
    typer.echo(_(text, **values))


def warn(text: str, /, **values: object) -> None:
    """Print a text on standard error."""
    typer.echo(_(text, **values), err=True)


def pgettext(context: str, text: str, /, **values: object) -> str:
    """The same for one whose context tells it from the same English text elsewhere."""
    apart = f"{context}\x04{text}"
    found = translator(current_lang())(apart)
    return _(text, **values) if found == apart else filled(found, **values)
