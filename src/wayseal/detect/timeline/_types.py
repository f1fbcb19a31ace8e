"""A case laid out, as a value.

Cases laid out, on disk: a Parquet file each, whose metadata holds all but the reads.

1. A file is derived: one that can't be read, or is of another version, is as good as none.
2. It is replaced at once, and is for its owner alone: who read what is personal data of staff.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.detect._result import Person
from wayseal.detect.reasons import Post
from wayseal.model.schema import parse_json
from wayseal.store.durable import replace_file

READS = pa.schema(
    [
        ("at", pa.int64()),
        ("person", pa.int32()),
        ("waybill", pa.string()),
        ("action", pa.string()),
        ("via", pa.string()),
        ("purpose", pa.string()),
        ("session", pa.string()),
        ("ip", pa.string()),
        ("device", pa.string()),
        ("source", pa.int32()),
        ("row", pa.int64()),
        ("first", pa.bool_()),
        ("counted", pa.int64()),
        ("verdict", pa.string()),
        ("template", pa.string()),
    ]
)
"""Reads of a case by (at, source, row). person: place among its people; counted: bit n for its detector n.

verdict: mandate, strong, weak, unexplained, unknown; template: what explains it, "" for nothing. Texts are "" for none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSpan:
    """A ticket of the account on a waybill that it read. closed: None while it is open."""

    ticket: str
    waybill: str
    opened: int
    closed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourProfile:
    """Reads an hour of the local day, 24 values each, a mean over the days on which the account read.

    now: on the case's days. past: in the weeks before. low, middle, high: 5th percentile, median and 95th of peers on
    the case's days. days, past_days: days with reads. peers: how many accounts.
    """

    now: tuple[float, ...]
    past: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    days: int
    past_days: int
    peers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePerson:
    """An account of a case.

    about: as detection found it, without single reads; of one that it finds no more, without reasons. scans: (hour
    since 1970, scans) of the waybills that it read, by itself or where it works. hours: None without facts.
    """

    about: Person
    duties: tuple[Post, ...]
    tickets: tuple[TicketSpan, ...]
    scans: tuple[tuple[int, int], ...]
    hours: HourProfile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineHead:
    """A case laid out, but for its reads.

    Attributes:
        case: Its id.
        digest: Of the ledger that it was made of.
        read_until: Microseconds since 1970 of the case's newest read, as the casebook had it.
        since: Microseconds since 1970 at which its first local day begins.
        until: The same at which its last local day is over.
        offset: Of local days, microseconds ahead of UTC.
        detectors: Names, by the bits of `counted`.
        unlisted: Those of them whose reads can't be listed.
        numbers: That the case is about, such as those that were bought.
        people: Its accounts.
        evidence: Nats; 0 where detection finds the case no more.
        young: Whether all of it is of few days.
        by: What links the accounts.
        missing: Tables that explanations are made of and the ledger lacks.
        cut: Whether reads that no detector counts were left out, as there are too many.
    """

    case: str
    digest: str
    read_until: int
    since: int
    until: int
    offset: int
    detectors: tuple[str, ...]
    unlisted: tuple[str, ...]
    numbers: tuple[str, ...]
    people: tuple[TimelinePerson, ...]
    evidence: float
    young: bool
    by: tuple[str, ...]
    missing: tuple[str, ...]
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTimeline:
    """A case laid out.

    Attributes:
        head: All but its reads.
        reads: By time (`READS`).
    """

    head: TimelineHead
    reads: pa.Table


_FOLDER, _VERSION, _KEY = "lanes", 2, b"wayseal"
_CASE = re.compile(r"c-[0-9]{1,18}")


def keep_timeline(folder: Path, timeline: CaseTimeline) -> None:
    """Keeps a case (rule 2).

    Args:
        folder: Where detection keeps what it keeps.
        timeline: The case.

    Raises:
        OSError: The disk refuses.
        ValueError: It has no id.
    """
    path = timeline_path(folder, timeline.head.case)
    if path is None:
        raise ValueError("case")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    about = {"version": _VERSION, "head": asdict(timeline.head)}
    table = timeline.reads.replace_schema_metadata({_KEY: json.dumps(about)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    replace_file(path, sink.getvalue().to_pybytes())


def timeline_path(folder: Path, case: str) -> Path | None:
    """Where a case is kept, whether it is there or not.

    Args:
        folder: Where detection keeps what it keeps.
        case: Its id, from wherever it came.

    Returns:
        The file; None: this is no id of a case.
    """
    return folder / _FOLDER / f"{case}.parquet" if _CASE.fullmatch(case) else None


def load_timeline(folder: Path, case: str) -> CaseTimeline | None:
    """A case that was kept; None where there is none that can be used (rule 1).

    Args:
        folder: Where detection keeps what it keeps.
        case: Its id, from wherever it came.

    Returns:
        It.
    """
    path = timeline_path(folder, case)
    if path is None:
        return None
    try:
        content = path.read_bytes()
        table = pq.read_table(pa.BufferReader(content))
        about: dict[str, Any] = json.loads((table.schema.metadata or {})[_KEY])
        if about["version"] != _VERSION or about["head"]["case"] != case:
            return None
        head = parse_json(json.dumps(about["head"]), TimelineHead)
        return CaseTimeline(head=head, reads=table.replace_schema_metadata(None).cast(READS).combine_chunks())
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
