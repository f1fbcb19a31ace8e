"""Accounts on the list of blocked ones see nothing of the vault, from the next request on.

1. The list is another room's; what is shared is its file (`store.blocked`), which is looked at on each request that
   would show something, find something, or agree to showing much.
2. The log says which version is enforced, and that the list can't be read, each once.
3. `auth_time` of a token says when its actor last showed a second factor: the client vouches for it, as for the actor.
"""

from fastapi import Request

from wayseal.model.times import SECOND_US
from wayseal.server._async_vault import now
from wayseal.server._problems import ProblemError, Rule
from wayseal.service.log import Log
from wayseal.store.blocked import Enforcer, Measure, Refusal
from wayseal.store.errors import StoreError


class BlockedGuard:
    """Refuses requests of blocked accounts. enforcer: None: there is no list."""

    def __init__(self, enforcer: Enforcer | None, log: Log) -> None:
        self._enforcer = enforcer
        self._log = log
        self._version = -1
        self._troubled = False

    def check(self, request: Request, reads: int = 1) -> None:
        """Let a request pass, or raise ProblemError. reads: how many waybills it asks for."""
        if self._enforcer is None:
            return
        state = request.scope["state"]
        shown = state.get("auth_time")
        verified = None if shown is None else shown * SECOND_US
        try:
            refusal = self._enforcer.check(state["caller"].actor, now(), reads=reads, verified=verified)
        except StoreError:
            raise ProblemError(Rule.BLOCKED_LIST, retry_after=5) from None
        finally:
            self._tell(self._enforcer)
        if refusal is not None:
            raise _problem(refusal)

    def _tell(self, enforcer: Enforcer) -> None:
        """Rule 2."""
        if (troubled := enforcer.file.trouble is not None) != self._troubled:
            self._troubled = troubled
            self._log.warning("blocked_list_unreadable" if troubled else "blocked_list_readable")
        if enforcer.file.version > -1 and enforcer.file.version != self._version:
            self._version = enforcer.file.version
            self._log.info("blocked_list", version=self._version)


def _problem(refusal: Refusal) -> ProblemError:
    if refusal.entry.measure is Measure.STEP_UP:
        headers = {"WWW-Authenticate": 'Bearer error="insufficient_user_authentication"'}
        return ProblemError(Rule.STEP_UP, headers=headers)
    if refusal.entry.measure is Measure.SLOW_DOWN:
        return ProblemError(Rule.SLOW_DOWN, retry_after=refusal.wait)
    return ProblemError(Rule.BLOCKED)
