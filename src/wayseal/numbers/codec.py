"""Numbers out of counters and back: FF1 (NIST SP 800-38G) over all digits but the last, which is Damm's. Pure.

1. The tweak is the series and its epoch: the same counter of another series is another number.
2. FF1 is no MAC: a string that decrypts is right only if its counter lies in a block that was issued.
3. Damm's digit finds every wrong digit and every swap of neighbours; more check digits would find no more typos.
"""

from dataclasses import dataclass
from typing import Final

from fastfpe import ff1

from wayseal.model.messages import N_
from wayseal.numbers.errors import NumbersError

_DAMM: Final = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""The totally anti-symmetric quasigroup of Damm's thesis (2004)."""
_LEAST, _LONGEST = 7, 20


def damm_digit(digits: str) -> str:
    """Damm's check digit of a text of digits."""
    interim = "0"
    for one in digits:
        interim = _DAMM[int(interim)][int(one)]
    return interim


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A kind of numbers. prefix: letters, such as YT; digits: behind it, the check digit among them; epoch: of it."""

    prefix: str
    digits: int = 13
    epoch: int = 0

    def __post_init__(self) -> None:
        """NumbersError where it can't be."""
        letters = self.prefix.isascii() and self.prefix.isalpha() and self.prefix.isupper()
        if not letters or not _LEAST <= self.digits <= _LONGEST:
            text = N_("a series is a prefix of capitals, and {least} to {longest} digits")
            raise NumbersError(text, least=_LEAST, longest=_LONGEST)

    @property
    def capacity(self) -> int:
        """How many counters it has."""
        return int(10 ** (self.digits - 1))


class Codec:
    """Numbers of one series. key: `KeySet.codec`, or any AES key."""

    def __init__(self, key: bytes, series: Series) -> None:
        self.series = series
        self._key = key.hex()
        self._tweak = f"{series.prefix}/{series.epoch}".encode().hex()

    def encode(self, counter: int) -> str:
        """The number of a counter, which is below `capacity`."""
        digits = ff1.encrypt(self._key, self._tweak, "0123456789", f"{counter:0{self.series.digits - 1}d}")
        return f"{self.series.prefix}{digits}{damm_digit(digits)}"

    def decode(self, number: str) -> int | None:
        """The counter of a clean number (rule 2); None: it is none of this series."""
        digits = number.removeprefix(self.series.prefix)
        right = number.startswith(self.series.prefix) and len(digits) == self.series.digits
        if not right or not (digits.isascii() and digits.isdigit()) or damm_digit(digits) != "0":
            return None
        return int(ff1.decrypt(self._key, self._tweak, "0123456789", digits[:-1]))
