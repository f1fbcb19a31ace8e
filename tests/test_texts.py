"""Texts that people read: each is seen by the catalogues, and each has its translation."""

import ast
import importlib.util
import pickle
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.once import made_once

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """uses: every place where a text is used; marked: see `_marked`; passing: functions that pass their text on."""

    uses: list[Any]
    marked: set[str]
    passing: set[str]


def _look(folder: Path) -> None:
    modules = texts.parsed()
    passing = {name for _, name in texts.passing_on(modules, texts.errors(modules))}
    seen = Seen(uses=list(texts.uses(modules)), marked=_marked(modules), passing=passing)
    (folder / "seen.pickle").write_bytes(pickle.dumps(seen))


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What stands in the source, which is read once."""
    read = (Path(__file__), ROOT / "scripts/texts.py", *sorted((ROOT / "src").rglob("*.j2")))
    key = "".join(file.read_text("utf-8") for file in read)
    found: Seen = pickle.loads((made_once("texts", _look, key=key) / "seen.pickle").read_bytes())
    return found


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute):
            yield texts.called(part)


def _returned(function: ast.FunctionDef) -> Iterator[str]:
    """Names in what it returns. No expression holds a statement, so expressions aren't walked."""
    inner: list[ast.AST] = [*function.body]
    while inner:
        node = inner.pop()
        if isinstance(node, ast.Return) and node.value:
            yield from _names(node.value)
        inner += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def _marked(modules: Any) -> set[str]:
    """Names that stand for texts which the catalogues see: constants, variables, functions that return them."""
    pairs: list[tuple[set[str], set[str]]] = []
    for module in modules.values():
        given = [(target, node.value) for node in module.of(ast.Assign) for target in node.targets]
        given += [(node.target, node.value) for kind in (ast.AnnAssign, ast.NamedExpr) for node in module.of(kind)]
        given += [(node.target, node.iter) for node in module.of(ast.For)]
        pairs += [(set(_names(target)), set(_names(value))) for target, value in given if value is not None]
        pairs += [({node.name}, set(_returned(node))) for node in module.of(ast.FunctionDef)]
    found = {"N_"}
    while new := {name for names, of in pairs if of & found for name in names} - found:
        found |= new
    return found


def test_every_error_has_a_text_that_the_catalogues_see(seen: Seen) -> None:
    unseen = [
        f"{use.where}: {use.name}({use.given})"
        for use in seen.uses
        if use.text is None
        and not (set(_names(ast.parse(use.given))) & seen.marked)
        and not (use.given == "text" and seen.passing)
        and "strerror" not in use.given
    ]
    assert unseen == []


def test_no_text_is_made_of_parts(seen: Seen) -> None:
    made = [
        f"{use.where}: {use.given}"
        for use in seen.uses
        if use.text is None
        for part in ast.walk(ast.parse(use.given))
        if isinstance(part, ast.JoinedStr | ast.BinOp)
    ]
    assert made == []


def test_what_fills_the_blanks_is_what_the_text_asks_for(seen: Seen) -> None:
    wrong = [
        f"{use.where}: {use.text}"
        for use in seen.uses
        if use.text is not None and use.values is not None and texts.blanks(use.text) != use.values
    ]
    assert wrong == []


@pytest.mark.parametrize("lang", texts.LANGS)
def test_catalogues_are_whole_and_hold_nothing_else(seen: Seen, lang: str) -> None:
    has, wanted = texts.read(lang), {use.text for use in seen.uses if use.text}
    assert wanted - has.keys() == set(), "run `make texts` and translate what is new"
    assert has.keys() - wanted == set(), "run `make texts`"
    assert {english: wrong for english, other in has.items() if (wrong := texts.faults(english, other))} == {}


@pytest.mark.parametrize("lang", texts.LANGS)
def test_catalogues_are_as_they_are_made(lang: str) -> None:
    po, mo = texts.written(lang, texts.read(lang))
    assert texts.path_of(lang).read_bytes() == po, "run `make texts`"
    assert texts.path_of(lang).with_suffix(".mo").read_bytes() == mo, "run `make texts`"


def test_what_is_wrong_with_a_translation_is_found() -> None:
    assert texts.faults("{rows:,} {rows:row|rows}", "{rows:,} 行") is None
    assert texts.faults("{kept} {rows:row|rows}", "保留 {kept} 行") is None
    assert texts.faults("{rows} of {file}", "{rows}") is not None
    assert texts.faults("{rows}", "{row}") is not None
    assert texts.faults("{rows}", "{rows") is not None
    assert texts.faults("x", "") is not None


def test_chinese_has_one_word_for_one_thing() -> None:
    """The list in the glossary: what stands at its right is in no text of a screen, of help or of the docs."""
    glossary = ROOT / "docs/reference/glossary.zh.md"
    told, _, words = glossary.read_text("utf-8").partition("## 统一用词")
    unused = [one for listed in re.findall(r"（不用：([^）]+)）", words) for one in listed.split("、")]
    assert len(unused) > 5
    texts = {str(page): page.read_text("utf-8") for page in (*ROOT.glob("docs/**/*.zh.md"), ROOT / "README.zh.md")}
    texts |= {str(page): page.read_text("utf-8") for page in ROOT.glob("src/wayseal/locale/zh/**/*.po")}
    texts[str(glossary)] = told
    assert [(word, place) for place, text in texts.items() for word in unused if word in text] == []
