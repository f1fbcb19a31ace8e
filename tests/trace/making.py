"""Small evidence for the tests: say only what matters, the rest is plain."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import ACTOR, Events, Evidence
from wayseal.trace._sampler import Effort

QUICK = Effort(chains=2, steps=3000, rounds=2, every=10)
"""Enough for clear cases, and bearable without the compiler."""

Triples = Sequence[tuple[int, int, float]]


def events(triples: Triples, weight: Sequence[float] | None = None) -> Events:
    """Events by (source, leak, hours); weight: their probabilities, where they are not sure."""
    rows = list(triples)
    if not rows:
        return Events.none()
    return Events(
        source=np.array([row[0] for row in rows], np.int32),
        leak=np.array([row[1] for row in rows], np.int32),
        at=np.array([row[2] for row in rows], np.float64),
        weight=None if weight is None else np.array(weight, np.float64),
    )


def make(
    sold_at: Sequence[float],
    *,
    reads: Triples = (),
    touches: Triples = (),
    kind: Sequence[int] | None = None,
    volume: Sequence[float] | None = None,
    touch_volume: Sequence[float] | None = None,
    size: float = 1000.0,
    universe: Mapping[SourceKind, int] | None = None,
    **rest: Any,
) -> Evidence:
    """Evidence with one stratum; candidates are numbered by the events, accounts unless `kind` says otherwise."""
    n = len(sold_at)
    c = len(kind) if kind is not None else 1 + max((row[0] for row in [*reads, *touches]), default=-1)
    volumes = np.full(c, 10.0) if volume is None else np.array(volume, np.float64)
    touched = np.zeros(c) if touch_volume is None else np.array(touch_volume, np.float64)
    given: dict[str, Any] = {
        "sold_at": np.array(sold_at, np.float64),
        "absent_at": np.full(n, np.nan),
        "asked_at": np.full(n, np.nan),
        "born": np.zeros(n),
        "life_h": 48.0,
        "stratum": np.zeros(n, np.int32),
        "kind": np.full(c, ACTOR, np.uint8) if kind is None else np.array(kind, np.uint8),
        "group": np.full(c, -1, np.int32),
        "parent": np.full(c, -1, np.int32),
        "size": np.array([size]),
        "volume": volumes[:, None],
        "touch_volume": touched[:, None],
        "overall": volumes,
        "overall_size": size,
        "reads": events(reads),
        "touches": events(touches),
        "universe": universe or {SourceKind.ACTOR: 100},
    }
    return Evidence(**(given | rest))
