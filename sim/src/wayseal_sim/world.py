"""What a simulation gives: a world in memory, or the files that hold one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """What was written: the dataset's folder, what was bought, the truth; rows by table.

    pulled: what insiders pulled, in the schema PULLED; None where there are none.
    """

    dataset: Path
    leaks: Path
    truth: Path
    rows: Mapping[str, int]
    pulled: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A simulated world in memory: the contract's tables by name, what was bought (`leaks`), and the truth.

    pulled: every pull of an insider that the log holds: actor, waybill, at, insider (place in the truth's list).
    """

    tables: Mapping[str, pa.Table]
    leaks: pa.Table
    truth: Mapping[str, object]
    pulled: pa.Table
