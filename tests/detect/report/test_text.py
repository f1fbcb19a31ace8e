"""Detection on a terminal."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.detect.report.fixtures import ALL, DAY, SINCE, case, person, read, reason, result
from tests.detect.report.strategies import results
from tests.effort import examples
from tests.page.hostile import HOSTILE
from wayseal.cases.types import CaseState
from wayseal.detect._result import DetectResult
from wayseal.detect.report import brief, render_detect
from wayseal.detect.report._story import MOST_CASES
from wayseal.page.languages import LANGS
from wayseal.page.visible import visible

CASES = [(name, lang) for name in ALL for lang in LANGS]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def said(found: DetectResult, lang: str = "en") -> str:
    """The text with its lines joined."""
    return " ".join(render_detect(found, "text", lang, width=200).split())


@pytest.mark.parametrize(("name", "lang"), CASES)
@pytest.mark.parametrize("width", [60, 88, 120])
def test_no_line_is_wider_than_asked(name: str, lang: str, width: int) -> None:
    for line in render_detect(ALL[name](), "text", lang, width=width).splitlines():
        assert cell_len(line) <= width, line


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_colour_only_when_asked_and_it_changes_no_word(name: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("FORCE_COLOR", "COLUMNS", "TERM"):
        monkeypatch.setenv(variable, "1")
    plain = render_detect(ALL[name](), "text", lang)
    colour = render_detect(ALL[name](), "text", lang, color=True)
    assert "\x1b" not in plain
    assert "\x1b[" in colour
    assert [line.rstrip() for line in ESCAPE.sub("", colour).split("\n")] == plain.split("\n")


def test_what_is_lost_comes_first_and_how_a_score_moved_is_told() -> None:
    text = said(ALL["moved"]())
    assert "c-32 p-3kx7-q2mf-9c4t (clerk, CQ-0231) – 60% 412" in text, "nobody knows how many"
    assert re.search(r"c-30 p-30 \(clerk, CQ-0231\) 166 15% 412 c-31 p-31 \(clerk, CQ-0231\) 6.4 91% 412", text)
    assert "About 166 parcels a day expected to be lost: 1,107 if it is right." in text
    assert (
        "went from 34% at the end of the alert's day to 15% now; what moved it most: Unexplained first reads." in text
    )
    assert (
        "went from 34% at the end of the alert's day to 91% now; what moved it most: Unexplained first reads." in text
    )
    assert text.count("what moved it most") == 2
    assert "Its probability has stood at 60% since the day of the alert." in text
    assert "To watch: 1 case, not enough to act on" in text, "by what is worth acting on, not by the score"
    alone = said(ALL["single"]())
    assert "Its probability" not in alone, "of a single day nothing is said"
    page = render_detect(ALL["moved"](), "html", "zh")
    assert page.count('class="picture course-') == 3
    assert "逐日概率" in page
    assert 'class="picture course-' not in render_detect(ALL["single"](), "html", "zh")


def test_a_case_in_plain_words() -> None:
    text = said(ALL["single"]())
    assert "1 case to look into: 1 account reads what no work explains" in text
    assert "Case c-17, 98%: p-3kx7-q2mf-9c4t (clerk, CQ-0231)" in text
    assert "412 parcels that never passed CQ-0231" in text
    assert "Held against 12 others of its role at places of like size: 0 to 3; its own 20 days before: 4." in text
    assert "The others in these days: none; its own 20 days before: 4." in text, "named once, then told of"
    assert "What would refute it: tickets for these parcels" in text
    assert re.search("Unexplained first reads strong █+", text)
    assert re.search("Walks through numbers clear █+", text)
    assert "YT9000004 on" in text
    assert "YT9000002 on 2026-03-11 12:02, a number that no table knows" in text
    assert "YT9000003 on 2026-03-11 12:03, in its area" in text
    assert "409 more" in text
    assert "wayseal case open LEDGER c-17 --who NAME" in text
    assert "wayseal verdict LEDGER c-17 true --why" in text
    assert "The evidence is very strong. 412 unexplained reads of single parcels." in text
    assert "three days at most" not in text
    assert "To watch" not in text


def test_a_case_of_several() -> None:
    text = said(ALL["joint"]())
    assert "Case c-18, >99.9%: 7 accounts together" in text
    assert "Linked by a common device, a common address" in text
    assert "ranges of numbers among them and beginning within minutes" in text
    assert "4 more" in text, "of many accounts the first are shown"
    assert "p-6" in text, "and all are named"
    chinese = said(ALL["joint"](), "zh")
    assert "7 个关联账号" in chinese
    assert "关联依据：共用设备、共用地址、分头查同一号段，且多日在几分钟内先后开始工作。" in chinese
    alone = replace(ALL["joint"]().cases[0], by=("ip",))
    assert "关联依据：共用地址。" in said(result(alone), "zh")


def test_what_isnt_worth_acting_on_stands_below_and_counts_for_nothing() -> None:
    found = ALL["watched"]()
    text = said(found)
    assert "2 cases to look into: 2 accounts read" in text
    assert text.index("c-20") < text.index("To watch: 2 cases, not enough to act on") < text.index("c-21")
    assert [line.split()[1][:4] for line in brief(found, "en")] == ["c-17", "c-20"]
    assert "Case c-22, 1%: p-22" in text
    assert said(found, "zh").count("留意：2 个案件，尚不足以处理") == 1
    few = replace(found, cases=found.cases[2:])
    assert "No account stands out enough to act on" in said(few)
    assert "more likely work than not" in said(few)
    assert "case open LEDGER c-21" in said(few), "whoever wants to can still look"
    blind = replace(few, judged=replace(few.judged, enough=False))
    assert "Could not be judged" in said(blind), "which goes before"


def test_what_it_was_held_against_is_told() -> None:
    text = said(ALL["watched"]())
    assert "Nobody else has its role: held against all 900 accounts that read: none; its own 20" not in text
    assert "Nobody else has its role: held against all 900 accounts that read: none; it has no days of its own" in text
    assert "Of what these read 80% is explained by no table" in text
    assert "All of it is of three days at most: such a stretch may be help, training or an audit." in text
    alone = replace(ALL["watched"]().cases[2], score=0.9, worth=True)
    assert "There was nobody to compare it with; it has no days of its own before." in said(result(alone))
    canary = case("c-1", person("p-1", "clerk", "", reason("canary_touch", 15.0)))
    assert "No work leads to a canary" in said(result(canary))
    both = person("p-1", "clerk", "", reason("canary_touch", 15.0), reason("number_walks", 9.0))
    assert "Held against 12 others" in said(result(case("c-1", both))), "named once there is something to name"


def test_territory_is_told() -> None:
    text = said(ALL["watched"]())
    assert "300 reads at o-17 look like that outlet's work and didn't count." in text
    assert "1 read of what app issued looks like its work and didn't count." in text
    assert "40 reads in the own region counted weakly." in text
    assert "Looks like the account's work 2,031 (1.9%)" in text


def test_which_table_would_settle_it() -> None:
    text = said(ALL["watched"]())
    assert "Tickets for role cs_hotline (623 accounts) would explain up to 31,000 of their reads (93.9%)." in text
    assert "Assignments of issuing interfaces to accounts without a role, kind service (623 accounts)" in text
    assert "Rows in `actors` for 623 accounts that no table knows" in text
    assert "角色 cs_hotline（623 个账号）的工单最多可解释其 31,000 次访问（93.9%）" in said(ALL["watched"](), "zh")
    assert "Which table would settle it" not in said(ALL["single"]())


def test_a_list_of_several_cases() -> None:
    lines = render_detect(ALL["joint"](), "text", "en", width=120).splitlines()
    at = lines.index("The cases")
    assert lines[at + 1].split() == ["Case", "Accounts", "Expected", "loss", "a", "day", "Probability", "Unexplained"]
    assert [line.split()[0] for line in lines[at + 3 : at + 6]] == ["c-18", "c-17", "c-19"]
    assert lines[at + 3].split()[1:] == ["7", "accounts", "together", "59", ">99.9%", "412"]
    assert "The cases" not in said(ALL["single"]())
    stands = result(replace(case("c-1"), state="new", reads=0), replace(case("c-2"), state="opened"))
    lines = render_detect(stands, "text", "en", width=120).splitlines()
    first = next(line for line in lines if line.startswith("c-1 "))
    assert first.split()[-4:] == ["–", "not", "opened", "yet"]
    unnumbered = render_detect(result(case(""), case("")), "text", "zh", width=120).splitlines()
    assert unnumbered[unnumbered.index("案件一览") + 1].split() == ["账号", "预计每天流失", "概率", "无依据"]


def test_how_a_case_stands() -> None:
    told = {
        "": "CQ-0231)", "new": "CQ-0231)", "opened": "CQ-0231) · opened", "true": "CQ-0231) · closed: it was no work",
        "false": "CQ-0231) · closed: it was work", "in_progress": "CQ-0231) · in progress",
        "waiting": "CQ-0231) · waiting for somebody", "reopened": "CQ-0231) · reopened",
        "duplicate": "CQ-0231) · closed: known already", "no_case": "CQ-0231) · closed: no case",
        "merged": "CQ-0231) · merged into another case",
    }  # fmt: skip
    assert set(told) == {"", *CaseState}
    for state, end in told.items():
        assert brief(result(replace(case(), state=state, people=(replace(person(), reasons=()),))), "en") == [
            f"Case c-17, 98%: p-3kx7-q2mf-9c4t (clerk, {end}"
        ]
    assert "CQ-0231） · 已结案：是工作" in said(result(replace(case(), state="false")), "zh")


def test_what_to_do_is_about_the_first_case_without_a_verdict() -> None:
    true, false = replace(case("c-1"), state="true"), replace(case("c-2"), state="false")
    for state in ("", "new", "opened"):
        text = said(result(true, false, replace(case("c-3"), state=state), case("c-4")))
        assert re.findall(r"wayseal (?:case open|verdict) LEDGER (c-\d)", text) == ["c-3", "c-3"]
    assert "What to do" not in said(result(true, false))
    assert "接下来" not in said(result(true, false), "zh")


@pytest.mark.parametrize(
    ("lang", "many", "one"),
    [("en", "(counted from {} to {})", "(counted on {})"), ("zh", "（计数时段：{} 至 {}）", "（计数时段：{}）")],
)
def test_a_reason_says_its_days_as_they_are_at_the_place(lang: str, many: str, one: str) -> None:
    midnight = SINCE + 7 * DAY
    for since, until, days in (
        (midnight, midnight + DAY - 1, one.format("2026-03-09")),
        (midnight - 1, midnight, many.format("2026-03-08", "2026-03-09")),
    ):
        why = replace(reason("number_walks", 10.0), since=since, until=until)
        found = result(case("c-1", person("p-1", "clerk", "", why)))
        text = json.loads(render_detect(found, "json", lang))["cases"][0]["reasons"][0]["text"]
        assert days in text
        assert "".join(text.split()) in "".join(said(found, lang).split())
        assert brief(found, lang)[0].endswith(days)


def test_no_word_of_single_reads_where_there_are_none() -> None:
    for lang, words in (("en", "of single parcels"), ("zh", "逐票")):
        assert words in said(ALL["single"](), lang)
        assert words not in said(result(replace(case(), reads=0)), lang)


def test_what_could_not_be_judged() -> None:
    text = said(ALL["single"]())
    assert "The table tickets is missing" in text
    assert "Canary touched: needs canaries." in text
    assert "waybills / scans / tickets" in text
    assert "31%" in text
    assert "2 reads have times far outside the log" in text
    assert "Waiting for room in the budget 3" in text


def test_nobody_and_nothing() -> None:
    for lang, words in (("en", ", as far as this could be judged"), ("zh", "就目前所能判断的范围而言，")):
        assert words not in said(ALL["nobody"](), lang)
        assert words in said(result(), lang)
    assert "No account stands out" in said(ALL["nobody"]())
    assert "2026-03-02" in said(ALL["nobody"]())
    empty = said(ALL["nothing"]())
    assert "The ledger holds no reads." in empty
    assert not re.search(r"\b(1969|1970)-", empty), "an empty ledger has no window"
    assert "账本中没有访问记录" in said(ALL["nothing"](), "zh")


def test_where_hardly_anything_could_be_judged_nobody_is_said_not_to_stand_out() -> None:
    """Summary, table of days and headline say the same."""
    text = said(ALL["blind"]())
    assert "Could not be judged: of 96.5% of the first reads no table says whether they were work" in text
    assert "Left out: of waybills that no table knows 960 (96%)" in text
    assert "Not explained 10 (1%)" in text
    assert "Nothing explains a single read of 1 account (" in text
    assert "stands out means nothing here" in text
    assert "无法判断" in said(ALL["blind"](), "zh")
    known = replace(ALL["blind"](), first_days=((20_000, 997, 10),))
    assert "Not explained, by day" in said(known)
    nothing = replace(known, judged=replace(known.judged, first_reads=0))
    assert "Not explained, by day" not in said(nothing), "noughts would say that all was work"
    assert "Could not be judged: there are no reads" in said(ALL["nothing"]())
    beside = replace(ALL["blind"](), cases=(case(),))
    assert "what no work explains; 96.5% of the first reads could not be judged" in said(beside)
    for name in ("single", "nobody"):
        assert "ould not be judged:" not in said(ALL[name]())
        assert "Left out" not in said(ALL[name]())


def test_cases_without_ids() -> None:
    text = said(result(case("")))
    assert "98%: p-3kx7-q2mf-9c4t" in text
    assert "Case ," not in text
    assert "wayseal explain LEDGER" in text
    assert "wayseal case open" not in text, "it would have to name a case"
    assert "wayseal verdict" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_more_cases_than_are_told_are_counted(lang: str) -> None:
    why = reason("number_walks", 10.0, 3, (0, 0), 0)
    many = result(*(case(f"c-{k}", person(f"p-{k}", "clerk", "", why)) for k in range(70)))
    text = said(many, lang)
    assert f"c-{MOST_CASES - 1}" in text
    assert f"c-{MOST_CASES}," not in text
    assert {"en": "10 more cases", "zh": "另有 10 个案件"}[lang] in text
    assert {"en": "more cases", "zh": "另有"}[lang] not in said(result(*many.cases[:MOST_CASES]), lang)


def test_a_line_a_case() -> None:
    for lang in LANGS:
        lines = brief(ALL["joint"](), lang)
        assert [line.split("c-")[1][:2] for line in lines] == ["18", "17", "19"]
        assert all("412" in line for line in lines)
    bare = case("c-1", replace(person(), reasons=()))
    assert brief(result(bare), "en") == ["Case c-1, 98%: p-3kx7-q2mf-9c4t (clerk, CQ-0231)"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_ids_reach_the_terminal_without_control_characters(hostile: str) -> None:
    odd = replace(read(0), waybill=hostile, actor=hostile)
    why = replace(reason("unexplained_first_reads", 9.0), reads=(odd,))
    who = person(hostile, hostile, hostile, why)
    text = render_detect(result(replace(case("c-1", who), waybills=(hostile,))), "text", "en")
    assert all(char == "\n" or char.isprintable() for char in text)
    if cell_len(visible(hostile)) <= 40:
        assert "".join(text.split()).count("".join(visible(hostile).split())) >= 4


def test_a_number_in_a_command_does_nothing_in_a_shell() -> None:
    bad = replace(case(), waybills=("$(rm -rf ~); x",))
    assert "--waybill '$(rm -rf ~); x'" in said(result(bad))


@examples(25)
@given(results, st.integers(0, 200))
def test_any_result_can_be_said(found: DetectResult, width: int) -> None:
    for lang in LANGS:
        text = render_detect(found, "text", lang, width=width)
        text.encode("utf-8")
        assert all(char == "\n" or char.isprintable() for char in text)
        assert len(brief(found, lang)) == len(found.worth)


def test_unknown_languages_and_formats_are_refused() -> None:
    with pytest.raises(ValueError, match="lang must be one of zh, en"):
        render_detect(ALL["single"](), "json", "fr")
    with pytest.raises(ValueError, match="lang must be one of zh, en"):
        brief(ALL["single"](), "fr")
    with pytest.raises(ValueError, match="format must be one of"):
        render_detect(ALL["single"](), "pdf", "en")
