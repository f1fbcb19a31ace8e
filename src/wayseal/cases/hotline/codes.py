"""Codes that rewards are paid by, as finance has them: what each is worth, and up to which day.

1. A code is known by its MAC alone. Nothing here leads to a report, and nothing about a report leads here: whoever
   holds the database joins both by amount and day at best.
2. A code is paid once: that it was is an act, durable before anybody is told so. What was cancelled is no code.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from wayseal.cases.errors import CaseStateError, RewardError
from wayseal.cases.hotline.acts import HotlineRecord, Paid
from wayseal.cases.hotline.reports import day_of
from wayseal.cases.writing import one_line
from wayseal.database import Connection, Database
from wayseal.database.migrations import Chain
from wayseal.database.raw import record_of

METADATA = sa.MetaData()
CODES = Chain(name="codes", what="Codes of rewards.", tables=(METADATA,), first=1)
redeem = sa.Table(
    "redeem",
    METADATA,
    sa.Column("code", sa.String(64), primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code, by its MAC: what it is worth, yuan, and the last day on which it is paid. paid: when and by what."""

    code: str
    amount: int
    until: date
    paid: Paid | None = None


def add_code(c: Connection, code: str, amount: int, until: date) -> None:
    """Adds a code, in the caller's transaction."""
    c.execute(sa.insert(redeem), {"code": code, "amount": amount, "until": until})


def drop_code(c: Connection, code: str) -> None:
    """Takes a code away."""
    c.execute(sa.delete(redeem).where(redeem.c.code == code))


def find_code(database: Database, record: HotlineRecord, code: str) -> Code:
    """A code by its MAC. RewardError: there is none."""
    row = database.read(lambda c: c.execute(sa.select(redeem).where(redeem.c.code == code)).mappings().first())
    if row is None:
        raise RewardError("there is no such code", key="code")
    return record_of(Code, row, paid=record.state().paid.get(code))


def pay_code(database: Database, record: HotlineRecord, code: str, voucher: str, who: str, at: int) -> Code:
    """Says that a code was paid, by a voucher (rule 2). RewardError: there is none; CaseStateError: it can't be."""
    by, on = one_line(who, "who"), one_line(voucher, "voucher")
    with record.writing() as (state, write):
        found = find_code(database, record, code)
        if paid := state.paid.get(code):
            raise CaseStateError("it was paid on {day}, voucher {voucher}", day=day_of(paid.at), voucher=paid.voucher)
        if day_of(at) > found.until:
            raise CaseStateError("it was to be paid up to {day}", day=found.until)
        write(Paid(at=at, who=by, code=code, voucher=on, amount=found.amount))
    return find_code(database, record, code)


def codes_differ(database: Database, record: HotlineRecord) -> tuple[int, int] | None:
    """Yuan that were granted and not cancelled, and yuan that codes are worth; None where both are the same."""
    granted = sum(one.reward.award.amount for one in record.state().granted() if one.reward)
    worth = database.read(lambda c: c.execute(sa.select(sa.func.sum(redeem.c.amount))).scalar()) or 0
    return None if granted == worth else (granted, worth)
