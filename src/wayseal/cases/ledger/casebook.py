"""The casebook of a ledger: where it lies, whether it can be written, what accounts may be called; cases for programs.

Where the casebook can't be written (a copy that is only read), and in a dry run, cases are shown without ids and under
pseudonyms, and nothing is recorded: what would have to be recorded is refused.
"""

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from wayseal.cases import Pseudonyms, has_casebook, load_pseudonyms, read_casebook, read_known
from wayseal.cases.book import Casebook, Known, RecordedCase, act_name
from wayseal.cases.errors import CasebookError
from wayseal.cases.types import (
    Answered,
    CaseAct,
    CaseState,
    Changed,
    Forgotten,
    Heard,
    Merged,
    NamesShown,
    NoteWritten,
    PackHeld,
    Proposed,
    ReadMarked,
    Tagged,
    TaskSet,
    Undone,
    Verdict,
)
from wayseal.cases.verdicts import ProposalKind
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.upkeep import refuse_backup
from wayseal.model.times import iso

FOLDER = "detect"
"""Where detection keeps what it keeps, within a ledger."""
_SECRET = 32
_PSEUDONYM = re.compile("p(-[2-9b-z]{4}){3}")


class Names:
    """How accounts may be called now."""

    def __init__(self, opened: frozenset[str], pseudonym: Callable[[str], str]) -> None:
        """opened: the accounts whose names may be shown."""
        self._opened = opened
        self._pseudonym = pseudonym

    def of(self, actor: str) -> str:
        """An account's name if it may be shown, else its pseudonym."""
        return actor if actor in self._opened else self._pseudonym(actor)

    def all_shown(self, case: RecordedCase) -> bool:
        """Check whether every name of a case may be shown, and with them what was said in it."""
        return self._opened.issuperset(case.actors)


def can_write_casebook(ledger: Path, folder: Path) -> bool:
    """Check whether the casebook's folder can be written, or made."""
    place = folder if folder.exists() else ledger
    return os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def find_cases_of(folder: Path, accounts: frozenset[str] | None) -> tuple[str, ...]:
    """Cases that have any of these accounts; None: all cases. folder: of the casebook, if there is one."""
    cases = read_casebook(folder).cases if folder.is_dir() else ()
    return tuple(case.id for case in cases if accounts is None or not accounts.isdisjoint(case.actors))


def casebook_folder(ledger: Path) -> Path:
    """The casebook's folder; LedgerError where this is no ledger, either."""
    folder = ledger / FOLDER
    if not folder.is_dir():
        open_ledger(ledger).close()
    return folder


def writable_casebook(ledger: Path) -> Path:
    """The same, to write there; BackupRefusedError where the ledger is a backup, of which only one may go on."""
    refuse_backup(ledger)
    return casebook_folder(ledger)


def load_known(folder: Path, *, writable: bool) -> Known:
    """Load what detection has to know of the casebook; nothing where it is another's, and closed to us.

    writable: it can be written.
    """
    try:
        return read_known(folder)
    except PermissionError:
        if writable:
            raise
        return Known()


def masking(folder: Path, known: Known) -> Callable[[str], str]:
    """Return a function that gives accounts the names that may be shown, by the casebook's pseudonyms or this run's."""
    pseudonyms = Pseudonyms(os.urandom(_SECRET))
    with suppress(CasebookError, OSError):
        pseudonyms = load_pseudonyms(folder)
    return Names(known.opened, pseudonyms.of).of


def find_account(snapshot: Snapshot, folder: Path, given: str) -> tuple[str, Callable[[str], str]]:
    """The id of an account that was given by id or pseudonym, and what each account may be called.

    Where there is a casebook, only accounts of opened cases are named, and the one whose id was given.
    """
    if not has_casebook(folder):
        return given, str
    pseudonyms = load_pseudonyms(folder)
    names = Names(read_known(folder).opened, pseudonyms.of).of
    alike = _PSEUDONYM.fullmatch(given) is not None
    known = snapshot.names("actor", np.asarray(snapshot.ids("actor"))) if alike else [given]
    if given in known:
        return given, lambda actor: actor if actor == given else names(actor)
    meant = [actor for actor in known if pseudonyms.of(actor) == given]
    return meant[0] if len(meant) == 1 else "", names


def list_json(book: Casebook, names: Names, state: CaseState | None) -> str:
    """The same for programs. A statement is left out while a name of its case may not be shown."""
    content = {
        "cases": [_case_json(case, names) for case in book.cases if state in (None, case.state)],
        "forgotten": [forgotten_json(done) for done in book.forgotten],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _case_json(case: RecordedCase, names: Names) -> dict[str, object]:
    return {
        "case": case.id,
        "state": case.state,
        "actors": [names.of(actor) for actor in case.actors],
        "score": case.score,
        "parcels_a_day": case.parcels_a_day,
        "expected_loss": round(case.score * case.parcels_a_day, 3),
        "worth": case.worth,
        "alerted_at": iso(case.alerted_at),
        "last_alerted_at": iso(case.last_alerted_at),
        "detectors": case.detectors,
        "acts": [_act_json(act, case, names) for act in case.acts],
    }


def _act_json(act: CaseAct, case: RecordedCase, names: Names) -> dict[str, object]:
    """An act for programs: what says more than who, when and why stands there where no name can be in it."""
    head: dict[str, object] = {"act": act_name(act), "at": iso(act.at), "who": act.who}
    match act:
        case NamesShown():
            return {**head, "why": act.why, "actors": [names.of(actor) for actor in act.cases[case.id]]}
        case Heard():
            actor = None if act.actor is None else names.of(act.actor)
            said = act.statement if names.all_shown(case) else None
            return {**head, "actor": actor, "statement": said, "points": act.points}
        case Verdict():
            some = [{"actor": names.of(one.account), "lacking": one.lacking} for one in act.accounts]
            return {**head, "why": act.why, "true": act.true, "accounts": some}
        case Proposed():
            about = {"proposal": act.proposal, "kind": act.kind, "until": iso(act.until), "to": act.to}
            verdict = {"true": act.true, "accounts": [names.of(one) for one in act.accounts]}
            return {**head, "why": act.why, **about, **(verdict if act.kind is ProposalKind.VERDICT else {})}
        case Answered():
            return {**head, "why": act.why, "proposal": act.proposal, "yes": act.yes}
        case Changed():
            return {**head, "why": act.why, "field": act.field, "was": act.before, "now": act.after}
        case NoteWritten():
            return {**head, "note": act.note, "version": act.version}
        case TaskSet():
            return {**head, "task": act.task}
        case ReadMarked():
            after = {} if act.after is None else {"starred": act.after.starred, "comment": act.after.comment}
            return {**head, "read": act.read, "waybill": act.waybill, **after}
        case Tagged():
            return {**head, "tag": act.tag, "on": act.on}
        case PackHeld():
            return {**head, "why": act.why, "step": act.step, "seal": act.seal, "to": act.to}
        case Merged():
            return {**head, "why": act.why, "case": act.case, "into": act.into, "on": act.on}
        case Undone():
            return {**head, "line": act.line}
        case _:
            return {**head, "why": act.why}


def forgotten_json(done: Forgotten) -> dict[str, object]:
    """An act of forgetting for programs."""
    numbers = {"cases": done.cases, "acts": done.acts, "head": f"{done.lines}:{done.head}"}
    return {"at": iso(done.at), "who": done.who, "why": done.why, "before": iso(done.before), **numbers}
