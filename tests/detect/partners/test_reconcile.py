"""Both sides' logs of one partner: which call is which, clocks, drops, doubles, and what differs."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.detect.partners.world import CONTRACT, actor, at, call, calls, checked, only, read, us
from tests.effort import examples
from wayseal.detect.partners import Kind, breaches_of
from wayseal.detect.partners._reads import Calls, Reads
from wayseal.detect.partners._reconcile import TOLERANCE_US, _near, match_by_id
from wayseal.detect.partners._result import Place, Reconciliation
from wayseal.model.period import Period

pytestmark = pytest.mark.once

Rows = list[dict[str, Any]]


def logs(
    n: int = 200, *, seed: int = 1, days: float = 3, polls: int = 1, shift: float = 0.0, drift: float = 0.0
) -> tuple[Rows, Rows]:
    """n waybills, each read `polls` times, by both logs; theirs `shift` seconds ahead, `drift` more each day."""
    chance = random.Random(seed)
    ours, theirs = [], []
    for place in range(n * polls):
        moment = at(24 * days * place / (n * polls), chance.uniform(0, 60))
        ours.append(read(moment, place % n))
        late = shift + drift * (moment - at()).total_seconds() / 86400 + chance.uniform(0, 1)
        theirs.append(call(moment + timedelta(seconds=late), place % n))
    return ours, theirs


def both(folder: Path, ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> Reconciliation:
    return calls(checked(folder, {"accesses": ours, "partner_calls": theirs}, CONTRACT))


def sides(c: Reconciliation) -> tuple[int, int, int]:
    """Calls of both, of ours alone, of theirs alone."""
    return c.by_id + c.by_time, c.only_ours.calls, c.only_theirs.calls


@pytest.mark.parametrize("shift", [0.0, 4.0, -95.0, 700.0, 8 * 3600 + 3, -8 * 3600 - 2, 5.5 * 3600, 86_400.0 * 40])
@pytest.mark.parametrize("polls", [1, 12])
def test_a_skew_of_any_size_is_found_and_taken_out(tmp_path: Path, shift: float, polls: int) -> None:
    c = both(tmp_path, *logs(polls=polls, shift=shift))
    assert sides(c) == (200 * polls, 0, 0)
    assert c.skew is not None
    assert abs(c.skew.seconds - shift - 0.5) < 0.3
    zone = {8 * 3600 + 3: 480, -8 * 3600 - 2: -480, 5.5 * 3600: 330}.get(shift, 0)
    assert (c.skew.zone, c.skew.drift, c.skew.jumps) == (zone, None, ())
    assert (c.waybills_differ, c.days_differ, c.outside) == (0, 0, (0, 0))
    assert c.skew.agreeing == 1


def test_a_clock_that_drifts(tmp_path: Path) -> None:
    c = both(tmp_path, *logs(600, days=30, shift=20, drift=15))
    assert c.skew is not None
    assert c.skew.drift == pytest.approx(15, abs=0.2)
    assert sides(c) == (600, 0, 0)


def test_a_clock_that_is_set_anew(tmp_path: Path) -> None:
    """As when a log changes its time zone: calls before and after are matched alike."""
    ours, theirs = logs(800, days=8)
    theirs = [r | {"at": r["at"] + timedelta(hours=8 if r["at"] < at(24 * 5.3) else 7)} for r in theirs]
    c = both(tmp_path, ours, theirs)
    assert c.skew is not None
    assert [round(seconds / 3600) for _, seconds in c.skew.jumps] == [7]
    assert (c.skew.zone, c.skew.drift) == (480, None)
    assert sides(c)[0] >= 798


def test_too_little_to_tell_a_clock(tmp_path: Path) -> None:
    ours, theirs = logs(2)
    c = both(tmp_path / "two", ours, theirs)
    assert (c.skew, sides(c)) == (None, (2, 0, 0))
    ours, theirs = logs(300, days=30)
    chance = random.Random(2)
    c = both(tmp_path / "noise", ours, [r | {"at": at(chance.uniform(0, 720))} for r in theirs])
    assert c.skew is None
    assert sides(c)[0] < 10


def test_drops_on_both_sides(tmp_path: Path) -> None:
    """Obligation 2: every call of the common time stands under exactly one of the three."""
    ours, theirs = logs(300, shift=30)
    ours = [r for n, r in enumerate(ours) if n % 50 != 7]
    theirs = [r for n, r in enumerate(theirs) if n % 20 != 3]
    c = both(tmp_path, ours, theirs)
    assert sides(c) == (300 - 6 - 15, 15, 6)
    assert (c.ours, c.theirs) == (294, 285)
    assert c.waybills_differ == 21
    assert sum(d.both for d in c.days) == 279
    assert sum(d.only_ours for d in c.days) == 15
    assert all((d.ours, d.theirs) == (d.both + d.only_ours, d.both + d.only_theirs) for d in c.days)
    assert abs((c.only_ours.first or 0) - us(at(72 * 3 / 300))) < 62_000_000
    assert abs((c.only_theirs.first or 0) - us(at(72 * 7 / 300))) < 62_000_000


def test_who_hides_and_who_uses_the_key(tmp_path: Path) -> None:
    ours, theirs = logs(100)
    ours = [r | {"ip": "203.0.113.5"} for r in ours]
    theirs = [r | {"ip": "203.0.113.5"} for r in theirs if r["waybill"][-1] != "3"]
    ours += [read(at(30, n), 1000 + n, ip="198.51.100.66") for n in range(20)]
    c = both(tmp_path, ours, theirs)
    assert sides(c) == (90, 30, 0)
    assert [(a.name, a.reads, a.known) for a in c.addresses] == [
        ("198.51.100.66", 20, False),
        ("203.0.113.5", 10, True),
    ]
    assert c.new_addresses == 20
    assert sum(n for _, _, n in c.by_day) == 30


def test_request_ids_decide(tmp_path: Path) -> None:
    """Equal ids match however far apart; ids of a common kind that differ never do."""
    ours, theirs = logs(100, shift=3)
    ours = [r | {"request": f"r-{n}"} for n, r in enumerate(ours)]
    theirs = [r | {"request": f"r-{n}"} for n, r in enumerate(theirs)]
    theirs[5]["at"] += timedelta(hours=3)
    theirs[6]["request"] = "r-other"
    ours[7].pop("request")
    theirs[8].pop("request")
    c = both(tmp_path, ours, theirs)
    assert (c.ids, c.by_id, c.by_time) == ("shared", 97, 2)
    assert sides(c)[1:] == (1, 1)
    assert c.only_ours.examples[0].waybill == ours[6]["waybill"]


def test_request_ids_of_another_kind(tmp_path: Path) -> None:
    ours, theirs = logs(100)
    ours = [r | {"request": f"r-{n}"} for n, r in enumerate(ours)]
    theirs = [r | {"request": f"x-{n}"} for n, r in enumerate(theirs)]
    c = both(tmp_path, ours, theirs)
    assert (c.ids, sides(c)) == ("foreign", (100, 0, 0))


def test_one_request_for_many_waybills(tmp_path: Path) -> None:
    ours = [read(at(n // 10), n, request=f"r-{n // 10}") for n in range(100)]
    theirs = [call(at(n // 10, 1), n, request=f"r-{n // 10}") for n in range(100)]
    c = both(tmp_path, ours, theirs)
    assert (c.by_id, sides(c)) == (100, (100, 0, 0))


def test_calls_that_are_logged_twice(tmp_path: Path) -> None:
    ours, theirs = logs(50)
    c = both(tmp_path, ours, [*theirs, *theirs[:10]])
    assert sides(c) == (50, 0, 10)
    assert (c.only_theirs.repeats, c.only_ours.repeats, c.waybills_differ) == (10, 0, 10)
    assert {(w.ours, w.theirs) for w in c.differing_waybills} == {(1, 2)}
    twice = both(tmp_path / "ours", [*ours, *ours[:4]], theirs)
    assert (sides(twice), twice.only_ours.repeats) == ((50, 4, 0), 4)


def test_only_the_time_that_both_logs_cover_is_compared(tmp_path: Path) -> None:
    """Obligation 1."""
    ours, theirs = logs(240, days=10)
    c = both(tmp_path, ours, [r for r in theirs if at(48) <= r["at"] < at(96)])
    assert sides(c) == (48, 0, 0)
    assert c.outside[0] == 240 - 48
    assert c.outside[1] == 0
    assert c.since is not None
    assert abs(c.since + TOLERANCE_US - us(at(48))) < 120_000_000
    early = both(tmp_path / "early", ours[100:], theirs)
    assert (sides(early)[0], early.outside[0], early.only_ours.calls) == (140, 0, 0)
    assert early.outside[1] + early.only_theirs.calls == 100


def test_a_sample_tells_the_clock_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of stretches after the one that filled the sample, nothing is gathered."""
    ours, theirs = logs(600, days=6, shift=33)
    ours, theirs = ([r | {"request": f"r-{n}"} for n, r in enumerate(side)] for side in (ours, theirs))
    monkeypatch.setattr("wayseal.detect.partners._reconcile.SAMPLE", 10)
    c = calls(checked(tmp_path, {"accesses": ours, "partner_calls": theirs}, CONTRACT, rows=1))
    assert c.skew is not None
    assert abs(c.skew.seconds - 33.5) < 0.5
    assert sides(c) == (600, 0, 0)


def test_a_call_without_any_field(tmp_path: Path) -> None:
    """An empty list says nothing: neither that there was no field nor that there was one."""
    ours, theirs = logs(5)
    c = both(tmp_path, [r | {"fields": ["a"]} for r in ours], [r | {"fields": [], "ip": ""} for r in theirs])
    assert (c.fields_compared, c.addresses_compared) == (0, 0)


def test_logs_that_share_no_time(tmp_path: Path) -> None:
    ours, _ = logs(20)
    c = both(tmp_path, ours, [call(at(1000 + n), 500 + n) for n in range(5)])
    assert (c.since, c.until, sides(c), c.outside) == (None, None, (0, 0, 0), (20, 5))


def test_the_period_that_was_asked_for(tmp_path: Path) -> None:
    ours, theirs = logs(240, days=10, shift=8 * 3600)
    tables = {"accesses": ours, "partner_calls": theirs}
    period = Period(since=us(at(48)), until=us(at(96)))
    c = calls(checked(tmp_path, tables, CONTRACT, period=period))
    assert sides(c) == (48, 0, 0)
    assert c.outside == (0, 0)


def test_fields_and_addresses_that_differ(tmp_path: Path) -> None:
    """Obligation 4: compared where both logs say them."""
    ours, theirs = logs(40)
    for n, (row, other) in enumerate(zip(ours, theirs, strict=True)):
        row |= {"fields": ["status", "phone"] if n < 6 else ["status"], "ip": "::ffff:203.0.113.5"}
        other |= {"fields": ["status"] if n >= 3 else ["status", "name"], "ip": "203.0.113.5" if n else "10.0.0.1"}
        if n >= 30:
            other.pop("fields")
            row.pop("ip")
    c = both(tmp_path, ours, theirs)
    assert (c.fields_compared, c.fields_differ) == (30, 6)
    assert [(f.name, f.side, f.calls) for f in c.differing_fields] == [("phone", "ours", 6), ("name", "theirs", 3)]
    assert (c.addresses_compared, c.addresses_differ) == (30, 1)
    assert [(a.ours, a.theirs) for a in c.differing_addresses] == [("::ffff:203.0.113.5", "10.0.0.1")]


def test_order_of_fields_and_absent_columns_are_no_difference(tmp_path: Path) -> None:
    ours, theirs = logs(5)
    ours = [r | {"fields": ["a", "b"]} for r in ours]
    c = both(tmp_path / "order", ours, [r | {"fields": ["b", "a"]} for r in theirs])
    assert (c.fields_compared, c.fields_differ) == (5, 0)
    c = both(tmp_path / "none", ours, theirs)
    assert (c.fields_compared, c.addresses_compared) == (0, 0)


def test_partners_without_a_log_and_logs_of_nobody(tmp_path: Path) -> None:
    ours, theirs = logs(20)
    theirs += [call(at(1), n, "p-who") for n in range(3)] + [call(at(2), 7, "p-x")]
    text = 'partner = "Q"\nactors = "p-q"'
    tables = {"accesses": ours, "partner_calls": theirs, "actors": [actor(f"p-{x}") for x in "aqx"]}
    result = checked(tmp_path, tables, CONTRACT, text)
    assert only(result, "Q").calls is None
    assert [p.partner for p in result.partners] == ["p-x", "Platform A", "Q"]
    assert calls(result, "p-x").outside[1] + calls(result, "p-x").only_theirs.calls == 1
    assert [(r.code, r.values) for r in result.remarks if r.code == "strangers"] == [("strangers", {"n": 3})]
    assert [(m.id, m.place, m.count) for m in result.misfits if m.place is Place.LOG] == [("p-who", Place.LOG, 3)]


def test_accounts_of_one_contract_are_one_partner(tmp_path: Path) -> None:
    """A partner may log under one id what we log under several."""
    ours, theirs = logs(20)
    ours = [r | {"actor": "p-b" if n % 2 else "p-a"} for n, r in enumerate(ours)]
    text = CONTRACT.replace('["p-a"]', '["p-a", "p-b"]')
    assert sides(calls(checked(tmp_path, {"accesses": ours, "partner_calls": theirs}, text))) == (20, 0, 0)


def test_calls_that_only_we_logged_are_breaches_of_the_account(tmp_path: Path) -> None:
    ours, theirs = logs(40)
    tables = {"accesses": ours, "partner_calls": [r for r in theirs if r["waybill"][-1] != "5"]}
    result = checked(tmp_path, tables, CONTRACT)
    assert {kind for _, kind, _ in breaches_of(result)["p-a"]} == {Kind.ONLY_OURS}
    assert sum(n for _, _, n in breaches_of(result)["p-a"]) == calls(result).only_ours.calls == 4


def test_nearest_times_go_together(tmp_path: Path) -> None:
    """Of two calls within the tolerance the nearer is the same one."""
    ours, theirs = logs(30)
    ours += [read(at(40), 700), read(at(40, 100), 700)]
    theirs += [call(at(40, 100.2), 700)]
    c = both(tmp_path, ours, theirs)
    assert sides(c) == (31, 1, 0)
    assert c.only_ours.examples[0].at == us(at(40))


def plain(ours: Rows, theirs: Rows) -> int:
    """The most calls that can be matched, waybill by waybill, in order of time."""
    found = 0
    for waybill in {r["waybill"] for r in ours}:
        left = sorted(r["at"] for r in ours if r["waybill"] == waybill)
        right = sorted(r["at"] for r in theirs if r["waybill"] == waybill)
        while left and right:
            apart: timedelta = left[0] - right[0]
            if abs(apart) <= timedelta(microseconds=TOLERANCE_US):
                left, right, found = left[1:], right[1:], found + 1
            elif apart < timedelta(0):
                left = left[1:]
            else:
                right = right[1:]
    return found


@examples(12)
@example(678)  # polls at equal distances agree with each other: not a clock set anew
@given(st.integers(0, 1 << 30))
def test_against_plain_matching(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Sparse calls with drops and doubles: the same in stretches of any length, and nothing is counted twice."""
    chance = random.Random(seed)
    ours, theirs = logs(120, seed=seed, polls=2, shift=chance.choice([0, 50, -3600]))
    ours = [r for r in ours if chance.random() < 0.9]
    theirs = [r for r in theirs if chance.random() < 0.9]
    theirs += [dict(r) for r in theirs if chance.random() < 0.05]
    folder = tmp_path_factory.mktemp("plain")
    tables = {"accesses": ours, "partner_calls": theirs}
    whole = checked(folder, tables, CONTRACT)
    c = calls(whole)
    assert c.skew is not None
    moved = [r | {"at": r["at"] - timedelta(seconds=c.skew.seconds)} for r in theirs]
    assert sides(c)[0] == plain(ours, moved)
    assert sides(c)[0] + sides(c)[1] + c.outside[0] == len(ours)
    assert sides(c)[0] + sides(c)[2] + c.outside[1] == len(theirs)
    assert checked(folder, {}, CONTRACT, rows=1) == whole


N, M, STEP = 150, 170, 7
Keys = npt.NDArray[np.uint64]


def drawn(seed: int, size: int) -> tuple[Keys, npt.NDArray[np.int64], Keys]:
    """Waybills, times and request ids (0: not logged), sorted by (waybill, time)."""
    chance = np.random.default_rng(seed)
    key, at = chance.integers(1, 40, size).astype(np.uint64), chance.integers(0, 60, size)
    order = np.lexsort((at, key))
    return key[order], at[order], chance.integers(0, 9, size).astype(np.uint64)


@pytest.mark.kernels
def test_equal_ids_go_together() -> None:
    """Of several with the same id and waybill the first with the first, and so on."""
    (key, at, request), (other, then, asked) = drawn(1, N), drawn(2, M)
    none, nowhere = np.zeros(N, np.uint64), np.full(M, -1)
    ours = Reads(
        waybill=key, at=at, actor=none, action=np.zeros(N, np.uint8), fields=none, ip=none, purpose=none,
        request=request,
    )  # fmt: skip
    theirs = Calls(waybill=other, at=then, actor=np.zeros(M, np.uint64), request=asked, fields=nowhere, ip=nowhere)
    free: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for b, pair in enumerate(zip(other.tolist(), asked.tolist(), strict=True)):
        free[pair].append(b)
    pairs = zip(key.tolist(), request.tolist(), strict=True)
    wanted = [free[pair].pop(0) if pair[1] and free[pair] else -1 for pair in pairs]
    found = match_by_id(ours, theirs)
    assert found.tolist() == wanted
    assert (found >= 0).sum() > 20


@pytest.mark.kernels
def test_near_times_go_together() -> None:
    """Waybill by waybill in order of time, of calls that are left on both sides."""
    (key, at, some), (other, then, others) = drawn(3, N), drawn(4, M)
    left, right = np.flatnonzero(some > 3), np.flatnonzero(others > 3)
    wanted = [-1] * N
    for waybill in set(key.tolist()):
        a = [i for i in left.tolist() if key[i] == waybill]
        b = [j for j in right.tolist() if other[j] == waybill]
        while a and b:
            if abs(at[a[0]] - then[b[0]]) <= STEP:
                wanted[a.pop(0)] = b.pop(0)
            elif at[a[0]] < then[b[0]]:
                a.pop(0)
            else:
                b.pop(0)
    found = np.full(N, -1, np.int64)
    _near(key, at, other, then, left, right, STEP, found)
    assert found.tolist() == wanted
    assert (found >= 0).sum() > 20
