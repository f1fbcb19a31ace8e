"""Looking up a phone: which waybills are a person's, told by blind index to those whose work is to know.

1. A look-up needs a purpose and a reason, and an account that is allowed them, like a disclosure.
2. It is counted against a quota of its own: all look-ups of an account and day together, for whatever purpose, may be
   as many as the purpose's `find.quota`. A text with several numbers is as many look-ups. What it finds is cut at
   `find.most`.
3. It is an entry in the log (without the phone) before anything is told, whether it found something or not.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from wayseal.custody import State
from wayseal.database import Connection
from wayseal.model.records import Refused
from wayseal.vault import tables as t
from wayseal.vault._context import ACTOR
from wayseal.vault._disclose import DecisionInputs, actor_facts
from wayseal.vault._sql import add
from wayseal.vault.directory import ActorRecord, actor_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import EntryKind, UnitOfWork
from wayseal.vault.policy import PolicyRequest
from wayseal.vault.requests import Caller, refused
from wayseal.vault.sealing import seal_reason
from wayseal.vault.sealing.phones import asked_numbers, lookup_tags

_BUDGET = "look-ups"
"""Under this they are counted; no purpose can have such a code."""


def find(unit: UnitOfWork, inputs: DecisionInputs, phone: str, purpose: str, reason: str) -> list[str] | Refused:
    """Waybills with this phone, the newest first, or the rule that refuses (rules 1 to 3)."""
    tags, asked = [tag for _, tag in lookup_tags(inputs.keyring, phone)], len(asked_numbers(phone))
    if not tags:
        raise VaultError("phone: no number that can be looked up")
    caller, now = unit.caller, unit.now
    actor = actor_of(unit.connection, inputs.marks, caller.actor)
    decision = inputs.policy.decide(_policy_request(inputs, caller, actor, purpose, now))
    answer: list[str] | Refused
    if not decision.allowed:
        answer = Refused(waybill="", rule=decision.rule, zh=decision.zh, en=decision.en, seq=None)
    elif not _count_lookups(unit, asked, inputs.policy.purposes[purpose].find.quota):
        answer = refused("", "quota", seq=None)
    else:
        answer = _find_numbers(unit.connection, tags, inputs.policy.purposes[purpose].find.most)
    shown = not isinstance(answer, Refused)
    unit.record(
        EntryKind.FOUND if shown else EntryKind.REFUSED,
        purpose=inputs.policy.code_of(purpose),
        rule=answer.rule if isinstance(answer, Refused) else None,
        reason=seal_reason(inputs.keyring, caller.request.encode(), reason),
        more={"act": "find", "asked": asked, "found": len(answer) if isinstance(answer, list) else 0},
    )
    return answer


def _policy_request(
    inputs: DecisionInputs, caller: Caller, actor: ActorRecord | None, purpose: str, now: int
) -> PolicyRequest:
    """The question whether this account may use the purpose at all, on a waybill that it has a ticket for."""
    return PolicyRequest(
        purpose,
        *actor_facts(actor, inputs.may.get(caller.client, ()), now),
        relation=frozenset(),
        has_ticket=True,
        known=True,
        state=State.ISSUED,
        hours_since_delivery=0,
        erased=False,
        bulk=False,
        approved=False,
    )


def _count_lookups(unit: UnitOfWork, asked: int, quota: int) -> bool:
    """Rule 2."""
    of, day, connection = ACTOR + unit.caller.actor, unit.day, unit.connection
    which = (t.budgets.c.of == of) & (t.budgets.c.purpose == _BUDGET) & (t.budgets.c.day == day)
    used = connection.execute(sa.select(t.budgets.c.used).where(which)).scalar() or 0
    # What is no number was written by somebody else: then as much was used as can be.
    if type(used) is not int or used + asked > quota:
        return False
    add(connection, t.budgets, "used", [{"of": of, "purpose": _BUDGET, "day": day, "used": asked}])
    return True


def _find_numbers(connection: Connection, tags: Sequence[bytes], most: int) -> list[str]:
    found = (
        sa.select(t.waybills.c.waybill)
        .join(t.phones, t.phones.c.waybill == t.waybills.c.waybill)
        .where(t.phones.c.tag.in_(list(tags)) & t.waybills.c.erased_at.is_(None))
        .distinct()
        .add_columns(t.waybills.c.sealed_at)
        .order_by(t.waybills.c.sealed_at.desc(), t.waybills.c.waybill)
        .limit(most)
    )
    return [row.waybill for row in connection.execute(found)]
