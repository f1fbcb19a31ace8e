"""Requests to the vault and their outcomes: jobs for the committer, what was decided and verdicts, in words too.

What is asked and answered stands in `wayseal.model.records`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wayseal.model.fields import Field, Form
from wayseal.model.messages import N_
from wayseal.model.records import Ask, Refused
from wayseal.page.languages import in_both
from wayseal.vault.keyring import Wrapped
from wayseal.vault.policy import Decision, Policy, Purpose
from wayseal.vault.policy.budgets import OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks.

    Attributes:
        client: The system that calls.
        actor: On whose behalf.
        scopes: What it may call.
        request: Id of the request.
        via: The way by which it comes.
        ip: Its address, if known.
    """

    client: str
    actor: str
    scopes: frozenset[str]
    request: str
    via: str = "api"
    ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change: values to be sealed in place of others under a number, and why. values: of the fields that change."""

    waybill: str
    purpose: str
    reason: str = field(repr=False)
    values: Mapping[Field, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscloseJob:
    """One request: who, what, and by which idempotency key or approval."""

    caller: Caller
    asks: tuple[Ask, ...]
    key: str | None = None
    approval: str | None = None


@dataclass(slots=True, kw_only=True)
class Decided:
    """One ask and what came of it. forms: what is shown, {} where it is refused.

    seq, leaf: of the entry that says so, once it is written; of a replay, of the first one. place: of the entry that
    this very answer left. approval: that it took from, if it is part of bulk.
    """

    ask: Ask
    decision: Decision
    forms: Mapping[Field, Form]
    parcel: Any
    purpose: Purpose | None
    at: int
    seq: int = -1
    leaf: bytes = b""
    place: int = -1
    approval: str | None = None


class Verdict(NamedTuple):
    """The outcome of one ask, as it stands in the log, with all that showing it takes.

    rule, zh, en: of a refusal, otherwise empty. until: microseconds. key: None where there is nothing to open.
    """

    waybill: str
    seq: int
    leaf: bytes
    rule: str
    zh: str
    en: str
    forms: Mapping[Field, Form]
    until: int
    sealed: bytes
    revision: int
    key: Wrapped | None


WORDS: dict[str, str] = {
    "exists": N_("something is sealed under this number already"),
    "damaged": N_("what is sealed there isn't what was sealed; nothing is shown"),
    "erased": N_("what was sealed under the waybill has been erased"),
    "revises": N_("the purpose doesn't change all of these fields"),
    "quota": N_("today's look-ups are used up"),
}
"""Rule of the vault itself, and what it says."""
_OVER = {over.rule: (over.zh, over.en) for over in OVER.values()}
_GONE = N_("it was refused by a rule that the policy doesn't have any more")


def words_of(policy: Policy, rule: str) -> tuple[str, str]:
    """Return the words of any rule that refuses: (Chinese, English)."""
    return policy.words(rule) or _OVER.get(rule) or in_both(WORDS.get(rule, _GONE))


def refused(waybill: str, rule: str, *, seq: int | None) -> Refused:
    """A refusal by one of these rules."""
    zh, en = in_both(WORDS[rule])
    return Refused(waybill=waybill, rule=rule, zh=zh, en=en, seq=seq)
