"""Detection: reads that no work explains, and the accounts behind them. It sees numbers and account names, no more."""

from wayseal.detect._detect import Options, detect
from wayseal.detect._errors import DetectError
from wayseal.detect._given import Given, Verdict
from wayseal.detect._result import Case, DetectResult

__all__ = ["Case", "DetectError", "DetectResult", "Given", "Options", "Verdict", "detect"]
