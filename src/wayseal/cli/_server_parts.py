"""Commands that need more packages than the command line itself does: they say so in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from wayseal.model import WaysealError


class NotSetUpError(WaysealError):
    """Packages of `requirements/server.txt` are not installed."""

    exit_code: ClassVar[int] = 2


@contextmanager
def server_parts() -> Iterator[None]:
    """Around the imports of such a command. NotSetUpError where a package isn't there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "wayseal":
            raise
        raise NotSetUpError("packages of the vault are not installed: run `make setup-server`") from None
