"""`wayseal ledger verify-proof` for the proof of a purge."""

from collections.abc import Iterator

from wayseal.cli._retention_words import RETENTION_TEXTS
from wayseal.ledger.retention import PurgeProven


def purge_lines(proven: PurgeProven, lang: str) -> Iterator[str]:
    """What the proof of a purge has shown, and what it can't."""
    words, purge = RETENTION_TEXTS[lang], proven.purge
    yield words["proven"].format(
        origin=proven.later.origin, earlier=proven.earlier.size, later=proven.later.size, keys=", ".join(proven.keys)
    )
    yield words["proven_what"].format(
        reads=purge.reads, waybills=purge.waybills, before=purge.before, segments=len(purge.segments)
    )
    yield words["proven_who"].format(who=purge.who, at=purge.at, why=purge.why)
    if purge.below_minimum:
        yield words["proven_below"]
    if purge.held:
        yield words["proven_held"].format(held=purge.held)
    yield words["proven_not"]
