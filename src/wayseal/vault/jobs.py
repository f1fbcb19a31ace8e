"""What goes to a committer and what comes back: jobs, what was decided of them, and verdicts that can be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from wayseal.vault.fields import Field, Form
from wayseal.vault.keyring import Wrapped
from wayseal.vault.policy import Decision, Purpose
from wayseal.vault.requests import Ask, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscloseJob:
    """One request: who, what, and by which idempotency key or approval."""

    caller: Caller
    asks: tuple[Ask, ...]
    key: str | None = None
    approval: str | None = None


@dataclass(slots=True, kw_only=True)
class Decided:
    """One ask and what came of it; seq and leaf once it is written. forms: what is shown, {} where it is refused."""

    ask: Ask
    decision: Decision
    forms: Mapping[Field, Form]
    parcel: Any
    purpose: Purpose | None
    at: int
    seq: int = -1
    leaf: bytes = b""


class Verdict(NamedTuple):
    """What came of one ask, as it stands in the log, with all that showing it takes.

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
