"""Blocks are issued, numbers moved; each request is one commit (see `rules` for what is allowed).

1. A move is a guarded update, `WHERE number = ? AND state = ?`, and an event beside it; where the guard holds nothing
   nothing is committed. Writers follow one another, so what was read before still stands.
2. What is refused stands as a breach in the commit by which the rest of the batch goes through.
3. A counter is given out once. The first free one is kept twice: in the database, and in a file beside the key file,
   which is written after the commit and before anything is answered. A database behind the file was restored.
4. Then nothing is issued until the counters that may have been given out were burnt, up to the end of their
   reservation: a multiple of `RESERVATION`.
5. Events are chained: a batch's digest is an HMAC over its events and the digest before.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from wayseal.database import Connection, Database, execute, query
from wayseal.model.messages import N_
from wayseal.model.runtime import collector_paused
from wayseal.numbers import _store, breaches
from wayseal.numbers._store import Event
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.codec import Codec, Series
from wayseal.numbers.codes import KeySet, make_secret, make_verifier
from wayseal.numbers.errors import KeyTakenError, NumbersError, RestoredError
from wayseal.numbers.rules import Judged, Move, MoveKind, Outcome, Standing, judge
from wayseal.numbers.tables import DECOY, NumberState
from wayseal.store.durable import lock_folder, replace_file

RESERVATION = 100_000
MOST_IN_BLOCK = 100_000
SKEW_US = 300_000_000
"""A source's clock that is further off is told, once a day."""
FEWEST_UNBOUND, UNBOUND_SHARE = 20, 0.2
"""So many, and such a share, of an outlet's first scans in two hours say that orders don't arrive there."""
_spell = lru_cache(maxsize=65_536)(json.JSONEncoder(ensure_ascii=False).encode)
"""The same outlets, cities and kinds come again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAsk:
    """A block that is asked for. key: of the request, which is answered alike when it comes again; None: none."""

    holder: str
    channel: str
    size: int
    outlet: str | None = None
    series: str = "YT"
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block that was issued. block: its id; numbers: in the order in which they are to be used."""

    block: int
    numbers: Sequence[str]


class MoveAnswer(NamedTuple):
    """What came of a move. bound: it was a bind; breach: why it was refused."""

    number: str
    outcome: Outcome
    bound: bool = False
    breach: BreachKind | None = None


def mark_of(key_file: Path) -> Path:
    """The file of rule 3, beside a key file."""
    return key_file.with_name(f"{key_file.name}.issued")


class Numbers:
    """Issues numbers and moves them. mark: the file of rule 3. Safe to use from many threads."""

    def __init__(self, database: Database, keys: KeySet, mark: Path) -> None:
        self.database, self.keys, self._mark = database, keys, mark

    def add_series(self, series: Series, now: int) -> None:
        """Make a series; one that is there stays as it is."""
        self.database.write(self._add_series, series, now)
        self._keep_mark(series.prefix, 0)

    def issue(self, ask: BlockAsk, now: int) -> Block:
        """Issue a block.

        Args:
            ask: What.
            now: Microseconds since 1970.

        Returns:
            It; the same for the same key.

        Raises:
            KeyTakenError: Its key stands for another block.
            RestoredError: Rule 4.
            NumbersError: There is no such series, it is used up, or the size can't be.
        """
        if not 0 < ask.size <= MOST_IN_BLOCK:
            raise NumbersError(N_("a block has 1 to {most:,} numbers"), most=MOST_IN_BLOCK)
        block, end = self.database.write(self._issue, ask, now)
        self._keep_mark(ask.series, end)
        return block

    def move(self, moves: Sequence[Move], now: int) -> list[MoveAnswer]:
        """Move numbers, one commit for all.

        Args:
            moves: In order; a number may stand there several times.
            now: Microseconds since 1970.

        Returns:
            An answer each.
        """
        with collector_paused():
            return self.database.write(self.apply, moves, now)

    def burn(self, now: int) -> Mapping[str, int]:
        """After a restore: burn what may have been given out (rule 4); how many counters, by series."""
        burnt, ends = self.database.write(self._burn, now)
        for series, end in ends.items():
            self._keep_mark(series, end)
        return burnt

    def check(self) -> None:
        """RestoredError where the database is older than what was given out (rule 3)."""
        for series, end in self.database.read(query, "SELECT series, next FROM series"):
            self._check_mark(series, end)

    def codec(self, connection: Connection, series: str) -> Codec:
        """The codec of a series. NumbersError: there is no such series."""
        rows = query(connection, "SELECT series, digits, epoch FROM series WHERE series = ?", (series,))
        if not rows:
            raise NumbersError(N_("there is no such series"), key="series")
        return Codec(self.keys.codec, Series(prefix=rows[0][0], digits=rows[0][1], epoch=rows[0][2]))

    def _marks(self) -> dict[str, int]:
        with suppress(FileNotFoundError):
            found: dict[str, int] = json.loads(self._mark.read_text("utf-8"))
            return found
        return {}

    def _check_mark(self, series: str, end: int) -> None:
        seen = self._marks().get(series)
        if seen is None or end < seen:
            raise RestoredError(
                N_(
                    "this database is older than the numbers that were given out, or {mark} is missing: run "
                    "`wayseal numbers restored`"
                ),
                mark=self._mark.name,
            )

    def _keep_mark(self, series: str, end: int) -> None:
        """Rule 3; never backwards."""
        with lock_folder(self._mark.parent):
            marks = self._marks()
            if marks.get(series, -1) < end:
                replace_file(self._mark, json.dumps(marks | {series: end}).encode(), mode=0o600)

    def _add_series(self, connection: Connection, series: Series, now: int) -> None:
        values = (series.prefix, series.digits, series.epoch, 0)
        text = "INSERT INTO series (series, digits, epoch, next) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        execute(connection, text, [values])
        if _store.standing(connection, [DECOY]):
            return
        # The decoy's life is as long as most parcels' (`tracking`, rule 1).
        block = self._add_block(connection, BlockAsk(holder="", channel="", size=1, series=DECOY), 0, 0, now)
        _store.add_numbers(connection, *block, [(DECOY, bytes(16))])
        scans = [Move(number=DECOY, move=MoveKind.SCAN, by="", city="", kind="arrive")] * 8
        self.apply(connection, [Move(number=DECOY, move=MoveKind.BIND, by="", order_tag=bytes(16)), *scans], now)

    def _issue(self, connection: Connection, ask: BlockAsk, now: int) -> tuple[Block, int]:
        codec = self.codec(connection, ask.series)
        ((end,),) = query(connection, "SELECT next FROM series WHERE series = ?", (ask.series,))
        self._check_mark(ask.series, end)
        if ask.key is not None and (known := _store.block_of_key(connection, ask.key)):
            block, first, *other = known
            if other != [ask.series, ask.size, ask.holder, ask.channel, ask.outlet]:
                raise KeyTakenError(N_("the idempotency key stands for another block"))
            return Block(block=block, numbers=[*map(codec.encode, range(first, first + ask.size))]), end
        if end + ask.size > codec.series.capacity:
            raise NumbersError(N_("the series is used up"))
        made = [*map(codec.encode, range(end, end + ask.size))]
        keys = self.keys
        rows = [(one, make_verifier(keys.gate, one, make_secret(keys.secret, one))) for one in made]
        block, event = self._add_block(connection, ask, codec.series.epoch, end, now)
        _store.add_numbers(connection, block, event, rows)
        self._advance(connection, ask.series, end + ask.size)
        return Block(block=block, numbers=made), end + ask.size

    def _add_block(self, connection: Connection, ask: BlockAsk, epoch: int, first: int, now: int) -> tuple[int, int]:
        return _store.add_block(
            connection, self.keys.events, asdict(ask) | {"epoch": epoch, "first": first, "issued_at": now}
        )

    def _advance(self, connection: Connection, series: str, end: int) -> None:
        execute(connection, "UPDATE series SET next = ? WHERE series = ?", [(end, series)])

    def _burn(self, connection: Connection, now: int) -> tuple[dict[str, int], dict[str, int]]:
        burnt, ends, marks = dict[str, int](), dict[str, int](), self._marks()
        for series, epoch, end in query(connection, "SELECT series, epoch, next FROM series"):
            ends[series] = -(-max(end + 1, marks.get(series, 0)) // RESERVATION) * RESERVATION
            burnt[series] = ends[series] - end
            ask = BlockAsk(holder="", channel="", size=burnt[series], series=series)
            self._add_block(connection, ask, epoch, end, now)
            self._advance(connection, series, ends[series])
            facts = {"series": series, "counters": burnt[series]}
            breaches.add(connection, Breach(kind=BreachKind.RESTORED, number=series, at=now, facts=facts))
        return burnt, ends

    def apply(self, connection: Connection, moves: Sequence[Move], now: int) -> list[MoveAnswer]:
        """As `move`, within a transaction that may write."""
        batch = _Batch(connection, moves, now)
        answers = [*map(batch.take, moves)]
        _store.append(connection, self.keys.events, batch.events)
        _store.update(connection, batch.before, batch.after)
        used = [(count, now, block) for block, count in batch.used.items()]
        execute(connection, "UPDATE blocks SET used = used + ?, used_at = ? WHERE block = ?", used)
        covered = _store.count_scans(connection, batch.scans, now)
        for outlet, (scans, unbound) in covered.items():
            if unbound >= FEWEST_UNBOUND and unbound >= UNBOUND_SHARE * scans:
                kind, facts = BreachKind.COVERAGE, {"scans": scans, "unbound": unbound}
                batch.breaches = [one for one in batch.breaches if not _is_unbound(one, outlet)]
                batch.breaches.append(Breach(kind=kind, number="", at=now, asker=outlet, facts=facts))
        breaches.add(connection, *batch.breaches)
        return answers


def _is_unbound(breach: Breach, outlet: str) -> bool:
    return breach.kind is BreachKind.SCANNED_UNBOUND and breach.facts.get("outlet") == outlet


class _Batch:
    """Moves of a batch, one by one, against what stood there before it."""

    def __init__(self, connection: Connection, moves: Sequence[Move], now: int) -> None:
        self._now = now
        self.before = _store.standing(connection, [one.number for one in moves])
        self.after: dict[str, Standing] = {}
        self._tags = _store.numbers_of(connection, [one.order_tag for one in moves if one.order_tag])
        self._seq = _store.next_seq(connection)
        self.events: list[Event] = []
        self.breaches: list[Breach] = []
        self.used: Counter[int] = Counter()
        self.scans: Counter[tuple[str, bool]] = Counter()

    def take(self, move: Move) -> MoveAnswer:
        """Judge one."""
        found = self.after.get(move.number) or self.before.get(move.number)
        other = self._tags.get(move.order_tag) if move.order_tag else None
        judged = judge(self._now, move, found, other not in (None, move.number))
        if judged.breach is not None:
            self._add(move, judged.breach, found, other)
        if move.at is not None and abs(self._now - move.at) > SKEW_US:
            facts = {"seconds": (move.at - self._now) // 1_000_000}
            self.breaches.append(
                Breach(kind=BreachKind.CLOCK_SKEW, number="", at=self._now, asker=move.by, facts=facts)
            )
        if found is not None and judged.after is not None:
            self._keep(move, found, judged)
        breach = judged.breach if judged.outcome is Outcome.REFUSED else None
        bound = move.move is MoveKind.BIND
        return MoveAnswer(number=move.number, outcome=judged.outcome, bound=bound, breach=breach)

    def _add(self, move: Move, kind: BreachKind, found: Standing | None, other: str | None) -> None:
        state = None if found is None else str(found.state)
        told = {"move": move.move.value, "outlet": move.outlet, "other": other, "state": state}
        facts = {name: value for name, value in told.items() if value is not None}
        holder = "" if found is None else found.holder
        self.breaches.append(
            Breach(kind=kind, number=move.number, at=self._now, asker=move.by, holder=holder, facts=facts)
        )

    def _keep(self, move: Move, found: Standing, judged: Judged) -> None:
        after = judged.after or found
        facts = _facts(move)
        self.events.append(
            (self._seq, self._now, move.number, move.move.value, str(after.state), move.by, found.last, facts)
        )
        self.after[move.number] = after._replace(last=self._seq)
        self._seq += 1
        if move.order_tag is not None:
            self._tags[move.order_tag] = move.number
            self.used[found.block] += 1
        first = move.move is MoveKind.SCAN and found.scanned_at is None
        if first and move.outlet is not None:
            self.scans[move.outlet, found.state == NumberState.ISSUED] += 1


def _facts(move: Move) -> str | None:
    """What an event says beside."""
    told = [] if move.at is None else [f'"claimed":{move.at}']
    if move.move is MoveKind.SCAN:
        texts = (("kind", move.kind), ("outlet", move.outlet), ("city", move.city))
        told += [f'"{name}":{_spell(text)}' for name, text in texts if text is not None]
    tags = (("order_tag", move.order_tag), ("commitment", move.commitment))
    told += [f'"{name}":"{tag.hex()}"' for name, tag in tags if tag is not None]
    return f"{{{','.join(told)}}}" if told else None
