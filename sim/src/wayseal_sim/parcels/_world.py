"""A world of parcels' lives, in memory or on disk, its truth apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal.store import write_table
from wayseal_sim._errors import SimulateError
from wayseal_sim._tables import actors_table, assignments_table, outlets_table
from wayseal_sim.parcels._askers import ask
from wayseal_sim.parcels._families import Shape, draw_shape
from wayseal_sim.parcels._ground import lay_ground
from wayseal_sim.parcels._honest import Journeys, draw_shipments
from wayseal_sim.parcels._made_up import GhostMaker, plan_groups, real_but_odd
from wayseal_sim.parcels._tables import Words, changes_table, scans_table, truth_table, waybills_table
from wayseal_sim.parcels._types import Events, Shipments


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A world in memory: the contract's tables by name, and the truth.

    parcels: a row for each ghost, empty, borrowed or odd shipment: waybill, kind, skill (of ghosts: clumsy, lanes,
    weights, replay; of odd ones what is odd), sender, outlet, operator, day, group, insider_machine.
    numbers: a row for each read of a number before its first scan: waybill, kind (holder, staff, customer; blind, list,
    leak), asker, ip, at, honest.
    """

    family: str
    seed: int
    shape: Shape
    tables: Mapping[str, pa.Table]
    parcels: pa.Table
    numbers: pa.Table


def live(family: str, *, seed: int, **changes: float) -> Life:
    """Simulates a courier of a family in memory.

    Args:
        family: One of FAMILIES.
        seed: Same family, seed and changes, same world.
        **changes: Parameters of `Shape` that the family doesn't draw.

    Returns:
        The world with its truth.

    Raises:
        SimulateError: There is no such family or parameter.
    """
    shape = draw_shape(family, seed, **changes)
    ground = lay_ground(shape, seed)
    groups = plan_groups(ground)
    real = Shipments.joined([draw_shipments(ground), real_but_odd(ground, groups)])
    real, events = Journeys(ground, real).run()
    ghosts, made = GhostMaker(ground, real, events).make(groups)
    shipments, events = Shipments.joined([real, ghosts]), Events.joined([events, made]).in_order()
    words = Words(ground, shipments)
    tables = {
        "outlets": outlets_table(ground.network),
        "actors": actors_table(ground.network, ground.staff, ground.calendar, seed),
        "assignments": assignments_table(ground.network, ground.staff, ground.calendar),
        "waybills": waybills_table(ground, words, shipments),
        "changes": changes_table(ground, words, shipments, groups, events),
        "scans": scans_table(ground, words, events),
    }
    asked = ask(ground, words, shipments, events)
    numbers = asked.pop("numbers")
    truth = truth_table(ground, words, shipments, groups)
    return Life(family=family, seed=seed, shape=shape, tables=tables | asked, parcels=truth, numbers=numbers)


def write_life(out: Path, life: Life) -> Path:
    """Writes OUT/dataset/, OUT/truth.json, and OUT/truth/ with both truths as Parquet; returns the dataset.

    Raises:
        SimulateError: The place can't be written, or a dataset is there.
    """
    if (out / "dataset").exists():
        raise SimulateError("{dataset} is there already", dataset=out / "dataset")
    try:
        (out / "truth").mkdir(parents=True, exist_ok=True)
        for name, table in (("parcels", life.parcels), ("numbers", life.numbers)):
            pq.write_table(table, out / "truth" / f"{name}.parquet", compression="zstd")
        told = {"family": life.family, "seed": life.seed, "shape": life.shape.as_dict()}
        (out / "truth.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise SimulateError("{out} can't be written ({reason})", out=out, reason=disk_says(error)) from error
    for name, table in life.tables.items():
        write_table(out / "dataset", name, [table])
    return out / "dataset"
