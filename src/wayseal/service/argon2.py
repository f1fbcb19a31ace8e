"""How much a guess costs: Argon2id for whatever people type, with a pepper that isn't in the database."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """How much a guess costs: memory in KiB, passes, lanes."""

    memory: int = 65_536
    passes: int = 3
    lanes: int = 1

    def argon2id(self, salt: bytes, pepper: bytes) -> Argon2id:
        """The function, for one use; 32 bytes come out."""
        return Argon2id(
            salt=salt, length=32, iterations=self.passes, lanes=self.lanes, memory_cost=self.memory, secret=pepper
        )
