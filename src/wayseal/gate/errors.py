"""Errors of the gate; none holds a number, a secret or an address."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class GateError(WaysealError):
    """Something that the gate can't do, or can't run with."""

    exit_code: ClassVar[int] = 3


class GateSettingsError(GateError):
    """A setting that can't be as it is; names the setting, never its value."""
