"""Pictures: codes, lines of text, numbers, handles, and hashes by which near-same pictures are found."""

from wayseal.market.pictures._hash import NEAR, hash_distance
from wayseal.market.pictures._read import FindHandles, read_picture
from wayseal.market.pictures._text import text_is_read

__all__ = ["NEAR", "FindHandles", "hash_distance", "read_picture", "text_is_read"]
