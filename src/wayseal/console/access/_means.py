"""What all parts of access work with."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from wayseal.console.access._keys import AccessKeys
from wayseal.console.access._passwords import Passwords
from wayseal.console.access.types import Rules, Visit
from wayseal.store.database import Database

SECOND = 1_000_000
KNOWN_SECONDS = 180 * 86_400
"""So long a browser is known in which somebody signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
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
        """What opens a session or a link: 256 bits."""
        return self.random(32).hex()

    def new_known(self, login: str) -> str:
        """What tells that a browser is somebody's: sealed, and for that login alone."""
        return self.keys.seal("browser", f"{self.now()} {self.new_id()}".encode(), login).hex()

    def attempt_keys(self, login: str, visit: Visit, session: str = "") -> dict[str, str]:
        """What attempts are counted under (`_throttle`). session: the id of one that is open in full."""
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


def digest(token: str) -> str:
    """A token as it is kept: whoever reads the table can't use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
