"""Before a trace: what the ledger knows of numbers, and how far they can carry."""

from pathlib import Path

from tests.tables import each
from tests.trace.rim import World, leaks, number, office, opened, sale
from wayseal.trace.preview import numbers_needed, preview


@each(
    ["read", "sold", "needed"],
    [(0.0003, 0.9, 3), (0.0003, 0.18, 16), (0.3, 0.9, 19), (0.3, 0.18, 453), (0.8, 0.9, 110), (0.8, 0.18, 3791)],
)
def test_numbers_needed_are_those_of_the_bound(read: float, sold: float, needed: int) -> None:
    """Of 20,000 accounts, as the bound was worked out by hand."""
    assert numbers_needed(20_000, read, sold) == needed


def test_what_the_ledger_knows_of_each_number(tmp_path: Path) -> None:
    world = office()
    world.read(50, "thief", number(0))
    world.read(90, "late", number(7))
    rows = [
        sale(number(0), 60),
        sale(number(7), 1),
        sale(number(0), 61),
        sale("YT0000000000001", 60),
    ]
    with opened(world, tmp_path) as snapshot:
        found = preview(snapshot, leaks(tmp_path, rows))
    known, early, again, unknown = found.numbers
    assert found.found == 2
    assert known.missing is None
    assert known.before >= 1
    assert (early.before, early.missing and early.missing.code) == (0, "missing.no_reads_before_sale")
    assert early.after >= 1
    assert (again.stratum, again.missing and again.missing.code) == (None, "missing.duplicate")
    assert (unknown.stratum, unknown.missing and unknown.missing.code) == (None, "missing.not_in_ledger")
    assert [one.numbers for one in found.strata] == [2]
    assert sum(one.accounts for one in found.carries) == known.before
    assert {note.code for note in found.notes} >= {"quality.duplicate_leaks", "quality.found_low"}
    assert "waybills" in found.missing_tables


def test_strata_are_what_was_asked_for(tmp_path: Path) -> None:
    world = World()
    for place in range(20):
        world.issue(place, number(place), "A" if place % 2 else "B", "C")
        world.read(place + 1, "c-1", number(place))
    world.outlet("A", "上海", "华东")
    world.outlet("B", "北京", "华北")
    rows = [sale(number(1), 40, asked='{"origin_city": "上海"}'), sale(number(2), 40)]
    with opened(world, tmp_path) as snapshot:
        found = preview(snapshot, leaks(tmp_path, rows))
    asked = {one.asked.get("origin_city", ()): one for one in found.strata}
    assert asked["上海",].waybills == 10
    assert asked[()].waybills == 20
    assert asked["上海",].issued_from == "2026-03-02T00:00:00Z"
    assert asked["上海",].issued_to == "2026-03-03T00:00:00Z"
    # Whoever reads everything is in the last class, whatever the numbers.
    assert [one.accounts for one in found.carries] == [0, 0, 0, 0, 1]


def test_numbers_of_which_the_ledger_knows_none(tmp_path: Path) -> None:
    with opened(office(), tmp_path) as snapshot:
        found = preview(snapshot, leaks(tmp_path, [sale("YT0000000000001", 60)]))
    assert (found.found, found.strata) == (0, ())
    assert [one.accounts for one in found.carries] == [0] * 5
