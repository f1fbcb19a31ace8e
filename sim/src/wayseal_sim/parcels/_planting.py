"""Plants a group of ghosts into the dataset of a simulated courier, and says of its scans how they came in.

1. What was there stays as it is, but for the columns `entered` and `device`: nothing moves, no read comes or goes.
2. Hubs' devices read what arrives there; everything else comes from handhelds.
3. The ghosts are of one sender, outlet, operator and day; they know lanes: each is a real parcel of the outlet and day
   with its gaps stretched, and read by no machine.
"""

import json
from collections.abc import Mapping
from itertools import count, islice
from pathlib import Path
from statistics import mode
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal_sim._errors import SimulateError
from wayseal_sim.parcels._tables import TIME
from wayseal_sim.types import HOUR, stream
from wayseal_sim.world import Paths

_GHOSTS = 40
_STRETCH = (0.85, 1.2)
Row = dict[str, Any]


def plant_ghosts(paths: Paths, seed: int) -> Mapping[str, Any]:
    """Rewrites the scans of a dataset and adds the ghosts' numbers to its waybills.

    Args:
        paths: What `simulate` has written, in Parquet.
        seed: Same dataset and seed, same ghosts.

    Returns:
        The ghosts' sender, outlet, operator, day and waybills, as the truth has them under `ghosts`.

    Raises:
        SimulateError: The dataset can't be read or written, or no sender has parcels enough.
    """
    try:
        files = sorted((paths.dataset / "scans").glob("*.parquet"))
        days, issued = [_told(pq.read_table(f)) for f in files], paths.dataset / "waybills.parquet"
        waybills, scans, truth = _ghosts(stream(seed, 60), pq.read_table(issued), days)
        _write(pa.concat_tables([pq.read_table(issued), waybills]).sort_by("issued_at"), issued)
        ends = [*(pc.max(day["at"]).as_py() for day in days[:-1]), pc.max(scans["at"]).as_py()]
        for nth, (file, day) in enumerate(zip(files, days, strict=True)):
            mine = pc.less_equal(scans["at"], ends[nth])
            _write(pa.concat_tables([day, scans.filter(mine)]).sort_by("at"), file)
            scans = scans.filter(pc.invert(mine))
        told = json.loads(paths.truth.read_text("utf-8")) | {"ghosts": truth}
        paths.truth.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise SimulateError("{out} can't be written ({reason})", out=paths.dataset, reason=disk_says(error)) from error
    return truth


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", compression_level=1, store_schema=False)


def _told(scans: pa.Table) -> pa.Table:
    """Scans with how they came in and by which device (rule 2)."""
    machine = pc.starts_with(scans["operator"], "dws-")
    device = pc.if_else(machine, scans["operator"], pc.binary_join_element_wise("pda", scans["operator"], "-"))
    for name, values in (("entered", pc.if_else(machine, "machine", "handheld")), ("device", device)):
        scans = scans.set_column(scans.schema.get_field_index(name), name, values)
    return scans


def _ghosts(rng: np.random.Generator, waybills: pa.Table, days: list[pa.Table]) -> tuple[pa.Table, pa.Table, Row]:
    """The ghosts' waybills and scans (rule 3), and the truth."""
    day, scans = days[len(days) * 2 // 3], pa.concat_tables(days)
    picked = day.filter(pc.equal(day["kind"], "pickup"))
    outlet = mode(picked["outlet"].to_pylist())
    picked = picked.filter(pc.equal(picked["outlet"], outlet))
    operator = mode(picked["operator"].to_pylist())
    donors, rows = _whole(scans, picked["waybill"]), {row["waybill"]: row for row in waybills.to_pylist()}
    senders = [row for row in rows.values() if row["origin_outlet"] == outlet and row["customer"]]
    if not donors or not senders:
        raise SimulateError("{dataset} has no sender and day with parcels enough for ghosts", dataset="dataset")
    sender = senders[int(rng.integers(len(senders)))]
    free = (f"YT{n:013d}" for n in count(int(sender["waybill"][2:])))
    numbers = list(islice((number for number in free if number not in rows), _GHOSTS))
    issued, made = [], []
    for number, donor in zip(numbers, rng.choice(list(donors), _GHOSTS).tolist(), strict=True):
        at = pa.array([row["at"] for row in donors[donor]], TIME).cast(pa.int64()).to_numpy()
        gaps = np.r_[rng.integers(HOUR // 2), np.diff(at) * rng.uniform(*_STRETCH, len(at) - 1)]
        moments = np.r_[at[0] - rng.integers(HOUR, 5 * HOUR), at[0] + np.cumsum(gaps).astype(np.int64)]
        before, *when = pa.array(moments, TIME).to_pylist()
        same = {k: sender[k] for k in ("channel", "customer", "origin_outlet")}
        issued.append(rows[donor] | same | {"waybill": number, "issued_at": before})
        for row, moment in zip(donors[donor], when, strict=True):
            by = operator if row["kind"] == "pickup" or row["entered"] == "machine" else row["operator"]
            made.append(row | {
                "waybill": number, "at": moment, "operator": by, "entered": "handheld", "device": f"pda-{by}",
            })  # fmt: skip
    tables = (pa.Table.from_pylist(r, schema=t.schema) for r, t in ((issued, waybills), (made, scans)))
    truth = {"skill": "lanes", "sender": sender["customer"], "outlet": outlet, "operator": operator}
    return *tables, truth | {"day": pc.max(day["at"]).as_py().date().isoformat(), "waybills": numbers}


def _whole(scans: pa.Table, waybills: pa.ChunkedArray) -> dict[str, list[Row]]:
    """Delivered parcels without a problem, with their scans by time."""
    out: dict[str, list[Row]] = {}
    for row in scans.filter(pc.is_in(scans["waybill"], waybills.combine_chunks())).sort_by("at").to_pylist():
        out.setdefault(row["waybill"], []).append(row)
    plain = {w for w, rows in out.items() if all(row["kind"] != "problem" for row in rows)}
    return {w: rows for w, rows in out.items() if w in plain and rows[-1]["kind"] == "delivered"}
