"""Requests for removal, and the acts that they are made of."""

from dataclasses import dataclass, field
from enum import StrEnum

DAY = 86_400_000_000
LANGS = ("en", "zh")
RULES = ("express", "personal_data", "notice", "platform")
"""What can be cited; counsel chooses, and checks the wording (`letters.toml`)."""


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
class Asked:
    """A site was asked to remove something.

    Attributes:
        request: The request's id.
        at: When.
        who: Who asked.
        source: The source whose site was asked.
        target: The shop or offer, as the source names it.
        url: Where it stands.
        address: Where the request went: a mail address, a form.
        rule: What is cited (`RULES`).
        captures: Ids of the captures that show it.
        lang: The text's language.
    """

    request: str
    at: int
    who: str
    source: str
    target: str
    url: str
    address: str
    rule: str
    captures: tuple[str, ...]
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The site answered."""

    request: str
    at: int
    who: str
    answer: Answer
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """The site was reminded."""

    request: str
    at: int
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """It was seen to be gone. captures: the looks that show it."""

    request: str
    at: int
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The request was withdrawn."""

    request: str
    at: int
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccusedAnswered:
    """Whoever is accused says something; somebody has to look at it: `Heard`."""

    request: str
    at: int
    said: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Somebody looked at what the accused said, and says what follows."""

    request: str
    at: int
    who: str
    why: str


Act = Asked | Answered | Reminded | Removed | Withdrawn | AccusedAnswered | Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it stands.

    Attributes:
        asked: What was asked.
        outcome: How it stands.
        settled_at: When it was removed or withdrawn.
        answers: What the site said.
        reminded: When it was reminded.
        said: What the accused said.
        unheard: How much of that nobody has looked at yet.
    """

    asked: Asked
    outcome: Outcome = Outcome.OPEN
    settled_at: int | None = None
    answers: tuple[Answered, ...] = ()
    reminded: tuple[int, ...] = ()
    said: tuple[AccusedAnswered, ...] = ()
    unheard: int = 0
