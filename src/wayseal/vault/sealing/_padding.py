"""Texts as bytes; values are filled up to whole blocks, so that a length tells little (ISO/IEC 7816-4: 0x80, zeros)."""

from wayseal.model.messages import N_
from wayseal.vault.errors import SealError

BLOCK = 16
FILL = [b"\x80" + bytes(BLOCK - 1 - used) for used in range(BLOCK)]
"""What fills a text up, by the bytes that its last block has."""
NO_TEXT = N_("a value can't be written as UTF-8")


def pad(text: str) -> bytes:
    """UTF-8 of a text and its filling, at least one byte of it. SealError where it is no text (lone surrogates)."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = None
    if raw is None:
        # Raised outside the handler: the library's error holds the text.
        raise SealError(NO_TEXT)
    return raw + FILL[len(raw) % BLOCK]


def unpad(raw: bytes) -> str:
    """The text; ValueError where it wasn't made by `pad`."""
    text, mark, fill = raw.rpartition(b"\x80")
    if not mark or fill.strip(b"\0") or len(fill) >= BLOCK:
        raise ValueError("no filling")
    return text.decode()


def number_bytes(waybill: str) -> bytes:
    """A number as it is bound and sealed: one spelling for each, whatever characters are in it."""
    return waybill.encode("utf-8", "surrogatepass")
