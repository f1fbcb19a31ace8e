"""Which source is meant.

1. An id that several kinds know is refused until the kind is said.
2. An id that nobody knows is an error. What resembles it is named only where it is no person's: interfaces, outlets and
   regions by id, accounts by their number, sessions and devices not.
3. The id that was given is never repeated in an error.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wayseal.ledger import Snapshot
from wayseal.model.messages import Message
from wayseal.model.sources import SourceKind
from wayseal.trace.errors import ScopeError

_NEAR = 3


READERS = ("actor", "session", "device")
"""Kinds that are walked over by their reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source: what to walk over (one of `READERS`, "channel", "outlet") and the keys that stand for it there."""

    kind: SourceKind
    id: str
    walk: str
    keys: npt.NDArray[np.uint64]


def find_source(snapshot: Snapshot, text: str, kind: SourceKind | None) -> Source:
    """The source of that id (rules 1 to 3); ScopeError if there is none, or more than one."""
    wanted = list(SourceKind) if kind is None else [kind]
    found = [k for k in wanted if _known(snapshot, k, text)]
    if not found:
        raise _unknown(snapshot, text, kind)
    if len(found) > 1:
        raise ScopeError("several sources have this id; say which with --kind: {found}", found=list(found))
    only = found[0]
    if only is SourceKind.REGION:
        outlets = snapshot.outlets()
        inside = [
            o for o, r in zip(outlets["outlet"].to_pylist(), outlets["region"].to_pylist(), strict=True) if r == text
        ]
        return Source(kind=only, id=text, walk="outlet", keys=snapshot.keys(inside))
    return Source(kind=only, id=text, walk=only.value, keys=snapshot.keys([text]))


def _known(snapshot: Snapshot, kind: SourceKind, text: str) -> bool:
    if kind is SourceKind.REGION:
        return text in set(snapshot.outlets()["region"].to_pylist())
    listed = {SourceKind.ACTOR: snapshot.actors, SourceKind.OUTLET: snapshot.outlets}.get(kind)
    if listed is not None and text in set(listed()[kind.value].to_pylist()):
        return True
    key = int(snapshot.keys([text])[0])
    return key != 0 and snapshot.knows(kind.value, key)


def _unknown(snapshot: Snapshot, text: str, kind: SourceKind | None) -> ScopeError:
    """Rule 2."""
    what = Message("source") if kind is None else kind.value
    outlets = snapshot.outlets()
    open_ids = {
        SourceKind.CHANNEL: snapshot.names("channel", snapshot.channel_volumes()["channel"].to_numpy()),
        SourceKind.OUTLET: outlets["outlet"].to_pylist(),
        SourceKind.REGION: sorted(set(outlets["region"].to_pylist())),
    }
    hints: list[object] = []
    for other, ids in open_ids.items():
        if near := _near(text, ids):
            hints.append(f"{other} {', '.join(near)}")
    volumes = snapshot.volumes()["actor"].unique().to_numpy()
    if alike := len(_near(text, snapshot.names("actor", volumes))):
        several = Message("{accounts} accounts with a similar id", {"accounts": alike})
        hints.append(Message("an account with a similar id") if alike == 1 else several)
    if not hints:
        return ScopeError("the ledger knows no {what} of this id", what=what)
    return ScopeError("the ledger knows no {what} of this id; it knows {hints}", what=what, hints=_joined(hints))


def _joined(hints: Sequence[object]) -> object:
    """Several hints as one."""
    first, *rest = hints
    return Message("{first}; {rest}", {"first": first, "rest": _joined(rest)}) if rest else first


def _near(text: str, ids: Sequence[str]) -> list[str]:
    """Up to three ids that differ by case or little else."""
    plain: dict[str, str] = {}
    for name in ids:
        plain.setdefault(name.casefold(), name)
    close = difflib.get_close_matches(text.strip().casefold(), list(plain), n=_NEAR, cutoff=0.8)
    return [plain[name] for name in close]
