"""The hotline's desk: what staff read, write and decide, each by an act that is durable before it (`acts`).

1. Who opens letters is in the record before anything is decrypted: once for each person and letter. If the record can't
   be written, nothing is shown. Files, names and words for a case are an act each time.
2. How a report stands is derived from its letters and acts, and stored nowhere. A reporter's letter reopens what was
   closed before it, starts the time anew for which a report is kept, and is owed an answer.
3. Who answers names how many letters they saw; where others came since, nothing is written, and both texts are shown.
4. A report is deleted when its time is over, no case that it is linked to is open, and its reporter was told up to
   which day, two weeks before or more. To be told deletes nothing, and doesn't lengthen the time.
5. A reward's code comes to be with the second person's yes: in the letter, and by its MAC among codes. Whoever cancels
   it finds it by the letter.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

from wayseal.cases import Cases
from wayseal.cases.decisions import Lead
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError, StaleError
from wayseal.cases.hotline import codes, mailbox
from wayseal.cases.hotline.acts import (
    SETTABLE,
    Answered,
    AnyAct,
    Assigned,
    CaseLinked,
    HotlineRecord,
    HotlineState,
    Noted,
    Opened,
    Proposal,
    Proposed,
    Purged,
    Reminded,
    Replied,
    ReportState,
    Reward,
    StateSet,
    TakenOut,
    TypeFound,
    Wanted,
    Written,
)
from wayseal.cases.hotline.errors import SealedError
from wayseal.cases.hotline.letters import (
    Letter,
    LetterKind,
    PrivateKeys,
    PublicKeys,
    Purpose,
    SealedLetter,
    Sender,
    new_nonce,
)
from wayseal.cases.hotline.mailbox import Box
from wayseal.cases.hotline.reports import Report, day_of, derive, last_place, report_id, talk_of
from wayseal.cases.hotline.rewards import draw_code, read_code
from wayseal.cases.hotline.sealing import open_chunks, open_identity, open_letter, open_secret, seal_letter
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.cases.verdicts import ProposalState
from wayseal.cases.writing import one_line, several_lines
from wayseal.database import Connection, Database
from wayseal.journal.record import same_person
from wayseal.model import clean_waybill
from wayseal.model.messages import N_, Message
from wayseal.model.times import now_us
from wayseal.page.languages import translator

REMIND_DAYS: Final = 14
MACHINE: Final = "wayseal"
"""Who reminds and deletes."""
LEAD: Final = "report"
"""The code of what is put into the queue."""
_TEXTS: Mapping[ReportState | Wanted, str] = {
    ReportState.IN_PROGRESS: N_("We are looking into your report."),
    ReportState.WAITING: N_("We wait for an answer: yours, or somebody else's."),
    ReportState.CLOSED: N_("We closed your report. If you write again, it is opened again."),
    Wanted.REWARD: N_("You get a reward of {amount:,} yuan: {steps}. It is paid up to {day}, for this code: {code}"),
}
_REMINDER = N_("We delete your report after {day}, unless you write again.")
_CODE = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLetter:
    """A letter that somebody reads. letter: None: it was deleted, or doesn't open, for which `wrong` is the error."""

    stored: SealedLetter
    letter: Letter | None
    wrong: SealedError | None = None


Write = Callable[[AnyAct], None]
Held = tuple[Report, Sequence[SealedLetter], HotlineState, Write]


class Hotline:
    """The desk of one hotline. Safe to use from many threads and processes."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        team: PublicKeys,
        private: PrivateKeys,
        mac: Callable[[str], str],
        *,
        days: int = 90,
        now: Callable[[], int] = now_us,
    ) -> None:
        """Takes what it works with.

        Args:
            folder: Where the record of acts is; it is made by the first act.
            database: The console's mailbox, with the tables of `codes`.
            team: The team's public keys, and
            private: their private halves.
            mac: Makes of a reward's code what is kept of it.
            days: So long a report is kept behind its last letter; more than REMIND_DAYS.
            now: Microseconds after 1970.
        """
        self.record, self.database, self.team = HotlineRecord(folder), database, team
        self._private, self._mac, self._days, self.now = private, mac, days, now

    def today(self) -> date:
        """The day, on the site's clock."""
        return day_of(self.now())

    # Reading

    def reports(self) -> tuple[Report, ...]:
        """All reports, what is owed an answer first, then by the day up to which they are kept: 2 statements."""
        state = self.record.state()
        found = [derive(box, some, state, self._days) for box, some in self.database.read(mailbox.all_boxes)]
        return tuple(sorted(found, key=lambda one: (not one.owed, one.kept, one.id)))

    def report(self, id_: str) -> Report:
        """A report by its id, without opening it. NoSuchCaseError: there is none."""
        return derive(*self._find(id_), self.record.state(), self._days)

    def read(self, id_: str, who: str) -> tuple[Report, tuple[ReadLetter, ...]]:
        """A report with its letters and staff's notes, for somebody (rule 1)."""
        box, letters = self._find(id_)
        wanted, state = [one for one in letters if one.kind != LetterKind.PROOF], self.record.state()
        if _unopened(state, wanted, one_line(who, "who")):
            with self.record.writing() as (known, write):
                self._note_opening(known, write, wanted, who)
        read = tuple(self._decrypt(one) for one in wanted)
        kind = next((one.letter.type for one in read if one.letter and one.letter.type), None)
        if kind and box.box not in state.types:
            with self.record.writing() as (known, write):
                if box.box not in known.types:
                    write(TypeFound(at=self.now(), who=who, box=box.box, type=kind))
        return derive(box, letters, self.record.state(), self._days), read

    def take_file(self, id_: str, file: bytes, who: str) -> Iterator[bytes]:
        """What a file holds, a chunk at a time (rule 1). NoSuchCaseError: there is none; SealedError."""
        box, letters = self._find(id_)
        stored = next((one for one in self.database.read(mailbox.files_of, box.box) if one.file == file), None)
        place = stored.place if stored else 0
        letter = next((one for one in letters if (one.sender, one.place) == (Sender.REPORTER, place)), None)
        if stored is None or letter is None:
            raise NoSuchCaseError("there is no such file", key="file")
        with self.record.writing() as (known, write):
            self._note_opening(known, write, [letter], who)
            write(TakenOut(**self._by(box.box, who), what="file", id=file.hex()))
        described = next((one for one in open_letter(letter, self._private).files if one.file == file.hex()), None)
        if described is None:
            raise NoSuchCaseError("there is no such file", key="file")
        chunks = (self.database.read(mailbox.find_chunk, file, n) or b"" for n in range(1, stored.chunks + 1))
        return open_chunks(chunks, open_secret(letter, self._private), described)

    def open_name(self, proposal: str, who: str) -> str:
        """The names that a report gives, for whoever proposed so and had a yes, for a day. CaseStateError: not so."""
        with self.record.writing() as (state, write):
            if not state.may_open(proposal, who, self.now()):
                raise CaseStateError("a name is opened by whoever proposed it, within a day of another person's yes")
            box = state.proposals[proposal].proposed.box
            write(TakenOut(**self._by(box, who), what="name", id=proposal))
        letters = self.database.read(mailbox.letters_of, box)
        theirs = [one for one in letters if one.sender is Sender.REPORTER and one.sealed is not None]
        return "\n".join(filter(None, (open_identity(one, self._private) for one in theirs)))

    # Writing

    def answer(self, id_: str, text: str, who: str, *, seen: int) -> None:
        """Answers a reporter. StaleError: others wrote meanwhile (rule 3)."""
        said = several_lines(text, "text")
        with self._writing(id_) as (report, letters, state, write):
            self._must_be_seen(report, letters, seen, said, who, state, write)
            by = self._by(report.box.box, who) | {"upto": report.upto}
            self._put(write, lambda w: Answered(**by, letter=w), report, letters, LetterKind.ANSWER, said)

    def set_state(self, id_: str, state: ReportState, who: str, why: str, *, seen: int) -> None:
        """Sets a state, and tells the reporter. StaleError: others wrote meanwhile (rule 3)."""
        reason = one_line(why, "why")
        if state not in SETTABLE:
            raise CasebookUsageError("is one of {known}", key="state", known=[str(one) for one in SETTABLE])
        with self._writing(id_) as (report, letters, known, write):
            self._must_be_seen(report, letters, seen, reason, who, known, write)
            by = self._by(report.box.box, who) | {"upto": report.upto, "state": state, "why": reason}
            kind = LetterKind.CLOSING if state is ReportState.CLOSED else LetterKind.STATE
            self._put(write, lambda w: StateSet(**by, letter=w), report, letters, kind, _both(Message(_TEXTS[state])))

    def note(self, id_: str, text: str, who: str, *, replaces: int | None = None) -> None:
        """Writes a note among staff. replaces: the place of an earlier one; StaleError: another did."""
        said = several_lines(text, "note")
        with self._writing(id_) as (report, letters, state, write):
            if replaces is not None:
                self._must_stand(replaces, letters, said, who, state, write)
            by = self._by(report.box.box, who) | {"replaces": replaces}
            self._put(write, lambda w: Noted(**by, letter=w), report, letters, LetterKind.NOTE, said)

    def assign(self, id_: str, owner: str | None, who: str) -> None:
        """Gives a report to somebody, or to nobody."""
        with self._writing(id_) as (report, _, _, write):
            write(Assigned(**self._by(report.box.box, who), owner=owner and one_line(owner, "owner")))

    # Cases and the queue

    def link(self, id_: str, case: str, who: str, why: str, cases: Cases, *, on: bool = True) -> None:
        """Links a report to a case, or takes the link away; the same again is nothing."""
        reason = one_line(why, "why")
        if not cases.has(case):
            raise NoSuchCaseError("there is no case {id}", id=case, key="case")
        with self._writing(id_) as (report, _, _, write):
            if (case in report.cases) != on:
                write(CaseLinked(**self._by(report.box.box, who), case=case, on=on, why=reason))

    def excerpt(self, id_: str, case: str, text: str, who: str, cases: Cases) -> None:
        """Puts words of a report as a note into a case that it is linked to, where others read them."""
        with self._writing(id_) as (report, _, _, write):
            if case not in report.cases:
                raise CaseStateError("the report isn't linked to this case", key="case")
            several_lines(text, "text")
            write(TakenOut(**self._by(report.box.box, who), what="words", id=case))
        cases.add_note(case, text, who, self.now())

    def enqueue(self, id_: str, who: str, cases: Cases) -> None:
        """Puts the numbers and the seller that a report names into the queue. CaseStateError: it names none."""
        _, read = self.read(id_, who)
        fields = next((one.letter.fields for one in read if one.letter and one.letter.type), None)
        named = [(ObservableKind.NUMBER, clean_waybill(one)) for one in fields.numbers] if fields else []
        named.append((ObservableKind.SELLER, " ".join(fields.seller.split()) if fields else ""))
        things = tuple(dict.fromkeys(Observable(kind=kind, value=value) for kind, value in named if value))
        if not things:
            raise CaseStateError("the report names neither numbers nor a seller")
        with self._writing(id_) as (report, _, _, write):
            write(TakenOut(**self._by(report.box.box, who), what="words", id=""))
        now = self.now()
        cases.enqueue_or_find([Lead(source=Source.REPORT, things=things, reason=LEAD, score=0.5, since=now)], who, now)

    # What is for two

    def propose(self, id_: str, what: Wanted, who: str, why: str, *, reward: Reward | None = None, of: str = "") -> str:
        """Proposes what another person has to agree to; its id. reward: to be granted; of: to be cancelled."""
        reason = one_line(why, "why")
        with self._writing(id_) as (report, _, state, write):
            box, now = report.box.box, self.now()
            there = [one for one in state.proposals.values() if (one.proposed.box, one.proposed.what) == (box, what)]
            if any(one.state(now) is ProposalState.WAITING for one in there):
                raise CaseStateError("the same waits for an answer already")
            if what is Wanted.REWARD and (not report.cases or state.granted(box) or reward is None):
                raise CaseStateError("a reward is for a report that is linked to a case and has none yet")
            if what is Wanted.CANCEL and of not in {one.id for one in state.granted(box)}:
                raise CaseStateError("there is no such reward", key="of")
            id_ = f"p-{len(state.proposals) + 1}"
            write(Proposed(**self._by(box, who), id=id_, what=what, why=reason, reward=reward, of=of))
        return id_

    def reply(self, proposal: str, yes: bool, who: str, why: str = "") -> None:
        """Puts in force what another proposed, or declines it. CaseStateError: it doesn't wait, or is one's own."""
        said = self._proposal(self.record.state(), proposal).proposed
        with self._writing(report_id(said.box)) as (report, letters, state, write):
            known = self._proposal(state, proposal)
            if known.replied or (yes and known.state(self.now()) is not ProposalState.WAITING):
                raise CaseStateError("the proposal waits no more")
            if yes and same_person(said.who, who):
                raise CaseStateError("another person agrees, never who proposed it", key="who")
            reason = why and one_line(why, "why")
            by = self._by(said.box, who) | {"id": proposal, "yes": yes, "why": reason, "upto": report.upto}

            def make(letter: Written | None = None) -> Replied:
                return Replied(**by, letter=letter)

            match said.what if yes else None:
                case Wanted.NUISANCE:
                    text = _both(Message(_TEXTS[ReportState.CLOSED]))
                    self._put(write, make, report, letters, LetterKind.CLOSING, text)
                case Wanted.REWARD:
                    text, add = self._grant(said)
                    self._put(write, make, report, letters, LetterKind.REWARD, text, add)
                case Wanted.CANCEL:
                    self._cancel(said, letters, state, who, write)
                    write(make())
                case _:
                    write(make())

    # Keeping and deleting

    def remind_and_purge(self, cases: Cases) -> tuple[Report, ...]:
        """Reminds reporters, and deletes what is over (rule 4); what was deleted just now."""
        gone = []
        for one in self.reports():
            if not self._is_due(one) or cases.any_open(one.cases):
                continue
            with self._writing(one.id, alive=False) as (report, letters, _, write):
                if report.state is not ReportState.GONE and report.reminded is None:
                    text = _both(Message(_REMINDER, {"day": report.kept}))
                    by = self._by(report.box.box, MACHINE) | {"until": report.kept}
                    self._put(write, lambda w, by=by: Reminded(**by, letter=w), report, letters, LetterKind.STATE, text)  # type: ignore[misc]
                elif self._is_due(report):
                    self._purge(report, write)
                    gone.append(report)
        if gone:
            self.database.shred(["letters", "chunks"])
        return tuple(gone)

    def _is_due(self, report: Report) -> bool:
        """Check whether a report is to be reminded of, or deleted; or was, and the disk didn't do it."""
        today, wait = self.today(), timedelta(days=REMIND_DAYS)
        if report.state is ReportState.GONE:
            return report.undeleted
        if report.reminded is None:
            return today >= report.kept - wait
        return today > report.kept and today >= report.reminded + wait

    def _purge(self, report: Report, write: Write) -> None:
        box, today = report.box.box, self.today()
        rule = "nuisance" if report.state is ReportState.NUISANCE else "days"
        if report.state is not ReportState.GONE:
            write(Purged(**self._by(box, MACHINE), rule=rule, upto=report.upto))

        def work(c: Connection) -> None:
            if last_place(mailbox.letters_of(c, box)) == report.upto:
                mailbox.bury(c, box, today, rule)

        self.database.write(work)

    # Parts

    def _find(self, id_: str) -> tuple[Box, list[SealedLetter]]:
        def ask(c: Connection) -> tuple[Box, list[SealedLetter]]:
            try:
                found = mailbox.find_boxes(c, bytes.fromhex(id_.removeprefix("r-")))
            except ValueError:
                found = []
            if len(found) != 1 or report_id(found[0].box) != id_:
                raise NoSuchCaseError("there is no report {id}", id=id_, key="report")
            return found[0], mailbox.letters_of(c, found[0].box)

        return self.database.read(ask)

    @contextmanager
    def _writing(self, id_: str, *, alive: bool = True) -> Iterator[Held]:
        """Holds the record, and the report as it stands then. CaseStateError: it was deleted."""
        with self.record.writing() as (state, write):
            box, letters = self._find(id_)
            report = derive(box, letters, state, self._days)
            if alive and report.state is ReportState.GONE:
                raise CaseStateError("the report was deleted")
            yield report, letters, state, write

    def _by(self, box: bytes, who: str) -> dict[str, Any]:
        return {"at": self.now(), "who": one_line(who, "who"), "box": box}

    def _put(
        self,
        write: Write,
        make: Callable[[Written], AnyAct],
        report: Report,
        letters: Sequence[SealedLetter],
        kind: LetterKind,
        text: str,
        also: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """Seals a letter, writes the act that it is by, and then puts it into the mailbox."""
        letter = Letter(kind=kind, day=self.today(), text=text, nonce=new_nonce())
        inner = kind is LetterKind.NOTE
        sender = Sender.INNER if inner else Sender.STAFF
        place = max((one.place for one in letters if (one.sender is Sender.INNER) == inner), default=0) + 1
        reader = self.team.newest(Purpose.REPORTS).public if inner else report.box.public
        stored = seal_letter(letter, self.team, reader, box=report.box.box, sender=sender, place=place)
        write(make(Written(place=place, digest=stored.digest)))

        def work(c: Connection) -> None:
            if not mailbox.add_letter(c, stored):
                raise CaseStateError("another letter stands at this place")
            also(c)

        self.database.write(work)

    def _decrypt(self, stored: SealedLetter) -> ReadLetter:
        if stored.sealed is None:
            return ReadLetter(stored=stored, letter=None)
        try:
            return ReadLetter(stored=stored, letter=open_letter(stored, self._private))
        except SealedError as wrong:
            return ReadLetter(stored=stored, letter=None, wrong=wrong)

    def _note_opening(self, state: HotlineState, write: Write, letters: Sequence[SealedLetter], who: str) -> None:
        if new := _unopened(state, letters, who):
            write(Opened(**self._by(letters[0].box, who), letters=new))

    def _texts(self, state: HotlineState, write: Write, letters: Sequence[SealedLetter], who: str) -> str:
        """What stands in letters, to be shown beside what somebody wrote."""
        self._note_opening(state, write, letters, who)
        read = [self._decrypt(one).letter for one in letters]
        return "\n\n".join(one.text for one in read if one)

    def _must_be_seen(
        self, report: Report, letters: Sequence[SealedLetter], seen: int, mine: str, who: str, state: HotlineState,
        write: Write,
    ) -> None:  # fmt: skip
        """Rule 3."""
        if report.seen != seen:
            talk = talk_of(letters)
            new = [one for one in talk if one.digest in _unopened(state, talk, who)] or talk[-1:]
            theirs = self._texts(state, write, new, who)
            raise StaleError(id=report.id, version=report.seen, theirs=theirs, mine=mine)

    def _must_stand(
        self, note: int, letters: Sequence[SealedLetter], mine: str, who: str, state: HotlineState, write: Write
    ) -> None:
        """Rule 3, of notes: nobody wrote another in this one's place."""
        written = {one.place: one for one in letters if one.sender is Sender.INNER}
        if note not in written:
            raise NoSuchCaseError("there is no such note", key="note")
        noted = [one for one in state.of(letters[0].box) if isinstance(one, Noted) and one.replaces == note]
        if later := [written[one.letter.place] for one in noted if one.letter.place in written]:
            theirs = self._texts(state, write, later, who)
            raise StaleError(
                id=f"{report_id(letters[0].box)}/{note}", version=later[-1].place, theirs=theirs, mine=mine
            )

    def _proposal(self, state: HotlineState, id_: str) -> Proposal:
        if id_ not in state.proposals:
            raise NoSuchCaseError("there is no such proposal", key="proposal")
        return state.proposals[id_]

    def _grant(self, said: Proposed) -> tuple[str, Callable[[Connection], None]]:
        """The letter of a reward, and what puts its code among codes (rule 5)."""
        assert said.reward is not None  # noqa: S101
        code, amount = draw_code(token_bytes), said.reward.award.amount
        until, mac = self.today() + timedelta(days=said.reward.days), read_code(code, self._mac)
        assert mac is not None  # noqa: S101
        steps = [one.words for one in said.reward.award.steps]
        text = _both(Message(_TEXTS[Wanted.REWARD], {"amount": amount, "steps": steps, "day": until, "code": code}))
        return text, lambda c: codes.add_code(c, mac, amount, until)

    def _cancel(
        self, said: Proposed, letters: Sequence[SealedLetter], state: HotlineState, who: str, write: Write
    ) -> None:
        """Takes the code of a reward away, which is in its letter alone; where that isn't there, there is no code."""
        granted = state.proposals[said.of].replied
        place = granted.letter.place if granted and granted.letter else 0
        found = [one for one in letters if (one.sender, one.place) == (Sender.STAFF, place)]
        code = _CODE.search(self._texts(state, write, found, who)) if found else None
        if found and code is None:
            raise CaseStateError("the letter with the code can't be read")
        mac = read_code(code[0], self._mac) if code else None
        if mac in state.paid:
            raise CaseStateError("the reward was paid")
        if mac is not None:
            self.database.write(codes.drop_code, mac)


def _unopened(state: HotlineState, letters: Sequence[SealedLetter], who: str) -> tuple[bytes, ...]:
    """Letters that somebody hasn't opened yet, by their digests."""
    there = [one for one in letters if one.sealed is not None]
    opened = state.opened.get((there[0].box, who), frozenset()) if there else frozenset()
    return tuple(dict.fromkeys(one.digest for one in there if one.digest not in opened))


def _both(text: Message) -> str:
    """A text of ours in both languages."""
    return f"{text.fill(translator('zh'))}\n\n{text}"
