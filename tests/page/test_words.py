"""The texts that all reports share, and how a translator fills them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import wayseal
from tests.page.pages import BANNED
from wayseal.model.kinds import SourceKind
from wayseal.page.languages import LANGS, Lang, known_lang
from wayseal.page.words import Translator, blanks, catalogue, reason_text

ROOT = Path(wayseal.__file__).parent
OTHERS = (
    "wayseal.trace.report",
    "wayseal.trace.scope",
    "wayseal.trace.extent",
    "wayseal.detect.report",
    "wayseal.detect.rights",
    "wayseal.detect.reasons",
    "wayseal.detect.partners",
    "wayseal.market.report",
)
MORE = {"x.all": "{a} {b:time} {d:p} {e:share} {f:expected} {g:reason} {h} {i:n} {k:hours}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    code: str
    values: dict[str, str | int | float] = field(default_factory=dict)


@pytest.mark.parametrize("package", ["wayseal.page", *OTHERS])
def test_both_languages_hold_the_same_codes_with_the_same_blanks(package: str) -> None:
    zh, en = catalogue("zh", package), catalogue("en", package)
    assert list(zh) == list(en)
    for code in en:
        assert blanks(zh[code]) == blanks(en[code]), code
        assert not BANNED.search(zh[code] + en[code]), code
        assert not re.search("[<>&]", zh[code] + en[code]), code


@pytest.mark.parametrize("package", OTHERS)
def test_no_report_has_a_text_of_its_own_for_a_shared_code(package: str) -> None:
    assert not catalogue("en").keys() & catalogue("en", package).keys()


def test_every_text_is_asked_for() -> None:
    paths = [p for pattern in ("*.py", "*.j2") for p in ROOT.rglob(pattern) if p.name != "texts.py"]
    source = "".join(path.read_text("utf-8") for path in paths)
    for code in catalogue("en"):
        assert (
            f'"{code}"' in source or f"'{code}'" in source or code.startswith(("kind.", "named.", "reason.", "unit."))
        )


@pytest.mark.parametrize("lang", LANGS)
def test_every_kind_of_source_has_its_names(lang: Lang) -> None:
    translator = Translator(lang)
    for kind in SourceKind:
        assert translator.has(f"kind.{kind}")
        assert translator.named("a\u202eb", kind).endswith("a‹U+202E›b")
    assert Translator(lang, html=True).named("<b>", SourceKind.ACTOR).endswith('<bdi class="id whole">&lt;b&gt;</bdi>')


def test_a_long_id_is_shortened_in_text_and_may_break_on_a_page() -> None:
    assert Translator("en").id("x" * 100) == "x" * 29 + "…" + "x" * 14
    assert Translator("en", html=True).id("x" * 30).startswith('<bdi class="id">')


def test_why_a_row_was_turned_away() -> None:
    assert reason_text("empty", "zh") == "为空"
    assert reason_text("brand-new", "zh") == "brand-new"


def test_values_are_written_as_their_blanks_ask() -> None:
    values = {"a": "u-1", "b": "2026-03-10T08:00:00", "d": 0.5, "e": 0.1, "f": 3.0, "g": "empty", "h": 0.25}
    said = Translator("en", more=MORE).say("x.all", **values, i=12000, k=100)
    assert said == "u-1 2026-03-10 16:00 0.50 10% 3 empty 0.25 12,000 4.2 d"
    assert Translator("en", more=MORE).say("x.all", b="soon", g="other") == "– soon – – – other – – –"


def test_remarks_of_any_room() -> None:
    more = {"room.late": "{n} came late"}
    assert Translator("en", more=more).note(Said(code="room.late", values={"n": 3})) == "3 came late"
    assert Translator("en").note(Said(code="room.late")) == "room.late"
    assert Translator("en", html=True).note(Said(code="<b>")) == "&lt;b&gt;"


def test_unknown_languages_are_refused() -> None:
    assert known_lang("zh") == "zh"
    with pytest.raises(ValueError, match="lang must be one of zh, en"):
        known_lang("fr")
