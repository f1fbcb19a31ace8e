"""Cases of `wayseal detect` and the casebook: their ids, and whose names may be shown.

Where the casebook can't be written (a copy that is only read), and in a dry run, cases are shown without ids and under
pseudonyms, and nothing is recorded: what would have to be recorded is refused.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from wayseal.detect import DetectResult
from wayseal.detect.casebook import Alert, Casebook, CasebookError, Pseudonyms, load_pseudonyms, read_casebook, writing
from wayseal.model import WaysealError
from wayseal.model.times import micros

_SECRET = 32


class ReadOnlyError(WaysealError):
    """Something would have to be recorded in a casebook that can't be written."""

    exit_code: ClassVar[int] = 5


def writable(ledger: Path, folder: Path) -> bool:
    """Whether the casebook's folder can be written, or made."""
    place = folder if folder.exists() else ledger
    return os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def book_of(folder: Path, *, kept: bool) -> Casebook:
    """What the casebook says; an empty one where it is another's, and closed to us. kept: it can be written."""
    try:
        return read_casebook(folder)
    except PermissionError:
        if kept:
            raise
        return Casebook()


def registered(
    result: DetectResult, folder: Path, opened: tuple[str, str] | None
) -> tuple[DetectResult, frozenset[str]]:
    """The result with the ids of its cases, how they stand and the names that may be shown; and which cases are new.

    opened: who opens all of them, and why.
    """
    from wayseal.detect.report import shown  # noqa: PLC0415 (loaded only where there is something to show)

    if not result.cases:
        return result, frozenset()
    now = micros(datetime.now(UTC).replace(microsecond=0).isoformat())
    order = sorted(range(len(result.cases)), key=lambda k: (result.cases[k].alerted_at, k))
    with writing(folder) as writer:
        before = {case.id for case in writer.book.cases}
        ids = dict(zip(order, writer.register([_alert(result, k) for k in order], now), strict=True))
        if opened is not None:
            writer.unmask(tuple(dict.fromkeys(ids.values())), *opened, now)
        states = {case.id: case.state.value for case in writer.book.cases}
        names, pseudonyms = writer.book.opened_actors, writer.pseudonyms
    each = [ids[k] for k in range(len(ids))]
    told = shown(result, each, [states[id_] for id_ in each], lambda a: a if a in names else pseudonyms.of(a))
    return told, frozenset(ids.values()) - before


def unregistered(result: DetectResult, folder: Path, book: Casebook) -> DetectResult:
    """The result without ids, under the casebook's pseudonyms where they can be read, else under some of this run."""
    from wayseal.detect.report import shown  # noqa: PLC0415

    pseudonyms = Pseudonyms(os.urandom(_SECRET))
    with suppress(CasebookError, OSError):
        pseudonyms = load_pseudonyms(folder)
    names = book.opened_actors
    none: Sequence[str] = [""] * len(result.cases)
    return shown(result, none, none, lambda a: a if a in names else pseudonyms.of(a))


def _alert(result: DetectResult, at: int) -> Alert:
    case = result.cases[at]
    names = tuple(dict.fromkeys(r.detector for p in case.people for r in p.reasons))
    return Alert(
        actors=case.actors,
        alerted_at=case.alerted_at,
        score=round(case.score, 6),
        detectors=names,
        read_until=case.until,
    )
