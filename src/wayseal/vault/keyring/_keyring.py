"""The keyring: for each purpose one active key, and older ones that can still read.

1. Every purpose has exactly one active key; what is written is written with it, and it can't be retired.
2. A version's number is never used again: a retired key leaves its number, and a log key its public half too.
3. Nothing in a keyring changes: each act makes another keyring, which counts once it is saved.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

from wayseal.merkle import VerifyKey
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import _file_io
from wayseal.vault.keyring._json_format import LiveKey, RetiredKey, decode_base64, parse_keys, serialize
from wayseal.vault.keyring.keys import KINDS, MOST_VERSIONS, SECRET, Key, KeyPurpose, LogKey

K = TypeVar("K", bound=Key)
ENVIRONMENT = "WAYSEAL_KEYRING"
"""The variable that may hold a keyring: its JSON, or the base64 of it."""


class Keyring:
    """Keys of every purpose. See `KeyringFile` for one that is rotated while a service runs."""

    __slots__ = ("_active", "_live", "_retired")

    def __init__(
        self, keys: Iterable[Key], active: Mapping[KeyPurpose, int], retired: Iterable[RetiredKey] = ()
    ) -> None:
        live: dict[KeyPurpose, dict[int, Key]] = {purpose: {} for purpose in KeyPurpose}
        for key in keys:
            live[key.purpose][key.version] = key
        for purpose, versions in live.items():
            if active.get(purpose) not in versions:
                raise KeyringError("the keyring has no active {purpose} key", purpose=purpose)
        self._live = {purpose: dict(sorted(versions.items())) for purpose, versions in live.items()}
        self._active = {purpose: self._live[purpose][active[purpose]] for purpose in KeyPurpose}
        self._retired = {(gone.purpose, gone.version): gone for gone in retired}

    @staticmethod
    def new(now: int) -> "Keyring":
        """A keyring with one fresh key of each purpose. now: microseconds since 1970."""
        keys = [kind(1, now, os.urandom(SECRET)) for kind in KINDS.values()]
        return Keyring(keys, dict.fromkeys(KeyPurpose, 1))

    @staticmethod
    def load(path: Path) -> "Keyring":
        """The keyring in a file that its owner alone can read; KeyringError otherwise."""
        return Keyring.from_json(_file_io.read(path), path.name)

    @staticmethod
    def from_environment(env: Mapping[str, str]) -> "Keyring":
        """The keyring in `WAYSEAL_KEYRING`: its JSON, or base64 of that. KeyringError where there is none."""
        if not (text := env.get(ENVIRONMENT, "").strip()):
            raise KeyringError("{variable} is not set", variable=ENVIRONMENT)
        if not text.startswith("{"):
            text = decode_base64(text, KeyringError("{where} is no base64", where=ENVIRONMENT)).decode(errors="replace")
        return Keyring.from_json(text.encode(), ENVIRONMENT)

    @staticmethod
    def from_json(raw: bytes, where: str | None = None) -> "Keyring":
        """Read the output of `to_json`; KeyringError names what is wrong and where that stands, and no key."""
        keys: list[Key] = []
        retired: list[RetiredKey] = []
        active: dict[KeyPurpose, int] = {}
        for entry in parse_keys(raw, where):
            if isinstance(entry, RetiredKey):
                retired.append(entry)
                continue
            keys.append(KINDS[entry.purpose](entry.version, entry.created_at, entry.secret))
            if entry.active and active.setdefault(entry.purpose, entry.version) != entry.version:
                raise KeyringError("the keyring has two active {purpose} keys", purpose=entry.purpose)
        return Keyring(keys, active, retired)

    def to_json(self) -> bytes:
        """The form in which it is kept, secrets and all: for its file and for nothing else."""
        return serialize([*self._live_entries(), *self._gone()])

    def save(self, path: Path) -> None:
        """Writes it, durably and whole or not at all, readable by its owner alone.

        KeyringError where another keyring stands there with a key that this one lacks: two rotations at once must not
        lose the key of either.
        """
        _file_io.write(path, self.to_json(), self._check_loses_nothing)

    def rotate(self, purpose: KeyPurpose, now: int, *, activate: bool = True) -> "Keyring":
        """With a fresh key of this purpose, which becomes the active one.

        activate=False: it can only read at first; where several machines hold the keyring, all get it so before any
        writes with it (`activate`).
        """
        version = max([*self._live[purpose], *(v for p, v in self._retired if p is purpose)]) + 1
        if version > MOST_VERSIONS:
            raise KeyringError(
                "there can be {most} versions of a key, no more",
                key=purpose,
                most=MOST_VERSIONS,
            )
        made = Keyring([*self._keys(), KINDS[purpose](version, now, os.urandom(SECRET))], self._numbers(), self._gone())
        return made.activate(purpose, version) if activate else made

    def activate(self, purpose: KeyPurpose, version: int) -> "Keyring":
        """With this version as the active one; KeyringError where it can't be."""
        self.key(KINDS[purpose], version)
        return Keyring(self._keys(), self._numbers() | {purpose: version}, self._gone())

    def retire(self, purpose: KeyPurpose, version: int) -> "Keyring":
        """Without this key: what it alone can read is lost once no copy of an older keyring is left (rule 1)."""
        key = self.key(KINDS[purpose], version)
        if version == self.active(purpose):
            raise KeyringError("{name} is the active key: rotate first", name=key.name)
        public = key.public if isinstance(key, LogKey) else None
        gone = RetiredKey(purpose=purpose, version=version, algorithm=key.algorithm, public=public)
        return Keyring([k for k in self._keys() if k is not key], self._numbers(), [*self._gone(), gone])

    def active(self, purpose: KeyPurpose) -> int:
        """The version that is written with."""
        return self._active[purpose].version

    def versions(self, purpose: KeyPurpose) -> tuple[int, ...]:
        """The versions that can be read with, oldest first."""
        return tuple(self._live[purpose])

    def key(self, kind: type[K], version: int | None = None) -> K:
        """The key of this kind and version (None: the active one); KeyringError where there is none."""
        found = self._active[kind.purpose] if version is None else self._live[kind.purpose].get(version)
        if isinstance(found, kind):
            return found
        if (kind.purpose, version) in self._retired:
            raise KeyringError("{purpose} {version} was retired", purpose=kind.purpose, version=version)
        raise KeyringError("{purpose} {version} is not in the keyring", purpose=kind.purpose, version=version)

    def keys(self, kind: type[K]) -> list[K]:
        """Every key of this kind that can be read with, oldest first."""
        return [self.key(kind, version) for version in self._live[kind.purpose]]

    def log_verify_keys(self, name: str) -> tuple[VerifyKey, ...]:
        """Public keys of all that signed the log as `name`, retired ones too (rule 2)."""
        known = {key.version: key.public for key in self.keys(LogKey)}
        known |= {gone.version: gone.public for gone in self._gone() if gone.public is not None}
        return tuple(VerifyKey(name=name, public=known[version]) for version in sorted(known))

    def current(self) -> "Keyring":
        """Itself: a keyring that nobody rotates while it is used."""
        return self

    def refreshed(self) -> "Keyring":
        """Itself."""
        return self

    def lost_from(self, older: "Keyring") -> list[str]:
        """Names of keys of an older keyring that are neither here nor retired here, or are others here."""
        out = []
        for entry in older._live_entries():
            mine = self._live[entry.purpose].get(entry.version)
            if (entry.purpose, entry.version) not in self._retired and (mine is None or mine._secret != entry.secret):
                out.append(f"{entry.purpose} {entry.version}")
        return out

    def __repr__(self) -> str:
        """Purposes and versions; a star marks the active one."""
        parts = []
        for purpose, versions in self._live.items():
            numbers = ", ".join(f"{v}{'*' * (v == self.active(purpose))}" for v in versions)
            parts.append(f"{purpose}: {numbers}")
        return f"Keyring({'; '.join(parts)})"

    def __reduce__(self) -> NoReturn:
        """No key leaves in a pickle or a copy."""
        raise KeyringError("a keyring can't be pickled or copied")

    def _check_loses_nothing(self, raw: bytes) -> None:
        if lost := self.lost_from(Keyring.from_json(raw)):
            raise KeyringError("another keyring stands there, and this one lacks its {lost}", lost=list(lost))

    def _keys(self) -> list[Key]:
        return [key for versions in self._live.values() for key in versions.values()]

    def _numbers(self) -> dict[KeyPurpose, int]:
        return {purpose: key.version for purpose, key in self._active.items()}

    def _gone(self) -> list[RetiredKey]:
        return list(self._retired.values())

    def _live_entries(self) -> list[LiveKey]:
        return [
            LiveKey(
                purpose=key.purpose,
                version=key.version,
                algorithm=key.algorithm,
                created_at=key.created_at,
                secret=key._secret,
                active=key is self._active[key.purpose],
            )
            for key in self._keys()
        ]
