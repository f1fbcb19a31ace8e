"""What the HTTP service raises; no text holds a secret, a token or what a request carried."""

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


class WitnessError(ServerError):
    """A witness that didn't cosign a checkpoint. trouble: why; status: of its answer, None where there was none."""

    def __init__(self, trouble: str, status: int | None = None) -> None:
        super().__init__("the witness didn't cosign the log ({trouble})", trouble=trouble)
        self.trouble = trouble
        self.status = status
