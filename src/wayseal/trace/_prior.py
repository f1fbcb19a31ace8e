"""How probable a source is before any leak was looked at.

Each kind expects κ sources in all, spread evenly over all sources of that kind: ρ = κ/N. A
session's ρ comes out of its account's, which keeps half.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wayseal.model.sources import SourceKind
from wayseal.trace._evidence import ACTOR, KINDS, SESSION, Evidence, Floats

RHO_MAX = 0.1
"""No source is more probable than this before the evidence, however few there are."""

_KAPPA: dict[SourceKind, float] = {
    SourceKind.ACTOR: 2.0,
    SourceKind.SESSION: 2.0,
    SourceKind.CHANNEL: 0.1,
    SourceKind.OUTLET: 0.2,
    SourceKind.REGION: 0.05,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Expected number of sources per kind, κ. A session's κ is that of accounts."""

    kappa: Mapping[SourceKind, float] = field(default_factory=lambda: dict(_KAPPA))

    def rho(self, evidence: Evidence, *, scale: float = 1.0) -> Floats:
        """[C] prior probability that each candidate is a source, with every κ times `scale`."""
        kappa = np.array([self.kappa[kind] * scale for kind in KINDS])
        count = np.array([float(evidence.universe.get(kind, 0)) for kind in KINDS])
        present = np.bincount(evidence.kind, minlength=len(KINDS)).astype(np.float64)
        rho = kappa / np.maximum(np.maximum(count, present), 1.0)
        out = rho[evidence.kind]
        has_sessions = np.zeros(evidence.candidates, bool)
        children = evidence.kind == SESSION
        has_sessions[evidence.parent[children & (evidence.parent >= 0)]] = True
        halved = children | (has_sessions & (evidence.kind == ACTOR))
        return np.asarray(np.minimum(np.where(halved, out / 2, out), RHO_MAX), np.float64)
