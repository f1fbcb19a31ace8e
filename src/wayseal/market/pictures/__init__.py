"""Pictures: codes, lines of text, numbers, handles, and hashes by which near-same pictures are found."""

from wayseal.market.pictures._read import FindHandles, read_picture
from wayseal.market.pictures._text import text_is_read

__all__ = ["FindHandles", "read_picture", "text_is_read"]
