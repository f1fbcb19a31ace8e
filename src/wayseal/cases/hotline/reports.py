"""How a report stands: derived from its letters and the acts about it, and stored nowhere.

1. An act that writes a letter counts once its letter is there.
2. A reporter's letter reopens what was closed, or deleted, before it, and is owed an answer until one is written, or
   the report is closed.
3. A report is kept so many days behind the last letter of either side; proofs and reminders don't count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from wayseal.cases.hotline import acts
from wayseal.cases.hotline.acts import AnyAct, HotlineState, ReportState, Wanted, Written
from wayseal.cases.hotline.letters import LetterKind, ReportType, SealedLetter, Sender
from wayseal.cases.hotline.mailbox import KEPT, Box
from wayseal.model.times import clock, time_at

NUISANCE_DAYS: Final = 30
ID_DIGITS: Final = 12
_ENDS = ReportState.CLOSED, ReportState.NUISANCE, ReportState.GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a report stands.

    Attributes:
        id: As pages have it.
        box: Where its letters are.
        type: What it is about; None: nobody opened it yet.
        state: How it stands.
        owner: Whose it is; None: nobody's.
        owed: Its reporter waits for an answer.
        kept: Up to which day it is kept.
        reminded: The day on which its reporter was told so.
        cases: To which it is linked.
        seen: How many letters were exchanged: what an answer names.
        upto: The place of the reporter's last letter.
        undeleted: It counts as deleted, and something of it is there.
    """

    id: str
    box: Box
    type: ReportType | None
    state: ReportState
    owner: str | None
    owed: bool
    kept: date
    reminded: date | None
    cases: tuple[str, ...]
    seen: int
    upto: int
    undeleted: bool


def report_id(box: bytes) -> str:
    """What a report is called; it tells no order and no number of reports."""
    return f"r-{box.hex()[:ID_DIGITS]}"


def day_of(at: int) -> date:
    """The day of a moment, on the site's clock."""
    return time_at(at).astimezone(clock()).date()


def talk_of(letters: Sequence[SealedLetter]) -> list[SealedLetter]:
    """Letters that were exchanged, without proofs and staff's notes."""
    return [one for one in letters if one.sender is not Sender.INNER and one.kind != LetterKind.PROOF]


def last_place(letters: Sequence[SealedLetter]) -> int:
    """The place of a reporter's last letter."""
    return max((one.place for one in letters if one.sender is Sender.REPORTER), default=0)


def derive(box: Box, letters: Sequence[SealedLetter], known: HotlineState, days: int) -> Report:
    """How a report stands (rules 1 to 3). letters: of its box, in their order; days: so long it is kept."""
    there = {Written(place=one.place, digest=one.digest) for one in letters if one.sender is not Sender.REPORTER}
    theirs = [one for one in known.of(box.box) if getattr(one, "letter", None) in there | {None}]
    settings = [found for one in theirs if (found := _setting(one, known))]
    state, until = settings[-1] if settings else (ReportState.NEW, 0)
    upto = last_place(letters)
    answered = [one.upto for one in theirs if isinstance(one, acts.Answered)]
    answered += [place for one, place in settings if one in _ENDS]
    if state in _ENDS and upto > until:
        state = ReportState.REOPENED
    elif state is ReportState.NEW and answered:
        state = ReportState.IN_PROGRESS
    reminders = {one.letter.place: one for one in theirs if isinstance(one, acts.Reminded)}
    talk = talk_of(letters)
    counted = [one.day for one in talk if one.sender is Sender.REPORTER or one.place not in reminders]
    kept = max(counted, default=box.day) + timedelta(days=NUISANCE_DAYS if state is ReportState.NUISANCE else days)
    linked = {one.case: one.on for one in theirs if isinstance(one, acts.CaseLinked)}
    left = [one for one in letters if one.sealed is not None and one.kind not in KEPT]
    return Report(
        id=report_id(box.box),
        box=box,
        type=known.types.get(box.box),
        state=state,
        owner=next((one.owner for one in reversed(theirs) if isinstance(one, acts.Assigned)), None),
        owed=upto > max(answered, default=0),
        kept=kept,
        reminded=max((day_of(one.at) for one in reminders.values() if one.until == kept), default=None),
        cases=tuple(case for case, on in linked.items() if on),
        seen=len(talk),
        upto=upto,
        undeleted=state is ReportState.GONE and (box.gone is None or bool(left)),
    )


def _setting(act: AnyAct, known: HotlineState) -> tuple[ReportState, int] | None:
    """The state that an act sets, as of the reporter's letters up to a place."""
    match act:
        case acts.StateSet():
            return act.state, act.upto
        case acts.Replied(yes=True) if known.proposals[act.id].proposed.what is Wanted.NUISANCE:
            return ReportState.NUISANCE, act.upto
        case acts.Purged():
            return ReportState.GONE, act.upto
    return None
