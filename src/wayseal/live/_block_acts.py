"""Acts of the record of blocks, and what they come to.

1. Every entry has a reason, a case and an end. Lifting one takes one person and a reason.
2. A rule is in force once another person agreed to what one proposed; one person switches it off.
3. What can't be isn't in the record: `BlockState.apply` raises ValueError, whoever wrote it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wayseal.journal.record import Act, same_person
from wayseal.live.errors import ActError
from wayseal.model.schema import CLOSED, Name
from wayseal.store.blocked import BlockedList, Entry, Fails, Measure

MOST_MINUTES: Final = 31 * 24 * 60
"""The longest that an entry may last."""
MOST_TEXT: Final = 500
RULES = "wayseal"
"""Who made an entry that a rule made, or lifted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a notice makes an entry by itself.

    Attributes:
        name: Its name.
        least: The least probability of a notice.
        detectors: Names of detectors, of which the notice must give one as a reason; none: whichever.
        measure: What is done.
        minutes: How long the entry lasts, from the notice on.
        most: Entries of this rule that count at once; beyond it, it makes none: what names so many is itself wrong.
    """

    __pydantic_config__: ClassVar = CLOSED
    name: Name
    least: Annotated[float, Field(gt=0, le=1)]
    detectors: tuple[Name, ...] = ()
    measure: Measure = Measure.STEP_UP
    minutes: Annotated[int, Field(gt=0, le=MOST_MINUTES)]
    most: Annotated[int, Field(gt=0)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Act):
    """An entry was made. rule, notice, raised: by which rule, of which notice, and the one that that goes on from."""

    kind: Literal["added"] = "added"
    entry: Entry
    rule: str = ""
    notice: str = ""
    raised: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted(Act):
    """Entries were lifted."""

    kind: Literal["lifted"] = "lifted"
    entries: tuple[Name, ...]
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProposed(Act):
    """Somebody proposed a rule."""

    kind: Literal["rule_proposed"] = "rule_proposed"
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAgreed(Act):
    """Another person agreed."""

    kind: Literal["rule_agreed"] = "rule_agreed"
    rule: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOff(Act):
    """A rule was switched off, or a proposal declined."""

    kind: Literal["rule_off"] = "rule_off"
    rule: Name
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforced(Act):
    """A gateway said which version of the list it enforces, and what it does where it can't know one."""

    kind: Literal["enforced"] = "enforced"
    gateway: Name
    version: Annotated[int, Field(ge=0)]
    fails: Fails


AnyAct = Added | Lifted | RuleProposed | RuleAgreed | RuleOff | Enforced
ACT: Any = Annotated[AnyAct, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    """A rule and who switched it on. agreed: None: it waits for another person."""

    proposed: RuleProposed
    agreed: RuleAgreed | None = None


@dataclass(slots=True, kw_only=True)
class BlockState:
    """What the record comes to.

    Attributes:
        added: Entries by their ids, those that ended included.
        lifted: The act that lifted an entry, by its id.
        rules: By name; without those that were switched off.
        gateways: What each said last.
        version: Of the list: how often it was changed.
        at: When it was changed last, microseconds after 1970.
    """

    added: dict[str, Added] = field(default_factory=dict)
    lifted: dict[str, Lifted] = field(default_factory=dict)
    rules: dict[str, RuleState] = field(default_factory=dict)
    gateways: dict[str, Enforced] = field(default_factory=dict)
    version: int = 0
    at: int = 0

    def standing(self, now: int) -> tuple[Added, ...]:
        """Entries that count at a time, microseconds after 1970, in their order."""
        return tuple(a for a in self.added.values() if a.entry.id not in self.lifted and now < a.entry.until)

    def blocked(self) -> BlockedList:
        """The list: what stood when it was changed last."""
        return BlockedList(version=self.version, at=self.at, entries=tuple(a.entry for a in self.standing(self.at)))

    def apply(self, act: AnyAct) -> None:
        """Takes an act (rule 3)."""
        _APPLY[type(act)](self, act)

    def _add(self, act: Added) -> None:
        _must(act.entry.id not in self.added and act.entry.since < act.entry.until)
        self.added[act.entry.id] = act
        self._change(act)

    def _lift(self, act: Lifted) -> None:
        _must(bool(act.entries) and all(one in self.added and one not in self.lifted for one in act.entries))
        self.lifted |= dict.fromkeys(act.entries, act)
        self._change(act)

    def _propose(self, act: RuleProposed) -> None:
        known = self.rules.get(act.rule.name)
        _must(known is None or known.agreed is None)
        self.rules[act.rule.name] = RuleState(proposed=act)

    def _agree(self, act: RuleAgreed) -> None:
        known = self.rules.get(act.rule)
        _must(known is not None and known.agreed is None and not same_person(known.proposed.who, act.who))
        assert known is not None  # noqa: S101
        self.rules[act.rule] = RuleState(proposed=known.proposed, agreed=act)

    def _switch_off(self, act: RuleOff) -> None:
        _must(act.rule in self.rules)
        del self.rules[act.rule]

    def _enforce(self, act: Enforced) -> None:
        self.gateways[act.gateway] = act

    def _change(self, act: Act) -> None:
        self.version += 1
        self.at = max(self.at, act.at)


def one_line(text: str, key: str) -> str:
    """A text that an act may hold, without blanks around it; ActError: it is none, and names its field."""
    if not text.strip() or len(text) > MOST_TEXT or not text.isprintable():
        raise ActError("one line of up to {most} characters", key=key, most=MOST_TEXT)
    return text.strip()


def _must(can_be: bool) -> None:
    if not can_be:
        raise ValueError("act")


_APPLY: Mapping[type, Callable[[BlockState, Any], None]] = {
    Added: BlockState._add,
    Lifted: BlockState._lift,
    RuleProposed: BlockState._propose,
    RuleAgreed: BlockState._agree,
    RuleOff: BlockState._switch_off,
    Enforced: BlockState._enforce,
}
