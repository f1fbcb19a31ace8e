"""What a question to the seller is worth, by the numbered rules of `_purchases`."""

from collections.abc import Sequence

import numpy as np
import pytest

from wayseal.trace._purchases import COST_REFUSED, ELSEWHERE, WILLING, Offers, delivery_chances, weigh_offers


def offers(had: Sequence[Sequence[float]], size: Sequence[float], **more: object) -> Offers:
    values: dict[str, object] = {
        "size": np.array(size),
        "was_read": np.array(had),
        "in_reach": np.zeros((len(had), len(size))),
        "group": np.full(len(had), -1, np.int32),
        "others": np.zeros(len(size)),
    }
    return Offers(**(values | more))  # type: ignore[arg-type]


def test_only_who_had_one_delivers_beyond_chance() -> None:
    """Rule 2; and nothing is delivered where nothing fits."""
    chance = delivery_chances(offers([[3, 0], [0, 0]], [10, 0], others=np.array([0.5, 0.5])))
    some = ELSEWHERE + (1 - ELSEWHERE) * WILLING
    assert chance[:, 0] == pytest.approx([some, ELSEWHERE, ELSEWHERE + (1 - ELSEWHERE) * WILLING / 2])
    assert chance[:, 1].tolist() == [0, 0, 0]


def test_a_question_that_parts_two_suspects_tells_most() -> None:
    """Rules 2 to 4: what one of the two has read, before what both have read all of, before what nobody has."""
    told = weigh_offers(np.array([0.5, 0.5]), offers([[1, 50, 0], [0, 50, 0]], [1, 50, 0])).bits
    assert told[0] > 0.3
    assert 0 <= told[1] < 0.01
    assert told[2] == 0


def test_what_few_others_read_tells_who_sold_it() -> None:
    """Rule 3: of wide readers a number tells less than of narrow ones."""
    told = weigh_offers(np.array([0.5, 0.5]), offers([[2, 90], [2, 90]], [100, 100])).bits
    assert told[0] > 0.7
    assert told[1] < 0.2


def test_colleagues_read_each_other_s_parcels() -> None:
    """Rule 3: within an outlet the share of what came there counts, not that of everything."""
    had, size = [[40.0], [40.0]], [1000.0]
    strangers = weigh_offers(np.array([0.5, 0.5]), offers(had, size)).bits[0]
    mates = offers(had, size, in_reach=np.full((2, 1), 50.0), group=np.zeros(2, np.int32))
    assert weigh_offers(np.array([0.5, 0.5]), mates).bits[0] < strangers / 2


def test_no_question_tells_more_than_there_is_to_know() -> None:
    belief = np.array([0.7, 0.2])
    rng = np.random.default_rng(1)
    some = offers(rng.integers(0, 50, (2, 20)).astype(float).tolist(), [60.0] * 20, others=rng.random(20))
    known = np.append(belief, 0.1)
    assert (weigh_offers(belief, some).bits <= -(known * np.log2(known)).sum() * 1.05).all()


def test_a_refusal_costs_less_than_a_number() -> None:
    """Rule 5."""
    told = weigh_offers(np.array([1.0]), offers([[0.0]], [5.0]))
    assert told.delivered[0] == pytest.approx(ELSEWHERE)
    assert told.cost[0] == pytest.approx(ELSEWHERE + COST_REFUSED * (1 - ELSEWHERE))
    assert told.per_cost[0] == pytest.approx(told.bits[0] / told.cost[0])
