"""How probable a source is before any leak was looked at.

Each kind expects κ sources in all, spread evenly over all sources of that kind: ρ = κ/N. A part of an account takes
its ρ out of the account's: sessions and devices one equal portion each, where there are any among the candidates, and
the account keeps another. A session's portion is spread over all sessions, a device's over the account's candidates, so
that sources which say nearly the same share one prior.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wayseal.model.sources import SourceKind
from wayseal.trace._evidence import ACTOR, DEVICE, KINDS, SESSION, Evidence, Floats

RHO_MAX = 0.1
"""No source is more probable than this before the evidence, however few there are."""

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
    """Expected number of sources per kind, κ. A session's κ is that of accounts; devices: those of no one account."""

    kappa: Mapping[SourceKind, float] = field(default_factory=lambda: dict(_KAPPA))

    def rho(self, evidence: Evidence, *, scale: float = 1.0) -> Floats:
        """[C] prior probability that each candidate is a source, with every κ times `scale`."""
        kappa = np.array([self.kappa[kind] * scale for kind in KINDS])
        count = np.array([float(evidence.universe.get(kind, 0)) for kind in KINDS])
        present = np.bincount(evidence.kind, minlength=len(KINDS)).astype(np.float64)
        rho = kappa / np.maximum(np.maximum(count, present), 1.0)
        out = rho[evidence.kind]
        portions, device = _portions(evidence)
        owned = (evidence.kind == DEVICE) & (evidence.parent >= 0)
        out[owned] = rho[ACTOR] / device[evidence.parent[owned]]
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
