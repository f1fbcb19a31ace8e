"""Looking phones up: rules of `_find`."""

from tests.tables import each
from tests.vault.world import DAY, World
from wayseal.model.records import Refused
from wayseal.vault.policy import default_texts

MOBILES = tuple(f"1390000000{n}" for n in range(8))


def look_up(world: World, phone: str, purpose: str = "after_sales") -> list[str] | Refused:
    return world.vault.find(world.caller("agent"), phone, purpose, "caller", now=world.now)


def rule(answer: list[str] | Refused) -> str | None:
    return answer.rule if isinstance(answer, Refused) else None


def test_a_look_up_costs_as_many_as_it_asks_for(both: World) -> None:
    """Rule 2: three mobiles in one text are three look-ups."""
    asked = [rule(look_up(both, " ".join(MOBILES[:3]))) for _ in range(7)]
    assert asked == [None] * 6 + ["quota"]
    assert both.entries()[-1].more == {"act": "find", "asked": 3, "found": 0}
    # What is left is enough for two, and what was refused cost nothing.
    assert [rule(look_up(both, phone)) for phone in (", ".join(MOBILES[:2]), MOBILES[0])] == [None, "quota"]
    both.now += DAY
    assert look_up(both, MOBILES[0]) == []


@each(
    ("phone", "price"),
    [
        ("13900000001", 1),
        ("+86 139-0000-0001 / 13900000001", 1),
        ("13900000001-12", 1),
        ("13900000001 13900000002", 2),
        ("0755-12345678 13900000001", 2),
        (" ".join(MOBILES), 8),
    ],
)
def test_one_number_however_often_and_however_it_is_written_costs_one(small: World, phone: str, price: int) -> None:
    look_up(small, phone)
    assert small.entries()[-1].more["asked"] == price
    small.now += DAY


def test_a_text_with_more_numbers_than_the_quota_is_refused(small: World) -> None:
    purposes, rules = default_texts()
    few = purposes.replace('code = "after_sales"', 'find = { quota = 2 }\ncode = "after_sales"')
    small.vault.activate_policy(small.caller("operator"), few, rules, now=small.now)
    assert rule(look_up(small, " ".join(MOBILES[:3]))) == "quota"
    assert look_up(small, " ".join(MOBILES[:2])) == []
