"""Custody as lines that hang together: each carries the SHA-256 of the line before it and one of its own.

1. A line that was changed, taken out, moved or put in is named by its number; cut-off ones by the pack's manifest.
2. The first line's `previous` is "".
"""

import hashlib
import json
from collections.abc import Sequence

from wayseal.cases.evidence.types import Custody, CustodyAct
from wayseal.model.times import iso, micros

_MEMBERS = ("act", "item", "at", "who", "why", "hash_before", "hash_after", "previous", "sum")


def chain_acts(acts: Sequence[CustodyAct], previous: str = "") -> bytes:
    """Acts as lines that go on from a line whose SHA-256 is `previous`."""
    out = []
    for act in acts:
        values = (act.act.value, act.item, iso(act.at), act.who, act.why, act.before, act.after, previous)
        body = json.dumps(dict(zip(_MEMBERS, values, strict=False)), ensure_ascii=False)
        line = f'{body[:-1]}, "sum": "{_sha(body)}"}}'
        out.append(line + "\n")
        previous = _sha(line)
    return "".join(out).encode()


def read_chain(content: bytes) -> tuple[tuple[CustodyAct, ...], tuple[int, ...]]:
    """The acts of whole lines, and the numbers of lines that are not what was written or don't go on (rule 1)."""
    acts, faults, previous = [], [], ""
    lines = content.decode("utf-8", "replace").split("\n")
    if lines.pop():
        faults.append(len(lines) + 1)
    for number, line in enumerate(lines, start=1):
        act, follows = _read_line(line)
        if act is not None:
            acts.append(act)
        if act is None or follows != previous:
            faults.append(number)
        previous = _sha(line)
    return tuple(acts), tuple(sorted(faults))


def _read_line(line: str) -> tuple[CustodyAct | None, str]:
    try:
        found = json.loads(line)
        body = json.dumps({name: found[name] for name in _MEMBERS[:-1]}, ensure_ascii=False)
        if line != f'{body[:-1]}, "sum": "{_sha(body)}"}}':
            return None, ""
        act, item, at, who, why, before, after, previous = (found[name] for name in _MEMBERS[:-1])
        read = CustodyAct(
            act=Custody(act), item=item, at=micros(at), who=who, why=why, before=before, after=after
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, ""
    return read, previous


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
