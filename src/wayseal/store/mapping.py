"""A mapping: which column of a foreign log is which column of the contract."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

from wayseal.store.types import Format

# Microseconds in one unit.
EPOCHS: Mapping[str, float] = {
    "epoch_s": 1e6,
    "epoch_ms": 1e3,
    "epoch_us": 1.0,
    "epoch_ns": 1e-3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    """Where one contract column comes from: file columns (joined by a space) or a constant.

    formats: how a time is written, tried in order; "iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns" or a
    strptime-like format. values: what a word of the log is called in the contract. line: in the mapping file.
    """

    name: str
    columns: tuple[str, ...] = ()
    constant: str | None = None
    formats: tuple[str, ...] = ("iso",)
    values: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """Rows whose `column` holds one of `equals` are dropped (or, with `keep`, all others are)."""

    column: str
    equals: frozenset[str]
    keep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMapping:
    """How to read a foreign log as one table of the contract; made by `load_mapping`."""

    path: Path
    table: str
    fields: tuple[FieldMap, ...]
    filters: tuple[RowFilter, ...] = ()
    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    offset: timedelta | None = None
    clean: bool = True

    @property
    def digest(self) -> str:
        """SHA-256 in hex of what it says, the offset and the order of columns aside: equal mappings read alike."""
        said = asdict(self)
        for name in ("path", "offset"):
            del said[name]
        said["fields"] = sorted(({**f, "line": 0} for f in said["fields"]), key=lambda f: str(f["name"]))
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=sorted).encode()).hexdigest()
