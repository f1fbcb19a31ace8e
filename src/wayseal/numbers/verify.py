"""Checks the record of moves: the chain of its batches, and that blocks and numbers stand as their events say."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

from wayseal.database import Connection, query
from wayseal.model.errors import Finding
from wayseal.numbers import _store
from wayseal.numbers.codes import KeySet, make_secret, make_verifier
from wayseal.numbers.moves import Numbers
from wayseal.numbers.tables import DECOY, NumberState

_MOST = 100
"""Findings of a kind that are told."""
_AT_ONCE = 10_000
_Life: TypeAlias = dict[str, tuple[Any, ...]]
"""Of each number: state, newest event, order tag, commitment, first scan, close."""


class Fault(StrEnum):
    """What isn't as it should be."""

    BATCH = "numbers-batch"
    """A batch of events was changed, or one before it is missing."""
    EVENTS = "numbers-events"
    """Events stand there that no batch has."""
    BLOCK = "numbers-block"
    """A block isn't as it was issued."""
    STATE = "numbers-state"
    """A number doesn't stand as its events say, or isn't there."""


def verify(connection: Connection, numbers: Numbers) -> list[Finding]:
    """Check all of it.

    Args:
        connection: Within a reading transaction.
        numbers: Whose keys count.

    Returns:
        What isn't as it should be.
    """
    found, life, end = list[Finding](), _Life(), 1
    for batch, right, events in _batches(connection, numbers.keys):
        end += len(events)
        if not right:
            found.append(Finding(code=Fault.BATCH, where=f"batches/{batch}"))
        for event in events:
            if event[3] == "issue":
                found += _issue(connection, numbers, event, life)
            else:
                _follow(event, life)
    if query(connection, "SELECT 1 FROM number_events WHERE seq < 1 OR seq >= ? LIMIT 1", (end,)):
        found.append(Finding(code=Fault.EVENTS, where="number_events"))
    return [*found, *_compare(connection, numbers.keys, life)]


def _batches(connection: Connection, keys: KeySet) -> Iterator[tuple[int, bool, Sequence[Sequence[Any]]]]:
    """Each batch, whether it continues the chain, and its events."""
    previous, end = b"", 1
    columns = ", ".join(f'"{one}"' for one in _store.EVENTS)
    text = f"SELECT {columns} FROM number_events WHERE seq >= ? AND seq < ? ORDER BY seq"  # noqa: S608
    rows = query(connection, "SELECT batch, first, count, digest, previous FROM batches ORDER BY batch")
    for place, (batch, first, count, digest, before) in enumerate(rows, 1):
        events = query(connection, text, (first, first + count))
        whole = (batch, first, len(events), bytes(before)) == (place, end, count, previous)
        yield batch, whole and bytes(digest) == _store.digest(keys.events, previous, events), events
        previous, end = bytes(digest), first + count


def _issue(connection: Connection, numbers: Numbers, event: Sequence[Any], life: _Life) -> Iterator[Finding]:
    """Puts the numbers of a block into `life`."""
    said, where = json.loads(event[7]), event[2].replace(" ", "s/")
    text = "SELECT series, epoch, first, size, holder, channel, outlet FROM blocks WHERE block = ?"
    rows = query(connection, text, (int(event[2].rpartition(" ")[2]),))
    if rows != [
        (*(said[one] for one in ("series", "epoch", "first", "size")), event[5], said["channel"], said["outlet"])
    ]:
        yield Finding(code=Fault.BLOCK, where=where)
    start = (NumberState.ISSUED.value, event[0], None, None, None, None)
    if said["series"] == DECOY:
        life[DECOY] = start
    elif event[5]:
        codec = numbers.codec(connection, said["series"])
        life.update((codec.encode(said["first"] + place), start) for place in range(said["size"]))


def _follow(event: Sequence[Any], life: _Life) -> None:
    seq, at, number, move, state, _, previous, facts = event
    _, last, tag, commitment, scanned, closed = life.get(number, (None,) * 6)
    said = json.loads(facts or "{}")
    tag, commitment = said.get("order_tag", tag), said.get("commitment", commitment)
    scanned = at if move == "scan" and scanned is None else scanned
    closed = at if move == "close" else closed
    # An event that doesn't follow the newest one of its number makes the number wrong.
    life[number] = (state, seq if previous == last else -1, tag, commitment, scanned, closed)


def _compare(connection: Connection, keys: KeySet, life: _Life) -> Iterator[Finding]:
    """Numbers that don't stand as their events say, and those of them that aren't there (which `life` keeps)."""
    text = (
        "SELECT number, state, last, order_tag, commitment, scanned_at, closed_at, verifier FROM numbers "
        "WHERE number > ? ORDER BY number LIMIT ?"
    )
    number, wrong = "", list[str]()
    while rows := query(connection, text, (number, _AT_ONCE)):
        for number, state, last, tag, commitment, scanned, closed, verifier in rows:
            tags = tuple(None if one is None else bytes(one).hex() for one in (tag, commitment))
            right = make_verifier(keys.gate, number, make_secret(keys.secret, number)) if number != DECOY else bytes(16)
            if life.pop(number, None) != (state, last, *tags, scanned, closed) or bytes(verifier) != right:
                wrong.append(number)
    for one in [*wrong, *life][:_MOST]:
        yield Finding(code=Fault.STATE, where=f"numbers/{one}")
