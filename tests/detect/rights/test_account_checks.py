"""Accounts against the calendar and against their peers."""

from pathlib import Path

import pytest

from tests.detect.rights.world import DAY, FOREIGN, OWN, courier, reads, result_of, staff, us
from tests.trace.rim import World, at
from wayseal.detect.rights import RightsResult
from wayseal.detect.rights._activity import AccountState


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
