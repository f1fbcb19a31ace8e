"""Reads by account and hour: of the days that are asked about, and of roles whose work a table knows."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.detect.watched import Watched
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import Facts, update_facts
from wayseal.detect.hourly import HourlyReads, count_by_hour
from wayseal.detect.window import Window, window_of
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.store import open_source

HOUR = 3_600_000_000
Counted = tuple[Snapshot, Facts, Window]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody how far it is."""


def counted(snapshot: Snapshot) -> Counted:
    facts = update_facts(snapshot, None, load_templates(None), 8 * HOUR, silent)
    window = window_of(snapshot.activity(), 8 * HOUR, None, None)
    assert window is not None
    return snapshot, facts, window


@pytest.fixture(scope="module")
def world(small: Watched) -> Iterator[Counted]:
    with open_ledger(small.ledger) as snapshot:
        yield counted(snapshot)


def total(read: HourlyReads) -> tuple[int, int]:
    return int(read.judged.sum()), int(read.odd.sum())


def test_days_of_the_past_are_not_counted(world: Counted) -> None:
    snapshot, facts, window = world
    middle = (window.first + window.last) // 2
    whole = total(count_by_hour(snapshot, facts, window))
    late = count_by_hour(snapshot, facts, replace(window, past=window.first, first=middle + 1))
    assert 0.2 * whole[0] < total(late)[0] < 0.8 * whole[0]
    assert total(late)[1] < whole[1]


def test_unexplained_reads_are_some_of_those_that_are_judged(world: Counted, small: Watched) -> None:
    read = count_by_hour(*world)
    assert (read.odd <= read.judged).all()
    judged, odd = total(read)
    assert judged <= small.result.first_reads.all
    assert not small.result.missing_work
    assert odd == sum(day[2] for day in small.result.first_days)
    assert read.judged[:, 9:18].sum() > read.judged[:, :6].sum()


def test_a_role_whose_work_no_table_knows_counts_for_nothing(tmp_path: Path, small: Watched) -> None:
    """Rule 3: without scans nothing explains what sorters read."""
    data = Path(shutil.copytree(small.dataset, tmp_path / "dataset"))
    (scans,) = data.glob("scans*")
    shutil.rmtree(scans) if scans.is_dir() else scans.unlink()
    ingest(open_source(data), tmp_path / "L")
    with open_ledger(tmp_path / "L") as snapshot:
        read = count_by_hour(*counted(snapshot))
        rows = snapshot.actors().select(["actor", "role"]).to_pylist()
        sorters = snapshot.keys([row["actor"] for row in rows if row["role"] == "sorter"])
    assert "sorter" in read.silent
    assert not read.judged[np.isin(read.keys, sorters)].any()
    assert read.judged.any()
