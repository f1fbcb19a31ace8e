"""Faults found by the tests of the new detection: each fails until it is mended."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.detect.making import DAY, commit
from tests.detect.peers.test_evidence import ENOUGH, usual_of, weighed
from tests.detect.test_detectors import moments, work
from tests.detect.test_service_area import AWAY, DAYS, HERE, WHERE, crowd, found, looked, only, reads, spread
from tests.detect.viewed import NEW, key, place, staff, view
from tests.detect.views import cut
from tests.ledger.helpers import at, read
from wayseal.detect import detect
from wayseal.detect._judge import judge
from wayseal.detect._service_area import AT_OUTLET, BY_CHANNEL, NONE, settle_by_service_area
from wayseal.detect._view import without_gaps
from wayseal.detect.detectors import detectors
from wayseal.detect.peers._fit import WEEKS
from wayseal.ledger import open_ledger

TEMPO = next(d for d in detectors() if d.name == "inhuman_tempo")


def test_no_outlet_anywhere(tmp_path: Path) -> None:
    """IndexError in `find_service_area`: a ledger of reads and tickets, without outlets, waybills and scans."""
    rows = [read(n * 700 + k, f"u-{n}", f"YT{n:02d}{k:02d}") for n in range(12) for k in range(10)]
    tickets = [
        {"ticket": f"t{k}", "waybill": r["waybill"], "opened_at": at(9 * DAY), "actor": "x"} for k, r in enumerate(rows)
    ]
    commit(tmp_path, tmp_path / "L", {"accesses": rows, "tickets": tickets})
    with open_ledger(tmp_path / "L") as snapshot:
        assert detect(snapshot).first_reads.all == 120


def test_no_days() -> None:
    """IndexError: `chance[-1]` of no days."""
    assert len(settle_by_service_area(cut(view([*crowd(days=1)], 1, where=WHERE), 0)).suspects) == 0


def test_4_a_route_without_cities_is_no_ground_at_either_end() -> None:
    """`_on_route` falls back to the other outlet for an origin, not for a destination."""
    rows = [*crowd(), *reads("a", 8, [*[(HERE, 33)] * 30, *AWAY])]
    assert AT_OUTLET not in only(settle_by_service_area(view(rows, DAYS)))


def test_4_a_route_between_two_cities_is_no_area_either() -> None:
    """All of them touch the city where the route begins: a learnt area, so weak."""
    assert only(looked([*crowd(), *reads("a", 8, [(HERE, 33)] * 30)])) == {NONE}


def test_3_an_interface_that_has_a_name_of_its_own_learns_no_other_one() -> None:
    """Ten a day of its own, then 200 a day of one other interface: all of it counts as explained."""
    rows = [*crowd(), *(r for d in range(DAYS) for r in reads("a", d, spread(10, start=d), lambda _: key("a")))]
    rows += [r for d in (7, 8, 9) for r in reads("a", d, spread(200, start=d), lambda _: 503)]
    rows = [replace(r, waybill=k) for k, r in enumerate(rows)]
    assert found(looked(rows))[9].count(BY_CHANNEL) == 10


@pytest.mark.parametrize("pace", [1.0, 0.1])
def test_the_quickest_machines_have_tempo(pace: float) -> None:
    """From 1,800 an hour on, twice what chance gives is more than there are reads."""
    v = view(moments("a", (600 + k * pace / 60 for k in range(3_000))), 1)
    assert TEMPO.count(v).odd[place(v, "a")].tolist() == [2_999]


def test_tempo_says_something_where_too_many_parcels_are_unknown() -> None:
    rows = [*staff("bcdefgh", 8), *work("a", range(8), 20)]
    rows += [r for x in "bcdefgh" for r in moments(x, range(500, 520), 0, NEW, 60_000)]
    rows += [r for d in range(4, 8) for r in moments("a", (600 + k / 60 for k in range(200)), d, NEW)]
    v = without_gaps(view(rows, 8))
    assert v.gaps > 0.2
    tempo = next(f for f in judge(v, detectors()) if f.name == TEMPO.name)
    assert tempo.evidence.total[place(v, "a"), -1] > 9


@pytest.mark.parametrize("a_day", [300, 3_000])
def test_3_what_may_be_learnt_is_bounded(a_day: int) -> None:
    """Of somebody whose work the tables know (unknown 0), after four weeks too: the floor of 1e-12 is a prior."""
    odd, base = np.full(120, a_day), np.full(120, a_day * 1.2)
    seen = weighed(odd, base, usual_of(120, rate=0.01, between=0.3, within=0.3))
    assert seen.total[0, -WEEKS:].max() > ENOUGH


def test_evidence_does_not_jump_when_only_what_is_thought_of_peers_does() -> None:
    """Fifty odd reads every day; `unknown` falls from .5 to 0: 4.8 nats out of nothing."""
    unknown = np.full(20, 0.5)
    unknown[15:] = 0.0
    total = weighed(np.full(20, 50), np.full(20, 40.0), usual_of(20), unknown=unknown).total[0]
    assert total[15] - total[14] < 2
