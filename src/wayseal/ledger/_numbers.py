"""Back from packed words to waybill numbers."""

from wayseal.ledger._hash import LETTER_DIGITS, LETTER_SIZE, PLAIN_DIGITS, PLAIN_SIZE


def unpack(word: int) -> str:
    """The number whose packed form is `word` (below 2**63)."""
    plain, letters = int(PLAIN_SIZE), int(LETTER_SIZE)
    if word < plain:
        return _digits(word, PLAIN_DIGITS)
    prefix, rest = divmod(word - plain, letters)
    first, second = divmod(prefix, 26)
    head = chr(64 + first) if first else ""
    return head + chr(65 + second) + _digits(rest, LETTER_DIGITS)


def _digits(value: int, most: int) -> str:
    """The digits that stand at `value` when all strings of up to `most` digits are lined up, short ones first."""
    length = most
    while value < (10**length - 1) // 9:
        length -= 1
    return str(value - (10**length - 1) // 9).zfill(length) if length else ""
