"""Key files, and what a proof has shown, as the commands that check proofs print it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wayseal.merkle import MerkleError
from wayseal.model.messages import N_, filled
from wayseal.model.times import iso
from wayseal.page.languages import ByLanguage
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
PROOF_TEXTS = ByLanguage(
    {
        "read": N_(
            "The proof holds: this read stands in {origin} (checkpoint of {size:,} {size:leaf|leaves}, signed by "
            "{keys})."
        ),
        "entry": N_(
            "The proof holds: this is entry {seq:,} of {origin} (checkpoint of {size:,} {size:entry|entries}, signed "
            "by {keys})."
        ),
        "growth": N_(
            "The proof holds: the log {origin} of {new:,} {new:entry|entries} begins with all {old:,} that were in it "
            "before (signed by {keys})."
        ),
        "purge": N_(
            "The proof holds: {origin} was purged between checkpoints of {earlier:,} and {later:,} leaves of one "
            "history, signed by {keys}."
        ),
        "purge_what": N_(
            "  {reads:,} reads and {waybills:,} waybills first seen before {before} went, in {segments:,} segments; "
            "nothing else was taken away"
        ),
        "purge_who": N_("  by {who}, {at}: {why}"),
        "purge_below": N_("  the legal minimum of six months was set aside"),
        "purge_held": N_("  {held:,} waybills stayed because of younger reads"),
        "purge_not": N_("  It doesn't show that no copy exists, in backups or on a disk."),
    }
)


def describe_proven(proven: ProvenRead | ProvenEntry | ProvenGrowth, lang: str) -> Iterator[str]:
    """Lines for a person: that it holds, of what, and what it shows."""
    words, keys = PROOF_TEXTS[lang], ", ".join(proven.keys)
    if isinstance(proven, ProvenGrowth):
        old, new = proven.old, proven.new
        yield filled(words["growth"], origin=new.origin, old=old.size, new=new.size, keys=keys)
        return
    point = proven.checkpoint
    said = {"origin": point.origin, "size": point.size, "keys": keys}
    if isinstance(proven, ProvenRead):
        yield filled(words["read"], **said)
        shown = {name: _NONE if value is None else str(value) for name, value in proven.read.items()}
    else:
        yield filled(words["entry"], seq=proven.index, **said)
        shown = describe_entry(proven.entry)
    width = max(map(len, shown))
    for name, value in shown.items():
        yield f"  {name:<{width}}  {value}"


def describe_purge(proven: "VerifiedPurge", lang: str) -> Iterator[str]:
    """What the proof of a purge has shown, and what it can't."""
    words, purge = PROOF_TEXTS[lang], proven.purge
    earlier, later = proven.earlier, proven.later
    keys = ", ".join(proven.keys)
    yield filled(words["purge"], origin=later.origin, earlier=earlier.size, later=later.size, keys=keys)
    went = {"reads": purge.reads, "waybills": purge.waybills, "before": purge.before}
    yield filled(words["purge_what"], **went, segments=len(purge.segments))
    yield filled(words["purge_who"], who=purge.who, at=purge.at, why=purge.why)
    if purge.below_minimum:
        yield words["purge_below"]
    if purge.held:
        yield filled(words["purge_held"], held=purge.held)
    yield words["purge_not"]


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
