"""detection.md: its figures are the code's, its example is what comes out, its addresses and metrics are real."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from apprise import Apprise

from tests.docs.pages import read, rows, sections
from wayseal.detect import DetectResult, Options
from wayseal.detect._detect import PEERS
from wayseal.detect._judge import EVER, FRESH, MAIN, NEAR, PULLING, RING, SELDOM, SINGLE, SURE, TOGETHER
from wayseal.detect._judge import FEW as FEW_OTHERS
from wayseal.detect._missing_work import MOSTLY
from wayseal.detect._result import (
    MOST_READS,
    MOST_WAYBILLS,
    FirstReads,
    Ground,
    Judged,
    Others,
    Strength,
    Table,
    strength_of,
)
from wayseal.detect._score import ALERT, BEYOND, GROUND, STORY, shares_of
from wayseal.detect._service_area import LIFT, OUTLETS, WIDE
from wayseal.detect._service_area import OFTEN as OFTEN_THERE
from wayseal.detect._signals import CLEAR, GROWN
from wayseal.detect._view import SHARE_UNKNOWN
from wayseal.detect.explain import load_templates
from wayseal.detect.facts._facts import SCHEMAS
from wayseal.detect.peers import AGES, ANEW, EXTRA, FAR, Causes, Usual, evidence
from wayseal.detect.peers._fit import _SIZE, WEEKS
from wayseal.detect.policy import FALSE_ALARM, WORTH, is_worth
from wayseal.detect.report import metrics
from wayseal.detect.report.ocsf import _SEVERITY
from wayseal.detect.window import DAYS

EN, ZH = "docs/explanation/detection.md", "docs/explanation/detection.zh.md"
HOUR, DAY = 3_600_000_000, 86_400_000_000


@pytest.fixture(params=(EN, ZH))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def table_rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_figures_are_those_of_the_code(page: str) -> None:
    known = {"ALERT": ALERT, "FAR": FAR, "WEEKS": WEEKS, "ANEW": ANEW}
    known |= {"SINGLE": SINGLE, "NEAR": NEAR, "PULLING": PULLING, "FEW": FEW_OTHERS, "SELDOM": SELDOM}
    known |= {"RING": RING, "EVER": EVER}
    assert _SIZE == 20, "what one or two bursts count at the most"
    known |= {"WORTH": WORTH, "CLEAR": CLEAR}
    assert (OFTEN_THERE, LIFT, OUTLETS, MOSTLY) == (0.3, 4.0, 4, 0.5), "three in ten, four times, four, half"
    assert TOGETHER == 0.3, "three in ten"
    assert round(WIDE, 1) == 0.3, "a third"
    assert {"unexplained_first_reads", "canary_touch", "partner_contract"} == {MAIN, *SURE}, "the pages say so"
    assert {n: float(v) for n, v in re.findall(r"`([A-Z]+) = ([\d_.]+)`", page)} == known
    assert f"{EXTRA[0]:g}" in page
    assert f"{EXTRA[-1]:,.0f}" in page
    assert (DAYS, WEEKS, SHARE_UNKNOWN) == (28, 28, 0.2), "the pages say four weeks, a fifth"
    assert re.search(rf"`--budget`\s?[（(]{Options().budget}[）)]", page)
    assert Options().offset == 8 * HOUR
    assert f"`detect/{PEERS}`" in page


def test_the_shares_of_the_tables(page: str) -> None:
    told = [row[1:] for row in table_rows(page)]
    at_of = {"now": "2.5 5 10 25 60", "days": "1 2 3 5 10", "fresher": "-.25 -.1 .1 .25 .4"}
    for name, at in ((name, at.split()) for name, at in at_of.items()):
        shares = [shares_of({name: float(x)})[MAIN] for x in at]
        assert told[told.index(at) + 2] == [f"{share:.2f}" for share in shares]


def test_every_signal_of_a_score_is_told(page: str) -> None:
    (body,) = (body for title, body in sections(page).items() if title in ("The score", "得分"))
    assert STORY | {BEYOND, "days_beyond_role", GROWN, FRESH, "fresher"} <= set(re.findall(r"`(\w+)`", body))
    assert {"role", "service"} == GROUND, "the pages say so in words"


def test_what_is_worth_acting_on(page: str) -> None:
    """The least scores of the table, and the three of the example, which are told with what policy makes of them."""
    assert f"`FALSE_ALARM = {FALSE_ALARM:g}`" in page
    table = list(table_rows(page))
    (at,) = (n for n, row in enumerate(table) if row[-1] == "1,900")
    for parcels, score in zip(table[at][1:], table[at + 2][1:], strict=True):
        n, least = int(re.findall(r"[\d,]+", parcels)[0].replace(",", "")), float(score)
        assert is_worth(least + 0.005, n, FALSE_ALARM)
        assert not is_worth(least - 0.01, n, FALSE_ALARM)
    login, clerk, courier = (0.15, 1_107), (0.91, 7), (0.2, 59)
    assert [round(s * n, 1) for s, n in (login, clerk, courier)] == [166.0, 6.4, 11.8]
    assert [is_worth(s, n, FALSE_ALARM) for s, n in (login, clerk, courier)] == [True, True, False]
    assert is_worth(*courier, 10)
    assert all(told in page for told in ("1,107", "166", "6.4", "`--false-alarm 10`"))


def test_the_words_for_strength(page: str) -> None:
    """Each begins where the table says."""
    rows_ = [row for row in table_rows(page) if len(row) == 3 and re.search(r"2\.3|6\.9|11\.5", row[1])]
    least = [float(re.findall(r"\d+\.\d", row[1])[0]) for row in rows_]
    assert least == [2.3, 2.3, 6.9, 11.5]
    assert [strength_of(x) for x in least[1:]] == list(Strength)[1:]
    assert strength_of(2.29) is Strength.WEAK


def test_every_table_that_would_settle_it(page: str) -> None:
    (body,) = (
        body for title, body in sections(page).items() if title in ("Work that no table knows", "表里没有的工作")
    )
    named = set(re.findall(r"`(\w+)`", body))
    assert {table.split(".")[0] for table in Table} <= named
    assert {"outlet", "region", "channel"} <= named


def test_the_example_comes_out_so(page: str) -> None:
    """Peers as the page says: 2 of 100, .5 between people, .3 between days, 1 day in 100 a burst of 20."""
    example = [r[1:] for r in table_rows(page) if len(r) == 9][1:]
    counts = [r for r in example if all(re.fullmatch(r"\d+", c) for c in r) and r[0] == "1"][-3:]
    told = [r for r in example if all(re.fullmatch(r"\d+\.\d", c) for c in r)]
    assert (len(counts), len(told)) == (3, 3)
    odd = np.array(counts, np.int64)
    usual = Usual(**{n: np.full((1, 8), v) for n, v in _USUAL.items()})
    alone = np.zeros((*odd.shape, len(AGES)))
    causes = Causes(unknown=np.zeros(odd.shape), steady=np.ones(odd.shape), shared=alone)
    found = evidence(odd, np.full(odd.shape, 50.0), np.zeros(3, np.int32), usual, causes).total
    assert [[f"{x:.1f}" for x in row] for row in found.tolist()] == told
    assert found[0, 6] > 10 > found[2].max(), "the page says that it stands out on day 7"


_USUAL = {"rate": 0.02, "between": 0.5, "within": 0.3, "burst": 0.01, "size": 20.0, "low": 0.0, "high": 0.0}


def test_templates_and_their_times(page: str) -> None:
    (table,) = (body for body in sections(page).values() if "`custody`" in body and "|---|" in body)
    told = [re.findall("`([a-z]+)`", r[0]) for r in table_rows(table)]
    assert [n for names in told for n in names] == [
        *(t.name for t in sorted(load_templates(None), key=lambda t: (t.name == "mandate", not t.strong)))
    ]
    times = {t.name: (t.before, t.after) for t in load_templates(None)}
    assert times["custody"] == (4 * DAY, 10 * DAY)
    assert times["ticket"] == times["handover"] == (2 * HOUR, 5 * DAY)


def test_every_metric_and_its_labels(page: str) -> None:
    first = FirstReads(all=0, explained=0, mandate=0, learnt=0, weak=0, unknown=0)
    nothing = DetectResult(
        wayseal="", ledger="", digest="", offset=0, since=0, until=1_000_000, budget=1, accounts=0, reads=0,
        first_reads=first, judged=Judged(first_reads=0, left_out=0, enough=False), first_days=(),
        not_judged=(), remarks=(), cases=(), held=0,
    )  # fmt: skip
    written = metrics(nothing)
    found = {name: row for name, row in rows(page).items() if name.startswith("wayseal_")}
    assert list(found) == re.findall(r"^# TYPE (\w+) gauge$", written, re.MULTILINE)
    labels = re.findall(r'by="(\w+)"', written)
    assert re.findall("`([a-z_]+)`", found["wayseal_detect_first_reads"][1]) == ["by", *labels]


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # Apprise loads it itself
def test_addresses_are_such_as_apprise_knows(page: str) -> None:
    told = re.findall(r"`((?:dingtalk|feishu|lark|wecombot|mailtos|jsons)://[^`]+)`", page)
    assert {t.partition(":")[0] for t in told} == {"dingtalk", "feishu", "lark", "wecombot", "mailtos", "jsons"}
    for address in told:
        assert Apprise().add(address), address


def test_files_that_are_kept(page: str) -> None:
    kept = [f for r in table_rows(page) for f in re.findall(r"`([\w.…/-]+)`", r[0]) if "." in f or "/" in f]
    assert {"facts.json", "facts-000001/…", PEERS, "casebook.db"} <= set(kept)
    assert set(SCHEMAS) == {"hours", "uses", "shown", "suspects"}, "the page tells what is in them"


def test_words_and_limits_of_the_json() -> None:
    for json_page in map(read, ("docs/reference/detect-json.md", "docs/reference/detect-json.zh.md")):
        assert all(f"`{word}`" in json_page for word in (*Ground, *Table, *Others, *Strength))
        assert f"{MOST_WAYBILLS:,}" in json_page
        assert f" {MOST_READS}" in json_page
        severity = next(line for line in sections(json_page)["OCSF"].splitlines() if "`severity_id`" in line)
        for least, number, name in _SEVERITY:
            assert f"{number}" in severity
            assert name in severity
            assert not least or f"{least:g}".removeprefix("0") in severity
