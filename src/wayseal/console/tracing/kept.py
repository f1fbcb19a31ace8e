"""What a run leaves in its folder, and reading it again.

1. Accounts, sessions and devices stand there under the casebook's pseudonyms, in all that pages read. One file, the
   report that `wayseal trace` would write, names them: it is what is handed on once a case is opened.
2. What is read is what was written: its SHA-256 is kept by the job, and a file that differs is refused.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from wayseal.console.errors import TraceWorkError
from wayseal.merkle import Checkpoint
from wayseal.model.sources import SourceKind, VerdictKind
from wayseal.store.durable import replace_file
from wayseal.trace import TraceResult
from wayseal.trace.preview import Preview

RESULT, REPORT, LEAKS, LEFT_OUT, CHECK = "result.json", "report.json", "leaks.jsonl", "left_out.json", "check.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What a trace says without one number.

    line: of the number, from 1. verdict: without it. lead: the leading source, "" for none. probability: that it, or
    one that it can't be told from, is a source. chances: by source, of those that lead the whole trace, the same
    without the number.
    """

    line: int
    waybill: str
    verdict: VerdictKind
    lead: str
    probability: float
    chances: Mapping[str, float]


def keep(folder: Path, name: str, content: Any) -> dict[str, str]:
    """Writes a value as JSON; what a job has to know of it (rule 2)."""
    text = json.dumps(content, ensure_ascii=False).encode()
    replace_file(folder / name, text)
    return {"folder": str(folder), "sha256": hashlib.sha256(text).hexdigest()}


def result_content(result: TraceResult) -> dict[str, Any]:
    """A trace as it is kept."""
    point = result.checkpoint
    made = asdict(replace(result, checkpoint=None))
    made["checkpoint"] = None if point is None else [point.origin, point.size, point.root.hex()]
    return made


def load_result(told: Mapping[str, str]) -> TraceResult:
    """The trace of a run, under pseudonyms. TraceWorkError: it isn't there, or isn't what was written."""
    return _result(_path(told, RESULT), told.get("sha256", ""))


def load_check(told: Mapping[str, str]) -> Preview:
    """What a check found. TraceWorkError as above."""
    return _check(_path(told, CHECK), told.get("sha256", ""))


def load_left_out(told: Mapping[str, str]) -> tuple[LeftOut, ...]:
    """What a trace says without each number. TraceWorkError as above."""
    return _left_out(_path(told, LEFT_OUT), told.get("sha256", ""))


def load_names(told: Mapping[str, str]) -> tuple[tuple[str, SourceKind], ...]:
    """Names and kinds of the sources that the report of a run lists. TraceWorkError as above.

    Only for an act that is on record: they are names in clear.
    """
    content = _read(_path(told, REPORT), told.get("report_sha256", ""))
    return tuple((row["source"], SourceKind(row["kind"])) for row in content["sources"])


def read_leaks_file(told: Mapping[str, str]) -> bytes:
    """The numbers of a run, byte for byte as they were traced. TraceWorkError as above."""
    return _bytes(_path(told, LEAKS), told.get("leaks_sha256", ""))


@lru_cache(maxsize=32)
def _result(path: Path, digest: str) -> TraceResult:
    content = _read(path, digest)
    point = content.pop("checkpoint")
    try:
        result = TypeAdapter(TraceResult).validate_python({**content, "checkpoint": None})
    except ValidationError:
        raise TraceWorkError("another version of Wayseal made this result: run the trace again") from None
    made = None if point is None else Checkpoint(origin=point[0], size=point[1], root=bytes.fromhex(point[2]))
    return replace(result, checkpoint=made)


@lru_cache(maxsize=32)
def _check(path: Path, digest: str) -> Preview:
    try:
        return TypeAdapter(Preview).validate_python(_read(path, digest))
    except ValidationError:
        raise TraceWorkError("another version of Wayseal made this result: run the trace again") from None


@lru_cache(maxsize=32)
def _left_out(path: Path, digest: str) -> tuple[LeftOut, ...]:
    try:
        return TypeAdapter(tuple[LeftOut, ...]).validate_python(_read(path, digest))
    except ValidationError:
        raise TraceWorkError("another version of Wayseal made this result: run the trace again") from None


def _path(told: Mapping[str, str], name: str) -> Path:
    if not told.get("folder"):
        raise TraceWorkError("this run left no result")
    return Path(told["folder"]) / name


def _read(path: Path, digest: str) -> Any:
    return json.loads(_bytes(path, digest))


def _bytes(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise TraceWorkError("the result of this run isn't where it was written: run it again") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise TraceWorkError("the result of this run isn't what was written: run it again")
    return content


def finite(value: float) -> float:
    """A number that text can hold; 0 where it is none."""
    return value if math.isfinite(value) else 0.0
