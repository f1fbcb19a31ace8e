"""Where a file is not what it was: the pieces of 4 KiB and lines that their hashes tell, and bytes by the original."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from wayseal.cases.evidence._fingerprint import CHUNK
from wayseal.cases.evidence.findings import Code
from wayseal.merkle.findings import Finding
from wayseal.merkle.hashing import SIZE

MOST_RANGES = 20
"""Ranges of bytes that are told of a file."""


def describe_chunks(path: str, was: bytes, now: bytes, parts: Iterable[bytes], *, text: bool) -> Finding:
    """Which pieces of a file differ, by their hashes then and now. text: whether it has lines."""
    pieces = max(len(was), len(now)) // SIZE
    odd = [n for n in range(pieces) if was[n * SIZE : n * SIZE + SIZE] != now[n * SIZE : n * SIZE + SIZE]]
    lines = _lines_of(odd, parts) if text else []
    values: dict[str, str | int] = {
        "chunks": _ranges([n + 1 for n in odd]),
        "count": len(odd),
        "of": pieces,
        "first": odd[0] * CHUNK if odd else 0,
        "lines": _ranges(lines),
    }
    return Finding(code=Code.CHUNKS, where=path, values=values)


def _lines_of(odd: Sequence[int], parts: Iterable[bytes]) -> list[int]:
    """Numbers of lines that lie in these pieces."""
    wanted, lines, line = set(odd), list[int](), 1
    for number, piece in enumerate(_pieces(parts)):
        breaks = piece.count(b"\n")
        if number in wanted:
            lines += range(line, line + breaks + (not piece.endswith(b"\n")))
        line += breaks
    return lines


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        rest += part
        while len(rest) >= CHUNK:
            yield rest[:CHUNK]
            rest = rest[CHUNK:]
    if rest:
        yield rest


def describe_bytes(path: str, original: Iterable[bytes], parts: Iterable[bytes]) -> Iterator[Finding]:
    """Which bytes of a file differ from the original: ranges, each with line and column of its first byte.

    What was put in or left out makes all that follows differ: the last range then goes to the end.
    """
    told, at, line, column = 0, 0, 1, 1
    open_at, where = -1, (1, 1)
    for one, other in zip_longest(_pieces(original), _pieces(parts), fillvalue=b""):
        if one == other and open_at < 0:
            at, breaks = at + len(one), one.count(b"\n")
            line, column = line + breaks, len(one) - one.rfind(b"\n") if breaks else column + len(one)
            continue
        for a, b in zip_longest(one, other):
            if a != b and open_at < 0:
                open_at, where = at, (line, column)
            elif a == b and open_at >= 0:
                yield _byte_range(path, open_at, at, where)
                told, open_at = told + 1, -1
                if told >= MOST_RANGES:
                    return
            at += 1
            line, column = (line + 1, 1) if a == 10 else (line, column + 1)
    if open_at >= 0:
        yield _byte_range(path, open_at, at, where)


def _byte_range(path: str, start: int, end: int, where: tuple[int, int]) -> Finding:
    values = {"first": start, "last": end - 1, "count": end - start, "line": where[0], "column": where[1]}
    return Finding(code=Code.BYTES, where=path, values=values)


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers in order as "3, 7-9"."""
    out: list[list[int]] = []
    for number in numbers:
        if out and number <= out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)
