"""The newest result as JSON beside what detection keeps, whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wayseal.page.programs import as_json, dump_row
from wayseal.parcels.result import ParcelsResult
from wayseal.store.durable import replace_file

FOLDER, FILE = "parcels", "result.json"


def kept_path(folder: Path) -> Path:
    """Where a result is kept, whether it is there or not."""
    return folder / FOLDER / FILE


def keep_result(result: ParcelsResult, folder: Path, at: int) -> Path:
    """Keep a result, with the names of its accounts: for its owner alone.

    Args:
        result: What was found.
        folder: Where detection keeps what it keeps.
        at: When it was found, microseconds since 1970.

    Returns:
        The file.

    Raises:
        OSError: The disk refuses.
    """
    path = kept_path(folder)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, as_json({"at": at, **dump_row(result)}).encode())
    return path


def read_kept(folder: Path) -> Mapping[str, Any] | None:
    """Read the newest result as `keep_result` kept it.

    Args:
        folder: Where detection keeps what it keeps.

    Returns:
        Its keys, and `at`; None where nothing is kept.

    Raises:
        OSError: It can't be read.
        ValueError: It isn't what was written.
    """
    try:
        kept: Mapping[str, Any] = json.loads(kept_path(folder).read_bytes())
    except FileNotFoundError:
        return None
    return kept
