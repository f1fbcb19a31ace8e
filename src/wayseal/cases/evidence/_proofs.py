"""The proofs in a pack: each is checked with public keys alone, and against what the pack lists.

1. A proof must hold, lead to the pack's checkpoint, and prove an access that the pack lists, as it lists it.
2. Without a key that somebody brings, the key in the pack is taken, and that is told: whoever makes a pack anew could
   put in a key of their own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProofs:
    """holding: how many proofs hold. keys: who signed, as name+id. own_key: only the pack's key was there."""

    findings: tuple[Finding, ...]
    holding: int
    keys: tuple[str, ...]
    own_key: bool


def check_proofs(index: Index | None, content: Content, keys: Sequence[VerifyKey]) -> CheckedProofs:
    """Checks all proofs of a pack (rules 1 and 2). content: gives a file of it."""
    proofs = items_of(index, Role.PROOF)
    trusted = list(keys) or _own_keys(index, content)
    listed = _listed_reads(index, content) if proofs else {}
    point = _checkpoint(index, content)
    findings, names, holding = list[Finding](), dict[str, None](), 0
    for item in proofs:
        try:
            proven = verify(content(item.path), trusted)
        except UnknownKeyError as error:
            findings.append(Finding(code=Code.PROOF_KEY, where=item.path, values={"keys": ", ".join(error.keys)}))
            continue
        except WaysealError:
            findings.append(Finding(code=Code.PROOF, where=item.path))
            continue
        if not isinstance(proven, ProvenRead) or not _lists(listed, proven.read):
            findings.append(Finding(code=Code.PROOF_READ, where=item.path))
        elif point is not None and proven.checkpoint != point:
            findings.append(Finding(code=Code.PROOF_POINT, where=item.path))
        else:
            holding += 1
            names |= dict.fromkeys(proven.keys)
    return CheckedProofs(
        findings=tuple(findings), holding=holding, keys=tuple(names), own_key=bool(proofs) and not keys
    )  # fmt: skip


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


def _listed_reads(index: Index | None, content: Content) -> dict[str, Any]:
    """The accesses of the pack by `source:row`."""
    found = {}
    for item in items_of(index, Role.READS):
        for line in content(item.path).splitlines():
            try:
                read = json.loads(line)
                found[str(read["read"])] = read
            except (ValueError, KeyError, TypeError):
                continue
    return found


def _lists(listed: Mapping[str, Any], read: Mapping[str, str | int | None]) -> bool:
    """Whether the pack lists an access as it was proven: waybill, time and account."""
    known = listed.get(f"{read['source']}:{read['row']}")
    if known is None:
        return False
    return bool(known.get("waybill") == read["waybill"] and known.get("actor") == read["actor"]) and _same_time(
        str(known.get("at")), str(read["at"])
    )


def _same_time(one: str, other: str) -> bool:
    try:
        return micros(one) == micros(other)
    except ValueError:
        return False
