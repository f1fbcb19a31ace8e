"""Small couriers of every family: same seed, same bytes; the contract holds; the truth is of the log."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from wayseal.ledger import ingest, open_ledger
from wayseal.simulate import SimulateError
from wayseal.simulate.couriers import FAMILIES, plan_of, simulate_courier
from wayseal.store import open_source
from wayseal.store.tables import TABLES

ACCOUNTS, DAYS, SEED = 200, 7, 3
TABLES_MADE = {"actors", "outlets", "waybills", "scans", "tickets", "assignments", "accesses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """A small courier: its folder, truth, pulls."""

    folder: Path
    truth: dict[str, Any]
    pulled: pa.Table

    def table(self, name: str) -> pa.Table:
        """A table of the dataset."""
        return pq.read_table(self.folder / "dataset" / f"{name}.parquet")


@pytest.fixture(scope="module", params=list(FAMILIES))
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp(request.param)
    simulate_courier(folder, request.param, SEED, accounts=ACCOUNTS, days=DAYS)
    return read(folder)


def read(folder: Path) -> Small:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    return Small(folder=folder, truth=truth, pulled=pq.read_table(folder / "pulled.parquet"))


def test_every_family_makes_a_courier(small: Small) -> None:
    truth = small.truth
    plan = plan_of(truth["family"], SEED)
    files = {p.stem for p in (small.folder / "dataset").glob("*.parquet")}
    assert files == TABLES_MADE - set(plan.gaps.tables)
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
        assert pc.min(mine["at"]).as_py() == datetime.fromisoformat(row["since"])
        twice = mine.group_by(["actor", "waybill"]).aggregate([([], "count_all")])
        assert len(twice) == len(mine)


def test_leakers_keep_about_to_their_figure(small: Small) -> None:
    for nth, row in enumerate(small.truth["insiders"]):
        mine = small.pulled.filter(pc.equal(small.pulled["insider"], nth))
        day = pc.floor_temporal(pc.add(mine["at"], pa.scalar(timedelta(hours=8))), unit="day")
        by = mine.append_column("day", day).group_by(["actor", "day"]).aggregate([([], "count_all")])
        if row["kind"] not in ("own", "lanes", "fresh", "interface"):  # where a small courier has too few
            assert 0.3 * row["a_day"] < pc.mean(by["count_all"]).as_py() < 2.5 * row["a_day"]


@pytest.mark.parametrize("family", ["franchise", "no_masters"])
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


@pytest.mark.parametrize("family", ["small_outlets", "border", "no_masters"])
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
