"""A vault's disclosures, with no broker between: what its log says was shown, as reads.

1. An entry is in the log, durably, before anything is shown; so nothing that was shown is missed.
2. The position is the number of entries that were looked at, with the beginning of the last one's leaf: a log that was
   cut back, or is another's, is a gap.
3. An entry that isn't what its leaf says stops the stream, as it stops a projection (`wayseal.vault.log.projection`).
   One that was erased shows nothing any more, and is passed over.
"""

import json
import time
from collections.abc import Iterator

from wayseal.database import Database
from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources._reading import Reading, Start
from wayseal.live.types import Batch, Position
from wayseal.model.runtime import Closing
from wayseal.model.times import iso
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.projection import disclosed_rows, leaf_at, origin_of, portions
from wayseal.vault.log.tiles import size
from wayseal.vault.row_macs import RowMacs

_LEAF_BYTES = 6


class VaultSource(Closing):
    """The log of a vault. database: where it lies; marks: what vouches for its rows."""

    away = None

    def __init__(self, database: Database, marks: RowMacs, reading: Reading) -> None:
        self._database, self._marks, self._reading = database, marks, reading
        self._origin = database.read(origin_of)
        self.name = f"vault:{self._origin}"
        self._next = 0

    def open(self, after: Position | None) -> Closing:
        """As of `Source`."""
        end = self._database.read(size)
        if after is None:
            self._next = end if self._reading.start is Start.NOW else 0
            return self
        self._next = after.parts[""]
        if after.stream != f"vault/{self._origin}":
            raise GapError(
                "is another log than {stream}, of which events were taken", file=self.name, stream=after.stream
            )
        if end < self._next or (self._next and self._leaf(self._next - 1) != after.parts["leaf"]):
            raise GapError("doesn't go on from entry {entry}, which was taken", file=self.name, entry=self._next)
        return self

    def batches(self, linger: float) -> Iterator[Batch | None]:
        """As of `Source`."""
        last = self._database.read(size) if self._reading.until_end else None
        while last is None or self._next < last:
            stop = self._database.read(size) if last is None else last
            yield from self._read(stop)
            if last is None:
                yield None
                time.sleep(linger)

    def release(self, position: Position) -> None:
        """The log keeps all."""

    def close(self) -> None:
        """Whoever opened the vault closes it."""

    def _read(self, stop: int) -> Iterator[Batch]:
        try:
            for portion in portions(self._database, self._marks, self._next, stop):
                rows = [{**row, "at": iso(row["at"])} for row in disclosed_rows(self._origin, portion)]
                self._next = portion[-1][0] + 1
                lines = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
                parts = {"": self._next, "leaf": self._leaf(self._next - 1)}
                yield Batch(lines=lines, position=Position(stream=f"vault/{self._origin}", parts=parts))
        except LogChangedError as error:
            raise SourceError("can't be gone on with ({reason})", file=self.name, reason=error) from error

    def _leaf(self, seq: int) -> int:
        return int.from_bytes(self._database.read(leaf_at, seq)[:_LEAF_BYTES], "big")
