"""The second proof: codes of an authenticator (RFC 6238), and recovery codes.

1. A code counts once, whatever the clock does in between, and none counts that is as old as a code that did, or older
   by a minute: that one may have been seen over a shoulder.
2. Clocks may differ by a step of 30 seconds either way.
3. A clock that was ahead, and is set right, shuts nobody out: what was used while it was counts no more, and what comes
   before does.
4. A recovery code has 50 bits; it is kept as an HMAC and is gone once it was used.
"""

import base64
import hmac
import unicodedata
from collections.abc import Sequence

import pyotp

STEP = 30
HOW_MANY = 10
ISSUER = "Wayseal"
_SECRET, _HALF = 20, 5
_NEAR = 2
"""Steps that may lie between two codes that count at the same moment."""
_MOST = 64
Used = Sequence[tuple[int, int]]
"""Steps that count no more, from the first of each to its last, in order."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which are read for each other."""


def new_secret(random: bytes) -> str:
    """An authenticator's secret out of 20 random bytes."""
    return base64.b32encode(random[:_SECRET]).decode()


def address(secret: str, login: str) -> str:
    """What an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def fitting_step(secret: str, code: str, now: int, used: Used = ()) -> int | None:
    """The step whose code it is, among those that count (rules 1 and 2); None: of none. now: seconds."""
    typed = digits(code)
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(max(0, now // STEP - 1), now // STEP + 2):
        if hmac.compare_digest(totp.generate_otp(step), typed) and not _is_used(step, used):
            found = step
    return found


def note_used(used: Used, step: int) -> Used:
    """The same with a step that has just counted.

    What is kept is bounded: the two that are nearest to each other become one, with all that lies between them.
    """
    steps = sorted([*used, (step, step)])
    while len(steps) > _MOST:
        n = min(range(1, len(steps)), key=lambda n: steps[n][0] - steps[n - 1][1])
        steps[n - 1 : n + 1] = [(steps[n - 1][0], steps[n][1])]
    return steps


def _is_used(step: int, used: Used) -> bool:
    """Rule 1."""
    return any(first - _NEAR <= step <= last for first, last in used)


def digits(code: str) -> str:
    """A code as it was meant: full-width digits and spaces are what people type."""
    plain = unicodedata.normalize("NFKC", code)
    return "".join(c for c in plain if c.isascii() and c.isdigit())[:12]


def recovery_codes(random: bytes) -> tuple[str, ...]:
    """Ten codes out of 100 random bytes: ABCDE-FGHJK."""
    letters = [_ALPHABET[byte % len(_ALPHABET)] for byte in random[: 2 * _HALF * HOW_MANY]]
    whole = ["".join(letters[i : i + 2 * _HALF]) for i in range(0, len(letters), 2 * _HALF)]
    return tuple(f"{code[:_HALF]}-{code[_HALF:]}" for code in whole)


def plain_recovery_code(code: str) -> str | None:
    """A recovery code as it is hashed; None: it can't be one."""
    letters = "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c in _ALPHABET)
    return letters if len(letters) == 2 * _HALF else None
