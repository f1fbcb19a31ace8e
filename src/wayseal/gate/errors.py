"""Errors of the gate; none holds a number, a secret or an address."""

from typing import ClassVar

from wayseal.model.errors import WaysealError


class GateError(WaysealError):
    """A setting, file or folder that the gate can't run with; names the setting, never its value."""

    exit_code: ClassVar[int] = 3
