"""Plants a group of ghosts into the dataset of a simulated courier, and says of its scans how they came in.

1. What was there stays as it is, but for the columns `entered` and `device`: nothing moves, no read comes or goes.
2. Hubs' devices read what arrives there; everything else comes from handhelds.
3. The ghosts are of one sender, outlet, operator and day; they know lanes: each is a real parcel of the outlet and day
   with its gaps stretched, and read by no machine.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal_sim._errors import SimulateError
from wayseal_sim.types import DAY, Ints, stream
from wayseal_sim.world import Paths

GHOSTS = 40
_STRETCH = (0.85, 1.2)


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
    dataset = paths.dataset
    try:
        files = sorted((dataset / "scans").glob("*.parquet"))
        waybills, days = pq.read_table(dataset / "waybills.parquet"), [_told(pq.read_table(f)) for f in files]
        rows, scans, truth = _ghosts(stream(seed, 60), waybills, pa.concat_tables(days), len(days))
        _write(
            pa.concat_tables([waybills, rows.cast(waybills.schema)]).sort_by("issued_at"), dataset / "waybills.parquet"
        )
        end = 0
        for nth, (file, day) in enumerate(zip(files, days, strict=True)):
            begin, end = end, pc.max(day["at"]).cast(pa.int64()).as_py()
            at = scans["at"].cast(pa.int64()).to_numpy()
            mine = (at > begin) & ((at <= end) | (nth + 1 == len(files) and at < end + DAY // 24))
            _write(pa.concat_tables([day, scans.filter(pa.array(mine))]).sort_by("at"), file)
        told = json.loads(paths.truth.read_text("utf-8")) | {"ghosts": truth}
        paths.truth.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise SimulateError("{out} can't be written ({reason})", out=dataset, reason=disk_says(error)) from error
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


def _ghosts(
    rng: np.random.Generator, waybills: pa.Table, scans: pa.Table, days: int
) -> tuple[pa.Table, pa.Table, dict[str, Any]]:
    """The ghosts' waybills and scans (rule 3), and the truth."""
    first = pc.min(scans["at"]).cast(pa.int64()).as_py() + days * 2 // 3 * DAY
    at = scans["at"].cast(pa.int64()).to_numpy()
    picked = scans.filter(
        pa.array((at >= first) & (at < first + DAY // 2) & (pc.equal(scans["kind"], "pickup").to_numpy()))
    )
    outlets, count = np.unique(picked["outlet"].to_numpy(zero_copy_only=False), return_counts=True)
    outlet = str(rng.choice(outlets[count >= np.quantile(count, 0.75)]))
    picked = picked.filter(pc.equal(picked["outlet"], outlet))
    operator = str(rng.choice(picked["operator"].to_numpy(zero_copy_only=False)))
    donors = _whole(scans, picked["waybill"])
    mine = waybills.filter(pc.and_(pc.equal(waybills["origin_outlet"], outlet), pc.is_valid(waybills["customer"])))
    if not donors or not len(mine):
        raise SimulateError("{dataset} has no sender and day with parcels enough for ghosts", dataset="dataset")
    sender = mine.slice(int(rng.integers(len(mine))), 1).to_pylist()[0]
    numbers = _free(waybills["waybill"].to_pylist(), str(sender["waybill"]))
    of = {row["waybill"]: row for row in mine.to_pylist()} | {
        row["waybill"]: row
        for row in waybills.filter(pc.is_in(waybills["waybill"], pa.array(list(donors)))).to_pylist()
    }
    rows, made = [], []
    for number in numbers:
        donor = list(donors)[int(rng.integers(len(donors)))]
        when = _stretched(rng, np.array([_micros(row) for row in donors[donor]]))
        named = {k: sender[k] for k in ("channel", "customer", "origin_outlet")}
        issued = pa.scalar(int(when[0] - rng.integers(1, 5) * (DAY // 24)), pa.timestamp("us", "UTC"))
        rows.append(of[donor] | named | {"waybill": number, "issued_at": issued.as_py()})
        for row, moment in zip(donors[donor], when.tolist(), strict=True):
            who = operator if row["kind"] == "pickup" or row["operator"].startswith("dws-") else row["operator"]
            made.append(row | {
                "waybill": number, "at": pa.scalar(moment, pa.timestamp("us", "UTC")).as_py(), "operator": who,
                "entered": "handheld", "device": f"pda-{who}",
            })  # fmt: skip
    truth = {"kind": "ghost", "skill": "lanes", "sender": sender["customer"], "outlet": outlet, "operator": operator}
    day = pa.scalar(first, pa.timestamp("us", "UTC")).as_py().date().isoformat()
    tables = (pa.Table.from_pylist(r, schema=t.schema) for r, t in ((rows, waybills), (made, scans)))
    return *tables, truth | {"day": day, "waybills": numbers}


def _micros(row: Mapping[str, Any]) -> int:
    return int(pa.scalar(row["at"], pa.timestamp("us", "UTC")).cast(pa.int64()).as_py())


def _stretched(rng: np.random.Generator, at: Ints) -> Ints:
    """The same events with gaps of other lengths."""
    gaps = np.diff(at) * rng.uniform(*_STRETCH, len(at) - 1)
    out: Ints = at[0] + rng.integers(0, DAY // 48) + np.r_[0, np.cumsum(gaps)].astype(np.int64)
    return out


def _whole(scans: pa.Table, waybills: pa.ChunkedArray) -> dict[str, list[dict[str, Any]]]:
    """Delivered parcels without a problem, with their scans by time."""
    out: dict[str, list[dict[str, Any]]] = {}
    for row in scans.filter(pc.is_in(scans["waybill"], waybills.combine_chunks())).sort_by("at").to_pylist():
        out.setdefault(row["waybill"], []).append(row)
    kinds = {w: [row["kind"] for row in rows] for w, rows in out.items()}
    return {w: rows for w, rows in out.items() if kinds[w][-1] == "delivered" and "problem" not in kinds[w]}


def _free(known: list[str], after: str) -> list[str]:
    """The next numbers of a run that nobody has."""
    taken, number, out = set(known), int(after[2:]), []
    while len(out) < GHOSTS:
        number += 1
        if (text := f"YT{number:013d}") not in taken:
            out.append(text)
    return out
