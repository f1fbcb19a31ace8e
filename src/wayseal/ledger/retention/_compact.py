"""Compaction: one file a kind and bucket. Rows, answers, pages and proofs stay what they are."""

from dataclasses import dataclass
from pathlib import Path

from wayseal.ledger._generation import Generation
from wayseal.ledger._manifest import FileEntry, Manifest
from wayseal.ledger._merge import merge
from wayseal.ledger._rewrite import Hooks, commit_files, count_leftover_bytes, open_for_rewrite, require_unchanged

_HOOKS = Hooks()


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
