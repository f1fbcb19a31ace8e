"""commands.md says every command, argument, option, value and exit code, in both languages, and no other."""

import re
from enum import Enum
from itertools import pairwise
from typing import Any, get_args

import pytest
import typer
from scripts.reference.texts import says

from tests.docs.pages import read, rows, sections
from wayseal.cli import app
from wayseal.model import WaysealError


def flat(commands: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Every command by its words; a group is its commands."""
    out: dict[str, Any] = {}
    for name, command in commands.items():
        inner = getattr(command, "commands", None)
        out |= {before + name: command} if inner is None else flat(inner, f"{before}{name} ")
    return out


COMMANDS = flat(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
OWN_CODES = {0, 2, 130}


@pytest.fixture(params=("docs/reference/commands.md", "docs/reference/commands.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def written(parameter: Any) -> str:
    """How a parameter is written: LEDGER, --out."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return next(str(o) for o in parameter.opts if o.startswith("--"))


def parameters(name: str) -> dict[str, Any]:
    found = {written(p): p for p in COMMANDS[name].params}
    return {k: p for k, p in found.items() if k != "--help"}


def words(parameter: Any) -> list[str]:
    """What an option may be, where that is a closed list."""
    kinds = [parameter.type_descriptor.annotation, *get_args(parameter.type_descriptor.annotation)]
    return [str(word.value) for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum) for word in kind]


def test_every_command_has_its_section(page: str) -> None:
    found = [t.removeprefix("wayseal ") for t in sections(page) if t.startswith("wayseal ")]
    assert found == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option(page: str, name: str) -> None:
    table = rows(sections(page)[f"wayseal {name}"])
    assert list(table) == list(parameters(name))
    for key, parameter in parameters(name).items():
        said = " ".join(table[key])
        for word in (*words(parameter), *(o for o in parameter.opts if re.fullmatch("-[a-z]", o))):
            assert f"`{word}`" in said, (name, key)
        default = parameter.default
        if parameter.required:
            assert table[key][1] in {"required", "必填"}, (name, key)
        elif isinstance(parameter.show_default, str):
            assert table[key][1] in {parameter.show_default, says("zh")(parameter.show_default)}, (name, key)
        elif default is not None and not isinstance(default, bool):
            assert table[key][1] == f"`{default.value if isinstance(default, Enum) else default}`", (name, key)


def codes(root: type[WaysealError]) -> set[int]:
    return {root.exit_code}.union(*(codes(c) for c in root.__subclasses__()))


def test_every_exit_code(page: str) -> None:
    table = next(rows(body) for body in sections(page).values() if "0" in rows(body))
    used = codes(WaysealError) - {WaysealError.exit_code}
    assert {int(code) for code in table} >= used | OWN_CODES
    assert all(a < b for a, b in pairwise(map(int, table)))
