"""Small couriers of every family: same seed, same bytes; the contract holds; the truth is of the log."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from benchmarks.couriers import FAMILIES, plan_of, simulate_courier

from tests.couriers.small import ACCOUNTS, DAYS, SEED, Small, days_of, read, with_leak
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source
from wayseal.store.tables import TABLES
from wayseal_sim import SimulateError

pytestmark = pytest.mark.once

TABLES_MADE = {"actors", "outlets", "waybills", "scans", "tickets", "assignments", "accesses"}


@pytest.fixture(scope="module", params=list(FAMILIES))
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp(request.param)
    simulate_courier(folder, request.param, SEED, accounts=ACCOUNTS, days=DAYS)
    return read(folder)


def test_every_family_makes_a_courier(small: Small) -> None:
    truth = small.truth
    plan = plan_of(truth["family"], SEED)
    files = {p.stem for p in (small.folder / "dataset").glob("*.parquet")}
    more = {"changes"} if plan.work.redirect and not plan.gaps.no_changes else set()
    more |= {"partner_calls"} if plan.gaps.partner_logs else set()
    assert files == (TABLES_MADE | more) - set(plan.gaps.tables)
    assert len(truth["accounts"]) == sum(truth["roles"].values()) == pytest.approx(ACCOUNTS, abs=5)
    log = small.table("accesses")
    assert len(log) > 50 * ACCOUNTS
    assert set(log["actor"].unique().to_pylist()) <= set(truth["accounts"])
    begins = datetime.fromisoformat(truth["begins"])
    span = pc.min_max(log["at"]).as_py()
    assert begins <= span["min"] < span["max"] < begins + timedelta(days=DAYS)
    for path in (*plan.gaps.columns, *plan.gaps.blank):
        name, column = path.split(".")
        if name in files and path in plan.gaps.blank:
            assert small.table(name)[column].unique().to_pylist() == ["-"]
        elif name in files:
            assert column not in small.table(name).column_names


def test_tables_are_the_contracts(small: Small) -> None:
    for path in (small.folder / "dataset").glob("*.parquet"):
        names = pq.read_schema(path).names
        contract = TABLES[path.stem]
        assert set(contract.required) <= set(names) <= set(contract.names)


def test_the_truth_is_of_the_log(small: Small) -> None:
    truth, pulled = small.truth, small.pulled
    log = small.table("accesses").select(["actor", "waybill", "at"])
    keys = ["actor", "waybill", "at"]
    assert len(pulled.select(keys).join(log, keys, join_type="left semi")) == len(pulled)
    accounts = [account for row in truth["insiders"] for account in row["accounts"]]
    assert len(accounts) == len(set(accounts))
    assert not set(accounts) & set(truth["innocents"])
    assert set(truth["innocents"]) <= set(truth["accounts"])
    for nth, row in enumerate(truth["insiders"]):
        mine = pulled.filter(pc.equal(pulled["insider"], nth))
        assert len(mine) == row["pulled"] > 0
        assert set(mine["actor"].unique().to_pylist()) <= set(row["accounts"])
        if truth["half"] in ("later", "last"):
            assert mine["actor"].unique().sort().to_pylist() == sorted(row["accounts"])
        assert pc.min(mine["at"]).as_py() == datetime.fromisoformat(row["since"])
        twice = mine.group_by(["actor", "waybill"]).aggregate([([], "count_all")])
        assert len(twice) == len(mine)


def test_leakers_keep_about_to_their_figure(small: Small) -> None:
    for nth, row in enumerate(small.truth["insiders"]):
        mine = small.pulled.filter(pc.equal(small.pulled["insider"], nth))
        day = pc.floor_temporal(pc.add(mine["at"], pa.scalar(timedelta(hours=8))), unit="day")
        by = mine.append_column("day", day).group_by(["actor", "day"]).aggregate([([], "count_all")])
        if row["kind"] not in ("own", "lanes", "fresh", "interface", "rich", "hall"):  # a small courier has too few
            assert 0.3 * row["a_day"] < pc.mean(by["count_all"]).as_py() < 2.5 * row["a_day"]


@pytest.mark.parametrize("family", ["franchise", "no_masters", "migrated", "platforms", "overseas"])
def test_same_seed_same_bytes(family: str, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        simulate_courier(folder, family, 9, accounts=ACCOUNTS, days=DAYS)
    files = sorted(p.relative_to(folders[0]) for p in folders[0].rglob("*") if p.is_file())
    assert len(files) >= 6
    for file in files:
        assert (folders[0] / file).read_bytes() == (folders[1] / file).read_bytes(), file
    simulate_courier(folders[1], family, 8, accounts=ACCOUNTS, days=DAYS, overwrite=True)
    log = "dataset/accesses.parquet"
    assert (folders[0] / log).read_bytes() != (folders[1] / log).read_bytes()


@pytest.mark.parametrize(
    "family",
    ["small_outlets", "border", "no_masters", "stations", "co_delivery", "flood", "platforms", "strike", "turnover"],
)
def test_a_ledger_takes_every_row(family: str, tmp_path: Path) -> None:
    paths = simulate_courier(tmp_path / "world", family, SEED, accounts=ACCOUNTS, days=6)
    report = ingest(open_source(paths.dataset), tmp_path / "ledger")
    assert not report.rejected
    assert report.rows == sum(paths.rows.values())
    with open_ledger(tmp_path / "ledger") as snapshot:
        assert set(snapshot.tables) >= set(paths.rows) - {"accesses"}


def test_a_partners_interface_pulls_others_parcels_before_pickup(tmp_path: Path) -> None:
    simulate_courier(tmp_path, "many_partners", SEED, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    nth, row = next((k, r) for k, r in enumerate(made.truth["insiders"]) if r["kind"] == "interface")
    own = made.truth["accounts"][row["accounts"][0]][3]
    mine = made.pulled.filter(pc.equal(made.pulled["insider"], nth))
    scans = made.table("scans")
    picked = (
        scans.filter(pc.equal(scans["kind"], "pickup")).select(["waybill", "at"]).rename_columns(["waybill", "picked"])
    )
    joined = mine.join(picked, "waybill", join_type="inner").join(
        made.table("waybills").select(["waybill", "channel"]), "waybill"
    )
    assert len(joined) > 0
    assert pc.all(pc.less(joined["at"], joined["picked"])).as_py()
    assert own not in joined["channel"].unique().to_pylist()


def test_what_lies_there_is_kept_unless_said(tmp_path: Path) -> None:
    simulate_courier(tmp_path, "rings", 1, accounts=ACCOUNTS, days=6)
    with pytest.raises(SimulateError, match="exists; overwrite it"):
        simulate_courier(tmp_path, "rings", 1, accounts=ACCOUNTS, days=6)
    with pytest.raises(SimulateError, match="200 accounts and 6 days at least"):
        simulate_courier(tmp_path / "less", "rings", 1, accounts=100)


def test_a_ring_pulls_in_turns(tmp_path: Path) -> None:
    made, nth = with_leak("returns", tmp_path, "ring", "turns")
    mine = made.pulled.filter(pc.equal(made.pulled["insider"], nth))
    who: dict[int, set[str]] = {}
    for day, actor in zip(days_of(made, mine), mine["actor"].to_pylist(), strict=True):
        who.setdefault(day, set()).add(actor)
    assert len(who) > 1
    assert all(len(actors) == 1 for actors in who.values())


def test_of_two_accounts_one_begins_when_the_other_ends(tmp_path: Path) -> None:
    made, nth = with_leak("migrated", tmp_path, "two_accounts")
    old, new = made.truth["insiders"][nth]["accounts"]
    log = made.table("accesses")
    last = pc.max(log.filter(pc.equal(log["actor"], old))["at"]).as_py()
    first = pc.min(log.filter(pc.equal(log["actor"], new))["at"]).as_py()
    assert made.truth["accounts"][old][:2] == made.truth["accounts"][new][:2]
    assert last < first + timedelta(days=1)
    assert "new_account" in made.truth["innocents"].values()


def test_of_other_couriers_parcels_only_the_last_mile_is_known(tmp_path: Path) -> None:
    simulate_courier(tmp_path, "stations", SEED, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    own = made.table("waybills")["waybill"].combine_chunks()
    scans, log = made.table("scans"), made.table("accesses")
    foreign = scans.filter(pc.invert(pc.is_in(scans["waybill"], own)))
    assert 0.1 < len(foreign) / len(scans) < 0.6
    assert set(foreign["kind"].unique().to_pylist()) == {"arrive", "out_for_delivery", "delivered", "problem"}
    assert pc.sum(pc.invert(pc.is_in(log["waybill"], own))).as_py() > 0.1 * len(log)
    assert pc.all(pc.is_in(made.pulled["waybill"], own)).as_py()


def test_parcels_that_come_back_go_the_other_way_under_their_senders_name(tmp_path: Path) -> None:
    simulate_courier(tmp_path, "returns", SEED, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    teams = [account for account, trap in made.truth["innocents"].items() if trap == "returns_team"]
    log = made.table("accesses")
    read_by = log.filter(pc.is_in(log["actor"], pa.array(teams)))
    ways = {row["waybill"]: row for row in made.table("waybills").select(
        ["waybill", "origin_outlet", "destination_outlet", "customer"]).to_pylist()}  # fmt: skip
    known = [ways[number] for number in read_by["waybill"].to_pylist()]
    there = {(w["origin_outlet"], w["destination_outlet"], w["customer"]) for w in known}
    back = sum((w["destination_outlet"], w["origin_outlet"], w["customer"]) in there for w in known)
    assert back > 0.9 * len(known) > 0


def test_people_of_the_later_half_read_in_their_shift(tmp_path: Path) -> None:
    simulate_courier(tmp_path, "freight", SEED, accounts=ACCOUNTS, days=DAYS)
    made = read(tmp_path)
    teams = [account for account, trap in made.truth["innocents"].items() if trap == "planners_team"]
    log = made.table("accesses")
    mine = log.filter(pc.is_in(log["actor"], pa.array(teams)))
    hours = pc.hour(pc.add(mine["at"], pa.scalar(timedelta(hours=8))))
    assert set(hours.unique().to_pylist()) == {5, 6, 7}
