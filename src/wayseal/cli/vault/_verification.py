"""A vault's log, verified: by itself with its records, and beside the ledger that is a projection of it."""

from wayseal.cli.vault._session import Session
from wayseal.merkle import VerifyKey
from wayseal.vault.errors import LogChangedError

CHANGED = LogChangedError.exit_code


def known_keys(session: Session, given: list[VerifyKey]) -> list[VerifyKey]:
    """Keys by which checkpoints are judged: those that were given, and the vault's own."""
    own = session.keyring.log_verify_keys(session.vault.origin)
    return [*given, *(key for key in own if key not in given)]
