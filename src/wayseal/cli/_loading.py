"""Commands that are loaded when they are called.

1. What `--help` of a group and completion say of its commands is the first sentence of their docstrings, read out of
   compiled code, so that none of them is loaded.
2. The table has a command's module, and its words name the function there (`wayseal ledger verify-proof`:
   `ledger_verify_proof` in `ledger`); an underscore follows where Python has the name for itself.
3. A command whose extra is not installed says in one line what brings it.

Help in the reader's language.

4. A text of help is English and stands in the code; the catalogue `help` has it in other languages. What isn't in it
   stays English.
5. A paragraph is a text, and so is the help of an option. Of examples only what stands in double quotes is one.
6. Links in help are for the pages of the docs that are made of it; a screen shows their words alone.
"""

import builtins
import gettext
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.abc import InspectLoader
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from wayseal.cli._commands import EXTRAS, GROUPS
from wayseal.cli._errors import USAGE_ERROR, NoSuchCommandError, WrongUsageError
from wayseal.cli._options import Lang
from wayseal.cli._texts import LangOption, language
from wayseal.model.errors import WaysealError

LOCALE = Path(__file__).parents[1] / "locale"
DOMAIN = "help"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_QUOTED = re.compile(r'"([^"]+)"')
_TYPES = {"str": "text", "int": "number", "float": "number", "Path": "path", "dir": "folder"}
"""What people call the types of values."""
Say = Callable[[str], str]


def catalogue(lang: str) -> Say:
    """Return the translator of English help into a language (rule 4)."""
    return gettext.translation(DOMAIN, LOCALE, languages=[lang], fallback=True).gettext


def say(text: str) -> str:
    """A text of help as the screen shows it, in the language in which this command line asks to be answered."""
    return plain(catalogue(language(sys.argv[1:], os.environ))(text))


def plain(text: str) -> str:
    """A text without its links (rule 6)."""
    return _LINK.sub(r"\1", text)


def reword(text: str, said: Say) -> str:
    """A command's help, each of its texts as `said` says it (rule 5); marks of what isn't wrapped stay."""
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


SETUP = {one: f"setup-{one}" for one in ("vault", "console", "market", "live", "portal")}
"""The make target that brings an extra in a checkout."""


class MissingExtraError(WaysealError):
    """Packages of an extra are not installed."""

    exit_code: ClassVar[int] = 2


@contextmanager
def require_extra(extra: str | None) -> Iterator[None]:
    """Surround the imports of what needs an extra.

    Raises:
        MissingExtraError: A package is not there, and it is none of Wayseal's own (rule 3).

    """
    try:
        yield
    except ModuleNotFoundError as error:
        if not extra or (error.name or "").partition(".")[0] == "wayseal":
            raise
        raise MissingExtraError(
            "packages that this command needs are not installed: pip install 'WHEEL[{extra}]', or `make {setup}` in "
            "a checkout",
            extra=extra,
            setup=SETUP[extra],
        ) from None


def load_command(words: tuple[str, ...]) -> Any:
    """Import a command and make it ready to be called (rule 2).

    Raises:
        MissingExtraError: Its packages are not installed.

    """
    with require_extra(EXTRAS.get(" ".join(words), EXTRAS.get(words[0]))):
        function = getattr(importlib.import_module(_module(words)), _function(words))
    command, (lang,) = _ready(function, words[-1]), _ready(_answer_in, "").params
    names = [one.name for one in command.params]
    command.params.insert(names.index("quiet") if "quiet" in names else len(names), lang)
    return command


def _ready(function: Callable[..., None], name: str) -> Any:
    info = CommandInfo(name, cls=Command, callback=function)
    return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)


def _answer_in(lang: LangOption = Lang.EN) -> None:
    """Nothing; it has the option that every command has beside its own."""


def _module(words: tuple[str, ...]) -> str:
    module = GROUPS[" ".join(words[:-1])].modules[words[-1]]
    return module if "." in module else f"wayseal.cli.{module}"


def _function(words: tuple[str, ...]) -> str:
    name = "_".join(words).replace("-", "_")
    return f"{name}_" if hasattr(builtins, name) else name


def help_of(words: tuple[str, ...]) -> str:
    """Find the line of a command or group in `--help` of its group (rule 1)."""
    group = GROUPS.get(" ".join(words))
    if group is not None:
        return group.help
    sentence = re.match(r".+?[.](?=\s|$)", " ".join(_docstrings(_module(words))[_function(words)].split()))
    return sentence[0] if sentence else ""


@cache
def _docstrings(module: str) -> Mapping[str, str]:
    """The docstrings of a module's functions, out of its compiled code, which is not run."""
    loader = getattr(find_spec(module), "loader", None)
    code = loader.get_code(module) if isinstance(loader, InspectLoader) else None
    inner = [one for one in code.co_consts if isinstance(one, CodeType)] if code else []
    return {one.co_name: one.co_consts[0] for one in inner if one.co_consts and isinstance(one.co_consts[0], str)}


class Commands(MutableMapping[str, Any]):
    """The commands of a group, each loaded when it is asked for."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words, self._names = words, tuple(GROUPS[" ".join(words)].modules)
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            words = (*self._words, name)
            if name not in self._names:
                raise KeyError(name)
            self._loaded[name] = LazyGroup.make(words) if " ".join(words) in GROUPS else load_command(words)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._names, *self._loaded]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._names or name in self._loaded

    def help_of(self, name: str) -> str:
        """The line of a command; one that a test adds has its own."""
        return help_of((*self._words, name)) if name in self._names else self._loaded[name].get_short_help_str(200)


class LazyGroup(Worded, TyperGroup):
    """A group that lists its commands from the table, and loads one when it is called."""

    words: tuple[str, ...] = ()

    @classmethod
    def make(cls, words: tuple[str, ...]) -> "LazyGroup":
        """A group of the table."""
        group = cls(name=words[-1], help=help_of(words), no_args_is_help=True, rich_markup_mode=None)
        group.commands, group.words = Commands(words), words
        return group

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads its options. `--lang` was heard before anything was read, and here it is only passed over."""
        return list(super().parse_args(ctx, _without_language(args)))

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options. A flag that isn't given is False: for what is None, Typer would load pydantic to read it."""
        found = list(super().get_params(ctx))
        for parameter in found:
            if getattr(parameter, "is_flag", False) and parameter.default is None:
                parameter.default = False
        return found

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that a word stands for."""
        try:
            return super().resolve_command(ctx, args)
        except USAGE_ERROR as error:
            if args[0].startswith("-"):
                raise
            raise NoSuchCommandError(error.format_message(), args[0], ctx) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        del ctx
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Every command with its line of the table."""
        del ctx
        for heading, names in GROUPS[" ".join(self.words)].headings.items():
            with formatter.section(say(heading)):
                formatter.write_dl([(name, say(self._help_of(name))) for name in names])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Completions of a word; those that stand for the commands load nothing."""
        commands = self.commands
        self.commands = {name: TyperCommand(name, short_help=say(self._help_of(name))) for name in commands}
        try:
            return list(super().shell_complete(ctx, incomplete))
        finally:
            self.commands = commands

    def _help_of(self, name: str) -> str:
        return self.commands.help_of(name) if isinstance(self.commands, Commands) else ""


def _without_language(args: Sequence[str]) -> list[str]:
    """Drop the `--lang` before its command from a group's arguments. WrongUsageError: no such language."""
    kept, given = [], iter(args)
    for word in given:
        name, equals, value = word.partition("=")
        if name == "--lang":
            value = value if equals else next(given, "")
            if value not in set(Lang):
                raise WrongUsageError("needs one of {known}", param_hint="--lang", known=[str(one) for one in Lang])
            continue
        kept.append(word)
        if not word.startswith("-"):
            break
    return [*kept, *given]
