"""What the watch keeps so that a restart changes nothing: the day of its limits, stream time, and gateways' counts.

1. Limits are known by the batch run that they are of (`version`) and the local day that they were made for.
2. Stream time and counts of gateways stand there as they were behind the last event of each segment that was closed: so
   they go on behind whatever the ledger has, of which the arrival log may have nothing any more.
3. What was changed is refused: the file ends with its SHA-256.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wayseal.live.errors import LiveError
from wayseal.live.gateways import GatewayCounts
from wayseal.store.durable import replace_file

FILE = "state.json"
Version = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGateways:
    """Gateways by name, each with its code, what came of them, and stream time then, microseconds since 1970."""

    codes: dict[str, int]
    counts: GatewayCounts
    now: int


class KeptState:
    """The file. LiveError: it isn't one; OSError. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._mutex = threading.Lock()
        self._content: dict[str, Any] = {"gateways": {}}
        if self._path.exists():
            body, _, digest = self._path.read_bytes().rpartition(b"\n")
            if _digest(body) != digest:
                raise LiveError("isn't what the watch wrote", file=self._path)
            self._content = json.loads(body)

    def day(self, version: Version) -> int | None:
        """The day that the limits of a batch run were made for; None: nobody made any yet."""
        limits = self._content.get("limits")
        return int(limits["day"]) if limits and tuple(limits["version"]) == version else None

    def keep_day(self, version: Version, day: int) -> None:
        """Writes it down."""
        with self._mutex:
            self._content["limits"] = {"version": version, "day": day}
            self._write()

    def gateways(self, number: int) -> KnownGateways | None:
        """What was known behind an event; None: nothing."""
        found = self._content["gateways"].get(str(number))
        if found is None:
            return None
        arrays = {name: np.array(values, np.int64) for name, values in found["counts"].items()}
        return KnownGateways(codes=dict(found["codes"]), counts=GatewayCounts.of_state(arrays), now=found["now"])

    def keep_gateways(self, number: int, known: KnownGateways, needed: int) -> None:
        """Writes down what is known behind an event. needed: nobody asks for what was known before that one."""
        with self._mutex:
            kept = {name: one for name, one in self._content["gateways"].items() if int(name) >= needed}
            counts: Mapping[str, object] = {name: array.tolist() for name, array in known.counts.state().items()}
            kept[str(number)] = {"codes": dict(known.codes), "counts": counts, "now": known.now}
            self._content["gateways"] = kept
            self._write()

    def _write(self) -> None:
        body = json.dumps({"wayseal": 1, **self._content}, separators=(",", ":")).encode()
        replace_file(self._path, body + b"\n" + _digest(body))


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
