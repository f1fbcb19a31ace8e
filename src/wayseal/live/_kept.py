"""What the watch keeps so that a restart changes nothing: the day that its limits are of, and gateways' counts.

1. Limits are known by the batch run that they are of (`version`) and the local day that they were made for.
2. Counts of gateways stand there as they were behind the last event of each segment that was closed: so they go on
   behind whatever the ledger has, of which the arrival log may have nothing any more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wayseal.live.errors import LiveError
from wayseal.live.gateways import GatewayCounts
from wayseal.store.durable import replace_file

FILE = "state.json"
Version = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGateways:
    """Gateways by name, each with its code, and what came of them."""

    codes: dict[str, int]
    counts: GatewayCounts


class KeptState:
    """The file. LiveError: it isn't one; OSError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        try:
            self._content = json.loads(self._path.read_text("utf-8")) if self._path.exists() else {}
            self._gateways: dict[str, dict[str, object]] = dict(self._content.get("gateways", {}))
        except (ValueError, AttributeError, TypeError):
            raise LiveError("isn't what the watch wrote", file=self._path) from None

    def day(self, version: Version) -> int | None:
        """The day that the limits of a batch run were made for; None: nobody made any yet."""
        limits = self._content.get("limits")
        return int(limits["day"]) if limits and tuple(limits["version"]) == version else None

    def keep_day(self, version: Version, day: int) -> None:
        """Writes it down."""
        self._content["limits"] = {"version": version, "day": day}
        self._write()

    def gateways(self, number: int) -> KnownGateways | None:
        """What was known behind an event; None: nothing."""
        found = self._gateways.get(str(number))
        if found is None:
            return None
        arrays = {name: np.array(values, np.int64) for name, values in dict(found["counts"]).items()}  # type: ignore[call-overload]
        return KnownGateways(codes=dict(found["codes"]), counts=GatewayCounts.of_state(arrays))  # type: ignore[call-overload]

    def keep_gateways(self, number: int, known: KnownGateways, needed: int) -> None:
        """Writes down what is known behind an event. needed: nobody asks for what was known before that one."""
        self._gateways = {name: one for name, one in self._gateways.items() if int(name) >= needed}
        counts: Mapping[str, object] = {name: array.tolist() for name, array in known.counts.state().items()}
        self._gateways[str(number)] = {"codes": known.codes, "counts": counts}
        self._write()

    def _write(self) -> None:
        self._content["gateways"] = self._gateways
        replace_file(self._path, json.dumps({"wayseal": 1, **self._content}, separators=(",", ":")).encode())
