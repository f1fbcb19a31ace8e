"""The casebook of a ledger, for the commands that read it or write to it: detection, explanation, cases.

Where the casebook can't be written (a copy that is only read), and in a dry run, cases are shown without ids and under
pseudonyms, and nothing is recorded: what would have to be recorded is refused.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wayseal.cases import CasebookError, load_pseudonyms, open_cases, read_casebook
from wayseal.cases.types import Alert, Casebook, Pseudonyms, RecordedCase
from wayseal.cli._progress import ProgressCallback
from wayseal.detect import DetectResult, Options
from wayseal.model import WaysealError
from wayseal.model.times import micros

if TYPE_CHECKING:
    from wayseal.detect.lanes import CaseRequest
    from wayseal.ledger import Snapshot

FOLDER = "detect"
"""Where detection keeps what it keeps, within a ledger."""
_SECRET = 32


class ReadOnlyError(WaysealError):
    """Something would have to be recorded in a casebook that can't be written."""

    exit_code: ClassVar[int] = 5


class Names:
    """How accounts may be called now."""

    def __init__(self, book: Casebook, pseudonym: Callable[[str], str]) -> None:
        self._opened = book.opened_actors
        self._pseudonym = pseudonym

    def of(self, actor: str) -> str:
        """An account's name if it may be shown, else its pseudonym."""
        return actor if actor in self._opened else self._pseudonym(actor)

    def all_shown(self, case: RecordedCase) -> bool:
        """Whether every name of a case may be shown, and with them what was said in it."""
        return self._opened.issuperset(case.actors)


def can_write_casebook(ledger: Path, folder: Path) -> bool:
    """Whether the casebook's folder can be written, or made."""
    place = folder if folder.exists() else ledger
    return os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def casebook_folder(ledger: Path) -> Path:
    """The casebook's folder; LedgerError where this is no ledger, either."""
    folder = ledger / FOLDER
    if not folder.is_dir():
        from wayseal.ledger import open_ledger

        open_ledger(ledger).close()
    return folder


def writable_casebook(ledger: Path) -> Path:
    """The same, to write there; BackupRefusedError where the ledger is a backup, of which only one may go on."""
    from wayseal.ledger.upkeep import refuse_backup

    refuse_backup(ledger)
    return casebook_folder(ledger)


def load_casebook(folder: Path, *, writable: bool) -> Casebook:
    """What the casebook says; an empty one where it is another's, and closed to us. writable: it can be written."""
    try:
        return read_casebook(folder)
    except PermissionError:
        if writable:
            raise
        return Casebook()


def register_cases(
    result: DetectResult, folder: Path, opened: tuple[str, str] | None
) -> tuple[DetectResult, "list[CaseRequest]"]:
    """Registers what was found; with the ids of its cases, how they stand and the names that may be shown.

    opened: who opens all of them, and why. Also what `lay_out_cases` needs.
    """
    from wayseal.detect.lanes import CaseRequest
    from wayseal.detect.report import with_casebook_names

    if not result.cases:
        return result, []
    now = micros(datetime.now(UTC).replace(microsecond=0).isoformat())
    order = sorted(range(len(result.cases)), key=lambda k: (result.cases[k].alerted_at, k))
    with open_cases(folder) as writer:
        ids = dict(zip(order, writer.register([_alert(result, k) for k in order], now), strict=True))
        if opened is not None:
            writer.unmask(tuple(dict.fromkeys(ids.values())), *opened, now)
        book, pseudonyms = writer.book, writer.pseudonyms
    known, names = {case.id: case for case in book.cases}, book.opened_actors
    each = [ids[k] for k in range(len(ids))]
    shown = with_casebook_names(
        result, each, [known[id_].state.value for id_ in each], lambda a: a if a in names else pseudonyms.of(a)
    )
    requests = [
        CaseRequest(
            case=id_,
            actors=known[id_].actors,
            detectors=known[id_].detectors,
            since=known[id_].alerted_at,
            until=known[id_].read_until,
            found=result.cases[k],
        )
        for k, id_ in enumerate(each)
    ]
    return shown, requests


def lay_out_cases(
    snapshot: "Snapshot", cases: "Sequence[CaseRequest]", options: Options, folder: Path, progress: ProgressCallback
) -> None:
    """Lays out cases that were registered, for whoever looks at them in the console."""
    from wayseal.detect.explain import load_templates
    from wayseal.detect.facts import update_facts
    from wayseal.detect.lanes import keep_lanes, lay_out

    if not cases:
        return
    templates = load_templates(None) if options.templates is None else options.templates
    facts = update_facts(snapshot, folder, templates, options.offset, progress)
    for lanes in lay_out(snapshot, cases, templates, facts, progress):
        keep_lanes(folder, lanes)


def mask_cases(result: DetectResult, folder: Path, book: Casebook) -> DetectResult:
    """The result without ids, under the casebook's pseudonyms where they can be read, else under some of this run."""
    from wayseal.detect.report import with_casebook_names

    none: Sequence[str] = [""] * len(result.cases)
    return with_casebook_names(result, none, none, masking(folder, book))


def masking(folder: Path, book: Casebook) -> Callable[[str], str]:
    """What gives accounts the names that may be shown, by the casebook's pseudonyms or by some of this run."""
    pseudonyms = Pseudonyms(os.urandom(_SECRET))
    with suppress(CasebookError, OSError):
        pseudonyms = load_pseudonyms(folder)
    return Names(book, pseudonyms.of).of


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


def now_us() -> int:
    return micros(datetime.now(UTC).replace(microsecond=0).isoformat())
