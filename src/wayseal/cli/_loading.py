"""Commands that are loaded when they are called.

1. What `--help` of a group and completion say of its commands stands in the table, so that they load none of them.
2. The words of a command name its module (`wayseal ledger verify-proof`: `wayseal.cli.ledger.verify_proof`) and the
   function in it (`verify_proof`; `list_` where the word means something in Python, and so the module of a word of
   Python's own: `import_`).
3. A command whose extra is not installed says in one line what brings it.
"""

import importlib
import keyword
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from wayseal.cli._errors import USAGE_ERROR, NoSuchCommandError, WrongUsageError
from wayseal.cli._help import Command, Worded, say
from wayseal.cli._options import Lang
from wayseal.model.errors import WaysealError

SETUP = {"vault": "setup-vault", "console": "setup-console", "market": "setup-market"}
"""The make target that brings an extra in a checkout."""


class MissingExtraError(WaysealError):
    """Packages of an extra are not installed."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """A command of the table. help: the first sentence of its docstring; extra: what its packages come with."""

    help: str
    extra: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEntry:
    """A group of the table.

    extra: of all its commands. headings: of its help, each with its commands; without them all stand under one.
    """

    help: str
    commands: Mapping[str, "CommandEntry | GroupEntry"]
    extra: str | None = None
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Entry = CommandEntry | GroupEntry


@contextmanager
def require_extra(extra: str | None) -> Iterator[None]:
    """Surround the imports of what needs an extra.

    Raises:
        MissingExtraError: A package is not there, and it is none of Wayseal's own (rule 3).

    """
    try:
        yield
    except ModuleNotFoundError as error:
        if extra is None or (error.name or "").partition(".")[0] == "wayseal":
            raise
        raise MissingExtraError(
            "packages that this command needs are not installed: pip install 'wayseal[{extra}]', or `make {setup}` in "
            "a checkout",
            extra=extra,
            setup=SETUP[extra],
        ) from None


def load_command(words: tuple[str, ...], extra: str | None = None) -> Any:
    """Import a command and make it ready to be called (rule 2).

    Raises:
        MissingExtraError: Its packages are not installed.

    """
    name = words[-1].replace("-", "_")
    with require_extra(extra):
        module = importlib.import_module(".".join(["wayseal.cli", *map(module_name, words)]))
    function = getattr(module, name, None) or getattr(module, f"{name}_")
    info = CommandInfo(words[-1], cls=Command, callback=function)
    return get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)


def module_name(word: str) -> str:
    """The module of a word (rule 2)."""
    return f"{word}_" if keyword.iskeyword(word) else word.replace("-", "_")


class Commands(MutableMapping[str, Any]):
    """The commands of a group, each loaded when it is asked for."""

    def __init__(self, words: tuple[str, ...], group: GroupEntry, extra: str | None = None) -> None:
        self._words, self._group, self._extra = words, group, group.extra or extra
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            entry, words = self._group.commands[name], (*self._words, name)
            if isinstance(entry, GroupEntry):
                self._loaded[name] = LazyGroup.make(words, entry, self._extra)
            else:
                self._loaded[name] = load_command(words, entry.extra or self._extra)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._group.commands, *self._loaded]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._group.commands or name in self._loaded

    def help_of(self, name: str) -> str:
        """What the table says of a command (rule 1)."""
        entry = self._group.commands.get(name)
        return entry.help if entry is not None else str(self._loaded[name].get_short_help_str(200))


class LazyGroup(Worded, TyperGroup):
    """A group that lists its commands from the table, and loads one when it is called."""

    headings: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Headings of `--help`; what a test adds stands under none of them."""

    @classmethod
    def make(cls, words: tuple[str, ...], entry: GroupEntry, extra: str | None = None) -> "LazyGroup":
        """A group of the table."""
        group = cls(name=words[-1], help=entry.help, no_args_is_help=True, rich_markup_mode=None)
        group.commands = Commands(words, entry, extra)
        group.headings = entry.headings
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
        for heading, names in (self.headings or {"Commands": tuple(self.commands)}).items():
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
    """What a group is given, without the `--lang` before its command. WrongUsageError: no such language."""
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
