"""Names for people under watch that say nothing of them, and the secret behind them on disk (rules 3 and 6)."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from wayseal.cases.errors import CasebookError
from wayseal.store.durable import replace_file

SECRET_SIZE = 32
ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
"""No vowels, so that no word comes out; no 0, 1, l and o, so that it can be read out."""
_GROUPS, _GROUP = 3, 4


class Pseudonyms:
    """Makes pseudonyms out of a secret. ValueError if that has another size."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_SIZE:
            raise ValueError("secret")
        self._secret = secret
        self.check = hashlib.sha256(b"wayseal casebook check 1\n" + secret).hexdigest()

    def __repr__(self) -> str:
        """Without the secret."""
        return "Pseudonyms()"

    def of(self, id_: str, kind: str = "actor") -> str:
        """The pseudonym of an id; ids of different kinds have different ones.

        Args:
            id_: The id.
            kind: Of what it is one, such as actor or device.

        Returns:
            It, such as p-3kx7-q2mf-9c4t.
        """
        text = f"{len(kind)}:{kind}:{id_}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, key=self._secret, digest_size=16, person=b"wayseal alias 1").digest()
        left = int.from_bytes(digest)
        groups = []
        for _ in range(_GROUPS):
            group = ""
            for _ in range(_GROUP):
                left, digit = divmod(left, len(ALPHABET))
                group += ALPHABET[digit]
            groups.append(group)
        return "p-" + "-".join(groups)


NAME = "secret"
Entropy = Callable[[int], bytes]
"""So many random bytes."""


def load_pseudonyms(folder: Path) -> Pseudonyms:
    """Read the secret of a casebook's folder.

    Args:
        folder: The casebook's folder.

    Returns:
        What makes its pseudonyms.

    Raises:
        CasebookError: The secret is missing or damaged.

    """
    path = folder / NAME
    try:
        return Pseudonyms(path.read_bytes())
    except FileNotFoundError:
        raise CasebookError("the casebook's secret is missing", file=path) from None
    except ValueError:
        raise CasebookError("this is not the casebook's secret", file=path) from None


def check_pseudonyms(folder: Path, check: str) -> Pseudonyms:
    """The same, if it is the secret that the header knows."""
    made = load_pseudonyms(folder)
    if made.check != check:
        raise CasebookError("this is not the casebook's secret", file=folder / NAME)
    return made


def make_pseudonyms(folder: Path, entropy: Entropy) -> Pseudonyms:
    """The same, of a secret that is made, durably, where there is none. The writer's lock is held."""
    path = folder / NAME
    if not path.exists():
        replace_file(path, entropy(SECRET_SIZE))
    return load_pseudonyms(folder)
