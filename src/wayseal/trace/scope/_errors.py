"""What goes wrong when a scope is asked for."""

from typing import ClassVar

from wayseal.model import WaysealError


class ScopeError(WaysealError):
    """The source can't be used as it was given; names no account and no session."""

    exit_code: ClassVar[int] = 3
