"""The hotline's log: a leaf for each letter, closed day by day, signed and published; with proofs for reporters.

1. A day is closed at once, after its end: its leaves stand in the order of their hashes, filled up with decoys to a
   multiple of 8. Neither order nor size tells when, or whether, somebody reported.
2. All of a day comes in one transaction: leaves, tree, signed note, and a letter of proofs for each box that wrote or
   was written to. The act that says so, and the files that are published, follow; what a crash left out comes the next
   time. Days are closed in their order, each once; a letter that comes late stands in the day that is closed then.
3. A leaf needs nothing but kind, day, digest and salt, which outlast the letter. Nothing is opened for it.
4. Leaves lead to letters by digest and salt. `verify_log` names each leaf whose letter is neither there nor deleted by
   an act, each leaf behind the last note, each note that isn't the tree's, each letter of staff's without an act, and
   codes that are worth something else than was granted.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import sqlalchemy as sa

from wayseal.cases.errors import CasebookChangedError
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.acts import DayClosed, HotlineRecord, HotlineState, Purged, Written
from wayseal.cases.hotline.codes import codes_differ
from wayseal.cases.hotline.desk import MACHINE, Hotline
from wayseal.cases.hotline.errors import KeyFileError
from wayseal.cases.hotline.letters import Letter, LetterKind, SealedLetter, Sender, new_nonce
from wayseal.cases.hotline.sealing import seal_letter
from wayseal.database import Connection, Database
from wayseal.database.migrations import Chain
from wayseal.journal.projection import grow, nodes_table, tree_of
from wayseal.merkle.bulk import stacked
from wayseal.merkle.checkpoint import Checkpoint, SigningKey, VerifyKey
from wayseal.merkle.errors import MerkleError
from wayseal.merkle.tiles import Tile, Tree, tiles
from wayseal.model.errors import Finding
from wayseal.proofs.entries import spell_entry
from wayseal.proofs.reports import DECOY, ReportProof, checkpoint_of, leaf_of, make_entry
from wayseal.store.durable import replace_file

DATABASE: Final = "hotline.sqlite"
"""In the hotline's folder, beside the record of acts."""
GROUP: Final = 8
AT_ONCE: Final = 60
"""Proofs in one letter."""
_DAY = timedelta(days=1)
METADATA = sa.MetaData()
DAYLOG = Chain(name="daylog", what="The hotline's log.", tables=(METADATA,), first=1)
NODES = nodes_table("daylog_")


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, METADATA, *columns, sqlite_with_rowid=False)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


leaves = _table(
    "leaves",
    _key("place"),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False, index=True),
)
days = _table(
    "days",
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
_table(NODES.full_name, _key("level"), _key("place"), sa.Column("hash", sa.Text, nullable=False))


class Stands(StrEnum):
    """What stands behind a leaf: a letter, one that was deleted, nothing from the start, or nothing any more."""

    THERE = "there"
    DELETED = "deleted"
    DECOY = "decoy"
    MISSING = "missing"


class LogFault(StrEnum):
    """What isn't as it should be: a leaf, the tree over leaves, a note, an act of a day, a letter of staff's, codes."""

    LEAF = "hotline-leaf"
    TREE = "hotline-tree"
    NOTE = "hotline-note"
    ACT = "hotline-act"
    LETTER = "hotline-letter"
    CODES = "hotline-codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf of a day's log. box: of its letter, where there is one. rule, gone: by and when that was deleted."""

    place: int
    day: date
    kind: str
    digest: bytes
    salt: bytes
    box: bytes | None = None
    stands: Stands = Stands.DECOY
    rule: str | None = None
    gone: date | None = None

    @property
    def entry(self) -> dict[str, Any]:
        """What is in it."""
        return make_entry(self.kind, self.day.isoformat(), self.digest)

    @property
    def hash(self) -> bytes:
        """Its hash."""
        return leaf_of(self.entry, self.salt)


class DayLog:
    """The log of one hotline, in the database of its desk. key: signs; unit: whose it is; random: makes decoys."""

    def __init__(
        self, desk: Hotline, key: SigningKey, unit: str, *, random: Callable[[int], bytes] = token_bytes
    ) -> None:
        """Takes what it works with."""
        self._desk, self._key, self._unit, self._random = desk, key, unit, random

    def close_days(self) -> tuple[date, ...]:
        """Closes the days that are over (rules 1 and 2), the first time yesterday alone; which."""
        closed, yesterday = list[date](), self._desk.today() - _DAY
        with self._desk.record.writing() as (state, write):
            while True:
                known = self._desk.database.read(_days)
                if list(state.days) != [day for day, _, _ in known[: len(state.days)]]:
                    raise CasebookChangedError("the hotline's log lacks days that its record has")
                for day, size, note in known[len(state.days) :]:
                    root = Checkpoint.claimed(note.encode()).root
                    write(DayClosed(at=self._desk.now(), who=MACHINE, day=day, size=size, root=root))
                last, size = known[-1][:2] if known else (yesterday - _DAY, 0)
                if last >= yesterday:
                    return tuple(closed)
                self._desk.database.write(self._close, last + _DAY, size)
                closed.append(last + _DAY)

    def _close(self, c: Connection, day: date, old: int) -> None:
        new = [(one.box, _kind(one), one.digest, one.salt) for one in _unlogged(c, day)]
        decoys = -len(new) % GROUP if new else GROUP
        new += [(b"", DECOY, self._random(32), self._random(32)) for _ in range(decoys)]
        made = [Leaf(place=0, day=day, box=b, kind=kind, digest=digest, salt=salt) for b, kind, digest, salt in new]
        made.sort(key=lambda one: one.hash)
        columns = [{name: getattr(one, name) for name in ("day", "kind", "digest", "salt")} for one in made]
        c.execute(sa.insert(leaves), [{"place": n, **one} for n, one in enumerate(columns, start=old)])
        grow(c, NODES, old, [one.hash for one in made])
        tree = tree_of(c, NODES, old + len(made))
        note = self._key.sign(checkpoint_of(self._unit, day.isoformat(), tree.size, tree.root()).to_text())
        c.execute(sa.insert(days), {"day": day, "size": tree.size, "note": note})
        proofs: dict[bytes, list[str]] = {}
        for n, one in enumerate(made, start=old):
            if one.box:
                about: dict[str, Any] = {"content": spell_entry(one.entry), "salt": one.salt, "index": n, "note": note}
                proof = ReportProof(**about, path=tuple(tree.inclusion(n)))
                proofs.setdefault(one.box, []).append(proof.to_json())
        for box in sorted(proofs):
            for start in range(0, len(proofs[box]), AT_ONCE):
                self._send(c, box, proofs[box][start : start + AT_ONCE])

    def _send(self, c: Connection, box: bytes, proofs: Sequence[str]) -> None:
        """Puts proofs into a box, as a list in JSON."""
        to, place, text = mailbox.box_of(c, box), mailbox.next_place(c, box), f"[{','.join(proofs)}]"
        letter = Letter(kind=LetterKind.PROOF, day=self._desk.today(), text=text, nonce=new_nonce())
        where: dict[str, Any] = {"box": box, "sender": Sender.STAFF, "place": place, "private": self._desk.private}
        with suppress(KeyFileError):  # A box whose key can't be one holds up no day.
            if to is not None:
                mailbox.add_letter(c, seal_letter(letter, self._desk.team, to.public, **where))

    def publish(self, folder: Path) -> None:
        """Writes what isn't there yet of what others may keep: `key`, `tile/`, and `checkpoints/` by day."""
        _put(folder / "key", f"{self._key.verify_key}\n".encode())
        old = 0
        for day, size, note in self._desk.database.read(_days):
            if not (folder / "checkpoints" / day.isoformat()).exists():
                for tile in tiles(size, old):
                    _put(folder / "tile" / tile.path, self._desk.database.read(_content, tile))
                _put(folder / "checkpoints" / day.isoformat(), note.encode())
            old = size


def account_for(database: Database, record: HotlineRecord, upto: date = date.max) -> list[Leaf]:
    """Each leaf up to a day, and what stands behind it."""
    state = record.state()
    rows, boxes = database.read(
        lambda c: (c.execute(sa.select(leaves).order_by(leaves.c.place)).mappings().all(), mailbox.all_boxes(c))
    )
    known = {(one.digest, one.salt): (box, one) for box, some in boxes for one in some}
    found = []
    for row in rows:
        box, letter = known.get((row["digest"], row["salt"]), (None, None))
        stands = Stands.DECOY if row["kind"] == DECOY else Stands.MISSING
        if box and letter and letter.sealed is not None and _kind(letter) == row["kind"]:
            stands = Stands.THERE
        elif box and box.gone and any(isinstance(one, Purged) for one in state.of(box.box)):
            stands = Stands.DELETED
        more: dict[str, Any] = {"box": box.box, "rule": box.rule, "gone": box.gone} if box else {}
        found.append(Leaf(**row, stands=stands, **more))
    return [one for one in found if one.day <= upto]


def verify_log(
    database: Database, record: HotlineRecord, key: VerifyKey, notes: Sequence[tuple[str, bytes]] = ()
) -> tuple[Finding, ...]:
    """Looks at all leaves, notes, letters, acts and codes (rule 4). notes: names and checkpoints that others kept."""
    own, acts, stored = account_for(database, record), record.state(), database.read(_days)
    tree = Tree.of(stacked([one.hash for one in own]))
    size = stored[-1][1] if stored else 0
    wrong = [n for n, one in enumerate(own) if one.place != n or one.stands is Stands.MISSING or n >= size]
    found = [Finding(code=LogFault.LEAF, where=f"leaves/{own[n].place}") for n in wrong]
    if database.read(lambda c: tree_of(c, NODES, size).root()) != _root(tree, size):
        found.append(Finding(code=LogFault.TREE, where=NODES.full_name))
    closed = {str(day): (size, _root(tree, size)) for day, size, _ in stored}
    said = {str(day): (one.size, one.root) for day, one in acts.days.items()}
    differ = [day for day in sorted({**closed, **said}) if closed.get(day) != said.get(day)]
    found += [Finding(code=LogFault.ACT, where=day) for day in differ]
    given = [*((str(day), note.encode()) for day, _, note in stored), *notes]
    origins = {Checkpoint.claimed(note).origin for _, note in given[: len(stored)]}
    holds = {where for where, note in given if _holds(note, key, closed, origins)}
    found += [Finding(code=LogFault.NOTE, where=where) for where, _ in given if where not in holds]
    if yuan := codes_differ(database, record):
        found.append(Finding(code=LogFault.CODES, where="redeem", values={"granted": yuan[0], "worth": yuan[1]}))
    return tuple(found + database.read(_strangers, acts))


def _holds(note: bytes, key: VerifyKey, closed: Mapping[str, tuple[int, bytes | None]], origins: set[str]) -> bool:
    """Check whether a note is of the tree, of a day, and of a log of one name."""
    try:
        point, _ = Checkpoint.open(note, [key])
    except MerkleError:
        return False
    day = point.more[0].removeprefix("day ") if point.more else ""
    named = (point.more, origins) == ((f"day {day}",), {point.origin})
    return named and closed.get(day) == (point.size, point.root)


def _kind(letter: SealedLetter) -> str:
    """The kind that its leaf has: a reporter's letter has none in the clear."""
    return letter.kind or (LetterKind.REPORT if letter.place == 1 else LetterKind.MESSAGE).value


def _unlogged(c: Connection, day: date) -> list[SealedLetter]:
    """Letters up to a day that have no leaf."""
    of = mailbox.letters.c
    logged = sa.exists().where(leaves.c.salt == of.salt, leaves.c.digest == of.digest)
    meant = of.kind != LetterKind.PROOF.value, of.sender != Sender.INNER.value
    return mailbox.select_letters(c, of.day <= day, *meant, ~logged)


def _days(c: Connection) -> list[tuple[date, int, str]]:
    return [(row.day, row.size, row.note) for row in c.execute(sa.select(days).order_by(days.c.day))]


def _root(tree: Tree, size: int) -> bytes | None:
    return tree.root(size) if size <= tree.size else None


def _content(c: Connection, tile: Tile) -> bytes:
    """The hashes of a tile."""
    nodes = METADATA.tables[NODES.full_name].c
    of_it = nodes.level == tile.level, nodes.place.between(tile.first, tile.first + tile.width - 1)
    found = c.execute(sa.select(nodes.hash).where(*of_it).order_by(nodes.place)).scalars()
    return b"".join(map(bytes.fromhex, found))


def _put(path: Path, content: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content, mode=0o644)


def _strangers(c: Connection, state: HotlineState) -> list[Finding]:
    """Letters of staff's that no act names."""
    theirs = [one for _, some in mailbox.all_boxes(c) for one in some if one.sender is not Sender.REPORTER]
    found = [
        (one.box, Written(place=one.place, digest=one.digest)) for one in theirs if one.kind != LetterKind.PROOF.value
    ]
    return [
        Finding(code=LogFault.LETTER, where=f"letters/{one[0].hex()}/{one[1].place}")
        for one in found
        if one not in state.written
    ]
