"""What a room exports says what it takes, gives and holds (Google style): each argument and field by its name."""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wayseal
from wayseal.client import VaultClient, errors
from wayseal.model import records

ROOMS = sorted(path.parent.name for path in Path(wayseal.__file__).parent.glob("*/__init__.py"))
ONE_LINE_EACH = ("Connection", "Database", "Numbers", "Snapshot", "Vault")
"""Classes of many methods, each of which has one clear line; the first is SQLAlchemy's."""


def exported() -> Iterator[tuple[str, Any]]:
    """Every name that a room exports, and every public method of the classes among them."""
    named: dict[str, Any] = {}
    for room in ROOMS:
        module = importlib.import_module(f"wayseal.{room}")
        named |= {f"{room}.{name}": getattr(module, name) for name in getattr(module, "__all__", ()) if room != "cli"}
    named |= {f"client.{kind.__name__}": kind for kind in (*classes(records), *classes(errors))}
    for name, thing in named.items():
        yield name, thing
        if inspect.isclass(thing) and thing.__name__ not in ONE_LINE_EACH:
            yield from ((f"{name}.{key}", method) for key, method in methods(thing))


def classes(module: Any) -> Iterator[type]:
    yield from (kind for kind in vars(module).values() if inspect.isclass(kind) and kind.__module__ == module.__name__)


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    for key, value in vars(kind).items():
        function = getattr(value, "__func__", value)
        if inspect.isfunction(function) and not key.startswith("_"):
            yield key, function


def section(text: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?: {{4}}.*\n|\n)+)", text + "\n", re.MULTILINE)
    return found[1] if found else ""


def named_in(body: str) -> list[str]:
    return re.findall(r"^ {4}(\*{0,2}\w+): \S", body, re.MULTILINE)


FUNCTIONS: dict[str, Any] = {name: thing for name, thing in exported() if inspect.isfunction(thing)}
HELD: dict[str, Any] = {name: thing for name, thing in exported() if dataclasses.is_dataclass(thing)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_names_its_arguments_and_what_it_gives(name: str) -> None:
    function, text = FUNCTIONS[name], inspect.getdoc(FUNCTIONS[name]) or ""
    told = inspect.signature(function)
    stars: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    wanted = [stars.get(one.kind, "") + one.name for one in told.parameters.values() if one.name not in {"self", "cls"}]
    assert named_in(section(text, "Args")) == wanted
    assert bool(section(text, "Returns")) == (told.return_annotation not in {None, "None"})


@pytest.mark.parametrize("name", HELD)
def test_a_record_names_its_fields(name: str) -> None:
    kind, text = HELD[name], inspect.getdoc(HELD[name]) or ""
    fields = [one.name for one in dataclasses.fields(kind)]
    source = inspect.getsource(kind)
    by_themselves = [field for field in fields if re.search(rf'^    {field}: .*\n    """', source, re.MULTILINE)]
    assert by_themselves or named_in(section(text, "Attributes")) == fields


def test_the_client_says_all_of_its_methods() -> None:
    assert {f"client.VaultClient.{name}" for name, _ in methods(VaultClient)} <= FUNCTIONS.keys()
