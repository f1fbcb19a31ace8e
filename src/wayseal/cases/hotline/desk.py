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
from threading import Lock
from typing import Any, Final

from wayseal.cases import Cases
from wayseal.cases.decisions import Lead
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError, StaleError
from wayseal.cases.hotline import acts, codes, mailbox
from wayseal.cases.hotline.acts import AnyAct, HotlineState, ReportState, Reward, Wanted, Written
from wayseal.cases.hotline.errors import RiskyFileError, SealedError
from wayseal.cases.hotline.hazards import find_hazards
from wayseal.cases.hotline.letters import (
    Fields,
    Letter,
    LetterFile,
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
from wayseal.cases.hotline.sealing import KEYS_AT, open_chunks, open_identity, open_letter, open_secret, seal_letter
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
        self.record, self.database, self.team = acts.HotlineRecord(folder), database, team
        self.private, self.days, self.now, self._mac = private, days, now, mac
        self._searching = Lock()

    def today(self) -> date:
        """The day, on the site's clock."""
        return day_of(self.now())

    # Reading

    def reports(self) -> tuple[Report, ...]:
        """All reports, what is owed an answer first, then by the day up to which they are kept: 2 statements."""
        state = self.record.state()
        found = [derive(box, some, state, self.days) for box, some in self.database.read(mailbox.all_boxes)]
        return tuple(sorted(found, key=lambda one: (not one.owed, one.kept, one.id)))

    def foreign(self) -> tuple[str, ...]:
        """Reports with letters under keys that aren't the team's: those of the portal may have been swapped."""
        known = {at: [one.id for one in self.team.of(purpose)] for purpose, at in KEYS_AT.items()}
        return tuple(dict.fromkeys(report_id(box) for box, _ in self.database.read(mailbox.foreign_letters, known)))

    def report(self, id_: str) -> Report:
        """A report by its id, without opening it. NoSuchCaseError: there is none."""
        return derive(*self.database.read(_find, id_), self.record.state(), self.days)

    def read(self, id_: str, who: str) -> tuple[Report, tuple[ReadLetter, ...]]:
        """A report with its letters and staff's notes, for somebody (rule 1)."""
        box, letters = self.database.read(_find, id_)
        wanted, state = [one for one in letters if one.kind != LetterKind.PROOF], self.record.state()
        if _unopened(state, wanted, who):
            with self._turn(id_, who, alive=False) as turn:
                turn.open(wanted)
        read = tuple(_decrypt(one, self) for one in wanted)
        kind = next((one.letter.type for one in read if one.letter and one.letter.type), None)
        if kind and box.box not in state.types:
            with self._turn(id_, who, alive=False) as turn:
                if turn.report.type is None:
                    turn.add(acts.TypeFound, type=kind)
        return derive(box, letters, self.record.state(), self.days), read

    def take_file(
        self, id_: str, file: bytes, who: str, *, apart: bool = False, case: str = ""
    ) -> tuple[LetterFile, Iterator[bytes]]:
        """A file, and what it holds, a chunk at a time (rule 1).

        apart: it is to be opened on a machine apart; without that RiskyFileError names what is risky, if anything is.
        case: one that the report is linked to, into whose files it goes. NoSuchCaseError: there is none; SealedError.
        """
        with self._turn(id_, who) as turn:
            if case:
                turn.must_be_linked(case)
            stored = {one.file: one for one in self.database.read(mailbox.files_of, turn.box.box)}.get(file)
            place = stored.place if stored else 0
            found = [one for one in turn.letters if (one.sender, one.place) == (Sender.REPORTER, place)]
            if stored is None or not found:
                raise NoSuchCaseError("there is no such file", key="file")
            turn.open(found)
            turn.add(acts.TakenOut, what="file", id=file.hex(), apart=apart, case=case)
        described = [one for one in open_letter(found[0], self.private).files if one.file == file.hex()]
        if not described:
            raise NoSuchCaseError("there is no such file", key="file")

        def content() -> Iterator[bytes]:
            numbers = range(1, stored.chunks + 1)
            chunks = (self.database.read(mailbox.find_chunk, file, n) or b"" for n in numbers)
            return open_chunks(chunks, open_secret(found[0], self.private), described[0])

        if not apart:
            with self._searching:
                risky = find_hazards(content(), described[0].kind)
            if risky:
                raise RiskyFileError(risky)
        return described[0], content()

    def open_name(self, proposal: str, who: str) -> str:
        """The names that a report gives, for whoever proposed so and had a yes, for a day. CaseStateError: not so."""
        with self._turn(self._box_of(proposal), who) as turn:
            if not turn.state.may_open(proposal, who, turn.at):
                raise CaseStateError("a name is opened by whoever proposed it, within a day of another person's yes")
            turn.add(acts.TakenOut, what="name", id=proposal)
        theirs = [one for one in turn.letters if one.sender is Sender.REPORTER and one.sealed is not None]
        return "\n".join(filter(None, (open_identity(one, self.private) for one in theirs)))

    # Writing

    def answer(self, id_: str, text: str, who: str, *, seen: int) -> None:
        """Answers a reporter. StaleError: others wrote meanwhile (rule 3)."""
        said = several_lines(text, "text")
        with self._turn(id_, who) as turn:
            turn.must_be_seen(seen, said)
            turn.put(acts.Answered, LetterKind.ANSWER, said, upto=turn.report.upto)

    def set_state(self, id_: str, state: ReportState, who: str, why: str, *, seen: int) -> None:
        """Sets a state, and tells the reporter. StaleError: others wrote meanwhile (rule 3)."""
        reason = one_line(why, "why")
        if state not in acts.SETTABLE:
            raise CasebookUsageError("is one of {known}", key="state", known=[str(one) for one in acts.SETTABLE])
        kind = LetterKind.CLOSING if state is ReportState.CLOSED else LetterKind.STATE
        with self._turn(id_, who) as turn:
            turn.must_be_seen(seen, reason)
            turn.put(acts.StateSet, kind, _both(_TEXTS[state]), state=state, upto=turn.report.upto, why=reason)

    def note(self, id_: str, text: str, who: str, *, replaces: int | None = None) -> None:
        """Writes a note among staff. replaces: the place of an earlier one; StaleError: another did."""
        said = several_lines(text, "note")
        with self._turn(id_, who) as turn:
            if replaces is not None:
                turn.must_stand(replaces, said)
            turn.put(acts.Noted, LetterKind.NOTE, said, replaces=replaces)

    def assign(self, id_: str, owner: str | None, who: str) -> None:
        """Gives a report to somebody, or to nobody."""
        with self._turn(id_, who) as turn:
            turn.add(acts.Assigned, owner=owner and one_line(owner, "owner"))

    # Cases and the queue

    def link(self, id_: str, case: str, who: str, why: str, cases: Cases, *, on: bool = True) -> None:
        """Links a report to a case, or takes the link away; the same again is nothing."""
        reason = one_line(why, "why")
        if not cases.has(case):
            raise NoSuchCaseError("there is no case {id}", id=case, key="case")
        with self._turn(id_, who) as turn:
            if (case in turn.report.cases) != on:
                turn.add(acts.CaseLinked, case=case, on=on, why=reason)

    def excerpt(self, id_: str, case: str, text: str, who: str, cases: Cases) -> None:
        """Puts words of a report as a note into a case that it is linked to, where others read them."""
        said = several_lines(text, "text")
        with self._turn(id_, who) as turn:
            turn.must_be_linked(case)
            turn.add(acts.TakenOut, what="words", id=case)
        cases.add_note(case, said, who, turn.at)

    def enqueue(self, id_: str, who: str, cases: Cases) -> None:
        """Puts the numbers and the seller that a report names into the queue. CaseStateError: it names none."""
        _, read = self.read(id_, who)
        fields = next((one.letter.fields for one in read if one.letter and one.letter.type), Fields())
        named = [(ObservableKind.NUMBER, clean_waybill(one)) for one in fields.numbers]
        named.append((ObservableKind.SELLER, " ".join(fields.seller.split())))
        things = tuple(dict.fromkeys(Observable(kind=kind, value=value) for kind, value in named if value))
        if not things:
            raise CaseStateError("the report names neither numbers nor a seller")
        with self._turn(id_, who) as turn:
            turn.add(acts.TakenOut, what="words", id="")
        lead = Lead(source=Source.REPORT, things=things, reason=LEAD, score=0.5, since=turn.at)
        cases.enqueue_or_find([lead], who, turn.at)

    # What is for two

    def propose(self, id_: str, what: Wanted, who: str, why: str, *, reward: Reward | None = None, of: str = "") -> str:
        """Proposes what another person has to agree to; its id. reward: to be granted; of: to be cancelled."""
        reason = one_line(why, "why")
        with self._turn(id_, who) as turn:
            known, box = turn.state.proposals, turn.box.box
            there = [one for one in known.values() if (one.proposed.box, one.proposed.what) == (box, what)]
            if any(one.state(turn.at) is ProposalState.WAITING for one in there):
                raise CaseStateError("the same waits for an answer already")
            granted = {one.id for one in turn.state.granted(box)}
            if what is Wanted.REWARD and (not turn.report.cases or granted or reward is None):
                raise CaseStateError("a reward is for a report that is linked to a case and has none yet")
            if what is Wanted.CANCEL and of not in granted:
                raise CaseStateError("there is no such reward", key="of")
            made = f"p-{len(known) + 1}"
            turn.add(acts.Proposed, id=made, what=what, why=reason, reward=reward, of=of)
        return made

    def reply(self, proposal: str, yes: bool, who: str, why: str = "") -> None:
        """Puts in force what another proposed, or declines it. CaseStateError: it doesn't wait, or is one's own."""
        with self._turn(self._box_of(proposal), who) as turn:
            known = turn.state.proposals[proposal]
            said = known.proposed
            if known.replied or (yes and known.state(turn.at) is not ProposalState.WAITING):
                raise CaseStateError("the proposal waits no more")
            if yes and same_person(said.who, who):
                raise CaseStateError("another person agrees, never who proposed it", key="who")
            about: dict[str, Any] = {
                "id": proposal,
                "yes": yes,
                "why": why and one_line(why, "why"),
                "upto": turn.report.upto,
            }
            if yes and said.what is Wanted.NUISANCE:
                turn.put(acts.Replied, LetterKind.CLOSING, _both(_TEXTS[ReportState.CLOSED]), **about)
            elif yes and said.reward is not None:
                text, add = self._grant(said.reward)
                turn.put(acts.Replied, LetterKind.REWARD, text, add, **about)
            else:
                if yes and said.what is Wanted.CANCEL:
                    self._cancel(said.of, turn)
                turn.add(acts.Replied, **about)

    def _grant(self, reward: Reward) -> tuple[str, Callable[[Connection], None]]:
        """The letter of a reward, and what puts its code among codes (rule 5)."""
        code, amount = draw_code(token_bytes), reward.award.amount
        until, mac = self.today() + timedelta(days=reward.days), read_code(code, self._mac) or ""
        steps = [one.words for one in reward.award.steps]
        text = _both(_TEXTS[Wanted.REWARD], amount=amount, steps=steps, day=until, code=code)
        return text, lambda c: codes.add_code(c, mac, amount, until)

    def _cancel(self, proposal: str, turn: "_Turn") -> None:
        """Takes the code of a reward away, which is in its letter alone; where that isn't there, there is no code."""
        granted = turn.state.proposals[proposal].replied
        found = [
            one for one in turn.letters if granted and Written(place=one.place, digest=one.digest) == granted.letter
        ]
        code = _CODE.search(turn.texts(found))
        if found and code is None:
            raise CaseStateError("the letter with the code can't be read")
        mac = code and read_code(code[0], self._mac)
        if mac in turn.state.paid:
            raise CaseStateError("the reward was paid")
        if mac:
            self.database.write(codes.drop_code, mac)

    # Keeping and deleting

    def remind_and_purge(self, cases: Cases) -> tuple[Report, ...]:
        """Reminds reporters, and deletes what is over (rule 4); what was deleted just now."""
        gone = []
        for one in self.reports():
            if not self._is_due(one) or cases.any_open(one.cases):
                continue
            with self._turn(one.id, MACHINE, alive=False) as turn:
                report = turn.report
                if not self._is_due(report):
                    continue
                if report.state is not ReportState.GONE and report.reminded is None:
                    turn.put(acts.Reminded, LetterKind.STATE, _both(_REMINDER, day=report.kept), until=report.kept)
                else:
                    self._purge(turn)
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

    def _purge(self, turn: "_Turn") -> None:
        box, today, upto = turn.box.box, self.today(), turn.report.upto
        rule = "nuisance" if turn.report.state is ReportState.NUISANCE else "days"
        if turn.report.state is not ReportState.GONE:
            turn.add(acts.Purged, rule=rule, upto=upto)

        def work(c: Connection) -> None:
            if last_place(mailbox.letters_of(c, box)) == upto:
                mailbox.bury(c, box, today, rule)

        self.database.write(work)

    @contextmanager
    def _turn(self, id_: str, who: str, *, alive: bool = True) -> Iterator["_Turn"]:
        """Holds the record, and the report as it stands then. CaseStateError: it was deleted."""
        by = one_line(who, "who")
        with self.record.writing() as (state, write):
            turn = _Turn(self, *self.database.read(_find, id_), by, state, write)
            if alive and turn.report.state is ReportState.GONE:
                raise CaseStateError("the report was deleted")
            yield turn

    def _box_of(self, proposal: str) -> str:
        known = self.record.state().proposals
        if proposal not in known:
            raise NoSuchCaseError("there is no such proposal", key="proposal")
        return report_id(known[proposal].proposed.box)


class _Turn:
    """A report while somebody holds the record: nobody else of staff acts."""

    def __init__(
        self, desk: Hotline, box: Box, letters: Sequence[SealedLetter], who: str, state: HotlineState,
        write: Callable[[AnyAct], None],
    ) -> None:  # fmt: skip
        self._desk, self.box, self.letters, self._who, self.state, self._write = desk, box, letters, who, state, write
        self.report, self.at = derive(box, letters, state, desk.days), desk.now()

    def add(self, act: type[Any], **more: Any) -> None:
        """Adds an act about it."""
        self._write(act(at=self.at, who=self._who, box=self.box.box, **more))

    def put(
        self,
        act: type[Any],
        kind: LetterKind,
        text: str,
        also: Callable[[Connection], None] = lambda _: None,
        **more: Any,
    ) -> None:
        """Seals a letter, adds the act that it is by, and then puts it into the mailbox. also: in its transaction."""
        letter = Letter(kind=kind, day=day_of(self.at), text=text, nonce=new_nonce())
        inner, team = kind is LetterKind.NOTE, self._desk.team
        place = max((one.place for one in self.letters if (one.sender is Sender.INNER) == inner), default=0) + 1
        reader = team.newest(Purpose.REPORTS).public if inner else self.box.public
        sender = Sender.INNER if inner else Sender.STAFF
        of, keys = self.box.box, self._desk.private
        stored = seal_letter(letter, team, reader, box=of, sender=sender, place=place, private=keys)
        self.add(act, letter=Written(place=place, digest=stored.digest), **more)

        def work(c: Connection) -> None:
            if not mailbox.add_letter(c, stored):
                raise CaseStateError("another letter stands at this place")
            also(c)

        self._desk.database.write(work)

    def open(self, letters: Sequence[SealedLetter]) -> None:
        """Puts on record that its holder opens letters (rule 1)."""
        if new := _unopened(self.state, letters, self._who):
            self.add(acts.Opened, letters=new)

    def texts(self, letters: Sequence[SealedLetter]) -> str:
        """What stands in letters, to be shown beside what its holder wrote."""
        self.open(letters)
        read = [_decrypt(one, self._desk).letter for one in letters]
        return "\n\n".join(one.text for one in read if one)

    def must_be_linked(self, case: str) -> None:
        """CaseStateError: it isn't."""
        if case not in self.report.cases:
            raise CaseStateError("the report isn't linked to this case", key="case")

    def must_be_seen(self, seen: int, mine: str) -> None:
        """Rule 3."""
        if self.report.seen != seen:
            talk = talk_of(self.letters)
            unopened = _unopened(self.state, talk, self._who)
            theirs = self.texts([one for one in talk if one.digest in unopened] or talk[-1:])
            raise StaleError(id=self.report.id, version=self.report.seen, theirs=theirs, mine=mine)

    def must_stand(self, note: int, mine: str) -> None:
        """Rule 3, of notes: no other took this one's place."""
        written = {one.place: one for one in self.letters if one.sender is Sender.INNER}
        if note not in written:
            raise NoSuchCaseError("there is no such note", key="note")
        theirs = [one for one in self.state.of(self.box.box) if isinstance(one, acts.Noted) and one.replaces == note]
        if later := [written[one.letter.place] for one in theirs if one.letter.place in written]:
            about = {"id": f"{self.report.id}/{note}", "version": later[-1].place}
            raise StaleError(**about, theirs=self.texts(later), mine=mine)  # type: ignore[arg-type]


def _find(c: Connection, id_: str) -> tuple[Box, list[SealedLetter]]:
    """A report's box and letters. NoSuchCaseError: there is none, or it isn't clear which."""
    try:
        found = mailbox.find_boxes(c, bytes.fromhex(id_.removeprefix("r-")))
    except ValueError:
        found = []
    if len(found) != 1 or report_id(found[0].box) != id_:
        raise NoSuchCaseError("there is no report {id}", id=id_, key="report")
    return found[0], mailbox.letters_of(c, found[0].box)


def _decrypt(stored: SealedLetter, desk: Hotline) -> ReadLetter:
    if stored.sealed is None:
        return ReadLetter(stored=stored, letter=None)
    try:
        return ReadLetter(stored=stored, letter=open_letter(stored, desk.private, desk.team))
    except SealedError as wrong:
        return ReadLetter(stored=stored, letter=None, wrong=wrong)


def _unopened(state: HotlineState, letters: Sequence[SealedLetter], who: str) -> tuple[bytes, ...]:
    """Letters that somebody hasn't opened yet, by their digests."""
    there = [one for one in letters if one.sealed is not None]
    opened = state.opened.get((there[0].box, who), frozenset()) if there else frozenset()
    return tuple(dict.fromkeys(one.digest for one in there if one.digest not in opened))


def _both(text: str, **values: object) -> str:
    """A text of ours in both languages."""
    said = Message(text, values)
    return f"{said.fill(translator('zh'))}\n\n{said}"
