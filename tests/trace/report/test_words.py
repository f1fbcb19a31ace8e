"""The catalogue: both languages whole and alike, every code of the trace known, no word that judges people."""

import ast
import re
from pathlib import Path

import pytest

import wayseal
from tests.page.pages import BANNED, words
from tests.trace.report.fixtures import ALL
from wayseal.page.languages import LANGS, Lang
from wayseal.page.words import Voice, blanks, catalogue
from wayseal.trace._result import Note
from wayseal.trace.report import render

ROOT = Path(wayseal.__file__).parent
REPORT = ROOT / "trace" / "report"
PACKAGE = "wayseal.trace.report"
CONTRACT = words("actors outlets waybills changes scans accesses queries tickets assignments partner_calls leaks")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("format_", ["text", "json", "html"])
def test_no_report_judges_people(name: str, lang: str, format_: str) -> None:
    assert not BANNED.search(render(ALL[name](), format_, lang))


@pytest.mark.parametrize("lang", LANGS)
def test_each_language_speaks_of_investigation_leads(lang: Lang) -> None:
    lead = {"zh": "调查线索", "en": "lead for investigators"}
    for name in ("named", "shortlist"):
        for format_ in ("text", "html"):
            assert lead[lang] in " ".join(render(ALL[name](), format_, lang).split())


def voice_of(lang: Lang, *, html: bool = False) -> Voice:
    return Voice(lang, html=html, more=catalogue(lang, PACKAGE))


def note_codes() -> list[tuple[str, frozenset[str] | None, str]]:
    """Every Note(code="…") of the package: code, names of its values where they are spelled out, place."""
    found = []
    for path in ROOT.rglob("*.py"):
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source if "Note(" in source else "")):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note":
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                code, values = given.get("code"), given.get("values")
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.append((code.value, spelled(values), f"{path.name}:{node.lineno}"))
    return found


def spelled(values: ast.expr | None) -> frozenset[str] | None:
    if values is None:
        return frozenset()
    if isinstance(values, ast.Dict) and all(isinstance(key, ast.Constant) for key in values.keys):
        return frozenset(str(key.value) for key in values.keys if isinstance(key, ast.Constant))
    return None


def test_every_note_of_the_package_has_a_text_and_fills_its_blanks() -> None:
    texts = catalogue("en", PACKAGE)
    for code, names, place in note_codes():
        assert code in texts, f"{place}: {code} has no text"
        assert names is None or blanks(texts[code]) <= names, f"{place}: {code} leaves blanks unfilled"


def test_every_text_that_the_reports_ask_for_exists() -> None:
    asked = set()
    for path in REPORT.glob("*.py"):
        asked |= set(re.findall(r"""say\(\s*["']([a-z_]+\.[a-z_]+)["']""", path.read_text("utf-8")))
    assert len(asked) > 50
    assert asked - {"ui.figure_"} <= catalogue("en").keys() | catalogue("en", PACKAGE).keys()


def test_every_text_is_asked_for() -> None:
    source = "".join(path.read_text("utf-8") for path in REPORT.glob("_*.py"))
    open_sections = (
        "fit.",
        "quality.",
        "missing.",
        "table.",
        "verdict.",
        "plain.",
        "why.",
    )
    for code in catalogue("en", PACKAGE):
        section, name = code.split(".")
        quoted = (
            f'"{code}"' in source or f"'{code}'" in source or f'"{name}"' in source or f'("{section}.{name}' in source
        )
        figure = re.match(r"figure_([a-z]+)(_note|_empty)?$", name)
        assert quoted or figure or code.startswith(open_sections), code


def test_every_table_of_the_contract_says_what_its_absence_costs() -> None:
    for lang in LANGS:
        assert [code for code in catalogue(lang, PACKAGE) if code.startswith("table.")] == [
            f"table.{name}" for name in CONTRACT
        ]


@pytest.mark.parametrize("lang", LANGS)
def test_a_code_without_a_text_is_shown_as_it_is(lang: Lang) -> None:
    assert voice_of(lang).note(Note(code="quality.brand_new")) == "quality.brand_new"
    assert voice_of(lang, html=True).note(Note(code="<b>")) == "&lt;b&gt;"


def test_blanks_that_nobody_fills_or_fills_wrongly_do_not_stop_a_report() -> None:
    voice = voice_of("en")
    assert voice.say("quality.clock_skew") == (
        "Clocks disagree: – of the records stand about – off. Times from read to sale are uncertain by as much."
    )
    assert "soon" in voice.say("quality.clock_skew", hours="soon", share=0.1)
    assert "from – to –" in voice.say("quality.gaps", hours=3, **{"from": None, "to": []})


def test_one_and_many() -> None:
    voice = voice_of("en")
    assert voice.say("quality.sold_before_read", n=1).startswith("1 of the leaked numbers was on sale")
    assert voice.say("quality.sold_before_read", n=2).startswith("2 of the leaked numbers were on sale")


def test_unknown_languages_and_formats_are_refused() -> None:
    with pytest.raises(ValueError, match="lang must be one of zh, en"):
        render(ALL["named"](), "text", "fr")
    with pytest.raises(ValueError, match="format must be one of text, json, html"):
        render(ALL["named"](), "pdf", "en")
