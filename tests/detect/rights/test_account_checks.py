"""Accounts against the calendar and their peers, logins of several people, and the report in all forms."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from tests.detect.rights.world import DAY, FOREIGN, OWN, courier, reads, result_of, staff, us
from tests.page.reports import check_catalogue, check_reports
from tests.trace.rim import World, at
from wayseal.detect.rights import Right, RightsResult, at_once, load_map, render_rights
from wayseal.detect.rights._activity import AccountState
from wayseal.detect.rights._map import Reach
from wayseal.detect.rights._report import MOST
from wayseal.detect.rights._result import Shared
from wayseal.model.kinds import Action
from wayseal.page.languages import LANGS

TIMES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(0, 8)), max_size=30)


@given(TIMES)
def test_at_once_against_plain_counting(rows: list[tuple[int, int, int]]) -> None:
    group, start, length = (np.array([r[k] for r in rows], np.int64) for k in range(3))
    end = start + length
    together = at_once(group, start, end)
    for g, s in {(g, s) for g, s, _ in rows}:
        going_on = int(((group == g) & (start <= s) & (s <= end)).sum())
        here = together[(group == g) & (start == s)]
        assert sorted(here.tolist()) == list(range(going_on - len(here) + 1, going_on + 1))


def day_of(world: World, name: str, day: int, ways: dict[str, tuple[float, float]], column: str) -> None:
    """Reads of a local day through each way from one hour to another."""
    for way, ends in ways.items():
        for hours in ends:
            reads(world, name, OWN[day], day * DAY + hours, **{column: way})


ONE = {"x": (1.0, 9.0)}
TWO = {"x": (1.0, 5.0), "y": (3.0, 7.0)}
APART = {"x": (1.0, 3.0), "y": (3.5, 7.0)}


def found(world: World, folder: Path) -> dict[str, Shared]:
    return {s.actor: s for s in result_of(world, folder).shared}


@pytest.mark.parametrize("column", ["device", "ip", "session"])
@pytest.mark.parametrize(
    ("days", "of", "ways", "kind", "listed"),
    [
        (3, 10, TWO, "person", True),
        (2, 10, TWO, "person", False),
        (3, 15, TWO, "person", True),
        (3, 16, TWO, "person", False),
        (10, 10, APART, "person", False),
        (10, 10, TWO, "service", False),
    ],
)
def test_what_is_listed(
    tmp_path: Path, column: str, days: int, of: int, ways: dict[str, tuple[float, float]], kind: str, listed: bool
) -> None:
    """Obligations 8, 10 and 11."""
    world = courier()
    staff(world, "u-1", kind=kind)
    for day in range(of):
        marks = {f"{way}{day}": ends for way, ends in (ways if day < days else ONE).items()}
        day_of(world, "u-1", day, marks, column)
    one = found(world, tmp_path).get("u-1")
    assert (one is not None) == listed
    if one:
        ways_of = {"device": one.devices, "ip": one.addresses, "session": one.sessions}
        mine = ways_of.pop(column)
        assert mine is not None
        assert (mine.days, mine.active, mine.most, mine.peers, mine.shared) == (days, of, 2, None, True)
        assert mine.a_day == pytest.approx(1 + days / of)
        assert set(ways_of.values()) == {None}


@pytest.mark.parametrize(("same", "listed"), [(0, True), (1, True), (2, False)])
def test_peers_who_work_like_that(tmp_path: Path, same: int, listed: bool) -> None:
    """Obligation 10: two of six peers are more than a quarter."""
    world = courier()
    for k in range(7):
        staff(world, f"u-{k}")
        for day in range(4):
            day_of(world, f"u-{k}", day, TWO if k <= same else ONE, "device")
    shared = found(world, tmp_path)
    assert set(shared) == ({f"u-{k}" for k in range(same + 1)} if listed else set())
    for one in shared.values():
        assert one.devices is not None
        assert (one.devices.a_day, one.devices.peers) == (2, 1)


def test_sessions_count_at_once_and_not_by_the_day(tmp_path: Path) -> None:
    """Obligation 9: three sessions, never more than two of them at once; one runs over midnight."""
    world = courier()
    staff(world, "u-1")
    for day in range(4):
        ways = {f"a{day}": (1.0, 3.0), f"b{day}": (2.0, 5.0), f"c{day}": (4.0, 25.5)}
        day_of(world, "u-1", day, ways, "session")
    one = found(world, tmp_path)["u-1"].sessions
    assert one is not None
    assert (one.most, one.days, one.a_day) == (2, 4, 3)


def test_uses_before_the_period_do_not_count(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1")
    for day in range(20):
        day_of(world, "u-1", day, TWO if day < 10 else ONE, "device")
    assert result_of(world, tmp_path / "1", days=10).shared == ()
    assert len(result_of(world, tmp_path / "2", days=90).shared) == 1


def listed(result: RightsResult) -> dict[str, str]:
    return {d.actor: d.why.value for d in result.dormant}


def test_dormant_accounts(tmp_path: Path) -> None:
    """Obligation 3."""
    world = courier()
    staff(world, "u-busy")
    staff(world, "u-quiet")
    staff(world, "u-never")
    staff(world, "u-new", valid_from=at(19 * DAY))
    staff(world, "u-old", valid_from=at(-90 * DAY))
    staff(world, "u-future", valid_from=at(40 * DAY))
    staff(world, "u-closed", valid_to=at(3 * DAY))
    staff(world, "u-late", valid_to=at(3 * DAY))
    staff(world, "s-never", kind="service")
    reads(world, "u-quiet", OWN[0], 2 * DAY)
    reads(world, "u-closed", OWN[0], 3 * DAY - 0.001)
    for hours in (2 * DAY, 3 * DAY, 3 * DAY + 0.5):
        reads(world, "u-late", OWN[0], hours)
    reads(world, "u-stranger", OWN[0], 4 * DAY)
    reads(world, "u-busy", OWN[1], 20 * DAY)
    result = result_of(world, tmp_path, days=10)
    assert listed(result) == {
        "u-late": "closed",
        "u-stranger": "unlisted",
        "u-quiet": "quiet",
        "s-never": "never",
        "u-never": "never",
        "u-old": "never",
    }
    assert list(listed(result)) == ["u-late", "u-stranger", "u-quiet", "s-never", "u-never", "u-old"]
    late, stranger, quiet = result.dormant[:3]
    assert (late.reads, late.last, late.closed) == (2, us(3 * DAY + 0.5), us(3 * DAY))
    assert (stranger.reads, stranger.last, stranger.role) == (1, us(4 * DAY), None)
    assert (quiet.reads, quiet.last) == (0, us(2 * DAY))
    states = {p.actor: p.state for p in result.people}
    assert states.pop("u-new") is AccountState.NEW
    assert set(states.values()) == {AccountState.OPEN}
    assert not {"u-closed", "u-late", "u-future"} & states.keys()


def test_a_log_shorter_than_the_period_says_nothing_of_before(tmp_path: Path) -> None:
    """Obligation 4."""
    world = courier()
    staff(world, "u-busy")
    staff(world, "u-early")
    reads(world, "u-early", OWN[0], 1)
    reads(world, "u-busy", OWN[0], 20 * DAY)
    result = result_of(world, tmp_path, days=90)
    assert (result.period and result.period.whole, listed(result)) == (False, {})


def role_of(world: World, count: int, held: tuple[str, ...] = ("waybill.view",), **more: str) -> list[str]:
    names = [f"c-{k:02d}" for k in range(count)]
    for name in names:
        staff(world, name, held, **more)
        reads(world, name, OWN[0])
    return names


@pytest.mark.parametrize(("others", "rare"), [(4, False), (5, True), (20, True)])
def test_a_right_that_hardly_any_peer_holds(tmp_path: Path, others: int, rare: bool) -> None:
    """Obligations 5 and 6."""
    world = courier()
    role_of(world, others)
    staff(world, "u-wide", ("waybill.view", "waybill.export"))
    staff(world, "u-other-kind", ("waybill.view", "waybill.export"), kind="service")
    reads(world, "u-wide", OWN[0], action="export")
    found = result_of(world, tmp_path).wider
    assert [(w.actor, w.right, w.why.value, w.peers, w.same, w.used) for w in found] == (
        [("u-wide", "waybill.export", "rare", others, 0, True)] if rare else []
    )


@pytest.mark.parametrize(("others", "rare"), [(19, []), (20, ["u-a", "u-b"])])
def test_fewer_than_one_in_twenty(tmp_path: Path, others: int, rare: list[str]) -> None:
    """1 of 20 peers is no less than 5 %; 1 of 21 is. A right that no file knows is compared as well."""
    world = courier()
    role_of(world, others)
    for name in ("u-a", "u-b"):
        staff(world, name, ("waybill.view", "own.word", "ticket.write"))
    reads(world, "u-a", OWN[0])
    found = result_of(world, tmp_path).wider
    assert sorted((w.right, w.actor) for w in found) == sorted(
        (right, name) for right in ("own.word", "ticket.write") for name in rare
    )
    assert {w.used for w in found} <= {None}


@pytest.mark.parametrize(
    ("holders", "more_users", "unsaid", "alone"),
    [(5, 0, False, True), (4, 0, False, False), (5, 1, False, False), (5, 0, True, False)],
)
def test_the_only_one_who_uses_a_right(
    tmp_path: Path, holders: int, more_users: int, unsaid: bool, alone: bool
) -> None:
    """Obligation 6."""
    world = courier()
    names = role_of(world, holders, ("waybill.view", "label.print"))
    staff(world, "u-user", ("waybill.view", "label.print"))
    for name in ["u-user", *names[:more_users]]:
        reads(world, name, OWN[1], action="print")
    if unsaid:
        reads(world, names[-1], OWN[2], action=None)
    found = result_of(world, tmp_path).wider
    assert [(w.actor, w.right, w.why.value, w.peers, w.same, w.used) for w in found] == (
        [("u-user", "label.print", "alone", holders, 0, True)] if alone else []
    )


def test_training(tmp_path: Path) -> None:
    """Obligation 7."""
    world = courier()
    staff(world, "u-good", trained_until=at(30 * DAY))
    staff(world, "u-expired", trained_until=at(2 * DAY))
    staff(world, "u-stopped", trained_until=at(2 * DAY))
    staff(world, "u-none")
    staff(world, "u-none-idle")
    staff(world, "s-none", kind="service")
    for name in ("u-good", "u-expired", "u-none", "s-none"):
        reads(world, name, OWN[0], 1 * DAY)
        reads(world, name, FOREIGN[0], 5 * DAY)
    reads(world, "u-expired", OWN[0], 2 * DAY)
    reads(world, "u-stopped", OWN[0], 1 * DAY)
    result = result_of(world, tmp_path)
    assert [(u.actor, u.until, u.last, u.reads) for u in result.untrained] == [
        ("u-none", None, us(5 * DAY), 2),
        ("u-expired", us(2 * DAY), us(5 * DAY), 2),
    ]
    assert "actors.trained_until" not in result.not_judged


def test_where_nobody_is_said_to_be_trained_nothing_is_said(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1")
    reads(world, "u-1", OWN[0])
    result = result_of(world, tmp_path)
    assert (result.untrained, "actors.trained_until" in result.not_judged) == ((), True)


def test_without_actors(tmp_path: Path) -> None:
    world = courier()
    reads(world, "u-1", OWN[0])
    result = result_of(world, tmp_path)
    assert (result.dormant, result.people, result.accounts, result.reads) == ((), (), 0, 1)
    assert result.not_judged[0] == "actors"


def test_without_rights(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1", None)
    reads(world, "u-1", OWN[0])
    assert "actors.rights" in result_of(world, tmp_path).not_judged


def test_without_reads(tmp_path: Path) -> None:
    world = courier()
    staff(world, "u-1", trained_until=at(1))
    result = result_of(world, tmp_path)
    assert (result.period, result.not_judged, result.people, result.dormant) == (None, ("accesses",), (), ())


NASTY = '<script>alert(1)</script>"&\u202eevil'
WORDS = {"search.all": Right(name="search.all", actions=frozenset({Action.SEARCH, Action.VIEW}), scope=Reach.ALL)}


def everything(folder: Path) -> RightsResult:
    """All lists have something to say; names are hostile."""
    world = courier()
    for k in range(MOST + 10):
        staff(world, f"c-{k:02d}", ("waybill.view", "label.print", "waybill.search"), trained_until=at(1))
        reads(world, f"c-{k:02d}", OWN[k], 2 * DAY)
    reads(world, "c-00", OWN[0], 9 * DAY, "print")
    reads(world, "c-01", OWN[0], 9 * DAY, "api")
    held = ("waybill.view", "waybill.all", NASTY, "ticket.write", "search.all", "waybill.export")
    staff(world, NASTY, held, role=NASTY, valid_to=None)
    staff(world, "u-wide", held, region="x")
    for name in (NASTY, "u-wide"):
        reads(world, name, FOREIGN[0], 3 * DAY, "export")
    for day in range(4):
        for column in ("device", "ip", "session"):
            ways = {f"{way}{day}{NASTY}": ends for way, ends in TWO.items()}
            day_of(world, NASTY, day, ways, column)
    day_of(world, "c-00", 5, {"d": (1.0, 2.0)}, "device")
    staff(world, "u-never", valid_from=at(-DAY))
    staff(world, "u-quiet")
    reads(world, "u-quiet", OWN[0], 0.5)
    staff(world, "u-late", valid_to=at(DAY))
    reads(world, "u-late", OWN[0], 2 * DAY)
    staff(world, "s-other", ("waybill.api",), role="system", kind="service")
    reads(world, "s-other", FOREIGN[0], 3 * DAY, "api")
    reads(world, NASTY + "unlisted", OWN[0], 4 * DAY)
    return result_of(world, folder, days=9, map_={**load_map(None), **WORDS})


def bare(folder: Path) -> RightsResult:
    """Hardly anything is known."""
    world = World()
    staff(world, "u-1", None)
    reads(world, "u-1", OWN[0], action=None)
    return result_of(world, folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RightsResult]:
    made = {
        "everything": everything(tmp_path_factory.mktemp("all")),
        "bare": bare(tmp_path_factory.mktemp("bare")),
    }
    empty = courier()
    staff(empty, "u-1")
    made["empty"] = result_of(empty, tmp_path_factory.mktemp("empty"))
    alone = courier()
    reads(alone, "u-1", OWN[0])
    made["no_actors"] = result_of(alone, tmp_path_factory.mktemp("alone"))
    return made


def test_what_is_said(results: dict[str, RightsResult], snapshot: SnapshotAssertion) -> None:
    r = results["everything"]
    for name in ("rights", "roles", "people", "dormant", "wider", "shared", "untrained", "mandates", "beyond"):
        assert getattr(r, name), name
    (one,) = r.shared
    assert one.devices is not None
    with_peers = replace(one, devices=replace(one.devices, peers=1.0), sessions=None)
    for name, result in (results | {"peers": replace(r, shared=(with_peers,))}).items():
        same = replace(result, ledger_digest="0" * 64, wayseal="0")
        for lang in LANGS:
            assert render_rights(same, "text", lang) == snapshot(name=f"{name} {lang}")
        if name != "peers":
            assert json.loads(render_rights(same, "json", "en")) == snapshot(name=f"{name} json")


def test_every_form_of_every_result(results: dict[str, RightsResult]) -> None:
    check_reports(render_rights, results.values(), widths=(40, 88))


def test_every_text_is_asked_for_and_there() -> None:
    check_catalogue("wayseal.detect.rights", "lacks_", "permits_", "why_", "apart_")
