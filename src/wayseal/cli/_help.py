"""Help in the reader's language.

1. A text of help is English and stands in the code; the catalogue `help` has it in other languages. What isn't in it
   stays English.
2. A paragraph is a text, and so is the help of an option. Of examples only what stands in double quotes is one.
3. Links in help are for the pages of the docs that are made of it; a screen shows their words alone.
"""

import gettext
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from wayseal.cli._texts import language

LOCALE = Path(__file__).parents[1] / "locale"
DOMAIN = "help"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_QUOTED = re.compile(r'"([^"]+)"')
_TYPES = {"str": "text", "int": "number", "float": "number", "Path": "path", "dir": "folder"}
"""What people call the types of values."""
Say = Callable[[str], str]


def catalogue(lang: str) -> Say:
    """Return the translator of English help into a language (rule 1)."""
    return gettext.translation(DOMAIN, LOCALE, languages=[lang], fallback=True).gettext


def say(text: str) -> str:
    """A text of help as the screen shows it, in the language in which this command line asks to be answered."""
    return plain(catalogue(language(sys.argv[1:], os.environ))(text))


def plain(text: str) -> str:
    """A text without its links (rule 3)."""
    return _LINK.sub(r"\1", text)


def reword(text: str, said: Say) -> str:
    """A command's help, each of its texts as `said` says it (rule 2); marks of what isn't wrapped stay."""
    return "\n\n".join(_reword_paragraph(paragraph, said) for paragraph in cleandoc(text).split("\n\n"))


def _reword_paragraph(text: str, said: Say) -> str:
    lines = text.removeprefix("\b\n")
    if lines == text:
        return said(" ".join(text.split()))
    if lines.startswith("- "):
        return "\b\n" + said(lines)
    return "\b\n" + _QUOTED.sub(lambda found: f'"{said(found[1])}"', lines)


class Worded:
    """A command or a group whose help speaks the reader's language."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Its help."""
        command: Any = super()
        with worded(self, self.get_params(ctx), ctx):  # type: ignore[attr-defined]
            command.format_help(ctx, formatter)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Its first line; the framework has its word in English alone."""
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        usage = say("Usage:")
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{usage} " if usage.isascii() else usage)


class Command(Worded, TyperCommand):
    """A command of the table."""


@contextmanager
def worded(command: Any, parameters: Sequence[Any], ctx: Any) -> Iterator[None]:
    """While it lasts, texts of a command and its parameters, and the framework's own, are as `say` says them."""
    kept = [(command, "help", command.help)]
    kept += [(p, name, text) for p in parameters for name in ("help", "show_default") if (text := _text(p, name))]
    before = gettext.textdomain(), os.environ.get("LANGUAGE")
    try:
        for parameter in parameters:
            if isinstance(shown := parameter.display_type(ctx), str):
                parameter.display_type = partial(_fixed, _type(shown))
        for thing, name, text in kept:
            setattr(thing, name, reword(text or "", say) if thing is command else say(text))
        _speak(DOMAIN, language(sys.argv[1:], os.environ))
        yield
    finally:
        for parameter in parameters:
            vars(parameter).pop("display_type", None)
        for thing, name, text in kept:
            setattr(thing, name, text)
        _speak(*before)


def _text(parameter: Any, name: str) -> str | None:
    text = getattr(parameter, name, None)
    return text if isinstance(text, str) else None


def _fixed(shown: str, ctx: Any) -> str:
    del ctx
    return shown


def _type(shown: str) -> str:
    """The type of a value as people say it: <list[Path]> as <path>…, several times."""
    one = shown.strip("<>").removeprefix("list[").removesuffix("]").removesuffix(" range")
    word = one if "|" in one else say(_TYPES.get(one, one))  # between | stand values, to be typed as they are
    return f"<{word}>" + "…" * shown.startswith("<list[")


def _speak(domain: str, lang: str | None) -> None:
    """Where the framework looks its own words up (`gettext.gettext`)."""
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(domain)
    if lang is None:
        os.environ.pop("LANGUAGE", None)
    else:
        os.environ["LANGUAGE"] = lang
