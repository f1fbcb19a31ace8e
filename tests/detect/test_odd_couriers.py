"""Couriers that nobody would wish for: ten accounts, one role, a hole in the log, everybody a leaker."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.detect.viewed import R, judged, names, staff, view, with_fresh
from wayseal.detect._alerts import find_alerts
from wayseal.detect._cases import CaseInputs, build_cases
from wayseal.detect._judge import MAIN
from wayseal.detect._link import link_accounts
from wayseal.detect._result import Case
from wayseal.detect._score import find_odds
from wayseal.detect._signals import measure_signals
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors

TEN = "abcdefghij"


def cases_of(v: View) -> dict[str, Case]:
    """What detection makes of a view, by account."""
    findings = with_fresh(judged(v, *detectors()))
    main = next(f.evidence.total.max(axis=1) for f in findings if f.name == MAIN)
    groups = link_accounts(v, main)
    signals = measure_signals(v, findings, groups, 0)
    odds = find_odds(signals.values)
    alerted, without = find_alerts(v, signals, odds, 0, 20)
    inputs = CaseInputs(view=v, findings=findings, signals=signals, odds=odds, names=names, first_day=0)
    return {a: case for case in build_cases(inputs, alerted, without, groups)[0] for a in case.actors}


def pulls(actor: str, days: Sequence[int], a_day: int = 200) -> list[R]:
    """Odd reads of new numbers, three a minute."""
    return [
        R(actor=actor, day=d, minute=640 + k / 3, waybill=40_000_000 * (1 + ord(actor) - 96) + 9_000 * d + 11 * k)
        for d in days
        for k in range(a_day)
    ]


def test_of_ten_accounts_the_one_who_pulls_is_first() -> None:
    found = cases_of(view([*staff(TEN, 14), *pulls("c", range(7, 14))], 14))
    assert next(iter(found)) == "c"
    assert found["c"].worth
    assert all(not case.worth for a, case in found.items() if a != "c")


def test_a_hole_in_the_log_hides_nobody() -> None:
    whole = [*staff(TEN, 28), *pulls("c", range(21, 28))]
    v = view([r for r in whole if not 8 <= r.day < 18], 28)
    assert not v.reads[:, 8:18].any()
    found = cases_of(v)
    assert found["c"].worth
    assert found["c"].course[0][0] - v.day >= 21
    assert all(not case.worth for a, case in found.items() if a != "c")


@pytest.mark.parametrize("a_day", [30, 300])
def test_where_everybody_pulls_scores_are_careful_and_finite(a_day: int) -> None:
    found = cases_of(view([*staff(TEN, 14), *(r for a in TEN for r in pulls(a, range(7, 14), a_day))], 14))
    alone = cases_of(view([*staff(TEN, 14), *pulls("c", range(7, 14), a_day)], 14))["c"]
    assert all(0 < case.score < 1 and np.isfinite(case.expected_loss) for case in found.values())
    assert max((case.score for case in found.values()), default=0.0) <= alone.score


def test_nobody_has_a_role() -> None:
    found = cases_of(view([*staff(TEN, 14), *pulls("c", range(7, 14))], 14, roles=dict.fromkeys(TEN, "")))
    assert found["c"].worth
    assert all(not case.worth for a, case in found.items() if a != "c")
