"""The words of hearings, verdicts on accounts, and of what one person proposes and another answers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from wayseal.model.schema import CLOSED


class HearingPoint(StrEnum):
    """A point of hearing a person: told what it is about, asked who else uses login and device, shown the reads.

    And: asked for witnesses and tickets; what was said was taken down, as in every hearing on record.
    """

    TOLD = "told"
    SHARED = "shared"
    SHOWN = "shown"
    WITNESSES = "witnesses"
    STATEMENT = "statement"


class ProposalKind(StrEnum):
    """The kinds of what another person answers: a verdict, a look at names, a pack; and that somebody else looks."""

    VERDICT = "verdict"
    NAMES = "names"
    PACK = "pack"
    ASK = "ask"


class ProposalState(StrEnum):
    """How a proposal stands: it waits, was put in force, or was declined or taken back; pages say where it lapsed."""

    WAITING = "waiting"
    GRANTED = "granted"
    DECLINED = "declined"
    LAPSED = "lapsed"


WAIT_US = 3 * 86_400_000_000
"""So long a proposal waits for an answer."""
GRANT_US = 86_400_000_000
"""So long after a yes its proposer may look at names, or make the pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountVerdict:
    """The part of a verdict that is about one account. was: the one that it had. lacking: of its hearing, for guilt."""

    __pydantic_config__: ClassVar = CLOSED
    account: str
    was: bool | None
    lacking: tuple[HearingPoint, ...] = ()
