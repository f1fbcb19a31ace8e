"""What commands that a rule can refuse share."""

from typing import ClassVar

from wayseal.vault.errors import VaultError


class RefusedError(VaultError):
    """A rule refused; the text is the rule's own."""

    exit_code: ClassVar[int] = 13
