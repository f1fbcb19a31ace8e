"""Blocks: a record of acts, and the list that comes of it, which is swapped at once.

1. An act is in the record, durably, before the list changes; a list that a crash left behind is brought up to the
   record by the next act, and by `Blocks.sync`.
2. By itself only a rule makes entries that two people switched on (`_block_acts`, rule 2). A notice that is told twice
   blocks once; one that is withdrawn, or falls below the rule, lifts at once what it had made; and what a person lifted
   the same notice doesn't bring back.
3. An entry of a rule lasts from the notice on: what is told late, of a log that is read again, blocks nobody for long.
4. Where the list is of a later version than the record comes to, acts are missing: nothing is done, and nobody is let
   off by a record that was cut.
5. The record is a chain of lines (`wayseal.journal.chain`); a last line that a crash cut off was never acknowledged.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from wayseal.journal.chain import Code, Fault, Head
from wayseal.journal.files import read_journal
from wayseal.journal.record import Record, same_person
from wayseal.live._block_acts import (
    ACT,
    MOST_MINUTES,
    RULES,
    Added,
    AnyAct,
    BlockState,
    Enforced,
    Lifted,
    Rule,
    RuleAgreed,
    RuleOff,
    RuleProposed,
    RuleState,
    one_line,
)
from wayseal.live.errors import ActError, RecordError
from wayseal.live.types import Notice, NoticeKind
from wayseal.model.messages import N_
from wayseal.model.schema import plain, read_values
from wayseal.model.times import now_us
from wayseal.store.blocked import MODE, BlockedFile, Entry, Fails, Measure
from wayseal.store.durable import replace_file

__all__ = [
    "MOST_MINUTES",
    "Added",
    "BlockState",
    "Blocks",
    "Enforced",
    "Lifted",
    "Rule",
    "RuleState",
    "Verification",
    "blocks_folder",
    "lifted_by",
    "verify_blocks",
]

FOLDER: Final = "live"
RECORD: Final = "blocks.jsonl"
LIST: Final = "blocked.json"
TOKENS: Final = "tokens"
"""File of the tokens with which gateways ask for the list."""
MOST_GATEWAYS: Final = 1000
_MINUTE = 60_000_000
_HEADER = {"wayseal": "blocks", "version": 1}
_STRENGTH = list(Measure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What looking at the record found. head: its end; acts: how many there are; faults: what is wrong.

    goes_on: whether it goes on from a head that was written down; None: none was given.
    """

    head: Head
    acts: int
    faults: tuple[Fault, ...]
    goes_on: bool | None = None

    @property
    def sound(self) -> bool:
        """True if nothing is wrong."""
        return not self.faults and self.goes_on is not False


def blocks_folder(ledger: Path) -> Path:
    """Where a ledger's blocks are kept."""
    return ledger / FOLDER


class Blocks:
    """The record of blocks and the list, of one folder. Safe to use from many threads and processes."""

    def __init__(self, folder: Path, *, clock: Callable[[], int] = now_us) -> None:
        """Takes the folder.

        Args:
            folder: It is made by the first act. Where `blocked.json` in it is a link, what it leads to is swapped.
            clock: Microseconds after 1970.
        """
        self.file, self._record = folder / LIST, folder / RECORD
        self._clock = clock
        self._list = BlockedFile(self.file, fails=Fails.OPEN)
        self._acts = _record(folder, self._begin)

    def _begin(self) -> Callable[[AnyAct], None]:
        self._state = BlockState()
        return self._state.apply

    def state(self) -> BlockState:
        """What the record comes to now; to be looked at only. RecordError: it isn't what was written."""
        with self._acts.mutex:
            version = self._listed()
            self._acts.read()
            self._refuse_cut(version)
            known = self._state
            return replace(
                known, added=dict(known.added), lifted=dict(known.lifted), rules=dict(known.rules),
                gateways=dict(known.gateways),
            )  # fmt: skip

    def sync(self) -> None:
        """Brings the list up to the record, and makes it where there is none (rule 1)."""
        with self._writing():
            pass

    def add(self, *, actor: str, measure: Measure | str, reason: str, case: str, until: int, who: str) -> Entry:
        """Puts an account on the list.

        Args:
            actor: Id of the account.
            measure: What is done.
            reason: Why: a line without names.
            case: What it is about.
            until: Up to when, microseconds after 1970.
            who: Who does it.

        Returns:
            The entry.

        Raises:
            ActError: A field can't be as it is; names it.
        """
        now = self._clock()
        if until <= now:
            raise ActError("lies in the past", key="until")
        if until > now + MOST_MINUTES * _MINUTE:
            raise ActError("lies more than {days} days ahead", key="until", days=MOST_MINUTES // 1440)
        with self._writing() as write:
            entry = Entry(
                id=f"b-{len(self._state.added) + 1}",
                actor=one_line(actor, "actor"),
                measure=_measure(measure),
                since=now,
                until=until,
                reason=one_line(reason, "reason"),
                case=one_line(case, "case"),
            )
            write(Added(at=now, who=one_line(who, "who"), entry=entry))
        return entry

    def lift(self, entries: Sequence[str], *, who: str, why: str) -> tuple[Entry, ...]:
        """Takes entries off the list.

        Args:
            entries: Their ids.
            who: Who does it.
            why: For what reason.

        Returns:
            The entries; those that had ended or were lifted before are left out.

        Raises:
            ActError: There is no such entry, or a field can't be as it is; names it.
        """
        now = self._clock()
        with self._writing() as write:
            state = self._state
            if not entries or any(one not in state.added for one in entries):
                raise ActError("there is no such entry", key="entry")
            standing = [a.entry for a in state.standing(now) if a.entry.id in set(entries)]
            if standing:
                ids = tuple(one.id for one in standing)
                write(Lifted(at=now, who=one_line(who, "who"), entries=ids, why=one_line(why, "why")))
        return tuple(standing)

    def propose_rule(self, rule: Rule, *, who: str) -> None:
        """Proposes a rule, in the place of a proposal of that name.

        ActError: a field can't be as it is, or a rule of that name is in force; names the field.
        """
        one_line(rule.name, "name")
        read_values(plain(rule), Rule, ActError)
        with self._writing() as write:
            known = self._state.rules.get(rule.name)
            if known is not None and known.agreed is not None:
                raise ActError("such a rule is in force: switch it off first", key="name")
            write(RuleProposed(at=self._clock(), who=one_line(who, "who"), rule=rule))

    def agree_rule(self, name: str, *, who: str) -> Rule:
        """Puts a rule in force that another person proposed; gives it.

        ActError: no such rule waits, or it is one's own; names the field.
        """
        with self._writing() as write:
            known = self._state.rules.get(name)
            if known is None or known.agreed is not None:
                raise ActError("no such rule waits for a second person", key="name")
            if same_person(known.proposed.who, who):
                raise ActError("another person switches a rule on, never who proposed it", key="who")
            write(RuleAgreed(at=self._clock(), who=one_line(who, "who"), rule=name))
        return known.proposed.rule

    def switch_off_rule(self, name: str, *, who: str, why: str) -> tuple[str, ...]:
        """Switches a rule off, or declines a proposal; ids of its entries that still count, which this doesn't lift.

        ActError: there is no such rule; names the field.
        """
        with self._writing() as write:
            state, now = self._state, self._clock()
            if name not in state.rules:
                raise ActError("there is no such rule", key="name")
            write(RuleOff(at=now, who=one_line(who, "who"), rule=name, why=one_line(why, "why")))
            return tuple(a.entry.id for a in state.standing(now) if a.rule == name)

    def act_on(self, notice: Notice, *, case: str = "") -> Entry | None:
        """Does what the rules in force say of a notice (rules 2 and 3).

        Args:
            notice: It.
            case: The case that it is in; "": it stands for itself.

        Returns:
            The entry that counts because of it; None: none.
        """
        root = notice.raised or notice.id
        known = self.state()
        if _fitting(notice, known) is None and not any(a.raised == root for a in known.added.values()):
            return None
        with self._writing() as write:
            state, now = self._state, self._clock()
            of_it = [a for a in state.added.values() if a.raised == root]
            standing = [a.entry for a in state.standing(now) if a.raised == root]
            rule = None if notice.kind is NoticeKind.WITHDRAWN else _fitting(notice, state)
            if rule is None:
                if standing and notice.kind is not NoticeKind.RAISED:
                    ids = tuple(one.id for one in standing)
                    write(Lifted(at=now, who=RULES, entries=ids, why=lifted_by(notice)))
                return None
            by_hand = any(a.entry.id in state.lifted and state.lifted[a.entry.id].who != RULES for a in of_it)
            until = min(notice.at, now) + rule.minutes * _MINUTE
            told = any(a.notice == notice.id for a in of_it)
            many = sum(a.rule == rule.name for a in state.standing(now)) >= rule.most
            if standing or told or by_hand or many or until <= now:
                return standing[0] if standing else None
            entry = Entry(
                id=f"b-{len(state.added) + 1}",
                actor=notice.actor,
                measure=rule.measure,
                since=now,
                until=until,
                reason=f"rule {rule.name}: {', '.join(one.detector for one in notice.reasons)}",
                case=case or f"notice {root}",
            )
            write(Added(at=now, who=RULES, entry=entry, rule=rule.name, notice=notice.id, raised=root))
            return entry

    def enforced(self, gateway: str, version: int, fails: Fails | str, *, who: str) -> None:
        """Records what a gateway enforces, where that is something else than it said last.

        Args:
            gateway: Its name.
            version: Of the list.
            fails: What it does where it can't know the list.
            who: Who says so.

        Raises:
            ActError: A field can't be as it is; names it.
        """
        if fails not in set(Fails):
            raise ActError("is one of {known}", key="fails", known=[str(one) for one in Fails])
        last = self.state().gateways.get(gateway)
        if last is not None and (last.version, last.fails) == (version, fails):
            return
        with self._writing() as write:
            state = self._state
            if not 0 <= version <= state.version:
                raise ActError("the list has no such version", key="version")
            if gateway not in state.gateways and len(state.gateways) >= MOST_GATEWAYS:
                raise ActError("there are too many gateways", key="gateway")
            name, by = one_line(gateway, "gateway"), one_line(who, "who")
            write(Enforced(at=self._clock(), who=by, gateway=name, version=version, fails=Fails(fails)))

    @contextmanager
    def _writing(self) -> Iterator[Callable[[AnyAct], None]]:
        """Holds the record, read up to its end; what it gives adds an act. The list is up to it afterwards (rule 1)."""
        with self._acts.writing() as write:
            self._refuse_cut(self._listed())
            yield write
            self._swap()

    def _listed(self) -> int:
        """The version of the list."""
        self._list.current()
        return self._list.version

    def _refuse_cut(self, version: int) -> None:
        """Rule 4."""
        if version > self._state.version:
            raise RecordError("ends at version {known} of the list, which has {version}: acts are missing",
                              file=self._record, known=self._state.version, version=version)  # fmt: skip

    def _swap(self) -> None:
        body = self._state.blocked().to_bytes()
        place = self.file.resolve()
        try:
            there = place.read_bytes()
        except FileNotFoundError:
            there = b""
        if there != body:
            replace_file(place, body, mode=MODE)


def lifted_by(notice: Notice) -> str:
    """Why entries were lifted that a notice no longer upholds. Gives the reason, as the record has it."""
    return f"notice {notice.id}: {notice.kind}"


def _fitting(notice: Notice, state: BlockState) -> Rule | None:
    """The hardest rule in force that a notice fits, of such the one that lasts longest."""
    detectors = {one.detector for one in notice.reasons}
    fitting = [
        known.proposed.rule
        for known in state.rules.values()
        if known.agreed is not None
        and notice.probability >= known.proposed.rule.least
        and (not known.proposed.rule.detectors or detectors.intersection(known.proposed.rule.detectors))
    ]
    return max(fitting, key=lambda one: (_STRENGTH.index(one.measure), one.minutes), default=None)


def verify_blocks(folder: Path, head: Head | None = None) -> Verification:
    """Look at every line of a record.

    Args:
        folder: Where blocks are kept.
        head: One that was written down; the record must go on from it.

    Returns:
        What was found, the list beside it included.

    Raises:
        RecordError: There is no record.
    """
    try:
        content = read_journal(folder / RECORD)
    except FileNotFoundError:
        raise RecordError(N_("there is no record of blocks"), file=folder / RECORD) from None
    state = BlockState()
    record = _record(folder, lambda: state.apply)
    faults = list(record.take(content))
    listed = _bytes(folder / LIST)
    if not faults and (state.version or listed) and listed != state.blocked().to_bytes():
        faults.append(Fault(line=record.head.lines, code=Code.TABLES))
    goes_on = None if head is None else head.lines == 0 or head.sum in record.sums[head.lines - 1 : head.lines]
    end = record.head if record.head.lines else Head(lines=0, sum="0" * 64)
    return Verification(head=end, acts=max(0, end.lines - 1), faults=tuple(faults), goes_on=goes_on)


def _record(folder: Path, begin: Callable[[], Callable[[AnyAct], None]]) -> Record:
    changed = partial(RecordError, N_("the record of blocks was changed"))
    return Record(folder / RECORD, _HEADER, ACT, begin, changed)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _measure(value: Measure | str) -> Measure:
    try:
        return Measure(value)
    except ValueError:
        raise ActError("is one of {known}", key="measure", known=[str(one) for one in Measure]) from None
