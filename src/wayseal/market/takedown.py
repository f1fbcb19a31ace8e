"""Asking a site to take something down: what was asked, under which rule, and what became of it.

1. A request is what its acts come to: who asked, where, on which captures, which rule was cited. Nothing is taken back;
   a mistake is withdrawn. Acts are lines of the market's record, which refuses one that can't be (ADR 76).
2. It is settled when the offer was seen to be gone (`market.shops`), or was withdrawn; never by a site's word. What the
   watch saw is never refused.
3. Without an answer it is due after some days, again and again, and then somebody else's: reminders say which. So it is
   at once after a refusal, and long after it was handed on.
4. Counts of a source say how many were asked for, removed and are open side by side, so that a site that never answers
   doesn't look quick.
5. Whoever is accused can answer; that stands in the request, and a request with an open answer is told first.
6. Texts are templates in both languages, with what is cited as data; nothing is sent from here.
7. Pure: the time is passed in.
"""

import string
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from wayseal.market.errors import RemovalError
from wayseal.model.times import clock_us, time_at

DAY = 86_400_000_000
LANGS = ("en", "zh")


class Rule(StrEnum):
    """A rule to cite; counsel chooses, and checks the wording (`letters.toml`)."""

    EXPRESS = "express"
    PERSONAL_DATA = "personal_data"
    NOTICE = "notice"
    PLATFORM = "platform"


RULES = tuple(one.value for one in Rule)


class Answer(StrEnum):
    """A site's answer."""

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
    """An act of a person.

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
class Filed(ByHand):
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
class CounterNotice(ByHand):
    """A word of the accused; somebody has to review it. text: what; why: how that came."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterNoticeReviewed(ByHand):
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


Act = Filed | Reminded | Answered | Escalated | CounterNotice | CounterNoticeReviewed | Withdrawn | Removed
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

    asked: Filed
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
        """List acts since then of one kind."""
        return tuple(one for one in self.acts if isinstance(one, kind))

    @property
    def is_open(self) -> bool:
        """True until it was removed or withdrawn."""
        return self.outcome is Outcome.OPEN

    @property
    def answers(self) -> tuple[Answered, ...]:
        """What the site said, in its order."""
        return self.of(Answered)

    @property
    def reminders(self) -> int:
        """How often the site was reminded."""
        return len(self.of(Reminded))

    @property
    def unheard_notices(self) -> tuple[CounterNotice, ...]:
        """What the accused said and nobody has looked at yet."""
        return self.of(CounterNotice)[-self.unheard :] if self.unheard else ()

    def days(self, now: int) -> float:
        """How long it ran, or has run."""
        until = now if self.settled_at is None else self.settled_at
        return max(0.0, (until - self.asked.at) / DAY)


_ALWAYS = (CounterNotice, CounterNoticeReviewed)
"""The accused can answer before and after the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many requests a source has ("": all have), and how many of them were removed or are open."""

    source: str
    requests: int
    removed: int
    open: int


def count_by_source(requests: Iterable[Request]) -> tuple[Counts, ...]:
    """Counts of all requests, and then of each source by its name (rule 4)."""
    some = [(one.asked.source, one.outcome) for one in requests]
    of = {"": [outcome for _, outcome in some]}
    for source, outcome in sorted(some):
        of.setdefault(source, []).append(outcome)
    return tuple(
        Counts(source=source, requests=len(all_), removed=all_.count(Outcome.REMOVED), open=all_.count(Outcome.OPEN))
        for source, all_ in of.items()
    )


def follow(acts: Iterable[Act]) -> tuple[Request, ...]:
    """Build requests from acts.

    Args:
        acts: In the order in which they happened.

    Returns:
        Requests, by when they were made.

    Raises:
        RemovalError: An act is about a request that there is not, or that is settled, or asks for one again.
    """
    found: dict[str, Request] = {}
    for act in acts:
        if isinstance(act, Filed):
            if act.request in found:
                raise RemovalError("this request for removal was made already")
            found[act.request] = _begun(act)
        elif act.request not in found:
            raise RemovalError("there is no such request for removal")
        else:
            found[act.request] = _after(found[act.request], act)
    return tuple(found.values())


def _begun(act: Filed) -> Request:
    if not act.captures:
        raise RemovalError("a request for removal needs a capture that shows what is meant", key="captures")
    if act.rule not in RULES or act.lang not in LANGS:
        raise RemovalError("there is no text for this rule in this language", key="rule")
    return Request(asked=act)


def _after(request: Request, act: Act) -> Request:
    settled = request.outcome is not Outcome.OPEN
    if settled and isinstance(act, Removed):
        return request  # the watch saw what is so; whoever withdrew the request meanwhile ended it first
    if settled and not isinstance(act, _ALWAYS):
        raise RemovalError("this request for removal is settled already")
    if isinstance(act, CounterNoticeReviewed) and not request.unheard:
        raise RemovalError("nothing of the accused waits to be heard")
    changed = replace(request, acts=(*request.acts, act))
    match act:
        case CounterNotice():
            return replace(changed, unheard=request.unheard + 1)
        case CounterNoticeReviewed():
            return replace(changed, unheard=0)
        case Removed() | Withdrawn():
            outcome = Outcome.REMOVED if isinstance(act, Removed) else Outcome.WITHDRAWN
            return replace(changed, outcome=outcome, settled_at=act.at)
    return changed


ANSWER_DAYS, HANDED_DAYS, REMINDERS = 3, 30, 3
"""So long a site has for an answer, and whoever it was handed on to; after so many reminders somebody else decides."""


class Todo(StrEnum):
    """The next step of a request."""

    HEAR = "hear"
    """The accused said something."""
    ANSWER = "answer"
    """The site asks for more."""
    REMIND = "remind"
    ESCALATE = "escalate"
    """Reminders did nothing, the site refused, or whoever it was handed on to is silent: somebody else decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that is due. since: since when."""

    request: str
    todo: Todo
    since: int


_ORDER = {todo: place for place, todo in enumerate(Todo)}


def find_due(requests: Iterable[Request], now: int) -> tuple[Due, ...]:
    """Find what is due, the accused first (rule 3).

    Args:
        requests: As they stand.
        now: The time.

    Returns:
        At most one for each request.
    """
    found = (_due(request, now) for request in requests)
    return tuple(sorted((one for one in found if one), key=lambda due: (_ORDER[due.todo], due.since, due.request)))


def _due(request: Request, now: int) -> Due | None:
    if request.unheard:
        return Due(request=request.id, todo=Todo.HEAR, since=request.unheard_notices[0].at)
    if request.outcome is not Outcome.OPEN:
        return None
    last = next(
        (one for one in reversed(request.acts) if isinstance(one, Reminded | Answered | Escalated)), request.asked
    )
    if isinstance(last, Answered) and last.answer in _AT_ONCE:
        return Due(request=request.id, todo=_AT_ONCE[last.answer], since=last.at)
    handed = isinstance(last, Escalated)
    since = last.at + (HANDED_DAYS if handed else ANSWER_DAYS) * DAY
    if now < since:
        return None
    patient = not handed and _reminded(request) < REMINDERS
    return Due(request=request.id, todo=Todo.REMIND if patient else Todo.ESCALATE, since=since)


_AT_ONCE = {Answer.MORE: Todo.ANSWER, Answer.REFUSED: Todo.ESCALATE}


def _reminded(request: Request) -> int:
    """How often the site was reminded since it was handed on last."""
    count = 0
    for act in request.acts:
        count = 0 if isinstance(act, Escalated) else count + isinstance(act, Reminded)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A text that somebody sends."""

    subject: str
    body: str


def write_letter(asked: Filed, *, name: str, contact: str, reminder: bool = False, lang: str | None = None) -> Letter:
    """The text of a request, or of a reminder.

    Args:
        asked: What is asked.
        name: In whose name.
        contact: Where an answer goes.
        reminder: Whether it was asked before.
        lang: Its language; None: the one in which it was asked.

    Returns:
        The text.

    Raises:
        RemovalError: There is no such rule or language.
    """
    templates = _templates()
    lang = lang or asked.lang
    if asked.rule not in RULES or lang not in LANGS:
        raise RemovalError("there is no text for this rule in this language", key="rule")
    words = templates[lang]
    values = {
        "url": _one_line(asked.url),
        "target": _one_line(asked.target.removeprefix(f"{asked.source}/")),
        "captures": "\n".join(f"- {capture}" for capture in asked.captures),
        "rule": words["rules"][asked.rule],
        "at": time_at(asked.at + clock_us()).date().isoformat(),
        "name": _one_line(name),
        "contact": _one_line(contact),
        "request": _one_line(asked.request),
    }
    kind = words["reminder" if reminder else "request"]
    return Letter(
        subject=string.Template(kind["subject"]).substitute(values),
        body=string.Template(kind["body"]).substitute(values),
    )


def _one_line(text: str) -> str:
    """A value that can't bring lines of its own into a text or a header."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


@cache
def _templates() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("letters.toml").read_text("utf-8"))
