"""A casebook as a value: its cases and what they teach, what verifying it finds, and its acts as objects of lines."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from wayseal.cases import types
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.verdicts import HearingPoint
from wayseal.cases.views import MarkedRead
from wayseal.journal import Fault, Head
from wayseal.model.schema import parse_json
from wayseal.model.times import iso
from wayseal.page.visible import shorten, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCase:
    """A case: its accounts in the order in which they came, its alerts, and what was done with it.

    named: the accounts whose names may be shown because of this case. verdict: the one that counts, the last.
    verdicts: of accounts that have one, whether their reads were no work. closed_at: when it was closed, None where it
    is open. merged_into: the case that it went into. marked: its reads that are starred or commented on.
    """

    id: str
    actors: tuple[str, ...]
    alerts: tuple[types.Alert, ...]
    acts: tuple[types.CaseAct, ...] = ()
    named: frozenset[str] = frozenset()
    state: types.CaseState = types.CaseState.NEW
    verdict: types.Verdict | None = None
    verdicts: Mapping[str, bool] = field(default_factory=dict)
    closed_at: int | None = None
    merged_into: str | None = None
    marked: tuple[MarkedRead, ...] = ()

    @property
    def closed(self) -> bool:
        """True if nothing more is to be done with it as it stands."""
        return self.state in types.CLOSED_STATES

    @property
    def heard(self) -> tuple[types.Heard, ...]:
        """The statements of the persons concerned."""
        return tuple(act for act in self.acts if isinstance(act, types.Heard))

    @property
    def judged(self) -> tuple[tuple[str, bool, tuple[HearingPoint, ...]], ...]:
        """Each account's verdict that counts, and what hearings of its person lacked when it was given."""
        given = {
            (one.account, act.true): one for act in self.acts if isinstance(act, types.Verdict) for one in act.accounts
        }
        some = [(account, true, given.get((account, true))) for account, true in self.verdicts.items()]
        return tuple((account, true, one.lacking if one else ()) for account, true, one in some)

    @property
    def score(self) -> float:
        """That of the last alert."""
        return self.alerts[-1].score

    @property
    def parcels_a_day(self) -> float:
        """That of the last alert."""
        return self.alerts[-1].parcels_a_day

    @property
    def worth(self) -> bool:
        """True if it was worth acting on by the last alert."""
        return self.alerts[-1].worth

    @property
    def alerted_at(self) -> int:
        """The time of its earliest alert."""
        return min(alert.alerted_at for alert in self.alerts)

    @property
    def last_alerted_at(self) -> int:
        """The time of its latest alert."""
        return max(alert.alerted_at for alert in self.alerts)

    @property
    def read_until(self) -> int:
        """The time of the newest read that an alert told of: what a verdict is about."""
        return max(alert.until for alert in self.alerts)

    @property
    def detectors(self) -> tuple[str, ...]:
        """All that ever gave a reason, in the order in which they first did."""
        return tuple(dict.fromkeys(name for alert in self.alerts for name in alert.detectors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A lesson of verdicts: whose reads, alerted from when to when by which detectors, were work or not.

    read_until: up to when these reads were known.
    """

    case: str
    actors: tuple[str, ...]
    detectors: tuple[str, ...]
    alerted_at: int
    last_alerted_at: int
    read_until: int
    true: bool
    at: int


def parted(actors: Sequence[str], verdicts: Mapping[str, bool]) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """Parts the accounts of a case by their verdict, in their order; those whose reads were no work come first."""
    for true in (True, False):
        if some := tuple(actor for actor in actors if verdicts.get(actor) is true):
            yield true, some


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The part of a casebook that detection has to know.

    opened: the accounts whose names may be shown (rule 7). linked: those of each open case of several.
    """

    verdicts: tuple[Judged, ...] = ()
    opened: frozenset[str] = frozenset()
    linked: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Casebook:
    """The content of a casebook."""

    cases: tuple[RecordedCase, ...] = ()
    forgotten: tuple[types.Forgotten, ...] = ()

    def case(self, id_: str) -> RecordedCase:
        """The case of that id; NoSuchCaseError if there is none."""
        for case in self.cases:
            if case.id == id_:
                return case
        name = shorten(visible(id_), types.MOST_ID) or '""'
        raise NoSuchCaseError("there is no case {name}; `wayseal case list` shows which there are", name=name)

    @property
    def opened_actors(self) -> frozenset[str]:
        """The accounts whose names may be shown (rule 7)."""
        return frozenset().union(*(case.named for case in self.cases))

    @property
    def known(self) -> Known:
        """The part of it that detection has to know."""
        several = (
            tuple(sorted(set(c.actors))) for c in sorted(self.cases, key=lambda c: c.id) if c.state in types.OPEN_STATES
        )
        linked = tuple(some for some in several if len(some) > 1)
        return Known(verdicts=self.verdicts, opened=self.opened_actors, linked=linked)

    def closed_before(self, moment: int) -> tuple[RecordedCase, ...]:
        """The cases that were closed before a moment.

        Cases that ever went into one another, or came apart, share acts: they go together, after the last was closed.
        """
        families = self._families()
        open_ = {
            families[case.id]
            for case in self.cases
            if case.state is not types.CaseState.MERGED and (case.closed_at is None or case.closed_at >= moment)
        }
        return tuple(case for case in self.cases if families[case.id] not in open_)

    def _families(self) -> dict[str, str]:
        """One case for all that share acts, by case."""
        of = {case.id: case.id for case in self.cases}

        def root(id_: str) -> str:
            while of[id_] != id_:
                id_ = of[id_]
            return id_

        for case in self.cases:
            for act in case.acts:
                other = act.into if isinstance(act, types.Merged) else act.made if isinstance(act, types.Split) else ""
                if other in of and act.case in of:  # type: ignore[union-attr]
                    of[root(other)] = root(act.case)  # type: ignore[union-attr]
        return {id_: root(id_) for id_ in of}

    def waiting_since(self, moment: int) -> tuple[RecordedCase, ...]:
        """The open cases that had their last alert before a moment."""
        return tuple(case for case in self.cases if case.state in types.OPEN_STATES and case.last_alerted_at < moment)

    @property
    def verdicts(self) -> tuple[Judged, ...]:
        """The lessons of the verdicts that count, by case."""
        return tuple(
            Judged(
                case=case.id,
                actors=actors,
                detectors=case.detectors,
                alerted_at=case.alerted_at,
                last_alerted_at=case.last_alerted_at,
                read_until=case.read_until,
                true=true,
                at=verdict.at,
            )
            for case in self.cases
            if (verdict := case.verdict) is not None
            for true, actors in parted(case.actors, case.verdicts)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of verifying a casebook. acts: lines that count.

    earlier: whether the casebook goes on from a head that was written down; None where none was given.
    restarted: the act of forgetting with which the chain was begun anew right behind that head.
    """

    head: Head
    acts: int
    faults: tuple[Fault, ...]
    forgotten: tuple[types.Forgotten, ...]
    earlier: bool | None = None
    restarted: types.Forgotten | None = None

    @property
    def sound(self) -> bool:
        """True if nothing is wrong."""
        return not self.faults and self.earlier is not False


A = TypeVar("A")
_KINDS: Mapping[str, Callable[..., types.Act]] = {
    "heard": types.Heard,
    "verdict": types.Verdict,
    "proposed": types.Proposed,
    "answered": types.Answered,
    "forgotten": types.Forgotten,
    "changed": types.Changed,
    "note": types.NoteWritten,
    "task": types.TaskSet,
    "mark": types.ReadMarked,
    "tag": types.Tagged,
    "link": types.Linked,
    "file": types.FileNamed,
    "pack": types.PackHeld,
    "merge": types.Merged,
    "split": types.Split,
    "undone": types.Undone,
    "item": types.Queued,
    "item_changed": types.ItemChanged,
    "promoted": types.Promoted,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_TIMES = {"at", "since", "until"}
_KEYS = {"before": "was"}
"""`before` is the chain's."""
LOOKS = ("opened", "unmasked", "reads")
PROPOSING = ("proposed", "answered")
UNDOABLE = frozenset(
    {"changed", "verdict", "note", "task", "mark", "tag", "link", "file", "merge", "item_changed", "promoted"}
)
"""What can be taken back (rule 19)."""


def to_object(act: types.Act) -> dict[str, object]:
    """An act as an object."""
    head: dict[str, object] = {"at": iso(act.at)}
    match act:
        case types.Registered():
            return {"act": act_name(act), **head, "case": act.case, **_alert(act.alert)}
        case types.NamesShown():
            cases = {case: list(actors) for case, actors in act.cases.items()}
            return {"act": act_name(act), **head, "cases": cases, "who": act.who, "why": act.why}
        case types.Forgotten():
            numbers = {name: getattr(act, name) for name in ("cases", "acts", "lines", "head", "last", "last_item")}
            by = {"who": act.who, "why": act.why}
            return {"act": act_name(act), **head, "before_at": iso(act.before), **numbers, **by}
        case _:
            return {"act": act_name(act), **_plain(act)}


def act_name(act: types.Act) -> str:
    """Return the name that a line gives such an act."""
    match act:
        case types.Registered():
            return "case" if act.first else "alert"
        case types.NamesShown():
            return act.look.value
        case _:
            return _NAMES[type(act)]


def to_act(found: Mapping[str, Any]) -> types.Act:
    """An act from an object; ValueError where it is none."""
    name = found.get("act")
    inner = {key: value for key, value in found.items() if key not in {"before", "sum"}}
    if "was" in inner:
        inner["before"] = inner.pop("was")
    if name in {"case", "alert"}:
        return _read(types.Registered, {**inner, "alert": inner, "first": name == "case"})
    if name in LOOKS:
        return _read(types.NamesShown, {**inner, "look": name})
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError("act")
    return _read(kind, inner)


def _read(kind: Callable[..., A], found: Mapping[str, Any]) -> A:
    return parse_json(json.dumps(found), kind)


def _plain(record: Any) -> dict[str, object]:
    out: dict[str, object] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, types.Alert):
            value = _alert(value)
        elif isinstance(value, tuple):
            value = [_plain(one) if is_dataclass(one) else one for one in value]
        elif is_dataclass(value):
            value = _plain(value)
        if each.name in _TIMES and value is None:
            continue
        out[_KEYS.get(each.name, each.name)] = iso(value) if each.name in _TIMES else value
    return out


def _alert(alert: types.Alert) -> dict[str, object]:
    until = {} if alert.read_until is None else {"read_until": iso(int(alert.read_until))}
    return {
        "actors": list(alert.actors),
        "alerted_at": iso(int(alert.alerted_at)),
        "score": float(alert.score),
        "detectors": list(alert.detectors),
        "parcels_a_day": float(alert.parcels_a_day),
        "worth": alert.worth,
        **until,
    }
