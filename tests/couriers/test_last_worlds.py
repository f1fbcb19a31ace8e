"""What the families of the last half add: firms outside, orders of several numbers, rosters, and leaks beside these."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from benchmarks.couriers import plan_of, simulate_courier
from benchmarks.couriers._plan import Gaps

from tests.couriers.small import ACCOUNTS, DAYS, SEED, Small, days_of, read, with_leak

pytestmark = pytest.mark.once


def of(made: Small, nth: int) -> pa.Table:
    """What one of the leaks pulled."""
    return made.pulled.filter(pc.equal(made.pulled["insider"], nth))


def small(family: str, folder: Path) -> Small:
    simulate_courier(folder, family, SEED, accounts=ACCOUNTS, days=DAYS)
    return read(folder)


def scanned(made: Small, kind: str) -> dict[str, tuple[str, object]]:
    """Outlet and time of a step, by waybill."""
    scans = made.table("scans")
    rows = scans.filter(pc.equal(scans["kind"], kind)).select(["waybill", "outlet", "at"]).to_pylist()
    return {row["waybill"]: (row["outlet"], row["at"]) for row in rows}


def test_a_house_pulls_what_is_of_no_shop_of_its_own(tmp_path: Path) -> None:
    made, nth = with_leak("platforms", tmp_path, "interface", "house")
    [who] = made.truth["insiders"][nth]["accounts"]
    log, ways = made.table("accesses"), made.table("waybills").select(["waybill", "customer"])
    pulled = set(of(made, nth)["waybill"].to_pylist())
    read_by = log.filter(pc.equal(log["actor"], who)).select(["waybill"]).join(ways, "waybill", join_type="inner")
    honest = read_by.filter(pc.invert(pc.is_in(read_by["waybill"], pa.array(list(pulled)))))
    sold = ways.filter(pc.is_in(ways["waybill"], pa.array(list(pulled))))
    assert len(honest) > 0 < len(sold)
    assert not set(honest["customer"].to_pylist()) & set(sold["customer"].to_pylist())
    assert made.truth["accounts"][who][0] == "partner"


def test_partners_own_logs_know_no_pull(tmp_path: Path) -> None:
    seed = next(s for s in range(1, 99) if plan_of("platforms", s).gaps.partner_logs and plan_of("platforms", s).leaks)
    simulate_courier(tmp_path, "platforms", seed, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    calls = made.table("partner_calls").select(["partner", "waybill"]).rename_columns(["actor", "waybill"])
    log = made.table("accesses").select(["actor", "waybill"])
    assert len(calls) > 1_000
    assert len(calls.join(log, ["actor", "waybill"], join_type="left anti")) == 0
    interfaces = [a for row in made.truth["insiders"] if row["kind"] == "interface" for a in row["accounts"]]
    pulled = made.pulled.filter(pc.is_in(made.pulled["actor"], pa.array(interfaces))).select(["actor", "waybill"])
    assert len(pulled) > 0
    assert len(pulled.join(calls, ["actor", "waybill"], join_type="left semi")) == 0


def test_who_owns_a_locker_asks_once_a_parcel_is_out_and_sells_what_is_not(tmp_path: Path) -> None:
    made, nth = with_leak("lockers", tmp_path, "interface", "locker")
    [who] = made.truth["insiders"][nth]["accounts"]
    arrived = {waybill: at for waybill, (_, at) in scanned(made, "arrive").items()}  # the last one
    log = made.table("accesses")
    mine = log.filter(pc.equal(log["actor"], who)).select(["waybill", "at"]).to_pylist()
    pulled = set(of(made, nth)["waybill"].to_pylist())
    honest = [row for row in mine if row["waybill"] in arrived and row["waybill"] not in pulled]
    early = [row for row in honest if row["at"] < arrived[row["waybill"]]]
    assert len(honest) > 50
    assert not early
    sold = [row for row in mine if row["waybill"] in pulled and row["waybill"] in arrived]
    assert sum(row["at"] < arrived[row["waybill"]] for row in sold) > 0.5 * len(sold) > 0


def test_an_order_has_two_numbers_and_is_shown_with_both(tmp_path: Path) -> None:
    seed = next(s for s in range(1, 99) if not plan_of("overseas", s).gaps.no_order)
    simulate_courier(tmp_path, "overseas", seed, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    ways = made.table("waybills").select(["waybill", "order_ref", "origin_outlet", "destination_outlet"])
    several = ways.group_by("order_ref").aggregate([("waybill", "list"), ("waybill", "count")])
    several = several.filter(pc.greater(several["waybill_count"], 1))
    assert len(several) > 100
    team = [a for a, trap in made.truth["innocents"].items() if trap == "overseas_team"]
    log = made.table("accesses")
    seen = log.filter(pc.is_in(log["actor"], pa.array(team))).select(["waybill"]).join(
        ways, "waybill", join_type="inner"
    )  # fmt: skip
    of_several = pc.is_in(seen["order_ref"], several["order_ref"].combine_chunks())
    assert pc.mean(of_several.cast(pa.int8())).as_py() > 0.7  # of the others the first number is of before the log


def test_what_is_sent_elsewhere_is_delivered_where_changes_say(tmp_path: Path) -> None:
    seed = next(s for s in range(1, 99) if _kept(plan_of("strike", s).gaps))
    simulate_courier(tmp_path, "strike", seed, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    booked = {row["waybill"]: row["destination_outlet"] for row in made.table("waybills").to_pylist()}
    delivered = scanned(made, "delivered")
    changes = made.table("changes").to_pylist()
    there = [row for row in changes if row["waybill"] in delivered]
    assert len(there) > 50
    assert {row["column"] for row in changes} == {"destination_outlet"}
    assert all(delivered[row["waybill"]][0] == row["value"] != booked[row["waybill"]] for row in there)


def _kept(gaps: Gaps) -> bool:
    return not (gaps.no_changes or gaps.tables)


def test_clerks_deliver_while_couriers_strike(tmp_path: Path) -> None:
    made = small("strike", tmp_path)
    clerks = [a for a, trap in made.truth["innocents"].items() if trap == "strike"]
    log = made.table("accesses")
    mine = log.filter(pc.and_(pc.is_in(log["actor"], pa.array(clerks)), pc.equal(log["purpose"], "delivery")))
    assert {made.truth["accounts"][a][0] for a in clerks} == {"clerk", "manager"}
    assert len(mine) > 50
    assert len(set(days_of(made, mine))) <= 4


def test_codes_of_outlets_change_in_mid_log(tmp_path: Path) -> None:
    made = small("turnover", tmp_path)
    known = set(made.table("outlets")["outlet"].to_pylist())
    scans = made.table("scans")
    new = [outlet in known for outlet in scans["outlet"].to_pylist()]
    day = days_of(made, scans)
    assert all(there for there, d in zip(new, day, strict=True) if d >= DAYS // 2)
    assert 0.2 < sum(new) / len(new) < 0.95


def test_an_account_given_up_is_used_again(tmp_path: Path) -> None:
    made, nth = with_leak("turnover", tmp_path, "dormant")
    [who] = made.truth["insiders"][nth]["accounts"]
    log, mine = made.table("accesses"), of(made, nth)
    own = log.filter(pc.equal(log["actor"], who))
    work = own.filter(pc.invert(pc.is_in(own["waybill"], mine["waybill"].combine_chunks())))
    assert max(days_of(made, work)) < min(days_of(made, mine))
    rows = {row["actor"]: row["valid_to"] for row in made.table("actors").to_pylist()}
    assert who not in rows or rows[who] <= pc.min(mine["at"]).as_py()


def test_a_login_that_was_sold_is_used_from_elsewhere_at_all_hours(tmp_path: Path) -> None:
    made, nth = with_leak("platforms", tmp_path, "sold_login")
    [who] = made.truth["insiders"][nth]["accounts"]
    log, mine = made.table("accesses"), of(made, nth)
    own = log.filter(pc.equal(log["actor"], who))
    sold = own.filter(pc.is_in(own["at"], mine["at"].combine_chunks()))
    work = own.filter(pc.invert(pc.is_in(own["at"], mine["at"].combine_chunks())))
    assert not set(sold["device"].unique().to_pylist()) & set(work["device"].unique().to_pylist())
    hours = pc.hour(pc.add(mine["at"], pa.scalar(timedelta(hours=8))))
    assert len(hours.unique()) > 18


@pytest.mark.parametrize(("link", "family"), [("outlet", "lockers"), ("copies", "campus"), ("hours", "call_floor")])
def test_rings(link: str, family: str, tmp_path: Path) -> None:
    made, nth = with_leak(family, tmp_path, "ring", link)
    people, mine = made.truth["insiders"][nth]["accounts"], of(made, nth)
    by = {a: set(mine.filter(pc.equal(mine["actor"], a))["waybill"].to_pylist()) for a in people}
    if link == "outlet":
        assert len({made.truth["accounts"][a][1] for a in people}) == 1
    elif link == "copies":
        assert sum(map(len, by.values())) > 1.5 * len(set().union(*by.values()))
    else:
        for a in people:
            at = mine.filter(pc.equal(mine["actor"], a))["at"]
            assert len(pc.hour(at).unique()) <= 2


def test_lists_are_got_out_by_the_honest_too(tmp_path: Path) -> None:
    made = small("campus", tmp_path)
    log = made.table("accesses")
    got_out = log.filter(pc.equal(log["action"], "export"))
    pulling = [a for row in made.truth["insiders"] for a in row["accounts"]]
    honest = got_out.filter(pc.invert(pc.is_in(got_out["actor"], pa.array(pulling, pa.string()))))
    assert len(honest["actor"].unique()) > 5
    assert {made.truth["accounts"][a][0] for a in honest["actor"].unique().to_pylist()} <= {"clerk", "head", "manager"}


def test_outlets_of_a_town_are_served_by_the_same_people_on_their_days(tmp_path: Path) -> None:
    seed = next(s for s in range(1, 99) if plan_of("village_post", s).gaps.scans == "full")
    simulate_courier(tmp_path, "village_post", seed, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    rounds = plan_of("village_post", seed).work.rounds
    scans = made.table("scans")
    out = scans.filter(pc.equal(scans["kind"], "out_for_delivery"))
    if not plan_of("village_post", seed).gaps.late:
        weekdays: dict[str, set[int]] = {}
        for outlet, day in zip(out["outlet"].to_pylist(), days_of(made, out), strict=True):
            weekdays.setdefault(outlet, set()).add(day % rounds)
        assert {len(days) for days in weekdays.values()} == {1}
    scopes = set(made.table("assignments")["scope"].to_pylist())
    assert "city" in scopes
    hubs = {row["outlet"] for row in made.table("outlets").to_pylist() if row["kind"] == "hub"}
    named = made.table("assignments").filter(pc.equal(made.table("assignments")["scope"], "outlet"))
    assert len(set(named["value"].to_pylist()) - hubs) <= 2  # of those who help out
    by = out.group_by("operator").aggregate([("outlet", "count_distinct")])
    assert pc.mean(by["outlet_count_distinct"]).as_py() > 1.2
