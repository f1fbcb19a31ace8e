"""Errors of the vault. No text holds a name, phone, address, goods, key or secret."""

from typing import ClassVar

from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_


class VaultError(WaysealError):
    """Something in a vault, its settings or a question to it that can't be as it is."""

    exit_code: ClassVar[int] = 3


class KeyringError(VaultError):
    """A keyring that can't be read, or lacks a key that is asked for; names purpose and version, never a key."""


class SealError(VaultError):
    """Sealed bytes that aren't what was sealed under this number and field (or no longer have a key)."""

    exit_code: ClassVar[int] = 7


class PolicyError(VaultError):
    """A policy or a purpose that can't be used as it is written; names the rule, the purpose or the line."""


class LabelError(VaultError):
    """A label that can't be printed, a day key or a payload that isn't one; names the field, never what is in it."""


class LogChangedError(VaultError):
    """An entry, a node or a checkpoint of the disclosure log that isn't what was written."""

    exit_code: ClassVar[int] = 7


class BusyError(VaultError):
    """More waits than can be answered in time, or the vault is stopping: ask again later."""

    exit_code: ClassVar[int] = 4


class ReusedKeyError(VaultError):
    """An idempotency key that was used for another request."""

    def __init__(self, text: str = N_("idempotency key: it was used for another request")) -> None:
        super().__init__(text)


class BackupError(VaultError):
    """A backup that can't be made or used as it is; names the folder, the file or the table."""

    exit_code: ClassVar[int] = 6
