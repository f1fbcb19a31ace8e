"""What can be brought in, and how files of it lie.

An export lies on top of its source's folder; pictures that it names keep their place beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath


class ImportForm(StrEnum):
    """What is brought in."""

    TELEGRAM = "telegram"
    CSV = "csv"
    JSON = "json"
    PICTURES = "pictures"


EXPORTS: Mapping[ImportForm, tuple[str, ...]] = {
    ImportForm.TELEGRAM: (".json",),
    ImportForm.CSV: (".csv", ".tsv", ".txt"),
    ImportForm.JSON: (".json", ".jsonl", ".ndjson"),
    ImportForm.PICTURES: (),
}
"""How names of exports end, by form. Of pictures each file stands for itself."""
Named = tuple[str, Path]
"""A path below the source's folder, with `/`, and where the file lies now."""


def place_files(form: ImportForm, found: Sequence[Named]) -> tuple[list[Named], list[str]]:
    """Files as they are to lie in their source's folder.

    Args:
        form: What they are taken for.
        found: Their paths as they came, and where they lie now.

    Returns:
        They, exports first, each path once; and names of what is no part of such an import.
    """
    endings = EXPORTS[form]
    if not endings:
        return _once(found), []
    exports = [one for one in found if one[0].lower().endswith(endings)]
    beside = [one for one in found if one not in exports and "/" in one[0]]
    other = [name for name, _ in found if "/" not in name and not name.lower().endswith(endings)]
    return _once([*((name.replace("/", "_"), file) for name, file in exports), *beside]), other


def _once(found: Sequence[Named]) -> list[Named]:
    taken: dict[str, Path] = {}
    for name, file in found:
        taken[free_name(name, taken)] = file
    return list(taken.items())


def free_name(name: str, taken: Iterable[str]) -> str:
    """A name, or one near it that isn't among `taken`."""
    place, number, taken = PurePosixPath(name), 1, set(taken)
    while name in taken:
        number += 1
        name = str(place.with_name(f"{place.stem}-{number}{place.suffix}"))
    return name
