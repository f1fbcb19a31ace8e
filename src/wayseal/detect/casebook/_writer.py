"""A casebook that is held for writing (rules 1 to 3, 8 to 13)."""

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wayseal.detect.casebook._acts import to_act, to_object
from wayseal.detect.casebook._chain import chain_lines, header, last_sum
from wayseal.detect.casebook._fold import PREFIX, ActReplayer, find_continued_case, forget_cases
from wayseal.detect.casebook._pseudonyms import Entropy, Pseudonyms, check_pseudonyms, make_pseudonyms
from wayseal.detect.casebook._read import LoadedCasebook, as_casebook_errors, load_content
from wayseal.detect.casebook.types import (
    FILE,
    Act,
    Alert,
    Casebook,
    Forgotten,
    Heard,
    Look,
    NamesShown,
    RecordedCase,
    Registered,
    Verdict,
    one_line,
)
from wayseal.detect.errors import CasebookUsageError, NoSuchCaseError
from wayseal.store.journal import LockedJournal, lock_journal

FOLDER_MODE = 0o700
MOST_STATEMENT = 20_000
_BREAKS = "\n\t"
_CONTROLS = ("Cc", "Cs")


class CasebookWriter:
    """A casebook that is held for writing. What a method did is durable when it returns; what it refuses isn't done.

    Every `at` is microseconds after 1970, UTC. NoSuchCaseError: no such case; CasebookUsageError: nothing says who or
    why; OSError: the disk refuses.
    """

    def __init__(self, held: LockedJournal, path: Path, pseudonyms: Pseudonyms, made: LoadedCasebook | None) -> None:
        self._held = held
        self._path = path
        self.pseudonyms = pseudonyms
        self._start(made)

    def _start(self, made: LoadedCasebook | None) -> None:
        self._lines = len(made.chain.sums) if made else 0
        self._before = made.chain.sums[-1] if made else ""
        self._prefix = made.chain.start if made else b""
        self._unread = made.chain.cut if made else ()
        self._acts = [act for _, act in made.acts] if made else []
        self._replayer = made.replayer if made else ActReplayer()
        self._book: Casebook | None = None

    @property
    def book(self) -> Casebook:
        """What the casebook says now."""
        if self._book is None:
            self._book = self._replayer.book(self._unread)
        return self._book

    def register(self, alerts: Sequence[Alert], at: int) -> tuple[str, ...]:
        """Puts alerts into cases (rules 9 and 10); returns the case of each, in their order.

        An alert that the case has as its last one already, or that a verdict has judged, changes nothing. ValueError:
        an alert without accounts.
        """
        ids: list[str] = []
        acts: list[Act] = []
        last = self._replayer.last
        for alert in alerts:
            if not alert.actors:
                raise ValueError("actors")
            case = find_continued_case(self.book.cases, alert, set(ids))
            if case is None:
                last += 1
                ids.append(f"{PREFIX}{last}")
                acts.append(Registered(case=ids[-1], at=at, alert=alert, first=True))
                continue
            ids.append(case.id)
            if case.verdict is None and case.alerts[-1] != alert:
                acts.append(Registered(case=case.id, at=at, alert=alert, first=False))
        self._add(acts)
        return tuple(ids)

    def open(self, case: str, who: str, why: str, at: int) -> RecordedCase:
        """Opens a case: from here on its accounts' names may be shown (rule 7). Returns it."""
        self._show({case: self.book.case(case).actors}, who, why, at, Look.OPENED)
        return self.book.case(case)

    def unmask(self, cases: Sequence[str], who: str, why: str, at: int) -> None:
        """Opens several cases in one act, for a list that names all of them. None: nothing is recorded."""
        if cases:
            self._show({case: self.book.case(case).actors for case in cases}, who, why, at, Look.UNMASKED)

    def show_reads(self, case: str, who: str, why: str, at: int, *, actor: str | None = None) -> tuple[str, ...]:
        """Records that somebody sees the reads of a case's accounts, or of one: their names may be shown (rule 7).

        actor: which one, by id or pseudonym; NoSuchCaseError where it is none of the case's. Returns the accounts.
        """
        found = self.book.case(case)
        actors = found.actors if actor is None else (self._account_of(found, actor),)
        self._show({case: actors}, who, why, at, Look.READS)
        return actors

    def _show(self, actors: Mapping[str, tuple[str, ...]], who: str, why: str, at: int, look: Look) -> None:
        self._add([NamesShown(cases=actors, at=at, who=one_line(who, "who"), why=one_line(why, "why"), look=look)])

    def hear(self, case: str, who: str, statement: str, at: int, *, actor: str | None = None) -> RecordedCase:
        """Records what the person concerned said (rule 11). who: who wrote it down.

        actor: whose account it is, by id or pseudonym; a case of several accounts needs it (CasebookUsageError).
        NoSuchCaseError also where that account is none of the case's. Returns the case.
        """
        actor = self._whose(self.book.case(case), actor)
        said = _text(statement, "statement")
        self._add([Heard(case=case, at=at, who=one_line(who, "who"), statement=said, actor=actor)])
        return self.book.case(case)

    def _whose(self, case: RecordedCase, given: str | None) -> str | None:
        """The id of a case's account that was given by id or pseudonym; None: it has one, and none was given."""
        if given is None:
            if len(case.actors) > 1:
                raise CasebookUsageError(
                    "{id} has several accounts: say whose statement it is", key="actor", id=case.id
                )
            return None
        return self._account_of(case, given)

    def _account_of(self, case: RecordedCase, given: str) -> str:
        """The id of a case's account that was given by id or pseudonym."""
        if given in case.actors:
            return given
        meant = [actor for actor in case.actors if self.pseudonyms.of(actor) == given]
        if len(meant) != 1:
            raise NoSuchCaseError("{id} has no such account; `wayseal case list` shows its accounts", id=case.id)
        return meant[0]

    def verdict(self, case: str, true: bool, who: str, why: str, at: int) -> RecordedCase:
        """Closes a case (rule 12). true: the reads were not work. Returns it."""
        self.book.case(case)
        self._add([Verdict(case=case, at=at, true=true, who=one_line(who, "who"), why=one_line(why, "why"))])
        return self.book.case(case)

    def forget(self, before: int, who: str, why: str, at: int) -> Forgotten | None:
        """Forgets the cases that were closed before a moment (rule 13); None where there are none."""
        by = {"who": one_line(who, "who"), "why": one_line(why, "why")}
        left = forget_cases(self._acts, self.book, before)
        if not left.cases:
            return None
        done = Forgotten(
            at=at,
            before=before,
            cases=len(left.cases),
            acts=left.acts,
            cut=len(self._unread),
            lines=self._lines,
            head=self._before,
            last=self._replayer.last,
            **by,
        )
        earlier = [act for act in left.kept if isinstance(act, Forgotten)]
        content = self._whole([*earlier, done, *(act for act in left.kept if not isinstance(act, Forgotten))])
        self._held.replace(content)
        self._start(load_content(content, self._path))
        return done

    def _whole(self, acts: Sequence[Act]) -> bytes:
        """A casebook of these acts alone."""
        return chain_lines([header(self.pseudonyms.check), *map(to_object, acts)], "")

    def _add(self, acts: Sequence[Act]) -> None:
        """Writes acts, durably, and only then takes them in (rule 1)."""
        if not acts:
            return
        read = [to_act(to_object(act)) for act in acts]  # what can't be read again is refused before it is written
        if self._lines:
            content = chain_lines([to_object(act) for act in acts], self._before)
            self._held.add(self._prefix + content)
        else:
            content = self._whole(acts)
            self._held.replace(content)
        self._lines += content.count(b"\n")
        self._before, self._prefix, self._book = last_sum(content), b"", None
        for act in read:
            self._replayer.take(act)
        self._acts += read


@contextmanager
def writing(folder: Path, *, new: bool = True, entropy: Entropy = os.urandom) -> Iterator[CasebookWriter]:
    """Holds a casebook for writing, in a folder that is made where there is none (rules 2 and 3).

    new: it may be made; NoSuchCaseError where it may not. CasebookBusyError: another process writes; other errors as
    for `read_casebook`.
    """
    path = folder / FILE
    if new:
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    elif not path.exists():
        raise NoSuchCaseError("no case has been registered yet", file=path)
    if folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)
    with ExitStack() as stack:
        with as_casebook_errors(path):
            held = stack.enter_context(lock_journal(path, new=new))
        made = load_content(held.content, path) if held.content else None
        aliases = check_pseudonyms(folder, made.chain.secret) if made else make_pseudonyms(folder, entropy)
        yield CasebookWriter(held, path, aliases, made)


def _text(text: str, field: str) -> str:
    hidden = any(unicodedata.category(char) in _CONTROLS for char in text if char not in _BREAKS)
    if not text.strip() or len(text) > MOST_STATEMENT or hidden:
        raise CasebookUsageError("a text of up to {most} characters", key=field, most=MOST_STATEMENT)
    return text
