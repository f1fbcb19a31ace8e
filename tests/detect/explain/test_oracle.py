"""The kernel against the same rules in plain Python: each names the same template for every read."""

from hypothesis import given, settings

from tests.detect.explain.worlds import Drawn, by_kernel, judged_worlds
from wayseal.detect.explain import NOT_FIRST, UNEXPLAINED, UNKNOWN, Template
from wayseal.detect.reasons._judge import early, tried, verdict
from wayseal.detect.reasons._world import parcel_of, world_of


def by_rows(world: Drawn, ordered: tuple[Template, ...]) -> list[tuple[int, bool]]:
    """(why, early) of each read, as plain Python says."""
    known = world_of(world.table("actors"), world.table("outlets"), world.table("assignments"))
    names = ("waybills", "scans", "tickets")
    parcels = {w: parcel_of(*(world.table(name, w) for name in names)) for w in {r["waybill"] for r in world.reads}}
    out = []
    for read in world.reads:
        parcel = parcels[read["waybill"]]
        account = known.account(read["actor"])
        found = tried(read["at"], read["action"] or "", account, parcel, known, ordered)
        said = verdict(found, parcel)
        why = {"unexplained": UNEXPLAINED, "unknown": UNKNOWN}.get(said)
        if why is None:
            why = ordered.index(found[-1].template)
        out.append((why, why >= UNEXPLAINED and early(read["at"], parcel)) if read["first"] else (NOT_FIRST, False))
    return out


@settings(max_examples=60)
@given(drawn=judged_worlds())
def test_kernel_and_rows_name_the_same_template(drawn: tuple[Drawn, tuple[Template, ...]]) -> None:
    """All templates together, then each alone, so that none hides behind another."""
    world, ordered = drawn
    assert by_kernel(world, ordered) == by_rows(world, ordered)
    for template in ordered:
        assert by_kernel(world, (template,)) == by_rows(world, (template,)), template
