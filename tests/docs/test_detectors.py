"""detectors.md has a section for every detector, and one for linking, in both languages, with the code's figures.

A section says why, how it counts, what it needs and what is usual, gives an example as a report would say it, says what
makes false alarms and what to do. `NAME = value` in it is a constant of the detector's module, and none is left out.
"""

import ast
import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from tests.docs.pages import blocks, read, sections
from wayseal.detect import detectors as module
from wayseal.detect.detectors import Detector, detectors
from wayseal.page.languages import Lang
from wayseal.page.words import catalogue

PARTS = {
    "en": ("Why.", "Counted.", "Needs.", "Usual.", "Example.", "False alarms.", "What to do."),
    "zh": ("为什么。", "怎么数。", "需要。", "通常。", "例句。", "误报。", "怎么办。"),
}
LINKS = "colluders"
_UNITS = {"min": 60_000_000, "h": 3_600_000_000}
_STATED = re.compile(r"`([A-Z][A-Z_]+) = ([^`]+)`")


class Page(NamedTuple):
    lang: Lang
    text: str


@pytest.fixture(
    params=(("en", "docs/reference/detectors.md"), ("zh", "docs/reference/detectors.zh.md")), ids=("en", "zh")
)
def page(request: pytest.FixtureRequest) -> Page:
    lang, name = request.param
    return Page(lang, read(name))


def of_detector(detector: Detector) -> list[ast.stmt]:
    """The statements of the module from the detector before to this one."""
    found: list[ast.stmt] = []
    ends = {"_detector", *(one.name for one in detectors())}
    for statement in ast.parse(Path(str(module.__file__)).read_text("utf-8")).body:
        found.append(statement)
        if isinstance(statement, ast.FunctionDef) and statement.name in ends:
            if statement.name == detector.name:
                return found
            found = []
    raise KeyError(detector.name)


def constants(module: ModuleType, body: list[ast.stmt]) -> dict[str, object]:
    """What these statements of a module set in capitals and do not hide."""
    names = {
        name.id
        for statement in body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    found = {n: getattr(module, n) for n in names if re.fullmatch("[A-Z][A-Z_]+", n)}
    return {name: value for name, value in found.items() if not isinstance(value, Detector)}


def value(text: str) -> object:
    """A constant as the page writes it: 3, 1e-5, (11, 13, 16), 10 min."""
    number, _, unit = text.partition(" ")
    if unit in _UNITS:
        return int(number) * _UNITS[unit]
    return ast.literal_eval(text)


def stated(body: str) -> dict[str, object]:
    return {name: value(text) for name, text in _STATED.findall(body)}


def test_every_detector_has_its_section(page: Page) -> None:
    found = [title for title in sections(page.text) if re.fullmatch("[a-z_]+", title)]
    assert sorted(found[:-1]) == sorted(d.name for d in detectors())
    assert found[-1] == LINKS
    assert [t for t in sections(read("docs/reference/detectors.md")) if t in found] == found, "both in the same order"


@pytest.mark.parametrize("name", [*(d.name for d in detectors()), LINKS])
def test_every_section_has_its_parts(page: Page, name: str) -> None:
    body = sections(page.text)[name]
    assert tuple(re.findall(r"^\*\*(.+?)\*\*", body, re.MULTILINE)) == PARTS[page.lang]
    assert len(list(blocks(body, "text"))) == (name != LINKS), "its formula"


@pytest.mark.parametrize("detector", detectors(), ids=lambda d: d.name)
def test_constants_and_needs(page: Page, detector: Detector) -> None:
    body = sections(page.text)[detector.name]
    assert stated(body) == constants(module, of_detector(detector))
    needs = body.split(f"**{PARTS[page.lang][2]}**")[1].split("**")[0]
    assert set(re.findall("`([a-z._]+)`", needs)) == {n for need in detector.needs for n in need.split("|")}


def as_pattern(text: str) -> str:
    """A text of the catalogue as a pattern: blanks may be anything."""
    return ".+?".join(re.escape(part) for part in re.split(r"\{[^}]*\}", text))


@pytest.mark.parametrize("detector", detectors(), ids=lambda d: d.name)
def test_the_example_is_what_a_report_says(page: Page, detector: Detector) -> None:
    texts = catalogue(page.lang, "wayseal.detect.report")
    keys = [f"detect.why_{detector.name}{end}" for end in ("", "_at")]
    told = [as_pattern(texts[key]) for key in keys if key in texts]
    against = [
        as_pattern(texts[key]) for key in ("detect.against_peers", f"detect.against_{detector.name}") if key in texts
    ]
    refute = re.escape(texts["detect.refute"].format(text=texts[f"detect.refute_{detector.name}"]))
    (stop, gap) = (".", " ") if page.lang == "en" else ("。", "")
    example = re.search("^> (.+)$", sections(page.text)[detector.name], re.MULTILINE)
    assert example
    assert any(re.fullmatch(why + stop + gap + whom + gap + refute, example[1]) for why in told for whom in against)
    assert f"detect.against_{detector.name}" not in texts or re.search(against[-1], example[1])


def test_the_days_at_the_end_of_a_sentence_are_told(page: Page) -> None:
    texts = catalogue(page.lang, "wayseal.detect.report")
    intro = page.text.split("\n## ")[0]
    assert texts["detect.period"].strip().format(first="2026-03-07", last="2026-03-08") in intro


def test_the_example_of_linking_is_what_a_report_says(page: Page) -> None:
    texts = catalogue(page.lang, "wayseal.detect.report")
    example = re.search("^> (.+)$", sections(page.text)[LINKS], re.MULTILINE)
    assert example
    assert re.fullmatch(as_pattern(texts["detect.case_by"]), example[1])
    assert texts["detect.by_ip"] in example[1]
    assert texts["detect.by_rhythm"] in example[1]
