"""What walks over a whole ledger (rights against use, partners against contracts), as it last came out, with its day.

A review is derived: one that can't be read is as good as none. It is for its owner alone, as it names accounts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayseal.store.durable import replace_file

_FOLDER, _VERSION = "reviews", 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What came out.

    Attributes:
        at: Microseconds since 1970 when it was made.
        document: Its JSON, names included.
        whole: How many rows a list had that is shorter here.
    """

    at: int
    document: Mapping[str, Any]
    whole: Mapping[str, int] = field(default_factory=dict)


def review_path(folder: Path, name: str) -> Path:
    """Where a review is kept, whether it is there or not."""
    return folder / _FOLDER / f"{name}.json"


def keep_review(folder: Path, name: str, review: Review) -> None:
    """Keeps a review in the place of the one before.

    Args:
        folder: Where detection keeps what it keeps.
        name: What it is of.
        review: What came out.

    Raises:
        OSError: The disk refuses.
    """
    path = review_path(folder, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {"version": _VERSION, "at": review.at, "document": review.document, "whole": review.whole}
    replace_file(path, json.dumps(kept, ensure_ascii=False).encode())


def load_review(folder: Path, name: str) -> Review | None:
    """The review that was kept last; None: there is none that can be used."""
    try:
        kept = json.loads(review_path(folder, name).read_bytes())
        if kept["version"] != _VERSION:
            return None
        return Review(at=int(kept["at"]), document=dict(kept["document"]), whole=dict(kept["whole"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
