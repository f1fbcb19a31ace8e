"""Crockford's base 32: capitals and digits that nobody mixes up when they are read out or typed."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U."""
MEANT = str.maketrans("OIL", "011")
"""What people type for what they see."""


def spell(bits: int, length: int) -> str:
    """The lowest `5 * length` bits as so many letters, the lowest bits first."""
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in range(length))
