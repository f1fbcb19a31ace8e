"""The leaks against the ledger, and what is said about the data before any verdict."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trace.rim import START, World, at, leaks, make, number, office, opened, sale
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source, read_leaks
from wayseal.store.tables import microseconds
from wayseal.trace import SAMPLE, times, view_samples
from wayseal.trace._evidence import OUTLET
from wayseal.trace._exposures import gather
from wayseal.trace._leaks import LeakSet, match_leaks
from wayseal.trace._quality import evidence_notes, gap_notes, leak_notes, log_notes, summary_span
from wayseal.trace._result import Note

HOUR = 3_600_000_000
START_US = round(START.timestamp() * 1_000_000)


def matched(world: World, folder: Path, rows: Sequence[dict[str, Any]]) -> tuple[LeakSet, list[Note], list[Note]]:
    """The leaks, and what is said of them and of the log."""
    bought = leaks(folder, rows)
    with opened(world, folder) as snapshot:
        found, summary = match_leaks(snapshot, bought), snapshot.summary()
        return found, list(leak_notes(found, bought, summary_span(summary))), list(log_notes(snapshot, summary))


def codes(notes: Sequence[Note]) -> list[str]:
    return [note.code.removeprefix("quality.") for note in notes]


def small() -> World:
    world = World()
    for place in range(20):
        world.read(10 + place, "u-0", number(place))
    return world


ASKED = json.dumps({"origin_city": "A"})


def plain(n: int = 2) -> list[dict[str, Any]]:
    """Leaks about which there is nothing to say."""
    return [sale(number(place), 32 + place, asked=ASKED) for place in range(n)]


def test_the_earliest_sighting_of_a_number_counts(tmp_path: Path) -> None:
    rows = [sale(number(3), 40), sale("yt 2000003", 38, seller="s"), sale(number(1), 39), sale(number(3), 44)]
    found, notes, _ = matched(small(), tmp_path, rows)
    assert found.waybill == (number(3), number(1))
    assert found.row.tolist() == [1, 2]
    assert found.sold_at.tolist() == [0.0, 1.0]
    assert found.epoch_us == START_US + 38 * HOUR
    assert [(row, note.code, dict(note.values)) for row, note in found.unused] == [
        (0, "missing.duplicate", {"line": 2}),
        (3, "missing.duplicate", {"line": 2}),
    ]
    assert [note.values for note in notes if note.code == "quality.duplicate_leaks"] == [{"n": 2}]


def test_equal_sightings_keep_the_first_row(tmp_path: Path) -> None:
    found, _, _ = matched(small(), tmp_path, [sale(number(3), 40), sale(number(3), 40)])
    assert found.row.tolist() == [0]
    assert [row for row, _ in found.unused] == [1]


def test_a_last_look_counts_only_before_the_sighting(tmp_path: Path) -> None:
    rows = [
        sale(number(0), 40, absent_at=at(37), asked_at=at(36)),
        sale(number(1), 40, absent_at=at(41)),
        sale(number(2), 40, absent_at=at(40)),
        sale(number(3), 40),
    ]
    found, _, _ = matched(small(), tmp_path, rows)
    np.testing.assert_array_equal(found.absent_at, [-3.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.asked_at, [-4.0, np.nan, np.nan, np.nan])


def test_a_day_is_a_span_and_a_look_narrows_it(tmp_path: Path) -> None:
    rows = ["2026-03-03,", "2026-03-03,2026-03-03T09:00Z", "2026-03-03,2026-03-01", "2026-03-03T10:00Z,", "2026-03-02,"]
    lines = [f"{number(place)},{text}" for place, text in enumerate(rows)]
    # The same number at a moment of that day: the moment says more.
    lines.append(f"{number(0)},2026-03-03T23:00Z,")
    path = tmp_path / "leaks.csv"
    path.write_text("waybill,seen_at,absent_at\n" + "\n".join(lines) + "\n", "utf-8")
    bought = read_leaks(path)
    with opened(small(), tmp_path) as snapshot:
        found = match_leaks(snapshot, bought)
        notes = list(leak_notes(found, bought, (START_US + 24 * HOUR, START_US + 25 * HOUR)))
    assert found.row.tolist() == [1, 2, 3, 4, 5]
    assert found.by_day.tolist() == [True, True, False, True, False]
    np.testing.assert_array_equal(found.sold_at - found.sold_at[3], [24, 24, 10, 0, 23])
    np.testing.assert_array_equal(found.absent_at - found.sold_at[3], [9, -48, np.nan, -24, np.nan])
    said = {note.code: dict(note.values) for note in notes}
    assert said["quality.days"] == {"n": 3}
    assert "quality.outside_log" not in said


def test_asked_that_says_nothing_or_nonsense_is_everything(tmp_path: Path) -> None:
    rows = [
        sale(number(0), 40, asked=ASKED),
        sale(number(1), 40, asked=json.dumps({})),
        sale(number(2), 40, asked=json.dumps({"colour": "red"})),
        sale(number(3), 40, asked=json.dumps({"limit": 3})),
        sale(number(4), 40),
    ]
    found, notes, _ = matched(small(), tmp_path, rows)
    assert [asked is not None for asked in found.asked] == [True, False, False, False, False]
    assert found.unreadable_asked == 1
    assert codes(notes) == ["asked_unreadable"]


LEAK_NOTES: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    ("single_leak", plain(1), {}),
    ("duplicate_leaks", [*plain(), plain()[0]], {"n": 1}),
    ("found_low", [*plain(), sale("ZZ1", 33)], {"found": 2, "leaks": 3}),
    ("asked_missing", [sale(number(0), 33), sale(number(1), 34)], {}),
    ("asked_unreadable", [*plain(), sale(number(4), 33, asked='{"x":1}')], {"n": 1}),
    ("outside_log", [*plain(), sale(number(4), 9.9, asked=ASKED)], {"before": 1, "after": 0}),
    ("outside_log", [*plain(), sale(number(4), 29 + 48.1, asked=ASKED)], {"before": 0, "after": 1}),
]


@pytest.mark.parametrize(("code", "rows", "values"), LEAK_NOTES, ids=[c[0] for c in LEAK_NOTES])
def test_each_remark_on_the_leaks_alone(
    tmp_path: Path, code: str, rows: list[dict[str, Any]], values: dict[str, Any]
) -> None:
    _, notes, _ = matched(small(), tmp_path, rows)
    assert [(note.code, dict(note.values)) for note in notes] == [(f"quality.{code}", values)]


def test_nothing_to_say(tmp_path: Path) -> None:
    _, notes, log = matched(small(), tmp_path, [*plain(4), sale("ZZ1", 33)])
    assert notes == []  # four of five found is enough
    assert log == []


def test_rejected_rows_of_the_leaks_file(tmp_path: Path) -> None:
    path = tmp_path / "leaks.csv"
    path.write_text(f"waybill,seen_at,asked\n{number(0)},soon,\n{number(1)},2026-03-03T10:00:00Z,\n", "utf-8")
    bought = read_leaks(path)
    with opened(small(), tmp_path) as snapshot:
        found = match_leaks(snapshot, bought)
        notes = list(leak_notes(found, bought, summary_span(snapshot.summary())))
    assert codes(notes) == ["rejected_leaks", "single_leak", "asked_missing"]


def test_no_reads_and_no_leaks(tmp_path: Path) -> None:
    world = World()
    world.issue(1, number(0), "o-0", "o-1")
    found, notes, log = matched(world, tmp_path, [sale("ZZ1", 5)])
    assert len(found) == 0
    assert codes(notes) == ["empty_log", "found_low"]
    assert log == []


EVIDENCE: list[tuple[str, dict[str, Any], int, list[tuple[str, int]]]] = [
    ("all read before", {"reads": [(0, 0, 5.0), (0, 1, 6.0)]}, 0, []),
    ("one read after", {"reads": [(0, 0, 5.0), (0, 1, 11.0)]}, 0, [("read_after_sale", 1)]),
    ("read before and after", {"reads": [(0, 0, 5.0), (0, 1, 6.0), (0, 1, 11.0)]}, 0, []),
    ("one never read", {"reads": [(0, 0, 5.0)]}, 0, [("sold_before_read", 1)]),
    ("nobody at all", {}, 0, [("sold_before_read", 2)]),
    ("two that don't fit", {"reads": [(0, 0, 5.0), (0, 1, 6.0)]}, 2, [("asked_mismatch", 2)]),
]


@pytest.mark.parametrize(("given", "mismatched", "said"), [c[1:] for c in EVIDENCE], ids=[c[0] for c in EVIDENCE])
def test_each_remark_on_the_evidence(
    tmp_path: Path, given: dict[str, Any], mismatched: int, said: list[tuple[str, int]]
) -> None:
    with opened(small(), tmp_path) as snapshot:
        strata = replace(gather(snapshot, match_leaks(snapshot, leaks(tmp_path, plain()))).strata)
    notes = evidence_notes(make([10.0, 10.0], **given), replace(strata, mismatched=mismatched))
    assert [(note.code.removeprefix("quality."), note.values["n"]) for note in notes] == said


def test_a_sample_is_said(tmp_path: Path) -> None:
    with opened(small(), tmp_path) as snapshot:
        strata = gather(snapshot, match_leaks(snapshot, leaks(tmp_path, plain()))).strata
    evidence = make([10.0, 10.0], reads=[(0, 0, 5.0), (0, 1, 6.0)])
    strata = replace(strata, mismatched=0)
    assert codes(list(evidence_notes(evidence, strata))) == []
    half = replace(strata.whole, last=(1 << 63) - 1)
    [note] = evidence_notes(evidence, replace(strata, volumes=(strata.whole, half)))
    assert note.code == "quality.strata_sampled"
    assert note.values["n"] == round(strata.whole.waybills / 2) > 0


def test_only_accounts_count_as_readers() -> None:
    """A touch of an outlet is no read: the leak was sold before anybody read it."""
    evidence = make([10.0], touches=[(0, 0, 2.0)], kind=[OUTLET])
    mute = type("Mute", (), {"mismatched": 0, "sampled": 0})()
    assert codes(list(evidence_notes(evidence, mute))) == ["sold_before_read"]


def test_each_remark_on_the_log(tmp_path: Path) -> None:
    world = small()
    for place in range(20):
        world.issue(10.5 if place == 7 else 1, number(place), "o-0", "o-1")
    world.issue(40, number(3), "o-0", "o-1")  # read long before
    world.actor("someone", None)
    _, _, log = matched(world, tmp_path, plain())
    said = {note.code.removeprefix("quality."): dict(note.values) for note in log}
    assert said == {"unknown_actors": {"share": 1.0}, "reads_before_issue": {"share": 0.05}}


def test_accounts_that_are_known_need_no_remark(tmp_path: Path) -> None:
    world = small()
    world.actor("u-0", None)
    _, _, log = matched(world, tmp_path, plain())
    assert log == []


def test_rows_set_aside_at_ingest(tmp_path: Path) -> None:
    path = tmp_path / "accesses.csv"
    path.write_text(f"at,actor,waybill\n2026-03-02T10:00:00Z,u,{number(0)}\nnever,u,{number(1)}\n", "utf-8")
    ingest(open_source(path), tmp_path / "ledger")
    with open_ledger(tmp_path / "ledger") as snapshot:
        notes = list(log_notes(snapshot, snapshot.summary()))
    assert [(note.code, dict(note.values)) for note in notes] == [("quality.rejected_rows", {"n": 1})]


DAY0 = 493_896  # hours from 1970 to a midnight
assert DAY0 % 24 == 0


def hourly(days: int, usual: int, silent: Sequence[int], night: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Reads per hour of some days; silent: hours (from the first) without any; night: hours of day without any."""
    hours = [h for h in range(24 * days) if h not in silent and h % 24 not in night]
    return [(DAY0 + h, usual) for h in hours]


GAPS: list[tuple[str, list[tuple[int, int]], list[tuple[int, str]]]] = [
    ("no reads", [], []),
    ("one hour only", [(DAY0, 500)], []),
    ("no gap", hourly(4, 100, []), []),
    ("two hours of the second day", hourly(4, 100, [34, 35]), [(2, "10:00")]),
    ("one hour, just enough usual", hourly(4, 30, [34]), [(1, "10:00")]),
    ("too quiet to tell", hourly(4, 29, [34, 35]), []),
    ("silent every night", hourly(4, 100, [], night=(1, 2, 3)), []),
    ("across midnight", hourly(5, 100, [47, 48, 49]), [(3, "23:00")]),
    ("two gaps in their order", hourly(6, 100, [30, 60, 61, 62]), [(1, "06:00"), (3, "12:00")]),
    (
        "the five longest of six",
        hourly(20, 100, [25, 50, 51, 75, 76, 100, 101, 125, 126, 150, 151]),
        [(2, "02:00"), (2, "03:00"), (2, "04:00"), (2, "05:00"), (2, "06:00")],
    ),
]


@pytest.mark.parametrize(("counts", "said"), [c[1:] for c in GAPS], ids=[c[0] for c in GAPS])
def test_gaps(counts: list[tuple[int, int]], said: list[tuple[int, str]]) -> None:
    hour, reads = (np.array([pair[k] for pair in counts], np.int64) for k in range(2))
    notes = list(gap_notes(hour, reads))
    assert [(note.values["hours"], str(note.values["from"])[11:16]) for note in notes] == said
    for note in notes:
        start, end = (np.datetime64(str(note.values[edge]).removesuffix("Z"), "h") for edge in ("from", "to"))
        assert int((end - start).astype(int)) == note.values["hours"]
        assert str(note.values["from"]).endswith("Z")


def test_a_gap_of_a_ledger(tmp_path: Path) -> None:
    world = World()
    for hour in range(24 * 3):
        for turn in range(31):
            if hour not in {30, 31}:
                world.read(hour + turn / 60, f"u-{turn}", number(hour))
    _, _, log = matched(world, tmp_path, plain())
    assert [(n.code, dict(n.values)) for n in log] == [
        ("quality.gaps", {"hours": 2, "from": "2026-03-03T06:00:00Z", "to": "2026-03-03T08:00:00Z"})
    ]


def test_times_of_a_column(tmp_path: Path) -> None:
    bought = leaks(tmp_path, [sale("YT1", 1.25), sale("YT2", 2, asked_at=at(0))])
    assert times(bought.rows["seen_at"]) == ["2026-03-02T01:15:00Z", "2026-03-02T02:00:00Z"]
    least = np.iinfo(np.int64).min
    assert microseconds(bought.rows["asked_at"]).tolist() == [least, START_US]


def test_samples_of_what_accounts_read_besides(tmp_path: Path) -> None:
    """One for each account, without the leaks; others' reads by candidate, or by a number from C on."""
    world = office(waybills=60, clerks=6, each=12)
    for place in range(10):
        world.read(20 + place, "thief", number(place))
    bought = leaks(tmp_path, [sale(number(place), 60 + place) for place in range(3)])
    with opened(world, tmp_path) as snapshot:
        found = match_leaks(snapshot, bought)
        exposures = gather(snapshot, found)
        thief = exposures.name.index("thief")
        [sample] = view_samples(snapshot, exposures, found, [thief])
        assert view_samples(snapshot, exposures, found, []) == []
        outlets = [c for c in range(len(exposures.name)) if exposures.evidence.kind[c] != 0]
        assert view_samples(snapshot, exposures, found, outlets) == []
    assert sample.source == thief
    assert len(sample.own_at) == 7 <= SAMPLE
    epoch = 60
    assert sorted(sample.own_at.tolist()) == [20 + place - epoch for place in range(3, 10)]
    rows = [r for r in world.tables["accesses"] if r["waybill"] in {number(p) for p in range(3, 10)}]
    others = [r for r in rows if r["actor"] != "thief"]
    assert len(sample.item) == len(sample.account) == len(sample.at) == len(others)
    known = {name: place for place, name in enumerate(exposures.name)}
    numbers: dict[str, set[int]] = {}
    for row in others:
        hour = (row["at"] - at(epoch)).total_seconds() / 3600
        numbers.setdefault(row["actor"], set()).update(sample.account[np.isclose(sample.at, hour, atol=1e-6)].tolist())
    for actor, found_numbers in numbers.items():
        [only] = found_numbers
        assert only == known.get(actor, only)
        assert (only >= len(known)) == (actor not in known)
    assert len({next(iter(v)) for v in numbers.values()}) == len(numbers)


def test_an_account_that_read_nothing_but_leaks_has_no_sample(tmp_path: Path) -> None:
    world = World()
    for place in range(4):
        world.read(10 + place, "only", number(place))
    world.read(1, "alone", number(9))
    with opened(world, tmp_path) as snapshot:
        found = match_leaks(snapshot, leaks(tmp_path, [sale(number(place), 20) for place in range(4)]))
        exposures = gather(snapshot, found)
        assert view_samples(snapshot, exposures, found, [exposures.name.index("only")]) == []


def test_a_sample_that_nobody_else_read(tmp_path: Path) -> None:
    with opened(small(), tmp_path) as snapshot:
        found = match_leaks(snapshot, leaks(tmp_path, plain()))
        [sample] = view_samples(snapshot, gather(snapshot, found), found, [0])
    assert (len(sample.own_at), len(sample.at), len(sample.account)) == (18, 0, 0)
    assert sample.account.dtype == np.dtype(np.int32)
