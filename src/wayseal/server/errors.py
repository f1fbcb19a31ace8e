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
