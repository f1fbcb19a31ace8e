"""What a run of `wayseal detect` finds, under the names that may be shown, and what it may record of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wayseal.cli._case import FOLDER
from wayseal.cli._detect_given import breaches, given_of, touches
from wayseal.cli._detect_register import ReadOnlyError, book_of, registered, unregistered, writable
from wayseal.cli._progress import progress_bars
from wayseal.detect import DetectResult, Options, detect
from wayseal.ledger import open_ledger
from wayseal.ledger.upkeep import refuse_backup

if TYPE_CHECKING:
    from wayseal.detect.partners import Contract

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "closed": "{folder} can't be written: nothing is recorded, cases have no ids, and nobody is told of them",
        "dry": "a dry run: nothing is recorded, cases have no ids, and nobody is told of them",
    },
    "zh": {
        "closed": "{folder} 无法写入：不作任何记录，案件没有编号，也不发通知",
        "dry": "试运行：不作任何记录，案件没有编号，也不发通知",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is asked. opened: who opens all cases, and why. dry: nothing is recorded."""

    ledger: Path
    options: Options
    canaries: Path | None
    contracts: Path | None
    opened: tuple[str, str] | None
    dry: bool

    @property
    def folder(self) -> Path:
        """Where detection keeps what it keeps."""
        return self.ledger / FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found. new: ids of cases that are new. unkept: why nothing was recorded, a key of TEXTS; else ""."""

    result: DetectResult
    new: frozenset[str] = frozenset()
    unkept: str = ""


def find(asked: Asked, quiet: bool) -> Found:
    """Looks, and records what was found where that may and can be done. A dry run may look into a backup."""
    if not asked.dry:
        refuse_backup(asked.ledger)
    folder = asked.folder
    agreed = None if asked.contracts is None else _contracts(asked.contracts)
    with open_ledger(asked.ledger) as snapshot, progress_bars(quiet) as progress:
        kept = not asked.dry and writable(asked.ledger, folder)
        if asked.opened is not None and not kept:
            raise ReadOnlyError(f"{folder}: can't be written, so that nobody could record who saw names")
        book = book_of(folder, kept=kept)
        counted = {}
        if asked.canaries is not None:
            counted["canary_touch"] = touches(snapshot, asked.canaries)
        if agreed is not None:
            counted["partner_contract"] = breaches(snapshot, agreed, asked.options, progress)
        options = replace(asked.options, folder=folder if kept else None)
        result = detect(snapshot, options, given_of(book, counted), progress)
    if not kept:
        return Found(result=unregistered(result, folder, book), unkept="dry" if asked.dry else "closed")
    told, new = registered(result, folder, asked.opened)
    return Found(result=told, new=new)


def _contracts(folder: Path) -> "tuple[Contract, ...]":
    from wayseal.detect.partners import load_contracts  # noqa: PLC0415 (only where there are some)

    return load_contracts(folder)
