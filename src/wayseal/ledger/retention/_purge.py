"""Removing everything about waybills first seen before a day, by whole segments of reads, in one commit.

1. What is younger than the legal minimum (counted back from the newest read, or from now if that is earlier) stays: a
   later boundary is refused, and a waybill with a younger read is held. Only whoever says so sets the minimum aside.
2. Nothing is removed that isn't what was committed: files are compared with their SHA-256 before they are rewritten.
3. What is left verifies: tombstones stand where a page needs them (`_tombstone_writer`).
4. Counts are what they would be had the rows never been there (`_remove`).
5. Who, why and when stand in the manifest, and the tree binds them; the clock is read by whoever calls.

Making the proof of a purge (`_purge_proof`) out of a ledger.

Compaction: one file a kind and bucket. Rows, answers, pages and proofs stay what they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from wayseal.ledger._generation import Generation
from wayseal.ledger._layout import DAY_US, HOUR_US
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import FileEntry, Manifest, PurgeEntry, Segment, load_manifest, parse_day
from wayseal.ledger._merge import merge
from wayseal.ledger._purge_selector import Boundary, PurgePlan, PurgeSelector
from wayseal.ledger._rewrite import Hooks, commit_files, count_leftover_bytes, open_for_rewrite, require_unchanged
from wayseal.ledger._snapshot import open_ledger
from wayseal.ledger._strata import read_counts
from wayseal.ledger._tree import open_tree
from wayseal.ledger.errors import LedgerChangedError, TooYoungError
from wayseal.ledger.integrity import Code, check_history
from wayseal.ledger.retention._purge_proof import PurgeProof
from wayseal.ledger.retention._remove import Removal
from wayseal.merkle import Checkpoint
from wayseal.merkle.errors import OtherOriginError
from wayseal.model.schema import readable
from wayseal.model.times import day_name

LEGAL_DAYS = 183
"""Six months: for so long logs are kept by law."""
_HOOKS = Hooks()


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeOrder:
    """An order to purge, and on whose word. before: the day (2026-03-01); keep_days: so many up to the newest read.

    One of the two is given. at: now. below_minimum: the legal minimum doesn't count.
    """

    who: str
    why: str
    at: datetime
    before: str | None = None
    keep_days: int | None = None
    below_minimum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeReport:
    """The result of a purge, done or planned. before: the day. bytes_before, bytes: of all files of the ledger.

    manifests: before and after it; None where nothing was changed. left: bytes of replaced files that somebody reads
    still: they go at the next ingest, purge or compaction after that.
    """

    before: str
    plan: PurgePlan
    bytes_before: int
    bytes: int
    left: int = 0
    manifests: tuple[Manifest, Manifest] | None = None


def plan_purge(ledger: Path, order: PurgeOrder, *, hooks: Hooks = _HOOKS) -> PurgeReport:
    """Report what a purge would remove; nothing is changed. Errors as `purge` raises them, but for those of writing."""
    with open_ledger(ledger) as snapshot:
        boundary = _boundary(ledger, snapshot.manifest, order)
        plan = PurgeSelector(ledger, snapshot.manifest, boundary).plan(hooks.progress)
        size = sum(f.bytes for f in snapshot.manifest.files)
        return PurgeReport(before=day_name(boundary.day), plan=plan, bytes_before=size, bytes=size)


def purge(ledger: Path, order: PurgeOrder, *, hooks: Hooks = _HOOKS) -> PurgeReport:
    """Purges a ledger in one commit; where there is nothing to remove, it stays as it is.

    TooYoungError: rule 1; LedgerChangedError, LedgerError: rule 2; others as `open_for_rewrite` raises them. In each
    case the ledger is as it was.
    """
    ledger = Path(ledger)
    with open_for_rewrite(ledger, hooks) as before:
        boundary = _boundary(ledger, before, order)
        selector = PurgeSelector(ledger, before, boundary)
        plan = selector.plan(hooks.progress)
        now = before if plan.nothing else _purged(ledger, before, selector, order, hooks)
    return PurgeReport(
        before=day_name(boundary.day),
        plan=plan,
        bytes_before=sum(f.bytes for f in before.files),
        bytes=sum(f.bytes for f in now.files),
        left=count_leftover_bytes(ledger, before, now),
        manifests=None if now is before else (before, now),
    )


def _boundary(ledger: Path, manifest: Manifest, order: PurgeOrder) -> Boundary:
    """Where the purge ends; TooYoungError where that is too late (rule 1)."""
    hours = read_counts(Finder(ledger, manifest), "hours")["hour"].to_pylist()
    now = round(order.at.timestamp()) * 1_000_000
    newest = min(max(hours) * HOUR_US, now) if hours else now
    day = parse_day(order.before) if order.before is not None else newest // DAY_US - (order.keep_days or 0)
    young = newest - LEGAL_DAYS * DAY_US
    if order.below_minimum:
        return Boundary(day=day, young=None)
    if day * DAY_US > young:
        raise TooYoungError(
            "{day} is younger than six months ({legal_days} days before the newest read): the latest day is {latest}",
            file=ledger,
            day=day_name(day),
            legal_days=LEGAL_DAYS,
            latest=day_name(young // DAY_US),
        )
    return Boundary(day=day, young=young)


def _purged(ledger: Path, before: Manifest, selector: PurgeSelector, order: PurgeOrder, hooks: Hooks) -> Manifest:
    generation = Generation(ledger, before.generation + 1)
    removal = Removal(ledger, before, selector, generation)
    removal.run(hooks)
    files = _raw_left(before, removal.files(), selector.boundary.day)
    entry = PurgeEntry(
        generation=generation.number,
        before=day_name(selector.boundary.day),
        who=readable(order.who),
        why=readable(order.why),
        at=order.at.isoformat(),
        reads=removal.reads,
        waybills=removal.waybills,
        held=removal.held,
        below_minimum=order.below_minimum,
        rows=dict(sorted(removal.rows.items())),
        segments=tuple(Segment(day=f.day or 0, rows=f.rows, sha256=f.sha256) for f in selector.entries),
    )
    return commit_files(generation, before, files, (*before.purges, entry), hooks)


def _raw_left(before: Manifest, files: list[FileEntry], day: int) -> list[FileEntry]:
    """Files without the texts of rejected rows of sources all of whose rows are older than the day."""
    young = {s.sha256[:16] for s in before.sources if s.last_at is None or s.last_at >= day * DAY_US}

    def stays(entry: FileEntry) -> bool:
        return not entry.path.endswith(".raw.csv") or Path(entry.path).name[:16] in young

    return [f for f in files if f.kind != "quarantine" or stays(f)]


def check_checkpoint(ledger: Path, note: bytes) -> Checkpoint:
    """Read a checkpoint that the ledger goes on from; raises as `prove` does where it doesn't."""
    manifest, point = load_manifest(ledger), Checkpoint.claimed(note)
    code = check_history(ledger, manifest, point).code
    if code is Code.CHECKPOINT_ORIGIN:
        raise OtherOriginError(
            "the checkpoint is of {origin}, the ledger is {own}", origin=point.origin, own=manifest.origin
        )
    if code is not None:
        raise LedgerChangedError("its tree doesn't go on from the checkpoint", file=ledger)
    return point


def prove_purge(ledger: Path, manifests: tuple[Manifest, Manifest], notes: Sequence[str]) -> PurgeProof:
    """The proof of the purge that made the second of these manifests out of the first.

    notes: a signed checkpoint from before it, and one from right after it if there is one already.
    """
    before, after = (replace(m, commits=m.commits[-1:]) for m in manifests)
    tree, earlier = open_tree(ledger, after.size), Checkpoint.claimed(notes[0].encode())
    first, second = (tuple(tree.inclusion(m.size - 1)) for m in (before, after))
    return PurgeProof(
        before=before,
        after=after,
        leaves=(first, second),
        grown=tuple(tree.consistency(before.size)),
        consistency=tuple(tree.consistency(earlier.size)),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactReport:
    """Files and bytes before and after; left: bytes of replaced files that somebody still reads.

    Where there was nothing to do, before and after are the same.
    """

    files_before: int
    files: int
    bytes_before: int
    bytes: int
    left: int = 0

    @property
    def nothing(self) -> bool:
        """True if there was nothing to do."""
        return self.files == self.files_before


def compact(ledger: Path, *, hooks: Hooks = _HOOKS) -> CompactReport:
    """Merges files until each kind and bucket has one, in one commit. Errors as `open_for_rewrite` raises them.

    What is merged is compared with its SHA-256 first. Memory hangs on ranges of keys, not on the ledger's size, but
    for counts, which are added up whole.
    """
    ledger = Path(ledger)
    with open_for_rewrite(ledger, hooks) as before:
        groups = _several(before)
        now = _compacted(ledger, before, groups, hooks) if groups else before
    return CompactReport(
        files_before=len(before.files),
        files=len(now.files),
        bytes_before=sum(f.bytes for f in before.files),
        bytes=sum(f.bytes for f in now.files),
        left=count_leftover_bytes(ledger, before, now),
    )


def _several(manifest: Manifest) -> list[list[FileEntry]]:
    """Kinds and buckets that have several files; quarantine is a file a source."""
    groups: dict[tuple[str, int | None], list[FileEntry]] = {}
    for entry in manifest.files:
        if entry.kind != "quarantine":
            groups.setdefault((entry.kind, entry.day), []).append(entry)
    return [group for group in groups.values() if len(group) > 1]


def _compacted(ledger: Path, before: Manifest, groups: list[list[FileEntry]], hooks: Hooks) -> Manifest:
    generation = Generation(ledger, before.generation + 1)
    files = list(before.files)
    total, done = sum(f.bytes for g in groups for f in g), 0
    for group in groups:
        for entry in group:
            require_unchanged(ledger, entry)
        files[files.index(group[-1])] = merge(generation, group)
        for entry in group[:-1]:
            files.remove(entry)
        done += sum(f.bytes for f in group)
        hooks.progress("merge", done, total)
        hooks.on_step("merged")
    return commit_files(generation, before, files, before.purges, hooks)
