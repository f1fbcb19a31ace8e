"""Key files of the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from wayseal.merkle import MerkleError

T = TypeVar("T")


def parse_key_file(path: Path, parse: Callable[[str], T]) -> T:
    """A key file's content; MerkleError names the file, never what is in it."""
    try:
        return parse(path.read_text(encoding="ascii"))
    except UnicodeDecodeError:
        raise MerkleError("this is no key", file=path) from None
    except MerkleError as error:
        raise error.at(file=path) from None
