"""Errors of the HTTP service; no text holds a secret, a token or what a request carried."""

from enum import StrEnum
from typing import ClassVar

from wayseal.model.errors import WaysealError


class ServerError(WaysealError):
    """Something that the service can't run with."""

    exit_code: ClassVar[int] = 3


class SettingsError(ServerError):
    """A setting that can't be as it is; names the setting, never its value."""


class ProcessError(ServerError):
    """One of the service's processes ended by itself."""

    exit_code: ClassVar[int] = 1


class WitnessTrouble(StrEnum):
    """Why a witness didn't cosign."""

    AWAY = "away"
    """It doesn't answer, or not in time."""
    REFUSED = "refused"
    """It doesn't want to, and says so by its status: 404, it doesn't know this log; 403, not this key of the log."""
    AHEAD = "ahead"
    """It has cosigned more entries than there are now."""
    FORKED = "forked"
    """The log doesn't go on from what it cosigned."""
    UNSIGNED = "unsigned"
    """What it answered isn't signed by the key that was given."""


class WitnessError(ServerError):
    """A witness that didn't cosign a checkpoint. trouble: why; status: of its answer, None where there was none."""

    def __init__(self, trouble: WitnessTrouble, status: int | None = None) -> None:
        super().__init__("the witness didn't cosign the log ({trouble})", trouble=str(trouble))
        self.trouble = trouble
        self.status = status
