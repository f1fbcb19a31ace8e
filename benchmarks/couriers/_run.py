"""Makes a courier of a family: plan, places, parcels, staff, work, oddities, leaks, tables, files.

1. Same family, seed, accounts and days: same bytes. Each step has a stream of its own.
2. The truth lies apart from the dataset: `truth.json`, `pulled.parquet`.
"""

import json
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.couriers._clock import build_span
from benchmarks.couriers._detours import do_detours
from benchmarks.couriers._events import do_events
from benchmarks.couriers._families import FAMILIES
from benchmarks.couriers._further_work import do_further_work
from benchmarks.couriers._leaks import do_leaks
from benchmarks.couriers._losses import lose
from benchmarks.couriers._mechanisms import mechanisms_of
from benchmarks.couriers._names import account_names, channel_names
from benchmarks.couriers._oddities import do_oddities
from benchmarks.couriers._parcels import build_parcels, numbers_of
from benchmarks.couriers._places import build_places
from benchmarks.couriers._plan import ACCOUNTS, Plan, Role
from benchmarks.couriers._special_work import do_special_work, last_mile_alone
from benchmarks.couriers._staff import build_staff
from benchmarks.couriers._tables import Words, late, make_tables, shares
from benchmarks.couriers._work import do_work
from benchmarks.couriers._world import Draft
from wayseal.model.errors import disk_says
from wayseal.model.progress import Progress
from wayseal_sim import SimulateError
from wayseal_sim.types import Ints, quiet, stream
from wayseal_sim.world import Paths

_LEAST_ACCOUNTS, _LEAST_DAYS = 200, 6
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    tables: dict[str, pa.Table]
    truth: dict[str, object]
    pulled: pa.Table


def _key(family: str) -> int:
    """A number of the family's name: what other families there are changes nothing of it."""
    return zlib.crc32(family.encode())


def plan_of(family: str, seed: int) -> Plan:
    """What a seed draws of a family. SimulateError if there is no such family."""
    if family not in FAMILIES:
        raise SimulateError("family must be one of {known}, not {given}", known=", ".join(FAMILIES), given=family)
    return FAMILIES[family].draw(stream(seed, 100, _key(family)))


def simulate_courier(
    folder: Path,
    family: str,
    seed: int,
    *,
    accounts: int = ACCOUNTS,
    days: int = 14,
    overwrite: bool = False,
    progress: Progress = quiet,
) -> Paths:
    """Writes a courier: `dataset`, `truth.json` and `pulled.parquet` in the folder.

    Args:
        folder: Where to; made if need be.
        family: One of FAMILIES.
        seed: Draws all that the family leaves open.
        accounts: How many accounts, 200 or more.
        days: Length of the log, 6 or more.
        overwrite: Whether what lies there may be replaced.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        What was written; `leaks` is where such a file would lie: none is made.

    Raises:
        SimulateError: A parameter is out of range, or the folder can't be written.
    """
    if accounts < _LEAST_ACCOUNTS or days < _LEAST_DAYS:
        raise SimulateError(
            "a courier has {accounts} accounts and {days} days at least", accounts=_LEAST_ACCOUNTS, days=_LEAST_DAYS
        )
    folder = Path(folder)
    if (folder / "dataset").exists() and not overwrite:
        raise SimulateError("{path} exists; overwrite it, or give another folder", path=folder / "dataset")
    made = _make(family, seed, accounts, days, progress)
    progress("write", 4, 5)
    try:
        return _write(folder, made)
    except OSError as error:
        raise SimulateError("{path} can't be written ({reason})", path=folder, reason=disk_says(error)) from error


def _make(family: str, seed: int, accounts: int, days: int, progress: Progress) -> _Made:
    plan, nth = plan_of(family, seed), _key(family)

    def rng(step: int) -> np.random.Generator:
        return stream(seed, 101, nth, step)

    progress("places", 0, 5)
    span = build_span(plan.work.curve, days, rng(0))
    places = build_places(plan, accounts, rng(1))
    staff = build_staff(plan, places, span, accounts, rng(2))
    a_day = plan.work.parcels * accounts
    parcels = build_parcels(plan, places, span, a_day, rng(3))
    draft = Draft(plan=plan, accounts=accounts, span=span, places=places, staff=staff, parcels=parcels, a_day=a_day)
    progress("work", 1, 5)
    do_detours(draft, rng(12))
    do_work(draft, rng(4))
    do_special_work(draft, rng(13))
    do_further_work(draft, rng(16))
    do_oddities(draft, rng(5))
    do_events(draft, rng(14))
    if plan.work.foreign:
        last_mile_alone(draft)
    told = do_leaks(draft, rng(6))
    progress("tables", 2, 5)
    rows = _log(draft)
    channels = channel_names(plan.staffing.channels, rng(7))
    words = Words(
        accounts=account_names(staff, channels, plan.staffing.named_alike, rng(8)),
        waybills=numbers_of(parcels, plan.gaps, rng(9)),
        channels=channels,
        salt=int(rng(10).integers(2**62)),
    )
    tables = lose(draft, make_tables(draft, words, rows, rng(11)), rng(15))
    pulls = np.flatnonzero(rows[4] >= 0)
    truth: dict[str, object] = {"family": family, "half": FAMILIES[family].half, "seed": seed, "days": days}
    truth |= _truth(draft, words, rows, told) | {"tables": _told_tables(draft, tables)}
    return _Made(tables=tables, truth=truth, pulled=_pulled(words, rows, pulls))


def _log(draft: Draft) -> tuple[Ints, ...]:
    """The reads of the log, in order of time, as its clocks have it."""
    columns = list(draft.reads.columns())
    draft.reads = type(draft.reads)()
    at = late(draft, columns[0])
    for unit, off in draft.clock_off.items():
        at = np.where(draft.staff.home[columns[1]] == unit, at + off, at)
    inside = (at >= draft.span.start) & (at < draft.span.end)
    if draft.plan.gaps.unlogged:
        inside &= draft.span.day_of(at) != draft.span.peak
    kept = np.flatnonzero(inside)
    order = kept[np.argsort(at[kept], kind="stable")]
    return (at[order], *(column[order] for column in columns[1:]))


def _truth(draft: Draft, words: Words, rows: tuple[Ints, ...], told: list[dict[str, object]]) -> dict[str, object]:
    roles = Counter(Role(r).name.lower() for r in draft.staff.role.tolist())
    insiders = []
    for nth, row in enumerate(told):
        at = rows[0][rows[4] == nth]
        since = int(at[0]) if len(at) else draft.span.end
        people: list[int] = row["accounts"]  # type: ignore[assignment]
        insiders.append(
            row | {"accounts": [words.accounts[k] for k in people], "since": _said(since), "pulled": len(at)}
        )
    return {
        "begins": _said(draft.span.start), "parcels": len(draft.parcels),
        "mechanisms": sorted(mechanisms_of(draft.plan)), "roles": dict(sorted(roles.items())), "insiders": insiders,
        "innocents": {words.accounts[who]: trap for who, trap in sorted(draft.traps.items())},
        "accounts": _told_accounts(draft, words),
    }  # fmt: skip


def _told_accounts(draft: Draft, words: Words) -> dict[str, list[str | None]]:
    """Role, outlet, region and channel of each account, as they are."""
    s, places = draft.staff, draft.places
    rows = zip(s.role.tolist(), s.home.tolist(), s.region.tolist(), s.owns.tolist(), strict=True)
    return {
        words.accounts[k]: [
            Role(role).name.lower(), places.ids[home], places.region_names[region] if region >= 0 else None,
            words.channels[channel] if channel >= 0 else None,
        ]
        for k, (role, home, region, channel) in enumerate(rows)
    }  # fmt: skip


def _told_tables(draft: Draft, tables: dict[str, pa.Table]) -> dict[str, object]:
    gaps = draft.plan.gaps
    return {
        **shares(tables), "absent": list(gaps.tables), "blank": list(gaps.blank), "missing_scans": gaps.missing,
        "late_scans_h": gaps.late, "missing_waybills": gaps.missing_waybills, "silent_outlets": gaps.silent_outlets,
        "missing_assignments": gaps.missing_assignments, "scans_kept": gaps.scans, "accounts_without_row": gaps.no_row,
        "tickets_of_calls": draft.plan.work.ticketed,
    }  # fmt: skip


def _said(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="microseconds")


def _pulled(words: Words, rows: tuple[Ints, ...], pulls: Ints) -> pa.Table:
    at, account, parcel, _, insider, _ = (column[pulls] for column in rows)
    return pa.table(
        {
            "actor": pa.array([words.accounts[k] for k in account.tolist()], pa.string()),
            "waybill": words.waybills.take(pa.array(parcel)),
            "at": pa.array(at, _TIME),
            "insider": pa.array(insider.astype(np.int32)),
        }
    )


def _write(folder: Path, made: _Made) -> Paths:
    dataset = folder / "dataset"
    dataset.mkdir(parents=True, exist_ok=True)
    for old in dataset.glob("*.parquet"):
        old.unlink()
    (dataset / "dataset.json").write_text(json.dumps({"wayseal": 1}) + "\n", "utf-8")
    for name, table in made.tables.items():
        _write_parquet(dataset / f"{name}.parquet", table)
    _write_parquet(folder / "pulled.parquet", made.pulled)
    (folder / "truth.json").write_text(json.dumps(made.truth, ensure_ascii=False) + "\n", "utf-8")
    return Paths(
        dataset=dataset,
        leaks=folder / "leaks.csv",
        truth=folder / "truth.json",
        rows={name: len(table) for name, table in made.tables.items()},
        pulled=folder / "pulled.parquet",
    )


def _write_parquet(path: Path, table: pa.Table) -> None:
    words = [f"{f.name}.list.element" if pa.types.is_list(f.type) else f.name for f in table.schema
             if pa.types.is_list(f.type) or pa.types.is_dictionary(f.type)]  # fmt: skip
    pq.write_table(
        table, path, compression="zstd", compression_level=1, use_dictionary=words, store_schema=False,
        row_group_size=1 << 18,
    )  # fmt: skip
