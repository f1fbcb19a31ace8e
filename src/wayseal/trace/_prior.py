"""How probable a source is before any leak was looked at.

1. Each kind expects κ sources in all.
2. Of accounts four fifths of that are spread evenly over all of them, and a fifth over all that was read, so that
   whoever read a tenth of everything has a tenth of it: the source is any account, or whoever is behind any read.
   ρ = κ·(.8/N + .2·V/ΣV).
   Where accounts read alike, or nobody knows how much is read in all, that is κ/N.
3. Of other kinds κ is spread evenly: ρ = κ/N.
4. A part of an account takes its ρ out of the account's: sessions and devices one equal portion each, where there are
   any among the candidates, and the account keeps another. A session's portion is spread over all sessions as an
   account's is over accounts, a device's over the account's candidates, so that sources which say nearly the same share
   one prior.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wayseal.model.sources import SourceKind
from wayseal.trace._evidence import ACTOR, DEVICE, KINDS, SESSION, Evidence, Floats

RHO_MAX = 0.1
"""No source is more probable than this before the evidence, however few there are."""

BY_READS = 0.2
"""Part of κ of accounts that is spread by how much each read (rule 2)."""

_KAPPA: dict[SourceKind, float] = {
    SourceKind.ACTOR: 2.0,
    SourceKind.SESSION: 2.0,
    SourceKind.CHANNEL: 0.1,
    SourceKind.OUTLET: 0.2,
    SourceKind.REGION: 0.05,
    SourceKind.DEVICE: 0.2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Expected number of sources per kind, κ. A session's κ is that of accounts; devices: those of no one account.

    by_reads: see `BY_READS`.
    """

    kappa: Mapping[SourceKind, float] = field(default_factory=lambda: dict(_KAPPA))
    by_reads: float = BY_READS

    def rho(self, evidence: Evidence, *, scale: float = 1.0) -> Floats:
        """[C] prior probability that each candidate is a source, with every κ times `scale`."""
        kappa = np.array([self.kappa[kind] * scale for kind in KINDS])
        count = np.array([float(evidence.universe.get(kind, 0)) for kind in KINDS])
        present = np.bincount(evidence.kind, minlength=len(KINDS)).astype(np.float64)
        expected = kappa[evidence.kind]
        out = expected / np.maximum(np.maximum(count, present), 1.0)[evidence.kind]
        if evidence.overall_reads > 0:
            behind = np.where(np.isin(evidence.kind, (ACTOR, SESSION)), self.by_reads, 0.0)
            out = (1 - behind) * out + behind * expected * evidence.overall / evidence.overall_reads
        portions, device = _portions(evidence)
        owned = (evidence.kind == DEVICE) & (evidence.parent >= 0)
        out[owned] = out[evidence.parent[owned]] / device[evidence.parent[owned]]
        return np.asarray(np.minimum(out / portions, RHO_MAX), np.float64)


def _portions(evidence: Evidence) -> tuple[Floats, Floats]:
    """[C] into how many portions the ρ of a candidate's account is divided, and how many devices share one of them."""
    held = np.zeros((2, evidence.candidates))
    for row, kind in zip(held, (SESSION, DEVICE), strict=True):
        parts = (evidence.kind == kind) & (evidence.parent >= 0)
        np.add.at(row, evidence.parent[parts], 1.0)
    own = 1.0 + (held > 0).sum(axis=0)
    orphans = (evidence.kind == SESSION) & (evidence.parent < 0)
    place = np.where(evidence.part & ~orphans, evidence.parent, np.arange(evidence.candidates))
    return np.where(orphans, 2.0, own[place]), held[1]
