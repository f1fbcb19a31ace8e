"""Key files, and what a proof has shown, as the commands that check proofs print it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wayseal.cli._texts import _
from wayseal.merkle import MerkleError
from wayseal.model.times import iso
from wayseal.proofs import ProvenEntry, ProvenGrowth, ProvenRead

if TYPE_CHECKING:
    from wayseal.ledger.retention import VerifiedPurge


T = TypeVar("T")


def parse_key_file(path: Path, parse: Callable[[str], T]) -> T:
    """A key file's content; MerkleError names the file, never what is in it."""
    try:
        return parse(path.read_text(encoding="ascii"))
    except UnicodeDecodeError:
        raise MerkleError("this is no key", file=path) from None
    except MerkleError as error:
        raise error.at(file=path) from None


_NONE = "-"


def describe_proven(proven: ProvenRead | ProvenEntry | ProvenGrowth) -> Iterator[str]:
    """Lines for a person: that it holds, of what, and what it shows."""
    keys = ", ".join(proven.keys)
    if isinstance(proven, ProvenGrowth):
        old, new = proven.old, proven.new
        yield _(
            "The proof holds: the log {origin} of {new:,} {new:entry|entries} begins with all {old:,} that were in it "
            "before (signed by {keys}).",
            origin=new.origin,
            old=old.size,
            new=new.size,
            keys=keys,
        )
        return
    point = proven.checkpoint
    said = {"origin": point.origin, "size": point.size, "keys": keys}
    if isinstance(proven, ProvenRead):
        yield _(
            "The proof holds: this read stands in {origin} (checkpoint of {size:,} {size:leaf|leaves}, signed by "
            "{keys}).",
            **said,
        )
        shown = {name: _NONE if value is None else str(value) for name, value in proven.read.items()}
    else:
        yield _(
            "The proof holds: this is entry {seq:,} of {origin} (checkpoint of {size:,} {size:entry|entries}, signed "
            "by {keys}).",
            seq=proven.index,
            **said,
        )
        shown = describe_entry(proven.entry)
    width = max(map(len, shown))
    for name, value in shown.items():
        yield f"  {name:<{width}}  {value}"


def describe_purge(proven: "VerifiedPurge") -> Iterator[str]:
    """What the proof of a purge has shown, and what it can't."""
    purge = proven.purge
    earlier, later = proven.earlier, proven.later
    keys = ", ".join(proven.keys)
    yield _(
        "The proof holds: {origin} was purged between checkpoints of {earlier:,} and {later:,} leaves of one history, "
        "signed by {keys}.",
        origin=later.origin,
        earlier=earlier.size,
        later=later.size,
        keys=keys,
    )
    went = {"reads": purge.reads, "waybills": purge.waybills, "before": purge.before}
    yield _(
        "  {reads:,} reads and {waybills:,} waybills first seen before {before} went, in {segments:,} segments; "
        "nothing else was taken away",
        **went,
        segments=len(purge.segments),
    )
    yield _("  by {who}, {at}: {why}", who=purge.who, at=purge.at, why=purge.why)
    if purge.below_minimum:
        yield _("  the legal minimum of six months was set aside")
    if purge.held:
        yield _("  {held:,} waybills stayed because of younger reads", held=purge.held)
    yield _("  It doesn't show that no copy exists, in backups or on a disk.")


def describe_entry(entry: Mapping[str, Any]) -> dict[str, str]:
    """What an entry of the disclosure log says, in the log's own words; its reason stays sealed."""
    told = {
        "at": iso(entry["at"]),
        **{name: entry.get(name) for name in ("kind", "waybill", "actor", "client", "purpose")},
        "fields": ", ".join(f"{name} ({form})" for name, form in entry.get("fields", {}).items()),
        **{name: entry.get(name) for name in ("rule", "policy", "request", "via", "ip")},
        "more": ", ".join(f"{name}: {value}" for name, value in entry.get("more", {}).items()),
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}
