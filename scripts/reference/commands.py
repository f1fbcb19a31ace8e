"""docs/reference/commands.md: every command with its docstring, examples, arguments and options."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from typer.main import get_command

from scripts.reference.texts import Say, filled, row, says
from wayseal.cli import app
from wayseal.cli._commands import GROUPS, ROOT
from wayseal.cli._loading import reword

REQUIRED, OFF, NONE = "required", "off", "none"
HEAD = ("argument or option", "default", "meaning")
ENVIRONMENT = "`{name}` sets it for all commands."
CHOICES = "One of {words}."
FRAMEWORK = (
    "text",
    "number",
    "path",
    "file",
    "folder",
    "Usage:",
    "Options",
    "Arguments",
    "Commands",
    "default: {default}",
    "env var: {var}",
    "Show this message and exit.",
    "Install completion for the current shell.",
    "Show completion for the current shell, to copy it or customize the installation.",
    "Print the version.",
)
"""What the framework says in every help."""


def commands() -> dict[str, Any]:
    """Every command by its words, in the order of `--help`; all are loaded."""
    return dict(_leaves(get_command(app), ""))


def _leaves(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{before}{name} ")
        else:
            yield before + name, command


def page(lang: str) -> str:
    """The page in a language."""
    say = says(lang)
    made = "\n".join([*_contents(say), *(_section(name, command, lang) for name, command in commands().items())])
    return filled("commands", lang, made)


def _contents(say: Say) -> Iterator[str]:
    """A line for each heading of `wayseal --help`, with its commands; of a group its first."""
    for heading, names in GROUPS[ROOT].headings.items():
        links = [f"[`{name}`](#wayseal-{_first(name)})" for name in names]
        said = say(heading)
        yield f"- **{said}**: {', '.join(links)}" if said.isascii() else f"- **{said}**：{'、'.join(links)}"
    yield ""


def _first(words: str) -> str:
    """The first command of a group, in the words of an anchor."""
    group = GROUPS.get(words)
    return words.replace(" ", "-") if group is None else _first(f"{words} {next(iter(group.modules))}")


def _section(name: str, command: Any, lang: str) -> str:
    say = says(lang)
    parts = [f"## `wayseal {name}`", *_prose(reword(command.help, say)), _table(command, say)]
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a docstring; what isn't wrapped is a list or examples."""
    for paragraph in text.split("\n\n"):
        lines = paragraph.removeprefix("\b\n")
        yield f"```sh\n{lines}\n```" if lines != paragraph and not lines.startswith("- ") else lines


def _table(command: Any, say: Say) -> str:
    rows = [row(*map(say, HEAD)), "|---|---|---|"]
    rows += [row(_written(one), _default(one, say), _meaning(one, say)) for one in command.params if one.name != "help"]
    return "\n".join(rows)


def _written(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    long_first = sorted(parameter.opts, key=lambda option: not option.startswith("--"))
    return ", ".join(f"`{option}`" for option in long_first)


def _default(parameter: Any, say: Say) -> str:
    default = parameter.default
    if parameter.required:
        return say(REQUIRED)
    if isinstance(parameter.show_default, str):
        return say(parameter.show_default)
    if default is None:
        return say(NONE)
    if isinstance(default, bool):
        return say(OFF)
    return f"`{default.value if isinstance(default, Enum) else default}`"


def choices(parameter: Any) -> list[str]:
    """What a parameter may be, where that is a closed list."""
    kind = parameter.type_descriptor.annotation
    kinds = [one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, Enum)]
    return [str(word.value) for one in kinds for word in one]


def _meaning(parameter: Any, say: Say) -> str:
    said = [say(parameter.help)]
    words = choices(parameter)
    if any(f"`{word}`" not in said[0] for word in words):
        said.append(say(CHOICES).format(words=", ".join(f"`{word}`" for word in words)))
    if parameter.envvar and parameter.envvar not in said[0]:
        said.append(say(ENVIRONMENT).format(name=parameter.envvar))
    return (" " if said[0].isascii() else "").join(said)


def texts() -> Iterator[str]:
    """Every text of the page and of `--help`."""
    yield from (REQUIRED, OFF, NONE, *HEAD, ENVIRONMENT, CHOICES, *FRAMEWORK)
    yield from (heading for group in GROUPS.values() for heading in group.headings)
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    for group in GROUPS.values():
        reword(group.help, note)
    for command in commands().values():
        reword(command.help, note)
        found += [one.help for one in command.params]
        found += [one.show_default for one in command.params if isinstance(one.show_default, str)]
    yield from (text for text in found if re.search("[A-Za-z]", text))
