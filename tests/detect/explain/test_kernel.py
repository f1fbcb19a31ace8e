"""What the kernel's obligations say, case by case; the oracle tests the rest."""

import pytest

from tests.detect.explain.worlds import DAY, START, Drawn, Row, by_kernel
from wayseal.detect.explain import UNEXPLAINED, By, Template

READ = {"waybill": "YT1", "at": START, "actor": "u-1", "action": None, "first": True}
OWN = {"ticket": "k-1", "waybill": "YT1", "opened_at": START, "closed_at": None, "actor": "u-1"}


def person(actor: str, **more: object) -> Row:
    return {"actor": actor, "kind": "person", "role": "claims", "outlet": None, "region": "东", "rights": None} | more


def why(world: Drawn, template: Template) -> int:
    return by_kernel(world, (template,))[0][0]


@pytest.mark.parametrize(
    ("holder", "by", "fits"),
    [
        ("u-1", By.TICKET, True),
        ("u-1", By.HANDOVER, False),
        ("u-2", By.TICKET, False),
        ("u-2", By.HANDOVER, True),
        ("u-3", By.HANDOVER, False),
        ("u-9", By.HANDOVER, False),
    ],
)
def test_a_handover_is_a_colleagues_ticket_and_not_ones_own(holder: str, by: By, fits: bool) -> None:
    staff = [person("u-1"), person("u-2"), person("u-3", region="西")]
    world = Drawn(actors=staff, tickets=[OWN | {"actor": holder}], reads=[READ])
    assert why(world, Template(name="x", by=by, strong=True)) == (0 if fits else UNEXPLAINED)


@pytest.mark.parametrize(("days", "fits"), [(-2, False), (-1, True), (24, True), (25, False)])
def test_an_open_ticket_ends_after_fourteen_days(days: int, fits: bool) -> None:
    world = Drawn(actors=[person("u-1")], tickets=[OWN], reads=[READ | {"at": START + days * DAY}])
    template = Template(name="x", by=By.TICKET, strong=True, before=DAY, after=10 * DAY)
    assert why(world, template) == (0 if fits else UNEXPLAINED)
