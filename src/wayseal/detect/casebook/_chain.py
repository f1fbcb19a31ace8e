"""The lines of a casebook as bytes: how they are written, hang together, and what is wrong with which (rule 4).

A line is a JSON object whose second last member `before` is the SHA-256 of the line before it, without its line break,
and whose last member `sum` is the SHA-256 of the line up to itself. The first line is the header, whose `before` is "".
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayseal.detect.casebook.findings import Code, Fault
from wayseal.detect.errors import CasebookError

VERSION = 1
CUT = b"#cut"
"""What the next writer puts behind a line that a crash cut off (rule 5)."""
_KIND = "casebook"
_START = b'{"wayseal":"casebook",'
_WHOLE = re.compile(rb'(\{.*),"sum":"([0-9a-f]{64})"\}', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The lines of a casebook. secret: the header's check of it. entries: number and content of each whole line.

    cut: numbers of lines that a crash cut off. sums: the SHA-256 of each line, whole or not. start: what is to be
    written before the next line.
    """

    secret: str
    entries: tuple[tuple[int, Mapping[str, Any]], ...]
    cut: tuple[int, ...]
    faults: tuple[Fault, ...]
    sums: tuple[str, ...]
    start: bytes


def header(secret: str) -> Mapping[str, object]:
    """What the first line says."""
    return {"wayseal": _KIND, "version": VERSION, "secret": secret}


def chain_lines(contents: Sequence[Mapping[str, object]], before: str) -> bytes:
    """Objects as lines that go on from one whose SHA-256 is `before`."""
    out = []
    for content in contents:
        body = json.dumps({**content, "before": before}, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        start = body[:-1].encode()
        line = start + f',"sum":"{_sha(start)}"}}'.encode()
        out.append(line + b"\n")
        before = _sha(line)
    return b"".join(out)


def last_sum(lines: bytes) -> str:
    """The SHA-256 of the last of some lines, each of which has its line break."""
    return _sha(lines[:-1].rsplit(b"\n", 1)[-1])


def check(content: bytes, file: Path) -> Chain:
    """The lines, and what is wrong with each. CasebookError: this is no casebook, or one of another version."""
    lines = content.split(b"\n")
    tail = lines.pop()
    first = _object(lines[0]) if lines else None
    if not content.startswith(_START) or not lines:
        raise CasebookError("this is no casebook", file=file, line=1)
    if first is not None and first.get("version") != VERSION:
        raise CasebookError("this casebook is of another version", file=file, line=1)
    whole_tail = bool(tail) and _object(tail) is not None
    start = b"" if not tail else b"\n" if whole_tail else CUT + b"\n"
    physical = [*lines, tail] if whole_tail else [*lines, tail + CUT] if tail else lines
    entries, cut, faults = _walk(physical)
    return Chain(
        secret=str(first.get("secret")) if first is not None else "",
        entries=tuple(entries),
        cut=tuple(cut),
        faults=tuple(faults),
        sums=tuple(map(_sha, physical)),
        start=start,
    )


def _walk(lines: Sequence[bytes]) -> tuple[list[tuple[int, Mapping[str, Any]]], list[int], list[Fault]]:
    entries: list[tuple[int, Mapping[str, Any]]] = []
    cut, faults = [], []
    before, sure = "", True
    for number, line in enumerate(lines, start=1):
        found = _object(line)
        if found is None:
            sure = line.endswith(CUT)
            if sure and number > 1:
                cut.append(number)
            else:
                faults.append(Fault(line=number, code=Code.CHANGED))
        else:
            if sure and found["before"] != before:
                faults.append(Fault(line=number, code=Code.MISSING))
            if number > 1:
                entries.append((number, found))
            sure = True
        before = _sha(line)
    return entries, cut, faults


def _object(line: bytes) -> dict[str, Any] | None:
    """What a whole line says; None where it is not as it was written."""
    found = _WHOLE.fullmatch(line)
    if found is None or _sha(found[1]).encode() != found[2]:
        return None
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if "before" in content else None


def _sha(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
