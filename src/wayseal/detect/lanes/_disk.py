"""Cases laid out, on disk: a Parquet file each, whose metadata holds all but the reads.

1. A file is derived: one that can't be read, or is of another version, is as good as none.
2. It is replaced at once, and is for its owner alone: who read what is personal data of staff.
"""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.detect.lanes._types import READS, CaseLanes, LaneHead
from wayseal.model.schema import parse_json
from wayseal.store.durable import replace_file

_FOLDER, _VERSION, _KEY = "lanes", 1, b"wayseal"
_CASE = re.compile(r"c-[0-9]{1,18}")


def keep_lanes(folder: Path, lanes: CaseLanes) -> None:
    """Keeps a case (rule 2).

    Args:
        folder: Where detection keeps what it keeps.
        lanes: The case.

    Raises:
        OSError: The disk refuses.
        ValueError: It has no id.
    """
    path = lanes_path(folder, lanes.head.case)
    if path is None:
        raise ValueError("case")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    about = {"version": _VERSION, "head": asdict(lanes.head)}
    table = lanes.reads.replace_schema_metadata({_KEY: json.dumps(about)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    replace_file(path, sink.getvalue().to_pybytes())


def lanes_path(folder: Path, case: str) -> Path | None:
    """Where a case is kept, whether it is there or not.

    Args:
        folder: Where detection keeps what it keeps.
        case: Its id, from wherever it came.

    Returns:
        The file; None: this is no id of a case.
    """
    return folder / _FOLDER / f"{case}.parquet" if _CASE.fullmatch(case) else None


def load_lanes(folder: Path, case: str) -> CaseLanes | None:
    """A case that was kept; None where there is none that can be used (rule 1).

    Args:
        folder: Where detection keeps what it keeps.
        case: Its id, from wherever it came.

    Returns:
        It.
    """
    path = lanes_path(folder, case)
    if path is None:
        return None
    try:
        content = path.read_bytes()
        table = pq.read_table(pa.BufferReader(content))
        about: dict[str, Any] = json.loads((table.schema.metadata or {})[_KEY])
        if about["version"] != _VERSION or about["head"]["case"] != case:
            return None
        head = parse_json(json.dumps(about["head"]), LaneHead)
        return CaseLanes(head=head, reads=table.replace_schema_metadata(None).cast(READS).combine_chunks())
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
