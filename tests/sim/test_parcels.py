"""Parcels' lives: what is real keeps to trucks and machines, what isn't shows it, and the truth agrees with the log."""

import json
from collections import Counter, defaultdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.cli.running import here, inside
from tests.sim.test_unchanged import LATER
from wayseal_sim import SimulateError, preset, simulate
from wayseal_sim.parcels import FAMILIES, Life, draw_shape, live, plant_ghosts, write_life

Row = dict[str, Any]
SMALL = {"parcels": 4_000, "days": 4, "ghosts": 0.06}


@cache
def life(family: str = "dense", **changes: float) -> Life:
    return live(family, seed=3, **SMALL | changes)


@cache
def scans(family: str = "dense") -> dict[str, list[Row]]:
    """Each number's scans, by time."""
    out = defaultdict(list)
    for row in life(family).tables["scans"].to_pylist():
        out[row["waybill"]].append(row)
    return out


def told(kind: str, family: str = "dense") -> list[Row]:
    return [row for row in life(family).parcels.to_pylist() if row["kind"] == kind]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_holds_what_it_must(family: str) -> None:
    made = life(family)
    skills = Counter(row["skill"] for row in told("ghost", family))
    assert set(skills) == {"clumsy", "lanes", "weights", "replay"}
    assert min(skills.values()) >= 30
    assert told("empty", family)
    assert told("borrowed", family)
    waybills = made.tables["waybills"]["waybill"].to_pylist()
    assert len(set(waybills)) == len(waybills) > 4_200
    assert {row["waybill"] for row in made.parcels.to_pylist()} <= set(waybills)
    assert (made.tables["scans"]["trip"].null_count == len(made.tables["scans"])) == (family == "old-system")


def test_the_same_seed_gives_the_same_world_and_another_one_another() -> None:
    again = live("dense", seed=3, **SMALL)
    assert all(table.equals(again.tables[name]) for name, table in life().tables.items())
    assert again.parcels.equals(life().parcels)
    assert again.numbers.equals(life().numbers)
    assert draw_shape("dense", 4) != draw_shape("dense", 5)
    assert draw_shape("rural", 4).cities > draw_shape("one-hub", 4).cities


def test_no_machine_reads_a_ghost_unless_its_maker_may_say_so() -> None:
    rows = {row["waybill"]: row for row in told("ghost")}
    read = {w for w in rows for scan in scans()[w] if scan["entered"] == "machine"}
    assert read <= {w for w, row in rows.items() if row["insider_machine"]}
    assert all(rows[w]["skill"] == "replay" for w in read)
    machines = [len([s for s in scans()[w] if s["entered"] == "machine"]) for w in scans() if w not in rows]
    assert np.mean(np.array(machines) > 0) > 0.9


def test_who_was_in_a_truck_arrives_with_it() -> None:
    ghosts = {row["waybill"]: row["skill"] for row in told("ghost")}
    legs = defaultdict(list)
    for waybill, rows in scans().items():
        for row in rows:
            if row["kind"] == "arrive" and row["trip"] and ghosts.get(waybill) in (None, "replay"):
                legs[row["trip"], row["outlet"]].append(row["at"])
    clocks = [max(at) - min(at) for at in legs.values() if len(at) > 5]
    assert np.median(np.array([c.total_seconds() for c in clocks])) < 3600
    assert not any(row["trip"] for w, skill in ghosts.items() if skill == "clumsy" for row in scans()[w])


def test_second_weights_are_those_of_the_parcel_and_of_ghosts_that_fake_them() -> None:
    def far(waybills: set[str]) -> list[float]:
        pairs = [[s["weight_g"] for s in scans()[w] if s["weight_g"]][:2] for w in waybills]
        return [abs(np.log(b / a)) for a, b in (p for p in pairs if len(p) == 2)]

    skills = {skill: {r["waybill"] for r in told("ghost") if r["skill"] == skill} for skill in ("lanes", "weights")}
    honest = set(scans()) - {row["waybill"] for row in life().parcels.to_pylist()}
    assert far(skills["lanes"]) == []
    assert np.median(far(skills["weights"])) < 0.2
    assert np.median(far(honest)) < 0.2
    empties = [s["weight_g"] for row in told("empty") for s in scans()[row["waybill"]] if s["entered"] == "machine"]
    assert 20 < np.median([w for w in empties if w]) < 40


def test_clumsy_makers_are_in_two_places_and_replays_keep_their_times() -> None:
    clumsy = next(row for row in told("ghost") if row["skill"] == "clumsy")
    rows = scans()[clumsy["waybill"]]
    assert {row["operator"] for row in rows} == {clumsy["operator"]}
    assert len({row["outlet"] for row in rows}) >= 2
    replay = next(row for row in told("ghost") if row["skill"] == "replay")
    trips = {row["trip"] for row in scans()[replay["waybill"]] if row["trip"]}
    assert any(trips <= {r["trip"] for r in rows} for w, rows in scans().items() if w != replay["waybill"])


def test_half_of_the_borrowed_numbers_are_bound_again_after_their_first_scan() -> None:
    late = {
        row["waybill"]
        for row in life().tables["changes"].to_pylist()
        if row["waybill"] in scans() and row["at"] > scans()[row["waybill"]][0]["at"]
    }
    borrowed = {row["waybill"] for row in told("borrowed")}
    assert late
    assert late <= borrowed
    assert late != borrowed


def test_who_asks_too_early_is_in_the_log_before_the_first_scan() -> None:
    made = life(early=0.3)
    rows = made.numbers.to_pylist()
    assert Counter(row["kind"] for row in rows if row["honest"]).keys() == {"holder", "staff", "customer"}
    assert {"leak", "list"} <= {row["kind"] for row in rows if not row["honest"]} <= {"leak", "list", "blind"}
    log = {(r["waybill"], r["actor"], r["at"]) for r in made.tables["accesses"].to_pylist()}
    assert all((row["waybill"], row["asker"], row["at"]) in log for row in rows)
    channel = dict(zip(*(made.tables["waybills"][c].to_pylist() for c in ("waybill", "channel")), strict=True))
    leaks = [row for row in rows if row["kind"] == "leak"]
    assert len({row["asker"] for row in leaks}) == 1
    assert not any(channel[row["waybill"]] in row["asker"] for row in leaks)
    assert all(timedelta(hours=18) < timedelta(hours=(r["at"].hour + 8) % 24, minutes=r["at"].minute) for r in leaks)
    asked = {(row["partner"], row["waybill"]) for row in made.tables["partner_calls"].to_pylist()}
    assert len(asked & {(row["asker"], row["waybill"]) for row in leaks}) < len(leaks) / 10
    unknown = {row["waybill"] for row in made.tables["accesses"].to_pylist()} - set(channel)
    assert len(unknown) > 500


def test_a_sorter_that_stands_still_and_clocks_that_are_wrong_are_told() -> None:
    made = live("franchise", seed=3, **SMALL | {"down": 2, "agents": 0.2, "centre": 1.0, "missort": 0.05})
    odd = Counter(row["skill"] for row in made.parcels.to_pylist() if row["kind"] == "odd")
    assert set(odd) >= {"missort", "card", "campaign", "pickup_point", "agent", "clock", "sorter_down", "unread"}
    bags = life("bags").tables["scans"]["trip"].drop_null().to_pylist()
    assert {trip[:2] for trip in bags} == {"b-"}


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match="parcels must be one of dense"):
        live("moon", seed=1)
    with pytest.raises(SimulateError, match="no parameter"):
        live("dense", seed=1, trucks=3)
    (tmp_path / "taken").write_text("")
    with pytest.raises(SimulateError, match="can't be written"):
        write_life(tmp_path / "taken", life())


def test_the_command_line_writes_a_world_with_its_truth_apart(tmp_path: Path) -> None:
    out = tmp_path / "w"
    assert here("simulate", out, "--parcels", "one-hub", "--days", 3).code == 0
    told = json.loads((out / "truth.json").read_text("utf-8"))
    assert (told["family"], told["shape"]["days"], told["shape"]["hubs"]) == ("one-hub", 3, 1)
    assert set(pq.read_table(out / "truth/parcels.parquet")["kind"].to_pylist()) == {
        "ghost",
        "empty",
        "borrowed",
        "odd",
    }
    assert len(pq.read_table(out / "truth/numbers.parquet"))
    assert pq.read_table(out / "dataset/scans.parquet")["trip"].null_count
    refused = inside("simulate", out, "--parcels", "dense", "-q")
    assert (refused.code, "is there already" in refused.err) == (3, True)


def test_ghosts_are_planted_into_a_dataset_that_stays_as_it_is(tmp_path: Path) -> None:
    paths = simulate(tmp_path, preset("watch", accesses=60_000, outlets=60), seed=4)

    def read(table: str) -> list[Row]:
        files = sorted([*paths.dataset.glob(f"{table}.parquet"), *paths.dataset.glob(f"{table}/*.parquet")])
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    before, known = read("scans"), {row["waybill"] for row in read("waybills")}
    truth = plant_ghosts(paths, 4)
    ghosts = set(truth["waybills"])
    assert len(ghosts) == 40
    assert ghosts.isdisjoint(known)
    assert {row["waybill"] for row in read("waybills")} == known | ghosts
    after = read("scans")
    plain = [{k: v for k, v in row.items() if k not in LATER} for row in after if row["waybill"] not in ghosts]
    key = lambda row: (row["at"], row["waybill"], row["kind"])  # noqa: E731
    assert sorted(plain, key=key) == sorted(({k: v for k, v in r.items() if k not in LATER} for r in before), key=key)
    assert {row["entered"] for row in after if row["waybill"] in ghosts} == {"handheld"}
    assert {row["entered"] for row in after} == {"handheld", "machine"}
    assert json.loads(paths.truth.read_text("utf-8"))["ghosts"]["waybills"] == truth["waybills"]
    (paths.dataset / "waybills.parquet").unlink()
    with pytest.raises(SimulateError, match="can't be written"):
        plant_ghosts(paths, 4)
