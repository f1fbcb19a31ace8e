"""Detection: reads that no work explains, and the accounts behind them. It sees numbers and account names, no more."""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.detect._detect import Options, detect
    from wayseal.detect._result import Case, DetectResult, ExternalEvidence, ExternalVerdict
    from wayseal.detect.errors import DetectError

__all__ = [
    "Case",
    "DetectError",
    "DetectResult",
    "ExternalEvidence",
    "ExternalVerdict",
    "Options",
    "detect",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "Case": "_result",
        "DetectError": "errors",
        "DetectResult": "_result",
        "ExternalEvidence": "_result",
        "Options": "_detect",
        "ExternalVerdict": "_result",
        "detect": "_detect",
    },
)
