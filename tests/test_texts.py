"""Texts that people read: each is seen by the catalogues, and each has its translation."""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wayseal_texts", ROOT / "scripts/texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


texts = _script()


@pytest.fixture(scope="module")
def modules() -> dict[Path, ast.Module]:
    found: dict[Path, ast.Module] = texts.parsed()
    return found


@pytest.fixture(scope="module")
def uses(modules: dict[Path, ast.Module]) -> list[Any]:
    return list(texts.uses(modules))


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute):
            yield texts.called(part)


def _marked(modules: dict[Path, ast.Module]) -> set[str]:
    """Names that stand for texts which the catalogues see: constants, variables, functions that return them."""
    given = [
        (target, node.value)
        for tree in modules.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    pairs = [(set(_names(target)), set(_names(value))) for target, value in given]
    for tree in modules.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.For):
                pairs.append((set(_names(node.target)), set(_names(node.iter))))
            if isinstance(node, ast.FunctionDef):
                out = {n for r in ast.walk(node) if isinstance(r, ast.Return) and r.value for n in _names(r.value)}
                pairs.append(({node.name}, out))
    found = {"N_"}
    while new := {name for names, of in pairs if of & found for name in names} - found:
        found |= new
    return found


def test_every_error_has_a_text_that_the_catalogues_see(modules: dict[Path, ast.Module], uses: list[Any]) -> None:
    marked = _marked(modules)
    passing = {name for _, name in texts.passing_on(modules, texts.errors(modules))}
    unseen = [
        f"{use.where}: {use.name}({use.given})"
        for use in uses
        if use.text is None
        and "/cli/" not in use.where
        and not (set(_names(ast.parse(use.given))) & marked)
        and not (use.given == "text" and passing)
        and "strerror" not in use.given
    ]
    assert unseen == []


def test_no_text_is_made_of_parts(uses: list[Any]) -> None:
    made = [
        f"{use.where}: {use.given}"
        for use in uses
        if use.text is None and "/cli/" not in use.where
        for part in ast.walk(ast.parse(use.given))
        if isinstance(part, ast.JoinedStr | ast.BinOp)
    ]
    assert made == []


def test_what_fills_the_blanks_is_what_the_text_asks_for(uses: list[Any]) -> None:
    wrong = [
        f"{use.where}: {use.text}"
        for use in uses
        if use.text is not None and use.values is not None and texts.blanks(use.text) != use.values
    ]
    assert wrong == []
