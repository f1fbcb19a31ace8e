"""What a client is told of errors from below."""

from wayseal.page.languages import word
from wayseal.server._problem import ProblemError
from wayseal.server._rules import Rule
from wayseal.store.database import DatabaseError
from wayseal.vault.errors import BusyError, PolicyError, ReusedKeyError, VaultError

_CLIENTS_OWN = (VaultError, PolicyError)
"""Errors about what was asked; their texts name fields and rules, and nothing of what stood there."""


def problem_of(error: Exception) -> ProblemError:
    """The problem that stands for an error; `internal` for whatever nobody expected."""
    if isinstance(error, DatabaseError):
        return ProblemError(Rule.DATABASE, retry_after=2)
    if isinstance(error, BusyError):
        return ProblemError(Rule.BUSY, retry_after=1)
    if isinstance(error, ReusedKeyError):
        return ProblemError(Rule.CONFLICT)
    if isinstance(error, VaultError) and type(error) in _CLIENTS_OWN:
        return ProblemError(Rule.INVALID, said=(Rule.INVALID, word(error, "zh"), str(error)))
    return ProblemError(Rule.INTERNAL)
