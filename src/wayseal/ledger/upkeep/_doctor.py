"""`wayseal ledger doctor`: look, and if asked, mend and look again until nothing more can be mended."""

import shutil
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._files import storage_errors
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._report import Progress, silent
from wayseal.ledger._sweep import SCRATCH
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.upkeep._derived import look_at_derived
from wayseal.ledger.upkeep._examine import Free, Look, disk_room, look, summed_up
from wayseal.ledger.upkeep._ills import Act, Examination, Severity
from wayseal.ledger.upkeep._mend import mend
from wayseal.ledger.upkeep._triage import Shelf

_MOST_ROUNDS = 8


def examine(
    ledger: Path,
    *,
    source: Path | None = None,
    repair: bool = False,
    deep: bool = False,
    progress: Progress = silent,
    free: Free = disk_room,
) -> Examination:
    """What is wrong with a ledger, and with `repair` what was mended and what is left.

    source: a backup to compare with and to take files from. deep: also compare derived files with the reads.
    LedgerError: there is no ledger, or one of another layout; with `repair`, LedgerBusyError: another process writes,
    BackupRefusedError: it is a backup, LedgerStorageError: the disk refuses.
    """
    if source is not None and not source.is_dir():
        raise LedgerError("there is no backup here", file=source)
    acts: list[Act] = []
    if repair and ledger.is_dir():
        with storage_errors(ledger), writer_lock(ledger):
            found = look(ledger, source, progress, writing=True)
            for _ in range(_MOST_ROUNDS):
                made = mend(ledger, found, Shelf(source))
                if not made:
                    break
                acts += made
                shutil.rmtree(ledger / SCRATCH, ignore_errors=True)
                found = look(ledger, source, progress, writing=True)
    else:
        found = look(ledger, source, progress, writing=False)
    deep = deep and _add_derived(ledger, found, progress)
    return replace(summed_up(ledger, found, free(ledger), deep=deep), acts=tuple(acts))


def _add_derived(ledger: Path, found: Look, progress: Progress) -> bool:
    """Looks at derived files, unless other faults make that pointless; says whether it did."""
    if found.manifest is None or any(d.severity is Severity.ERROR for d in found.diagnoses):
        return False
    found.diagnoses += look_at_derived(ledger, found.manifest, progress)
    return True
