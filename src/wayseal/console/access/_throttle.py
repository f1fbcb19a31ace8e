"""How often somebody may try: counted before anything is checked, so that attempts side by side don't slip through.

1. A login from one address has 5 attempts, a login from everywhere 50, an address 100; each further one waits twice as
   long as the one before, up to a quarter of an hour.
2. After an hour without an attempt, or once somebody is in, counting begins anew; of an address, which a whole office
   may share, what whoever is in has used is taken back.
3. An open session, and a browser in which that login once signed in in full, is counted by itself: whoever guesses
   elsewhere, from however many addresses, keeps nobody out who is known here.
4. Logins and addresses are kept as HMACs.
5. An attempt that lies ahead, since the clock went back, counts as one that lies as far behind: nobody waits for years.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from wayseal.console.access import _tables as tables
from wayseal.store.database import Connection

FREE: Mapping[str, int] = {"own": 10, "both": 5, "login": 50, "address": 100}
_LONGEST, _FORGET = 900, 3600
_USED = 2
"""Attempts of somebody who gets in: the password, and the code."""
_SECOND = 1_000_000


def wait_for(count: int, free: int, since: int) -> int:
    """Seconds until the next attempt may be made, after `count` of them, the last one `since` seconds ago."""
    if count < free or since >= _FORGET:
        return 0
    wait: int = 2 ** min(count - free + 1, 20)
    return max(0, min(_LONGEST, wait) - since)


def take(connection: Connection, keys: Mapping[str, str], now: int) -> int:
    """Counts an attempt; the seconds that it should have waited, and then it isn't counted. keys: kind → HMAC."""
    rows = connection.execute(sa.select(tables.attempts).where(tables.attempts.c.key_hmac.in_(keys.values())))
    known = {row.key_hmac: row for row in rows}
    wait = 0
    for kind, key in keys.items():
        if (row := known.get(key)) is not None:
            wait = max(wait, wait_for(row.tries, FREE[kind], abs(now - row.last_at) // _SECOND))
    if wait:
        return wait
    for key in keys.values():
        row = known.get(key)
        if row is None:
            connection.execute(tables.attempts.insert().values(key_hmac=key, tries=1, last_at=now))
            continue
        tries = 1 if abs(now - row.last_at) >= _FORGET * _SECOND else row.tries + 1
        connection.execute(
            tables.attempts.update().where(tables.attempts.c.key_hmac == key).values(tries=tries, last_at=now)
        )
    return 0


def forget(connection: Connection, keys: Mapping[str, str], now: int) -> None:
    """Rule 2; also what nobody tried for long."""
    old = sa.func.abs(tables.attempts.c.last_at - now) >= _FORGET * _SECOND
    own = tables.attempts.c.key_hmac.in_([key for kind, key in keys.items() if kind != "address"])
    connection.execute(tables.attempts.delete().where(sa.or_(own, old)))
    give_back(connection, keys.get("address", ""), _USED)


def give_back(connection: Connection, key: str, used: int) -> None:
    """Rule 2, of an address."""
    shared, some = tables.attempts.c.key_hmac == key, tables.attempts.c.tries > used
    connection.execute(tables.attempts.update().where(shared, some).values(tries=tables.attempts.c.tries - used))
