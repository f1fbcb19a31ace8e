"""The keyring: for each purpose one active key, and older ones that can still read.

1. Every purpose has exactly one active key; what is written is written with it, and it can't be retired. A keyring of
   before a purpose (`LATER`) has none of it until one is added by a rotation.
2. A version's number is never used again: a retired key leaves its number, and a log key its public half too.
3. Nothing in a keyring changes: each act makes another keyring, which counts once it is saved.

Its file:

4. A file that others than its owner can reach is refused, whatever is in it, and so is one of another owner than
   whoever reads it or root: who owns the keys decides what they are. It is judged and read by one handle. In
   the folder of systemd's credentials a file may have the group's right to read: there that is the mask of a list of
   access rights, which names the service alone.
5. It is written beside its place, made durable and moved there in one step; who writes holds a lock on the folder.

Its JSON:

6. What isn't understood in full is refused: another version, an unknown purpose, algorithm or member.
7. An error names the place in the file, and never what stands there.

A file that is rotated while a service runs:

8. Its state is looked at once a second at most, and at once where a key is asked for that isn't there.
9. A new file that can't be read, or lacks keys of the last good one, changes nothing but `trouble`.
"""

import base64
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn, TypeVar

from pydantic import Field

from wayseal.merkle import VerifyKey
from wayseal.model.errors import disk_says
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, keys_of, needs, parsed_by, read_values
from wayseal.model.times import iso, micros
from wayseal.store.durable import lock_folder, write_file
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring.keys import KINDS, LATER, MOST_VERSIONS, SECRET, Key, KeyPurpose, LogKey

_MOST = 1 << 24
_ROOT = 0


def _read_file(path: Path) -> bytes:
    """The bytes of a file of one's own that nobody else can reach; KeyringError otherwise (rule 4)."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise KeyringError("the keyring can't be read: {reason}", key=path.name, reason=disk_says(error)) from None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
            raise KeyringError("{name} is no file of a keyring", name=path.name)
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~_masked(path):
            raise KeyringError("{name} can be reached by others than its owner: chmod 600", name=path.name)
        if found.st_uid not in (_ROOT, os.geteuid()):
            raise KeyringError("{name} belongs to another user than the one who runs this: chown it", name=path.name)
        return file.read()


def _masked(path: Path) -> int:
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return stat.S_IRGRP if given and path.parent == Path(given) else 0


def _write_file(path: Path, raw: bytes, check: Callable[[bytes], None]) -> None:
    """Puts `raw` there once `check` agreed to replace what stands there (rule 5)."""
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        with lock_folder(path.parent) as folder:
            try:
                if path.exists():
                    check(_read_file(path))
                write_file(beside, raw, new=True)
                beside.replace(path)
                os.fsync(folder)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise KeyringError("the keyring can't be written: {reason}", key=path.name, reason=disk_says(error)) from None


FORMAT = "wayseal-keyring"
VERSION = 1
DERIVATION = "HKDF-SHA256"
T = TypeVar("T")


def decode_base64(text: str, otherwise: KeyringError) -> bytes:
    """Decode base64 (rule 7)."""
    return bytes(_quietly(lambda: base64.b64decode("".join(text.split()), validate=True), otherwise))


def _parse_key(value: Any) -> bytes:
    otherwise = KeyringError("needs base64 of {size} bytes", size=SECRET)
    raw = decode_base64(value if isinstance(value, str) else "", otherwise)
    if len(raw) != SECRET:
        raise otherwise
    return raw


def _parse_time(value: Any) -> int:
    return int(_quietly(lambda: micros(value), KeyringError("needs a time with its offset")))


def _parse_retired(value: Any) -> bool:
    if value is not True:
        raise KeyringError("is true, or isn't there")
    return True


_Version = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
_Key = Annotated[bytes, parsed_by(_parse_key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKey:
    """A key that reads, and the active one of its purpose writes too."""

    __pydantic_config__: ClassVar = CLOSED
    purpose: KeyPurpose
    version: _Version
    algorithm: str
    created_at: Annotated[int, parsed_by(_parse_time)]
    active: bool
    secret: _Key = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredKey:
    """The rest of a retired key: its number, and of a log key the public half."""

    __pydantic_config__: ClassVar = CLOSED
    purpose: KeyPurpose
    version: _Version
    algorithm: str
    retired: Annotated[bool, parsed_by(_parse_retired)] = True
    public: _Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=FORMAT, ge=VERSION, le=VERSION)]
    derivation: Literal["HKDF-SHA256"]
    keys: tuple[Annotated[dict[str, Any], needs(N_("needs an object for each key"))], ...]


def serialize(keys: Sequence[LiveKey | RetiredKey]) -> bytes:
    """The keys as a file."""
    top = {FORMAT: VERSION, "derivation": DERIVATION, "keys": [_members(key) for key in keys]}
    return json.dumps(top, indent=1).encode() + b"\n"


def _members(key: LiveKey | RetiredKey) -> dict[str, Any]:
    head: dict[str, Any] = {"purpose": key.purpose.value, "version": key.version, "algorithm": key.algorithm}
    if isinstance(key, LiveKey):
        secret = base64.b64encode(key.secret).decode()
        return {**head, "created_at": iso(key.created_at), "active": key.active, "secret": secret}
    public = {} if key.public is None else {"public": base64.b64encode(key.public).decode()}
    return {**head, "retired": True, **public}


def parse_keys(raw: bytes, where: str | None) -> list[LiveKey | RetiredKey]:
    """The keys of a file (rules 6 and 7); `where` it stands is for errors."""
    top = _quietly(lambda: json.loads(raw), KeyringError("the keyring is no JSON", file=where))
    if not isinstance(top, dict) or top.get(FORMAT) != VERSION:
        raise KeyringError('the keyring doesn\'t say "{format}": {version}', file=where, format=FORMAT, version=VERSION)
    try:
        keys = [_read_key(members, f"keys.{place}") for place, members in enumerate(_read(top, _File).keys, 1)]
    except KeyringError as error:
        error.at(file=where)
        raise
    if len({(key.purpose, key.version) for key in keys}) != len(keys):
        raise KeyringError("the keyring has a purpose and version twice", file=where)
    secrets = [key.secret for key in keys if isinstance(key, LiveKey)]
    if len(set(secrets)) != len(secrets):
        raise KeyringError("the keyring has one secret twice", file=where)
    return keys


def _read_key(members: dict[str, Any], place: str) -> LiveKey | RetiredKey:
    kind: Callable[..., LiveKey | RetiredKey] = RetiredKey if "retired" in members else LiveKey
    key = _read(members, kind, f"{place}.")
    if key.algorithm != KINDS[key.purpose].algorithm:
        raise KeyringError(
            "Wayseal doesn't know this algorithm for {purpose}", key=f"{place}.algorithm", purpose=key.purpose
        )
    return key


def _read(members: dict[str, Any], kind: Callable[..., T], place: str = "") -> T:
    known = list(keys_of(kind))
    if not members.keys() <= set(known):
        # Who mixes up names and values would find a secret in an error that names what isn't known.
        raise KeyringError("has a member that isn't one of {known}", key=place.rstrip(".") or None, known=known)
    try:
        return read_values(members, kind, KeyringError)
    except KeyringError as error:
        error.key = f"{place}{error.key}"
        raise


def _quietly(work: Callable[[], Any], otherwise: KeyringError) -> Any:
    """Run `work` and return its result, or raise an error in our words.

    It is raised outside the handler, so that it doesn't carry the library's error, which holds the whole text.
    """
    try:
        return work()
    except (ValueError, TypeError, RecursionError, OverflowError):
        pass
    raise otherwise


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
            if active.get(purpose) not in versions and (versions or purpose not in LATER):
                raise KeyringError("the keyring has no active {purpose} key", purpose=purpose)
        self._live = {purpose: dict(sorted(versions.items())) for purpose, versions in live.items()}
        self._active = {purpose: versions[active[purpose]] for purpose, versions in self._live.items() if versions}
        self._retired = {(gone.purpose, gone.version): gone for gone in retired}

    @staticmethod
    def new(now: int) -> "Keyring":
        """A keyring with one fresh key of each purpose. now: microseconds since 1970."""
        keys = [kind(1, now, os.urandom(SECRET)) for kind in KINDS.values()]
        return Keyring(keys, dict.fromkeys(KeyPurpose, 1))

    @staticmethod
    def load(path: Path) -> "Keyring":
        """The keyring in a file that its owner alone can read; KeyringError otherwise."""
        return Keyring.from_json(_read_file(path), path.name)

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
        _write_file(path, self.to_json(), self._check_loses_nothing)

    def rotate(self, purpose: KeyPurpose, now: int, *, activate: bool = True) -> "Keyring":
        """With a fresh key of this purpose, which becomes the active one.

        activate=False: it can only read at first; where several machines hold the keyring, all get it so before any
        writes with it (`activate`).
        """
        version = max([0, *self._live[purpose], *(v for p, v in self._retired if p is purpose)]) + 1
        if version > MOST_VERSIONS:
            raise KeyringError(
                "there can be {most} versions of a key, no more",
                key=purpose,
                most=MOST_VERSIONS,
            )
        numbers = self._numbers() | ({purpose: version} if activate or purpose not in self._active else {})
        return Keyring([*self._keys(), KINDS[purpose](version, now, os.urandom(SECRET))], numbers, self._gone())

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
        found = self._active.get(kind.purpose) if version is None else self._live[kind.purpose].get(version)
        if isinstance(found, kind):
            return found
        if version is None:
            raise KeyringError(
                "the keyring has no {purpose} key yet: run `wayseal vault key rotate {purpose}`", purpose=kind.purpose
            )
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


_EVERY = 1.0
"""Seconds between two looks."""


class KeyringFile:
    """The keyring in a file, as it is now. trouble: why a newer one isn't used, None if all is well."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads it; KeyringError where that fails. clock: seconds that only grow."""
        self.path = path
        self.trouble: str | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._seen = self._state()
        self._looked = clock()
        self._good = Keyring.load(path)

    def current(self) -> Keyring:
        """The newest good keyring (rule 8)."""
        if self._clock() - self._looked >= _EVERY:
            return self.refreshed()
        return self._good

    def refreshed(self) -> Keyring:
        """The same, looking now."""
        with self._lock:
            self._looked = self._clock()
            state = self._state()
            if state != self._seen or self.trouble is not None:
                self._take(state)
            return self._good

    def __repr__(self) -> str:
        """Where it lies, and what is wrong with it."""
        return f"KeyringFile({self.path.name!r}, trouble={self.trouble!r})"

    def _take(self, state: tuple[int, ...]) -> None:
        """Rule 9."""
        try:
            new = Keyring.load(self.path)
        except KeyringError as error:
            self.trouble = str(error)
            return
        if lost := new.lost_from(self._good):
            self.trouble = f"the new keyring lacks {', '.join(lost)} of the last one"
            return
        self._good, self._seen, self.trouble = new, state, None

    def _state(self) -> tuple[int, ...]:
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_dev, found.st_size, found.st_mtime_ns, found.st_ctime_ns
