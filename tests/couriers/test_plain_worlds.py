"""What the families of the plain half add: ordinary work, gaps and schemes that the others don't have."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from benchmarks.couriers import plan_of, simulate_courier
from benchmarks.couriers._plan import Plan

from tests.couriers.small import ACCOUNTS, DAYS, Small, days_of, read, with_leak


def of(made: Small, nth: int) -> pa.Table:
    """What one of the leaks pulled."""
    return made.pulled.filter(pc.equal(made.pulled["insider"], nth))


def small(folder: Path, family: str, seed: int) -> tuple[Small, Plan]:
    simulate_courier(folder, family, seed, accounts=ACCOUNTS, days=DAYS)
    return read(folder), plan_of(family, seed)


def steps(made: Small, kind: str) -> dict[str, datetime]:
    """When each waybill had a step first."""
    scans = made.table("scans")
    rows = scans.filter(pc.equal(scans["kind"], kind)).group_by("waybill").aggregate([("at", "min")]).to_pylist()
    return {row["waybill"]: row["at_min"] for row in rows}


def whole(plan: Plan) -> bool:
    return plan.gaps.scans != "ends" and "scans" not in plan.gaps.tables and not plan.gaps.late


def test_who_sells_numbers_before_pickup_or_on_the_way_reads_them_then(tmp_path: Path) -> None:
    for kind, early in (("unpicked", True), ("under_way", False)):
        seed = next(
            s for s in range(1, 400)
            if whole(plan_of("everyday", s)) and any(k.kind == kind for k in plan_of("everyday", s).leaks)
        )  # fmt: skip
        made, _ = small(tmp_path / kind, "everyday", seed)
        nth = next(k for k, row in enumerate(made.truth["insiders"]) if row["kind"] == kind)
        picked, done = steps(made, "pickup"), steps(made, "delivered")
        rows = of(made, nth).to_pylist()
        known = [row for row in rows if row["waybill"] in picked]
        assert len(known) > 10
        assert all((row["at"] <= picked[row["waybill"]]) == early for row in known)
        assert early or all(row["at"] <= done[row["waybill"]] for row in known if row["waybill"] in done)


def test_a_list_is_pulled_within_minutes_and_got_out(tmp_path: Path) -> None:
    made, nth = with_leak("everyday", tmp_path, "listed")
    mine, log = of(made, nth), made.table("accesses").select(["actor", "waybill", "at", "action"])
    begins = datetime.fromisoformat(made.truth["begins"])
    by_day: dict[int, list[datetime]] = {}
    for at in mine["at"].to_pylist():
        by_day.setdefault((at - begins).days, []).append(at)
    assert by_day
    assert all(max(times) - min(times) <= timedelta(minutes=10) for times in by_day.values())
    pulled = log.join(mine.select(["actor", "waybill", "at"]), ["actor", "waybill", "at"], join_type="left semi")
    assert pulled["action"].unique().to_pylist() == ["export"]


def test_large_outlets_elsewhere_are_of_no_region_of_the_pullers(tmp_path: Path) -> None:
    seed = next(
        s for s in range(1, 400)
        if any(k.kind == "places" and k.a_day <= 50 for k in plan_of("everyday", s).leaks)
    )  # fmt: skip
    made, _ = small(tmp_path, "everyday", seed)
    nth = next(k for k, row in enumerate(made.truth["insiders"]) if row["kind"] == "places")
    [who] = made.truth["insiders"][nth]["accounts"]
    region = {row["outlet"]: row["region"] for row in made.table("outlets").to_pylist()}
    origin = {row["waybill"]: row["origin_outlet"] for row in made.table("waybills").to_pylist()}
    sent = {origin[waybill] for waybill in of(made, nth)["waybill"].to_pylist() if waybill in origin}
    assert 0 < len(sent) <= 8
    assert made.truth["accounts"][who][2] not in {region[outlet] for outlet in sent}


@pytest.mark.parametrize("link", ["region", "rival"])
def test_links(link: str, tmp_path: Path) -> None:
    made, nth = with_leak("everyday", tmp_path, "ring" if link == "region" else "interface", link)
    people, ways = made.truth["insiders"][nth]["accounts"], made.table("waybills")
    mine = of(made, nth).join(ways, "waybill", join_type="inner")
    assert len(mine) > 0
    if link == "rival":
        [channel] = mine["channel"].unique().to_pylist()
        assert channel != made.truth["accounts"][people[0]][3]
        return
    [region] = {made.truth["accounts"][who][2] for who in people}
    there = [row["outlet"] for row in made.table("outlets").to_pylist() if row["region"] == region]
    ends = zip(mine["origin_outlet"].to_pylist(), mine["destination_outlet"].to_pylist(), strict=True)
    assert all(start in there or end in there for start, end in ends)


def test_an_apprentice_looks_at_what_a_colleague_just_looked_at(tmp_path: Path) -> None:
    made, _ = small(tmp_path, "fresh_faces", 1)
    learners = [a for a, trap in made.truth["innocents"].items() if trap == "apprentice"]
    log = made.table("accesses").select(["actor", "waybill", "at"])
    colleagues = {a: told[:2] for a, told in made.truth["accounts"].items()}
    seen = log.filter(pc.is_in(log["actor"], pa.array(learners))).rename_columns(["who", "waybill", "then"])
    behind = [
        row for row in seen.join(log, "waybill", join_type="inner").to_pylist()
        if row["who"] != row["actor"] and colleagues[row["who"]] == colleagues[row["actor"]]
        and timedelta(0) < row["then"] - row["at"] < timedelta(minutes=13)
    ]  # fmt: skip
    assert {row["who"] for row in behind} == set(learners)
    assert len(behind) > 20 * len(learners)
    assert "covers" in made.truth["innocents"].values()


def test_a_report_is_read_on_the_same_weekday(tmp_path: Path) -> None:
    made, _ = small(tmp_path, "well_run", 1)
    managers = [a for a, trap in made.truth["innocents"].items() if trap == "weekly_report"]
    log = made.table("accesses")
    assert managers
    for who in managers:
        days = days_of(made, log.filter(pc.equal(log["actor"], who)))
        most = max(set(days), key=days.count)
        assert days.count(most) > 100


def test_night_clerks_read_by_night(tmp_path: Path) -> None:
    made, _ = small(tmp_path, "spokes", 1)
    log = made.table("accesses")
    clerks = [a for a, told in made.truth["accounts"].items() if told[0] == "clerk"]
    mine = log.filter(pc.and_(pc.is_in(log["actor"], pa.array(clerks)), pc.equal(log["purpose"], "arrival")))
    hours = pc.hour(pc.add(mine["at"], pa.scalar(timedelta(hours=8)))).to_pylist()
    assert sum(h < 6 for h in hours) > 0.02 * len(hours)


def test_days_of_scans_and_roles_of_assignments_are_missing(tmp_path: Path) -> None:
    seed = next(
        s for s in range(1, 99)
        if plan_of("spokes", s).gaps.unscanned and not {"scans", "assignments"} & set(plan_of("spokes", s).gaps.tables)
        and not plan_of("spokes", s).gaps.late
    )  # fmt: skip
    made, plan = small(tmp_path, "spokes", seed)
    assert len({d for d in days_of(made, made.table("scans")) if d >= 0}) == DAYS - plan.gaps.unscanned
    sorters = {a for a, told in made.truth["accounts"].items() if told[0] == "sorter"}
    assert sorters
    assert not sorters & set(made.table("assignments")["actor"].to_pylist())
