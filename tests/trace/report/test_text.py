import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.effort import examples
from tests.page.hostile import HOSTILE
from tests.trace.report.fixtures import ALL
from tests.trace.report.strategies import results
from wayseal.model.kinds import SourceKind
from wayseal.page.languages import LANGS
from wayseal.trace._result import LeakRow, Note, TraceResult
from wayseal.trace.report import render

CASES = [(name, lang) for name in ALL for lang in LANGS]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(("name", "lang"), CASES)
@pytest.mark.parametrize("width", [60, 88, 120])
def test_no_line_is_wider_than_asked(name: str, lang: str, width: int) -> None:
    for line in render(ALL[name](), "text", lang, width=width).splitlines():
        assert cell_len(line) <= width, line


@pytest.mark.parametrize("lang", LANGS)
def test_the_table_of_sources_keeps_its_numbers_on_a_narrow_terminal(lang: str) -> None:
    one = ALL["shortlist"]()
    wide = replace(one, sources=(replace(one.sources[0], source="x" * 300), *one.sources[1:]))
    text = render(one, "text", lang, width=72)
    assert {"en": "Expected", "zh": "预计"}[lang] in text
    times = {"en": "13 thousand", "zh": "1.3 万"}[lang]
    assert re.search(rf"47\.0% +{times} +62\.2% +8 +0\.9\n", text)
    record = render(wide, "text", lang, width=72)
    assert all(re.search(rf"(?<![0-9.]){re.escape(figure)}\s", record) for figure in ("47.0%", times, "62.2%", "0.9"))


def test_plain_words_come_first() -> None:
    lines = render(ALL["named"](), "text", "en").splitlines()
    assert lines[0].strip() == "Named  Trace of leaked waybill numbers"
    assert lines[1] == "The records point to account u-1042: a lead for investigators"
    assert lines[2] == "u-1042 saw 18 of 19 leaked parcels; of 19 comparable ones 0.4 expected."
    assert lines[3] == "Next-best account: 14 of 19 (svc-track-api; 13 expected)."


def test_a_device_inside_the_leading_account_is_said_if_it_is_likely() -> None:
    one = ALL["named"]()
    lead = one.sources[0]
    part = replace(lead, source="d-7", kind=SourceKind.DEVICE, account=lead.source, probability=0.93, set=("d-7",))
    said = render(replace(one, sources=(lead, part)), "text", "en")
    assert "Within account u-1042 the numbers point at device d-7" in " ".join(said.split())
    assert "在账号 u-1042 之内，这些单号指向设备 d-7" in "".join(
        render(replace(one, sources=(lead, part)), "text", "zh", width=400).split("\n")
    )
    even = replace(part, probability=0.5)
    assert "Within account" not in render(replace(one, sources=(lead, even)), "text", "en")


@pytest.mark.parametrize(("lang", "words"), [("en", "point to device d-7"), ("zh", "设备 d-7")])
def test_a_device_may_lead(lang: str, words: str) -> None:
    one = ALL["named"]()
    lead = replace(one.sources[0], source="d-7", kind=SourceKind.DEVICE, set=("d-7",))
    said = render(replace(one, sources=(lead,)), "text", lang, width=300)
    assert words in said
    assert {"en": "under whichever logins", "zh": "不论用的是哪个账号"}[lang] in said


def test_leaks_not_found_are_listed_by_line_and_reason() -> None:
    text = render(ALL["shortlist"](), "text", "en")
    assert "line 11: not in the ledger" in text
    assert "line 12: the row could not be read (seen_at: not a time)" in text
    assert "第 11 行：不在账本里" in render(ALL["shortlist"](), "text", "zh")


def test_sources_that_cannot_be_told_apart_are_said_once() -> None:
    text = render(ALL["shortlist"](), "text", "en")
    assert text.count("cannot be told apart; at least one of them") == 1


def test_the_times_that_the_next_steps_speak_of_are_listed() -> None:
    named = ALL["named"]()
    lead = named.sources[0]
    for lang, says in (("en", "at the times listed below"), ("zh", "下列时间点")):
        text = render(named, "text", lang, width=100)
        assert says in " ".join(text.split()), lang
        below = text[text.index({"en": "Evidence, number by number", "zh": "逐号证据"}[lang]) :]
        for waybill in lead.leaks:
            assert re.search(rf"^ *\d+ +{waybill} +2026-\d\d-\d\d \d\d:\d\d +2026-", below, re.MULTILINE), waybill
    untimed = replace(named, sources=(replace(lead, delays_h=(math.nan,) * len(lead.leaks)), *named.sources[1:]))
    assert "shifts of these days" in " ".join(render(untimed, "text", "en").split())
    assert "times listed" not in render(ALL["shortlist"](), "text", "en")
    assert "Evidence, number" not in render(ALL["shortlist"](), "text", "en")


def test_of_many_times_a_screen_has_the_first() -> None:
    named = ALL["named"]()
    lead = named.sources[0]
    leaks = tuple(f"YT{n:013d}" for n in range(60))
    rows = tuple(replace(named.leak_rows[0], waybill=w, line=n + 2) for n, w in enumerate(leaks))
    many = replace(named, sources=(replace(lead, leaks=leaks, delays_h=(2.0,) * 60),), leak_rows=rows)
    text = render(many, "text", "en")
    assert "10 more stand on the page" in text
    assert (leaks[49] in text, leaks[50] in text) == (True, False)
    assert leaks[59] in render(many, "html", "en")


def test_insufficient_says_what_to_buy_next() -> None:
    text = " ".join(render(ALL["nobody"](), "text", "en").split())
    assert "Buy about 5 more numbers" in text
    assert "Ask for other routes" in text
    assert "(asked_at)" in text
    assert "(absent_at)" in text
    assert "No source is more than 1% probable." in text


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_colour_only_when_asked_and_it_changes_no_word(name: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("FORCE_COLOR", "COLUMNS", "TERM"):
        monkeypatch.setenv(variable, "1")
    plain = render(ALL[name](), "text", lang)
    colour = render(ALL[name](), "text", lang, color=True)
    assert "\x1b" not in plain
    assert "\x1b[" in colour
    assert [line.rstrip() for line in ESCAPE.sub("", colour).split("\n")] == plain.split("\n")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_ids_reach_the_terminal_without_control_characters(hostile: str) -> None:
    one = ALL["named"]()
    hurt = replace(one.sources[0], source=hostile, set=(hostile,))
    result = replace(one, sources=(hurt,))
    text = render(result, "text", "en")
    assert all(char == "\n" or char.isprintable() for char in text)


@examples(80)
@given(results, st.integers(0, 200))
def test_any_trace_can_be_said(result: TraceResult, width: int) -> None:
    for lang in LANGS:
        text = render(result, "text", lang, width=width)
        text.encode("utf-8")
        assert text.endswith("\n")
        assert all(char == "\n" or char.isprintable() for char in text)


def test_only_numbers_that_the_ledger_does_not_know_are_to_be_looked_into() -> None:
    result = ALL["nobody"]()
    one = LeakRow(waybill="", line=9, seen_at="", found=False, missing=None, accounts=0, points_at=(), unknown=1.0)
    bad = replace(one, missing=Note(code="missing.bad_row", values={"column": "seen_at", "reason": "empty"}))
    again = replace(one, found=True, missing=Note(code="missing.duplicate", values={"line": 2}))
    away = replace(one, missing=Note(code="missing.not_in_ledger"))
    text = " ".join(render(replace(result, found=7, leaks=12, leak_rows=(bad, again, away)), "text", "en").split())
    assert "Find out why 1 of the 8 numbers is not in the ledger" in text
    assert "Find out why" not in render(replace(result, leak_rows=(bad, again)), "text", "en")
