"""What all parts of access work with: keys, passwords, codes of an authenticator, and the context that has them.

The key file is its owner's alone; passwords are Argon2id with a salt of each and a pepper of all; the second proof are
codes of an authenticator (RFC 6238), and recovery codes.

1. The file is its owner's alone. Without it nobody signs in: passwords are peppered and codes sealed under it.
2. What is sealed says to what it belongs, and opens nowhere else.
3. A login that nobody has costs as much as one that somebody has.
4. At most `AT_ONCE` are computed at a time; whoever waits, waits in turn.
5. A password has ten characters or more, five different ones, and isn't the login; nothing else is asked of it.
6. A code counts once, whatever the clock does in between, and none counts that is as old as a code that did, or older
   by a minute: that one may have been seen over a shoulder.
7. Clocks may differ by a step of 30 seconds either way.
8. A clock that was ahead, and is set right, shuts nobody out: what was used while it was counts no more, and what comes
   before does.
9. A recovery code has 50 bits; it is kept as an HMAC and is gone once it was used.
"""

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import pyotp
from cryptography.exceptions import InvalidKey, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.console.access.types import Rules, Visit
from wayseal.console.errors import AccessError, ConsoleSettingsError
from wayseal.database import Connection, Database
from wayseal.service.argon2 import Cost
from wayseal.service.keyfile import read_secret

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Part")
_KEY_SIZE = 32
_NONCE = 12
_HEAD = "wayseal-console-key-1:"


class AccessKeys:
    """Keys by purpose; shows itself in no `repr`."""

    def __init__(self, secret: bytes) -> None:
        def derive(purpose: str) -> bytes:
            return HKDF(
                algorithm=SHA256(), length=_KEY_SIZE, salt=None, info=b"wayseal console " + purpose.encode()
            ).derive(secret)

        self._derive = cache(derive)

    def __repr__(self) -> str:
        return "AccessKeys()"

    @property
    def pepper(self) -> bytes:
        """Return what passwords are hashed with, beside their salt."""
        return self._derive("password")

    def mac(self, purpose: str, *parts: str) -> str:
        """HMAC-SHA256 in hex over several texts, none of which can run into the next."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(self._derive("mac " + purpose), message, hashlib.sha256).hexdigest()

    def seal(self, purpose: str, content: bytes, bound: str) -> bytes:
        """Seals content so that it opens for `bound` alone (rule 2)."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._derive("seal " + purpose)).encrypt(nonce, content, bound.encode())

    def open(self, purpose: str, sealed: bytes, bound: str) -> bytes | None:
        """Return what was sealed; None where it wasn't sealed by this key for `bound`."""
        try:
            return AESGCM(self._derive("seal " + purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
        except (InvalidTag, ValueError):
            return None


def load_keys(path: Path, *, make: bool) -> AccessKeys:
    """The keys of a file. make: a file that isn't there is made. ConsoleSettingsError where it can't be used."""
    return AccessKeys(read_secret(path, _HEAD, make=make, error=ConsoleSettingsError))


PASSWORDS_AT_ONCE = 2
SHORTEST, LONGEST, DIFFERENT = 10, 256, 5
_SALT_SIZE = 16


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, pepper: bytes, cost: Cost) -> None:
        self._pepper = pepper
        self._cost = cost
        self._turn = threading.Semaphore(PASSWORDS_AT_ONCE)
        self._nobody = self._hash(b"nobody has this", bytes(_SALT_SIZE))

    def hash(self, password: str, salt: bytes) -> str:
        """A password as it is kept."""
        return self._hash(_typed_bytes(password), salt)

    def fits(self, password: str, kept: str | None) -> bool:
        """Return whether it is the password of which `kept` is the hash; None costs as much (rule 3)."""
        with self._turn:
            try:
                Argon2id.verify_phc_encoded(_typed_bytes(password), kept or self._nobody, self._pepper)
            except InvalidKey:
                return False
        return kept is not None

    def _hash(self, password: bytes, salt: bytes) -> str:
        with self._turn:
            return self._cost.argon2id(salt, self._pepper).derive_phc_encoded(password)


def check_password(password: str, login: str) -> None:
    """AccessError where rule 5 refuses it."""
    if len(password) < SHORTEST:
        raise AccessError("a password needs {least} characters or more", key="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise AccessError("a password has {most} characters at most", key="password", most=LONGEST)
    if len(set(password)) < DIFFERENT or password.casefold() == login.casefold():
        raise AccessError("this password is too easy to guess", key="password")


def _typed_bytes(password: str) -> bytes:
    """The same bytes whichever keyboard typed it."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


STEP = 30
HOW_MANY = 10
ISSUER = "Wayseal"
_SECRET_SIZE, _HALF = 20, 5
_NEAR = 2
"""Steps that may lie between two codes that count at the same moment."""
_MOST = 64
Used = Sequence[tuple[int, int]]
"""Steps that count no more, from the first of each to its last, in order."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which are read for each other."""


def new_secret(random: bytes) -> str:
    """An authenticator's secret out of 20 random bytes."""
    return base64.b32encode(random[:_SECRET_SIZE]).decode()


def address(secret: str, login: str) -> str:
    """Return what an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def fitting_step(secret: str, code: str, now: int, used: Used = ()) -> int | None:
    """The step whose code it is, among those that count (rules 6 and 7); None: of none. now: seconds."""
    typed = digits(code)
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(max(0, now // STEP - 1), now // STEP + 2):
        if hmac.compare_digest(totp.generate_otp(step), typed) and not _is_used(step, used):
            found = step
    return found


def note_used(used: Used, step: int) -> Used:
    """The same with a step that has just counted.

    What is kept is bounded: the two that are nearest to each other become one, with all that lies between them.
    """
    steps = sorted([*used, (step, step)])
    while len(steps) > _MOST:
        n = min(range(1, len(steps)), key=lambda n: steps[n][0] - steps[n - 1][1])
        steps[n - 1 : n + 1] = [(steps[n - 1][0], steps[n][1])]
    return steps


def _is_used(step: int, used: Used) -> bool:
    """Rule 6."""
    return any(first - _NEAR <= step <= last for first, last in used)


def digits(code: str) -> str:
    """A code as it was meant: full-width digits and spaces are what people type."""
    plain = unicodedata.normalize("NFKC", code)
    return "".join(c for c in plain if c.isascii() and c.isdigit())[:12]


def recovery_codes(random: bytes) -> tuple[str, ...]:
    """Ten codes out of 100 random bytes: ABCDE-FGHJK."""
    letters = [_ALPHABET[byte % len(_ALPHABET)] for byte in random[: 2 * _HALF * HOW_MANY]]
    whole = ["".join(letters[i : i + 2 * _HALF]) for i in range(0, len(letters), 2 * _HALF)]
    return tuple(f"{code[:_HALF]}-{code[_HALF:]}" for code in whole)


def plain_recovery_code(code: str) -> str | None:
    """A recovery code as it is hashed; None: it can't be one."""
    letters = "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c in _ALPHABET)
    return letters if len(letters) == 2 * _HALF else None


SECOND = 1_000_000
KNOWN_SECONDS = 180 * 86_400
"""So long a browser is known in which somebody signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessContext:
    """Database, keys, rules, a clock (microseconds) and a source of random bytes.

    company_only: passwords let administrators in alone, as nobody could mend the company's sign-in else.
    """

    database: Database
    keys: AccessKeys
    passwords: Passwords
    rules: Rules
    now: Callable[[], int]
    random: Callable[[int], bytes]
    company_only: bool = False

    def new_id(self) -> str:
        """An id of a person or session; it is no secret."""
        return self.random(8).hex()

    def new_token(self) -> str:
        """Return what opens a session or a link: 256 bits."""
        return self.random(32).hex()

    def new_known(self, login: str) -> str:
        """Return what tells that a browser is somebody's: sealed, and for that login alone."""
        return self.keys.seal("browser", f"{self.now()} {self.new_id()}".encode(), login).hex()

    def attempt_keys(self, login: str, visit: Visit, session: str = "") -> dict[str, str]:
        """Return what attempts are counted under (`take_attempt`). session: the id of one that is open in full."""
        if own := session or next((found for one in visit.known if (found := self._known(one, login))), ""):
            return {"own": self.keys.mac("attempts", "own", own)}
        return {
            "both": self.keys.mac("attempts", "both", login, visit.address),
            "login": self.keys.mac("attempts", "login", login),
            "address": self.keys.mac("attempts", "address", visit.address),
        }

    def _known(self, sealed: str, login: str) -> str:
        try:
            found = (self.keys.open("browser", bytes.fromhex(sealed), login) or b"").decode()
        except ValueError:
            return ""
        return found if found and abs(self.now() - int(found.split()[0])) < KNOWN_SECONDS * SECOND else ""


class Part:
    """A part of access, over what all parts work with."""

    def __init__(self, means: AccessContext) -> None:
        self._means = means


def in_transaction(work: Callable[Concatenate[S, Connection, P], T]) -> Callable[Concatenate[S, P], T]:
    """A method that is one transaction, and durable when it returns: whoever calls it leaves the connection out."""

    @wraps(work)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._means.database.write(lambda connection: work(self, connection, *args, **kwargs))

    return run


def digest(token: str) -> str:
    """A token as it is kept: whoever reads the table can't use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
