"""docs/commands.md says every command, argument, option, value and exit code, in both languages, and no other."""

import re
from enum import Enum
from itertools import pairwise

import pytest
import typer

from tests.docs.pages import read, rows, sections
from wayseal.cli import app
from wayseal.model import WaysealError

GROUP = typer.main.get_command(app)
COMMANDS = GROUP.commands  # type: ignore[attr-defined]
OWN_CODES = {0, 2, 130}


@pytest.fixture(params=("docs/commands.md", "docs/commands.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def names(command: object) -> list[str]:
    """How a command's parameters are written: LEDGER, --out."""
    out = []
    for parameter in command.params:  # type: ignore[attr-defined]
        longest = [o for o in parameter.opts if o.startswith("--")]
        if parameter.param_type_name == "argument":
            out.append(parameter.metavar or parameter.name.upper())
        elif longest != ["--help"]:
            out.append(longest[0])
    return out


def test_every_command_has_its_section(page: str) -> None:
    found = [t.removeprefix("wayseal ") for t in sections(page) if t.startswith("wayseal ")]
    assert found == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option(page: str, name: str) -> None:
    table = rows(sections(page)[f"wayseal {name}"])
    assert list(table) == names(COMMANDS[name])
    for parameter in COMMANDS[name].params:
        for short in (o for o in parameter.opts if re.fullmatch("-[a-z]", o)):
            assert f"`{short}`" in page
        for word in getattr(parameter.type, "choices", ()):
            cells = " ".join(next(c for n, c in table.items() if n in {*parameter.opts, parameter.name.upper()}))
            assert f"`{word.value if isinstance(word, Enum) else word}`" in cells, word


def test_every_default(page: str) -> None:
    """A default that is worth saying stands in code marks in the option's row."""
    for name, command in COMMANDS.items():
        table = rows(sections(page)[f"wayseal {name}"])
        for parameter, row in zip((p for p in command.params if "--help" not in p.opts), table.values(), strict=True):
            value = parameter.default
            if value in (None, False, ...) or parameter.required:
                continue
            assert f"`{value.value if isinstance(value, Enum) else value}`" in " ".join(row), (name, parameter.name)


def codes(root: type[WaysealError]) -> set[int]:
    return {root.exit_code}.union(*(codes(c) for c in root.__subclasses__()))


def test_every_exit_code(page: str) -> None:
    table = next(rows(body) for body in sections(page).values() if "0" in rows(body))
    used = codes(WaysealError) - {WaysealError.exit_code}
    assert {int(code) for code in table} >= used | OWN_CODES
    assert all(a < b for a, b in pairwise(map(int, table)))
