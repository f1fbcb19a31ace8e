"""Rule 20: pages by key, filters, sorts, changes since; a bounded number of statements whatever the data."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cases.doing import work
from tests.cases.making import NOW, alert, secret
from tests.database.places import fresh
from wayseal.cases import Cases, open_cases
from wayseal.cases.types import CaseState, Source
from wayseal.cases.views import CaseFilter, CaseRow, CaseSort, Entry, ItemFilter, ItemRow, ItemSort, Page
from wayseal.database import Connection, raw
from wayseal.detect.policy import expected_loss

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    with open_cases(tmp_path_factory.mktemp("q") / "detect", entropy=secret) as opened:
        rng = random.Random(3)
        work(opened, rng, 420)
        said = [(rng.choice([0.2, 0.5, 0.9]), rng.choice([0.0, 3.0, 900.0])) for _ in range(40)]
        opened.register([alert(f"n-{n}", at=NOW + n, score=s, parcels=p) for n, (s, p) in enumerate(said)], NOW)
        yield opened


def every(page: Page[CaseRow] | Page[ItemRow], turn: object) -> list[CaseRow | ItemRow]:
    rows: list[CaseRow | ItemRow] = list(page.rows)
    while page.after is not None:
        page = turn(page.after)  # type: ignore[operator]
        assert page.rows
        rows += page.rows
    return rows


KEYS: dict[CaseSort, Callable[[Any], Any]] = {
    CaseSort.CHANGED: lambda r: (-r.line, -int(r.id[2:])),
    CaseSort.LOSS: lambda r: (-expected_loss(r.score, r.parcels_a_day), -int(r.id[2:])),
    CaseSort.SCORE: lambda r: (-r.score, -int(r.id[2:])),
    CaseSort.NUMBER: lambda r: -int(r.id[2:]),
    CaseSort.ALERTED: lambda r: (-r.alerted_at, -int(r.id[2:])),
    CaseSort.PRIORITY: lambda r: (["urgent", "high", "normal", "low"].index(r.priority), int(r.id[2:])),
}


@pytest.mark.parametrize("sort", CaseSort)
def test_pages_have_every_case_once_in_order(cases: Cases, sort: CaseSort) -> None:
    everything = {case.id: case for case in cases.book.cases}
    filters = [
        (CaseFilter(), set(everything)),
        *((CaseFilter(states=frozenset({s})), {i for i, c in everything.items() if c.state is s}) for s in CaseState),
        (CaseFilter(states=frozenset({CaseState.NEW, CaseState.OPENED})),
         {i for i, c in everything.items() if c.state in {CaseState.NEW, CaseState.OPENED}}),
        (CaseFilter(thing=cases.pseudonyms.of("u-3")), {i for i, c in everything.items() if "u-3" in c.actors}),
        (CaseFilter(thing="u-3"), set()),
        (CaseFilter(thing="u-3", by_id=True), {i for i, c in everything.items() if "u-3" in c.actors}),
    ]  # fmt: skip
    for wanted, ids in filters:
        rows = every(
            cases.cases(wanted, sort, limit=7),
            lambda after, wanted=wanted: cases.cases(wanted, sort, after, 7),
        )
        assert [row.id for row in rows] == [row.id for row in sorted(rows, key=KEYS[sort])]
        assert len(rows) == len({row.id for row in rows})
        assert {row.id for row in rows} == ids, wanted
    mine = CaseFilter(owner="Li")
    everybody = cases.cases(sort=sort, limit=200).rows
    found = every(cases.cases(mine, sort, limit=3), lambda after: cases.cases(mine, sort, after, 3))
    assert found == [row for row in everybody if row.owner == "Li"]
    for source in Source:
        some = cases.cases(CaseFilter(source=source), sort, limit=200).rows
        assert some == tuple(row for row in everybody if row.source is source)


def test_great_losses_come_before_high_scores(tmp_path: Path) -> None:
    """A lead of which nobody knows what is lost stands where as many would put it as a false alarm costs."""
    with open_cases(tmp_path / "detect", entropy=secret) as cases:
        said = [(0.98, 5.0), (0.15, 1_106.7), (0.6, 0.0)]
        cases.register([alert(f"u-{n}", score=s, parcels=p) for n, (s, p) in enumerate(said)], NOW)
        cases.enqueue(Source.CANARY, [], "canary hit", "Li", NOW, score=0.95)
        order = {"loss": ["c-2", "q-1", "c-3", "c-1"], "score": ["c-1", "q-1", "c-3", "c-2"]}
        for sort, ids in order.items():
            assert [row.id for row in cases.queue(NOW, sort=ItemSort(sort)).rows] == ids
            assert [row.id for row in cases.cases(sort=CaseSort(sort)).rows] == [id_ for id_ in ids if id_ != "q-1"]
        assert [row.id for row in cases.queue(NOW).rows] == order["loss"]
        page = cases.queue(NOW, limit=2)
        assert [row.id for row in cases.queue(NOW, after=page.after).rows] == ["c-3", "c-1"]


@pytest.mark.parametrize("sort", ItemSort)
def test_the_queue_by_pages(cases: Cases, sort: ItemSort) -> None:
    now = NOW + 10**12
    whole = cases.queue(now, sort=sort, limit=200).rows
    assert len(whole) > 30
    assert every(cases.queue(now, sort=sort, limit=6), lambda a: cases.queue(now, None, sort, a, 6)) == list(whole)
    by: dict[ItemSort, Callable[[Any], float]] = {
        ItemSort.LOSS: lambda r: -expected_loss(r.score, r.parcels_a_day),
        ItemSort.SCORE: lambda r: -r.score,
        ItemSort.WAITING: lambda r: r.queued_at,
        ItemSort.AGE: lambda r: r.since,
    }
    keys = [by[sort](r) for r in whole]
    assert keys == sorted(keys)
    assert sum(cases.counts().queue.values()) == len(whole)
    for source in Source:
        found = cases.queue(now, ItemFilter(source=source), sort, limit=200).rows
        assert [row.id for row in found] == [row.id for row in whole if row.source is source]
        assert len(found) == cases.counts().queue.get(source, 0)
    nobody = cases.queue(now, ItemFilter(owner=""), sort, limit=200).rows
    assert nobody == tuple(row for row in whole if row.owner is None)


def test_a_timeline_by_pages(cases: Cases) -> None:
    case = max(cases.book.cases, key=lambda c: len(c.acts)).id
    whole = cases.timeline(case, limit=200).rows
    found: list[Entry] = []
    before = None
    while True:
        page = cases.timeline(case, before, 3)
        found += page.rows
        before = page.after
        if before is None:
            break
    assert found == list(whole)
    assert len(found) > 5
    assert [row.line for row in found] == sorted({row.line for row in found}, reverse=True)


def test_what_one_act_changed_is_told_together(tmp_path: Path) -> None:
    with open_cases(tmp_path / "d") as opened:
        ids = opened.register([alert(f"u-{n}") for n in range(30)], NOW)
        line = opened.changed_since(0, 200).line
        opened.unmask(ids, "Li", "weekly list", NOW)
        opened.assign("c-1", "Li", "Li", NOW)
        found = opened.changed_since(line, 5)
        assert (len(found.cases), found.more, found.line) == (29, True, line + 1)
        assert [row.id for row in opened.changed_since(found.line, 5).cases] == ["c-1"]


def test_changes_since_a_line(cases: Cases) -> None:
    line, seen, turns = 0, set(), 0
    while True:
        found = cases.changed_since(line, 9)
        seen |= {row.id for row in found.cases}
        line, turns = found.line, turns + 1
        if not found.more:
            break
    assert seen == {case.id for case in cases.book.cases}
    assert turns > 2
    assert cases.changed_since(line).cases == ()
    cases.assign("c-1", "somebody new", "Li", NOW)
    assert [row.id for row in cases.changed_since(line).cases] == ["c-1"]


STATEMENTS: dict[str, tuple[int, Callable[[Cases], object]]] = {
    "cases": (2, lambda c: c.cases()),
    "filtered": (1, lambda c: c.cases(CaseFilter(owner="nobody", source=Source.DETECTION, thing="u-3", by_id=True))),
    "queue": (2, lambda c: c.queue(NOW)),
    "counts": (1, lambda c: c.counts()),
    "dossier": (7, lambda c: c.dossier("c-1")),
    "timeline": (3, lambda c: c.timeline("c-1")),
    "tasks": (1, lambda c: c.tasks("Li")),
    "changes": (3, lambda c: c.changed_since(0)),
    "a look": (7, lambda c: c.dossier("c-1", looker="Li")),
    "overlaps": (1, lambda c: c.overlaps(["c-1", "c-2"])),
    "done": (1, lambda c: c.last_done("Li", NOW)),
    "versions": (2, lambda c: c.note_versions("c-1", "n-1")),
    "names seen": (1, lambda c: c.look("c-1", "Li", 0)),
    "listings": (1, lambda c: c.listings("YT1")),
    "day": (1, lambda c: c.day(NOW)),
    "proposals": (1, lambda c: c.proposals(0)),
    "all cases that fit": (3, lambda c: c.matching_cases(CaseFilter())),
    "all of the queue": (3, lambda c: c.matching_items(NOW, ItemFilter())),
    "known": (4, lambda c: c.known()),
    "an inbox": (1, lambda c: c.inbox("Li", 0, NOW, 50)),
    "how many changed": (1, lambda c: c.changed_behind(3, "c-1")),
    "weeks": (4, lambda c: c.weeks(0, 4, NOW)),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_of_a_page(cases: Cases, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    most, ask = STATEMENTS[name]
    said: list[str] = []
    fetch = raw.fetch

    def counted(connection: Connection, text: str, values: Sequence[Any]) -> raw.Tuples:
        said.append(text)
        return fetch(connection, text, values)

    monkeypatch.setattr(raw, "fetch", counted)
    ask(cases)
    assert len(said) == most, said


def test_lists_go_along_an_index_whatever_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite plans without looking at the data, so that a plan holds for 100,000 cases, too."""
    plans: list[str] = []
    fetch = raw.fetch

    def explained(connection: Connection, text: str, values: Sequence[Any]) -> raw.Tuples:
        plans.extend(row[3] for row in fetch(connection, f"EXPLAIN QUERY PLAN {text}", values))
        return fetch(connection, text, values)

    now, new = NOW + 10**12, frozenset({CaseState.NEW})
    with open_cases(tmp_path / "detect", entropy=secret) as opened:
        monkeypatch.setattr(raw, "fetch", explained)
        for owner, source in itertools.product((None, "", "Li"), (None, Source.TRACE)):
            wanted, some = CaseFilter(owner=owner, source=source, states=new), ItemFilter(owner=owner, source=source)
            later = replace(some, snoozed=True)
            asked: list[Callable[[], object]] = []
            for after in (None, "1:1"):
                asked += [partial(opened.cases, wanted, sort, after) for sort in CaseSort]
                asked += [partial(opened.queue, now, one, sort, after) for one in (some, later) for sort in ItemSort]
            asked += [partial(opened.matching_cases, wanted, sort) for sort in CaseSort]
            asked += [partial(opened.matching_items, now, some, sort) for sort in ItemSort]
            for question in asked:
                del plans[:]
                question()
                steps = [step for step in plans if "casework_cases" in step or "casework_queue" in step]
                assert steps
                assert all(step.startswith("SEARCH") for step in steps), steps
                if later not in question.args:  # type: ignore[attr-defined]
                    assert not any("snoozed_until" in step for step in steps), steps
                    chosen = (owner is not None) * ["<expr>=?"] + (source is not None) * ["source=?"]
                    assert not chosen or any(name in steps[0] for name in chosen), steps
        plans.clear()
        for other in (opened.changed_since(3), opened.day(NOW), opened.tasks("Li"), opened.overlaps(["c-1"])):
            assert other is not None
        opened.last_done("Li", NOW)
        opened.inbox("Li", 0, NOW, 50)
        opened.weeks(NOW, 4, NOW)
        assert [opened.changed_behind(3, of) for of in ("cases", "queue", "c-1")] == [0, 0, 0]
        assert not [step for step in plans if step.startswith("SCAN casework")], plans


QUESTIONS: list[Callable[[Cases], object]] = [
    *(lambda c, s=s: c.cases(sort=s, limit=5) for s in CaseSort),
    *(lambda c, s=s: c.cases(sort=s, after=c.cases(sort=s, limit=5).after, limit=5) for s in CaseSort),
    lambda c: c.cases(CaseFilter(owner="Li", source=Source.DETECTION, thing="u-3", by_id=True)),
    lambda c: c.cases(CaseFilter(owner="", states=frozenset({CaseState.NEW, CaseState.TRUE}))),
    *(lambda c, s=s: c.queue(NOW + 10**12, sort=s, limit=3) for s in ItemSort),
    lambda c: c.queue(NOW, ItemFilter(source=Source.TRACE, owner="Wang", snoozed=True)),
    lambda c: c.counts(NOW - 10**12),
    *(lambda c, n=n: c.dossier(f"c-{n}", names=True) for n in range(1, 9)),
    lambda c: c.timeline("c-2", c.timeline("c-2", limit=2).after, 2),
    lambda c: c.tasks("Li"),
    lambda c: c.inbox("Li", 0, NOW + 10**12, 500),
    lambda c: c.weeks(NOW - 14 * 86_400_000_000, 4, NOW + 10**12),
    *(lambda c, of=of: c.changed_behind(20, of) for of in ("cases", "queue", "c-1")),
    lambda c: c.changed_since(40, 10),
    lambda c: c.find("c-3"),
    lambda c: c.overlaps([row.id for row in c.queue(NOW + 10**12).rows]),
    lambda c: c.last_done("Li", NOW + 160 * 7_000_000),
    lambda c: c.note_versions("c-1", "n-1"),
    lambda c: (c.look("c-1", "Li", 0), c.dossier("c-1", looker="Li")),
    lambda c: c.listings("YT1"),
    lambda c: c.day(NOW),
]


def test_both_databases_answer_alike(tmp_path: Path) -> None:
    answers = []
    with fresh("postgresql", tmp_path) as address:
        for name, url in (("a", None), ("b", address)):
            with open_cases(tmp_path / name, url=url, entropy=secret) as opened:
                work(opened, random.Random(7), 160)
                answers.append([ask(opened) for ask in QUESTIONS])
    for number, (one, other) in enumerate(zip(*answers, strict=True)):
        assert one == other, number
