"""What others know and detection uses: partners' breaches, touches of canaries, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalVerdict:
    """What somebody decided on a case.

    Attributes:
        actors: Ids of its accounts.
        true: Whether they pulled.
        until: Up to when that is known, microseconds since 1970.
    """

    actors: tuple[str, ...]
    true: bool
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalEvidence:
    """What detection is told from outside of the ledger.

    Attributes:
        counted: Detector → (account id, microseconds since 1970, count) of what it is told.
        reads: Detector → (account id, microseconds since 1970, waybill): some or all of the reads behind what it is
            told.
        verdicts: On earlier cases.
        linked: Ids of the accounts of each open case of several.
    """

    counted: Mapping[str, Sequence[tuple[str, int, int]]] = field(default_factory=dict)
    reads: Mapping[str, Sequence[tuple[str, int, str]]] = field(default_factory=dict)
    verdicts: Sequence[ExternalVerdict] = ()
    linked: Sequence[tuple[str, ...]] = ()


NOTHING = ExternalEvidence()
