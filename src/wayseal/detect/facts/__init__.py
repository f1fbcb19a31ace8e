"""The state of detection: counts of reads that add up, and the first reads that nothing explains.

Facts of a ledger as it is now: counted whole, or what came since added to what is known.

Obligations (code and tests cite the numbers):
1. Facts brought up to date are those that a count of the whole ledger gives, row for row.
2. Where that isn't certain they are counted anew: another version, ledger, set of templates, local time; a purge; a
   source read again; rows of actors, outlets or assignments that came since; a waybill's row that was replaced.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from wayseal.detect.explain import Template, build_staff, code_rules, ranks
from wayseal.detect.facts._facts import (
    FILE,
    SUSPECTS,
    VERSION,
    Facts,
    SavedFacts,
    load_state,
    save_state,
    totals,
    walk_saved,
)
from wayseal.detect.facts._tally import ADDRESS, DEVICE
from wayseal.detect.facts._walk import (
    READ_COLUMNS,
    TABLE_COLUMNS,
    CountedBefore,
    Counter,
    ExplanationContext,
    Tables,
    code_tables,
    judge_reads,
    set_own_tickets_apart,
    suspect_rows,
)
from wayseal.ledger import Snapshot
from wayseal.ledger.walk import Wanted
from wayseal.model.progress import Progress

__all__ = [
    "ADDRESS",
    "DEVICE",
    "FILE",
    "READ_COLUMNS",
    "SUSPECTS",
    "TABLE_COLUMNS",
    "ExplanationContext",
    "Facts",
    "Progress",
    "Tables",
    "build_context",
    "code_tables",
    "judge_reads",
    "learnt_facts",
    "set_own_tickets_apart",
    "suspect_rows",
    "totals",
    "update_facts",
    "walk_saved",
]  # fmt: skip


_GROUND_TABLES = frozenset(("actors", "outlets", "assignments"))


def build_context(snapshot: Snapshot, templates: Sequence[Template], offset: int) -> ExplanationContext:
    """The rules and tables that judge a ledger's reads. offset: of local time, µs ahead of UTC."""
    actors = snapshot.actors()
    tables = actors, snapshot.outlets(), snapshot.assignments(), snapshot.history("actors")
    staff = build_staff(snapshot.keys, snapshot.ids("actor"), *tables)
    rules = code_rules(templates, staff, snapshot.keys(actors["actor"].to_pylist()), actors)
    mandates, own, strong = ranks(templates)
    return ExplanationContext(staff=staff, rules=rules, mandates=mandates, own=own, strong=strong, offset=offset)


def update_facts(
    snapshot: Snapshot, folder: Path | None, templates: Sequence[Template], offset: int, progress: Progress
) -> Facts:
    """The facts of a ledger, kept in `folder` (None: nowhere) and brought up to date. OSError, LedgerError."""
    sources = tuple(s.sha256 for s in snapshot.manifest.sources)
    digest = _digest(snapshot, templates, offset)
    old = _usable(folder, sources, digest)
    if old is not None and len(old.sources) == len(sources):
        return old.facts
    facts = _count_facts(snapshot, build_context(snapshot, templates, offset), old, progress)
    if folder is not None:
        save_state(folder, SavedFacts(facts=facts, sources=sources, basis=digest))
    return facts


def learnt_facts(
    snapshot: Snapshot, folder: Path | None, templates: Sequence[Template], offset: int, progress: Progress
) -> Facts:
    """The facts that the newest batch run kept, whatever came since; `update_facts` where they can't be gone on with.

    Of whatever later moment it is asked, it says the same.
    """
    sources = tuple(s.sha256 for s in snapshot.manifest.sources)
    old = _usable(folder, sources, _digest(snapshot, templates, offset))
    return old.facts if old is not None else update_facts(snapshot, folder, templates, offset, progress)


def _usable(folder: Path | None, sources: tuple[str, ...], basis: str) -> SavedFacts | None:
    """What is kept in a folder of the ledger that has those sources (obligation 2)."""
    old = None if folder is None else load_state(folder)
    return old if old is not None and old.basis == basis and old.sources == sources[: len(old.sources)] else None


def _digest(snapshot: Snapshot, templates: Sequence[Template], offset: int) -> str:
    """Obligation 2."""
    m = snapshot.manifest
    content = {
        "version": VERSION,
        "ledger": m.id,
        "templates": [_as_plain(t) for t in templates],
        "offset": offset,
        "tables": [s.sha256 for s in m.sources if s.table in _GROUND_TABLES],
        "purges": len(m.purges) + sum(s.replaced for s in m.sources),
        "replaced": m.counts.get("waybills", 0),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _as_plain(template: Template) -> dict[str, object]:
    content = asdict(template)
    return {n: sorted(v) if isinstance(v, frozenset) else v for n, v in content.items()}


def _since(snapshot: Snapshot, sources: int) -> int:
    """The first generation that can hold reads of later sources; 0 where the ledger doesn't say.

    No state remembers it: a ledger may have been put back from a backup and brought up to date in other steps.
    """
    return next((c.generation for c in snapshot.manifest.commits if c.sources > sources), 0)


def _count_facts(snapshot: Snapshot, context: ExplanationContext, old: SavedFacts | None, progress: Progress) -> Facts:
    before = None if old is None else CountedBefore(sources=len(old.sources), suspects=old.facts.suspects)
    tables = dict(TABLE_COLUMNS)
    if len(context.staff.customers):
        tables["waybills"] = (*tables["waybills"], "customer")
    reads: tuple[str, ...] = READ_COLUMNS
    if before is not None:
        tables = {name: (*columns, "source") for name, columns in tables.items()}
        reads = (*reads, "source")
    counter = Counter(context, before)
    wanted = Wanted(reads=reads, tables=tables, since=0 if old is None else _since(snapshot, len(old.sources)))
    for _, done, total in snapshot.waybill_partitions(wanted, counter):
        progress("explain", done, total)
    made = counter.facts()
    return made if old is None else old.facts.without(*counter.rejudged_pairs()).plus(made)
