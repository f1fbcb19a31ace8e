"""Custody as lines that hang together (`wayseal.journal.chain`).

A line that was changed, taken out, moved or put in is named by its number; cut-off ones by the pack's manifest.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wayseal.cases.evidence.types import Custody, CustodyAct
from wayseal.journal.chain import chain_line, check_lines, sum_of
from wayseal.model.times import iso, micros


def chain_acts(acts: Sequence[CustodyAct]) -> bytes:
    """Acts as lines."""
    out, before = [], ""
    for act in acts:
        said = {"act": act.act.value, "item": act.item, "at": iso(act.at), "who": act.who, "why": act.why}
        hashes = {"hash_before": act.before, "hash_after": act.after}
        out.append(chain_line({**said, **hashes}, before, ensure_ascii=False))
        before = sum_of(out[-1])
    return "".join(line + "\n" for line in out).encode()


def read_chain(content: bytes) -> tuple[tuple[CustodyAct, ...], tuple[int, ...]]:
    """The acts of whole lines, and the numbers of lines that are not what was written or don't go on."""
    *lines, rest = content.decode("utf-8", "replace").split("\n")
    found = check_lines(enumerate(lines, start=1))
    acts, faults = [], {fault.line for fault in found.faults}
    for number, said in found.entries:
        try:
            acts.append(_act_of(said))
        except (ValueError, KeyError, TypeError):
            faults.add(number)
    return tuple(acts), tuple(sorted(faults | ({len(lines) + 1} if rest else set())))


def _act_of(said: Mapping[str, Any]) -> CustodyAct:
    who, before, after = said["who"], said["hash_before"], said["hash_after"]
    act, at = Custody(said["act"]), micros(said["at"])
    return CustodyAct(act=act, item=said["item"], at=at, who=who, why=said["why"], before=before, after=after)
