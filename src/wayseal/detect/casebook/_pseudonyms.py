"""Names for people under watch that say nothing of them (rule 6)."""

import hashlib

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
        """The pseudonym of an id, such as p-3kx7-q2mf-9c4t; ids of different kinds have different ones."""
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
