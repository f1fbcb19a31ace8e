"""Sets of places, as spans: "3,7-12"."""

import re
from collections.abc import Iterable, Sequence

from wayseal.vault.errors import VaultError

Span = tuple[int, int]
"""First and last place, both in it."""
_TEXT = re.compile(
    r"(?:0|[1-9]\d{0,18})(?:-(?:[1-9]\d{0,18}))?(?:,(?:0|[1-9]\d{0,18})(?:-(?:[1-9]\d{0,18}))?)*", re.ASCII
)


def make_spans(places: Iterable[int]) -> list[Span]:
    """The spans of some places, sorted."""
    return merge_spans((p, p) for p in places)


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """The same set in as few spans as can be, sorted."""
    out: list[Span] = []
    for first, last in sorted(spans):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out


def subtract_spans(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return the parts of `spans` that are not in `others`."""
    out: list[Span] = []
    taken = merge_spans(others)
    index = 0
    for first, last in merge_spans(spans):
        while index < len(taken) and taken[index][1] < first:
            index += 1
        here = index
        while here < len(taken) and taken[here][0] <= last:
            if first < taken[here][0]:
                out.append((first, taken[here][0] - 1))
            first = taken[here][1] + 1  # noqa: PLW2901
            here += 1
        if first <= last:
            out.append((first, last))
    return out


def count_places(spans: Iterable[Span]) -> int:
    """How many places."""
    return sum(last - first + 1 for first, last in spans)


def format_spans(spans: Sequence[Span]) -> str:
    """As text."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def parse_spans(text: str) -> list[Span]:
    """Read what `format_spans` gives; VaultError where it is something else."""
    if not _TEXT.fullmatch(text):
        raise VaultError("these are no places of entries")
    pairs = [(int(part.partition("-")[0]), int(part.rpartition("-")[2])) for part in text.split(",")]
    if any(first > last for first, last in pairs):
        raise VaultError("these are no places of entries")
    return merge_spans(pairs)
