"""The catalogue of detection: both languages whole and alike, and a text for whatever can come."""

import ast
import re
from pathlib import Path

import pytest

import wayseal.detect
from tests.detect.report.fixtures import ALL
from tests.page.pages import BANNED, words
from wayseal.cases.types import CaseState
from wayseal.detect._result import Ground, Others, Strength, Table
from wayseal.detect._score import BEYOND
from wayseal.detect._signals import GROWN
from wayseal.detect.detectors import detectors
from wayseal.detect.report import FORMATS, render_detect
from wayseal.page.languages import LANGS, Lang
from wayseal.page.words import blanks, catalogue

PACKAGE = "wayseal.detect.report"
ROOT = Path(wayseal.detect.__file__).parent
TABLES = ("waybills", "scans", "tickets", "actors", "assignments", "outlets")
STORY = (ROOT / "report/_story.py").read_text("utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_texts_are_in_their_language(lang: Lang) -> None:
    for code, text in catalogue(lang, PACKAGE).items():
        assert (re.search("[一-鿿]", text) is not None) == (lang == "zh") or "{" in text, code


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("format_", FORMATS)
def test_no_report_judges_people(name: str, lang: str, format_: str) -> None:
    assert not BANNED.search(render_detect(ALL[name](), format_, lang))


@pytest.mark.parametrize("lang", LANGS)
def test_every_detector_has_a_name_and_a_sentence(lang: Lang) -> None:
    texts = catalogue(lang, PACKAGE)
    names = {d.name for d in detectors()} | {BEYOND, GROWN}
    assert {c.removeprefix("detector.") for c in texts if c.startswith("detector.")} == names
    for name in names:
        assert "value" in blanks(texts[f"detect.why_{name}"]), name
        assert texts[f"detect.refute_{name}"], "and what would refute it"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("format_", ["text", "html"])
def test_no_reader_has_to_know_what_a_nat_is(name: str, lang: str, format_: str) -> None:
    assert not re.search(r"\bnats?\b|奈特", render_detect(ALL[name](), format_, lang), re.IGNORECASE)


def test_whatever_has_a_word_has_a_text() -> None:
    texts = catalogue("en", PACKAGE)
    assert {f"detect.strength_{word}" for word in Strength} <= set(texts)
    assert {f"detect.against_{others}" for others in Others} <= set(texts)
    assert {f"detect.ground_{ground}" for ground in Ground} <= set(texts)
    assert {f"detect.missing_{table.replace('.', '_')}" for table in Table} <= set(texts)


def remarks() -> dict[str, str]:
    """Every code of a remark in the room → where it stands; of those by table, one for each table."""
    out: dict[str, str] = {}
    for path in [*ROOT.glob("*.py"), *(ROOT / "report").glob("*.py")]:
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source if "Remark(" in source else "")):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Remark":
                code = next(k.value for k in node.keywords if k.arg == "code")
                where = f"{path.name}:{node.lineno}"
                if isinstance(code, ast.Constant):
                    out[str(code.value)] = where
                else:
                    out |= {f"not.{table}": where for table in TABLES}
    return out


def test_every_remark_has_a_text_and_every_text_a_remark() -> None:
    texts = {c for c in catalogue("en", PACKAGE) if c.startswith(("not.", "remark."))}
    assert texts == set(remarks())


def test_every_text_is_asked_for() -> None:
    some = words("why by read state refute against ground missing strength")
    open_ended = ("detector.", "not.", "remark.", *(f"detect.{name}_" for name in some))
    for code in catalogue("en", PACKAGE):
        name = code.split(".")[1]
        assert code.startswith(open_ended) or re.search(f"[\"']{name}[\"']", STORY), code


def test_every_text_that_is_asked_for_exists() -> None:
    asked = set(re.findall(r'say\("([a-z_]+)"', STORY))
    assert len(asked) > 30
    assert {f"detect.{name}" for name in asked} <= catalogue("en", PACKAGE).keys()
    for name in ("device", "ip", "rhythm", "range"):
        assert f"detect.by_{name}" in catalogue("en", PACKAGE)
    for state in CaseState:
        assert f"detect.state_{state}" in catalogue("en", PACKAGE)
    for name in ("early", "unknown", "weak"):
        assert f"detect.read_{name}" in catalogue("en", PACKAGE)


@pytest.mark.parametrize("lang", LANGS)
def test_each_language_speaks_of_leads(lang: Lang) -> None:
    lead = {"zh": "线索", "en": "lead"}
    for name in ("single", "joint"):
        for form in ("text", "html"):
            assert lead[lang] in " ".join(render_detect(ALL[name](), form, lang).split())
