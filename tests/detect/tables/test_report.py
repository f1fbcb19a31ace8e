"""What each table is worth, in words and for programs."""

import json
import re
from dataclasses import replace

import pytest

from tests.detect.report.fixtures import SINCE, UNTIL, person
from tests.page.hostile import HOSTILE
from tests.page.pages import BANNED
from tests.trace.report.test_html import check_page
from wayseal.detect.tables import render_tables
from wayseal.detect.tables._compare import CaseChange, Change, Step, TablesResult
from wayseal.page.languages import LANGS
from wayseal.page.words import blanks, catalogue

PACKAGE = "wayseal.detect.tables"


def case(change: Change, actor: str, before: float | None, after: float | None) -> CaseChange:
    return CaseChange(change=change, people=(person(actor),), before=before, after=after)


def step(*without: str, cases: tuple[CaseChange, ...] = (), enough: bool = True) -> Step:
    return Step(
        without=without, cases=cases, first=1_000, explained=815, learnt=20, judged=900, enough=enough, watched=2
    )


def made(*steps: Step) -> TablesResult:
    return TablesResult(
        wayseal="0.1.0", digest="9f2c61d5a0e84b77", offset=8 * 3_600_000_000, since=SINCE, until=UNTIL, steps=steps
    )


WHOLE = step(cases=(case(Change.STAYS, "p-1", 0.99, 0.99), case(Change.STAYS, "p-2", 0.9, 0.9)))
SOME = (
    WHOLE,
    step("scans", cases=(case(Change.STAYS, "p-1", 0.99, 0.97), case(Change.GONE, "p-2", 0.9, 0.2))),
    step(
        "tickets",
        cases=(
            case(Change.STAYS, "p-1", 0.99, 0.97),
            case(Change.GONE, "p-2", 0.9, None),
            case(Change.NEW, "p-3", 0.3, 0.8),
            case(Change.NEW, "p-4", None, 0.7),
        ),
    ),
    step("scans", "tickets", cases=(case(Change.GONE, "p-1", 0.99, None),), enough=False),
)


def said(found: TablesResult, lang: str = "en") -> str:
    return " ".join(render_tables(found, "text", lang, width=200).split())


def test_a_row_a_table() -> None:
    lines = render_tables(made(*SOME), "text", "en", width=120).splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("Without "))
    assert lines[at].split() == ["Without", "Stay", "Gone", "New", "Explained", "Looks", "like", "work", "Judged"]
    told = {line.split()[0]: line.replace("█", "").split() for line in lines[at + 2 : at + 6]}
    assert told["scans"] == ["scans", "1", "1", "0", "81.5%", "2%", "90%"]
    assert told["tickets"][:4] == ["tickets", "1", "1", "2"]
    assert told["nothing:"] == ["nothing:", "all", "tables", "2", "–", "–", "81.5%", "2%", "90%"]
    assert told["all"][:6] == ["all", "of", "them", "0", "1", "0"]


def test_what_becomes_of_cases_stands_below() -> None:
    text = said(made(*SOME))
    assert "Most hangs on tickets: without it, of 2 cases 1 is gone and 2 are new" in text
    assert "Gone: p-2 (clerk, CQ-0231), 90%; still watched, 20%" in text
    assert "New: p-3 (clerk, CQ-0231), 80%; watched before, 30%" in text
    assert "New: p-4 (clerk, CQ-0231), 70%" in text
    assert "With nothing but the reads 1 gone, 0 new, 0 stay. Most of what was read could not be judged" in text
    assert text.count("p-1 (") == 1, "what stays is no news"
    assert "A what-if: nothing is recorded" in text
    assert "最依赖 tickets：没有它，2 个案件中有 1 个消失，另新增 2 个" in said(made(*SOME), "zh")


def test_where_nothing_changes() -> None:
    assert "No single table decides: 2 cases stay" in said(made(WHOLE, replace(WHOLE, without=("scans",))))
    assert "no case is worth acting on" in said(made(step(), step("scans")))
    assert "no case is worth acting on" in said(made(step()))
    joint = replace(case(Change.GONE, "p-1", 0.9, None), people=(person("p-1"), person("p-2")))
    assert "Gone: 2 accounts together, 90%" in said(made(WHOLE, step("scans", cases=(joint,))))
    many = tuple(case(Change.NEW, f"p-{k}", None, 0.9) for k in range(25))
    assert "5 more; the JSON has all of them." in said(made(WHOLE, step("scans", cases=many)))


def test_the_json_has_everything() -> None:
    told = json.loads(render_tables(made(*SOME), "json", "en"))
    assert list(told) == ["wayseal", "ledger_digest", "from", "to", "steps"]
    assert (told["from"], told["to"]) == ("2026-03-01T16:00:00Z", "2026-03-15T16:00:00Z")
    assert [s["without"] for s in told["steps"]] == [[], ["scans"], ["tickets"], ["scans", "tickets"]]
    assert told["steps"][1]["cases"][1] == {"change": "gone", "actors": ["p-2"], "before": 0.9, "after": 0.2}
    assert [told["steps"][3][k] for k in ("first_reads", "explained", "learnt", "judged", "enough", "watched")] == [
        1_000, 815, 20, 900, False, 2,
    ]  # fmt: skip
    empty = json.loads(render_tables(replace(made(step()), since=0, until=0), "json", "en"))
    assert (empty["from"], empty["to"]) == (None, None)


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_whole_and_safe(lang: str) -> None:
    check_page(render_tables(made(*SOME), "html", lang))
    for hostile in HOSTILE:
        check_page(
            render_tables(made(WHOLE, step("scans", cases=(case(Change.GONE, hostile, 0.9, 0.1),))), "html", lang)
        )


def test_both_languages_hold_the_same_texts_and_judge_nobody() -> None:
    zh, en = catalogue("zh", PACKAGE), catalogue("en", PACKAGE)
    assert list(zh) == list(en)
    for code in en:
        assert blanks(zh[code]) == blanks(en[code]), code
        assert not BANNED.search(zh[code] + en[code]), code
        assert not re.search("[<>&]", zh[code] + en[code]), code
