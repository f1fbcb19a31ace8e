"""The proofs in a pack: each is checked with public keys alone, and against what the pack lists.

1. A proof must hold, lead to the pack's checkpoint, and prove an access that the pack lists, as it lists it: in every
   column that both have, and once.
2. Without a key that somebody brings, the key in the pack is taken, and that is told: whoever makes a pack anew could
   put in a key of their own.
3. The list is read line by line, however long it is; a line that is no access says nothing.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayseal.cases.evidence._records import Index, items_of
from wayseal.cases.evidence.findings import Code
from wayseal.cases.evidence.types import Role
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey
from wayseal.merkle.errors import UnknownKeyError
from wayseal.merkle.findings import Finding
from wayseal.model.errors import WaysealError
from wayseal.model.times import micros
from wayseal.proofs import ProvenRead, verify

Content = Callable[[str], bytes]
Parts = Callable[[str], Iterator[bytes]]
_COLUMNS = ("waybill", "actor", "source", "row", "action", "via", "session", "ip", "device", "purpose")
_ALWAYS = ("waybill", "actor")
_MOST_LINE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProofs:
    """holding: how many proofs hold. keys: who signed, as name+id. own_key: only the pack's key was there."""

    findings: tuple[Finding, ...]
    holding: int
    keys: tuple[str, ...]
    own_key: bool


def check_proofs(index: Index | None, content: Content, parts: Parts, keys: Sequence[VerifyKey]) -> CheckedProofs:
    """Checks all proofs of a pack (rules 1 and 2). content: gives a file of it; parts: the same, bit by bit."""
    proofs = items_of(index, Role.PROOF)
    trusted = list(keys) or _own_keys(index, content)
    point = _checkpoint(index, content)
    findings, names, proven_by_path = list[Finding](), dict[str, None](), dict[str, ProvenRead | None]()
    for item in proofs:
        try:
            proven = verify(content(item.path), trusted)
        except UnknownKeyError as error:
            findings.append(Finding(code=Code.PROOF_KEY, where=item.path, values={"keys": ", ".join(error.keys)}))
        except WaysealError:
            findings.append(Finding(code=Code.PROOF, where=item.path))
        else:
            proven_by_path[item.path] = proven if isinstance(proven, ProvenRead) else None
    listed = _listed_reads(index, parts, {_place(one) for one in proven_by_path.values() if one is not None})
    holding = 0
    for path, one in proven_by_path.items():
        if one is None or not _lists(listed.get(_place(one)), one.read):
            findings.append(Finding(code=Code.PROOF_READ, where=path))
        elif point is not None and one.checkpoint != point:
            findings.append(Finding(code=Code.PROOF_POINT, where=path))
        else:
            holding += 1
            names |= dict.fromkeys(one.keys)
    return CheckedProofs(
        findings=tuple(findings), holding=holding, keys=tuple(names), own_key=bool(proofs) and not keys
    )  # fmt: skip


def _place(proven: ProvenRead) -> str:
    return f"{proven.read['source']}:{proven.read['row']}"


def _own_keys(index: Index | None, content: Content) -> list[VerifyKey]:
    found = []
    for item in items_of(index, Role.KEY):
        try:
            found.append(VerifyKey.parse(content(item.path).decode("ascii")))
        except (UnicodeDecodeError, MerkleError):
            continue
    return found


def _checkpoint(index: Index | None, content: Content) -> Checkpoint | None:
    for item in items_of(index, Role.CHECKPOINT):
        try:
            return Checkpoint.claimed(content(item.path))
        except MerkleError:
            return None
    return None


def _listed_reads(index: Index | None, parts: Parts, wanted: Collection[str]) -> dict[str, Any]:
    """Some accesses of the pack by `source:row`; None for one that stands there more than once."""
    found: dict[str, Any] = {}
    for item in items_of(index, Role.READS) if wanted else ():
        for line in _lines(parts(item.path)):
            try:
                read = json.loads(line)
                key = str(read["read"])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if key in wanted:
                found[key] = None if key in found else read
    return found


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Rule 3. What is longer than a line can be comes in pieces, none of which is an access."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
        if len(rest) > _MOST_LINE:
            yield rest
            rest = b""
    yield rest


def _lists(known: Any, read: Mapping[str, str | int | None]) -> bool:
    """Whether the pack lists an access as it was proven (rule 1)."""
    if not isinstance(known, dict):
        return False
    same = all(known.get(name) == read.get(name) for name in _COLUMNS if name in known or name in _ALWAYS)
    return same and _same_time(str(known.get("at")), str(read["at"]))


def _same_time(one: str, other: str) -> bool:
    try:
        return micros(one) == micros(other)
    except ValueError:
        return False
