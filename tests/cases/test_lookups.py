"""Smaller questions of pages: what shares things, what can be taken back, versions, looks, files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cases.making import DAY, NOW, alert, secret
from wayseal.cases import Cases, open_cases
from wayseal.cases.errors import CasebookUsageError, NoSuchCaseError, UndoError
from wayseal.cases.types import CaseState, Observable, ObservableKind, Priority, Source
from wayseal.cases.views import CaseSort, Done, UnmaskingOnRecord

SECOND = 1_000_000
SELLER = Observable(kind=ObservableKind.SELLER, value="shop 7")


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[Cases]:
    with open_cases(tmp_path / "detect", entropy=secret) as opened:
        opened.register([alert("u-1"), alert("u-2", "u-3")], NOW)
        yield opened


def test_overlaps_name_the_shared_thing(cases: Cases) -> None:
    assert cases.overlaps([]) == {}
    assert cases.overlaps(["c-1", "c-2", "c-9"]) == {}
    cases.link("c-1", SELLER, "Li", "seen", NOW)
    items = [cases.enqueue(Source.LISTING, [SELLER], "r", "Li", NOW) for _ in range(2)]
    account = Observable(kind=ObservableKind.ACCOUNT, value="u-2")
    third = cases.enqueue(Source.TRACE, [account, Observable(kind=ObservableKind.NUMBER, value="YT1")], "r", "Li", NOW)
    assert (cases.numbers(third), cases.numbers("c-1")) == (("YT1",), ())
    found = cases.overlaps(["c-1", "c-2", *items, third])
    assert {id_: [(one.id, one.thing.name) for one in some] for id_, some in found.items()} == {
        "c-1": [(items[0], "shop 7")],
        "c-2": [(third, cases.pseudonyms.of("u-2"))],
        items[0]: [("c-1", "shop 7")],
        items[1]: [("c-1", "shop 7")],
        third: [("c-2", cases.pseudonyms.of("u-2"))],
    }
    # What was dismissed is proposed to nobody.
    for item in items:
        cases.dismiss(item, "Li", "no", NOW)
    assert cases.overlaps(["c-1"]) == {}


def test_what_somebody_did_last_is_told_for_a_minute(cases: Cases) -> None:
    assert cases.last_done("Li", NOW) is None
    cases.prioritise("c-1", Priority.HIGH, "Li", NOW)
    for case in ("c-1", "c-2"):
        cases.set_state(case, CaseState.NO_CASE, "Li", "drill", NOW + SECOND)
    cases.prioritise("c-1", Priority.LOW, "Wang", NOW + 2 * SECOND)
    done = cases.last_done("Li", NOW + 30 * SECOND)
    assert done is not None
    assert (done.ids, done.back, len(done.lines), done.at) == (("c-2", "c-1"), True, 2, NOW + SECOND)
    assert cases.last_done("Li", NOW + 62 * SECOND) is None
    assert cases.last_done("Li", NOW) is None  # a clock that went back
    cases.undo("Li", NOW + 30 * SECOND, done.lines)
    assert [row.state for row in cases.cases().rows] == [CaseState.NEW, CaseState.NEW]
    after = cases.last_done("Li", NOW + 30 * SECOND)
    assert after == Done(lines=after.lines if after else (), ids=("c-1", "c-2"), at=NOW + 30 * SECOND, back=False)


def test_all_of_a_batch_is_taken_back_or_none(cases: Cases) -> None:
    for case in ("c-1", "c-2"):
        cases.set_state(case, CaseState.NO_CASE, "Li", "drill", NOW)
    done = cases.last_done("Li", NOW)
    assert done is not None
    cases.set_state("c-1", CaseState.REOPENED, "Wang", "not so", NOW + 1)
    with pytest.raises(UndoError, match="somebody changed c-1"):
        cases.undo("Li", NOW + 2, done.lines)
    assert cases.dossier("c-2").row.state is CaseState.NO_CASE
    cases.undo("Li", NOW + 2, done.lines[:1])
    assert cases.dossier("c-2").row.state is CaseState.NEW
    refused: list[Callable[[], object]] = [
        lambda: cases.undo("Wang", NOW + 2, done.lines),
        lambda: cases.undo("Li", NOW + 2, [1, 999_999]),
        lambda: cases.undo("Li", NOW + 2, done.lines[:1]),
        lambda: cases.undo("Li", NOW + 70 * SECOND, done.lines[1:]),
    ]
    for attempt in refused:
        with pytest.raises(UndoError):
            attempt()


def test_versions_of_a_note(cases: Cases) -> None:
    note = cases.add_note("c-1", "one", "Li", NOW)
    cases.add_note("c-1", "another", "Li", NOW)
    cases.edit_note("c-1", note, 1, "two", "Wang", NOW + 1)
    cases.edit_note("c-1", note, 2, "", "Li", NOW + 2)
    found = [(one.version, one.text, one.who) for one in cases.note_versions("c-1", note)]
    assert found == [(3, "", "Li"), (2, "two", "Wang"), (1, "one", "Li")]
    assert cases.note_versions("c-1", "n-9") == ()
    with pytest.raises(NoSuchCaseError):
        cases.note_versions("c-9", note)


def test_names_for_whoever_looked_since(cases: Cases) -> None:
    assert cases.look("c-1", "Li", 0) is None
    cases.open("c-1", "Li", "complaint", NOW)
    cases.hear("c-1", "Li", "I helped", NOW + 1)
    look = cases.look("c-1", "Li", NOW)
    assert look == UnmaskingOnRecord(at=NOW, why="complaint", accounts=frozenset({"u-1"}))
    assert not any((cases.look("c-1", "Li", NOW + 1), cases.look("c-1", "Wang", 0), cases.look("c-2", "Li", 0)))
    for looker, since, named in (("Li", NOW - 1, True), ("Li", NOW, False), ("Wang", 0, False), (None, 0, False)):
        found = cases.dossier("c-1", looker=looker, since=since)
        assert found.looked_at == (NOW if named else 0)
        assert [thing.name == "u-1" for thing in found.things] == [named]
        assert [one.text for one in found.statements] == ["I helped" if named else None]
    cases.show_reads("c-1", "Wang", "looked", NOW + 5)
    assert cases.dossier("c-1", looker="Wang", since=NOW).looked_at == NOW + 5


def test_a_file_with_both_hashes(cases: Cases) -> None:
    cases.name_file("c-1", "a" * 64, "a.csv", 7, "Li", "from them", NOW, sm3="b" * 64)
    cases.name_file("c-1", "c" * 64, "b.csv", 8, "Li", "from them", NOW)
    found = cases.find_file("c-1", "a" * 64)
    assert (found.name, found.size, found.sm3) == ("a.csv", 7, "b" * 64)
    assert [file.sm3 for file in cases.dossier("c-1").files] == ["b" * 64, None]
    for case, digest in (("c-2", "a" * 64), ("c-1", "d" * 64), ("c-9", "a" * 64)):
        with pytest.raises(NoSuchCaseError):
            cases.find_file(case, digest)


def test_places_and_ids_that_are_none(cases: Cases) -> None:
    huge = "9" * 30
    wrong: list[Callable[[], object]] = [
        lambda: cases.timeline("c-1", huge),
        lambda: cases.timeline("c-1", "x"),
        lambda: cases.cases(after=f"1:{huge}"),
        lambda: cases.cases(after=f"{huge}:1"),
        lambda: cases.cases(sort=CaseSort.SCORE, after="x:1"),
        lambda: cases.queue(NOW, after="0.5:x"),
    ]
    for attempt in wrong:
        with pytest.raises(CasebookUsageError):
            attempt()
    item = cases.enqueue(Source.LISTING, [SELLER], "r", "Li", NOW)
    for act in (cases.prioritise, cases.rename):
        with pytest.raises(NoSuchCaseError):
            act(item, Priority.HIGH, "Li", NOW)


def test_a_day(cases: Cases) -> None:
    before = cases.day(NOW)
    assert before.closed == 0
    cases.set_state("c-1", CaseState.NO_CASE, "Li", "drill", NOW + 5)
    cases.verdict("c-2", True, "Li", "sold", NOW + DAY, lacking=True)
    assert (cases.day(NOW).closed, cases.day(NOW + DAY).closed, cases.day(NOW + 2 * DAY).closed) == (2, 1, 0)
    assert cases.day(NOW).line == before.line + 2
