"""What others know and detection uses: partners' breaches, touches of canaries, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalVerdict:
    """What somebody decided on a case: its accounts (ids), whether they pulled, and up to when (µs) that is known."""

    actors: tuple[str, ...]
    true: bool
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalEvidence:
    """counted: detector → (account id, µs, count) of what it is told. verdicts: of earlier cases.

    reads: detector → (account id, µs, waybill), some or all of the reads behind what it is told.
    """

    counted: Mapping[str, Sequence[tuple[str, int, int]]] = field(default_factory=dict)
    reads: Mapping[str, Sequence[tuple[str, int, str]]] = field(default_factory=dict)
    verdicts: Sequence[ExternalVerdict] = ()


NOTHING = ExternalEvidence()
