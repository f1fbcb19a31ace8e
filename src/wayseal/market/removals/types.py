"""Requests for removal, and the acts that they are made of."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

DAY = 86_400_000_000
LANGS = ("en", "zh")


class Rule(StrEnum):
    """What can be cited; counsel chooses, and checks the wording (`letters.toml`)."""

    EXPRESS = "express"
    PERSONAL_DATA = "personal_data"
    NOTICE = "notice"
    PLATFORM = "platform"


RULES = tuple(one.value for one in Rule)


class Answer(StrEnum):
    """What a site says."""

    ACCEPTED = "accepted"
    """It will be removed."""
    REFUSED = "refused"
    MORE = "more"
    """It asks for more."""
    OTHER = "other"


class Outcome(StrEnum):
    """How a request stands."""

    OPEN = "open"
    REMOVED = "removed"
    """It was seen to be gone."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What a person did.

    Attributes:
        request: The request's id.
        at: When it was recorded.
        who: Who did it.
        why: For what reason, or in which way.
    """

    request: str
    at: int
    who: str
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(ByHand):
    """A site was asked to remove something.

    Attributes:
        source: The source whose site was asked.
        target: The shop or offer, as the record names it.
        url: Where it stands.
        address: Where the request went: a mail address, a form.
        rule: What is cited (`Rule`).
        captures: Ids of the captures that show it.
        lang: The text's language.
    """

    source: str
    target: str
    url: str
    address: str
    rule: str
    captures: tuple[str, ...]
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded(ByHand):
    """The site was written to again: reminded, or given what it asked for. why: how that was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(ByHand):
    """The site answered. text: what it said; why: how that came."""

    answer: Answer
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(ByHand):
    """It was handed on to somebody who can do more. to: counsel, an authority, whoever hosts the site."""

    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accused(ByHand):
    """Whoever is accused says something; somebody has to look at it (`Heard`). text: what; why: how that came."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(ByHand):
    """Somebody looked at what the accused said. why: what follows from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(ByHand):
    """The request was withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """It was seen to be gone, by the watch. captures: of the look that showed it last."""

    request: str
    at: int
    captures: tuple[str, ...]


Act = Asked | Reminded | Answered | Escalated | Accused | Heard | Withdrawn | Removed
A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it stands.

    Attributes:
        asked: What was asked.
        outcome: How it stands.
        settled_at: When it was removed or withdrawn.
        unheard: How much of what the accused said nobody has looked at yet.
        acts: What happened since, in its order.
    """

    asked: Asked
    outcome: Outcome = Outcome.OPEN
    settled_at: int | None = None
    unheard: int = 0
    acts: tuple[Act, ...] = ()

    @property
    def id(self) -> str:
        """Its id."""
        return self.asked.request

    @property
    def captures(self) -> tuple[str, ...]:
        """Ids of all captures that it stands on."""
        return (*self.asked.captures, *(capture for one in self.of(Removed) for capture in one.captures))

    def of(self, kind: type[A]) -> tuple[A, ...]:
        """What happened since of one kind."""
        return tuple(one for one in self.acts if isinstance(one, kind))

    def days(self, now: int) -> float:
        """How long it ran, or has run."""
        until = now if self.settled_at is None else self.settled_at
        return max(0.0, (until - self.asked.at) / DAY)
