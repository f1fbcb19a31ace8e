"""Tables of virtual numbers, stand-ins and handovers, in a database of their own. Times: microseconds since 1970, UTC.

Nothing personal is in them: a phone goes from a disclosure to the provider and stays in neither; what stands in for
somebody is made to be printed. So rows carry no marks, and nothing that the vault shows rests on them.
"""

from typing import Any

import sqlalchemy as sa

from wayseal.database.migrations import Chain
from wayseal.model.fields import ID, NUMBER

ALIAS, SHORT = 20, 40
"""Longest virtual number, digits; longest code or pseudonym."""
metadata = sa.MetaData()
CHAIN = Chain(name="aliases", what="Virtual numbers, stand-ins and handovers.", tables=(metadata,), first=1)


def _text(name: str, size: int = ID, *, key: bool = False, null: bool = False, index: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(size), primary_key=key, nullable=null, index=index)


def _time(name: str, *, null: bool = False, index: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=null, index=index)


aliases = sa.Table(
    "aliases", metadata, _text("alias", ALIAS, key=True), _text("state", SHORT, index=True), _time("until", null=True)
)
"""The pool. state: free, bound, cooling; until: when it has cooled."""
pairs = sa.Table(
    "pairs", metadata, _text("pair", SHORT, key=True), _text("alias", ALIAS, index=True), _text("waybill", NUMBER),
    _text("viewer"), _time("opened_at"), _time("until"), _time("shown_at", null=True),
    _time("ended_at", null=True, index=True),
)  # fmt: skip
"""Who was given which alias for which parcel. shown_at: null until the provider had bound it."""
_open = pairs.c.ended_at.is_(None)
sa.Index("one_open_pair", pairs.c.waybill, pairs.c.viewer, unique=True, sqlite_where=_open, postgresql_where=_open)
stand_ins = sa.Table(
    "stand_ins", metadata, _text("waybill", NUMBER, key=True), _text("pseudonym", SHORT, null=True),
    _text("pickup_point", null=True), _text("virtual_number", SHORT, null=True), _time("set_at", index=True),
)  # fmt: skip
tries = sa.Table(
    "tries", metadata, _text("waybill", NUMBER, key=True), _text("station", key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False), _text("who"), _text("outcome", SHORT),
    _time("at"), sa.Index("tries_of_a_station", "station", "at"),
)  # fmt: skip
"""Handover codes that a station was told, the first has place 0. outcome: right, wrong, or overridden."""
bindings = sa.Table(
    "bindings", metadata, _text("pair", SHORT, key=True), _text("alias", ALIAS, index=True), _time("until"),
    sa.Column("viewer", sa.LargeBinary, nullable=False), sa.Column("recipient", sa.LargeBinary, nullable=False),
)  # fmt: skip
"""Of the local provider: who reaches whom; of phones keyed hashes alone."""
calls = sa.Table(
    "calls", metadata, sa.Column("call", sa.Integer, primary_key=True), _time("at", index=True), _text("alias", ALIAS),
    _text("kind", SHORT), _text("side", SHORT, null=True),
)  # fmt: skip
"""Of the local provider: calls and texts. side: who called; null: a stranger."""
